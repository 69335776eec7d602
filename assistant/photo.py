"""The one normaliser of photos: any photo file becomes a `Photo`, and a `Photo` the pixels that a model sees.

A normalised photo is upright (EXIF), sRGB (colour profile), opaque on white, at most MAX_SIDE pixels on a side, and
without metadata: preview, memory and every backend get one picture. No network address is ever opened, and a damaged
file is refused, never half read. Nothing here knows of models: the caller says how large a square its model needs.
"""

from __future__ import annotations

import hashlib
import io
import re
import warnings
from contextlib import suppress
from datetime import datetime
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, UnidentifiedImageError

from assistant.metadata.camera_date import camera_date
from memory.episode import Photo
from memory.errors import PhotoError

MAX_SIDE = 1536
"""Pixels on the longer side of a normalised photo."""
MAX_PIXELS = 200_000_000
"""A picture of more pixels is refused after its header was read."""
MAX_BYTES = 1 << 30
"""A larger file is refused unread."""
LOSSLESS_SIDE = 256
"""Photos up to this size keep their exact pixels (PNG); larger ones become JPEG."""

# An allow-list: some of Pillow's other formats start programs or hide a second picture behind the header's size.
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "BMP", "TIFF")
SUFFIXES = frozenset([".jpg", ".jpeg", ".png", ".heic", ".heif", ".webp", ".avif", ".gif", ".bmp", ".tif", ".tiff"])
"""Suffixes of photo files, in lower case."""
HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
DAMAGED = "the picture is damaged or cut short; copy it again"
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

# Pillow warns at its limit and refuses at twice that; we refuse at ours. Its warnings about odd metadata would only
# disturb the screen: what matters is refused here with a sentence.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
warnings.simplefilter("error", Image.DecompressionBombWarning)


def load_photo(path: Path) -> Photo:
    """Read and normalise a photo file. Raises PhotoError: one line with the file, what is wrong and what to do."""
    return decode(read_file(path), shown(path))


def decode(data: bytes, name: str) -> Photo:
    """Normalise the bytes of a photo file, as `load_photo` does; errors name the photo `name`."""
    image = open_image(data, name)
    try:
        width, height = _bounded(image.size, MAX_SIDE)
        image.draft(None, (2 * width, 2 * height))  # JPEG only: decodes to 1/2, 1/4 or 1/8 without the full picture
        image.load()
        orientation, taken_at = _orientation(image), camera_date(image).at
        return from_image(image.transpose(UPRIGHT[orientation]) if orientation in UPRIGHT else image, taken_at)
    except PhotoError as error:
        raise PhotoError(f"{name}: {error}") from error
    except Exception as error:  # decoders raise nearly every type on damaged bytes; none may reach the user
        raise PhotoError(f"{name}: {DAMAGED}") from error


def from_image(image: Image.Image, taken_at: datetime | None = None) -> Photo:
    """Normalise a decoded picture of any mode; `image` stays as it is, and its EXIF orientation is not applied.

    `taken_at` without a timezone counts as local time.
    """
    flat = _opaque(image)
    if max(flat.size) > MAX_SIDE:
        flat = flat.resize(_bounded(flat.size, MAX_SIDE), Image.Resampling.LANCZOS, reducing_gap=3.0)
    rgb = _srgb(flat, image.info.get("icc_profile"))
    clean = Image.frombytes("RGB", rgb.size, rgb.tobytes())  # carries no metadata
    digest = hashlib.sha256(f"{clean.width}x{clean.height}\n".encode() + clean.tobytes()).hexdigest()
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
    rgb = rgb.resize(_bounded(rgb.size, side, grow=True), Image.Resampling.LANCZOS, reducing_gap=3.0)
    page = Image.new("RGB", (side, side), (GREY, GREY, GREY))
    page.paste(rgb, ((side - rgb.width) // 2, (side - rgb.height) // 2))
    return np.array(page)


def picture(photo: Photo, least: tuple[int, int] | None = None) -> Image.Image:
    """The photo as an RGB image.

    With `least`, a JPEG may come scaled down, but no smaller than `least`, which is many times faster.

    Raises PhotoError when the stored bytes are damaged.
    """
    name = f"photo {photo.sha256[:12]}"
    image = open_image(photo.data, name)
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
        url = f"{address[1]}://{address[2]}"  # Path made one slash of two
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


def open_image(data: bytes, name: str) -> Image.Image:
    """Open a picture by its header alone; one of too many pixels is refused. Raises PhotoError."""
    formats: tuple[str, ...] = FORMATS
    if data[4:8] == b"ftyp" and data[8:12] in HEIF_BRANDS:
        _register_heif()
        formats = (*FORMATS, "HEIF")
    try:
        image = Image.open(io.BytesIO(data), formats=formats)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        limit = MAX_PIXELS // 1_000_000
        raise PhotoError(f"{name}: more than {limit} million pixels; save a smaller copy of the photo") from error
    except UnidentifiedImageError as error:
        kinds = "JPEG, PNG, HEIC, WebP, AVIF, GIF, BMP or TIFF"
        raise PhotoError(f"{name}: not a picture, or damaged at its beginning; Keepsake reads {kinds}") from error
    except Exception as error:  # as in load_photo
        raise PhotoError(f"{name}: {DAMAGED}") from error
    return image


@cache
def _register_heif() -> None:
    import pillow_heif

    pillow_heif.register_heif_opener()


def _bounded(size: tuple[int, int], side: int, *, grow: bool = False) -> tuple[int, int]:
    """`size` scaled so that its longer side is at most (with `grow`: exactly) `side`, aspect kept."""
    longer = max(size)
    if longer <= side and not grow:
        return size
    return max(1, round(size[0] * side / longer)), max(1, round(size[1] * side / longer))


def _opaque(image: Image.Image) -> Image.Image:
    """A picture of any mode as RGB, L or CMYK, on white where it is transparent."""
    if image.mode.startswith(("I", "F")):
        image = _eight_bits(image)
    if image.has_transparency_data:
        page = Image.new("RGBA", image.size, "white")
        page.alpha_composite(image.convert("RGBA"))
        return page.convert("RGB")
    return image if image.mode in ("RGB", "L", "CMYK") else image.convert("RGB")


def _srgb(image: Image.Image, icc: bytes | None) -> Image.Image:
    """A picture in sRGB. A broken colour profile, or one for another mode, counts as none, as in photo viewers."""
    if icc:
        with suppress(ImageCms.PyCMSError, OSError):
            profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
            if "sRGB" not in ImageCms.getProfileDescription(profile):
                srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
                image = ImageCms.profileToProfile(image, profile, srgb, outputMode="RGB") or image
    return image.convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """A picture of 16-bit grey in 8 bits; Pillow's own conversion may cut everything above 255."""
    if image.mode == "F":
        raise PhotoError("holds measurements (floating-point pixels), not a photo; export it as JPEG or PNG")
    values = np.asarray(image).astype(np.int64)
    return Image.fromarray((values.clip(0, 65535) >> 8).astype(np.uint8))


def _orientation(image: Image.Image) -> int:
    """How the picture is turned (EXIF); 1, upright, when that is unknown or damaged."""
    try:
        return int(image.getexif().get(ORIENTATION, 1))
    except Exception:  # its parsers raise nearly every type; the pixels are good nevertheless
        return 1
