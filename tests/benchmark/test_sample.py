"""Samples of the benchmark: what a mode promises is what is drawn, and a seed is a sample on every machine."""

from __future__ import annotations

import subprocess
import sys
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from benchmark.world import sample as module
from benchmark.world.concepts import concepts
from benchmark.world.sample import MODES, Mode, Sample, Spec, build, look_alikes, samples
from benchmark.world.scene import Look
from memory.episode import Photo

ROOT = Path(__file__).parents[2]
KIND = {c.code: c.kind for c in concepts("test")}
SEED = 11


@pytest.fixture
def sketched(monkeypatch: pytest.MonkeyPatch) -> list[list[Look]]:
    """Photos are only numbered instead of drawn, which is a hundred times faster; what they would show is kept."""
    shown: list[list[Look]] = []

    def sketch(rng: np.random.Generator, looks: list[Look]) -> Photo:
        rng.integers(1 << 31)
        shown.append(list(looks))
        return Photo(f"{len(shown):064d}", b"", 1, 1)

    monkeypatch.setattr(module, "_photo", sketch)
    return shown


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("positives", [1, 2, 4])
def test_context_and_query_are_what_they_should_be(sketched: list[list[Look]], mode: Mode, positives: int) -> None:
    """Three different looks a positive, each with its own name and city; the query shows exactly the positives."""
    for sample in samples("test", 25, SEED, positives, mode):
        query = sketched[-1]
        n = 3 * positives
        assert len(sample.context) == len(sample.facts) == len(set(sample.looks)) == n
        assert [sketched[int(e.photo.sha256) - 1] for e in sample.context] == [[look] for look in sample.looks]
        assert len({f.name for f in sample.facts}) == len({f.place for f in sample.facts}) == n
        assert all(f.name in e.words for f, e in zip(sample.facts, sample.context, strict=True))
        assert len(query) == len(set(query)) == positives
        if mode == "stranger":
            assert sample.positives == ()
            assert not {k.code for k in query} & {k.code for k in sample.looks}
        else:
            assert sorted(sample.positives) == list(sample.positives)
            assert {sample.looks[i] for i in sample.positives} == set(query)
        assert sample.query.sha256 not in {e.photo.sha256 for e in sample.context}


def distractors(sample: Sample) -> list[Look]:
    return [look for i, look in enumerate(sample.looks) if i not in sample.positives]


def test_twins_are_the_same_thing_in_two_other_colours(sketched: list[list[Look]]) -> None:
    for sample in samples("test", 25, SEED, 2, "twin"):
        for look in (sample.looks[i] for i in sample.positives):
            others = [d for d in distractors(sample) if d.code == look.code]
            assert look.hue == 0 and len(others) == 2 == len({d.hue for d in others} - {0})


def test_distractors_of_a_kind_are_of_that_kind(sketched: list[list[Look]]) -> None:
    for sample in samples("test", 60, SEED, 1, "kind"):
        assert {KIND[d.code] for d in distractors(sample)} == {KIND[sample.looks[sample.positives[0]].code]}
        assert {look.hue for look in sample.looks} == {0}
    # Previously a thing that stood in for a missing one of the kind could come twice.
    assert len(set(build(Spec("test", 7, 1856, 4, "kind")).looks)) == 12


def test_near_distractors_are_what_an_encoder_finds_most_alike(sketched: list[list[Look]]) -> None:
    for sample in samples("test", 25, SEED, 2, "near"):
        alike = {code for i in sample.positives for code in look_alikes()[sample.looks[i].code]}
        assert {d.code for d in distractors(sample)} <= alike
    for split in ("train", "dev", "test"):
        own = {c.code for c in concepts(split)}
        assert all(own >= set(look_alikes()[code]) and code not in look_alikes()[code] for code in own)


def test_a_long_history_holds_the_short_one(sketched: list[list[Look]]) -> None:
    """The same photos and words, and others between them: new things, or a distractor once more under its name."""
    short, long = build(Spec("test", SEED, 0)), build(Spec("test", SEED, 0, extra=60))
    assert len(long.context) == 63 == len(long.facts) == len(long.looks) == len(long.questions)
    assert [t for e in short.context for t in e.turns] == [
        t for e in long.context if any(e.turns == o.turns for o in short.context) for t in e.turns
    ]
    name_of: dict[Look, set[str]] = {}
    for look, f in zip(long.looks, long.facts, strict=True):
        name_of.setdefault(look, set()).add(f.name)
    assert all(len(names) == 1 for names in name_of.values()) and 10 < len(name_of) < 63
    assert [i for i, look in enumerate(long.looks) if look in long.shown] == list(long.positives)


def test_a_reminder_stands_with_one_positive_and_another_with_a_distractor(sketched: list[list[Look]]) -> None:
    for i in range(20):
        sample = build(Spec("test", SEED, i, 2, reminders=True))
        told = {j: f.reminder for j, f in enumerate(sample.facts) if f.reminder}
        assert len(told) == len(set(told.values())) == 2
        assert len(set(told) & set(sample.positives)) == 1
        assert all(r in sample.context[j].words for j, r in told.items())


def test_positives_stand_anywhere_in_the_context(sketched: list[list[Look]]) -> None:
    places = [s.positives[0] for s in samples("test", 60, SEED)]
    assert min(places.count(i) for i in range(3)) > 8


def test_a_sample_depends_on_its_own_seed_only(sketched: list[list[Look]]) -> None:
    """Not on how many are drawn with it."""

    def content(sample: Sample) -> tuple[object, ...]:
        return sample.facts, sample.looks, sample.positives, [(e.turns, e.when) for e in sample.context]

    few, many = list(samples("test", 2, SEED)), list(islice(samples("test", 9, SEED), 2))
    assert [content(s) for s in few] == [content(s) for s in many] != [content(s) for s in samples("test", 2, SEED + 1)]
    assert content(build(Spec("test", SEED, 1))) == content(few[1])


def test_ids_are_the_same_in_every_process_and_differ_between_samples() -> None:
    """Drawn for real: the id holds the pixels of all photos."""
    mine = [s.id for s in samples("test", 2, SEED)]
    code = f"from benchmark.world.sample import samples\nprint(*(s.id for s in samples('test', 2, {SEED})))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == mine
    assert len({*mine, next(samples("test", 1, SEED, 2)).id, next(samples("test", 1, SEED + 1)).id}) == 4


def test_photos_are_square_and_all_different() -> None:
    sample = next(samples("test", 1, SEED, 2))
    photos = [sample.query, *(e.photo for e in sample.context)]
    assert {(p.width, p.height) for p in photos} == {(256, 256)}
    assert len({p.sha256 for p in photos}) == len(photos) == 7
