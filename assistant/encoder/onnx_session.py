"""onnxruntime, loaded when an encoder is opened: quiet, without telemetry, on as many threads as it is told.

Releases from 1.29 on send telemetry unless ORT_DISABLE_TELEMETRY is set before they are imported. The project pins an
older release; the variable is set all the same, for this process and its children.

A network runs on Core ML where onnxruntime offers it (macOS), else on the processor; what Core ML cannot take goes to
the processor, too. Core ML was not measured here.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import numpy as np

from memory.errors import ModelError

CPU, CORE_ML = "CPUExecutionProvider", "CoreMLExecutionProvider"
ERRORS_ONLY = 3
"""onnxruntime's level of logging: its warnings would be written over the screen."""


class OnnxSession:
    """An open network with one input. `run` may be called from several threads at a time."""

    def __init__(self, path: Path, output: str, threads: int = 1) -> None:
        """Open the network in `path`; `run` gives its output of that name. Raises ModelError."""
        self._path, self._output, self._threads = path, output, threads
        self._lock = threading.Lock()
        self._runtime = _load_runtime()
        self._session = self._open()
        inputs, outputs = self._session.get_inputs(), [one.name for one in self._session.get_outputs()]
        if output not in outputs:
            raise ModelError(f"{path} has no output {output!r}; it has {', '.join(outputs)}")
        if len(inputs) != 1:
            names = ", ".join(one.name for one in inputs)
            raise ModelError(f"{path} takes {names}: an encoder's network takes one input and nothing else")
        self._input = inputs[0].name

    def run(self, given: np.ndarray) -> np.ndarray:
        """The output for pictures (B, 3, H, W) float32, or for the ids of a text (1, T) int64. Raises ModelError."""
        session = self._session
        try:
            try:
                return self._run(session, given)
            except Exception:
                if CORE_ML not in session.get_providers():
                    raise
                return self._run(self._on_the_processor(session), given)
        except Exception as error:  # the library's own types, which share no base but Exception
            shape = " x ".join(map(str, given.shape))
            raise ModelError(f"{self._path} failed on {self._input} of {shape}: {_first_line(error)}") from error

    def _run(self, session: Any, given: np.ndarray) -> np.ndarray:
        result: np.ndarray = session.run([self._output], {self._input: given})[0]
        return result

    def _on_the_processor(self, failed: Any) -> Any:
        """The network opened anew without Core ML, once for all threads; from now on every run is there."""
        with self._lock:
            if self._session is failed:
                self._session = self._create([CPU])
            return self._session

    def _open(self) -> Any:
        """The session, on Core ML if that takes the network. Raises ModelError."""
        here = [name for name in (CORE_ML, CPU) if name in self._runtime.get_available_providers()]
        try:
            try:
                return self._create(here)
            except Exception:
                if CORE_ML not in here:
                    raise
                return self._create([CPU])
        except Exception as error:  # as above
            raise ModelError(f"{self._path} cannot be opened as a network in ONNX: {_first_line(error)}") from error

    def _create(self, providers: list[str]) -> Any:
        options = self._runtime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = self._threads
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = ERRORS_ONLY
        return self._runtime.InferenceSession(str(self._path), options, providers=providers)


def _load_runtime() -> Any:
    """The library; nothing of it is loaded before this call. Raises ModelError when it is not installed."""
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    try:
        import onnxruntime
    except ImportError as error:
        raise ModelError("onnxruntime, which runs the encoders, is missing; install it with: make run") from error
    onnxruntime.set_default_logger_severity(ERRORS_ONLY)
    return onnxruntime


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
