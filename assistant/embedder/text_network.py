"""A network in ONNX that reads texts: its folder with manifest, vocabulary and network, opened at the first text."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from assistant.embedder.wordpiece import WordPiece
from assistant.encoder.encoder_manifest import MANIFEST, checked_file
from assistant.encoder.onnx_session import OnnxSession
from memory.errors import ModelError


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`manifest.json` of the folder. Unknown keys are refused."""

    name: str
    file: str
    """The network in ONNX: its one input takes the ids of one text, or of two (1, T)."""
    sha256: str
    vocabulary: str
    vocabulary_sha256: str
    licence: str
    source: str

    def as_json(self) -> Any:
        """The manifest as values that JSON can hold."""
        return msgspec.to_builtins(self)


class TextNetwork:
    """The network, which several threads may use at a time."""

    def __init__(self, folder: Path, kind: str, output: str) -> None:
        """Read the manifest in `folder`; `kind` is what messages call the network, `output` the name of its result.

        Raises ModelError: one line that says what is missing or wrong.
        """
        path = folder / MANIFEST
        try:
            self.manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
        except (OSError, UnicodeDecodeError, msgspec.MsgspecError) as error:
            raise ModelError(f"{path} is not the manifest of a {kind}: {error}") from error
        self._folder, self._output = folder, output
        self._opened: tuple[WordPiece, OnnxSession] | None = None
        self._opening = threading.Lock()

    @property
    def tokenizer(self) -> WordPiece:
        """The tokenizer of the network's vocabulary. Raises ModelError."""
        return self._open()[0]

    def run(self, ids: list[int]) -> np.ndarray:
        """The network's result for the ids of one input, without the axis of batches. Raises ModelError."""
        result: np.ndarray = self._open()[1].run(np.array([ids], np.int64))[0]
        return result

    def close(self) -> None:
        """Free the network; the next text opens it again."""
        self._opened = None

    def _open(self) -> tuple[WordPiece, OnnxSession]:
        """The tokenizer and the network. Raises ModelError when a file is missing, or is not what the manifest says."""
        with self._opening:
            if self._opened is None:
                made = self.manifest
                network, _ = checked_file(self._folder, made.file, made.sha256)
                vocabulary, _ = checked_file(self._folder, made.vocabulary, made.vocabulary_sha256)
                self._opened = WordPiece(vocabulary), OnnxSession(network, self._output, threads=1)
            return self._opened
