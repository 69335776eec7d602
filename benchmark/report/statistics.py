"""Statistics of a run's rows: averages and their intervals, gains between conditions, chance, and the gate curve."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from benchmark.judges.score import Tally, tally
from benchmark.report.run_folder import Run
from benchmark.runner import Result

MEASURES = {
    "acc_pos": ("Acc+", "questions about things in the photo that the caption answers right"),
    "acc_neg": ("Acc-", "questions about things not in the photo that the caption rightly leaves open"),
    "absent_fact": ("absent facts", "questions about facts that were never told which the caption rightly leaves open"),
    "true_abstention": ("true abstention", "questions without an answer that are rightly left open, or declined"),
    "calibration": ("calibration", "all questions: answered right, or rightly left open or declined"),
    "answered": ("answered right", "questions with an answer that are answered right, and not declined besides"),
    "attempted": ("attempted", "questions with an answer that are not declined"),
    "absent_thing": ("absent things", "questions about a thing that is not in any memory which are declined"),
    "same": ("same seen", "pairs of photos of one thing that are called the same"),
    "other": ("other seen", "pairs of photos of two things that are called different"),
    "pairs": ("pairs right", "pairs of photos that are judged right; half of them show one thing"),
    "harmonic": ("harmonic mean", "of Acc+ and Acc-; neither silence nor telling everything scores well"),
    "name_recall": ("names right", "known things in the photo that the caption names"),
    "misbinding": ("wrong name ↓", "captions that name something that is not in the photo"),
    "exact": ("exact", "captions that name everything known in the photo and nothing else"),
    "facts_told": ("facts told", "facts about things in the photo that the caption tells"),
    "facts_kept": ("facts kept", "facts about other things that the caption keeps back"),
    "abstained": ("knows nobody", "captions that say nothing known is in the photo"),
    "f1": ("F1", "words that the answer shares with the right one"),
    "hit": ("right answers", "answers that say the right thing"),
    "fired": ("reminded", "reminders for a thing in the photo that were given"),
    "false_alarm": ("false alarm ↓", "reminders for other things that were given all the same"),
    "retrieved": ("memory found", "things in the photo whose memory was recalled"),
    "kept": ("memory kept", "things in the photo whose memory was not dropped"),
    "recalled": ("right passes", "photos of known things whose own memory passes the model's gate"),
    "told_wrong": ("wrong passes ↓", "photos for which a wrong memory passes the model's gate"),
    "follows": ("follows the swap", "names that now stand with the photo's things and that the caption says"),
    "hallucinated": ("not there ↓", "things described that are not in the photo"),
    "missed": ("overlooked ↓", "things in the photo that are not described"),
    "specific": ("called by its word", "things in the photo that are called by their own word"),
    "told": ("told", "sentences of a person's description that the model's caption tells, by the judge"),
    "borne_out": ("borne out", "sentences of the model's caption that a person's description tells, by the judge"),
    "unread": ("unread ↓", "answers of the judge without a letter"),
    "empty": ("empty ↓", "captions without a word"),
}
"""Heading and meaning of each measure. A measure that is not listed is shown under its own name."""
TASKS = {
    "lsd": ("Where was it last seen?", ("f1", "hit")),
    "lar": ("What did you do with it last?", ("hit",)),
    "itr": ("Give the reminder when the thing appears.", ("fired", "false_alarm")),
}
"""The question of each downstream task, and its measures; the first is the main one."""
WAYS = {"direct": "answer at once", "cag": "own caption first", "reference": "published flow"}
"""How a task is asked, by the second part of its condition."""


def tallied(rows: Iterable[Result]) -> dict[str, Tally]:
    """Micro-averages of rows with their intervals, by measure."""
    return tally({m: (p[0], p[1]) for m, p in r.score.items()} for r in rows)


def percent(value: float) -> str:
    """A share as text: 0.974 is "97.4%"."""
    return f"{value:.1%}"


def span(t: Tally) -> str:
    """The 95 % interval of an average as text: "93.1 to 99.0%"."""
    return f"{100 * t.low:.1f} to {percent(t.high)}"


def mode(row: Result) -> str:
    """The kind of distractors in the context; "given" for samples that were not drawn."""
    return row.spec["mode"] if row.spec else "given"


def plain(row: Result) -> bool:
    """Whether the sample has neither a long history nor reminders nor facts that were not told."""
    return row.spec is None or not (row.spec["extra"] or row.spec["reminders"] or row.spec.get("untold"))


def main_rows(run: Run, condition: str = "caption") -> list[Result]:
    """The rows of the headline: plain samples with random distractors, else with the most frequent kind."""
    rows = run.of(condition, plain)
    kinds = [mode(r) for r in rows]
    chosen = "random" if "random" in kinds else max(dict.fromkeys(kinds), key=kinds.count, default="")
    return [r for r in rows if mode(r) == chosen]


def gain(before: Sequence[Result], after: Sequence[Result], measure: str) -> Tally | None:
    """The difference of two averages over the samples that both have, with its interval; None without such samples."""
    old = {r.sample: r.score[measure] for r in before if measure in r.score}
    pairs = [(old[r.sample], r.score[measure]) for r in after if measure in r.score and r.sample in old]
    return tally({measure: (b[0] - a[0], a[1])} for a, b in pairs if a[1] == b[1]).get(measure)


def gain_words(t: Tally) -> str:
    """A gain as text: "+12.0 points (+3.1 to +20.4)"."""
    return f"{100 * t.value:+.1f} points ({100 * t.low:+.1f} to {100 * t.high:+.1f})"


def chance(rows: Sequence[Result]) -> float:
    """The name recall of a blind guesser that names as many things of the context as are in the photo."""
    asked = [(r.score["name_recall"][1], r.positives / r.episodes) for r in rows if "name_recall" in r.score]
    total = sum(n for n, _ in asked)
    return sum(n * p for n, p in asked) / total if total else 0.0


def gate_curve(rows: Iterable[Result]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(thresholds, wrong, right), (T,) each, for gates of rising threshold that let the best memory through.

    wrong: share of all photos for which that memory is a wrong one. right: share of the photos of known things for
    which that memory is their own.
    """
    texts = [(r.texts.get("right"), r.texts.get("wrong")) for r in rows]
    pairs = np.array([[float(x) if x else -np.inf for x in pair] for pair in texts]).reshape(-1, 2)  # (N, 2)
    if not len(pairs):
        return np.zeros(0), np.zeros(0), np.zeros(0)
    right, wrong = pairs[:, 0], pairs[:, 1]
    gates = np.append(np.unique(pairs[np.isfinite(pairs)]), np.inf)
    known = max(1, int(np.isfinite(right).sum()))
    wrong_passes = (wrong > right) & (wrong >= gates[:, None])  # (T, N)
    right_passes = (right >= wrong) & np.isfinite(right) & (right >= gates[:, None])
    return gates, wrong_passes.mean(1), right_passes.sum(1) / known
