"""Builds a corpus: drafts of a source go through the filters into a folder with a report and a card.

A draft is settled before the next one, in the source's order, so that a build killed at any time goes on and ends with
the same bytes. All counts of the report are taken from the files, not from what the process remembers.
"""

from __future__ import annotations

import json
import shlex
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmark.datasets import corpus, data_card
from benchmark.datasets.corpus import Rejected, SampleRow
from benchmark.datasets.corpus_writer import CorpusWriter
from benchmark.datasets.filters import stages
from benchmark.datasets.filters.photo_similarity import difference_hash
from benchmark.datasets.filters.tools import Tools, numbered_questions
from benchmark.datasets.source import Draft, Source, Unusable
from benchmark.world.sample import Sample
from memory import files
from memory.errors import KeepsakeError

REPORT = "build.json"
PATIENCE = 200
"""A build gives up after this many rejected drafts in a row: something is wrong with the source or a filter."""
LEVELS = ("source", "sample", "question")
Settings = dict[str, Any]
"""All options that the samples depend on, in the order of the command."""


def build(
    source: Source, tools: Tools, folder: Path, positives: Sequence[int], n: int, settings: Settings
) -> dict[str, Any]:
    """Write `n` samples for each number of positives, or as many as the source has, and return the report.

    Raises KeepsakeError when the folder holds another build, when no sample passes the filters, or when `PATIENCE`
    drafts in a row are rejected.
    """
    _claim(folder, settings)
    data = CorpusWriter(folder)
    for k in positives:
        _fill(data, source, tools, k, n)
    if not data.accepted:
        raise KeepsakeError(f"{folder}: no sample passed; see {corpus.REJECTED} there for the reasons")
    report = {**_head(settings, True), "about": source.about(), **count(folder, tools)}
    files.write_json(folder / REPORT, report)
    data_card.write_card(folder, report)
    return report


def _fill(data: CorpusWriter, source: Source, tools: Tools, positives: int, n: int) -> None:
    """Settle drafts until `n` samples with this number of positives are accepted, or the source has no more."""
    began, accepted, settled, rejected_in_a_row = time.monotonic(), 0, 0, 0
    for draft in source.drafts(positives):
        if accepted == n:
            return
        if draft.key not in data.done:
            settle(data, draft, tools)
            settled += 1
        if draft.key in data.accepted:
            accepted, rejected_in_a_row = accepted + 1, 0
            tools.queries.append(difference_hash(data.query(draft.key)))
            if settled and (sys.stderr.isatty() or accepted % 25 == 0):
                left = (time.monotonic() - began) / accepted * (n - accepted)
                print(f"{positives} positives: {accepted} of {n} samples, {left:.0f} s left", file=sys.stderr)
            continue
        rejected_in_a_row += 1
        if rejected_in_a_row == PATIENCE:
            why = Counter(row.filter for row in corpus.rejected(data.folder)).most_common(1)[0][0]
            raise KeepsakeError(
                f"{PATIENCE} drafts in a row were rejected, most by {why}: see {data.folder / corpus.REJECTED}"
            )
    if accepted < n:
        print(f"{positives} positives: the source has {accepted} of {n} samples", file=sys.stderr)


def settle(data: CorpusWriter, draft: Draft, tools: Tools) -> None:
    """Make the sample of a draft, ask the filters, and accept or reject the sample."""
    try:
        sample = draft.make()
    except Unusable as fault:
        data.reject_draft(draft.key, fault.check, fault.reason, fault.item, fault.photos)
        return
    for check in stages.SAMPLE:
        if reason := check(sample, tools):
            data.reject(draft.key, check.__name__, reason, sample)
            return
    for question_filter in stages.QUESTION:
        reasons = question_filter(sample, tools)
        for (i, question), reason in zip(numbered_questions(sample), reasons, strict=True):
            if reason:
                data.reject_question(draft.key, question_filter.__name__, reason, sample.context[i], question)
        sample = _without(sample, reasons)
    for check in stages.LAST:
        if reason := check(sample, tools):
            data.reject(draft.key, check.__name__, reason, sample)
            return
    data.accept(draft.key, sample)


def _without(sample: Sample, reasons: Sequence[str | None]) -> Sample:
    """The sample without the questions for which there is a reason."""
    each = iter(reasons)
    left = tuple(tuple(q for q in questions if next(each) is None) for questions in sample.questions)
    return replace(sample, questions=left)


def count(folder: Path, tools: Tools) -> dict[str, Any]:
    """{"samples": ..., "filters": [...]}: what is in the folder, and what each filter saw, kept and rejected."""
    rows = [row for _, row in corpus.rows(folder)]
    rejections = list(corpus.rejected(folder))
    levels = Counter(row.level for row in rejections)
    summary = {
        "kept": len(rows),
        "rejected": levels["source"] + levels["sample"],
        "questions": sum(len(questions) for row in rows for questions in row.questions),
        "questions_rejected": levels["question"],
    }
    return {"samples": summary, "filters": _filter_table(rows, rejections, tools)}


def _filter_table(rows: Sequence[SampleRow], rejections: Sequence[Rejected], tools: Tools) -> list[dict[str, Any]]:
    """A row for each check of the source and each filter, in the order in which they were asked."""
    rejected = {level: Counter(r.filter for r in rejections if r.level == level) for level in LEVELS}
    notes = stages.limited(tools, any(row.drawn is not None for row in rows))
    table = [
        {"filter": name, "level": "source", "threshold": "", "seen": None, "kept": None, "rejected": n, "note": ""}
        for name, n in sorted(rejected["source"].items())
    ]
    seen = {
        "sample": len(rows) + rejected["sample"].total(),
        "question": _questions_seen(rows, rejections),
    }
    for stage, level in ((stages.SAMPLE, "sample"), (stages.QUESTION, "question"), (stages.LAST, "sample")):
        for name in _names(stage):
            n, note = rejected[level][name], notes.get(name, "")
            ran = not note.startswith(stages.NOT_RUN)
            entry = {"filter": name, "level": level, "threshold": stages.THRESHOLDS[name], "note": note}
            counts = {"seen": seen[level] if ran else None, "kept": seen[level] - n if ran else None, "rejected": n}
            table.append({**entry, **counts})
            seen[level] -= n
    return table


def _questions_seen(rows: Sequence[SampleRow], rejections: Sequence[Rejected]) -> int:
    """How many questions the first filter of questions saw: those left in samples, and those rejected.

    Samples that the last filter rejected had some questions left, too.
    """
    of_samples = sum(len(questions) for row in rows for questions in row.questions)
    last = [r for r in rejections if r.filter in _names(stages.LAST)]
    of_rejected = sum(len(questions) for r in last for questions in r.item["questions"])
    return of_samples + of_rejected + sum(r.level == "question" for r in rejections)


def _names(stage: Sequence[Callable[..., Any]]) -> list[str]:
    return [check.__name__ for check in stage]


def _claim(folder: Path, settings: Settings) -> None:
    """Mark the folder as that of this build. Raises KeepsakeError when it holds another build or other files."""
    path = folder / REPORT
    if path.exists():
        try:
            there = json.loads(path.read_text(encoding="utf-8"))["settings"]
        except (ValueError, KeyError, TypeError) as error:
            raise KeepsakeError(f"{path} is not the report of a build: choose another --out") from error
        if there != json.loads(json.dumps(settings)):
            other = [k for k in {**there, **settings} if there.get(k) != settings.get(k)]
            raise KeepsakeError(
                f"{folder} holds a build with other settings ({', '.join(other)}): choose another --out, or repeat: "
                f"{_command(there)}"
            )
        return
    if folder.exists() and any(not p.name.startswith(".") for p in folder.iterdir()):
        raise KeepsakeError(f"{folder} is not empty and holds no build: choose another --out")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    files.write_json(folder / REPORT, _head(settings, False))


def _head(settings: Settings, complete: bool) -> dict[str, Any]:
    """How the corpus is made: the part of the report that is known before the first sample."""
    tools = {p: version(p) for p in ("numpy", "pillow", "msgspec")}
    tools["python"] = ".".join(map(str, sys.version_info[:3]))
    return {"command": _command(settings), "complete": complete, "settings": settings, "versions": tools}


def _command(settings: Settings) -> str:
    """The command that makes the corpus, without folders and addresses of a machine."""
    words = ["python -m benchmark build"]
    for key, value in settings.items():
        if key != "source":
            values = value if isinstance(value, list) else [value]
            words.append(f"--{key.replace('_', '-')} {shlex.join(map(str, values))}")
    return " ".join(words + (["--url URL"] if "model" in settings else []))
