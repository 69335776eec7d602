"""Guesses that save steps and never decide: what is copied, and that the tokens are those that come without.

The loop is tested with any model one can think of (a table drawn by hypothesis), then with llama.cpp: there a token in
a batch may be computed by other kernels than one alone, so at a tie within their rounding it may fall the other way.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import replay
import tinyqwen
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant import catalogue
from assistant.backend import Message, Options
from assistant.catalogue import Spec
from assistant.chatml import pieces
from assistant.decode import decode
from assistant.draft import GAP, Drafter
from assistant.llamacpp import LlamaCpp
from assistant.photo import from_image
from benchmark.scene import Look, draw
from memory.errors import ModelError

GREEDY = Options()
WORDS = 6
"""Size of the table models' vocabulary: small, so that runs repeat."""
tokens = st.lists(st.integers(0, WORDS - 1), max_size=30)


def test_what_followed_the_last_time_is_copied() -> None:
    """The newest of two places, the longer of two runs, and never across a photo."""
    assert Drafter([1, 2, 3, 4, 9, 1, 2, 5, 6, 9, 1, 2], 4).guess(9) == [5, 6]
    assert Drafter([7, 1, 2, 3, 9, 8, 1, 2, 4, 9, 7, 1, 2], 4).guess(9) == [3, 9]
    assert Drafter([1, 2, 3, GAP, 5, 1, 2], 4).guess(9) == [3]
    assert Drafter([1, 2, GAP, 3, 1, 2], 4).guess(9) == []
    assert Drafter([1, 2, 3], 4).guess(9) == Drafter([2], 4).guess(9) == Drafter([], 4).guess(9) == []
    assert Drafter([1, 2, 3, 1, 2], 4).guess(1) == [3]
    assert Drafter([1, 2, 3, 1, 2], 4).guess(0) == []


def test_a_draft_grows_while_it_comes_true_and_shrinks_when_not() -> None:
    drafter = Drafter([*range(40), 0, 1, 2], 16)
    lengths = []
    for guessed_right in (2, 4, 8, 16, 3, 0, 0):
        draft = drafter.guess(40)
        lengths.append(len(draft))
        drafter.learn(len(draft), guessed_right)
    assert lengths == [2, 4, 8, 16, 16, 3, 1]
    drafter.learn(0, 0)
    assert len(drafter.guess(40)) == 1, "no draft says nothing about the next"


@given(tokens, st.lists(st.integers(-1, WORDS - 1), max_size=10), st.integers(1, 9), st.integers(0, 9))
def test_a_draft_is_what_the_simplest_search_finds(said: list[int], more: list[int], most: int, room: int) -> None:
    whole = [*said, *more]
    drafter = Drafter(said, most)
    for token in more:
        drafter.add(token)
    drafter.learn(most, most)
    expected: list[int] = []
    for n in (3, 2):
        places = [i for i in range(n, len(whole)) if whole[i - n : i] == whole[len(whole) - n :]]
        if places:
            expected = whole[places[-1] : places[-1] + min(most, room)]
            break
    assert drafter.guess(room) == (expected[: expected.index(GAP)] if GAP in expected else expected)


class Table:
    """A model that looks its next token up by the last two; it ends at 0."""

    def __init__(self, rows: Sequence[int], prompt: Sequence[int]) -> None:
        self.rows, self.held, self.batch, self.steps = rows, list(prompt), 1, 0

    def put(self, tokens: Sequence[int]) -> None:
        assert tokens
        self.held += tokens
        self.batch, self.steps = len(tokens), self.steps + 1

    def after(self, row: int) -> np.ndarray:
        assert -self.batch <= row < 0
        a, b = self.held[: len(self.held) + row + 1][-2:]
        return np.eye(WORDS)[self.rows[(a * WORDS + b) % len(self.rows)]]

    def take_back(self, count: int) -> None:
        assert count < self.batch, "what was chosen stays"
        del self.held[len(self.held) - count :]

    def ends(self, token: int) -> bool:
        return token == 0


@given(
    st.lists(st.integers(0, WORDS - 1), min_size=1, max_size=36),
    st.lists(st.integers(0, WORDS - 1), min_size=2, max_size=30),
    st.integers(0, 30),
    st.integers(1, 8),
)
@settings(max_examples=300)
def test_whatever_the_model_drafts_change_nothing_but_the_number_of_steps(
    rows: list[int], prompt: list[int], limit: int, most: int
) -> None:
    """Ends and limits in the middle of a draft too; and the tape holds what was written and no guess."""
    plain, quick = Table(rows, prompt), Table(rows, prompt)
    written = list(decode(plain, GREEDY, limit))
    assert list(decode(quick, GREEDY, limit, Drafter(prompt, most))) == written
    assert quick.held == plain.held == [*prompt, *written]
    assert quick.steps <= plain.steps == len(written)


def test_what_repeats_is_written_in_few_steps() -> None:
    """A round of five tokens: the newest place lies five back, so a step writes five."""
    prompt = [1, 2, 3, 4, 5] * 4
    rows = [0] * WORDS * WORDS
    for a, b, c in zip(prompt, prompt[1:], prompt[2:], strict=False):
        rows[a * WORDS + b] = c
    table = Table(rows, prompt)
    assert len(list(decode(table, GREEDY, 60, Drafter(prompt, 16)))) == 60
    assert table.steps <= 60 / 5 + 2


# -- llama.cpp --------------------------------------------------------------------------------------------------

PHOTOS = tuple(from_image(draw([Look("1f428")], seed, size).image) for seed, size in ((1, 128), (2, 96), (3, 192)))
STORY = "This is Milo, my dog. We found him at the harbour in May 2025. This is Milo, my dog. We found him at the"
ASKED = (Message("user", (PHOTOS[0], STORY, PHOTOS[1], "Who is this?"), PHOTOS[1].sha256),)


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> Spec:
    """A tiny random Qwen3-VL: photos move the position by less than their tokens."""
    return replace(tinyqwen.exported(tmp_path_factory.mktemp("tinyqwen")), draft=8)


def endless(engine: LlamaCpp) -> LlamaCpp:
    """Random weights end an answer at once or never: let it be never."""
    engine.ends = lambda _: False  # type: ignore[method-assign]
    return engine


@pytest.fixture(scope="module")
def pair(spec: Spec) -> Iterator[tuple[LlamaCpp, LlamaCpp]]:
    """With drafts and without."""
    both = endless(LlamaCpp(spec, context=1024)), endless(LlamaCpp(replace(spec, draft=0), context=1024))
    yield both
    for engine in both:
        engine.close()


def written(engine: LlamaCpp, options: Options) -> tuple[list[int], str, int]:
    """What was written: tokens, text, and in how many steps."""
    steps, put = 0, engine.put

    def counting(tokens: Sequence[int]) -> None:
        nonlocal steps
        steps += 1
        put(tokens)

    engine._cut(0)
    engine.put = counting  # type: ignore[method-assign]
    chunks = list(engine.stream(ASKED, options))
    del engine.put
    keys = [u.key for u in engine._ledger.units[-chunks[-1].new_tokens or len(engine._ledger.units) :]]
    assert len(engine._ledger.units) == len(engine._lay_out(pieces(ASKED), 3)[0]) + chunks[-1].new_tokens
    return [k for k in keys if isinstance(k, int)], "".join(c.text for c in chunks), steps


def test_the_same_tokens_come_in_fewer_steps(pair: tuple[LlamaCpp, LlamaCpp]) -> None:
    """A random model repeats itself now and then, so some drafts come true. Where the tokens part, both were as likely
    for the kernels: 0.01 in logits that have a deviation of 3."""
    quick, plain = pair
    (ours, text, steps), (theirs, expected, _) = (written(engine, Options(max_new_tokens=120)) for engine in pair)
    assert len(theirs) == len(ours) == 120
    assert steps < 120
    if ours != theirs:
        at = next(i for i, (a, b) in enumerate(zip(ours, theirs, strict=True)) if a != b)
        logits = plain.follow(pieces(ASKED), theirs[: at + 1])[at]
        assert abs(logits[ours[at]] - logits[theirs[at]]) < 0.01
    else:
        assert text == expected
    memory = quick._llama.llama_get_memory(quick._ctx)
    assert quick._llama.llama_memory_seq_pos_max(memory, 0) == quick._ledger.position - 1


def test_nothing_is_guessed_where_tokens_are_drawn(pair: tuple[LlamaCpp, LlamaCpp]) -> None:
    drawn = Options(max_new_tokens=40, temperature=0.7, seed=3)
    (ours, text, steps), (theirs, expected, _) = (written(engine, drawn) for engine in pair)
    assert (ours, text, steps) == (theirs, expected, 40)


def test_the_cache_is_right_whatever_happens_to_drafts(
    spec: Spec, pair: tuple[LlamaCpp, LlamaCpp], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forty conversations, greedy, stopped and abandoned anywhere: to the bit as if what is held had just been read."""
    monkeypatch.setattr(replay, "Options", lambda max_new_tokens, **_: Options(max_new_tokens=8 * max_new_tokens))
    quick, plain = LlamaCpp(spec, context=1024), LlamaCpp(spec, context=1024)
    guesses, put = 0, quick.put

    def counting(tokens: Sequence[int]) -> None:
        nonlocal guesses
        guesses += len(tokens) - 1
        put(tokens)

    quick.put = counting  # type: ignore[method-assign]
    stops = replay.compare(quick, plain, PHOTOS, conversations=40, seed=4)
    quick.close()
    plain.close()
    assert set(stops) >= {"length", "cancelled", None}
    assert guesses > 100


def test_an_end_in_the_middle_of_a_draft_ends_the_answer(
    pair: tuple[LlamaCpp, LlamaCpp], monkeypatch: pytest.MonkeyPatch
) -> None:
    quick, plain = pair
    whole, _, _ = written(plain, Options(max_new_tokens=120))
    last = whole[60]
    for engine in pair:
        monkeypatch.setattr(engine, "ends", lambda token: token == last)
    assert written(quick, Options(max_new_tokens=120))[0] == whole[: whole.index(last)]


def test_writing_ends_where_the_context_does(spec: Spec) -> None:
    small = endless(LlamaCpp(spec, context=200))
    *_, last = small.stream(ASKED, Options(max_new_tokens=500))
    assert (last.stop, last.prompt_tokens + last.new_tokens) == ("length", 200)
    assert small._ledger.tokens == 200
    small.close()


def test_a_model_that_cannot_take_back_a_part_gets_no_drafts(spec: Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    """With recurrent layers a rejected guess would cost the whole prompt."""
    from llama_cpp import llama_cpp

    for kind in ("llama_model_is_recurrent", "llama_model_is_hybrid"):
        with monkeypatch.context() as patch:
            patch.setattr(llama_cpp, kind, lambda _: True)
            engine = endless(LlamaCpp(spec, context=1024))
        assert written(engine, Options(max_new_tokens=40))[2] == 40
        engine.close()


def test_the_model_s_folder_asks_for_drafts(tmp_path: Path) -> None:
    shutil.copytree(catalogue.find("nano"), tmp_path / "mine")
    manifest = tmp_path / "mine" / "manifest.json"
    content = json.loads(manifest.read_text(encoding="utf-8"))
    assert catalogue.load(str(tmp_path / "mine")).draft == 0
    manifest.write_text(json.dumps({**content, "draft": 8}), encoding="utf-8")
    assert catalogue.load(str(tmp_path / "mine")).draft == 8
    manifest.write_text(json.dumps({**content, "draft": "many"}), encoding="utf-8")
    with pytest.raises(ModelError, match=r"manifest\.json is not a model manifest"):
        catalogue.load(str(tmp_path / "mine"))
