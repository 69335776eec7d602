"""Episodes that move: what is done to the saved state, that it is right wherever it can be, and what happens if not.

Blocks do not see each other, so captions may differ from those of one reading; how much is a measurement (`benchmark
blocks`), not a test. What must hold: a block moved to a place is the block that is read there, everything read again is
the ordinary path, and anything unexpected is the ordinary path too.
"""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tinyqwen
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant import blocks, catalogue, prompt
from assistant.backend import Message, Options
from assistant.blocks import Rope
from assistant.catalogue import Spec
from assistant.chatml import Piece, Words, pieces
from assistant.ledger import Unit
from assistant.llamacpp import LlamaCpp
from assistant.photo import from_image
from benchmark.scene import Look, draw
from memory.episode import Episode, Photo, Turn
from memory.errors import ModelError

PHOTOS = tuple(from_image(draw([Look("1f428")], i, size).image) for i, size in enumerate((128, 96, 192, 160, 224)))
TOLD = (
    "This is Milo, at the harbour.",
    "Anna painted the blue boat.",
    "It isn't hers, it is Noel's.",
    "Gulls. 12 of them!",
)
EPISODES = tuple(
    Episode(p, (Turn("user", text), Turn("assistant", "Lovely.")), datetime(2025, 5, i + 1, tzinfo=UTC))
    for i, (p, text) in enumerate(zip(PHOTOS, TOLD, strict=False))
)
ALL = 10**6
"""More tokens than any episode has: all of it is read again."""


def asked(*which: int) -> tuple[Message, ...]:
    """A caption prompt about some of the episodes, in this order (the renderer's own would be by time)."""
    ordered = [replace(EPISODES[n], when=datetime(2025, 5, 1 + i, tzinfo=UTC)) for i, n in enumerate(which)]
    return prompt.caption_messages(ordered, PHOTOS[4])


def shifted(*which: int) -> list[Piece]:
    """The same, each with the words it always has, so that an episode is the same one at every place."""
    [first] = [i for i, p in enumerate(pieces(asked(0))) if p == PHOTOS[0]]
    out, tail = pieces(asked(0))[: first - 1], pieces(asked(0))[first + 2 :]
    for n in which:
        out += pieces(asked(n))[first - 1 : first + 2]
    return out + tail


def read(engine: LlamaCpp, which: Sequence[int]) -> tuple[np.ndarray, int]:
    """Logits behind a prompt, and how many of its tokens were not read."""
    _, cached = engine.read(shifted(*which), len(shifted(*which)) - 3)
    return engine.after(-1), cached


def nats(truth: np.ndarray, other: np.ndarray) -> float:
    one, two = (x.astype(np.float64) - np.logaddexp.reduce(x.astype(np.float64)) for x in (truth, other))
    return float((np.exp(one) * (one - two)).sum())


# -- the saved state --------------------------------------------------------------------------------------------


def saved(rope: Rope, n: int, layers: int, heads: int, seed: int = 0) -> bytearray:
    """A state as llama.cpp lays it out, with random content; values are wider than keys."""
    rng = np.random.default_rng(seed)
    extra = [("x", "<i4"), ("y", "<i4"), ("token", "<i4")] if rope.sides else []
    cells = np.zeros(n, [("pos", "<i4"), ("seqs", "<i4"), *extra, ("seq", "<i4")])
    for name in cells.dtype.names or ():
        cells[name] = 1 if name == "seqs" else rng.integers(0, 500, n)
    out = np.array([blocks.MAGIC, 1, 1, n], "<u4").tobytes() + cells.tobytes() + np.array([0, layers], "<u4").tobytes()
    for width in [heads * rope.head] * layers + [heads * rope.head + 3] * layers:
        out += np.array(1, "<i4").tobytes() + np.array(2 * width, "<u8").tobytes()
        out += rng.standard_normal((n, width)).astype("<f2").tobytes()
    return bytearray(out)


ropes = st.builds(
    lambda pairs, spare, adjacent, sides, base: Rope(
        2 * pairs + spare, base ** (-np.arange(pairs) / pairs) * (np.arange(pairs) % 5 > 0), adjacent, sides
    ),
    st.integers(1, 9),
    st.sampled_from((0, 2)),
    st.booleans(),
    st.booleans(),
    st.sampled_from((1e4, 1e5, 5e6)),
)
states = st.tuples(ropes, st.integers(1, 4), st.integers(1, 3), st.integers(1, 3))


@given(states, st.integers(-900, 900))
@settings(max_examples=60, deadline=None)
def test_a_key_is_turned_by_its_rate_for_each_position(made: tuple[Rope, int, int, int], by: int) -> None:
    """Each pair is a complex number, turned by exp(i rate by); what is no pair, values and the original stay."""
    rope, *shape = made
    state = saved(rope, *shape)
    cells, keys, values = blocks.parse(bytearray(state), rope)
    copy = bytearray(state)
    after, turned, same = blocks.parse(blocks.moved(state, rope, by), rope)
    assert state == copy
    n = len(rope.rates)
    for old, new in zip(keys, turned, strict=True):
        for j, rate in enumerate(rope.rates):
            a, b = (2 * j, 2 * j + 1) if rope.adjacent else (j, j + n)
            expected = (old[..., a] + 1j * old[..., b]) * np.exp(1j * rate * by)
            np.testing.assert_allclose(new[..., a] + 1j * new[..., b], expected, atol=4e-3)
        np.testing.assert_array_equal(new[..., 2 * n :], old[..., 2 * n :])
        assert new.shape == (shape[0], shape[2], rope.head)
    assert all(np.array_equal(a, b) for a, b in zip(values, same, strict=True)) and len(values) == shape[1]
    for name in cells.dtype.names or ():
        np.testing.assert_array_equal(after[name] - cells[name], by if name in ("pos", "x", "y") else 0)


@given(states, st.integers(-400, 400), st.integers(-400, 400))
@settings(max_examples=30, deadline=None)
def test_two_moves_are_one(made: tuple[Rope, int, int, int], one: int, other: int) -> None:
    rope, *shape = made
    state = saved(rope, *shape)
    twice, once = blocks.moved(blocks.moved(state, rope, one), rope, other), blocks.moved(state, rope, one + other)
    assert blocks.apart(twice, once, rope).max() < 2e-3
    assert blocks.moved(state, rope, 0) == state


@pytest.mark.parametrize("sides", [False, True])
def test_a_state_that_is_laid_out_in_another_way_is_refused(sides: bool) -> None:
    rope = Rope(8, np.ones(4), True, sides)
    good, cell = saved(rope, 3, 2, 1), 24 if sides else 12
    blocks.parse(good, rope)
    layers = 16 + 3 * cell
    # magic, streams, number of cells, two sequences in a cell, transposed values, layers, type and width of keys
    for at in (0, 8, 12, 20, layers, layers + 4, layers + 8, layers + 12):
        bad = bytearray(good)
        bad[at] ^= 2
        with pytest.raises(ValueError, match=r"."):
            blocks.parse(bad, rope)
    for bad in (good[:-1], good + b"\0", good[:20], bytearray()):
        with pytest.raises(ValueError, match=r"."):
            blocks.parse(bad, rope)
    with pytest.raises(ValueError, match=r"."):
        blocks.parse(good, replace(rope, sides=not sides))


# -- where episodes lie -----------------------------------------------------------------------------------------


def test_episodes_are_found_by_structure_and_hold_all_their_words() -> None:
    shown = pieces(asked(0, 1, 2))
    ends = [10 * (i + 1) for i in range(len(shown))]  # every piece has ten units
    spans = blocks.episodes(shown, ends)
    assert len(spans) == 3
    for (start, end), photo in zip(spans, PHOTOS, strict=False):
        words, seen, more = shown[start // 10 : end // 10]
        assert seen == photo and isinstance(words, Words) and words.text.startswith("Memory of")
        assert isinstance(more, Words) and more.text.endswith("\n\n")
    assert blocks.episodes(pieces(asked()), ends) == []
    assert blocks.episodes(pieces(prompt.chat_messages(["Hello", "Hi", "Bye"])), ends) == []
    recollected = pieces(prompt.recollect_messages(EPISODES[:2], "Where was Milo?"))
    assert len(blocks.episodes(recollected, ends)) == 2
    assert blocks.episodes([PHOTOS[0], Words("a"), Words("b")], [1, 2, 3]) == []


def test_the_lead_is_a_memory_as_the_renderer_writes_it() -> None:
    lead, [first, *_] = blocks.lead(), [i for i, p in enumerate(pieces(asked(0))) if isinstance(p, Photo)]
    assert [type(p) for p in lead] == [type(p) for p in pieces(asked(0))[first - 1 : first + 2]]
    assert isinstance(lead[0], Words) and lead[0].text == "Memory of 2 March 2025:\n"
    assert isinstance(lead[2], Words) and all(text in lead[2].text for text in blocks.LEAD)


# -- llama.cpp --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Spec:
    """A tiny random Qwen3-VL: M-RoPE, so photos move the position by less than their tokens."""
    return tinyqwen.exported(tmp_path_factory.mktemp("tinyqwen"))


@pytest.fixture(scope="module")
def pair(tiny: Spec) -> Iterator[tuple[LlamaCpp, LlamaCpp]]:
    """With blocks and without."""
    both = LlamaCpp(replace(tiny, blocks=0), context=2048), LlamaCpp(tiny, context=2048)
    yield both
    for engine in both:
        engine.close()


@pytest.fixture
def moving(pair: tuple[LlamaCpp, LlamaCpp]) -> LlamaCpp:
    """The engine with blocks, nothing read and none known."""
    engine, _ = pair
    assert engine.blocks is not None
    engine._cut(0)
    engine.blocks._held.clear()
    engine.blocks.again = 0
    return engine


def computed(engine: LlamaCpp, which: int, position: int) -> bytearray:
    """An episode's state, read at a position behind nothing."""
    shown = shifted(which)
    units, ends, photos = engine._lay_out(shown, -1)
    [(start, end)] = blocks.episodes(shown, ends)
    engine._cut(0)
    engine._ledger.add([Unit(0, 0, position)])
    engine._extend(units[start:end], photos)
    assert engine.blocks is not None
    return engine.blocks._take(position)


@pytest.mark.parametrize("by", [1, 100, 1500])
def test_an_episode_moved_is_the_episode_read_there(moving: LlamaCpp, by: int) -> None:
    """Photo and words, in f32 weights: keys of all layers, values, and where every cell says that it is."""
    assert moving.blocks is not None
    rope = moving.blocks._rope
    here, there = computed(moving, 2, 40), computed(moving, 2, 40 + by)
    turned = blocks.moved(here, rope, by)
    assert np.array_equal(blocks.parse(turned, rope)[0], blocks.parse(there, rope)[0])
    assert blocks.apart(turned, there, rope).max() < 5e-3
    assert blocks.apart(here, there, rope).min() > 0.05 * min(by, 10)
    for a, b in zip(blocks.parse(turned, rope)[2], blocks.parse(there, rope)[2], strict=True):
        np.testing.assert_allclose(a.astype(float), b.astype(float), atol=0.02)
    still = int((rope.rates == 0).sum())
    assert (len(rope.rates), still, rope.adjacent) == (32, 1, False)


def test_the_nano_s_keys_turn_in_pairs_side_by_side(nano: Spec) -> None:
    """Its first layer hangs on tokens and places alone; the noise of 4-bit weights comes after it."""
    engine = LlamaCpp(replace(nano, blocks=0), context=1024)
    assert engine.blocks is not None
    rope = engine.blocks._rope
    assert (rope.head, len(rope.rates), rope.adjacent, rope.sides) == (64, 32, True, False)
    here, there = computed(engine, 0, 0), computed(engine, 0, 300)
    engine.close()
    assert blocks.apart(blocks.moved(here, rope, 300), there, rope)[0] < 1e-3
    wrong = replace(rope, adjacent=False)
    assert blocks.apart(blocks.moved(here, wrong, 300), there, rope)[0] > 0.5


def test_a_new_order_is_put_together_without_reading_it(
    pair: tuple[LlamaCpp, LlamaCpp], moving: LlamaCpp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No photo is decoded, only the words behind the memories are; and what comes out is near one reading."""
    exact = pair[1]
    assert moving.blocks is not None
    first, cached = read(moving, (0, 1, 2, 3))
    assert cached == 0
    behind = [context for context, _ in moving.blocks._held]
    lead = tuple(u.key for u in moving.blocks.lead)
    assert [c[-len(lead) :] == lead for c in behind] == [False, True, True, True]
    read(moving, (3, 0, 1, 2))  # now the last has been first as well
    seen: list[Unit] = []
    see = moving._see
    monkeypatch.setattr(moving, "_see", lambda unit, photos: (seen.append(unit), see(unit, photos)))
    got, cached = read(moving, (0, 3, 2, 1))
    words = moving._ledger.tokens - cached
    assert [unit.key[0] for unit in seen if isinstance(unit.key, tuple)] == [PHOTOS[4].sha256]
    assert 0 < words < moving._ledger.tokens / 3
    truth, _ = read(exact, (0, 3, 2, 1))
    assert nats(truth, got) < nats(truth, first)
    assert_sound(moving)


def assert_sound(engine: LlamaCpp) -> None:
    """The cache ends where the ledger does, and the second sequence is empty."""
    memory = engine._llama.llama_get_memory(engine._ctx)
    assert engine._llama.llama_memory_seq_pos_max(memory, 0) == engine._ledger.position - 1
    assert engine._llama.llama_memory_seq_pos_max(memory, 1) == -1


def test_what_is_read_again_whole_is_the_ordinary_path(pair: tuple[LlamaCpp, LlamaCpp], moving: LlamaCpp) -> None:
    """Also a single memory, which stands where it was read: logits have a deviation of 5."""
    assert moving.blocks is not None
    for which, again in (((2,), 0), ((0, 1, 2), ALL), ((2, 1, 0), ALL)):
        moving.blocks.again = again
        moving._cut(0)
        read(moving, which)  # and the second time nothing is new
        moving._cut(0)
        got, (truth, _) = read(moving, which)[0], read(pair[1], which)
        np.testing.assert_allclose(got, truth, atol=0.1)
    moving.blocks.again = 0
    moving._cut(0)
    assert np.abs(read(moving, (2, 1, 0))[0] - truth).max() > 0.1, "else this would prove nothing"


@pytest.mark.parametrize("fault", ["turn", "layout", "transposed", "kind"])
def test_where_the_self_test_fails_everything_is_read(
    tiny: Spec, pair: tuple[LlamaCpp, LlamaCpp], monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """A rope that turns otherwise, a state of another layout (another release), no flash attention, an unknown rope."""
    if fault == "turn":
        rope = blocks.rope(tiny.language, 40)
        assert rope
        monkeypatch.setattr(blocks, "rope", lambda *_: replace(rope, rates=1.01 * rope.rates))
    elif fault == "layout":
        monkeypatch.setattr(blocks, "MAGIC", 1)
    elif fault == "kind":
        monkeypatch.setattr(pair[1]._llama, "llama_model_rope_type", lambda _: 8)
    spec, exactly = replace(tiny, blocks=0), fault == "transposed"
    engine, plain = LlamaCpp(spec, context=1024, exact=exactly), LlamaCpp(tiny, context=1024, exact=exactly)
    texts = [[c.text for c in e.stream(asked(1, 0), Options(max_new_tokens=20))] for e in (engine, plain)]
    rows = [read(e, which)[0] for e in (engine, plain) for which in ((0, 1),)]
    found = engine.blocks
    engine.close()
    plain.close()
    assert found is None
    assert texts[0] == texts[1]
    assert np.array_equal(*rows)


def test_a_state_that_llama_cpp_refuses_is_read_instead(
    pair: tuple[LlamaCpp, LlamaCpp], moving: LlamaCpp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half-way too: the first block is taken, the others are not."""
    put, taken = moving._llama.llama_state_seq_set_data, [1, 0, 1]
    monkeypatch.setattr(moving._llama, "llama_state_seq_set_data", lambda *a: put(*a) if taken and taken.pop(0) else 0)
    got, (truth, _) = read(moving, (0, 1, 2))[0], read(pair[1], (0, 1, 2))
    np.testing.assert_allclose(got, truth, atol=0.1)
    assert taken == [1]
    assert_sound(moving)


def test_where_a_block_has_no_room_everything_is_read(
    pair: tuple[LlamaCpp, LlamaCpp], moving: LlamaCpp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second memory would be read behind a lead that fills the context."""
    assert moving.blocks is not None
    monkeypatch.setattr(moving.blocks, "lead", [*moving.blocks.lead] * 20)
    got, (truth, _) = read(moving, (0, 1))[0], read(pair[1], (0, 1))
    assert len(moving.blocks._held) == 1
    np.testing.assert_allclose(got, truth, atol=0.1)
    assert_sound(moving)


def test_no_engine_without_blocks_takes_up_what_one_with_them_kept(tiny: Spec, tmp_path: Path) -> None:
    cached = []
    for moved in (0, None, 0):
        spec = replace(tiny, blocks=moved, identity="tiny", space="eyes")
        engine = LlamaCpp(spec, context=1024, cache=tmp_path)
        cached.append(read(engine, (1,))[1])
        assert engine.save()
        engine.close()
    assert cached[0] == cached[1] == 0 < cached[2]


def test_the_cache_is_true_whatever_happens(moving: LlamaCpp) -> None:
    """Orders, sets and amounts read again at random, stopped in the middle: a memory read again whole is exact."""
    assert moving.blocks is not None
    rng = random.Random(2)
    for _ in range(12):
        which = rng.sample(range(4), rng.randrange(1, 5))
        moving.blocks.again = rng.choice((0, 5, 40))
        stream = moving.stream(asked(*which), Options(max_new_tokens=3))
        if rng.random() < 0.4:
            moving.cancel()
        if rng.random() < 0.3:
            next(stream)
            stream.close()
        else:
            list(stream)
        if moving._ledger.units:
            assert_sound(moving)


def test_blocks_take_no_more_memory_than_they_may(moving: LlamaCpp, monkeypatch: pytest.MonkeyPatch) -> None:
    assert moving.blocks is not None
    monkeypatch.setattr(blocks, "HELD_BYTES", 0)
    read(moving, (0, 1, 2))
    assert len(moving.blocks._held) == 3
    read(moving, (3,))
    [(_, episode)] = moving.blocks._held
    assert PHOTOS[3].sha256 in {key[0] for key in episode if isinstance(key, tuple)}


def test_nothing_is_moved_unless_the_model_s_folder_asks(
    tiny: Spec, pair: tuple[LlamaCpp, LlamaCpp], tmp_path: Path
) -> None:
    assert tiny.blocks is None and pair[1].blocks is None
    llama: Any = pair[0]._llama
    assert [llama.llama_n_seq_max(engine._ctx) for engine in pair] == [2, 1]
    shutil.copytree(catalogue.find("nano"), tmp_path / "mine")
    manifest = tmp_path / "mine" / "manifest.json"
    content = json.loads(manifest.read_text(encoding="utf-8"))
    assert catalogue.load(str(tmp_path / "mine")).blocks is None
    for asked_for in (0, 32):
        manifest.write_text(json.dumps({**content, "blocks": asked_for}), encoding="utf-8")
        assert catalogue.load(str(tmp_path / "mine")).blocks == asked_for
    manifest.write_text(json.dumps({**content, "blocks": "all"}), encoding="utf-8")
    with pytest.raises(ModelError, match=r"manifest\.json is not a model manifest"):
        catalogue.load(str(tmp_path / "mine"))
