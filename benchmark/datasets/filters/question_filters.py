"""Filters of questions: each returns, for all questions of a sample, what is wrong with them in words, or None.

A good question is answered in its dialogue, and cannot be answered from the photo alone nor by a guess.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace

from assistant.backend import Message
from benchmark.datasets.filters.tools import Tools, numbered_questions
from benchmark.judges.llm_judge import verdict
from benchmark.world.concepts import all_concepts
from benchmark.world.content_words import canonical_words
from benchmark.world.question import LETTERS, UNKNOWN, Question
from benchmark.world.sample import Sample
from memory.episode import Episode, Photo

DIALOGUE_SHARE = 0.7
"""Share of the right option's content words that the user must have said."""
VISIBLE_SHARE = 0.5
"""Share of the right option's content words that name what a drawn query shows, from which on sight alone answers."""
GUESSED = 2
"""In how many of three orders of the options a guesser must find the right one to count as knowing it: a guesser that
always says the same letter is right in one order."""
SEE = (
    "Answer the question from this photo alone. You know nothing about it besides what can be seen. Choose A, B or C "
    "if the photo shows it, D if it does not. End with the letter in a box, as in \\boxed{D}."
)


def fact_in_dialogue(sample: Sample, tools: Tools) -> list[str | None]:
    """The user said the right option's words, and more of them than of each wrong option's."""
    return [_not_in_dialogue(sample.context[i], question) for i, question in numbered_questions(sample)]


def _not_in_dialogue(episode: Episode, question: Question) -> str | None:
    words = canonical_words(episode.words)
    right = _share(question.right, words)
    if right < DIALOGUE_SHARE:
        return f"{right:.0%} of {question.right!r} stands in the dialogue"
    for option in question.options:
        if option != question.right and _share(option, words) >= right:
            return f"the wrong option {option!r} stands in the dialogue as well"
    return None


def not_visible(sample: Sample, tools: Tools) -> list[str | None]:
    """The query photo alone does not answer: by the words for what was drawn, or by a model that sees the photo.

    The model is asked about positives only: no other thing is in the photo.
    """
    questions = numbered_questions(sample)
    if sample.shown:
        return _named_by_sight(sample, questions)
    reasons: list[str | None] = [None] * len(questions)
    if tools.endpoint is not None:
        about_positives = [n for n, (i, _) in enumerate(questions) if i in sample.positives]
        orders = [order for n in about_positives for order in _orders(questions[n][1])]
        replies = tools.endpoint.ask([see_prompt(sample.query, order) for order in orders])
        counts = _times_right(orders, [verdict(reply).letter for reply in replies])
        for n, times in zip(about_positives, counts, strict=True):
            if times >= GUESSED:
                reasons[n] = f"answered from the query photo alone in {times} of 3 orders of the options"
    return reasons


def _named_by_sight(sample: Sample, questions: list[tuple[int, Question]]) -> list[str | None]:
    """Whether the words for what a drawn query shows answer each question."""
    concepts = {c.code: c for c in all_concepts()}
    visible = {w for look in sample.shown for w in _stems(f"{concepts[look.code].word} {concepts[look.code].kind}")}
    shares = [(question.right, _share(question.right, visible)) for _, question in questions]
    return [
        f"{share:.0%} of {right!r} names what the query shows" if share >= VISIBLE_SHARE else None
        for right, share in shares
    ]


def see_prompt(photo: Photo, question: Question) -> tuple[Message, ...]:
    """The request to a model that sees: the photo, one question, four options."""
    options = zip("ABCD", (*question.options, UNKNOWN), strict=True)
    lines = "\n".join(f"{letter}. {text}" for letter, text in options)
    return (Message("user", (photo, f"{SEE}\n\nQuestion: {question.text}\n{lines}")),)


def needs_context(sample: Sample, tools: Tools) -> list[str | None]:
    """A judge that gets no caption does not find the right option."""
    orders = [order for _, question in numbered_questions(sample) for order in _orders(question)]
    letters = [v.letter for v in tools.judge.choose([("", order) for order in orders])]
    return [
        f"answered without a caption in {times} of 3 orders of the options" if times >= GUESSED else None
        for times in _times_right(orders, letters)
    ]


def _times_right(orders: list[Question], letters: list[str | None]) -> list[int]:
    """For each question, in how many of its three orders the letter is the right one."""
    right = [letter == order.answer for letter, order in zip(letters, orders, strict=True)]
    return [sum(right[n : n + 3]) for n in range(0, len(right), 3)]


def _orders(question: Question) -> list[Question]:
    """The question with its options in three rotations: the right option stands at A, B and C once."""
    right = LETTERS.index(question.answer)
    rotations = []
    for k in range(3):
        a, b, c = (question.options[(i + k) % 3] for i in range(3))
        rotations.append(replace(question, options=(a, b, c), answer=LETTERS[(right - k) % 3]))
    return rotations


def _share(option: str, words: Set[str]) -> float:
    """Share of an option's content words that are among `words`, singular or plural."""
    wanted, there = _stems(option), {_stem(w) for w in words}
    return len(wanted & there) / len(wanted) if wanted else 0.0


def _stems(text: str) -> set[str]:
    return {_stem(w) for w in canonical_words(text)}


def _stem(word: str) -> str:
    return word.removesuffix("s") if len(word) > 3 else word
