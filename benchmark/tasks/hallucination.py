"""Hallucination: does a plain description, without memories, name what is in the photo and nothing else?

On drawn scenes, whose contents are known, objects are counted as in CHAIR (arXiv 1809.02156), by the words of all
concepts of the picture world. On described photos (`read_references`, the form of DOCCI, arXiv 2404.19753) the words
that caption and description share are counted. This count knows no synonyms, word order or attributes, and a true
detail that the description lacks counts against a caption: it can compare two models on the same photos, no more. A
chat judge, where there is one, compares sentence by sentence besides.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from assistant import prompt
from assistant.photo import load_photo
from benchmark.judges.judge import Judge, Lexical, split_sentences
from benchmark.judges.score import Scores
from benchmark.runner import CachedWriter, Condition, Texts
from benchmark.world.concepts import Concept, all_concepts
from benchmark.world.content_words import content_words
from benchmark.world.sample import Sample
from memory.errors import KeepsakeError

KINDS = {
    "animal": "animal creature pet",
    "plant": "plant flower tree",
    "food": "food fruit vegetable meal drink dish",
    "vehicle": "vehicle",
    "person": "person man woman people figure character",
    "thing": "object thing item",
    "place": "place landscape building",
}
"""General words for the concepts of a kind: each is right, but not specific."""
SHOWN = "What does the photo show?"
"""The question to which a description is the reply, as the judge reads it."""
FOLDERS = ("", "images")
"""Folders, relative to the file of descriptions, in which its photos may lie."""


def detail(writer: CachedWriter, name: str = "detail") -> Condition:
    """The model describes a drawn scene plainly; scored by `chair`."""

    def scores(texts: Texts, sample: Sample) -> Scores:
        return chair(texts["caption"], sample)

    return Condition(name, _describing(writer), scores)


def chair(caption: str, sample: Sample) -> Scores:
    """hallucinated: things mentioned that are not in the photo. missed: things in the photo of which neither their word
    nor their kind is said. specific: things in the photo that are called by their word.

    "bear" and "apple" are right about a polar bear and a red apple, and "polar bear" about a bear; "red apple" is wrong
    about a green one. "animal" is right about a bear, "thing" about a lamp; such general words are no hallucinations.
    """
    shown = [concept_by_code()[look.code] for look in sample.shown]
    mentioned, words = mentions(caption), content_words(caption)
    wrong = [not any(_fits(word, c) or word in KINDS[c.kind].split() for c in shown) for word in mentioned]
    specific = [any(_fits(word, c) for word in mentioned) for c in shown]
    covered = [s or not words.isdisjoint(KINDS[c.kind].split()) for s, c in zip(specific, shown, strict=True)]
    return {
        "hallucinated": (sum(wrong), len(mentioned)),
        "missed": (covered.count(False), len(shown)),
        "specific": (sum(specific), len(shown)),
    }


def mentions(text: str) -> list[str]:
    """The distinct concept words that a text says, in order; "polar bear" counts as one word, not also as "bear"."""
    return list(dict.fromkeys(match[1] for match in _concept_words().finditer(text.lower().replace("'", "’"))))


def _fits(word: str, concept: Concept) -> bool:
    """Whether a word is right about a concept: one contains all words of the other."""
    words, concept_words = set(word.split()), set(concept.word.lower().split())
    return words <= concept_words or concept_words <= words


@cache
def concept_by_code() -> dict[str, Concept]:
    """Every concept of the picture world by its code."""
    return {c.code: c for c in all_concepts()}


@cache
def _concept_words() -> re.Pattern[str]:
    """Matches a concept's word, or the last part of it ("apple"), singular or plural."""
    words = {c.word.lower() for c in all_concepts() if c.kind != "sign"}
    words |= {last for word in words if len(last := word.split()[-1]) > 2}
    longest_first = sorted(words, key=lambda w: (-len(w), w))
    return re.compile(rf"(?<!\w)({'|'.join(map(re.escape, longest_first))})(?:e?s)?(?!\w)")


def read_references(path: Path, most: int) -> list[tuple[Sample, str]]:
    """At most `most` described photos of a JSON Lines file: a sample without memories and the description for each.

    A line has "image_file" (in the file's folder or in "images" beside it) and "description", as in DOCCI. Where lines
    have a "split", those of "test" are taken. Raises KeepsakeError naming file, line and what is wrong, PhotoError for
    a photo that cannot be read.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise KeepsakeError(f"cannot read the descriptions {path.name}: {error}") from error
    rows = [_row(line, f"{path.name}, line {number}") for number, line in enumerate(lines, 1) if line.strip()]
    tested = [row for row in rows if row.get("split") == "test"]
    described: list[tuple[Sample, str]] = []
    for row in (tested or rows)[:most]:
        files = [path.parent / folder / row["image_file"] for folder in FOLDERS]
        photo = load_photo(next((f for f in files if f.is_file()), files[0]))
        described.append((Sample((), photo, ()), row["description"]))
    return described


def _row(line: str, where: str) -> dict[str, str]:
    """Parse a line of descriptions. Raises KeepsakeError that begins with `where`."""
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise KeepsakeError(f"{where}: not JSON: {error}") from error
    for key in ("image_file", "description"):
        if not isinstance(row, dict) or not isinstance(row.get(key), str) or not row[key].strip():
            raise KeepsakeError(f"{where}: needs the field {key!r} with text in it")
    return row


def against_references(writer: CachedWriter, written: Mapping[str, str], judge: Judge | None = None) -> Condition:
    """The model describes photos plainly; scored against a person's descriptions (`written`, by sample id).

    covered: content words of the person's description that the model says. beyond: content words of the model that the
    description lacks; they may well be true. With a chat `judge` also `judged`.
    """

    def scores(texts: Texts, sample: Sample) -> Scores:
        caption, description = texts["caption"], written[sample.id]
        words, wanted = content_words(caption), content_words(description)
        counted: Scores = {"covered": (len(words & wanted), len(wanted)), "beyond": (len(words - wanted), len(words))}
        if judge is None or judge.name == Lexical.name:  # which knows the words of drawn scenes only
            return counted
        return {**counted, **judged(caption, description, judge)}

    return Condition("detail/references", _describing(writer), scores)


def judged(caption: str, description: str, judge: Judge) -> Scores:
    """told: sentences of the description that the judge finds told in the caption. borne_out: sentences of the caption
    that the judge finds told in the description. unread: verdicts of neither kind."""
    of_person, of_model = split_sentences(description), split_sentences(caption)
    asked = [(SHOWN, sentence, caption) for sentence in of_person]
    asked += [(SHOWN, sentence, description) for sentence in of_model]
    verdicts = judge.check_replies(asked)
    told, borne_out = verdicts[: len(of_person)], verdicts[len(of_person) :]
    return {
        "told": (told.count(True), len(told)),
        "borne_out": (borne_out.count(True), len(borne_out)),
        "unread": (verdicts.count(None), len(verdicts)),
    }


def _describing(writer: CachedWriter) -> Callable[[Sample], Texts]:
    return lambda sample: {"caption": writer.write(prompt.describe_messages(sample.query))}
