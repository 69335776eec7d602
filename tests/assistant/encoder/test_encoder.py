"""The photo encoder: tokens of photos, by networks of every layout, and one clear line for what is wrong."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from PIL import Image

from assistant.encoder.encoder import BackendEncoder, unit_rows
from assistant.encoder.encoder_manifest import UNFITTED, Crops, Manifest, Output
from assistant.encoder.onnx_encoder import KEPT, OnnxEncoder
from assistant.encoder.open_encoder import encoder_names, open_encoder
from assistant.encoder.views import crop_boxes, views
from assistant.photo import from_image, load_photo, pixels
from memory.episode import Photo
from memory.errors import ModelError, PhotoError
from memory.search.gate import Gate
from tests.support import tinyencoder

ROOT = Path(__file__).parents[3]
CROPS = {"share": 0.5, "size": 32}
Layout = Literal["map", "tokens", "vector"]


@pytest.fixture
def photo() -> Photo:
    """A real photo, as the memory stores it."""
    return load_photo(ROOT / "tests/data/photos/dog/00.jpg")


def test_the_tokens_of_the_encoder_that_ships_are_long_where_a_thing_is() -> None:
    """A dog in the middle of a real photo, and a room beside it."""
    encoder = open_encoder()
    tokens = encoder.encode(load_photo(ROOT / "tests/data/photos/dog/00.jpg"))
    assert tokens.dtype == np.float32 and tokens.shape == (81 + 5 * 49, 192)
    lengths = np.linalg.norm(tokens, axis=1)[:81].reshape(9, 9)
    assert lengths.min() > 0 and lengths.max() <= 1
    assert lengths[3:6, 3:6].mean() > 0.4 > 0.1 > np.concatenate([lengths[0], lengths[-1]]).mean()
    assert encoder.name == "lite0" and encoder.space.startswith("lite0-")
    encoder.close()


@pytest.mark.parametrize("layout", ["map", "tokens", "vector"])
@pytest.mark.parametrize("crops", [None, CROPS])
def test_every_layout_gives_the_tokens_of_all_views(
    tmp_path: Path, photo: Photo, layout: Layout, crops: dict[str, Any] | None
) -> None:
    """Whole photo first, row by row; what stands before a picture's tokens is left out."""
    encoder = OnnxEncoder(tinyencoder.build(tmp_path / "tiny", layout, crops=crops))
    tokens = encoder.encode(photo)
    a_view, a_crop = (1, 1) if layout == "vector" else (16, 4)
    assert tokens.shape == (a_view + (5 * a_crop if crops else 0), 8)
    assert np.abs(np.linalg.norm(tokens, axis=1) - 1).max() < 1e-6
    assert encoder.gate == UNFITTED
    if layout == "tokens":
        same = OnnxEncoder(tinyencoder.build(tmp_path / "other", "map", crops=crops))
        assert np.allclose(same.encode(photo), tokens, atol=1e-6)
        assert same.space != encoder.space


def test_a_focus_shortens_what_is_away_from_the_middle(tmp_path: Path, photo: Photo) -> None:
    """By a bell around the middle of the photo, wherever a view lies in it; one vector a photo has no place."""
    plain = OnnxEncoder(tinyencoder.build(tmp_path / "plain", "map", crops=CROPS)).encode(photo)
    encoder = OnnxEncoder(tinyencoder.build(tmp_path / "focused", "map", crops=CROPS, focus=0.3))
    tokens = encoder.encode(photo)
    lengths = np.linalg.norm(tokens, axis=1)
    assert np.allclose(tokens, plain * lengths[:, None], atol=1e-6)
    whole, crops = lengths[:16].reshape(4, 4), lengths[16:].reshape(5, 2, 2)
    assert np.isclose(whole[0, 1], np.exp(-(0.375**2 + 0.125**2) / 0.18))
    assert np.isclose(crops[0, 0, 0], np.exp(-(0.375**2 + 0.375**2) / 0.18)), "the first crop is the upper left"
    assert np.isclose(crops[4, 0, 0], np.exp(-(0.125**2 + 0.125**2) / 0.18)), "the last one the middle"
    whole_output = {"name": "tokens", "layout": "tokens", "skip": 0}
    with pytest.raises(ModelError, match="17 tokens are no squares"):
        OnnxEncoder(tinyencoder.build(tmp_path / "two", "tokens", output=whole_output, focus=0.3)).encode(photo)


def test_views_are_the_photo_squashed_and_its_corners_and_centre() -> None:
    """In a picture of one colour a quarter, each corner's crop has the colour of its quarter."""
    colours = [(250, 0, 0), (0, 250, 0), (0, 0, 250), (250, 250, 0)]
    image = Image.new("RGB", (80, 40))
    for i, colour in enumerate(colours):
        image.paste(colour, (40 * (i % 2), 20 * (i // 2), 40 * (i % 2) + 40, 20 * (i // 2) + 20))
    output, crops_of = Output("map", "map"), Crops(share=0.5, size=32)
    manifest = Manifest("x", "x", output, 64, (10.0, 10.0, 10.0), (2.0, 2.0, 2.0), crops=crops_of)
    whole, crops = views(from_image(image), manifest)
    assert (whole.shape, crops.shape) == ((1, 3, 64, 64), (5, 3, 32, 32))
    assert whole.dtype == np.float32 and whole.flags.c_contiguous
    for i, colour in enumerate(colours):
        assert np.array_equal(crops[i][:, 16, 16], (np.array(colour) - 10) / 2)
    assert np.allclose(crops[4].mean((1, 2)), (np.mean(colours, 0) - 10) / 2, atol=1)
    assert crop_boxes((100, 50), 0.6)[3:] == [(40, 20, 100, 50), (20, 10, 80, 40)]


def test_a_large_photo_is_read_smaller_and_looks_the_same(photo: Photo) -> None:
    """A JPEG is decoded to a fraction of its size, but to no fewer pixels than the views have."""
    large = from_image(Image.fromarray(pixels(photo)).resize((1536, 1024), Image.Resampling.BICUBIC))
    encoder = open_encoder()
    small, reduced = encoder.encode(photo), encoder.encode(large)
    assert (unit_rows(small) * unit_rows(reduced)).sum(1).mean() > 0.97


def test_a_projection_beside_the_network_is_applied(tmp_path: Path, photo: Photo) -> None:
    plain = OnnxEncoder(tinyencoder.build(tmp_path / "plain", "vector"))
    folder = tinyencoder.build(tmp_path / "turned", "vector", projection="turn.npz")
    centre, matrix = np.full(8, 0.5, np.float32), np.eye(8, 3, dtype=np.float32)
    np.savez(folder / "turn.npz", centre=centre, matrix=matrix)
    turned = OnnxEncoder(folder)
    assert turned.encode(photo).shape == (1, 3) and turned.space != plain.space
    np.savez(folder / "turn.npz", centre=centre, matrix=2 * matrix)
    assert OnnxEncoder(folder).space != turned.space


def test_the_space_follows_everything_that_changes_the_tokens(tmp_path: Path) -> None:
    changes: list[dict[str, Any]] = [
        {},
        {"size": 80},
        {"mean": [1, 2, 3]},
        {"deviation": [1, 2, 3]},
        {"resampling": "bilinear"},
        {"crops": CROPS},
    ]
    spaces = {OnnxEncoder(tinyencoder.build(tmp_path, "map", **change)).space for change in changes}
    assert len(spaces) == len(changes)
    gate = {"sure": [0.5, 0.1], "maybe": [0.4, 0.1]}
    fitted = OnnxEncoder(tinyencoder.build(tmp_path, "map", gate=gate, licence="MIT", source="drawn"))
    assert fitted.space in spaces and fitted.gate == Gate((0.5, 0.1), (0.4, 0.1))


def test_several_threads_may_encode_and_the_last_photos_are_kept(tmp_path: Path) -> None:
    encoder = OnnxEncoder(tinyencoder.build(tmp_path, "map"))
    photos = [from_image(Image.new("RGB", (40, 30), (9 * i, 200 - 9 * i, 50))) for i in range(KEPT + 4)]
    alone = [OnnxEncoder(tmp_path).encode(photo) for photo in photos]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(encoder.encode, photos * 3))
    assert all(np.array_equal(a, b) for a, b in zip(alone * 3, together, strict=True))
    assert encoder.encode(photos[-1]) is encoder.encode(photos[-1])
    assert not encoder.encode(photos[0]).flags.writeable


def test_a_closed_encoder_says_so(tmp_path: Path, photo: Photo) -> None:
    encoder = OnnxEncoder(tinyencoder.build(tmp_path, "map"))
    encoder.encode(photo)
    encoder.close()
    encoder.close()
    with pytest.raises(ModelError, match="the encoder tiny-map was closed"):
        encoder.encode(photo)


def test_a_damaged_photo_is_a_photo_error(tmp_path: Path, photo: Photo) -> None:
    encoder = OnnxEncoder(tinyencoder.build(tmp_path, "map"))
    with pytest.raises(PhotoError, match="damaged"):
        encoder.encode(Photo(photo.sha256, photo.data[: len(photo.data) // 2], photo.width, photo.height))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"file": "none.onnx"}, r"none\.onnx is missing; bring the model's files back"),
        ({"file": "manifest.json"}, r"manifest\.json cannot be opened as a network in ONNX"),
        ({"sha256": "0" * 64}, r"net\.onnx is damaged or not the file of this encoder \(its sha256 differs\)"),
        ({"output": {"name": "x", "layout": "map"}}, r"net\.onnx has no output 'x'; it has map"),
        ({"output": {"name": "map", "layout": "grid"}}, "Invalid enum value 'grid'"),
        ({"output": {"name": "map", "layout": "map", "skip": -1}}, r"Expected `int` >= 0 - at `\$\.output\.skip`"),
        ({"oops": 1}, "unknown field `oops`"),
        ({"size": 0}, r"Expected `int` >= 1 - at `\$\.size`"),
        ({"deviation": [1, 0, 1]}, r"deviation is \(1\.0, 0\.0, 1\.0\): none may be 0"),
        ({"mean": [1, 2]}, r"Expected `array` of length 3"),
        ({"crops": {"share": 1.5}}, r"Expected `float` < 1\.0 - at `\$\.crops\.share`"),
        ({"output": None}, "missing required field `output`"),
        ({"projection": "turn.npz"}, r"turn\.npz is missing"),
        ({"projection": "net.onnx"}, r"net\.onnx is no projection"),
    ],
)
def test_what_is_wrong_with_a_folder_is_one_line(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    folder = tinyencoder.build(tmp_path / "tiny", "map", **changes)
    with pytest.raises(ModelError, match=said) as caught:
        OnnxEncoder(folder)
    assert "\n" not in str(caught.value) and str(folder) in str(caught.value)


def test_an_output_of_other_axes_is_one_line(tmp_path: Path, photo: Photo) -> None:
    output = {"name": "map", "layout": "vector"}
    encoder = OnnxEncoder(tinyencoder.build(tmp_path, "map", output=output))
    with pytest.raises(ModelError, match=r"^map of tiny-map is 1 x 8 x 4 x 4, which is no 'vector'$"):
        encoder.encode(photo)


def test_a_size_that_the_network_cannot_take_is_one_line(tmp_path: Path, photo: Photo) -> None:
    encoder = OnnxEncoder(tinyencoder.build(tmp_path, "map", size=8))
    with pytest.raises(ModelError, match=r"net\.onnx failed on \w+ of 1 x 3 x 8 x 8: ") as caught:
        encoder.encode(photo)
    assert "\n" not in str(caught.value)


def test_a_projection_that_does_not_fit_is_one_line(tmp_path: Path, photo: Photo) -> None:
    folder = tinyencoder.build(tmp_path, "vector", projection="turn.npz")
    np.savez(folder / "turn.npz", centre=np.zeros(5), matrix=np.zeros((8, 3)))
    with pytest.raises(ModelError, match=r"a centre of \(5,\) does not fit a matrix of \(8, 3\)"):
        OnnxEncoder(folder)
    np.savez(folder / "turn.npz", centre=np.zeros(9), matrix=np.zeros((9, 3)))
    with pytest.raises(ModelError, match=r"tokens of 8 numbers do not fit a projection of 9"):
        OnnxEncoder(folder).encode(photo)


def test_encoders_are_found_by_folder_and_name(tmp_path: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tinyencoder.build(own_home / "encoders" / "mine", "map")
    assert encoder_names() == ["default", "mine"]
    assert open_encoder("mine").space == open_encoder(own_home / "encoders" / "mine").space
    assert open_encoder("default").space == open_encoder().space
    with pytest.raises(ModelError, match="there is no encoder 'yours': choose one of default, mine, or give"):
        open_encoder("yours")
    with pytest.raises(ModelError, match=rf"{re.escape(str(tmp_path))} has no manifest\.json"):
        open_encoder(tmp_path)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ModelError, match=r"onnxruntime, which runs the encoders, is missing"):
        open_encoder("mine")


def test_onnxruntime_is_loaded_late_without_telemetry_and_without_a_word(tmp_path: Path) -> None:
    code = f"""
import os, sys
from assistant.encoder.open_encoder import open_encoder
assert "onnxruntime" not in sys.modules
open_encoder({str(tinyencoder.build(tmp_path, "map"))!r})
assert os.environ["ORT_DISABLE_TELEMETRY"] == "1"
print(sys.modules["onnxruntime"].__version__)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert (1, 26) <= tuple(map(int, done.stdout.split(".")[:2])) < (1, 29), "later releases send telemetry"


def test_a_model_s_own_tower_is_an_encoder(photo: Photo) -> None:
    class Tower:
        name, space, threshold = "nano", "0123", 0.7

        def embed(self, photo: object) -> np.ndarray:
            return np.array([[3.0, 4.0], [0.0, 0.0]], np.float32)

    encoder = BackendEncoder(Tower())  # type: ignore[arg-type]
    assert (encoder.name, encoder.space, encoder.gate) == ("nano", "0123", Gate.constant(0.7))
    assert np.allclose(encoder.encode(photo), [[0.6, 0.8], [0, 0]])
    encoder.close()


def test_the_manifest_that_ships_names_its_licence() -> None:
    manifest = json.loads((ROOT / "models/encoder/manifest.json").read_text(encoding="utf-8"))
    assert manifest["licence"] == "Apache-2.0" and re.fullmatch("[0-9a-f]{64}", manifest["sha256"])
    assert (ROOT / "models/encoder" / manifest["file"]).stat().st_size <= 10_000_000
