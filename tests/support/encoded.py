"""Small real pictures of noise for tests of the memory: every one can be decoded, and no two are alike."""

from __future__ import annotations

import hashlib
import io
import random
from functools import cache

from PIL import Image

from memory.episode import Photo
from memory.pictures.stored_picture import pixel_hash


@cache
def encoded(seed: object, width: int = 4, height: int = 4, kind: str = "JPEG") -> bytes:
    """The file of a picture of noise. A PNG is not packed, so its pixels can be found in the file."""
    out = io.BytesIO()
    Image.frombytes("RGB", (width, height), pixels(seed, width, height)).save(out, kind, compress_level=0)
    return out.getvalue()


def pixels(seed: object, width: int, height: int) -> bytes:
    """The RGB bytes of the picture of noise."""
    return random.Random(str(seed)).randbytes(3 * width * height)


def noise_photo(seed: object, width: int = 4, height: int = 4, kind: str = "PNG") -> Photo:
    """A photo with its right name, the hash of its pixels."""
    data = encoded(seed, width, height, kind)
    return Photo(pixel_hash(width, height, pixels(seed, width, height)), data, width, height)


def named_by_bytes(seed: object, width: int = 4, height: int = 4) -> Photo:
    """A photo in JPEG, which no longer has the pixels of its name: the name is a hash of the file here."""
    data = encoded(seed, width, height)
    return Photo(hashlib.sha256(data).hexdigest(), data, width, height)
