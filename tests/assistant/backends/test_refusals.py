"""What llama.cpp answers with a number, people read as one line: what is wrong, and what to do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from llama_cpp import llama_cpp, mtmd_cpp

from assistant import prompt
from assistant.backend import Options
from assistant.backends.cached_backend import CachedBackend
from assistant.backends.llama.llamacpp import open_llamacpp
from assistant.models.spec import Spec
from assistant.photo import from_image
from benchmark.world.scene import Look, draw
from memory.errors import ModelError

CASES = [
    (
        llama_cpp,
        "llama_decode",
        1,
        "the context of 512 tokens is full: begin a new conversation, or say it in fewer words",
    ),
    (
        llama_cpp,
        "llama_decode",
        -1,
        "llama.cpp met tokens that this model does not have: fetch its files again, or use",
    ),
    (llama_cpp, "llama_decode", -3, "llama.cpp could not compute on: free some memory and ask again, or use a smaller"),
    (mtmd_cpp, "mtmd_helper_decode_image_chunk", -2, "llama.cpp could not compute on: free some memory and ask again"),
    (mtmd_cpp, "mtmd_encode_chunk", 1, "the vision tower failed on a photo: free some memory and ask again, or use a"),
    (mtmd_cpp, "mtmd_tokenize", 2, "this model cannot see a photo of 128 x 128 pixels: crop it, or show another"),
]
SHORT = Options(max_new_tokens=2)


@pytest.fixture(scope="module")
def engine(nano: Spec) -> Iterator[CachedBackend]:
    opened = open_llamacpp(nano, 1, 512)
    yield opened
    opened.close()


@pytest.mark.parametrize(("library", "function", "code", "line"), CASES)
def test_a_code_becomes_a_line_and_the_engine_goes_on(
    library: object, function: str, code: int, line: str, engine: CachedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever fails, the same question is answered when it fails no longer."""
    asked = prompt.caption_messages(
        [], from_image(draw([Look("1f428")], CASES.index((library, function, code, line)), 128).image)
    )
    with monkeypatch.context() as broken:
        broken.setattr(library, function, lambda *_: code)
        with pytest.raises(ModelError) as caught:
            list(engine.stream(asked, SHORT))
    assert str(caught.value).startswith(line) and "code" not in str(caught.value) and "\n" not in str(caught.value)
    assert list(engine.stream(asked, SHORT))[-1].new_tokens == 2
