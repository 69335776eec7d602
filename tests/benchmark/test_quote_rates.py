"""Which sentence is quoted, on questions of notes that nothing was fitted to."""

from __future__ import annotations

from functools import cache

from benchmark.grounding import short_answers
from benchmark.grounding.quote_rates import lines, rates

NOTES = 24
"""Of the dev split."""
counted = cache(rates)


def share(way: str, kind: str, outcome: str) -> float:
    counts = counted("dev", way, NOTES)
    return counts[kind, outcome] / sum(n for (asked, _), n in counts.items() if asked == kind)


def test_the_right_sentence_is_quoted_and_meaning_helps() -> None:
    by_rules, by_meaning = share("rules alone", "ask", "right"), share("with meaning", "ask", "right")
    assert by_rules > 0.65 and by_meaning > 0.72, (by_rules, by_meaning)
    assert share("with meaning", "ask", "wrong") < 0.1


def test_where_the_model_says_it_was_not_told_less_is_quoted() -> None:
    assert share("after silence", "untold", "none") > share("with meaning", "untold", "none")
    assert share("after silence", "absent", "none") > 0.9


def test_the_rates_are_said_in_lines() -> None:
    found = lines("dev", 2)
    assert len(found) == 9 and found[0].startswith("rules alone    ask     right ")


def test_names_and_facts_that_answer_nothing_are_shown_less_than_answers() -> None:
    found = short_answers.rates("dev", NOTES)
    shares = {sort: one["shown"] / one.total() for sort, one in found.items()}
    assert shares["right"] > 0.75 and shares["a name, untold"] < 0.35 and shares["a fact, untold"] < 0.45, shares
    assert [line.split()[2] for line in short_answers.lines("dev", 1)] == ["right", "a", "a", "by", "by"]
