"""A photo encoder in a folder: a network in ONNX, and a manifest that says how to use it."""

from __future__ import annotations

import threading
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
from PIL import Image

from assistant.encoder.encoder import unit_rows
from assistant.encoder.encoder_manifest import Manifest, checked_file, read_manifest
from assistant.encoder.onnx_session import OnnxSession
from assistant.encoder.views import focus_lengths, views, whole_view
from memory.episode import Photo
from memory.errors import ModelError

KEPT = 8
"""Most photos whose tokens are kept: those of the photo in view are wanted several times."""
Projection = tuple[np.ndarray, np.ndarray]
"""Centre (C,) and matrix (C, D), float32."""


class OnnxEncoder:
    """Encodes photos with a network in ONNX, which several threads may use at a time."""

    def __init__(self, folder: Path, threads: int = 1) -> None:
        """Open the encoder in `folder`; `threads` is for one photo. Raises ModelError."""
        self.manifest = read_manifest(folder)
        network, digest = checked_file(folder, self.manifest.file, self.manifest.sha256)
        self._projection, projection_digest = _projection(folder, self.manifest)
        self.name, self.gate = self.manifest.name, self.manifest.law
        self.space = self.manifest.space(digest, projection_digest)
        self._session: OnnxSession | None = OnnxSession(network, self.manifest.output.name, threads)
        self._kept: OrderedDict[str, np.ndarray] = OrderedDict()
        self._lock = threading.Lock()

    def encode(self, photo: Photo) -> np.ndarray:
        """Tokens of a photo, (T, D) float32 and read-only: those of the whole photo first, then those of its crops."""
        with self._lock:
            session = self._session
            if session is None:
                raise ModelError(f"the encoder {self.name} was closed")
            if photo.sha256 in self._kept:
                self._kept.move_to_end(photo.sha256)
                return self._kept[photo.sha256]
        tokens = np.concatenate([self._tokens(session.run(batch)) for batch in views(photo, self.manifest)])
        tokens = self._projected(tokens)
        if not self.manifest.output.lengths:
            tokens = unit_rows(tokens)
        try:
            tokens *= focus_lengths(len(tokens), self.manifest)
        except ValueError as error:
            raise ModelError(f"{self.name}: {error}") from error
        tokens.flags.writeable = False
        with self._lock:
            self._kept[photo.sha256] = tokens
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return tokens

    def map_of(self, image: Image.Image) -> np.ndarray:
        """Tokens of a whole picture, (T, D) float32, without crops and focus: what `encode` begins with."""
        with self._lock:
            session = self._session
        if session is None:
            raise ModelError(f"the encoder {self.name} was closed")
        return self._projected(self._tokens(session.run(whole_view(image, self.manifest))))

    def close(self) -> None:
        """Free the network, and the tokens that were kept."""
        with self._lock:
            self._session = None
            self._kept.clear()

    def _tokens(self, output: np.ndarray) -> np.ndarray:
        """The rows (T, D) of an output in the manifest's layout. Raises ModelError when it has other axes."""
        kind, skip = self.manifest.output.layout, self.manifest.output.skip
        if output.ndim != {"map": 4, "tokens": 3, "vector": 2}[kind]:
            shape = " x ".join(map(str, output.shape))
            raise ModelError(f"{self.manifest.output.name} of {self.name} is {shape}, which is no {kind!r}")
        if kind == "map":
            output = output.reshape(*output.shape[:2], -1).transpose(0, 2, 1)
        if kind == "tokens":
            output = output[:, skip:]
        return output.reshape(-1, output.shape[-1]).astype(np.float32)

    def _projected(self, tokens: np.ndarray) -> np.ndarray:
        """Tokens less the centre, times the matrix; as they are without a projection. Raises ModelError."""
        if self._projection is None:
            return tokens
        centre, matrix = self._projection
        if tokens.shape[1] != len(centre):
            raise ModelError(
                f"{self.name}: tokens of {tokens.shape[1]} numbers do not fit a projection of {len(centre)}"
            )
        return (tokens - centre) @ matrix


def _projection(folder: Path, manifest: Manifest) -> tuple[Projection | None, str]:
    """The projection of an encoder and the sha256 of its file; (None, "") without one. Raises ModelError."""
    if manifest.projection is None:
        return None, ""
    path, digest = checked_file(folder, manifest.projection, manifest.projection_sha256)
    try:
        with np.load(path) as arrays:
            centre, matrix = (arrays[key].astype(np.float32) for key in ("centre", "matrix"))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ModelError(f"{path} is no projection, which has a centre and a matrix: {error}") from error
    if matrix.ndim != 2 or centre.shape != matrix.shape[:1]:
        raise ModelError(f"{path}: a centre of {centre.shape} does not fit a matrix of {matrix.shape}")
    return (centre, matrix), digest
