"""The one normaliser of photos: any photo file becomes a `Photo`, and a `Photo` the pixels that a model sees.

A normalised photo is upright (EXIF), sRGB (colour profile), opaque on white, at most MAX_SIDE pixels on a side, and
without metadata: preview, memory and every backend get one picture. No network address is ever opened, and a damaged
file is refused, never half read. Nothing here knows of models: the caller says how large a square its model needs.
"""

from __future__ import annotations

import io
import os
import re
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import numpy as np
from PIL import Image

from assistant.metadata.camera_date import camera_date
from assistant.pictures.bounded_size import LARGE, bounded, flat_and_bounded
from assistant.pictures.flat_colours import srgb
from assistant.pictures.unended_jpeg import whole_without_end
from memory.episode import Photo
from memory.errors import PhotoError
from memory.pictures.open_picture import DAMAGED, HEIF_BRANDS, open_picture
from memory.pictures.stored_picture import pixel_hash

MAX_SIDE = 1536
"""Pixels on the longer side of a normalised photo."""
MAX_BYTES = 1 << 30
"""A larger file is refused unread."""
LOSSLESS_SIDE = 256
"""Photos up to this size keep their exact pixels (PNG); larger ones become JPEG."""

SUFFIXES = frozenset(".jpg .jpeg .jpe .jfif .png .heic .heif .hif .webp .avif .gif .bmp .dib .tif .tiff".split())
"""Suffixes of photo files, in lower case."""
OTHERS = frozenset(
    ".thm .thumb .thumbnail .tmp .part .partial .filepart .crdownload .download .opdownload .!ut .bak .old .orig .save "
    ".mov .mp4 .m4v .avi .3gp .mkv .webm .mts .mp3 .m4a .wav .txt .json .xmp .aae .pdf .html .zip .db".split()
)
"""Suffixes of files that are no photos, though some hold a picture: thumbnails, half downloads, copies of before."""
GREY = 127
"""Level of the margin around a photo in a square."""
UPRIGHT = {  # EXIF orientation: the operation that turns the picture upright
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
ORIENTATION = 0x0112


def load_photo(path: Path) -> Photo:
    """Read and normalise a photo file. Raises PhotoError: one line with the file, what is wrong and what to do."""
    return decode(read_file(path), shown(path))


def decode(data: bytes, name: str) -> Photo:
    """Normalise the bytes of a photo file, as `load_photo` does; errors name the photo `name`."""
    image = open_picture(data, name)
    try:
        try:
            _smaller(image)
            image.load()
        except OSError:
            whole = whole_without_end(data, _smaller)
            if whole is None:
                raise
            image = whole
        orientation, taken_at = _orientation(image), camera_date(image).at
        return from_image(_upright(image, orientation), taken_at)
    except PhotoError as error:
        raise PhotoError(f"{name}: {error}") from error
    except Exception as error:  # decoders raise nearly every type on damaged bytes; none may reach the user
        raise PhotoError(f"{name}: {DAMAGED}") from error


def from_image(image: Image.Image, taken_at: datetime | None = None) -> Photo:
    """Normalise a decoded picture of any mode; `image` stays as it is, and its EXIF orientation is not applied.

    `taken_at` without a timezone counts as local time.
    """
    rgb = srgb(flat_and_bounded(image, MAX_SIDE), image.info)
    clean = Image.frombytes("RGB", rgb.size, rgb.tobytes())  # carries no metadata
    digest = pixel_hash(clean.width, clean.height, clean.tobytes())
    out = io.BytesIO()
    if max(clean.size) <= LOSSLESS_SIDE:
        clean.save(out, "PNG")
    else:
        clean.save(out, "JPEG", quality=92, subsampling=0)
    return Photo(
        digest, out.getvalue(), *clean.size, taken_at and (taken_at if taken_at.tzinfo else taken_at.astimezone())
    )


def pixels(photo: Photo, side: int | None = None) -> np.ndarray:
    """The photo as uint8 RGB, (height, width, 3); with `side`, centred in a grey (side, side, 3) square, aspect kept.

    Raises PhotoError when the stored bytes are damaged.
    """
    rgb = picture(photo)
    if side is None:
        return np.array(rgb)
    rgb = rgb.resize(bounded(rgb.size, side, grow=True), Image.Resampling.LANCZOS, reducing_gap=3.0)
    page = Image.new("RGB", (side, side), (GREY, GREY, GREY))
    page.paste(rgb, ((side - rgb.width) // 2, (side - rgb.height) // 2))
    return np.array(page)


def picture(photo: Photo, least: tuple[int, int] | None = None) -> Image.Image:
    """The photo as an RGB image.

    With `least`, a JPEG may come scaled down, but no smaller than `least`, which is many times faster.

    Raises PhotoError when the stored bytes are damaged.
    """
    name = f"photo {photo.sha256[:12]}"
    image = open_picture(photo.data, name)
    if image.size != (photo.width, photo.height):
        raise PhotoError(f"{name}: {image.width} x {image.height} pixels, should be {photo.width} x {photo.height}")
    try:
        image.draft("RGB", least)
        return image.convert("RGB")
    except Exception as error:  # as in load_photo
        raise PhotoError(f"{name}: the stored picture is damaged; restore it from a backup") from error


def shown(path: Path | str) -> str:
    """A path that is safe to print: file names can hold line breaks and control sequences of the terminal."""
    return "".join(c if c.isprintable() else "?" for c in str(path))


def read_file(path: Path) -> bytes:
    """The bytes of a file that may be a photo. Raises PhotoError: missing, a folder, empty, too large, unreadable."""
    name = shown(path)
    if address := re.match(r"(?i)(https?|ftp):/+(.*)", name):
        url = f"{address[1]}://{address[2]}"  # Path has reduced the two slashes to one
        raise PhotoError(f"{url}: Keepsake opens no network addresses; save the photo first")
    try:
        if not path.exists():
            raise PhotoError(f"{name}: there is no such file; check the name")
        if path.is_dir():
            raise PhotoError(f"{name}: this is a folder; name one photo in it")
        if not path.is_file():
            raise PhotoError(f"{name}: this is not an ordinary file; name a photo")
        if path.stat().st_size > MAX_BYTES:
            raise PhotoError(f"{name}: the file is larger than {MAX_BYTES >> 30} GB; save a smaller copy of the photo")
        data = path.read_bytes()
    except OSError as error:
        raise PhotoError(f"{name}: cannot be read ({error.strerror}); check its permissions") from error
    if not data:
        raise PhotoError(f"{name}: the file is empty (0 bytes); copy it again")
    return data


def _smaller(image: Image.Image) -> None:
    """Let a JPEG be decoded straight to 1/2, 1/4 or 1/8 of its size, but not below twice MAX_SIDE."""
    width, height = bounded(image.size, MAX_SIDE)
    image.draft(None, (2 * width, 2 * height))


def is_photo_file(path: Path) -> bool:
    """Whether a file is a photo: by its suffix or, when the suffix says nothing, by its first bytes.

    A file that cannot be read is no photo. Raw pictures and TIFFs begin with the same bytes: their suffix decides.
    """
    suffix = os.path.splitext(path)[1].lower()
    if suffix in SUFFIXES or suffix in OTHERS or suffix.endswith(("~", "_original")):
        return suffix in SUFFIXES
    with suppress(OSError):
        if path.is_file():
            with path.open("rb") as file:
                head = file.read(16)
            beginnings = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", *(() if suffix else (b"II*\0", b"MM\0*")))
            heif = head[4:8] == b"ftyp" and head[8:12] in {*HEIF_BRANDS, b"avif"}
            return head.startswith(beginnings) or heif or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")
    return False


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    if orientation not in UPRIGHT:
        return image
    if image.width * image.height > LARGE:  # a turned copy of the full picture would not fit into memory
        small = flat_and_bounded(image, MAX_SIDE)
        colours = ("icc_profile", "nclx_profile", "gamma", "srgb")
        small.info = {key: image.info[key] for key in colours if key in image.info}
        image = small
    return image.transpose(UPRIGHT[orientation])


def _orientation(image: Image.Image) -> int:
    """How the picture is turned (EXIF); 1, upright, when that is unknown or damaged."""
    try:
        return int(image.getexif().get(ORIENTATION, 1))
    except Exception:  # its parsers raise nearly every type; the pixels are good nevertheless
        return 1
