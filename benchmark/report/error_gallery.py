"""The error gallery of a report: the worst captions, what is wrong with them in words, and their photos.

Seeded samples are drawn again from the row's spec, others are read from their corpus folder. When a sample cannot be
had, its card says why. Nothing here is HTML: texts stay as they are, and the template escapes them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from benchmark.judges.score import ASKED, count_facts, named
from benchmark.report.html_page import thumbnail
from benchmark.report.run_folder import Run
from benchmark.report.statistics import mode, plain
from benchmark.runner import Result
from benchmark.world.content_words import content_words
from benchmark.world.dialogue import Facts
from benchmark.world.sample import Sample, Spec, build

MOST = 24
"""Cards on a page."""
QUERY, MEMORY = 220, 112
"""Pixels on the longer side of the new photo's and of a memory's thumbnail."""
BUDGET = 1_600_000
"""Bytes of photos on a page; cards beyond that have no photos."""
KINDS = {
    "wrong": "Wrong name",
    "silent": "Says it knows nobody, but should",
    "missed": "Known thing missed",
    "leaked": "Tells facts of another thing",
}
"""Kinds of errors, and their headings."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text. A name has a tone: "right" (in the photo), "wrong" (not in it, but in the caption) or "name"."""

    text: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class ShownMemory:
    """A memory on a card: its photo and its dialogue."""

    src: str
    """Data URI of the photo, or "" when the page is full."""
    positive: bool
    """Whether the memory's thing is in the new photo."""
    leaked: bool
    """Whether the caption tells of the memory's thing, which is not in the new photo."""
    when: str
    turns: tuple[tuple[str, tuple[Piece, ...]], ...]
    """(role, text) of each turn."""


@dataclass(frozen=True, slots=True)
class Card:
    """A caption with an error."""

    run: str
    kind: str
    about: str
    """The sample in words."""
    caption: tuple[Piece, ...]
    wrong: tuple[str, ...]
    """Sentences about what is wrong."""
    query: str = ""
    """Data URI of the photo that was captioned."""
    memories: tuple[ShownMemory, ...] = ()
    missing: str = ""
    """Why the card has no photos."""
    size: int = field(default=0, compare=False)
    """Bytes of the card's photos."""


def kind(row: Result) -> str:
    """The key of `KINDS` for a caption, or "" when nothing is wrong."""
    score = row.score
    if score.get("misbinding", [0, 0])[0]:
        return "wrong"
    if score.get("abstained", [0, 0])[0] and row.positives:
        return "silent"
    if "name_recall" in score:
        return "missed" if _lost(row, "name_recall") else "leaked" if _lost(row, "facts_kept") else ""
    return "leaked" if _lost(row, "acc_neg") else "missed" if _lost(row, "acc_pos") else ""


def worst(run: Run, most: int = MOST) -> list[Result]:
    """The model's captions with errors: kinds take turns, and within a kind the worst come first."""
    queues = {k: [r for r in run.of("caption", plain) if kind(r) == k] for k in KINDS}
    for queue in queues.values():
        queue.sort(key=lambda r: (-_badness(r), r.sample))
    turns = [row for i in range(most) for queue in queues.values() for row in queue[i : i + 1]]
    return turns[:most]


def _lost(row: Result, measure: str) -> float:
    """The share that is not right, 0..1; 0 where nothing was asked."""
    right, asked = row.score.get(measure, [0, 0])
    return 1 - right / asked if asked else 0.0


def _badness(row: Result) -> float:
    return sum(_lost(row, m) for m in ("name_recall", "facts_kept", "acc_pos", "acc_neg"))


def cards(runs: Sequence[Run], data: Path | None = None) -> list[Card]:
    """The cards of all runs: at most `MOST`, shared evenly, with thumbnails of `BUDGET` bytes in all."""
    share = max(1, MOST // max(1, len(runs)))
    rows = [(run.label, row) for run in runs for row in worst(run, share)][:MOST]
    from_disk = _samples_of(data, {row.sample for _, row in rows if row.spec is None})
    out, used = [], 0
    for label, row in rows:
        card = _card(label, row, from_disk)
        used += card.size
        if used > BUDGET:
            without = tuple(replace(m, src="") for m in card.memories)
            card = replace(card, query="", memories=without, missing="its photos would make this page too big")
        out.append(card)
    return out


def _samples_of(data: Path | None, wanted: set[str]) -> Mapping[str, Sample]:
    """The wanted samples of a corpus folder, by id."""
    if data is None or not wanted:
        return {}
    from benchmark.datasets.corpus import read

    return {s.id: s for s in read(data) if s.id in wanted}


def _card(label: str, row: Result, from_disk: Mapping[str, Sample]) -> Card:
    """The card of a row, with photos if its sample can be drawn or is in `from_disk`."""
    others = {"stranger": "a stranger in the photo", "given": "given data"}.get(mode(row), f"others: {mode(row)}")
    known = f"{row.positives} known in the photo, {row.episodes} memories, {others}"
    caption = row.texts.get("caption", "")
    card = Card(label, KINDS[kind(row)], known, (Piece(caption),), tuple(_counts(row)))
    try:
        sample = build(Spec(**row.spec)) if row.spec else from_disk.get(row.sample)
    except (FileNotFoundError, TypeError, ValueError) as why:
        return replace(card, missing=f"its photos cannot be drawn here: {why}")
    if sample is None:
        return replace(card, missing="its photos are not here: name their corpus folder with --data")
    if sample.id != row.sample:
        return replace(card, missing="its photos cannot be drawn: samples have changed since this run")
    return _drawn(card, caption, sample)


def _drawn(card: Card, caption: str, sample: Sample) -> Card:
    """The card with the photos and marked names of a sample, and with what is wrong in words."""
    leaks = {i: _leaked(caption, sample, i) for i in range(len(sample.facts)) if i not in sample.positives}
    leaked = {i for i in leaks if leaks[i] or named(caption, sample.facts[i])}
    tones = [
        "right" if i in sample.positives else "wrong" if i in leaked else "name" for i in range(len(sample.context))
    ]
    names = {name: tone for i, tone in enumerate(tones) if (name := _name(sample, i))}
    memories = []
    for i, episode in enumerate(sample.context):
        turns = tuple((t.role, tuple(pieces(t.text, names))) for t in episode.turns)
        when = f"{episode.when.day} {episode.when:%B %Y}" + (f", {episode.place}" if episode.place else "")
        memories.append(ShownMemory(thumbnail(episode.photo, MEMORY), i in sample.positives, i in leaked, when, turns))
    query = thumbnail(sample.query, QUERY)
    return replace(
        card,
        caption=tuple(pieces(caption, names)),
        wrong=tuple(_sentences(caption, sample, leaks)) or card.wrong,
        query=query,
        memories=tuple(sorted(memories, key=lambda m: (not m.positive, not m.leaked))),
        size=len(query) + sum(len(m.src) for m in memories),
    )


def pieces(text: str, names: Mapping[str, str]) -> list[Piece]:
    """The text cut at the names, which get their tones."""
    if not names:
        return [Piece(text)]
    cut = re.split(rf"\b({'|'.join(map(re.escape, sorted(names, key=len, reverse=True)))})\b", text)
    return [Piece(t, names.get(t, "")) for t in cut if t]


def _name(sample: Sample, i: int) -> str:
    """The name of the thing in episode i, or "" where the source has none."""
    if sample.facts:
        return sample.facts[i].name
    return next((q.about for q in sample.questions[i] if q.about), "") if sample.questions else ""


def _leaked(caption: str, sample: Sample, i: int) -> list[str]:
    """Facts that the caption tells of the thing in episode i, which is not in the photo.

    A fact does not count when all its words also stand in facts of the positives.
    """
    shared = {w for p in sample.positives for key in ASKED for w in content_words(getattr(sample.facts[p], key) or "")}
    facts = sample.facts[i]
    alone = {key: Facts(facts.name, **{key: fact}) for key in ASKED if (fact := getattr(facts, key))}
    return [getattr(f, key) for key, f in alone.items() if count_facts(caption, f, shared)[0]]


def _sentences(caption: str, sample: Sample, leaks: Mapping[int, list[str]]) -> list[str]:
    """Sentences about what is wrong with the caption of a seeded sample."""
    there = [sample.facts[i] for i in sample.positives if sample.facts]
    wrong = [sample.facts[i].name for i in leaks if named(caption, sample.facts[i])]
    missed = [f.name for f in there if not named(caption, f)]
    out = []
    if wrong:
        out.append(f"Named, but not in the photo: {', '.join(wrong)}.")
    if missed:
        out.append(f"In the photo, but not named: {', '.join(missed)}.")
    out += [f"Tells facts of {sample.facts[i].name}: {'; '.join(told)}." for i, told in leaks.items() if told]
    for f in there:
        n, total = count_facts(caption, f)
        if f.name not in missed and n < total:
            out.append(f"Leaves out {total - n} of the {total} facts of {f.name}.")
    return out


def _counts(row: Result) -> list[str]:
    """Sentences about what is wrong, from the scores alone."""
    texts = {
        "name_recall": "{} of {} names missing.",
        "acc_pos": "{} of {} questions about things in the photo answered wrong.",
        "acc_neg": "{} of {} questions about other things answered all the same.",
        "facts_kept": "Tells {} of {} facts of other things.",
    }
    return [t.format(f"{n - k:g}", f"{n:g}") for m, t in texts.items() for k, n in [row.score.get(m, [0, 0])] if n > k]
