"""The picture world: splits that never mix, and photos that come out the same on every run."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from benchmark.world import concepts as world
from benchmark.world import dialogue
from benchmark.world.concepts import COMMITTED, all_concepts, concepts, picture_path
from benchmark.world.scene import TWIN_HUES, Look, draw

ROOT = Path(__file__).parents[2]
KOALA, DRUM, BOAT, CACTUS = (Look(code) for code in ("1f428", "1f941", "26f5", "1f335"))
SPLITS = ("train", "dev", "test")


def test_every_concept_is_on_one_side_and_so_is_its_family() -> None:
    """Things called alike ("crystal ball", "soccer ball"), man and woman of one trade: never held out apart."""
    codes = [c.code for c in all_concepts()]
    assert len(codes) == len(set(codes))
    assert {c.split for c in all_concepts()} == set(SPLITS)
    sides = defaultdict(set)
    for concept in (c for split in SPLITS for c in concepts(split)):
        words = concept.word.split()
        sides[words[-1]].add(concept.split)
        if concept.kind == "person" and len(words) > 2:  # "man police officer" and "woman police officer"
            sides[" ".join(words[1:])].add(concept.split)
    assert len(sides) > 500
    assert {family: found for family, found in sides.items() if len(found) > 1} == {}


def test_signs_are_for_training_the_tower_only() -> None:
    assert {c.split for c in all_concepts() if c.kind == "sign"} == {"train"}
    assert all(c.kind != "sign" for c in concepts("train"))
    assert set(concepts("train")) < set(concepts("train", signs=True))
    with pytest.raises(ValueError, match="no split named 'tset'"):
        concepts("tset")


def test_every_held_out_picture_is_committed_and_no_other() -> None:
    assert {p.stem for p in COMMITTED.glob("*.webp")} == {c.code for c in concepts("test")}
    for concept in concepts("test"):
        with Image.open(picture_path(concept.code)) as image:
            assert image.size == (256, 256) and image.has_transparency_data, concept


def test_a_missing_picture_says_how_to_get_it() -> None:
    with pytest.raises(FileNotFoundError, match="python -m benchmark fetch"):
        picture_path(concepts("train")[0].code)


@pytest.mark.parametrize("kind", ["names", "cities", "spots", "times", "events", "habits", "notes", "reminders"])
def test_no_word_of_one_split_is_used_in_another(kind: str) -> None:
    lists = [dialogue.words(split)[kind] for split in SPLITS]
    assert all(len(found) == len(set(found)) > 0 for found in lists)
    assert len(set().union(*lists)) == sum(map(len, lists))


def pixels(look: Look, seed: int, size: int = 128) -> np.ndarray:
    return np.asarray(draw([look], seed, size).image)


def test_a_seed_is_a_photo() -> None:
    """Here and in another process, whatever was drawn before it."""
    first = draw([KOALA, DRUM], 7, 96)
    draw([BOAT], 8, 96)
    assert draw([KOALA, DRUM], 7, 96).image.tobytes() == first.image.tobytes()
    assert draw([KOALA, DRUM], 8, 96).image.tobytes() != first.image.tobytes()
    code = (
        "import hashlib\nfrom benchmark.world.scene import Look, draw\n"
        "print(hashlib.sha256(draw([Look('1f428'), Look('1f941')], 7, 96).image.tobytes()).hexdigest())"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == hashlib.sha256(first.image.tobytes()).hexdigest()


def test_nothing_can_be_drawn_too() -> None:
    scene = draw([], 3, 64)
    assert scene.image.size == (64, 64) and scene.image.mode == "RGB"
    assert scene.cover.shape == (0, 4, 4)


@pytest.mark.parametrize("seed", range(4))
def test_cover_says_what_is_where(seed: int) -> None:
    """Shares of a coarse cell are the mean of its pixels', and no place shows more than one thing at a time."""
    looks = [KOALA, DRUM, BOAT, CACTUS][: 1 + seed]
    coarse, fine = draw(looks, seed, 128), draw(looks, seed, 128, grid=128)
    assert coarse.image.tobytes() == fine.image.tobytes()
    assert coarse.cover.shape == (len(looks), 4, 4)
    means = fine.cover.reshape(len(looks), 4, 32, 4, 32).mean((2, 4))
    np.testing.assert_allclose(coarse.cover, means, atol=1 / 255)
    assert (coarse.cover >= 0).all() and coarse.cover.sum(0).max() <= 1 + len(looks) / 255
    assert coarse.cover.sum((1, 2)).min() > 0.2, "something is not to be seen at all"


def test_two_things_apart_cover_what_each_covers_alone() -> None:
    """Side by side and not overlapping: together they fill at most what a half and a half of the photo hold."""
    apart = [s for s in range(40) if _columns(draw([KOALA, DRUM], s, 128, grid=128).cover)]
    assert len(apart) > 5
    for seed in apart[:6]:
        cover = draw([KOALA, DRUM], seed, 128, grid=128).cover
        assert cover.sum(0).max() <= 1
        assert cover.sum() == pytest.approx(cover[0].sum() + cover[1].sum())
        assert (cover > 0.5).sum((1, 2)).min() > 300


def test_what_is_hidden_behind_another_thing_does_not_count() -> None:
    for seed in range(40):
        cover = draw([KOALA, DRUM, BOAT, CACTUS], seed, 64, grid=64).cover
        assert cover.sum(0).max() <= 1 + 4 / 255


def _columns(cover: np.ndarray) -> bool:
    """Whether no column of pixels shows both things."""
    return not ((cover > 0).any(1).sum(0) > 1).any()


@pytest.mark.parametrize("hue", TWIN_HUES)
def test_a_twin_has_another_colour_and_the_same_shape(hue: int) -> None:
    """All that differs lies within the outline: the background, the pose and the light are the same."""
    for seed in (1, 2):
        one, twin = draw([KOALA], seed, 128, grid=128), draw([Look("1f428", hue)], seed, 128, grid=128)
        assert np.array_equal(one.cover, twin.cover)
        difference = np.abs(np.asarray(one.image, int) - np.asarray(twin.image, int)).max(-1)
        inside = Image.fromarray((one.cover[0] > 0).astype(np.uint8) * 255).filter(ImageFilter.MaxFilter(9))
        outside = np.asarray(inside) == 0  # a soft lens spreads by a few pixels
        assert outside.any() and difference[outside].max() == 0
        assert difference[one.cover[0] > 0.9].mean() > 5


def test_views_of_one_look_differ() -> None:
    one, *others = (pixels(KOALA, seed).astype(int) for seed in range(4))
    assert min(np.abs(one - other).mean() for other in others) > 10


def test_pictures_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    world.picture.cache_clear()
    opened: list[str] = []
    monkeypatch.setattr(world, "picture_path", lambda code: opened.append(code) or COMMITTED / f"{code}.webp")
    for seed in range(3):
        pixels(KOALA, seed)
    assert opened == ["1f428"]
