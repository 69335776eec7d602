"""The photo encoder's network: what the engine computes is what torch computes, and a command makes the file."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from assistant.encoder.onnx_session import OnnxSession
from assistant.encoder.open_encoder import SHIPPED, open_encoder
from assistant.photo import load_photo
from memory.errors import KeepsakeError
from tests.support import lite0weights
from train.__main__ import main
from train.encoder import convert
from train.encoder.lite0 import DEVIATION, MEAN, WIDTH, Lite0

ROOT = Path(__file__).parents[2]
PHOTOS = sorted((ROOT / "tests/data/photos").rglob("*.jpg"))
NETWORK = SHIPPED / convert.FILE


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The weights of the network that ships, as the package has them."""
    path = tmp_path_factory.mktemp("weights") / "lite0.pth"
    lite0weights.write(NETWORK, path)
    return path


@pytest.fixture(scope="module")
def lite0(weights: Path) -> Lite0:
    torch.set_num_threads(1)
    return Lite0(weights)


def pictures(size: tuple[int, int]) -> np.ndarray:
    """The 20 photos, (20, 3, H, W) in 0..255, for a (width, height)."""
    images = [Image.open(path).convert("RGB").resize(size, Image.Resampling.BICUBIC) for path in PHOTOS]
    return np.stack([np.asarray(image) for image in images]).transpose(0, 3, 1, 2).astype(np.float32)


def test_the_engine_computes_what_torch_does_on_real_photos(lite0: Lite0, tmp_path: Path) -> None:
    """The largest difference is less than a thousandth of the largest feature, before weights are rounded."""
    assert len(PHOTOS) == 20
    (tmp_path / "map.onnx").write_bytes(convert.network(lite0, None, half=False).SerializeToString())
    session = OnnxSession(tmp_path / "map.onnx", "features")
    for size in ((288, 288), (224, 160)):
        shown = pictures(size)
        ours, torchs = session.run((shown - MEAN) / DEVIATION), lite0.features(torch.from_numpy(shown)).numpy()
        assert ours.shape == torchs.shape == (20, WIDTH, -(-size[1] // 32), -(-size[0] // 32))
        assert torchs.max() > 4, "features of real photos, not of noise"
        assert np.abs(ours - torchs).max() < 1e-3 * np.abs(torchs).max()


def a_head(seed: int, numbers: int) -> convert.Head:
    """A random head, whose objectness is neither 0 nor 1 for most features."""
    random = np.random.default_rng(seed)
    centre, matrix = random.random(WIDTH, np.float32), random.normal(size=(WIDTH, numbers)).astype(np.float32)
    return convert.Head(centre, matrix, 0.05 * random.normal(size=WIDTH).astype(np.float32), np.float32(0.3))


def test_the_tokens_are_the_features_centred_turned_and_as_long_as_they_show_a_thing(
    lite0: Lite0, tmp_path: Path
) -> None:
    """In 16 bits they point nearly the same way."""
    head, shown = a_head(1, 32), pictures((96, 64))[:4]
    features = lite0.features(torch.from_numpy(shown)).numpy().reshape(4, WIDTH, -1).transpose(0, 2, 1) - head.centre
    turned = features @ head.matrix
    length = 1 / (1 + np.exp(-(features @ head.objectness + head.objectness_bias)))
    assert length.min() < 0.4 < 0.7 < length.max()
    expected = length[..., None] * turned / np.linalg.norm(turned, axis=2, keepdims=True)
    for half, most in ((False, 1e-3), (True, 2e-2)):
        path = tmp_path / f"{half}.onnx"
        path.write_bytes(convert.network(lite0, head, half).SerializeToString())
        tokens = OnnxSession(path, "tokens").run((shown - MEAN) / DEVIATION)
        assert tokens.shape == (4, 6, 32)
        assert np.abs(tokens - expected).max() < most * np.abs(expected).max()


def test_the_command_makes_the_encoder(weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From the weights and a projection; a second run keeps what was fitted in between."""
    np.savez(tmp_path / "turn.npz", **a_head(2, 16)._asdict())
    out = tmp_path / "out"
    command = ["encoder", "--weights", str(weights), "--projection", str(tmp_path / "turn.npz"), "--out", str(out)]
    assert main(command) == 0
    assert re.fullmatch(rf"encoder: {re.escape(str(out))}/lite0\.onnx, \d\.\d MB\n", capsys.readouterr().out)
    assert open_encoder(out).encode(load_photo(PHOTOS[0])).shape == (81 + 5 * 49, 16)
    manifest = json.loads((out / "manifest.json").read_text())
    manifest |= {"gate": {"sure": [0.5, 0.1], "maybe": [0.4, 0.1]}, "size": 256, "crops": None}
    (out / "manifest.json").write_text(json.dumps(manifest))
    first = (out / "lite0.onnx").read_bytes()
    assert main(command) == 0
    assert json.loads((out / "manifest.json").read_text()) == manifest
    assert (out / "lite0.onnx").read_bytes() == first


def test_the_network_that_ships_is_made_of_the_projection_in_the_clone(weights: Path, tmp_path: Path) -> None:
    made = convert.convert(weights, convert.PROJECTION, tmp_path)
    assert made.read_bytes() == NETWORK.read_bytes()


HEAD = {
    "centre": np.zeros(WIDTH),
    "matrix": np.zeros((WIDTH, 2)),
    "objectness": np.zeros(WIDTH),
    "objectness_bias": np.zeros(()),
}


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"centre": np.zeros(WIDTH)}, "is no projection, which has centre, matrix, objectness, objectness_bias"),
        (HEAD | {"centre": np.zeros(3), "matrix": np.zeros((3, 2))}, r"centre \(3,\) and matrix \(3, 2\), expected"),
        (HEAD | {"objectness": np.zeros((WIDTH, 2))}, r"objectness \(1280, 2\), expected \(1280,\) and one bias"),
    ],
)
def test_a_wrong_projection_is_one_line(tmp_path: Path, arrays: dict[str, np.ndarray], said: str) -> None:
    np.savez(tmp_path / "turn.npz", **arrays)
    with pytest.raises(KeepsakeError, match=said):
        convert.read_projection(tmp_path / "turn.npz")
    with pytest.raises(KeepsakeError, match="is no projection"):
        convert.read_projection(tmp_path / "none.npz")
