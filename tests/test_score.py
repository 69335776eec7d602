"""The scores: the gold answer has the best one, an empty answer the worst, and no caption leaves their bounds."""

from __future__ import annotations

import math
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmark import sample as module
from benchmark.dialogue import NOBODY, Facts, caption
from benchmark.sample import Mode, Sample, samples
from benchmark.score import CaptionScore, content_words, interval, named, score, summary, told
from memory.episode import Photo

RATES = ("acc_pos", "acc_neg", "name_recall", "misbinding", "exact")


def undrawn(positives: int, mode: Mode = "random", n: int = 60) -> list[Sample]:
    """Samples whose photos are numbers: scores look at words only."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_photo", lambda rng, looks: Photo(f"{int(rng.integers(1 << 31)):064d}", b"", 1, 1))
        return list(samples("test", n, 7, positives, mode))


SAMPLES = {k: undrawn(k) for k in (1, 2, 4)}


def gold(sample: Sample) -> str:
    return caption([(sample.facts[i], sample.context[i]) for i in sample.positives])


@pytest.mark.parametrize("positives", [1, 2, 4])
def test_the_gold_caption_is_perfect(positives: int) -> None:
    """Previously "in June" of somebody else counted as told by "in early June"."""
    found = summary(score(gold(s), s) for s in SAMPLES[positives])
    assert [found[key] for key in RATES] == [1, 1, 1, 0, 1]
    assert found["n"] == 60


@pytest.mark.parametrize("text", [NOBODY, "", "A nice photo."])
def test_saying_nothing_earns_nothing_and_betrays_nothing(text: str) -> None:
    for drawn in SAMPLES.values():
        found = summary(score(text, s) for s in drawn)
        assert [found[key] for key in RATES] == [0, 1, 0, 0, 0]


def test_telling_everything_finds_everybody_and_everybody_else() -> None:
    for drawn in SAMPLES.values():
        found = summary(score(" ".join(e.words for e in s.context), s) for s in drawn)
        assert [found[key] for key in RATES] == [1, 0, 1, 1, 0]


def test_the_captions_of_others_are_misbound() -> None:
    for sample in SAMPLES[1]:
        other = next(i for i in range(3) if i not in sample.positives)
        got = score(caption([(sample.facts[other], sample.context[other])]), sample)
        assert (got.names_right, got.names_wrong) == (0, 1)
        assert got.facts_leaked > 0


def test_strangers_have_no_positives_to_count() -> None:
    """What cannot be counted is None, which JSON can say; NaN it cannot."""
    drawn = undrawn(1, "stranger", 5)
    found = summary(score(NOBODY, s) for s in drawn)
    assert (found["acc_pos"], found["name_recall"], found["name_recall_interval"]) == (None, None, None)
    assert (found["acc_neg"], found["misbinding"], found["misbinding_interval"]) == (1, 0, [0, 0])
    assert summary([])["n"] == 0
    assert summary([])["acc_neg"] is summary([])["misbinding"] is summary([])["exact"] is None
    assert set(summary([])) == set(found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("This is Carl.", True),
        ("Carl's hat, or (Carl)", True),
        ("This is Carla, with Carlos.", False),
        ("McCarl and Carl2", False),
        ("carl", False),
        ("", False),
    ],
)
def test_a_name_is_a_whole_word(text: str, expected: bool) -> None:
    assert named(text, Facts("Carl")) is expected


def test_a_name_is_no_pattern() -> None:
    assert not named("Mxlo", Facts("M.lo"))
    assert named("M.lo!", Facts("M.lo"))


def test_a_fact_counts_when_all_its_words_are_there() -> None:
    facts = Facts("Milo", place="the harbour in Lisbon", event="feeding the gulls")
    assert told("At LISBON's... no: Lisbon, harbour; feeding of gulls", facts) == (2, 2)
    assert told("at the harbour in Porto, feeding gulls", facts) == (1, 2)
    assert told("harbours, Lisbonne, feeding", facts) == (0, 2)
    assert told("harbour Lisbon", facts, {"harbour", "lisbon"}) == (0, 1)
    assert content_words("The cat's in the (old) box, by 5!") == {"cat's", "old", "box", "5"}


words = st.sampled_from(sorted({w for s in SAMPLES[4] for e in s.context for w in e.words.split()}))
texts = st.one_of(st.text(), st.lists(words, max_size=40).map(" ".join))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([1, 2, 4]), st.integers(0, 59), texts), min_size=1, max_size=5))
def test_no_caption_leaves_the_bounds(cases: list[tuple[int, int, str]]) -> None:
    """Counts stay between nothing and all there is, rates between 0 and 1, with their intervals around them."""
    scores = [score(text, SAMPLES[k][i]) for k, i, text in cases]
    for one, (k, _, _) in zip(scores, cases, strict=True):
        assert all(getattr(one, f.name) >= 0 for f in fields(CaptionScore))
        assert one.names_right <= one.positives == k
        assert one.names_wrong <= one.negatives == 2 * k
        assert one.facts_right <= one.facts_asked == 4 * k
        assert one.facts_leaked <= one.facts_negative <= 8 * k
    found = summary(scores)
    assert all(0 <= found[key] <= 1 for key in RATES)  # type: ignore[operator]
    for key in ("name_recall", "misbinding"):
        low, high = found[f"{key}_interval"]  # type: ignore[misc]
        assert 0 <= low <= high <= 1


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=60))
def test_an_interval_holds_the_mean(values: list[float]) -> None:
    low, high = interval(values) or (math.nan, math.nan)
    mean = float(np.mean(values))
    assert low - 1e-4 <= mean <= high + 1e-4
    assert interval(values) == [low, high], "the same values give the same interval"


def test_an_interval_narrows_with_the_number_of_values() -> None:
    few, many = interval([0.0, 1.0] * 10), interval([0.0, 1.0] * 1000)
    assert few and many and many[1] - many[0] < 0.3 * (few[1] - few[0])
    assert interval([]) is None
