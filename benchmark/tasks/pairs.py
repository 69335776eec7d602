"""The pair task: "Is the same thing in both photos?", about a remembered photo and a new one (`same_thing_messages`).

Omni-Persona (arXiv 2605.09996) trains on such pairs ("verify"). Here a sample gives two: the photo with the memory of
what it shows, and with another memory; a photo of a stranger gives one. A model's answer is its last "yes" or "no";
`benchmark calibrate --verify` compares probabilities instead, on real photos, before a model may check recalls.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from assistant import prompt
from assistant.backend import Message
from benchmark.judges.score import Scores
from benchmark.runner import CachedWriter, Condition, Texts
from benchmark.world.sample import Sample
from memory.episode import Photo


class Pair(NamedTuple):
    """Two photos, and whether they show the same thing."""

    known: Photo
    photo: Photo
    same: bool

    @property
    def messages(self) -> tuple[Message, ...]:
        """The question as the app asks it."""
        return prompt.same_thing_messages(self.known, self.photo)


def pairs_of(sample: Sample) -> list[Pair]:
    """The pairs of a sample: one of the same thing and one of two things, as far as there are such memories."""
    at = int(sample.id, 16)
    others = [i for i in range(len(sample.context)) if i not in sample.positives]
    found = [(some[at % len(some)], same) for some, same in ((sample.positives, True), (others, False)) if some]
    return [Pair(sample.context[i].photo, sample.query, same) for i, same in found]


def one_pair(sample: Sample) -> Pair:
    """One of a sample's pairs: in half of the samples the first, in the others the last."""
    found = pairs_of(sample)
    return found[int(sample.id[-1], 16) % len(found)]


def said(text: str) -> bool | None:
    """Whether a text says yes, by its last "yes" or "no"; None where it says neither."""
    words = re.findall(r"\b(yes|no)\b", text, re.IGNORECASE)
    return words[-1].lower() == "yes" if words else None


def pair_task(writer: CachedWriter) -> Condition:
    """The condition "pair", for any sample; see `pair_scores`."""

    def write(sample: Sample) -> Texts:
        """Ask about each pair."""
        return {_name(pair): writer.write(pair.messages) for pair in pairs_of(sample)}

    return Condition("pair", write, pair_scores)


def pair_scores(texts: Texts, sample: Sample) -> Scores:
    """same: pairs of one thing called the same. other: pairs of two things called different. pairs: both.

    unread: texts that say neither yes nor no; they are wrong in all.
    """
    found = [(pair.same, said(texts[_name(pair)])) for pair in pairs_of(sample)]
    right = {same: [word is same for truth, word in found if truth is same] for same in (True, False)}
    return {
        "same": (sum(right[True]), len(right[True])),
        "other": (sum(right[False]), len(right[False])),
        "pairs": (sum(right[True] + right[False]), len(found)),
        "unread": (sum(word is None for _, word in found), len(found)),
    }


def _name(pair: Pair) -> str:
    """The name of a pair's text."""
    return "same" if pair.same else "other"
