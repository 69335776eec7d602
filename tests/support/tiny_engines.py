"""Two tiny random models, shaped as the nano and as Qwen3-VL, each in the form its engine takes, f32 throughout."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from assistant.backend import Chunk, Message, Options
from assistant.backends.cached_backend import CachedBackend
from assistant.backends.causal.hf_transformers import open_hf
from assistant.backends.causal.mlxvlm import open_mlx
from assistant.backends.llama.llamacpp import open_llamacpp
from assistant.chatml import Mark
from assistant.models import local
from assistant.models.spec import Spec
from quantize.gguf import export
from quantize.hf_reference import Checkpoint
from quantize.mlx import mlx_export
from tests.support import tinyqwen, tinysmolvlm
from tests.support.pictures import smooth

FAMILIES = {"smolvlm": tinysmolvlm.build, "qwen3_vl": tinyqwen.build}
ENGINES = ("llama.cpp", "mlx", "transformers")
CONTEXT = 512


# 16, 18 and 10 tokens for a Qwen3-VL, 16 for the square of a SmolVLM
PHOTOS = (smooth(128, 128, 1), smooth(192, 96, 2), smooth(64, 160, 3))
TEXT = "This is <|im_end|> Milo <|image_pad|> of 2025, isn't it?\u00e9\u4e2d"
ASKED = (
    Message("system", ("You help a person remember.",)),
    Message("user", ("Memory:\n", PHOTOS[0], f"\n{TEXT}\n", PHOTOS[1], "New photo:\n", PHOTOS[2], "\nDescribe it.")),
)
SHORT = Options(max_new_tokens=12)


@pytest.fixture(scope="module", params=FAMILIES)
def forms(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Spec]:
    """The files of one model, for each engine."""
    torch.set_num_threads(1)
    home = tmp_path_factory.mktemp(request.param)
    folder = FAMILIES[request.param](home / "model")
    export.export_mmproj(folder, home / "mmproj.gguf", "f32")
    export.export_language(folder, home / "language.gguf", "f32", pre_tokenizer="qwen2")
    side = tinysmolvlm.SIDE if request.param == "smolvlm" else None
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KEEPSAKE_HOME", str(home))
        return {
            "llama.cpp": Spec("tiny", home / "language.gguf", home / "mmproj.gguf", None, side, side is not None),
            "mlx": local.load(str(mlx_export.convert(folder, home / "mlx", "f32"))),
            "transformers": local.load(str(folder)),
        }


def start(spec: Spec, context: int = CONTEXT) -> CachedBackend:
    if spec.engine == "mlx":
        return open_mlx(spec, 1, context)
    return open_hf(spec, 1, context) if spec.engine == "transformers" else open_llamacpp(spec, 1, context, exact=True)


@pytest.fixture(scope="module")
def engines(forms: dict[str, Spec]) -> Iterator[dict[str, CachedBackend]]:
    opened = {name: start(spec) for name, spec in forms.items()}
    yield opened
    for engine in opened.values():
        engine.close()


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, engines: dict[str, CachedBackend]) -> CachedBackend:
    """Each engine with nothing in its cache."""
    chosen = engines[request.param]
    chosen.logits([Mark("<|im_end|>")])
    return chosen


@pytest.fixture(scope="module")
def truth(forms: dict[str, Spec]) -> Checkpoint:
    """The reference: transformers runs the model over the whole prompt at once, without a cache."""
    return Checkpoint(forms["transformers"].language)


def write(engine: CachedBackend, messages: tuple[Message, ...] = ASKED, options: Options = SHORT) -> tuple[str, Chunk]:
    chunks = list(engine.stream(messages, options))
    assert [c.stop for c in chunks[:-1]] == [None] * (len(chunks) - 1)
    assert chunks[-1].stop is not None
    return "".join(c.text for c in chunks), chunks[-1]
