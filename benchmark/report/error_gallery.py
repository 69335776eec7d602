"""The error gallery of a report: which captions went worst, what was wrong in words, and the photos to see it on.

Seeded samples are drawn again from the row's spec, others are read from their corpus folder. A sample that cannot be
had says so on its card. Nothing here is HTML: every text stays as it was said, and the template escapes it.
"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from PIL import Image

from benchmark.judges.score import ASKED, count_facts, named
from benchmark.report.statistics import Run, mode, plain
from benchmark.runner import Result
from benchmark.world.dialogue import Facts
from benchmark.world.sample import Sample, Spec, build
from benchmark.world.text import content_words
from memory.episode import Photo

MOST = 24
"""Cards on a page."""
QUERY, MEMORY = 220, 112
"""Pixels on the longer side of a thumbnail."""
BUDGET = 1_600_000
"""Bytes of photos on a page; a card beyond has none."""
KINDS = {
    "wrong": "Wrong name",
    "silent": "Silent, though it should know",
    "missed": "Somebody missed",
    "leaked": "Told of the wrong one",
}


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text; a name has the tone "right" (in the photo), "wrong" (told, not there) or "name"."""

    text: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class ShownPhoto:
    """One memory: its photo and what was said."""

    src: str
    """Data URI, or nothing when the page is full."""
    positive: bool
    guilty: bool
    """It is told in the caption though it is not in the photo."""
    when: str
    turns: tuple[tuple[str, tuple[Piece, ...]], ...]
    """(role, what was said)."""


@dataclass(frozen=True, slots=True)
class Card:
    """One error."""

    run: str
    kind: str
    about: str
    """What the sample is, in words."""
    caption: tuple[Piece, ...]
    wrong: tuple[str, ...]
    query: str = ""
    """Data URI of the photo that was captioned."""
    shots: tuple[ShownPhoto, ...] = ()
    missing: str = ""
    """Why there are no photos."""
    size: int = field(default=0, compare=False)
    """Bytes of its photos."""


def kind(row: Result) -> str:
    """Which of `KINDS` a caption is; nothing when nothing is wrong."""
    score = row.score
    if score.get("misbinding", [0, 0])[0]:
        return "wrong"
    if score.get("abstained", [0, 0])[0] and row.positives:
        return "silent"
    if "name_recall" in score:
        return "missed" if _lost(row, "name_recall") else "leaked" if _lost(row, "facts_kept") else ""
    return "leaked" if _lost(row, "acc_neg") else "missed" if _lost(row, "acc_pos") else ""


def worst(run: Run, most: int = MOST) -> list[Result]:
    """The model's captions that went wrong, worst first within a kind, the kinds taken in turn."""
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


def cards(runs: Sequence[Run], data: Path | None = None, most: int = MOST) -> list[Card]:
    """The cards of all runs together: at most `most`, shared evenly, with thumbnails up to `BUDGET`."""
    share = max(1, most // max(1, len(runs)))
    rows = [(run.label, row) for run in runs for row in worst(run, share)][:most]
    given = _given(data, {row.sample for _, row in rows if row.spec is None})
    out, used = [], 0
    for label, row in rows:
        card = _card(label, row, given)
        used += card.size
        if used > BUDGET:
            bare = tuple(replace(s, src="") for s in card.shots)
            card = replace(card, query="", shots=bare, missing="its photos would make this page too big")
        out.append(card)
    return out


def _given(data: Path | None, wanted: set[str]) -> Mapping[str, Sample]:
    """Samples of a corpus folder by id."""
    if data is None or not wanted:
        return {}
    from benchmark.datasets.corpus import read

    return {s.id: s for s in read(data) if s.id in wanted}


def _card(label: str, row: Result, given: Mapping[str, Sample]) -> Card:
    others = {"stranger": "a stranger in the photo", "given": "given data"}.get(mode(row), f"others: {mode(row)}")
    known = f"{row.positives} known in the photo, {row.episodes} memories, {others}"
    caption = row.texts.get("caption", "")
    card = Card(label, KINDS[kind(row)], known, (Piece(caption),), tuple(_counts(row)))
    try:
        sample = build(Spec(**row.spec)) if row.spec else given.get(row.sample)
    except (FileNotFoundError, TypeError, ValueError) as why:
        return replace(card, missing=f"its photos cannot be drawn here: {why}")
    if sample is None:
        return replace(card, missing="its photos are not here: name their corpus folder with --data")
    if sample.id != row.sample:
        return replace(card, missing="its photos cannot be drawn: samples have changed since this run")
    return _drawn(card, caption, sample)


def _drawn(card: Card, caption: str, sample: Sample) -> Card:
    """The card with photos, names and reasons."""
    leaks = {i: _leaked(caption, sample, i) for i in range(len(sample.facts)) if i not in sample.positives}
    guilty = {i for i in leaks if leaks[i] or named(caption, sample.facts[i])}
    tones = [
        "right" if i in sample.positives else "wrong" if i in guilty else "name" for i in range(len(sample.context))
    ]
    names = {name: tone for i, tone in enumerate(tones) if (name := _name(sample, i))}
    shots = []
    for i, episode in enumerate(sample.context):
        turns = tuple((t.role, tuple(pieces(t.text, names))) for t in episode.turns)
        when = f"{episode.when.day} {episode.when:%B %Y}" + (f", {episode.place}" if episode.place else "")
        shots.append(ShownPhoto(_thumbnail(episode.photo, MEMORY), i in sample.positives, i in guilty, when, turns))
    query = _thumbnail(sample.query, QUERY)
    return replace(
        card,
        caption=tuple(pieces(caption, names)),
        wrong=tuple(_words(caption, sample, leaks)) or card.wrong,
        query=query,
        shots=tuple(sorted(shots, key=lambda s: (not s.positive, not s.guilty))),
        size=len(query) + sum(len(s.src) for s in shots),
    )


def pieces(text: str, names: Mapping[str, str]) -> list[Piece]:
    """The text cut at the names, each with its tone."""
    if not names:
        return [Piece(text)]
    cut = re.split(rf"\b({'|'.join(map(re.escape, sorted(names, key=len, reverse=True)))})\b", text)
    return [Piece(t, names.get(t, "")) for t in cut if t]


def _name(sample: Sample, i: int) -> str:
    """What the thing of an episode is called, where the source says."""
    if sample.facts:
        return sample.facts[i].name
    return next((q.about for q in sample.questions[i] if q.about), "") if sample.questions else ""


def _leaked(caption: str, sample: Sample, i: int) -> list[str]:
    """What was said of the thing of episode i, which is not in the photo, and is told."""
    true = {w for p in sample.positives for key in ASKED for w in content_words(getattr(sample.facts[p], key) or "")}
    facts = sample.facts[i]
    alone = {key: Facts(facts.name, **{key: fact}) for key in ASKED if (fact := getattr(facts, key))}
    return [getattr(f, key) for key, f in alone.items() if count_facts(caption, f, true)[0]]


def _words(caption: str, sample: Sample, leaks: Mapping[int, list[str]]) -> list[str]:
    """What is wrong with the caption of a seeded sample."""
    there = [sample.facts[i] for i in sample.positives if sample.facts]
    wrong = [sample.facts[i].name for i in leaks if named(caption, sample.facts[i])]
    missed = [f.name for f in there if not named(caption, f)]
    out = []
    if wrong:
        out.append(f"Named, but not in the photo: {', '.join(wrong)}.")
    if missed:
        out.append(f"In the photo, but not named: {', '.join(missed)}.")
    out += [f"Tells what was said of {sample.facts[i].name}: {'; '.join(said)}." for i, said in leaks.items() if said]
    for f in there:
        n, of = count_facts(caption, f)
        if f.name not in missed and n < of:
            out.append(f"Leaves out {of - n} of the {of} things said of {f.name}.")
    return out


def _counts(row: Result) -> list[str]:
    """What is wrong as far as the scores alone tell."""
    texts = {
        "name_recall": "{} of {} names missing.",
        "acc_pos": "{} of {} questions about what is in the photo answered wrong.",
        "acc_neg": "{} of {} questions about what is not in the photo answered all the same.",
        "facts_kept": "Tells {} of {} things said of others.",
    }
    return [t.format(f"{n - k:g}", f"{n:g}") for m, t in texts.items() for k, n in [row.score.get(m, [0, 0])] if n > k]


def _thumbnail(photo: Photo, side: int) -> str:
    """A small WebP as a data URI."""
    with Image.open(io.BytesIO(photo.data)) as image:
        small = image.convert("RGB")
    small.thumbnail((side, side))
    out = io.BytesIO()
    small.save(out, "WEBP", quality=68, method=4)
    return f"data:image/webp;base64,{base64.b64encode(out.getvalue()).decode()}"
