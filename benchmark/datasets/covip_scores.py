"""Scores of captions made for the data that CoViP's authors published: CapEval-QAs (paper section 3)."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmark.datasets.covip_files import read_captions
from benchmark.datasets.covip_questions import MOST_POSITIVES, Questions, read_questions
from benchmark.judges.judge import Judge
from benchmark.judges.score import Scores, harmonic, question_scores, tally
from benchmark.world.sample import Sample
from memory.episode import Photo
from memory.errors import KeepsakeError

NO_PHOTO = Photo("", b"", 0, 0)
"""An empty photo in the place of the query, which no judge sees."""


def score_captions_file(questions: Path, captions: Path, judge: Judge) -> dict[str, Any]:
    """The scores of a captions file, see `score_captions`. Raises KeepsakeError when a file cannot be read."""
    return score_captions(read_questions(questions), read_captions(captions), judge)


def score_captions(questions: Questions, captions: Mapping[str, str], judge: Judge) -> dict[str, Any]:
    """Acc+ and Acc- over all samples and for 1 to 4 positives, with intervals; fractions, None where nothing is asked.

    "unread" counts verdicts without a letter, which are wrong in both; "empty" counts captions without text, which are
    asked about like others. Samples without a caption are left out of the averages and named in "missing", captions of
    no sample in "unknown". Raises KeepsakeError when no caption is of any sample.
    """
    entries = [e for e in questions.entries if e.id in captions]
    if not entries:
        raise KeepsakeError(f"no caption is of any sample: the questions begin with {questions.entries[0].id!r}")
    rows: list[tuple[int, Scores]] = []
    began = time.monotonic()
    for i, entry in enumerate(entries, 1):
        sample = Sample((), NO_PHOTO, entry.positives, entry.questions)
        rows.append((len(entry.positives), question_scores(captions[entry.id], sample, judge)))
        if i % 100 == 0:
            left = (time.monotonic() - began) / i * (len(entries) - i)
            print(f"judge {judge.name}: {i} of {len(entries)} captions, {left:.0f} s left", file=sys.stderr)
    ids = {e.id for e in questions.entries}
    return {
        "judge": judge.name,
        **_averages([scores for _, scores in rows]),
        "missing": [e.id for e in questions.entries if e.id not in captions],
        "unknown": [key for key in captions if key not in ids],
        "data": questions.counts(),
        "by_positives": {
            str(k): _averages([scores for n, scores in rows if n == k]) for k in range(1, MOST_POSITIVES + 1)
        },
    }


def _averages(rows: Sequence[Scores]) -> dict[str, Any]:
    """The averages of some samples, as `score_captions` reports them."""
    averages = tally(rows)
    out: dict[str, Any] = {"n": len(rows), "questions": sum(int(row["unread"][1]) for row in rows)}
    for measure in ("acc_pos", "acc_neg", "true_abstention", "calibration"):
        t = averages.get(measure)
        out[measure] = t.value if t else None
        out[f"{measure}_interval"] = [t.low, t.high] if t else None
    both = out["acc_pos"], out["acc_neg"]
    counts = {measure: sum(int(row[measure][0]) for row in rows) for measure in ("unread", "empty")}
    return {**out, "harmonic": None if None in both else harmonic(*both), **counts}
