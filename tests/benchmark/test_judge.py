"""The lexical judge: gold captions are right, silence and copying are not, and no wording can win by a trick."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmark.judges.judge import Judge, Lexical, Verdict, sentences_about
from benchmark.judges.score import Scores, question_scores, tally
from benchmark.tasks.capeval import everything
from benchmark.world import sample as module
from benchmark.world.dialogue import ABSTENTION
from benchmark.world.question import LETTERS, Question
from benchmark.world.sample import Mode, Sample, samples
from memory.episode import Photo
from tests.benchmark.test_score import gold


def undrawn(positives: int, mode: Mode = "random", n: int = 25, split: str = "test") -> list[Sample]:
    """Samples of any split whose photos are numbers: a judge sees words only."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_photo", lambda rng, looks: Photo(f"{int(rng.integers(1 << 31)):064d}", b"", 1, 1))
        return list(samples(split, n, 7, positives, mode))


ASKED_MODES: dict[Mode, int] = {"random": 25, "near": 15, "kind": 15, "twin": 15}
SAMPLES = {(mode, k): undrawn(k, mode, n) for mode, n in ASKED_MODES.items() for k in (1, 2, 3, 4)}
MIXED = [s for drawn in SAMPLES.values() for s in drawn[:4]]


def rates(texts: Callable[[Sample], str], drawn: list[Sample], asked: Judge | None = None) -> tuple[float, ...]:
    found = tally(question_scores(texts(s), s, asked or Lexical()) for s in drawn)
    return tuple(found[key].value for key in ("acc_pos", "acc_neg", "unread"))


@pytest.mark.parametrize(("mode", "k"), SAMPLES)
def test_controls(mode: Mode, k: int) -> None:
    """The gold is perfect, silence knows nothing of anybody, and whoever copies every dialogue tells on everybody."""
    drawn = SAMPLES[mode, k]
    assert rates(gold, drawn) == (1, 1, 0)
    for silent in ("", ABSTENTION, "A nice photo of a koala."):
        assert rates(lambda s, text=silent: text, drawn) == (0, 1, 0)
    assert rates(everything, drawn) == (1, 0, 0)


@pytest.mark.parametrize("split", ["train", "dev"])
def test_gold_is_perfect_in_every_split(split: str) -> None:
    assert rates(gold, undrawn(2, n=12, split=split)) == (1, 1, 0)


def test_a_city_may_be_called_like_a_person_of_another_split() -> None:
    """Austin is a city of `train` and a name of `dev`. Previously it took the sentence from whoever was there."""
    question = asked("the cable car in Austin", "the old mill in Nara", "the lighthouse in Cork", name="Bobby")
    told = "This is Bobby. You were listening to jazz at the cable car in Austin last May."
    assert Lexical().choose([(told, question)])[0].letter == "A"


def test_who_it_is_told_of_matters() -> None:
    """The gold caption with the names of two things exchanged tells nothing right, and names no option of D's."""
    for sample in SAMPLES["random", 2]:
        one, two = (sample.facts[i].name for i in sample.positives)
        swapped = gold(sample).replace(one, "\0").replace(two, one).replace("\0", two)
        assert rates(lambda s, text=swapped: text, [sample])[0] == 0
        other = next(f.name for i, f in enumerate(sample.facts) if i not in sample.positives)
        assert question_scores(gold(sample).replace(one, other), sample, Lexical())["acc_pos"] == (3, 6)


def asked(*options: str, name: str = "Milo") -> Question:
    return Question(f"Where was {name}?", (options[0], options[1], options[2]), "A", name, "place")


PLACE = asked("the harbour in Bari", "the harbour in Bern", "the old market in Como", name="Carl")


@pytest.mark.parametrize(
    ("caption", "letter"),
    [
        ("This is Carl. You were at the harbour in Bari.", "A"),
        ("This is Carl! You met. It rained. Bari's old docks... no.\nYou saw the boats at the port, in Bari.", "A"),
        ("In Bern, at the HARBOR, you met Carl", "B"),
        ("This is Carl. In Como you were at the market, which is old.", "C"),
        ("You were at the harbour in Bari. This is Carl.", "D"),
        ("This is Zoe. You were at the harbour in Bari.", "D"),
        ("This is Carl. This is Zoe. You were at the harbour in Bari.", "D"),
        ("This is Carl. Zoe was at the harbour in Bari.", "D"),
        ("This is Zoe. You were at the harbour in Bari. This is Carl.", "D"),
        ("This is Zoe. Here is Carl. You were at the harbour in Bari.", "A"),
        ("Zoe and Carl were at the harbour in Bari.", "A"),
        ("Zoe met Carl. You were at the harbour in Bari.", "A"),
        ("Carl met Zoe. You were at the harbour in Bari.", "D"),
        ("This is Carla. You were at the harbour in Bari.", "D"),
        ("This is carl. You were at the harbour in Bari.", "D"),
        ("This is Carl. You were at the harbour. Bari is far.", "D"),
        ("This is Carl. You were in Bari.", "D"),
        ("This is Carl. You were at the harbour in Bari and the harbour in Bern.", None),
        ("A", "D"),
        ("Carl: A. The answer is A", "D"),
    ],
)
def test_a_fact_is_told_in_a_sentence_about_its_thing(caption: str, letter: str | None) -> None:
    assert Lexical().choose([(caption, PLACE)])[0].letter == letter


@pytest.mark.parametrize(
    "caption",
    [
        "This is Carl. You were not at the harbour in Bari.",
        "This is Carl. You weren’t at the harbour in Bari.",
        "This is Carl. You've never been to the harbour in Bari.",
        "This is Carl. You couldn't go to the harbour in Bari.",
        "Carl cannot have been at the harbour in Bari.",
        "You were at the harbour in Bari without Carl.",
        "Nobody but Carl was at the harbour in Bari.",
        "This is not Carl. You were at the harbour in Bari.",
        "This isn't Carl. You were at the harbour in Bari.",
        "This is Carl. No, it is not Carl. You were at the harbour in Bari.",
        "It is neither Zoe nor Carl. You were at the harbour in Bari.",
        "It is not Zoe or Carl. You were at the harbour in Bari.",
        "This is Zoe, not Carl. You were at the harbour in Bari.",
        "This is not Carl but Zoe. You were at the harbour in Bari.",
    ],
)
def test_a_negation_tells_nothing(caption: str) -> None:
    """Previously "This is not Carl." made the next sentence about Carl."""
    assert Lexical().choose([(caption, PLACE)]) == [Verdict("D", "not told")]


@pytest.mark.parametrize(
    "caption",
    [
        "This is Carl, not Zoe. You were at the harbour in Bari.",
        "This is not Zoe but Carl. You were at the harbour in Bari.",
        "This is Carl. This is not Zoe. You were at the harbour in Bari.",
        "Carl does not bite. You were at the harbour in Bari.",
    ],
)
def test_a_negation_of_something_else_does_no_harm(caption: str) -> None:
    assert Lexical().choose([(caption, PLACE)])[0].letter == "A"


def test_a_fact_may_hold_a_negation() -> None:
    question = asked("travels without a ticket", "waits by the door", "wins at dominoes")
    told, not_told = "Milo always travels without a ticket.", "Milo never travels without a ticket."
    assert [v.letter for v in Lexical().choose([(told, question), (not_told, question)])] == ["A", "D"]


def test_names_of_several_words_and_names_of_nobody_we_know() -> None:
    question = asked("the pier", "the pub", "the moon", name="Aunt Rosa")
    told = "This is Aunt Rosa. You were at the pier. This is Carl. You were at the pub."
    assert Lexical().choose([(told, question)])[0].letter == "A"
    assert sentences_about(told, "Aunt Rosa") == ["This is Aunt Rosa.", "You were at the pier."]
    assert sentences_about(told, "Rosa")[:1] == ["This is Aunt Rosa."] and sentences_about(told, "Ann") == []


def test_without_a_name_every_sentence_counts() -> None:
    """Official questions do not say whom they are about."""
    question = replace(PLACE, about="")
    assert Lexical().choose([("This is Zoe. You were at the harbour in Bari.", question)])[0].letter == "A"


def test_a_reply_is_right_when_it_tells_the_answer() -> None:
    cases = [
        ("?", "the harbour in Bari", "You were at the port in Bari."),
        ("?", "the harbour in Bari", "You were not at the harbour in Bari."),
        ("?", "the harbour in Bari", "You were at the harbour. Bari is far."),
        ("?", "baking bread", "I think you baked bread!"),
        ("?", "baking bread", ""),
        ("?", "", "anything"),
    ]
    assert Lexical().check_replies(cases) == [True, False, False, True, False, False]


class Always:
    """A judge with one answer for all."""

    name = "always"

    def __init__(self, letter: str | None) -> None:
        self.letter = letter

    def choose(self, asked: Sequence[tuple[str, Question]]) -> list[Verdict]:
        return [Verdict(self.letter) for _ in asked]

    def check_replies(self, replies: Sequence[tuple[str, str, str]]) -> list[bool | None]:
        return [None for _ in replies]


def test_a_judge_without_eyes_is_seen_by_the_controls() -> None:
    """Always D, always one letter, never a letter: none of them gives the gold caption its two ones."""
    drawn = SAMPLES["random", 2] + SAMPLES["near", 2]
    assert rates(gold, drawn, Always("D")) == (0, 1, 0)
    assert rates(gold, drawn, Always(None)) == (0, 0, 1)
    for letter in LETTERS:
        right, kept, unread = rates(gold, drawn, Always(letter))
        assert 0.2 < right < 0.47 and (kept, unread) == (0, 0)
    for letters in ("AB", "ABCD", "A.", "a", ""):
        assert rates(gold, drawn, Always(letters))[:2] == (0, 0), "only the letter itself counts"


sentences = st.sampled_from(
    sorted(
        {t for s in MIXED for e in s.context for t in e.words.split("\n")} | {"This is not Carl.", "No!", ABSTENTION}
    )
)


@settings(max_examples=60)
@given(st.integers(0, len(MIXED) - 1), st.lists(st.one_of(sentences, st.text(max_size=40)), max_size=8))
def test_any_caption_has_one_verdict_a_question(i: int, texts: list[str]) -> None:
    """Counts stay in their bounds and what is told of nobody stays D."""
    sample, caption = MIXED[i], " ".join(texts)
    found: Scores = question_scores(caption, sample, Lexical())
    k, n = len(sample.positives), len(sample.context)
    assert [found[m][1] for m in ("acc_pos", "acc_neg", "unread", "empty")] == [3 * k, 3 * (n - k), 3 * n, 1]
    assert all(0 <= right <= of for right, of in found.values())
    unnamed = [q for f, qs in zip(sample.facts, sample.questions, strict=True) if f.name not in caption for q in qs]
    assert all(v.letter == "D" for v in Lexical().choose([(caption, q) for q in unnamed]))


@settings(max_examples=60)
@given(st.integers(0, len(MIXED) - 1), st.lists(st.sampled_from(["It rains.", "A nice day!", "Look."]), max_size=4))
def test_chatter_around_the_gold_changes_nothing(i: int, chatter: list[str]) -> None:
    sample = MIXED[i]
    words = [*chatter, gold(sample), *chatter]
    assert question_scores("\n".join(words), sample, Lexical()) == question_scores(gold(sample), sample, Lexical())
