"""Importance matrix: the right numbers under the right names, kept through kills, and nothing else taken for it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from gguf import GGUFReader
from peft import LoraConfig, get_peft_model

from assistant.chatml import Words, pieces
from assistant.prompt import caption_messages
from benchmark.tasks.capeval import gold
from benchmark.world.sample import Sample, Spec, build
from memory.errors import KeepsakeError
from quantize.gguf import imatrix
from quantize.hf_reference import Checkpoint
from tests.support import tinyqwen

# peft asks transformers by a name that transformers has just deprecated
pytestmark = pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")


def short(i: int, seed: int) -> Sample:
    """A sample whose pictures are in the repository, one turn a memory."""
    whole = build(Spec("test", seed, i))
    return replace(whole, context=tuple(replace(e, turns=e.turns[:1]) for e in whole.context))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny random Qwen3-VL with a LoRA on its language model."""
    torch.set_num_threads(1)
    folder = tinyqwen.build(tmp_path_factory.mktemp("tiny") / "model")
    adapter = get_peft_model(Checkpoint(folder).model, LoraConfig(r=4, target_modules=r".*\.(q_proj|down_proj)"))
    adapter.save_pretrained(folder / "adapter")
    return folder


@pytest.fixture(autouse=True)
def dev(monkeypatch: pytest.MonkeyPatch) -> None:
    """Dev pictures are not in the repository."""
    monkeypatch.setattr(imatrix, "sample", short)


def test_the_statistics_are_those_of_a_direct_computation(folder: Path, tmp_path: Path) -> None:
    """Inputs worked out again from what enters each layer, photos included; tied embeddings count as output layer."""
    found = imatrix.read(imatrix.gather(folder, tmp_path / "im.gguf", 2, 3))
    truth = Checkpoint(folder)
    layers = truth.model.get_decoder().layers
    entered: dict[str, list[torch.Tensor]] = {}
    for i, layer in enumerate(layers):
        for name, part in ((f"{i} attention", layer.input_layernorm), (f"{i} mlp", layer.post_attention_layernorm)):
            part.register_forward_hook(lambda _, __, out, name=name: entered.setdefault(name, []).append(out[0]))
    norm = truth.model.get_decoder().norm
    norm.register_forward_hook(lambda _, __, out: entered.setdefault("last", []).append(out[0]))
    captions = []
    for asked in (short(0, 3), short(1, 3)):
        captions.append(truth.tokenize(Words(gold(asked))))
        truth.follow(pieces(caption_messages(asked.context, asked.query)), captions[-1])
    expected = {}
    for i, layer in enumerate(layers):
        into, mlp = torch.cat(entered[f"{i} attention"]), torch.cat(entered[f"{i} mlp"])
        for name in ("attn_q", "attn_k", "attn_v"):
            expected[f"blk.{i}.{name}.weight"] = into
        expected[f"blk.{i}.ffn_up.weight"] = expected[f"blk.{i}.ffn_gate.weight"] = mlp
        with torch.inference_mode():
            gate = torch.nn.functional.silu(layer.mlp.gate_proj(mlp))
            expected[f"blk.{i}.ffn_down.weight"] = gate * layer.mlp.up_proj(mlp)
    ends = [rows[-len(tokens) :] for rows, tokens in zip(entered["last"], captions, strict=True)]
    expected["token_embd.weight"] = torch.cat(ends)
    for name, inputs in expected.items():
        assert found.counts[name] == len(inputs)
        np.testing.assert_allclose(found.values[name], inputs.square().mean(0), rtol=1e-4)
    assert found.counts["blk.0.attn_q.weight"] > 500
    assert set(found.sums) - set(expected) == {f"blk.{i}.attn_output.weight" for i in range(len(layers))}


def test_a_run_that_was_cut_off_goes_on(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To the same numbers; what another seed left is not mixed in."""
    monkeypatch.setattr(imatrix, "SAVE_EVERY", 1)
    out, read = tmp_path / "im.gguf", []

    def interrupted(i: int, seed: int) -> Sample:
        read.append(i)
        if len(read) == 3:
            raise KeyboardInterrupt
        return short(i, seed)

    monkeypatch.setattr(imatrix, "sample", interrupted)
    with pytest.raises(KeyboardInterrupt):
        imatrix.gather(folder, out, 3, 3)
    assert not out.exists()
    imatrix.gather(folder, out, 3, 3)
    assert read == [0, 1, 2, 2]
    assert [p.name for p in tmp_path.glob("*gguf*")] == ["im.gguf"]
    monkeypatch.setattr(imatrix, "sample", short)
    whole = imatrix.read(imatrix.gather(folder, tmp_path / "whole.gguf", 3, 3))
    found = imatrix.read(out)
    assert (found.dataset, found.samples, found.counts) == (whole.dataset, 3, whole.counts)
    for name, sums in whole.sums.items():
        np.testing.assert_allclose(found.sums[name], sums, rtol=1e-5)
    (tmp_path / "im.gguf").rename(tmp_path / "other.partial.gguf")
    other = imatrix.read(imatrix.gather(folder, tmp_path / "other.gguf", 1, 4))
    assert (other.samples, "seed 4" in other.dataset) == (1, True)


def test_the_file_is_llama_cpps_own_kind(tmp_path: Path) -> None:
    """As its loader reads it: names with two endings, sums as a row, a single count, and three facts."""
    found = imatrix.ImportanceMatrix("what was read", 2)
    found.add("blk.0.attn_q.weight", np.array([[1.0, 2.0, -3.0], [1.0, 0.0, 1.0]]))
    reader = GGUFReader(imatrix.write(found, tmp_path / "im.gguf"))
    sums, count = sorted(reader.tensors, key=lambda t: -t.n_elements)
    assert (sums.name, sums.shape.tolist(), sums.data.tolist()) == ("blk.0.attn_q.weight.in_sum2", [3, 1], [[2, 4, 10]])
    assert (count.name, count.shape.tolist(), count.data.tolist()) == ("blk.0.attn_q.weight.counts", [1, 1], [[2]])
    facts = {key: reader.fields[key].contents() for key in reader.fields if key.startswith("imatrix.")}
    assert facts == {"imatrix.datasets": ["what was read"], "imatrix.chunk_count": 2, "imatrix.chunk_size": 1}
    assert imatrix.read(tmp_path / "im.gguf").values["blk.0.attn_q.weight"].tolist() == [1, 2, 5]


def test_what_is_wrong_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken.gguf").write_bytes(b"GGUF, but not really")
    for name in ("broken.gguf", "nowhere.gguf"):
        with pytest.raises(KeepsakeError, match=rf"{name} is not an importance matrix"):
            imatrix.read(tmp_path / name)
    with pytest.raises(KeepsakeError, match="is not a checkpoint"):
        imatrix.gather(tmp_path, tmp_path / "im.gguf")
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(KeepsakeError, match=r"cannot write im\.gguf"):
        imatrix.write(imatrix.ImportanceMatrix("x"), tmp_path / "file" / "im.gguf")
    monkeypatch.undo()
    monkeypatch.setenv("KEEPSAKE_HOME", str(tmp_path))
    with pytest.raises(KeepsakeError, match="bring the whole set with: python -m benchmark fetch"):
        imatrix.sample(0, 1)
