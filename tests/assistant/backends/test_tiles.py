"""A SmolVLM that the project did not make: no manifest, and an image processor that cuts a photo into tiles.

Where its vocabulary has no words for tiles, every engine reads a photo as one square. Previously llama.cpp stopped with
a bare "code -1", and MLX and transformers took the upper left corner for the photo.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from assistant.backend import Message, Options
from assistant.backends.llama.llamacpp import open_llamacpp
from assistant.chatml import Mark, pieces
from assistant.models import local
from assistant.models.spec import Spec
from assistant.photo import from_image
from assistant.worker.worker_process import open_engine
from memory.episode import Photo
from quantize.gguf import export
from quantize.hf_reference import Checkpoint
from quantize.mlx import mlx_export
from tests.support import tinyqwen, tinysmolvlm
from tests.support.runners import tower

pytestmark = pytest.mark.slow

SPOTS = np.random.default_rng(1).integers(0, 255, (5, 4, 3), dtype=np.uint8)
PHOTO = from_image(Image.fromarray(SPOTS).resize((128, 96), Image.Resampling.BICUBIC))
ASKED = (Message("user", (PHOTO, "\nWho?")),)


def published(home: Path) -> Path:
    """A random SmolVLM as others publish theirs: photos scaled to 256 pixels and cut into tiles of 64."""
    torch.set_num_threads(1)
    folder = tinysmolvlm.build(home / "model")
    path = folder / "preprocessor_config.json"
    config = json.loads(path.read_text(encoding="utf-8")) | {"do_image_splitting": True, "size": {"longest_edge": 256}}
    path.write_text(json.dumps(config), encoding="utf-8")
    (home / "gguf").mkdir()
    export.export_mmproj(folder, home / "gguf" / "mmproj.gguf", "f32")
    export.export_language(folder, home / "gguf" / "language.gguf", "f32", pre_tokenizer="qwen2")
    return folder


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Spec]:
    home = tmp_path_factory.mktemp("published")
    folder = published(home)
    (mlx_export.convert(folder, home / "mlx", "f32") / "manifest.json").unlink()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KEEPSAKE_HOME", str(home))
        return {name: local.load(str(home / name)) for name in ("gguf", "mlx", "model")}


@pytest.mark.parametrize("name", ("gguf", "mlx", "model"))
def test_a_photo_is_one_square_where_there_are_no_words_for_tiles(name: str, forms: dict[str, Spec]) -> None:
    """Sixteen visual tokens of the whole photo, seen as transformers sees it in one piece, and something written.

    Of a corner in place of the whole, the cosine of the worst token is 0.45, 0.22.
    """
    spec, truth = forms[name], Checkpoint(forms["model"].language)
    assert (spec.side, spec.one_tile) == (None, False), "no file says so"
    engine = open_engine(spec, 1, 256)
    expected, got = truth.embed(PHOTO), engine.embed(PHOTO)
    assert got.shape == expected.shape == (tinysmolvlm.TOKENS, tinysmolvlm.WIDTH)
    cosine = (got * expected).sum(1) / np.linalg.norm(got, axis=1) / np.linalg.norm(expected, axis=1)
    assert cosine.min() > 0.9999
    prompt = pieces(ASKED)
    words = sum(len(engine.tokenize(piece)) for piece in prompt if not isinstance(piece, Photo))
    last = list(engine.stream(ASKED, Options(max_new_tokens=4)))[-1]
    assert (last.prompt_tokens, last.stop) == (words + tinysmolvlm.TOKENS, "length")
    engine.close()


def test_tiles_stay_where_the_vocabulary_has_words_for_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in the published SmolVLM: twelve tiles, each behind its place, and the whole photo last."""
    tiles = [f"<row_{y}_col_{x}>" for y in range(1, 5) for x in range(1, 5)]
    plain = tinyqwen.tokenizer

    def speaking() -> object:
        words = plain()
        words.add_tokens(["<fake_token_around_image>", "<global-img>", "\n\n", *tiles], special_tokens=True)
        return words

    monkeypatch.setattr(tinyqwen, "tokenizer", speaking)
    published(tmp_path)
    engine = open_llamacpp(local.load(str(tmp_path / "gguf")), 1, 512)
    chunks = tower(engine).chunks(PHOTO)
    assert [c.n_tokens for c in chunks if c.image] == [tinysmolvlm.TOKENS] * 13
    (place,) = engine.tokenize(Mark("<row_3_col_4>"))
    assert sum(c.tokens.count(place) for c in chunks) == 1 and min(t for c in chunks for t in c.tokens) >= 0
    assert list(engine.stream(ASKED, Options(max_new_tokens=4)))[-1].new_tokens
    engine.close()
