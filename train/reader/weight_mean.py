"""The mean of several readers' weights, often better than each of them (model soups: Wortsman and others, 2022).

All have to come from courses that began with the same weights. What is read are the networks as they were written, in
ONNX (`train/embedder/bert_graph.py`), where most weights have 4 or 8 bits: rounding twice costs nothing that one sees.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from memory.errors import ModelError
from train.embedder.bert_graph import BLOCK, LAYERS, NARROW
from train.reader.reader_net import ReaderNet

_LINEAR = (
    *(f"attention.self.{part}" for part in ("query", "key", "value")),
    "attention.output.dense",
    "intermediate.dense",
    "output.dense",
)
"""A layer's linear maps in the order of the graph."""
_NORMS = "attention.output.LayerNorm", "output.LayerNorm"


def mean(networks: Sequence[Path]) -> ReaderNet:
    """The network whose weights are the mean of those in these files. Raises ModelError for a file of another kind."""
    read = [dict(_Written(path).weights()) for path in networks]
    net = ReaderNet()
    state = net.state_dict()
    for name, weight in state.items():
        found = torch.from_numpy(np.mean([one[name.removeprefix("bert.")] for one in read], axis=0))
        weight[: len(found)] = found  # positions behind the longest text are not in the files, and are never used
    net.load_state_dict(state)
    return net


class _Written:
    """A network as it was written."""

    def __init__(self, path: Path) -> None:
        try:
            graph = onnx.load(path).graph
        except Exception as error:  # onnx and protobuf raise types of their own
            raise ModelError(f"{path} is no network in ONNX") from error
        self._path, self._graph = path, graph
        self._constants = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
        self._made_by = {name: node for node in graph.node for name in node.output}

    def weights(self) -> Iterator[tuple[str, np.ndarray]]:
        """Names, as transformers' BertModel has them, with weights in float32."""
        linear = (f"encoder.layer.{n}.{part}" for n in range(LAYERS) for part in _LINEAR)
        norms = iter(["embeddings.LayerNorm", *(f"encoder.layer.{n}.{part}" for n in range(LAYERS) for part in _NORMS)])
        try:
            words = self._first("GatherBlockQuantized")
            yield "embeddings.word_embeddings.weight", self._rows(words, 0, NARROW)
            yield "embeddings.position_embeddings.weight", self._value(self._first("Slice").input[0])
            yield "embeddings.token_type_embeddings.weight", self._value(self._first("Gather").input[0])
            for node in self._graph.node:
                if node.op_type == "MatMulNBits":
                    name, bits = next(linear), next(one.i for one in node.attribute if one.name == "bits")
                    yield f"{name}.weight", self._rows(node, 1, bits)
                    yield f"{name}.bias", self._added_to(node)
                elif node.op_type == "LayerNormalization":
                    name = next(norms)
                    yield f"{name}.weight", self._value(node.input[1])
                    yield f"{name}.bias", self._value(node.input[2])
            yield "spans.weight", self._value(self._first("MatMul").input[1]).T
            yield "spans.bias", self._added_to(self._first("MatMul"))
        except (KeyError, IndexError, ValueError, StopIteration) as error:
            raise ModelError(f"{self._path} is no network of `python -m train reader`") from error

    def _first(self, kind: str) -> Any:
        return next(node for node in self._graph.node if node.op_type == kind)

    def _value(self, name: str) -> np.ndarray:
        """A constant, or what a node of type Cast makes of one."""
        if name not in self._constants:
            name = self._made_by[name].input[0]
        value = self._constants[name]
        return value.astype(np.float32) if value.dtype == np.float16 else value

    def _added_to(self, node: Any) -> np.ndarray:
        """The bias that is added to what a node computes."""
        return self._value(next(one.input[1] for one in self._graph.node if node.output[0] in one.input))

    def _rows(self, node: Any, codes: int, bits: int) -> np.ndarray:
        """A matrix (N, K) from its codes, which are this input of the node, and its scales and zero points."""
        packed, scales, zeros = (self._value(node.input[n]) for n in (codes, 2, 3))
        rows = len(packed)
        scales = scales.reshape(rows, -1)
        blocks = scales.shape[1]
        unpacked = _unpacked(packed.reshape(rows, -1), bits)[:, : blocks * BLOCK]
        zero = _unpacked(zeros.reshape(rows, -1), bits)[:, :blocks]
        values = (unpacked.reshape(rows, blocks, BLOCK).astype(np.float32) - zero[..., None]) * scales[..., None]
        return values.reshape(rows, -1)


def _unpacked(codes: np.ndarray, bits: int) -> np.ndarray:
    """Codes one by one of rows in which two of 4 bits share a byte."""
    return np.stack([codes & 15, codes >> 4], axis=-1).reshape(len(codes), -1) if bits == NARROW else codes
