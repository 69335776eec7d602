"""Folders of tiny random photo encoders in ONNX, one for each layout of the output."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

PATCH = 16
"""Pixels on a side of a token."""


def build(folder: Path, layout: Literal["map", "tokens", "vector"] = "map", **changes: Any) -> Path:
    """A folder with `net.onnx`, 8 numbers a token, and a manifest; `changes` to the manifest. Returns the folder.

    The output "tokens" begins with one token that is none of the picture, so `skip` is 1.
    """
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(7)
    weight = random.normal(size=(8, 3, PATCH, PATCH)).astype(np.float32)
    first = random.normal(size=(1, 1, 8)).astype(np.float32)
    constants = [numpy_helper.from_array(weight, "weight"), numpy_helper.from_array(first, "first")]
    nodes = [helper.make_node("Conv", ["pixels", "weight"], ["map"], strides=[PATCH, PATCH])]
    shape: list[int | str] = ["b", 8, "h", "w"]
    if layout == "vector":
        nodes += [helper.make_node("ReduceMean", ["map"], ["vector"], axes=[2, 3], keepdims=0)]
        shape = ["b", 8]
    if layout == "tokens":
        constants += [numpy_helper.from_array(np.array([0, 8, -1], np.int64), "rows")]
        nodes += [helper.make_node("Reshape", ["map", "rows"], ["long"])]
        nodes += [helper.make_node("Transpose", ["long"], ["patches"], perm=[0, 2, 1])]
        constants += [numpy_helper.from_array(np.array(1, np.int64), "one")]
        nodes += [helper.make_node("Shape", ["pixels"], ["axes"], start=0, end=1)]
        constants += [numpy_helper.from_array(np.array([1, 8], np.int64), "tail")]
        nodes += [helper.make_node("Concat", ["axes", "tail"], ["wanted"], axis=0)]
        nodes += [helper.make_node("Expand", ["first", "wanted"], ["class"])]
        nodes += [helper.make_node("Concat", ["class", "patches"], ["tokens"], axis=1)]
        shape = ["b", "t", 8]
    pixels = helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["b", 3, "h", "w"])
    output = helper.make_tensor_value_info(layout, TensorProto.FLOAT, shape)
    graph = helper.make_graph(nodes, "tiny", [pixels], [output], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    onnx.save(model, folder / "net.onnx")
    write_manifest(folder, layout, **changes)
    return folder


def write_manifest(folder: Path, layout: str, **changes: Any) -> None:
    """Write the manifest of a tiny encoder, with `changes`; a change to None leaves the key out."""
    manifest = {
        "name": f"tiny-{layout}",
        "file": "net.onnx",
        "size": 64,
        "mean": [127.5] * 3,
        "deviation": [127.5] * 3,
        "output": {"name": layout, "layout": layout, "skip": int(layout == "tokens")},
        **changes,
    }
    kept = {key: value for key, value in manifest.items() if value is not None}
    (folder / "manifest.json").write_text(json.dumps(kept), encoding="utf-8")
