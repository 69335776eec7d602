"""The photo encoder: tokens of photos, by networks of every layout, and one clear line for what is wrong."""

from __future__ import annotations

import numpy as np

from assistant.encoder.encoder import BackendEncoder
from assistant.encoder.open_encoder import open_encoder
from assistant.photo import load_photo
from demo.album import demo_photo
from memory.search.gate import Gate


def test_the_encoder_that_ships_gives_unit_rows() -> None:
    encoder = open_encoder()
    tokens = encoder.encode(load_photo(demo_photo()))
    assert tokens.dtype == np.float32 and tokens.shape == (81 + 5 * 49, 256)
    assert np.abs(np.linalg.norm(tokens, axis=1) - 1).max() < 1e-5
    assert encoder.name == "lite0" and encoder.space.startswith("lite0-")
    encoder.close()


def test_a_model_s_own_tower_is_an_encoder() -> None:
    class Tower:
        name, space, threshold = "nano", "0123", 0.7

        def embed(self, photo: object) -> np.ndarray:
            return np.array([[3.0, 4.0], [0.0, 0.0]], np.float32)

    encoder = BackendEncoder(Tower())  # type: ignore[arg-type]
    assert (encoder.name, encoder.space, encoder.gate) == ("nano", "0123", Gate.constant(0.7))
    assert np.allclose(encoder.encode(load_photo(demo_photo())), [[0.6, 0.8], [0, 0]])
    encoder.close()
