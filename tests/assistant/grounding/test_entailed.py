"""Sentences that follow from what was told in other words: what becomes of them, and of whom they are told."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from assistant.grounding.entailed import claim_of, told_by, verified
from assistant.grounding.quotes.quotation import Quotable
from memory.errors import ModelError
from tests.support.grounded import BRUNO, OSKAR, recall


class Sure:
    """A verifier that is sure of the claims that a function names."""

    def __init__(self, follows: Callable[[str, str], bool]) -> None:
        self._follows = follows

    def logit(self, claim: str, told: str) -> float:
        return 5.0 if self._follows(claim, told) else -5.0


def quotables(*, sure: bool = True) -> list[Quotable]:
    found = [recall(BRUNO), recall(OSKAR, place="Graz", sure=sure)]
    return [Quotable(one.episode, one.episode.day, one.certainty, True) for one in found]


def test_the_memory_that_it_follows_from_tells_it() -> None:
    one, other = quotables()
    of_oskar = Sure(lambda claim, told: "Oskar" in told)
    assert verified("Your uncle owns Oskar.", "", [one, other], of_oskar).episodes == (other.episode.id,)
    assert verified("Your uncle owns Oskar.", "", [one, other], of_oskar).kind == "told"
    assert verified("Your uncle owns Oskar.", "", quotables(sure=False), of_oskar).kind == "maybe"
    assert verified("Your uncle owns Oskar.", "", [one], of_oskar).kind == "unsupported"
    assert verified("Your uncle owns Oskar.", "", [], of_oskar).kind == "unsupported"


def test_what_has_no_word_of_a_memory_is_seen() -> None:
    always = Sure(lambda claim, told: True)
    assert verified("A dog lies on the grass.", "", quotables(), always).kind == "seen"
    assert verified("He lies in Graz.", "", quotables()[1:], always).kind == "told"


def test_a_damaged_network_shows_nothing() -> None:
    class Damaged:
        def logit(self, claim: str, told: str) -> float:
            raise ModelError("verifier.onnx is not the file of the manifest")

    assert verified("Your uncle owns Oskar.", "", quotables(), Damaged()).kind == "unsupported"


@pytest.mark.parametrize(("day", "place", "photo"), [(True, "Graz", " (Photo: 12 May 2025, Graz.)"), (False, None, "")])
def test_the_network_reads_question_and_photo_too(day: bool, place: str | None, photo: str) -> None:
    when = quotables()[0].day if day else None
    assert told_by(BRUNO, when, place) == BRUNO + photo
    assert claim_of("In Rome.", "where was it?") == "where was it? In Rome." and claim_of("In Rome.", "") == "In Rome."
