"""The scores: the gold answer has the best one, an empty answer the worst, and no caption leaves their bounds."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmark.judges.score import Scores, count_facts, harmonic, named, tally, wilson
from benchmark.judges.score import score as score_of
from benchmark.world import sample as module
from benchmark.world.content_words import content_words
from benchmark.world.dialogue import ABSTENTION, Facts, caption
from benchmark.world.sample import Mode, Sample, samples
from memory.episode import Photo

RATES = ("facts_told", "facts_kept", "name_recall", "misbinding", "exact")


def undrawn(positives: int, mode: Mode = "random", n: int = 60) -> list[Sample]:
    """Samples whose photos are numbers: scores look at words only."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_photo", lambda rng, looks: Photo(f"{int(rng.integers(1 << 31)):064d}", b"", 1, 1))
        return list(samples("test", n, 7, positives, mode))


def score(text: str, sample: Sample) -> Scores:
    return score_of(text, sample.facts, sample.positives)


def rates(scores: Iterable[Scores]) -> list[float | None]:
    found = tally(scores)
    return [found[key].value if key in found else None for key in RATES]


SAMPLES = {k: undrawn(k) for k in (1, 2, 4)}


def gold(sample: Sample) -> str:
    return caption([(sample.facts[i], sample.context[i]) for i in sample.positives])


@pytest.mark.parametrize("positives", [1, 2, 4])
def test_the_gold_caption_is_perfect(positives: int) -> None:
    """Previously "in June" of somebody else counted as told by "in early June"."""
    scores = [score(gold(s), s) for s in SAMPLES[positives]]
    assert rates(scores) == [1, 1, 1, 0, 1]
    assert tally(scores)["name_recall"].samples == 60


@pytest.mark.parametrize("text", [ABSTENTION, "", "A nice photo."])
def test_saying_nothing_earns_nothing_and_betrays_nothing(text: str) -> None:
    for drawn in SAMPLES.values():
        assert rates(score(text, s) for s in drawn) == [0, 1, 0, 0, 0]


@pytest.mark.parametrize(
    ("text", "abstained"),
    [
        (ABSTENTION, 1),
        ("I do not know anything in this photo. None of your memories came here.", 1),
        ("You did not tell me who this is.", 1),
        ("A nice photo.", 0),
        ("", 0),
    ],
)
def test_saying_that_nobody_is_known_counts_in_any_words(text: str, abstained: int) -> None:
    for sample in SAMPLES[1][:5]:
        assert score(text, sample)["abstained"] == (abstained, 1)
        assert score(f"{gold(sample)} {text}", sample)["abstained"] == (0, 1)


def test_telling_everything_finds_everybody_and_everybody_else() -> None:
    for drawn in SAMPLES.values():
        assert rates(score(" ".join(e.words for e in s.context), s) for s in drawn) == [1, 0, 1, 1, 0]


def test_the_captions_of_others_are_misbound() -> None:
    for sample in SAMPLES[1]:
        other = next(i for i in range(3) if i not in sample.positives)
        got = score(caption([(sample.facts[other], sample.context[other])]), sample)
        assert (got["name_recall"], got["misbinding"]) == ((0, 1), (1, 1))
        kept, asked = got["facts_kept"]
        assert kept < asked


def test_what_cannot_be_asked_is_left_out() -> None:
    drawn = undrawn(1, "stranger", 5)
    assert rates(score(ABSTENTION, s) for s in drawn) == [None, 1, None, 0, 1]
    assert tally([]) == {}


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
    assert count_facts("At LISBON's... no: Lisbon, harbour; feeding of gulls", facts) == (2, 2)
    assert count_facts("at the harbour in Porto, feeding gulls", facts) == (1, 2)
    assert count_facts("harbours, Lisbonne, feeding", facts) == (0, 2)
    assert count_facts("harbour Lisbon", facts, {"harbour", "lisbon"}) == (0, 1)
    assert content_words("The cat's in the (old) box, by 5!") == {"cat's", "old", "box", "5"}


words = st.sampled_from(sorted({w for s in SAMPLES[4] for e in s.context for w in e.words.split()}))
texts = st.one_of(st.text(), st.lists(words, max_size=40).map(" ".join))


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from([1, 2, 4]), st.integers(0, 59), texts), min_size=1, max_size=5))
def test_no_caption_leaves_the_bounds(cases: list[tuple[int, int, str]]) -> None:
    """Counts stay between nothing and all there is, rates between 0 and 1, with their intervals around them."""
    scores = [score(text, SAMPLES[k][i]) for k, i, text in cases]
    for one, (k, _, _) in zip(scores, cases, strict=True):
        assert all(0 <= right <= asked for right, asked in one.values())
        assert one["name_recall"][1] == k and one["facts_told"][1] == 4 * k and one["facts_kept"][1] <= 8 * k
    found = tally(scores)
    assert set(found) == {*RATES, "abstained"}
    assert all(0 <= t.low <= t.value + 1e-4 and t.value <= t.high + 1e-4 <= 1 + 2e-4 for t in found.values())


def test_averages_are_over_what_was_asked_and_not_over_samples() -> None:
    found = tally([{"acc_pos": (3, 3)}, {"acc_pos": (0, 9)}, {"acc_pos": (0, 0), "other": (1, 2)}])
    assert (found["acc_pos"].value, found["acc_pos"].samples) == (0.25, 2)
    assert (found["other"].value, found["other"].low, found["other"].high) == (0.5, 0.5, 0.5)


def test_an_interval_narrows_with_the_number_of_samples_and_is_the_same_each_time() -> None:
    def width(n: int) -> float:
        found = tally([{"x": (i % 2, 1)} for i in range(n)])
        assert found == tally([{"x": (i % 2, 1)} for i in range(n)])
        return found["x"].high - found["x"].low

    assert width(2000) < 0.3 * width(20)


def test_neither_silence_nor_telling_everything_has_a_good_harmonic_mean() -> None:
    assert harmonic(0, 1) == harmonic(1, 0) == harmonic(0, 0) == 0
    assert harmonic(0.5, 1) == pytest.approx(2 / 3, abs=1e-4)


def test_rates_have_honest_intervals() -> None:
    assert wilson(0, 50) == (0.0, 0.0713)
    assert wilson(50, 50) == (0.9287, 1.0)
    assert wilson(5, 10) == (0.2366, 0.7634)
    assert wilson(0, 0) == (0.0, 1.0)
