"""A photo that a model reads in tiles: every engine cuts it as the published processor does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from transformers.models.smolvlm.image_processing_pil_smolvlm import SmolVLMImageProcessorPil

from assistant.chatml import Words
from assistant.models.photo_budget import PhotoBudget
from assistant.photo import pixels
from quantize.gguf import export
from quantize.mlx import mlx_export
from tests.support import tinyqwen, tinysmolvlm
from tests.support.runners import causal_runner, tower
from tests.support.same_engines import SIZES, Engines, photo, relative_error


@pytest.fixture(scope="module")
def smolvlm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random SmolVLM as others publish theirs: its vocabulary has words for tiles, and its processor cuts them."""
    torch.set_num_threads(1)
    home = tmp_path_factory.mktemp("tiles")
    places = [f"<row_{y}_col_{x}>" for y in range(1, 5) for x in range(1, 5)]
    plain = tinyqwen.tokenizer

    def speaking() -> Any:
        words = plain()
        words.add_tokens(["<fake_token_around_image>", "<global-img>", "\n\n", *places], special_tokens=True)
        return words

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tinyqwen, "tokenizer", speaking)
        folder = tinysmolvlm.build(home / "model")
    side = tinysmolvlm.SIDE
    SmolVLMImageProcessorPil(
        size={"longest_edge": 4 * side},
        max_image_size={"longest_edge": side},
        image_mean=[0.5] * 3,
        image_std=[0.5] * 3,
    ).save_pretrained(folder)
    export.export_mmproj(folder, home / "mmproj.gguf", "f32")
    export.export_language(folder, home / "language.gguf", "f32", pre_tokenizer="qwen2")
    (mlx_export.convert(folder, home / "mlx", "f32") / "manifest.json").unlink()
    return home


def test_every_engine_cuts_a_photo_into_the_same_tiles(smolvlm: Path) -> None:
    """Those of the published processor, and the words between them; of a memory, the overview alone is read.

    llama.cpp makes the overview itself: of one size in 28 a few of its pixels are one level off (measured 0.0096).
    """
    overviews: list[float] = []
    engines = Engines(smolvlm, PhotoBudget())
    processor = SmolVLMImageProcessorPil.from_pretrained(smolvlm / "model")
    vision, hf, side = tower(engines.llama), causal_runner(engines.hf), tinysmolvlm.SIDE
    for size in SIZES:
        shown = photo(*size)
        whole = engines.seen(shown, False)
        cut = processor([[Image.fromarray(pixels(shown))]], return_tensors="np")["pixel_values"][0]
        assert cut.shape[1:] == (3, side, side)
        assert {row.shape for row in whole.values()} == {(len(cut) * tinysmolvlm.TOKENS, tinysmolvlm.WIDTH)}, size
        truth = hf.model.numpy(hf.model.encode_image({"pixel_values": cut[None]})[:, 0])
        for name, rows in (*whole.items(), *engines.seen(shown, True).items()):
            tiles = len(rows) - tinysmolvlm.TOKENS
            off = relative_error(rows[tiles:], truth[-tinysmolvlm.TOKENS :])
            assert off < (1e-2 if name == "llama.cpp" else 1e-3), (size, name)
            overviews.append(off)
            if tiles:
                assert relative_error(rows[:tiles], truth[:tiles]) < 1e-3, (size, name)
        for small in (False, True):
            words = [list(c.tokens) for c in vision.chunks(shown, small) if not c.image]
            units, _ = hf.processor.lay_out(
                [Words("New photo:"), shown], 1 if not small else 0, lambda p, s: hf.encoded(p, s).grid
            )
            assert [u.key for u in units[1] if isinstance(u.key, int)] == [t for ids in words for t in ids], size
            assert len(units[1]) == sum(c.n_tokens for c in vision.chunks(shown, small))
    assert np.median(overviews) < 1e-3
    engines.close()
