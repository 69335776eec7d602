"""Which sentence is quoted, on questions of notes that nothing was fitted to."""

from __future__ import annotations

from collections import Counter
from functools import cache

import numpy as np

from assistant.grounding.claims import sentences
from benchmark.grounding import quote_fit, short_answers
from benchmark.grounding.quote_fit import Weighed
from benchmark.grounding.quote_rates import Asked, _holds, _line, asked_of, lines, outcomes
from benchmark.notes.plain_notes import PlainNote, PlainQuestion

NOTES = 24
"""Of the dev split."""


@cache
def verdicts(way: str) -> Counter[tuple[str, str]]:
    return Counter((one.asked.kind, one.verdict) for one in outcomes("dev", way, NOTES))


def share(way: str, kind: str, verdict: str) -> float:
    counts = verdicts(way)
    return counts[kind, verdict] / sum(n for (asked, _), n in counts.items() if asked == kind)


def test_the_reader_finds_more_than_rules_and_less_where_nothing_was_told() -> None:
    by_rules, by_reader = share("rules alone", "ask", "right"), share("by the reader", "ask", "right")
    assert by_rules > 0.65 and by_reader > 0.8, (by_rules, by_reader)
    assert share("by the reader", "ask", "wrong") < 0.06
    assert share("by the reader", "untold", "none") > share("rules alone", "untold", "none")


def test_where_the_model_says_it_was_not_told_less_is_quoted() -> None:
    assert share("after silence", "untold", "none") > share("by the reader", "untold", "none")
    assert share("after silence", "absent", "none") > 0.95


def test_the_rates_are_said_in_lines() -> None:
    found = lines("dev", 2)
    assert len(found) == 9 and found[0].startswith("rules alone    ask     right ")


def test_what_is_quoted_wrongly_is_listed_with_its_note() -> None:
    wrongly = [one for one in outcomes("dev", "by the reader", NOTES) if not one.is_as_wanted]
    listed = lines("dev", NOTES, errors=True)[9:]
    assert len(listed) == len(wrongly) > 0
    assert all(one.asked.note in line and one.verdict in line for one, line in zip(wrongly, listed, strict=True))


def test_of_plain_notes_the_quotation_begins_with_the_sentence_that_answers() -> None:
    note = PlainNote("It rained. Rocky turned nine. He slept.", (PlainQuestion("how old is he", (24, 28)),))
    assert note.text[24:28] == "nine"
    line = _line(note, 24)
    assert line == "Rocky turned nine." and _holds(line, "nine", "You told me: “Rocky turned nine. He slept.”")
    assert not _holds(line, "nine", "You told me: “It rained. Rocky turned nine.”")
    assert _holds("Up early, we fed Rocky, who is nine.", "nine", "You told me: “… Rocky, who is nine.”")
    assert not _holds("Up early, we fed Rocky, who is nine.", "nine", "You told me: “Up early …”")


def test_a_sentence_that_answers_is_told_from_one_that_does_not() -> None:
    for one in [*asked_of("dev", 3), *asked_of("plain", 3)]:
        found = [line for line in sentences(one.note) if one.in_sentence(line)]
        assert bool(found) is (one.kind == "ask"), (one.question, found)


def test_the_regression_finds_what_decides() -> None:
    rng = np.random.default_rng(0)
    seen = np.column_stack([rng.normal(size=4000), rng.integers(0, 2, 4000), rng.normal(size=4000), np.ones(4000)])
    right = rng.random(4000) < 1 / (1 + np.exp(-(1.5 * seen[:, 0] + 2 * seen[:, 1] - 1)))
    asked = Asked("", "", "ask", bool, bool)
    weights = quote_fit._fitted([[Weighed(asked, seen[n : n + 4], right[n : n + 4]) for n in range(0, 4000, 4)]])
    assert np.abs(weights - [1.5, 2, 0, -1]).max() < 0.25, weights


def test_names_and_facts_that_answer_nothing_are_shown_less_than_answers() -> None:
    found = short_answers.rates("dev", NOTES)
    shares = {sort: one["shown"] / one.total() for sort, one in found.items()}
    assert shares["right"] > 0.65 and shares["a name, untold"] < 0.4 and shares["a fact, untold"] < 0.45, shares
    assert [line.split()[2] for line in short_answers.lines("dev", 1)] == ["right", "a", "a", "by", "by"]
