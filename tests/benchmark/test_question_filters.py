"""Questions that reject a sample: of facts nobody told, or answered by the drawing, a model or a judge alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from assistant.backend import Message
from benchmark.datasets.filters import question_filters, sample_filters, stages
from benchmark.datasets.filters.tools import Tools
from benchmark.judges.judge import Lexical, Verdict
from benchmark.world.concepts import all_concepts
from benchmark.world.question import Question
from benchmark.world.sample import Sample
from benchmark.world.scene import Look
from memory.episode import Turn
from tests.support.filter_samples import OWN, STRANGERS, TURNS, TWO, Sees, first


def asking(question: Question, sample: Sample = TWO) -> Sample:
    """The sample with this as its only question, about the first positive."""
    i = sample.positives[0]
    return replace(sample, questions=tuple((question,) if k == i else () for k in range(len(sample.context))))


# fact_in_dialogue


SAID = (Turn("user", "This is Otto. We were at the old pier in Kiel, fixing the boat."), *TURNS[1:])


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("at the old pier in Kiel", "in a park", "at home"), None),
        (("the old pier in Kiel harbour", "in a park", "at home"), None),  # four words of five
        (("at the new pier in Bonn", "in a park", "at home"), "33% of"),
        (("in the", "in a park", "at home"), "0% of"),  # no word that says anything
        (("at the old pier in Kiel", "fixing the boat", "at home"), "'fixing the boat' stands in the dialogue as well"),
    ],
)
def test_a_fact_must_stand_in_its_dialogue(options: tuple[str, str, str], reason: str | None) -> None:
    sample = asking(Question("Where was Otto?", options, "A", "Otto", "place"))
    i = sample.positives[0]
    said = tuple(replace(e, turns=SAID) if k == i else e for k, e in enumerate(sample.context))
    [found] = question_filters.fact_in_dialogue(replace(sample, context=said), Tools())
    assert found is None if reason is None else reason in str(found)


def test_only_what_the_user_said_is_a_fact() -> None:
    turns = (Turn("user", "This is Otto."), Turn("assistant", "At the old pier in Kiel?"), *TURNS[2:])
    question = Question("Where was Otto?", ("at the old pier in Kiel", "in a park", "at home"), "A", "Otto")
    sample = asking(question, first(replace(TWO, positives=(0,)), turns=turns))
    assert question_filters.fact_in_dialogue(sample, Tools()) == [
        "0% of 'at the old pier in Kiel' stands in the dialogue"
    ]


# not_visible


CANDLE = next(c.code for c in all_concepts() if c.word == "candle")


@pytest.mark.parametrize(
    ("right", "rejected"),
    [("making candles", True), ("a candle", True), ("making candles in Kiel at night", False), ("in Kiel", False)],
)
def test_what_was_drawn_must_not_answer(right: str, rejected: bool) -> None:
    sample = replace(asking(Question("What?", (right, "x", "y"), "A")), shown=(Look(CANDLE),))
    assert [bool(r) for r in question_filters.not_visible(sample, Tools())] == [rejected]


# needs_context


class Replies:
    """A server that answers by a rule."""

    def __init__(self, rule: str) -> None:
        self.rule, self.prompts = rule, list[tuple[Message, ...]]()

    def ask(self, requests: Sequence[tuple[Message, ...]], progress: bool = False) -> list[str]:
        self.prompts += requests
        return [self._reply(str(r[0].parts[1])) for r in requests]

    def _reply(self, text: str) -> str:
        options = {line[3:]: line[0] for line in text.splitlines() if line[1:3] == ". "}
        return f"I see.\n\\boxed{{{options.get(self.rule, self.rule)}}}"


@pytest.mark.parametrize(
    ("rule", "rejected"), [("on a leash", True), ("A", False), ("B", False), ("D", False), ("anything", False)]
)
def test_a_model_that_sees_must_not_find_the_answer(rule: str, rejected: bool) -> None:
    """Who always says the same letter is right in one order of three, and that is luck."""
    for answer in "ABC":
        options = ["in a box", "in a bag"]
        options.insert("ABC".index(answer), "on a leash")
        sample = asking(Question("How is Otto kept?", (options[0], options[1], options[2]), answer, "Otto"), OWN)
        server = Replies(rule)
        assert [bool(r) for r in question_filters.not_visible(sample, Tools(endpoint=server))] == [rejected]
        assert len(server.prompts) == 3
        assert all(
            p[0].parts[0] == OWN.query and "The answer cannot be determined" in p[0].parts[1] for p in server.prompts
        )


def test_a_model_is_asked_only_about_what_is_in_the_photo() -> None:
    server = Replies("D")
    question_filters.not_visible(OWN, Tools(endpoint=server))
    assert len(server.prompts) == 3 * 3 * len(OWN.positives)


class Guesses(Lexical):
    """A judge that answers without a caption: by a letter, or by words it takes for likely."""

    def __init__(self, letter: str = "", likely: str = "") -> None:
        self.letter, self.likely = letter, likely

    def choose(self, asked: Sequence[tuple[str, Question]]) -> list[Verdict]:
        assert {caption for caption, _ in asked} == {""}
        return [
            Verdict("ABC"[q.options.index(self.likely)] if self.likely in q.options else self.letter) for _, q in asked
        ]


@pytest.mark.parametrize(
    ("judge", "rejected"),
    [(Guesses(likely="barks"), True), (Guesses("A"), False), (Guesses("C"), False), (Lexical(), False)],
)
def test_a_question_that_a_judge_guesses_is_rejected(judge: Lexical, rejected: bool) -> None:
    """But not one that a judge with a favourite letter gets right: all answers left would be other letters."""
    for answer in "ABC":
        options = ["flies", "sings"]
        options.insert("ABC".index(answer), "barks")
        sample = asking(Question("What does Otto, the dog, do?", (options[0], options[1], options[2]), answer, "Otto"))
        assert [bool(r) for r in question_filters.needs_context(sample, Tools(judge))] == [rejected]


# asks_enough


def test_a_positive_without_questions_is_rejected() -> None:
    i = TWO.positives[1]
    others = tuple(q if k in TWO.positives else () for k, q in enumerate(TWO.questions))
    lacking = tuple(() if k == i else q for k, q in enumerate(TWO.questions))
    assert sample_filters.asks_enough(replace(TWO, questions=others), Tools()) is None
    assert (
        sample_filters.asks_enough(replace(TWO, questions=lacking), Tools())
        == f"positive {i} has fewer than 1 questions left"
    )
    assert sample_filters.asks_enough(replace(STRANGERS, questions=((),) * 3), Tools()) == "no question is left"


def test_filters_that_cannot_run_say_so() -> None:
    assert set(stages.limited(Tools(), drawn=True)) == {"needs_context"}
    assert set(stages.limited(Tools(), drawn=False)) == {"shows_claimed", "not_visible", "needs_context"}
    assert stages.limited(Tools(Guesses(), Replies("D"), Sees({})), drawn=False).keys() == {"needs_context"}


def test_without_facts_and_questions_nobody_has_a_name() -> None:
    nameless = replace(OWN, questions=())
    assert sample_filters.dialogue_format(nameless, Tools()) is None
    assert sample_filters.names_unique(nameless, Tools()) is None
