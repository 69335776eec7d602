"""Training pairs for the verifier, a claim and a memory: from a fluent model's labelled texts, and from plain notes.

Every sentence of a caption is a claim of its own, since the check judges sentences one by one; of a caption labelled
wrong, the sentence in "part" was not told, and the others were. A plain note gives two claims for each of its
questions: with its own answer, which was told, and with the answer to another question, which is wrong.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from assistant.grounding.claims import sentences
from assistant.grounding.entailment.entailed import claim_of, told_by
from assistant.grounding.words.second_person import as_a_sentence, to_the_user
from assistant.grounding.words.tokens import tokens
from benchmark.grounding.fluent_texts import scenes
from benchmark.notes.plain_notes import PlainNote, plain_notes

OTHER = 0.2
"""How often a right text is also paired with the memory of another scene."""
NOTES = 0.4
"""Pairs from plain notes in an epoch, for each pair from the labelled texts."""


class Pair(NamedTuple):
    """A claim, and the text of a memory that tells it or does not."""

    question: str
    """The claim, in the place of the reader's question."""
    text: str
    told: bool
    answer: None = None


def epoch_pairs(epoch: int) -> list[Pair]:
    """The pairs of one epoch, from the training splits."""
    rng = random.Random(epoch)
    train = scenes("train")
    pairs = [pair for scene in train for pair in _of_scene(scene, rng.choice(train), rng)]
    notes = [pair for note in plain_notes("train") for pair in _of_note(note, rng)]
    return pairs + rng.sample(notes, min(len(notes), round(NOTES * len(pairs))))


def memory_text(memory: dict[str, Any]) -> str:
    """A scene's memory as the text that the network reads: words, day and place."""
    return told_by(memory["words"], date.fromisoformat(memory["day"]), memory["place"])


def _of_scene(scene: dict[str, Any], other: dict[str, Any], rng: random.Random) -> Iterator[Pair]:
    for one in scene["texts"]:
        question, text, right = one["question"] or "", one["text"], one["label"] == "right"
        for part in [text] if question else sentences(text):
            told = right or part != one.get("part", part)
            memory = _nearest(text, scene["memories"]) if told else scene["memories"][0]
            yield Pair(claim_of(part, question), memory_text(memory), told)
        if right and other is not scene and rng.random() < OTHER:
            yield Pair(claim_of(text, question), memory_text(rng.choice(other["memories"])), False)


def _nearest(text: str, memories: list[dict[str, Any]]) -> dict[str, Any]:
    """The memory that shares the most content words with a text."""
    said = {t.stem for t in tokens(text) if t.content}
    return max(memories, key=lambda one: len(said & {t.stem for t in tokens(memory_text(one)) if t.content}))


def _of_note(note: PlainNote, rng: random.Random) -> Iterator[Pair]:
    spans = [note.text[slice(*answer)] for _, answer in note.questions if answer]
    for question, answer in note.questions:
        told = note.text[slice(*answer)] if answer else ""
        others = [span for span in spans if told not in span and span not in told] if told else spans
        for span, right in ((told, True), (rng.choice(others) if others else "", False)):
            if span:
                said = as_a_sentence(to_the_user(span), question).rstrip(".") + "."
                yield Pair(claim_of(said, question), note.text, right)
