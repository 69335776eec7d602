"""Quality filters: each rejects what it is there for and keeps what is next to it. One that is switched off fails."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from PIL import Image, ImageEnhance

from assistant.photo import from_image, pixels
from benchmark.datasets.filters import sample_filters, stages
from benchmark.datasets.filters.photo_similarity import difference_hash
from benchmark.datasets.filters.tools import Tools, numbered_questions
from benchmark.world.sample import Sample, Spec, build
from benchmark.world.scene import TWIN_HUES, draw
from memory.episode import Photo, Turn
from tests.support.filter_samples import OWN, STRANGERS, TURNS, TWO, Sees, first


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


def test_an_encoder_must_find_the_positives_before_all_others() -> None:
    table = {e.photo.sha256: [i] for i, e in enumerate(OWN.context)}
    right = Sees(table | {OWN.query.sha256: list(OWN.positives)})
    wrong = Sees(table | {OWN.query.sha256: [OWN.positives[0], *(i for i in range(6) if i not in OWN.positives)]})
    blind = Sees(table | {OWN.query.sha256: []})
    assert sample_filters.shows_claimed(OWN, Tools(encoder=right)) is None
    assert "found in the query" in str(sample_filters.shows_claimed(OWN, Tools(encoder=wrong)))
    assert "found in the query" in str(sample_filters.shows_claimed(OWN, Tools(encoder=blind)))
