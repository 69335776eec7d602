"""BERT as a graph in ONNX with few bits a weight: words and wide layers in 4, attention in 8, all else in 16.

Weights are rounded in blocks of 32 with a scale and a zero point each (onnxruntime's MatMulNBits and
GatherBlockQuantized). Ids come one text at a time, so there is no padding and no mask.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import onnx
from onnx import TensorProto, helper

from train.onnx_graph import OnnxGraph

LAYERS, HEADS, WIDTH = 6, 12, 384
"""Layers, attention heads and width D of MiniLM-L6."""
BLOCK = 32
EPSILON = 1e-12
OPSET = 20
CONTRIB = "com.microsoft"
WIDE, NARROW = 8, 4
"""Bits of a weight: in attention, and in all other quantised layers."""


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


class BertGraph(OnnxGraph):
    """The graph, layer by layer. `weights` have the names of transformers' BertModel."""

    def __init__(self, weights: Mapping[str, np.ndarray], most: int) -> None:
        """`most`: tokens of the longest input; positions beyond are left out."""
        super().__init__()
        self._weights, self._most = weights, most

    def layers(self, x: str) -> str:
        """All layers behind the embedded words `x`: (1, T, D)."""
        for n in range(LAYERS):
            of = f"encoder.layer.{n}."
            q, k, v = (self.linear(x, f"{of}attention.self.{part}", WIDE) for part in ("query", "key", "value"))
            seen = self.node("MultiHeadAttention", [q, k, v], domain=CONTRIB, num_heads=HEADS)
            x = self.added(x, self.linear(seen, f"{of}attention.output.dense", WIDE), f"{of}attention.output.LayerNorm")
            inner = self.node("Gelu", [self.linear(x, f"{of}intermediate.dense", NARROW)])
            x = self.added(x, self.linear(inner, f"{of}output.dense", NARROW), f"{of}output.LayerNorm")
        return x

    def embedded(self, kinds: str | None = None) -> str:
        """The words of the ids with their positions, normalised (1, T, D).

        `kinds`: for each id to which text it belongs, 0 or 1, (1, T); None: all belong to the first.
        """
        codes, scales, zeros = quantised(self._weights["embeddings.word_embeddings.weight"], NARROW)
        flat = packed(codes.reshape(len(codes), -1), NARROW)
        inputs = [self.constant(flat), "ids", self.half(scales), self.constant(packed(zeros, NARROW))]
        words = self.node(
            "GatherBlockQuantized", inputs, domain=CONTRIB, gather_axis=0, quantize_axis=1, block_size=BLOCK, bits=4
        )
        places = self._weights["embeddings.position_embeddings.weight"][: self._most]
        of_kind = self._weights["embeddings.token_type_embeddings.weight"]
        length = self.node("Shape", ["ids"], start=1, end=2)
        zero = self.constant(np.array([0], np.int64))
        if kinds is None:
            here = self.node("Slice", [self.half(places + of_kind[0]), zero, length, zero])
        else:
            here = self.node("Slice", [self.half(places), zero, length, zero])
            here = self.node("Add", [here, self.node("Gather", [self.half(of_kind), kinds])])
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

    def finished(self, name: str, output: str, *shape: int | str) -> onnx.ModelProto:
        """The finished model, from "ids" (1, T) int64 to `output` float32 of this shape."""
        ids = helper.make_tensor_value_info("ids", TensorProto.INT64, [1, "tokens"])
        result = helper.make_tensor_value_info(output, TensorProto.FLOAT, shape)
        return self.model(name, [ids], result, {"": OPSET, CONTRIB: 1})
