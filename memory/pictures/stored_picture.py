"""Whether the file of a stored photo is the picture that the memory says it is."""

from __future__ import annotations

import hashlib

from memory.episode import Photo
from memory.errors import PhotoError
from memory.pictures.open_picture import open_picture


def problem(photo: Photo, *, hashed: bool = False) -> str | None:
    """Why a stored photo cannot be read, in words after "it"; None when it can. Every pixel is decoded.

    `hashed`: compare the hash of the pixels too, which only formats without loss keep.
    """
    try:
        image = open_picture(photo.data, "")
        if image.size != (photo.width, photo.height):
            return f"has {image.width} x {image.height} pixels, and should have {photo.width} x {photo.height}"
        exact = hashed and image.format == "PNG" and image.mode == "RGB"
        if not exact:
            image.draft("RGB", (1, 1))  # JPEG only: all is unpacked, but an eighth of each side is computed
        image.load()
    except PhotoError as error:
        return f"cannot be read ({str(error).removeprefix(': ')})"
    except Exception:  # decoders raise nearly every type on damaged bytes
        return "is damaged or cut short"
    if exact and pixel_hash(image.width, image.height, image.tobytes()) != photo.sha256:
        return "shows something else than its name, the hash of its pixels, says"
    return None


def pixel_hash(width: int, height: int, rgb: bytes) -> str:
    """The name of a photo: SHA-256 of its size and its RGB pixels."""
    return hashlib.sha256(f"{width}x{height}\n".encode() + rgb).hexdigest()
