"""Any picture as opaque 8-bit sRGB: transparency, 16-bit grey, colour profiles, codes of HEIC, the gamma of PNG."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import numpy as np
from PIL import Image, ImageCms

from memory.errors import PhotoError

PHOTOMETRIC, WHITE_IS_ZERO = 262, 0
"""A TIFF's tag PhotometricInterpretation, and its value for "larger numbers are darker"."""
AS_SRGB = frozenset({1, 2, 0})
"""Codes of colour primaries (ITU-T H.273) that mean sRGB's primaries, or unspecified ones."""
DISPLAY_CURVES = frozenset({1, 2, 6, 13, 14, 15})
"""Codes of transfer characteristics that an ordinary display follows; others (HDR) are left as they are."""
PRIMARIES = {  # for codes in files that do not give them: chromaticities (x, y) of red, green, blue and white
    9: ((0.708, 0.292), (0.17, 0.797), (0.131, 0.046), (0.3127, 0.329)),
    11: ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06), (0.314, 0.351)),
    12: ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06), (0.3127, 0.329)),
}
SRGB_FROM_XYZ = np.array(
    [[3.2404542, -1.5371385, -0.4985314], [-0.969266, 1.8760108, 0.041556], [0.0556434, -0.2040259, 1.0572252]]
)
USUAL, SMALLEST = 1 / 2.2, 0.1
"""The gamma of a PNG (chunk gAMA) that browsers take for sRGB, and the gamma below which a file must be mistaken."""
BANDS = 64
"""Rows that are converted at once."""


def opaque(image: Image.Image) -> Image.Image:
    """A picture of any mode as RGB, L or CMYK, on white where it is transparent. Raises PhotoError."""
    if image.mode.startswith(("I", "F")):
        image = _eight_bits(image)
    if image.has_transparency_data:
        page = Image.new("RGBA", image.size, "white")
        page.alpha_composite(image.convert("RGBA"))
        return page.convert("RGB")
    return image if image.mode in ("RGB", "L", "CMYK") else image.convert("RGB")


def srgb(image: Image.Image, info: dict[Any, Any]) -> Image.Image:
    """An opaque picture in sRGB; `info` is what its file says.

    A broken colour profile, or one for another mode, counts as none, as in photo viewers.
    """
    if icc := info.get("icc_profile"):
        with suppress(ImageCms.PyCMSError, OSError):
            profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
            if "sRGB" not in ImageCms.getProfileDescription(profile):
                target = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
                image = ImageCms.profileToProfile(image, profile, target, outputMode="RGB") or image
    elif (matrix := _matrix(info.get("nclx_profile") or {})) is not None:
        image = _with_primaries(image.convert("RGB"), matrix)
    elif "srgb" not in info and (gamma := info.get("gamma")) and SMALLEST < gamma <= 1 and abs(gamma - USUAL) > 0.02:
        light = (np.arange(256) / 255) ** (1 / gamma)
        image = image.convert("RGB").point([round(255 * level) for level in _curve(light)] * 3)
    return image.convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """A picture of 16-bit grey in 8 bits; Pillow's own conversion may cut everything above 255."""
    if image.mode == "F":
        raise PhotoError("holds measurements (floating-point pixels), not a photo; export it as JPEG or PNG")
    rows: list[np.ndarray] = []
    clear = image.info.get("transparency")  # the level of 16 bits that is transparent
    seen = []
    inverted = getattr(image, "tag_v2", {}).get(PHOTOMETRIC) == WHITE_IS_ZERO  # Pillow turns only 8 bits round
    for band in _bands(image):
        values = np.asarray(band).astype(np.int64).clip(0, 65535)
        if isinstance(clear, int):
            seen.append(np.where(values == clear, 0, 255).astype(np.uint8))
        rows.append(((65535 - values if inverted else values) >> 8).astype(np.uint8))
    grey = Image.fromarray(np.concatenate(rows))
    return Image.merge("LA", (grey, Image.fromarray(np.concatenate(seen)))) if seen else grey


def _bands(image: Image.Image) -> Iterator[Image.Image]:
    for top in range(0, image.height, BANDS):
        yield image.crop((0, top, image.width, min(top + BANDS, image.height)))


def _matrix(nclx: dict[str, Any]) -> np.ndarray | None:
    """The matrix (3, 3) from linear RGB of a HEIC's primaries to linear sRGB; None where nothing is to be converted."""
    if nclx.get("color_primaries", 2) in AS_SRGB or nclx.get("transfer_characteristics") not in DISPLAY_CURVES:
        return None
    try:
        corners = PRIMARIES.get(nclx["color_primaries"]) or [
            [float(nclx[f"color_primary_{name}_{axis}"]) for axis in "xy"] for name in ("red", "green", "blue", "white")
        ]
        xyz = np.array([[x / y, 1.0, (1 - x - y) / y] for x, y in corners])
        primaries = xyz[:3].T
        return SRGB_FROM_XYZ @ (primaries * np.linalg.solve(primaries, xyz[3]))
    except (KeyError, ZeroDivisionError, np.linalg.LinAlgError):
        return None


def _with_primaries(image: Image.Image, matrix: np.ndarray) -> Image.Image:
    """An RGB picture converted to sRGB's primaries by `matrix`; colours that sRGB cannot show are clipped."""
    levels = np.arange(256) / 255
    linear = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4).astype(np.float32)
    rows = []
    for band in _bands(image):
        light = (linear[np.asarray(band)] @ matrix.T.astype(np.float32)).clip(0, 1)
        rows.append((_curve(light) * 255).round().astype(np.uint8))
    return Image.fromarray(np.concatenate(rows))


def _curve(light: np.ndarray) -> np.ndarray:
    """sRGB levels for linear light, both from 0 to 1 (the transfer function of IEC 61966-2-1)."""
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
