"""Sentences that follow from what was told in other words: what becomes of them, and of whom they are told."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from assistant.grounding.entailment.claim_judge import Verdict
from assistant.grounding.entailment.entailed import claim_of, told_by, verified
from assistant.grounding.quotes.quotation import Quotable
from assistant.reader.claim_verifier import shipped
from memory.errors import ModelError
from tests.support.grounded import BRUNO, OSKAR, check, recall


class Sure:
    """A verifier that is sure of the claims that a function names."""

    def __init__(self, follows: Callable[[str, str], bool]) -> None:
        self._follows = follows

    def logit(self, claim: str, told: str) -> float:
        return 5.0 if self._follows(claim, told) else -5.0


def quotables(*, sure: bool = True) -> list[Quotable]:
    found = [recall(BRUNO), recall(OSKAR, place="Graz", sure=sure)]
    return [Quotable(one.episode, one.episode.day, one.certainty, True) for one in found]


OWNS = "Your uncle owns Oskar."


def test_the_memory_that_it_follows_from_tells_it() -> None:
    one, other = quotables()
    of_oskar = Sure(lambda claim, told: "Oskar" in told)
    assert verified(OWNS, "", [one, other], of_oskar) == Verdict(OWNS, "told", (other.episode.id,))
    assert verified(OWNS, "", quotables(sure=False), of_oskar).kind == "maybe"
    assert verified(OWNS, "", [one], of_oskar).kind == "unsupported"
    assert verified(OWNS, "", [], of_oskar).kind == "unsupported"


def test_what_has_no_word_of_a_memory_is_seen() -> None:
    always = Sure(lambda claim, told: True)
    assert verified("A dog lies on the grass.", "", quotables(), always).kind == "seen"
    assert verified("He lies in Graz.", "", quotables()[1:], always).kind == "told"


def test_a_damaged_network_shows_nothing() -> None:
    class Damaged:
        def logit(self, claim: str, told: str) -> float:
            raise ModelError("verifier.onnx is not the file of the manifest")

    assert verified(OWNS, "", quotables(), Damaged()).kind == "unsupported"


@pytest.mark.parametrize(
    "made_up", ["John owns Oskar.", "Your uncle owns Oskar since 2019.", "Your uncle owns Oskar and 3 cats."]
)
def test_names_days_and_numbers_are_nobodys_to_guess(made_up: str) -> None:
    assert verified(made_up, "", quotables(), Sure(lambda claim, told: True)).kind == "unsupported"
    assert verified("Oskar was in Graz on 12 May 2025.", "", quotables(), Sure(lambda claim, told: True)).kind == "told"


WILMA = "This is Wilma and she belongs to my sister Katrin who got her from a shelter in Romania last winter."


def shown(text: str, question: str | None = None) -> str:
    return check(text, recall(WILMA, by_sight=True), question=question, may_say="seen", verifier=shipped()).shown


def test_a_model_that_writes_freely_is_shown_what_it_says_rightly() -> None:
    answer = "Your sister Katrin adopted her last winter, from a shelter in Romania."
    assert shown(answer, "where did she come from?") == answer
    assert answer not in check(answer, recall(WILMA), question="where did she come from?", may_say="seen").shown
    wrong = "Your sister Katrin bought her from a breeder in Spain."
    assert wrong not in shown(wrong, "where did she come from?")


@pytest.mark.parametrize(("day", "place", "photo"), [(True, "Graz", " (Photo: 12 May 2025, Graz.)"), (False, None, "")])
def test_the_network_reads_question_and_photo_too(day: bool, place: str | None, photo: str) -> None:
    when = quotables()[0].day if day else None
    assert told_by(BRUNO, when, place) == BRUNO + photo
    assert claim_of("In Rome.", "where was it?") == "where was it? In Rome." and claim_of("In Rome.", "") == "In Rome."
