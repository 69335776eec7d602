"""Where a network runs: on Core ML where there is one, and on the processor when that fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from assistant.encoder import onnx_session
from assistant.encoder.onnx_session import CORE_ML, CPU, OnnxSession
from memory.errors import ModelError
from tests.support import tinyencoder

PICTURE = np.ones((1, 3, 32, 32), np.float32)


class Mac:
    """onnxruntime as on a Mac: Core ML is offered, and fails where it is told to."""

    SessionOptions = onnxruntime.SessionOptions

    def __init__(self, fails: str) -> None:
        self.fails, self.opened = fails, list[list[str]]()

    def get_available_providers(self) -> list[str]:
        return [CORE_ML, CPU]

    def InferenceSession(self, path: str, options: Any, providers: list[str]) -> Any:
        self.opened.append(providers)
        inner = onnxruntime.InferenceSession(path, options, providers=[CPU])
        if providers == [CPU]:
            return inner
        if self.fails == "opening":
            raise RuntimeError("no such operator")
        return Broken(inner) if self.fails == "running" else inner


class Broken:
    """A session on Core ML that cannot run its network."""

    def __init__(self, inner: Any) -> None:
        self.get_inputs, self.get_outputs = inner.get_inputs, inner.get_outputs

    def get_providers(self) -> list[str]:
        return [CORE_ML, CPU]

    def run(self, *_: Any) -> Any:
        raise RuntimeError("the shape changed\nat a node")


@pytest.mark.parametrize(
    ("fails", "opened"),
    [("never", [[CORE_ML, CPU]]), ("opening", [[CORE_ML, CPU], [CPU]]), ("running", [[CORE_ML, CPU], [CPU]])],
)
def test_what_core_ml_cannot_take_goes_to_the_processor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str, opened: list[list[str]]
) -> None:
    path = tinyencoder.build(tmp_path) / "net.onnx"
    expected = OnnxSession(path, "map").run(PICTURE)
    mac = Mac(fails)
    monkeypatch.setattr(onnx_session, "_load_runtime", lambda: mac)
    session = OnnxSession(path, "map")
    for _ in range(2):
        assert np.array_equal(session.run(PICTURE), expected)
    assert mac.opened == opened


def test_a_file_that_is_no_network_is_one_line_on_a_mac_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "net.onnx").write_bytes(b"not a network")
    monkeypatch.setattr(onnx_session, "_load_runtime", lambda: Mac("opening"))
    with pytest.raises(ModelError, match=r"net\.onnx cannot be opened as a network in ONNX: [^\n]+$"):
        OnnxSession(tmp_path / "net.onnx", "map")


def test_a_network_with_two_inputs_is_refused(tmp_path: Path) -> None:
    import onnx
    from onnx import TensorProto, helper

    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["b", 3, "h", "w"]) for name in "abc"]
    graph = helper.make_graph([helper.make_node("Add", ["a", "b"], ["c"])], "two", values[:2], values[2:])
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), tmp_path / "net.onnx"
    )
    with pytest.raises(ModelError, match="takes a, b: an encoder's network takes one input and nothing else"):
        OnnxSession(tmp_path / "net.onnx", "c")
