"""onnxruntime, loaded when an encoder is opened: quiet, without telemetry, on as many threads as it is told.

Releases from 1.29 on send telemetry unless ORT_DISABLE_TELEMETRY is set before they are imported. The project pins an
older release; the variable is set all the same, for this process and its children.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from memory.errors import ModelError

PREFERRED = ("CoreMLExecutionProvider", "CPUExecutionProvider")
"""Where a network runs, the best first; what onnxruntime lacks on this machine is left out."""
ERRORS_ONLY = 3
"""onnxruntime's level of logging: its warnings would be written over the screen."""


class OnnxSession:
    """An open network with one input. `run` may be called from several threads at a time."""

    def __init__(self, path: Path, output: str, threads: int = 1, providers: tuple[str, ...] = PREFERRED) -> None:
        """Open the network in `path`; `run` gives its output of that name. Raises ModelError."""
        runtime = _runtime()
        options = runtime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = threads
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = ERRORS_ONLY
        here = [name for name in providers if name in runtime.get_available_providers()]
        try:
            self._session = runtime.InferenceSession(str(path), options, providers=here)
        except Exception as error:  # the library's own types, which share no base but Exception
            raise ModelError(f"{path} cannot be opened as a network in ONNX: {_first_line(error)}") from error
        self._path, self._output = path, output
        inputs, outputs = self._session.get_inputs(), [one.name for one in self._session.get_outputs()]
        if output not in outputs:
            raise ModelError(f"{path} has no output {output!r}; it has {', '.join(outputs)}")
        if len(inputs) != 1:
            names = ", ".join(one.name for one in inputs)
            raise ModelError(f"{path} takes {names}: an encoder's network takes pictures and nothing else")
        self._input = inputs[0].name

    def run(self, pictures: np.ndarray) -> np.ndarray:
        """The output for pictures (B, 3, H, W) float32. Raises ModelError."""
        try:
            result: np.ndarray = self._session.run([self._output], {self._input: pictures})[0]
        except Exception as error:  # as above
            shape = " x ".join(map(str, pictures.shape))
            raise ModelError(f"{self._path} failed on pictures of {shape}: {_first_line(error)}") from error
        return result


def _runtime() -> Any:
    """The library; nothing of it is loaded before this call. Raises ModelError when it is not installed."""
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    try:
        import onnxruntime
    except ImportError as error:
        raise ModelError("onnxruntime, which runs the photo encoder, is missing; install it with: make run") from error
    onnxruntime.set_default_logger_severity(ERRORS_ONLY)
    return onnxruntime


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
