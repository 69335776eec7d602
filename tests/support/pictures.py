"""Pictures to be read as photos, and the refusal of a file."""

from __future__ import annotations

import numpy as np
from PIL import Image

from assistant import photo as photos
from memory.episode import Photo

RED, BLUE = (200, 30, 40), (20, 60, 210)


def halves(width: int = 60, height: int = 40) -> Image.Image:
    """Left half red, right half blue."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(BLUE, (width // 2, 0, width, height))
    return image


def noise(width: int, height: int, seed: int = 0) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8))


def smooth(width: int, height: int, seed: int) -> Photo:
    """A photo of smooth random colours that differ in every part of it."""
    spots = np.random.default_rng(seed).integers(0, 255, (5, 4, 3), dtype=np.uint8)
    return photos.from_image(Image.fromarray(spots).resize((width, height), Image.Resampling.BICUBIC))


def exif_of(image: Image.Image, taken: str = "", offset: str = "", orientation: int = 1) -> Image.Exif:
    """EXIF with coordinates, as telephones write it."""
    exif = image.getexif()
    exif[photos.ORIENTATION] = orientation
    exif[0x010F] = "CANARY-CAMERA"
    folder = exif.get_ifd(0x8769)
    if taken:
        folder[0x9003] = taken
    if offset:
        folder[0x9011] = offset
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[0x1D] = "N", (52.0, 31.0, 12.0), "CANARY-GPS"
    return exif


def coloured(colour: str) -> Photo:
    """A small photo of one colour."""
    return photos.from_image(Image.new("RGB", (8, 8), colour))
