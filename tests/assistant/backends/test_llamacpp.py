"""The real engine with the embedded model: what it reads again and what not, and that this never changes the result.

Nothing here depends on what the model has learnt.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from llama_cpp import llama_cpp

from assistant import prompt
from assistant.backend import Chunk, Message, Options
from assistant.backends.cached_backend import CachedBackend
from assistant.backends.llama import llama_loader
from assistant.backends.llama.llamacpp import open_llamacpp
from assistant.chatml import Mark, Words, pieces
from assistant.models.spec import Spec
from assistant.photo import from_image
from benchmark.world.scene import Look, draw
from memory.episode import Episode, Photo, Turn
from memory.errors import ModelError, ModelStopped
from tests.support import replay
from tests.support.runners import tower

SHORT = Options(max_new_tokens=8)


@pytest.fixture(scope="module")
def shared(nano: Spec) -> Iterator[CachedBackend]:
    engine = open_llamacpp(nano)
    yield engine
    engine.close()


@pytest.fixture
def engine(shared: CachedBackend) -> CachedBackend:
    """The engine with nothing in its cache."""
    shared.read([Mark("<|im_end|>")])
    return shared


def photo(seed: int) -> Photo:
    return from_image(draw([Look("1f428")], seed, 128).image)


def episodes(n: int) -> list[Episode]:
    return [
        Episode(
            photo(i), (Turn("user", f"This is Milo, take {i}, at the harbour."),), datetime(2025, 5, i + 1, tzinfo=UTC)
        )
        for i in range(n)
    ]


ASKED = prompt.caption_messages(episodes(2), photo(9))


def write(engine: CachedBackend, messages: tuple[Message, ...], options: Options = SHORT) -> tuple[str, Chunk]:
    chunks = list(engine.stream(messages, options))
    assert [c.stop for c in chunks[:-1]] == [None] * (len(chunks) - 1)
    return "".join(c.text for c in chunks), chunks[-1]


def test_the_answer_reads_its_own_words_only(engine: CachedBackend) -> None:
    caption, first = write(engine, ASKED)
    asked = (*ASKED, Message("assistant", (caption.strip(),)), Message("user", ("When was that?",)))
    answer, second = write(engine, asked)
    assert second.cached_tokens >= first.prompt_tokens - 1
    _, third = write(engine, (*asked, Message("assistant", (answer.strip(),)), Message("user", ("Where?",))))
    assert third.cached_tokens >= second.prompt_tokens - 1


def test_a_reused_cache_gives_the_logits_of_a_fresh_one(nano: Spec, engine: CachedBackend) -> None:
    """To the bit: what is read depends on the prompt alone. Another photo moves logits by 3."""
    wanted = pieces(ASKED)
    fresh = open_llamacpp(nano)
    truth = fresh.logits(wanted)
    fresh.close()
    for before in (
        wanted,  # only the last token is read again
        pieces(prompt.caption_messages(episodes(1), photo(9))),  # shares the first memory
        pieces((*ASKED, Message("assistant", ("This is Milo.",)), Message("user", ("Who?",)))),  # goes on after it
        wanted[:-2],  # stops in the middle
        [*wanted[:-2], Words("\nDescribe the new photo with"), wanted[-1]],  # the last words begin as these do
    ):
        engine.read(before)
        assert np.array_equal(engine.logits(wanted), truth)
    other = pieces(prompt.caption_messages(episodes(2), photo(10)))
    assert np.abs(engine.logits(other) - truth).max() > 1


def test_after_writing_the_cache_still_holds_what_the_prefix_cache_says(nano: Spec, engine: CachedBackend) -> None:
    """Generated tokens, an abandoned stream, then a prompt that shares a part: logits are those of a fresh engine."""
    stream = engine.stream(ASKED, SHORT)
    next(stream)
    stream.close()
    written, _ = write(engine, ASKED, Options(max_new_tokens=3))
    fresh = open_llamacpp(nano)
    for caption in ("Nobody.", written):
        follow = pieces((*ASKED, Message("assistant", (caption,)), Message("user", ("Sure?",))))
        reused = engine.logits(follow)
        fresh.read([Mark("<|im_end|>")])
        assert np.array_equal(fresh.logits(follow), reused)
    fresh.close()


def test_writing_ends_where_the_context_does(nano: Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    """The prompt fits, the answer (of a model that never ends) does not: it is cut, not an error."""
    asked = prompt.chat_messages(["Count to a hundred."])
    small = open_llamacpp(nano, context=64)
    monkeypatch.setattr(small.runner, "ends", lambda _: False)
    _, chunk = write(small, asked, Options(max_new_tokens=500))
    small.close()
    assert chunk.stop == "length"
    assert chunk.prompt_tokens + chunk.new_tokens == 64


def test_every_photo_is_encoded_once(engine: CachedBackend) -> None:
    before = engine.photos_encoded
    new, known = photo(20), Episode(photo(21), (Turn("user", "This is Rex."),), datetime(2025, 1, 1, tzinfo=UTC))
    tokens = engine.embed(new)
    assert write(engine, prompt.caption_messages([known], new))[1].photos_encoded == 1
    assert write(engine, prompt.direct_messages([known], new, "Who is this?"))[1].photos_encoded == 0
    assert np.array_equal(engine.embed(new), tokens)
    assert tokens.shape == (16, 576) and tokens.dtype == np.float32
    assert engine.photos_encoded == before + 2


def test_no_token_is_too_long_to_be_spelt(engine: CachedBackend) -> None:
    """Previously the room for one was 64 bytes, which SmolLM2 just fits and Qwen does not: its text was lost."""
    longest = " " * 64 + "=" * 256 + "é👩‍👩‍👧\n\t"
    assert engine.runner.spell(engine.tokenize(Words(longest))) == longest


def test_stopping_in_the_middle_of_the_vision_tower(nano: Spec, engine: CachedBackend) -> None:
    """The tower ends after its current operation, and its unfinished output is not taken for the photo's embeddings."""
    vision, seen, nodes = tower(engine).tower, photo(30), 0
    wanted = vision.on_node

    def stopping(ask: bool) -> bool:
        nonlocal nodes
        nodes += ask
        if nodes == 50:
            engine.cancel()
        return wanted(ask)

    vision.on_node = stopping  # type: ignore[method-assign]
    with pytest.raises(ModelStopped, match="stopped before the photo was seen"):
        engine.embed(seen)
    vision.on_node = wanted  # type: ignore[method-assign]
    assert nodes == 50
    other = open_llamacpp(nano, context=64)
    assert np.array_equal(engine.embed(seen), other.embed(seen))
    other.close()


def test_a_model_that_cannot_take_back_a_part_reads_all_again(
    engine: CachedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with recurrent layers: llama.cpp refuses, and the prefix cache must agree."""
    engine.read(pieces(ASKED))
    remove = llama_cpp.llama_memory_seq_rm
    monkeypatch.setattr(llama_cpp, "llama_memory_seq_rm", lambda *args: args[2] == 0 and remove(*args))
    other = pieces(prompt.caption_messages(episodes(2), photo(10)))
    size, cached = engine.read(other)
    assert (cached, engine.prefix.tokens) == (0, size)
    once = engine.next_logits()
    monkeypatch.undo()
    engine.cut(0)
    assert np.array_equal(engine.logits(other), once)


def test_conversations_end_as_if_they_had_just_been_read(nano: Spec) -> None:
    """As in `test_prefix_cache.py`, with the model that ships."""
    engine, fresh = open_llamacpp(nano, context=512), open_llamacpp(nano, context=512)
    stops = replay.compare(engine, fresh, [photo(i) for i in range(4)], conversations=8, seed=2)
    assert "cancelled" in stops
    engine.close()
    fresh.close()


def test_files_that_do_not_fit_are_refused_by_name(nano: Spec, tmp_path: Any) -> None:
    wrong = tmp_path / "wrong.gguf"
    wrong.write_bytes(b"GGUF, but not for long")
    for changed in ({"language": wrong}, {"mmproj": wrong}, {"adapter": wrong}):
        fields = {**nano.__dict__, **changed}
        with pytest.raises(ModelError, match=r"wrong\.gguf"):
            open_llamacpp(Spec(**fields))


def test_tiles_that_crash_are_left_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What a processor with AMX would make of weights in extra buffers ends the process."""
    from llama_cpp import llama_cpp as llama

    monkeypatch.setattr(llama_loader, "CPUINFO", tmp_path / "cpuinfo")
    for flags, extra in ((None, True), ("fpu avx2 amx_tiles", True), ("fpu amx_bf16 amx_tile amx_int8", False)):
        if flags:
            llama_loader.CPUINFO.write_text(f"processor\t: 0\nflags\t\t: {flags}\nbugs\t:\n", encoding="utf-8")
        assert llama_loader.model_params().use_extra_bufts is extra
        with llama_loader.safe_defaults():
            assert llama.llama_model_default_params().use_extra_bufts is extra
    assert llama.llama_model_default_params().use_extra_bufts is True
