"""Pictures made small enough: a large one band by band, so that no second copy of it is ever in memory."""

from __future__ import annotations

from PIL import Image

from assistant.pictures.flat_colours import opaque

LARGE = 40_000_000
"""Pixels from which a picture is worked on in bands."""
GAP = 3.0
"""Pillow's `reducing_gap`: blocks of pixels are averaged first, to a picture that many times larger than wanted."""
ROWS = 128
"""Rows of the averaged picture that one band becomes."""


def bounded(size: tuple[int, int], side: int, *, grow: bool = False) -> tuple[int, int]:
    """`size` scaled so that its longer side is at most (with `grow`: exactly) `side`, aspect kept."""
    longer = max(size)
    if longer <= side and not grow:
        return size
    return max(1, round(size[0] * side / longer)), max(1, round(size[1] * side / longer))


def flat_and_bounded(image: Image.Image, side: int) -> Image.Image:
    """The picture as `opaque` makes it, its longer side at most `side`. Raises PhotoError."""
    size = bounded(image.size, side)
    across, down = (int(old / new / GAP) or 1 for old, new in zip(image.size, size, strict=True))
    if image.width * image.height <= LARGE or (across, down) == (1, 1):
        flat = opaque(image)
        return flat.resize(size, Image.Resampling.LANCZOS, reducing_gap=GAP) if flat.size != size else flat
    page: Image.Image | None = None  # the averaged picture: from it come the same pixels as by one call of `resize`
    reduced = (-(-image.width // across), -(-image.height // down))
    for top in range(0, image.height, ROWS * down):
        band = image.crop((0, top, image.width, min(top + ROWS * down, image.height)))
        if "transparency" in image.info:
            band.info["transparency"] = image.info["transparency"]
        small = opaque(band).reduce((across, down))
        page = page or Image.new(small.mode, reduced)
        page.paste(small, (0, top // down))
    assert page is not None
    box = (0.0, 0.0, image.width / across, image.height / down)
    return page.resize(size, Image.Resampling.LANCZOS, box=box)
