"""Open picture files within bounds: of pixels, of scans, and of what a header may claim. The one place for that.

What comes in is bytes of strangers. A decoder is asked only when the header's claims can be true and cheap enough:
then no file of any kind takes more than about a gigabyte of memory or some seconds. No network address is opened.
"""

from __future__ import annotations

import io
import warnings
from functools import cache

from PIL import Image, PngImagePlugin, UnidentifiedImageError

from memory.errors import PhotoError
from memory.pictures import jpeg_segments, png_chunks

MAX_PIXELS = 200_000_000
"""A picture of more pixels is refused after its header was read."""
MOST_AT_ONCE = 120_000_000
"""Pixels of the largest picture of a kind that is decoded with several copies in memory: all but plain JPEG and PNG."""
MOST_WORK = 2_000_000_000
"""Scans of a JPEG times its pixels: each scan goes over all of them."""
MOST_PER_BYTE = 1024
"""Pixels that one byte of a JPEG can hold; a header that claims more lies."""
# An allow-list: some of Pillow's other formats start programs or hide a second picture behind the header's size.
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "BMP", "TIFF")
HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
DAMAGED = "the picture is damaged or cut short; copy it again"

# Pillow warns at its limit and refuses at twice that; we refuse at ours. Its warnings about odd metadata would only
# disturb the screen: what matters is refused here with a sentence.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
PngImagePlugin.MAX_TEXT_CHUNK = png_chunks.LONGEST
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
warnings.simplefilter("error", Image.DecompressionBombWarning)


def open_picture(data: bytes, name: str) -> Image.Image:
    """Open a picture by its header alone; errors name it `name`. Raises PhotoError, also for one of too many pixels."""
    formats: tuple[str, ...] = FORMATS
    if data[4:8] == b"ftyp" and data[8:12] in HEIF_BRANDS:
        _register_heif()
        formats = (*FORMATS, "HEIF")
    if data.startswith(png_chunks.SIGNATURE):
        if png_chunks.too_little(data):
            raise PhotoError(f"{name}: {DAMAGED}")
        data = png_chunks.readable(data)
    try:
        image = Image.open(io.BytesIO(data), formats=formats)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PhotoError(f"{name}: {_too_many(MAX_PIXELS)}") from error
    except UnidentifiedImageError as error:
        if _is_video(data):
            raise PhotoError(f"{name}: a video; Keepsake remembers photos, so show it a picture of that") from error
        kinds = "JPEG, PNG, HEIC, WebP, AVIF, GIF, BMP or TIFF"
        raise PhotoError(f"{name}: not a picture, or damaged at its beginning; Keepsake reads {kinds}") from error
    except Exception as error:  # decoders raise nearly every type on damaged bytes; none may reach the user
        raise PhotoError(f"{name}: {DAMAGED}") from error
    if image.format == "PNG":
        _read_png_chunks(image, data)
    if why := _too_much(image, data):
        image.close()
        raise PhotoError(f"{name}: {why}")
    return image


def _is_video(data: bytes) -> bool:
    """Whether a file begins as MP4, QuickTime, Matroska, WebM or AVI does."""
    mp4 = data[4:8] == b"ftyp" and data[8:12] not in (*HEIF_BRANDS, b"avif", b"avis", b"M4A ")
    return mp4 or data.startswith(b"\x1aE\xdf\xa3") or (data.startswith(b"RIFF") and data[8:12] == b"AVI ")


def _too_much(image: Image.Image, data: bytes) -> str:
    """Why a picture is not decoded, though its header can be read; "" when it may be."""
    pixels = image.width * image.height
    at_once = image.format not in ("JPEG", "MPO", "PNG")
    if data.startswith(jpeg_segments.START):
        if pixels > MOST_PER_BYTE * len(data):
            return DAMAGED
        jpeg = jpeg_segments.segments(data)
        at_once = jpeg.progressive
        if jpeg.scans * pixels > MOST_WORK:
            return f"its pixels are stored in {jpeg.scans} layers, which takes too long to read; save it again as JPEG"
    return _too_many(MOST_AT_ONCE) if at_once and pixels > MOST_AT_ONCE else ""


def _read_png_chunks(image: Image.Image, data: bytes) -> None:
    """Add to `image.info` what Pillow leaves out: colours by their codes, and the transparent level of few bits."""
    if (codes := png_chunks.coded_colours(data)) and "icc_profile" not in image.info:
        image.info["nclx_profile"] = {"color_primaries": codes[0], "transfer_characteristics": codes[1]}
    if isinstance(clear := image.info.get("transparency"), int) and image.mode == "L":
        image.info["transparency"] = clear * png_chunks.scale_of_grey(data)


def _too_many(limit: int) -> str:
    return f"more than {limit // 1_000_000} million pixels; save a smaller copy of the photo"


@cache
def _register_heif() -> None:
    import pillow_heif

    pillow_heif.register_heif_opener()
