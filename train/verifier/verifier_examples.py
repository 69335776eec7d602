"""Claims and what was told, for the verifier: from the labelled texts of a fluent model, and from the plain notes.

A caption gives each of its sentences: the check judges them one by one. Of a wrong one the "part" is wrong, and the
rest is right. A plain note gives its questions with their answers, and with those of its other questions, which are no
answers to them.
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
"""Pairs of the plain notes in an epoch, for each of the labelled texts."""


class Pair(NamedTuple):
    """A claim, and a text that says it or does not."""

    question: str
    """The claim: it stands where the reader has its question."""
    text: str
    told: bool
    answer: None = None


def drawn(epoch: int) -> list[Pair]:
    """The pairs of one epoch from what is for training."""
    rng = random.Random(epoch)
    train = scenes("train")
    pairs = [pair for scene in train for pair in _of_scene(scene, rng.choice(train), rng)]
    notes = [pair for note in plain_notes("train") for pair in _of_note(note, rng)]
    return pairs + rng.sample(notes, min(len(notes), round(NOTES * len(pairs))))


def memory_text(memory: dict[str, Any]) -> str:
    """A memory of a scene as the network takes it."""
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
    """The memory with the most words of a text."""
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
