"""Rewards: the published check values to the number, and no trick that pays in ours."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmark.judges.judge import Lexical, Verdict
from benchmark.tasks import capeval
from benchmark.world import sample as module
from benchmark.world.dialogue import ABSTENTION
from benchmark.world.question import Question
from benchmark.world.sample import Mode, Sample, Spec, build
from memory.episode import Photo
from train.rl.reward import MOST_TOKENS, Variant, boxed, caption_rewards, degenerate, recognition_reward


def undrawn(positives: int, mode: Mode = "near", n: int = 30) -> list[Sample]:
    """Samples whose photos are numbers: rewards look at words only."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_photo", lambda rng, looks: Photo(f"{int(rng.integers(1 << 31)):064d}", b"", 1, 1))
        return [build(Spec("test", 5, i, positives, mode)) for i in range(n)]


SAMPLES = {k: undrawn(k) for k in (1, 2, 4)}


class Scripted:
    """A judge whose letters are given: of the questions about positives the first `right` are answered right and the
    next `wrong` wrong; of the others the first `leaked` are answered at all."""

    name = "scripted"

    def __init__(self, sample: Sample, right: int, wrong: int, leaked: int) -> None:
        positive = [q for i in sample.positives for q in sample.questions[i]]
        others = [q for i, qs in enumerate(sample.questions) if i not in sample.positives for q in qs]
        self.letters = {id(q): q.answer if i < right else "D" for i, q in enumerate(positive)}
        self.letters |= {id(q): "ABC"["ABC".index(q.answer) - 1] for q in positive[right : right + wrong]}
        self.letters |= {id(q): "A" if i < leaked else "D" for i, q in enumerate(others)}

    def choose(self, asked: Sequence[tuple[str, Question]]) -> list[Verdict]:
        return [Verdict(self.letters[id(q)]) for _, q in asked]

    def check_replies(self, replies: Sequence[tuple[str, str, str]]) -> list[bool | None]:
        raise AssertionError("not asked here")


def value(text: str, sample: Sample, variant: Variant = "keepsake", judge: object = None, alpha: float = 1.0) -> float:
    [reward] = caption_rewards([text], [sample], judge or Lexical(), [len(text.split())], variant, alpha)  # type: ignore
    return reward.value


@pytest.mark.parametrize(
    ("positives", "right", "leaked", "expected"),
    [
        (2, 6, 3, 1.75),
        (2, 0, 0, 0.0),
        (2, 6, 12, 1.0),
        (4, 12, 24, 3.0),
        (1, 3, 0, 1.0),
        (1, 0, 6, -1.0),
        (1, 2, 3, 1 / 6),
    ],
)
def test_the_published_values(positives: int, right: int, leaked: int, expected: float) -> None:
    """sigma+ is not divided by the number of positives, sigma- is: copying everything earns K - 1."""
    sample = SAMPLES[positives][0]
    judge = Scripted(sample, right, 0, leaked)
    assert value("A caption.", sample, "paper", judge) == pytest.approx(expected)


def test_gold_earns_the_most_and_nothing_else_as_much() -> None:
    for k, drawn in SAMPLES.items():
        for sample in drawn:
            gold, copied = capeval.gold(sample), capeval.everything(sample)
            assert value(gold, sample) == 1.0
            assert value(gold, sample, "paper") == k
            assert value(copied, sample) <= 0 == value(ABSTENTION, sample), "copying must not pay"
            assert value("", sample) == -1 and value("", sample, "paper") == 0
            other = next(i for i in range(3 * k) if i not in sample.positives)
            wrong = capeval.gold(Sample(sample.context, sample.query, (other,), facts=sample.facts))
            assert value(wrong, sample) < value(ABSTENTION, sample)


def test_a_fact_told_wrong_is_worse_than_silence_and_a_leak_too() -> None:
    sample = SAMPLES[1][0]
    ranked = [
        value("x", sample, "keepsake", Scripted(sample, *s)) for s in ((3, 0, 0), (2, 0, 0), (0, 0, 0), (0, 3, 0))
    ]
    assert ranked == pytest.approx([3 / 4, 2 / 4, 0, -3 / 4]), "the fourth question is the name"
    assert value("x", sample, "keepsake", Scripted(sample, 3, 0, 3)) == pytest.approx(3 / 4 - 3 / 8)
    assert value("x", sample, "keepsake", Scripted(sample, 3, 0, 3), alpha=2) == pytest.approx(0)


def test_a_name_counts_like_a_fact_but_not_in_the_papers_variant() -> None:
    """A judge asked only about facts would not notice whose name a stranger is given."""
    sample, [stranger, *_] = SAMPLES[2][0], undrawn(1, "stranger")
    there, other = sample.positives[0], next(i for i in range(6) if i not in sample.positives)
    of_friend, of_other = (f"This is {sample.facts[i].name}." for i in (there, other))
    assert value(of_friend, sample) == pytest.approx(1 / 8)
    assert value(of_other, sample) == pytest.approx(-1 / 16)
    invented = "This is Zebulon. You were together in Zanzibar."
    assert value(invented, sample) == pytest.approx(-1 / 16)
    assert value(invented, stranger) == pytest.approx(-1 / 12) and value(invented, stranger, "paper") == 0
    for odd in ("This is lighthouse in Jena. You were flying kites.", "Here are Zebulon and camel."):
        assert value(odd, stranger) < 0, "a name in small letters is one too"
    assert value(of_friend[:-1] + " the dog, on a hill.", sample) == value("This is a hill. " + of_friend, sample) > 0
    claimed = f"This is {stranger.facts[0].name}."
    assert value(claimed, stranger) == pytest.approx(-1 / 12) and value(ABSTENTION, stranger) == 1
    assert (
        value(of_friend, sample, "paper") == value(of_other, sample, "paper") == value(claimed, stranger, "paper") == 0
    )


def test_saying_that_one_knows_nobody_is_rewarded_where_it_is_true() -> None:
    for sample in undrawn(1, "stranger"):
        assert value(ABSTENTION, sample) == 1.0
        of_friend = capeval.gold(Sample(sample.context, sample.query, (0,), facts=sample.facts))
        assert value(of_friend, sample) < 0
        assert value(ABSTENTION, sample, "paper") == 0


def test_each_caption_of_a_group_has_its_own_reward() -> None:
    sample = SAMPLES[1][0]
    texts = [capeval.gold(sample), "", ABSTENTION, "a b. " * 40]
    rewards = caption_rewards(texts, [sample] * 4, Lexical(), [9] * 4)
    assert [r.value for r in rewards] == [1, -1, 0, -1]
    assert [r.degenerate for r in rewards] == [None, "empty", None, "repeated sentences"]
    with pytest.raises(ValueError, match="no questions"):
        caption_rewards(["x"], [Sample(sample.context, sample.query, (0,))], Lexical(), [1])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"\boxed{[0, 2]}", {0, 2}),
        (r"\boxed{[2,0,0]}", {0, 2}),
        (r"I think \boxed{[1]}, no: \boxed{ [0, 3] }.", {0, 3}),
        (r"\boxed{2}", {2}),
        (r"\boxed{[]}", set()),
        (r"\boxed{['0']}", None),
        (r'\boxed{["0"]}', None),
        (r"\boxed{[0, true]}", None),
        (r"\boxed{[0.0]}", None),
        (r"\boxed{zero}", None),
        ("[0, 2]", None),
        ("", None),
    ],
)
def test_a_box_is_read_strictly(text: str, expected: set[int] | None) -> None:
    assert boxed(text) == expected


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        (r"I think \boxed{[1]}, no: \boxed{[0]}.", {1}, {0}),
        (r"\boxed{none}, or \boxed{[0]}", None, {0}),
        (r"\boxed{ 3 }", {3}, {3}),
        ("nothing", None, None),
    ],
)
def test_the_first_box_counts_as_released(text: str, first: set[int] | None, last: set[int] | None) -> None:
    """Previously the last one did in `paper-exact`, too."""
    assert (boxed(text, first=True), boxed(text)) == (first, last)
    assert recognition_reward(text, [1], first=True) == float(first == {1})


@given(st.sets(st.integers(0, 11), max_size=4), st.lists(st.integers(0, 11), max_size=6))
def test_recognition_is_the_f1_of_sets(there: set[int], said: list[int]) -> None:
    """Whatever the order, and however often an index comes."""
    got = recognition_reward(f"\\boxed{{{said}}}", sorted(there))
    common = len(there & set(said))
    assert got == recognition_reward(f"\\boxed{{{sorted(said, reverse=True) + said}}}", sorted(there, reverse=True))
    assert got == pytest.approx(2 * common / (len(there) + len(set(said))) if there or said else 1.0)
    assert (got == 1) == (there == set(said))
    assert recognition_reward("none of them", sorted(there)) == 0


WORDS = [f"w{i}" for i in range(200)]


def test_each_threshold_of_the_filter_at_its_edge() -> None:
    plain = " ".join(WORDS[:60])
    assert degenerate(plain, MOST_TOKENS) is None
    assert degenerate(plain, MOST_TOKENS + 1) == "longer than 511 tokens"
    same = "We met. "
    assert degenerate("One is. Two is. " + same * 2, 9) is None, "a quarter of four sentences is repeated"
    assert degenerate("One is. " + same * 3, 9) == "repeated sentences"
    assert degenerate(same * 3, 9) is None, "three sentences are too few to say"
    seven = [f"Line {i}" for i in range(7)]
    assert degenerate(". ".join([*seven, *seven[:3]]), 9) == "repeated sentences", "exactly 0.3"
    assert degenerate("WE  met. we met! One is. Two is? We met", 9) == "repeated sentences", (
        "case and spaces are nothing"
    )
    # 20 words make 16 5-grams: 5 of them repeated is 0.31, 4 is 0.25; below 20 words nothing is asked
    assert degenerate(" ".join([*WORDS[:11], *WORDS[:9]]), 9) == "repeated 5-grams"
    assert degenerate(" ".join([*WORDS[:12], *WORDS[:8]]), 9) is None
    assert degenerate(" ".join([*WORDS[:10], *WORDS[:9]]), 9) is None
    # a chunk of 10 that comes twice among 91 positions is 2 %, eleven twice are 24 %
    assert degenerate(" ".join([*WORDS[:90], *WORDS[:10]]), 9) is None
    assert degenerate(" ".join([*WORDS[:80], *WORDS[:20]]), 9) == "repeated chunks of 10 words"


@settings(max_examples=80)
@given(st.lists(st.sampled_from(WORDS[:40]), max_size=80), st.integers(0, 29), st.sampled_from([1, 2, 4]))
def test_no_text_leaves_the_bounds(words: list[str], i: int, k: int) -> None:
    text, sample = " ".join(words), SAMPLES[k][i]
    assert -1 <= value(text, sample, "paper") <= k
    assert -2 <= value(text, sample) <= 1
