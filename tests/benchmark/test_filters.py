"""Quality filters: each rejects what it is there for and keeps what is next to it. One that is switched off fails."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from assistant.backend import Message
from assistant.photo import from_image, pixels
from benchmark.datasets.filters import question_filters, sample_filters, stages
from benchmark.datasets.filters.photo_similarity import difference_hash
from benchmark.datasets.filters.tools import Tools, numbered_questions
from benchmark.judges.judge import Lexical, Verdict
from benchmark.world.concepts import all_concepts
from benchmark.world.question import Question
from benchmark.world.sample import Sample, Spec, build
from benchmark.world.scene import TWIN_HUES, Look, draw
from memory.episode import Photo, Turn

TWO = build(Spec("test", 3, 0, 2, "near"))
STRANGERS = build(Spec("test", 3, 0, 1, "stranger"))
OWN = replace(TWO, facts=(), looks=(), shown=(), spec=None, drawn=None)
"""As from one's own photos."""


def first(sample: Sample, **changed: object) -> Sample:
    """The sample with its first episode changed."""
    return replace(sample, context=(replace(sample.context[0], **changed), *sample.context[1:]))  # type: ignore[arg-type]


def asking(question: Question, sample: Sample = TWO) -> Sample:
    """The sample with this as its only question, about the first positive."""
    i = sample.positives[0]
    return replace(sample, questions=tuple((question,) if k == i else () for k in range(len(sample.context))))


def test_every_filter_keeps_good_samples_whole() -> None:
    for sample in (TWO, OWN, STRANGERS):
        tools = Tools()
        assert [check(sample, tools) for check in (*stages.SAMPLE, *stages.LAST)] == [None] * 5
        for sift in stages.QUESTION:
            assert sift(sample, tools) == [None] * len(numbered_questions(sample)) != []


def test_every_filter_has_a_threshold_in_words() -> None:
    names = [f.__name__ for f in (*stages.SAMPLE, *stages.QUESTION, *stages.LAST)]
    assert list(stages.THRESHOLDS) == names


# names_unique


def renamed(i: int, name: str, sample: Sample = TWO) -> Sample:
    facts = list(sample.facts)
    facts[i] = replace(facts[i], name=name)
    return replace(sample, facts=tuple(facts))


def test_two_things_with_one_name_are_rejected() -> None:
    name = TWO.facts[1].name
    assert sample_filters.names_unique(renamed(0, name.upper()), Tools()) == f"2 things are called {name.casefold()!r}"
    questions = (tuple(replace(q, about=name) for q in OWN.questions[0]), *OWN.questions[1:])
    assert "2 things" in str(sample_filters.names_unique(replace(OWN, questions=questions), Tools()))


def test_a_thing_met_again_keeps_its_name_but_must_not_get_another() -> None:
    history = build(Spec("test", 3, 0, 1, "near", extra=6))
    looks = history.looks
    again = next(i for i in range(len(looks)) if looks[i] in looks[:i])
    assert sample_filters.names_unique(history, Tools()) is None
    assert "one thing is called" in str(sample_filters.names_unique(renamed(again, "Otto", history), Tools()))


def test_twins_in_other_colours_are_two_things() -> None:
    twin = replace(TWO, looks=(TWO.looks[1], replace(TWO.looks[1], hue=TWIN_HUES[0]), *TWO.looks[2:]))
    assert sample_filters.names_unique(twin, Tools()) is None


# dialogue_format

TURNS = TWO.context[0].turns
NAME = TWO.facts[0].name


@pytest.mark.parametrize(
    ("turns", "reason"),
    [
        (TURNS[:4], "4 turns instead of 6"),
        ((*TURNS[1:], TURNS[0]), "do not take turns"),
        ((*TURNS[:5], Turn("assistant", " ")), "turn 6 is empty"),
        ((*TURNS[:5], Turn("assistant", "Well.\nUser: and you?")), "turn 6 holds a speaker's label"),
        ((Turn("user", "**Dialogue:** hello"), *TURNS[1:]), "turn 1 holds a speaker's label"),
        (tuple(replace(t, text=t.text.replace(NAME, NAME + "a")) for t in TURNS), f"the user never says {NAME!r}"),
    ],
)
def test_a_dialogue_in_another_form_is_rejected(turns: tuple[Turn, ...], reason: str) -> None:
    assert reason in str(sample_filters.dialogue_format(first(TWO, turns=turns), Tools()))


def test_a_dialogue_may_say_user_and_model() -> None:
    turns = (replace(TURNS[0], text=f"{TURNS[0].text} The user manual of this model: lost."), *TURNS[1:])
    assert sample_filters.dialogue_format(first(TWO, turns=turns), Tools()) is None


# near_duplicate


def copies(photo: Photo) -> dict[str, Photo]:
    """What people and programs do to a picture."""
    image, out = Image.fromarray(pixels(photo)), io.BytesIO()
    image.save(out, "JPEG", quality=60)
    return {
        "saved again": from_image(Image.open(out)),
        "smaller": from_image(image.resize((150, 150))),
        "darker": from_image(ImageEnhance.Brightness(image).enhance(0.85)),
    }


@pytest.mark.parametrize("how", ["saved again", "smaller", "darker"])
def test_a_copy_of_a_photo_is_rejected_wherever_it_is(how: str) -> None:
    copy = copies(TWO.query)[how]
    assert copy.sha256 != TWO.query.sha256
    assert "photo" in str(sample_filters.near_duplicate(first(TWO, photo=copy), Tools()))
    seen = Tools(queries=[difference_hash(copy)])
    assert sample_filters.near_duplicate(TWO, seen) == "the query is nearly that of an earlier sample"
    twice = first(TWO, photo=copies(TWO.context[1].photo)[how])
    assert "are nearly the same" in str(sample_filters.near_duplicate(twice, Tools()))


def test_the_same_things_in_another_photo_are_no_copy() -> None:
    tools = Tools(queries=[difference_hash(build(Spec("test", 3, i, 2, "near")).query) for i in range(1, 6)])
    assert sample_filters.near_duplicate(TWO, tools) is None


# shows_claimed


def test_a_query_that_shows_others_than_the_positives_is_rejected() -> None:
    other = next(i for i in range(len(TWO.context)) if i not in TWO.positives)
    assert "other things" in str(
        sample_filters.shows_claimed(replace(TWO, positives=(TWO.positives[0], other)), Tools())
    )
    assert "other things" in str(sample_filters.shows_claimed(replace(TWO, positives=TWO.positives[:1]), Tools()))
    known = replace(STRANGERS, looks=(STRANGERS.shown[0], *STRANGERS.looks[1:]))
    assert "episode 0, which is no positive" in str(sample_filters.shows_claimed(known, Tools()))


def test_a_thing_that_is_nearly_hidden_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    """By how the query was drawn: where its thing covers too little of it."""
    covered = draw(TWO.shown, TWO.drawn or 0, 256).cover.mean((1, 2)).min()
    assert covered > sample_filters.SHOWN_SHARE
    monkeypatch.setattr(sample_filters, "SHOWN_SHARE", float(covered) + 0.001)
    assert "of the query" in str(sample_filters.shows_claimed(TWO, Tools()))


def test_the_seed_of_the_drawing_is_that_of_the_query() -> None:
    """Else the cover would be that of some other scene."""
    for spec in (
        Spec("test", 3, 0, 2, "near"),
        Spec("test", 5, 1, 3, "twin", extra=2),
        Spec("test", 5, 1, reminders=True),
    ):
        sample = build(spec)
        assert sample.drawn is not None
        assert from_image(draw(sample.shown, sample.drawn, 256).image) == sample.query


class Sees:
    """An encoder whose photos hold what a table says: one direction a thing."""

    def __init__(self, things: dict[str, list[int]]) -> None:
        self.things = things

    def embed(self, photo: Photo) -> np.ndarray:
        return np.eye(16, dtype=np.float32)[[15, *self.things[photo.sha256]]]  # all share a wall


def test_an_encoder_must_find_the_positives_before_all_others() -> None:
    table = {e.photo.sha256: [i] for i, e in enumerate(OWN.context)}
    right = Sees(table | {OWN.query.sha256: list(OWN.positives)})
    wrong = Sees(table | {OWN.query.sha256: [OWN.positives[0], *(i for i in range(6) if i not in OWN.positives)]})
    blind = Sees(table | {OWN.query.sha256: []})
    assert sample_filters.shows_claimed(OWN, Tools(encoder=right)) is None
    assert "found in the query" in str(sample_filters.shows_claimed(OWN, Tools(encoder=wrong)))
    assert "found in the query" in str(sample_filters.shows_claimed(OWN, Tools(encoder=blind)))


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


# needs_context


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
