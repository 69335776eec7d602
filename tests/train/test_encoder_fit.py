"""The fit of the photo encoder's head: composites with true masks, and a head that learns things from them."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from assistant.encoder.open_encoder import SHIPPED
from memory.errors import KeepsakeError
from tests.support import lite0weights
from train.__main__ import main
from train.encoder import composites, convert, fit

PHOTOS = Path(__file__).parents[1] / "data" / "photos"


@pytest.fixture
def pictures(tmp_path: Path) -> tuple[Path, Path]:
    """Folders of cut-outs (discs) and of rooms (stripes), each with a picture that is too small."""
    cutouts, rooms = tmp_path / "cutouts", tmp_path / "rooms"
    for folder in (cutouts, rooms):
        folder.mkdir()
        Image.new("RGB", (40, 40)).save(folder / "small.png")
    for n, colour in enumerate(("red", "gold", "lime")):
        disc = Image.new("RGBA", (160, 160))
        ImageDraw.Draw(disc).ellipse((8, 8, 152, 152), fill=colour, outline="black", width=12)
        disc.save(cutouts / f"{n}.png")
        room = Image.new("RGB", (320, 240), ("navy", "teal", "gray")[n])
        for x in range(0, 320, 16):
            ImageDraw.Draw(room).line((x, 0, x, 240), fill="white", width=2 + n)
        room.save(rooms / f"{n}.jpg")
    return cutouts, rooms


def test_a_mask_says_where_the_cutout_lies(pictures: tuple[Path, Path]) -> None:
    """Under the mask the picture has the colour of the disc, elsewhere that of the room; alone, a room has none."""
    cutouts, rooms = (composites.pictures([folder]) for folder in pictures)
    assert [path.name for path in cutouts] == ["0.png", "1.png", "2.png"] and len(rooms) == 3
    for seed in range(6):
        image, mask = composites.composite(cutouts[0], rooms[0], random.Random(seed))
        assert image.size == (composites.SIZE, composites.SIZE) and mask.shape == image.size
        pixels = np.asarray(image, float)
        reddish = pixels[..., 0] - pixels[..., 2]
        inside, outside = reddish[mask > 0.9].mean(), reddish[mask < 0.1].mean()
        assert 0.01 < mask.mean() < 0.7 and inside > outside + 40
    _, mask = composites.composite(None, rooms[0], random.Random(0))
    assert not mask.any()


def test_the_axes_are_those_of_all_kinds_alike() -> None:
    """A thousand features of one kind outvote no hundred of another, however widely they spread."""
    rng = np.random.default_rng(0)
    many, few = np.zeros((1000, fit.WIDTH)), np.zeros((100, fit.WIDTH))
    many[:, 3], few[:, 7] = 50 * rng.standard_normal(1000), rng.standard_normal(100)
    axes = fit.principal_axes([many, few], 2)
    assert {int(abs(axis).argmax()) for axis in axes.T} == {3, 7}


def test_objectness_learns_what_covers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("EPOCHS", 6), ("BATCH", 50), ("RATE", 0.02)):  # so few features need longer steps
        monkeypatch.setattr(fit, name, value)
    rng = np.random.default_rng(1)
    features, covered = rng.standard_normal((2000, fit.WIDTH)).astype(np.float32), np.zeros(2000, np.float32)
    covered[::3] = 1
    features[::3, :40] += 1.5
    weight, bias = fit.fit_objectness(features, covered)
    told = features @ weight + bias
    assert (told[::3] > 0).mean() > 0.95 and (told[1::3] > 0).mean() < 0.1


def test_the_command_fits_and_converts(pictures: tuple[Path, Path], tmp_path: Path) -> None:
    """From pictures to a network that opens; half of the options is a clear line."""
    weights, head, out = tmp_path / "lite0.pth", tmp_path / "head.npz", tmp_path / "out"
    lite0weights.write(SHIPPED / convert.FILE, weights)
    for thing in ("dog", "clock"):
        (tmp_path / "photos" / thing).mkdir(parents=True)
        (tmp_path / "photos" / thing / "0.jpg").write_bytes(sorted((PHOTOS / thing).glob("*.jpg"))[0].read_bytes())
    common = ["encoder", "--weights", str(weights), "--projection", str(head), "--out", str(out), "--fit"]
    cutouts, rooms = (["--cutouts", str(pictures[0])], ["--rooms", str(pictures[1])])
    assert main([*common, *cutouts, *rooms, "--photos", str(tmp_path / "photos")]) == 0
    made = convert.read_projection(head)
    assert made.matrix.shape == (fit.WIDTH, fit.NUMBERS) and made.objectness.any()
    assert (out / convert.FILE).stat().st_size < 10_000_000
    assert main([*common, *cutouts]) == 1
    with pytest.raises(KeepsakeError, match="a fit needs pictures"):
        fit.fit(weights, [tmp_path / "out"], [pictures[1]], tmp_path / "photos", head)
