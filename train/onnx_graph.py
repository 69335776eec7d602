"""A graph in ONNX that grows node by node: `encoder/convert.py` and `embedder/minilm.py` build networks with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

IR = 9
"""Version of the file format."""


class OnnxGraph:
    """Nodes and constants so far; each method that adds one returns the name of its output."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def constant(self, value: np.ndarray | np.float32) -> str:
        """Add a constant."""
        name = f"c{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.asarray(value, order="C"), name))
        return name

    def half(self, value: np.ndarray) -> str:
        """Add a constant in 32 bits that is stored in 16; the engine widens it once, when it opens the file."""
        return self.node("Cast", [self.constant(value.astype(np.float16))], to=TensorProto.FLOAT)

    def node(self, kind: str, inputs: Sequence[str], output: str | None = None, **attributes: Any) -> str:
        """Add a node; `output`: the name of its output, if it needs one. `attributes`: those of its kind in ONNX."""
        output = output or f"n{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def model(
        self, name: str, inputs: Sequence[onnx.ValueInfoProto], output: onnx.ValueInfoProto, opsets: dict[str, int]
    ) -> onnx.ModelProto:
        """The finished model. `opsets`: the version of each operator domain that the model requires."""
        graph = helper.make_graph(self._nodes, name, inputs, [output], self._constants)
        imports = [helper.make_opsetid(domain, version) for domain, version in opsets.items()]
        model = helper.make_model(graph, producer_name="keepsake", opset_imports=imports)
        model.ir_version = IR
        return model
