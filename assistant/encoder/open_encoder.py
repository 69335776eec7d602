"""Open a photo encoder by name: the one that ships with the project, a folder, or one that was pulled."""

from __future__ import annotations

from pathlib import Path

from assistant.encoder.encoder import PhotoEncoder
from assistant.encoder.encoder_manifest import MANIFEST
from assistant.encoder.onnx_encoder import OnnxEncoder
from assistant.models import local
from assistant.models.model_files import read_object
from memory.errors import ModelError
from memory.paths import home

SHIPPED = local.SHIPPED / local.ENCODER
DEFAULT = "default"


def open_encoder(name: str | Path | None = None) -> PhotoEncoder:
    """Open an encoder: None or "default" is the one that ships, else a folder, or the name of one that was pulled.

    Raises ModelError: one line that says what is missing or wrong.
    """
    return OnnxEncoder(encoder_folder(name))


def open_shipped(threads: int = 1) -> OnnxEncoder:
    """The encoder that ships, whatever the user chose for recall: connectors are trained for it. Raises ModelError."""
    return OnnxEncoder(SHIPPED, threads)


def encoder_folder(name: str | Path | None = None) -> Path:
    """The folder of an encoder. Raises ModelError when there is none of that name."""
    if name is None or str(name) == DEFAULT:
        return SHIPPED
    for folder in (Path(name).expanduser(), home() / "encoders" / str(name)):
        if folder.is_dir():
            return folder.resolve()
    raise ModelError(
        f"there is no encoder {str(name)!r}: choose one of {', '.join(encoder_names())}, or give the folder of one"
    )


def is_encoder(name: str) -> bool:
    """Whether a name or folder belongs to an encoder on this machine, even to a damaged one."""
    if name == DEFAULT:
        return True
    folders = [folder for folder in (Path(name).expanduser(), home() / "encoders" / name) if folder.is_dir()]
    if not folders or folders[0].parent == home() / "encoders":
        return bool(folders)
    try:
        return "output" in read_object(folders[0] / MANIFEST)
    except (OSError, ValueError):
        return False


def encoder_names() -> list[str]:
    """Names of the encoders on this machine: the one that ships first, then those that were pulled."""
    pulled = home() / "encoders"
    return [DEFAULT, *sorted(folder.parent.name for folder in pulled.glob(f"*/{MANIFEST}"))]
