"""A small thing beside a large one: photographs of the demo album in one picture, mirrored and brighter."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

from PIL import Image, ImageEnhance, ImageOps

from assistant.encoder.open_encoder import open_encoder
from assistant.photo import from_image, load_photo
from demo import album
from memory.episode import Photo
from memory.search.sightings import NewPhoto
from memory.store import Memory

THINGS = ("dog", "vase", "boot", "clock", "backpack", "bear")


def changed(name: str, size: tuple[int, int]) -> Image.Image:
    """The middle of another view of an album's thing."""
    photo = ImageOps.mirror(Image.open(album.HERE / f"{name}.jpg").convert("RGB"))
    middle = ImageOps.fit(photo, (600, 600)).crop((120, 0, 480, 600))
    return ImageOps.fit(ImageEnhance.Brightness(middle).enhance(1.15), size)


def together(large: str, small: str) -> Photo:
    picture = Image.new("RGB", (900, 720), (150, 150, 140))
    picture.paste(changed(large, (560, 720)), (0, 0))
    picture.paste(changed(small, (240, 240)), (600, 480))
    return from_image(picture)


def test_both_are_sure_in_half_of_the_pictures_and_nothing_else_is(tmp_path: Path) -> None:
    """In 17 of 30 pictures; 11 without a second look beside the first thing."""
    encoder = open_encoder()
    hashes = {load_photo(album.HERE / f"{name}.jpg").sha256: name for name in THINGS}
    both = 0
    with Memory(tmp_path / "memory.db") as memory:
        album.load(memory, encoder)
        for pair in permutations(THINGS, 2):
            recalls = memory.recall(NewPhoto(encoder.space, encoder.encode(together(*pair)), encoder.gate))
            sure = {hashes[r.episode.photo.sha256] for r in recalls if r.certainty == "sure"}
            assert sure <= set(pair), pair
            both += len(sure) == 2
    encoder.close()
    assert both >= 15
