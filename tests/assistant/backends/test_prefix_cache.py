"""The prefix cache says what the KV cache holds: over hundreds of random conversations, to the last bit.

On a tiny random Qwen3-VL, where a photo moves the position by less than its tokens (M-RoPE) and carries DeepStack
layers. The nano has the same tests in `test_llamacpp.py`, and disk in `test_disk_cache.py`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from llama_cpp import llama_cpp

from assistant.backend import Message, Options
from assistant.backends.cache.prefix_cache import PrefixCache, Step, Unit, plan_steps
from assistant.backends.cached_backend import CachedBackend
from assistant.backends.llama.llamacpp import open_llamacpp
from assistant.chatml import ASSISTANT, Mark, Piece, Words
from assistant.models.spec import Spec
from memory.episode import Photo
from tests.support import replay, tinyqwen
from tests.support.pictures import smooth
from tests.support.runners import llama_runner

UNITS = [Unit(n) for n in range(5)] + [Unit((name, small, 0), 16, 4) for name in "ab" for small in (True, False)]


# 16, 18 and 10 tokens, which move the position by 4, 6 and 5; then 64 tokens, more than a small photo may have
PHOTOS = (smooth(128, 128, 1), smooth(192, 96, 2), smooth(64, 160, 3), smooth(256, 256, 4))


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> Spec:
    """A tiny Qwen3-VL whose photos may have 64 tokens, small ones 16."""
    return replace(tinyqwen.exported(tmp_path_factory.mktemp("tinyqwen")), space="tiny", identity="tiny")


@pytest.fixture(scope="module")
def engine(spec: Spec) -> Iterator[CachedBackend]:
    backend = open_llamacpp(spec, context=1024)
    yield backend
    backend.close()


def test_sums_follow_what_is_added_and_cut() -> None:
    rng = random.Random(0)
    for _ in range(200):
        ledger = PrefixCache()
        truth: list[Step] = []
        for _ in range(20):
            if truth and rng.random() < 0.4:
                keep = rng.randrange(len(truth) + 1)
                ledger.cut(keep)
                del truth[keep:]
            else:
                truth.append(tuple(rng.choices(UNITS, k=rng.randrange(1, 4))))
                ledger.add(truth[-1])
            units = [u for step in truth for u in step]
            assert ledger.steps == truth
            assert (ledger.tokens, ledger.position) == (sum(u.n_tokens for u in units), sum(u.n_pos for u in units))
            other = [*truth[: rng.randrange(len(truth) + 1)], *((unit,) for unit in rng.choices(UNITS, k=3))]
            same = ledger.shared(other)
            assert truth[:same] == other[:same]
            assert same == min(len(truth), len(other)) or truth[same] != other[same]
        assert PrefixCache.unpack(ledger.pack()).steps == truth


def letters(text: str) -> list[Unit]:
    return [Unit(ord(c)) for c in text]


def test_steps_end_at_messages_photos_and_bounds_and_what_was_written_is_read_alone() -> None:
    seen = [Unit(("a", False, n)) for n in range(3)]
    start, turn = Mark("<|im_start|>user\n"), Mark("<|im_end|>\n" + ASSISTANT)
    prompt = [start, Words("memory"), PHOTOS[0], Words("wxyz"), turn, Words("Milo"), turn]
    units = [letters("U"), letters("memory"), seen, letters("wxyz"), letters("EA"), letters("Milo"), letters("EA")]

    def read(most: int, most_photo: int) -> list[str]:
        steps = plan_steps(prompt, units, most, most_photo)
        return ["".join(chr(u.key) if isinstance(u.key, int) else "#" for u in step) for step in steps]

    assert read(99, 99) == ["Umemory", "###", "wxyz", "E", "A", *"Milo", "E", "A"]
    assert read(3, 1) == ["Ume", "mor", "y", "#", "#", "#", "wxy", "z", "E", "A", *"Milo", "E", "A"]


def test_the_steps_of_a_prompt_are_those_of_its_beginning() -> None:
    """What is read for a prompt is reused when the conversation goes on: all of it, to the last token."""
    rng = random.Random(3)
    for _ in range(100):
        prompt: list[Piece] = []
        units: list[list[Unit]] = []
        for _ in range(rng.randrange(1, 6)):
            shown = rng.choices([Words("w"), PHOTOS[0]], k=3)
            prompt += [Mark("<|im_end|>\n<|im_start|>user\n"), *shown, Mark(ASSISTANT)]
            prompt.append(Words("w"))
        for piece in prompt:
            kinds = UNITS[5:] if isinstance(piece, Photo) else UNITS[:5]
            units.append(rng.choices(kinds, k=rng.randrange(1, 9)))
        whole = plan_steps(prompt, units, 4, 2)
        for end, piece in enumerate(prompt, 1):
            if isinstance(piece, Mark) and piece.text == ASSISTANT:
                begun = plan_steps(prompt[:end], units[:end], 4, 2)
                assert whole[: len(begun)] == begun


def test_a_photo_fills_more_cells_than_positions(engine: CachedBackend) -> None:
    """The prefix cache counts cells and positions as llama.cpp does."""
    size, _ = engine.read(replay.showing(*PHOTOS[:3]))
    photos = [u for step in engine.prefix.steps for u in step if not isinstance(u.key, int)]
    assert [(u.n_tokens, u.n_pos) for u in photos] == [(16, 4), (18, 6), (10, 5)]
    assert engine.prefix.tokens == size == engine.prefix.position + 16 + 18 + 10 - 4 - 6 - 5
    memory = llama_cpp.llama_get_memory(llama_runner(engine).ctx)
    assert llama_cpp.llama_memory_seq_pos_max(memory, 0) == engine.prefix.position - 1


@pytest.mark.slow
def test_two_hundred_conversations_end_as_if_they_had_just_been_read(spec: Spec, engine: CachedBackend) -> None:
    """Attach, ask, follow up, stop, go back, another photo; one engine goes through all, another reads the end only."""
    fresh = open_llamacpp(spec, context=1024)
    stops = replay.compare(engine, fresh, PHOTOS, conversations=200, seed=1)
    fresh.close()
    assert set(stops) >= {"length", "cancelled", None}


def test_the_comparison_would_notice_a_wrong_position(
    spec: Spec, engine: CachedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when a photo's tokens are taken for its positions, once: later cells lie in the wrong places."""
    fresh = open_llamacpp(spec, context=1024)
    real = PrefixCache.add

    def wrong(self: PrefixCache, step: Step) -> None:
        real(self, step)
        if self is engine.prefix:
            self.position += sum(u.n_tokens - u.n_pos for u in step)

    engine.cut(0)
    monkeypatch.setattr(PrefixCache, "add", wrong)
    with pytest.raises(AssertionError, match="conversation 0"):
        replay.compare(engine, fresh, PHOTOS, conversations=1, seed=1)
    monkeypatch.undo()
    engine.prefix = PrefixCache(engine.prefix.steps)
    engine.cut(0)
    fresh.close()


def test_the_photo_asked_about_is_large_and_memories_are_small(engine: CachedBackend) -> None:
    """A large photo has at most 64 tokens, a small one 16; a photo of fewer tokens stays as it is. When the messages do
    not say which photo they are about, all are large."""
    large, little = PHOTOS[3], PHOTOS[2]

    def seen(about: str | None) -> list[tuple[str, bool, int]]:
        messages = (Message("user", (little, large, "then", large, "Who?"), about),)
        list(engine.stream(messages, Options(max_new_tokens=1)))
        photos = [u for step in engine.prefix.steps for u in step if isinstance(u.key, tuple)]
        return [(u.key[0], u.key[1], u.n_tokens) for u in photos if isinstance(u.key, tuple)]

    assert seen(large.sha256) == [(little.sha256, True, 10), (large.sha256, True, 16), (large.sha256, False, 64)]
    assert [n for *_, n in seen("")] == [10, 16, 16]
    assert [n for *_, n in seen(None)] == [10, 64, 64]
    assert engine.embed(large).shape == (16, 256), "recall sees what a memory shows"


def test_after_a_restart_the_same_floats_come_from_disk(spec: Spec, tmp_path: Path) -> None:
    """DeepStack layers included: logits are the same to the bit, and the tower does not run."""
    prompt = replay.showing(*PHOTOS)
    first = open_llamacpp(spec, context=1024, cache=tmp_path)
    truth = first.logits(prompt)
    assert first.photos_encoded == 4
    first.close()  # nothing saved it: the KV cache is gone, the photos are not
    second = open_llamacpp(spec, context=1024, cache=tmp_path)
    assert np.array_equal(second.logits(prompt), truth)
    assert second.photos_encoded == 0
    assert second.save()
    second.close()
    third = open_llamacpp(spec, context=1024, cache=tmp_path)
    size, cached = third.read(prompt)
    assert cached == size - 1
    alone = third.next_logits()
    third.cut(0)
    third.read(prompt)
    assert np.array_equal(third.next_logits(), alone)
    third.close()
