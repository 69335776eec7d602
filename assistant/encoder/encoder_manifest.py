"""The manifest of an encoder: what its network is, how a photo enters it, and how its output becomes tokens."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from assistant.models.model_files import inside, read_bytes
from memory.errors import ModelError
from memory.files import sha256
from memory.search.gate import HIGHEST, Gate

MANIFEST = "manifest.json"
UNFITTED = Gate((1 - HIGHEST, 0.0), (0.45, 0.0))
"""The gate of an encoder for which none was fitted: it asks, and is hardly ever sure. `python -m benchmark calibrate`
fits one."""
Positive = Annotated[int, msgspec.Meta(gt=0)]
Colours = tuple[float, float, float]
"""A number for red, green and blue each, on the scale of pixels (0 to 255)."""


class Output(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which output of the network is used."""

    name: str
    layout: Literal["map", "tokens", "vector"]
    """Axes of the output: "map" is (B, D, h, w), "tokens" (B, T, D), "vector" (B, D)."""
    skip: Annotated[int, msgspec.Meta(ge=0)] = 0
    """How many tokens at the front belong to no part of the picture: a class token, registers."""
    lengths: bool = False
    """Whether the length of a token, from 0 to 1, says how likely it shows a thing and not what is around it. Without
    that, all tokens get length 1."""


class Crops(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Five views beside the full one: the four corners and the centre."""

    share: Annotated[float, msgspec.Meta(gt=0, lt=1)] = 0.6
    """Part of each side of the photo that a crop shows."""
    size: Positive = 224
    """Pixels on a side of the square that a crop becomes."""


class GateLaw(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The two thresholds, each 1 - a n^-b for n photos (`memory/search/gate.py`)."""

    sure: tuple[float, float]
    maybe: tuple[float, float]


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`manifest.json` of an encoder's folder. Unknown keys are refused."""

    name: str
    file: str
    """The network in ONNX, in the same folder; its one input takes pictures (B, 3, H, W)."""
    output: Output
    size: Positive
    """Pixels on a side of the square that the whole photo becomes; its shape is not kept."""
    mean: Colours
    deviation: Colours
    """A pixel enters as (pixel - mean) / deviation."""
    licence: str = "not stated"
    source: str = ""
    sha256: str | None = None
    """Hash of the network's file; None: the file is not checked."""
    resampling: Literal["bicubic", "bilinear", "lanczos"] = "bicubic"
    crops: Crops | None = None
    focus: Annotated[float, msgspec.Meta(gt=0)] | None = None
    """Standard deviation, in parts of the photo's sides, of a Gaussian around its middle that shortens the tokens away
    from there: most people put what they mean in the middle. None: no token is shortened. Needs square views."""
    projection: str | None = None
    """A .npz with "centre" (C,) and "matrix" (C, D); None: tokens are used as the network gives them."""
    projection_sha256: str | None = None
    gate: GateLaw | None = None

    def __post_init__(self) -> None:
        if 0 in self.deviation:
            raise ValueError(f"deviation is {self.deviation}: none may be 0")

    @property
    def law(self) -> Gate:
        """The gate fitted to this encoder, or the unfitted one."""
        return Gate(self.gate.sure, self.gate.maybe) if self.gate else UNFITTED

    def space(self, network: str, projection: str) -> str:
        """The name of the vector space, from the sha256 of both files and from how a photo enters."""
        entry = [self.output, self.size, self.mean, self.deviation, self.resampling, self.crops, self.focus]
        parts = [network, projection, json.dumps(msgspec.to_builtins(entry), sort_keys=True)]
        return f"{self.name}-{hashlib.sha256(':'.join(parts).encode()).hexdigest()[:12]}"


def read_manifest(folder: Path) -> Manifest:
    """The manifest of an encoder's folder. Raises ModelError when it is missing, or is no manifest."""
    path = folder / MANIFEST
    try:
        return msgspec.json.decode(read_bytes(path), type=Manifest)
    except FileNotFoundError as error:
        raise ModelError(
            f"{folder} has no {MANIFEST}: it says how photos enter an encoder (docs/encoders.md)"
        ) from error
    except (OSError, ValueError, RecursionError, msgspec.MsgspecError) as error:
        raise ModelError(f"{path} is not an encoder's manifest: {error}") from error


def checked_file(folder: Path, name: str, expected: str | None) -> tuple[Path, str]:
    """Path and sha256 of a file that a manifest names. Raises ModelError when it is missing, or not the `expected`."""
    path = inside(folder, name)
    try:
        actual = sha256(path)
    except OSError as error:
        raise ModelError(f"{path} is missing; bring the encoder's files back, or choose another encoder") from error
    if expected and actual != expected:
        raise ModelError(f"{path} is damaged or not the file of this encoder (its sha256 differs): fetch it again")
    return path, actual
