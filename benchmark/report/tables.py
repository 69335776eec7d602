"""The sections of a report: which tables and sentences it has about its runs.

Numbers come from `statistics.py`, verdicts from `verdicts.py`; the template decides how they look.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from benchmark.report import comparison, statistics, verdicts
from benchmark.report.comparison import Cell, Group, Table, compare, rows_of, rows_of_mode
from benchmark.report.run_folder import Run
from benchmark.report.statistics import main_rows, mode, percent, plain, span, tallied
from benchmark.report.verdicts import Verdict
from benchmark.runner import Result
from benchmark.world.sample import MODES

FACTS = ("model", "identity", "size", "judge", "date", "command")
"""Keys of `run.json` that come first in the table of the run, in this order."""
WRONG_AT_MOST = (0.01, 0.05, 0.1)
"""Shares of photos with a wrong memory that the gate's table allows."""
NAMES = {
    "baseline/oracle": "only the right memories",
    "baseline/no-context": "no memories",
    "baseline/text-only": "memories without photos",
    "baseline/caption-only": "captions for photos",
    "baseline/retrieval": "nearest memory, no language model",
    "baseline/zero-shot": "base model, untrained",
    "ablation/window-1": "only the newest memory",
    "ablation/window-3": "the three newest",
    "ablation/forget-oldest": "the newer half",
    "ablation/update": "the newest of each thing",
    "ablation/names-replaced": "names replaced",
    "ablation/dates-coarse": "years for dates",
}
"""Labels of conditions."""
# Columns of the tables about distractors, about long histories, and of those that put conditions beside the model.
MISBINDING = ("name_recall", "misbinding", "exact", "facts_kept", "abstained")
HISTORY = ("name_recall", "retrieved", "misbinding", "acc_pos", "acc_neg", "harmonic")
ABSTENTION = ("answered", "attempted", "acc_pos", "absent_thing", "absent_fact", "true_abstention", "calibration")
BESIDE = ("acc_pos", "acc_neg", "harmonic", "name_recall", "misbinding", "kept")


def sections(runs: Sequence[Run]) -> dict[str, Any]:
    """Every table and list of sentences, by its name in the template; None or [] where nothing was run."""
    return {
        "summary": [(run.label, _summary(run)) for run in runs],
        "facts": _facts(runs),
        "errors": [
            (run.label, Counter(f"{r.condition}: {r.error}" for r in run.failed).most_common(8)) for run in runs
        ],
        "capeval": comparison.capeval(runs),
        "controls": [(run.label, verdicts.controls(run)) for run in runs],
        "modes": compare(runs, ("Others in the memories",), by_mode(runs), MISBINDING),
        "gate": _gate(runs),
        "own_gate": compare(runs, ("Others in the memories",), _gates(runs), ("recalled", "told_wrong")),
        "tasks": _tasks(runs),
        "abstention": compare(runs, ("Asked", "Item"), _abstention(runs), ABSTENTION),
        "pairs": compare(runs, ("The other thing",), _pairs(runs), ("same", "other", "pairs", "unread")),
        "wordings": compare(runs, ("Prompt",), beside(runs, "wording", "usual wording"), BESIDE),
        "shortcuts": _shortcuts(runs),
        "history": compare(runs, ("Memories in the prompt", "In the history"), histories(runs), HISTORY),
        "baselines": compare(runs, ("Method",), beside(runs, "baseline", "the model"), BESIDE),
        "ablations": compare(runs, ("Memory",), beside(runs, "ablation", "as it is"), BESIDE),
        "detail": compare(runs, ("Condition",), _details(runs)),
        "everything": compare(runs, ("Condition", "Others"), _everything(runs)),
        "gains": _per_run(runs, _gains),
        "changes": _per_run(runs, lambda run: _changes(run, "ablation")),
        "shifts": _per_run(runs, lambda run: _changes(run, "wording")),
    }


def _summary(run: Run) -> list[Verdict]:
    """The summary of a run at the top of the page, in sentences."""
    rows = main_rows(run)
    single = [r for r in rows if r.positives == 1] or rows  # one number of things, so that runs can be compared
    numbers = {m: f"{percent(t.value)} ({span(t)})" for m, t in tallied(single).items()}
    several = tallied(r for r in rows if r.positives > 1) if single is not rows else {}
    strangers = tallied(r for r in run.of("caption", plain) if mode(r) == "stranger")
    words = {
        "name_recall": "It named {} of the known things in these photos.",
        "misbinding": "In {} of the captions it named something that is not in the photo.",
        "acc_pos": "From its captions alone, {} of the questions about things in the photo are answered right (Acc+),",
        "acc_neg": "and {} of the questions about other things are rightly left open (Acc-).",
    }
    one = " of one known thing" if single is not rows or all(r.positives == 1 for r in rows) else ""
    wrote = f"{run.label} captioned {len(single)} new photos{one}."
    sentences = [Verdict(wrote if rows else "No captions were written in this run.")]
    sentences += [Verdict(text.format(numbers[m])) for m, text in words.items() if m in numbers]
    if t := several.get("name_recall"):
        sentences.append(Verdict(f"Of several known things in one photo it named {percent(t.value)} ({span(t)})."))
    if t := strangers.get("misbinding"):
        sentences.append(Verdict(f"Shown a stranger, it named somebody it knows in {percent(t.value)} ({span(t)})."))
    sentences += [s for s in verdicts.controls(run) if s.tone != "good"] or [Verdict("The controls hold.", "good")]
    tests = {what: verdicts.shortcut(rows, why) for c, (what, why) in verdicts.SHORTCUTS.items() if (rows := run.of(c))}
    sentences += [Verdict(f"With {what}: {v.text}.", v.tone) for what, v in tests.items() if v.tone != "good"]
    if tests and all(v.tone == "good" for v in tests.values()):
        sentences.append(Verdict("No shortcut: without the right photos, names right drop to chance.", "good"))
    if run.failed:
        total = len(run.failed) + len(run.rows)
        sentences.append(
            Verdict(f"{len(run.failed)} of {total} rows failed with an error; failed rows are not counted.", "unsure")
        )
    return [*sentences, *(Verdict(note, "unsure") for note in run.notes)]


def _facts(runs: Sequence[Run]) -> Table:
    """What was run: the content of `run.json`, and counts of rows."""
    rows = []
    for key in dict.fromkeys((*FACTS, "run", *(k for run in runs for k in run.about))):
        values = [run.about.get(key, "") for run in runs]
        if any(values):
            rows.append((Cell(key), *(Cell(str(v)) for v in values)))
    rows.append((Cell("rows"), *(Cell(str(len(run.rows))) for run in runs)))
    rows.append((Cell("failed rows"), *(Cell(str(len(run.failed))) for run in runs)))
    return Table(("", *(run.label for run in runs)), tuple(rows), 1 + len(runs))


def by_mode(runs: Sequence[Run]) -> list[Group]:
    """The model's captions by kind of distractors, of photos with the fewest known things that were drawn."""
    shown = [r.spec["positives"] for run in runs for r in run.of("caption", plain) if r.spec]
    fewest = min(shown, default=1)

    def right(m: str, row: Result) -> bool:
        return plain(row) and row.spec is not None and mode(row) == m and row.spec["positives"] == fewest

    return [Group((m,), rows_of("caption", partial(right, m))) for m in MODES]


def _gate(runs: Sequence[Run]) -> Table | None:
    """The lowest gate for each allowed share of wrong memories, and what it lets through."""
    rows = []
    for run in runs:
        gates, wrong, right = statistics.gate_curve(run.of("gate"))
        for most in WRONG_AT_MOST:
            if len(gates):
                i = int((wrong <= most).argmax())  # there is one: the last gate lets nothing through
                cells = (f"{gates[i]:.3f}", percent(float(wrong[i])), percent(float(right[i])))
                rows.append((Cell(run.label), Cell(f"at most {most:.0%}"), *(Cell(c) for c in cells)))
    head = ("Run", "Wrong memories allowed", "gate", "wrong let through", "right let through")
    return _without_run(Table(head, tuple(rows), 2), runs) if rows else None


def _without_run(table: Table, runs: Sequence[Run]) -> Table:
    """The table without its column "Run", when there is one run only."""
    if len(runs) > 1:
        return table
    at = table.head.index("Run")
    rows = tuple(row[:at] + row[at + 1 :] for row in table.rows)
    return Table(table.head[:at] + table.head[at + 1 :], rows, table.labels - 1)


def _details(runs: Sequence[Run]) -> list[Group]:
    """The conditions that ask for plain descriptions."""
    conditions = dict.fromkeys(c for run in runs for c in ("detail", *run.part("detail")))
    return [Group((_name(c) or "the model",), rows_of(c)) for c in conditions]


def _gates(runs: Sequence[Run]) -> list[Group]:
    """Rows of the gate by kind of distractors."""
    kinds = dict.fromkeys(mode(r) for run in runs for r in run.of("gate"))
    return [Group((m,), rows_of_mode("gate", m)) for m in kinds]


def _tasks(runs: Sequence[Run]) -> Table | None:
    """The downstream tasks, by question and way of asking."""
    ways = [
        (f"{t}/{w}", (what, say)) for t, (what, _) in statistics.TASKS.items() for w, say in statistics.WAYS.items()
    ]
    groups = [Group(labels, rows_of(c)) for c, labels in ways]
    return compare(runs, ("Asked", "How"), groups, ("f1", "hit", "fired", "false_alarm", "unread"))


def _abstention(runs: Sequence[Run]) -> list[Group]:
    """Items that must be left open beside items that must not: by captions with their controls, and by answers."""
    by_caption = {"caption": "the caption", **verdicts.CONTROLS}
    ways = {"abstain/direct": "a question at once", "abstain/cag": "a question, own caption first"}

    def there(known: bool, row: Result) -> bool:
        return bool(row.spec and row.spec.get("untold")) and bool(row.positives) == known

    kinds = ((True, "known thing, one fact untold"), (False, "stranger"))
    return [
        Group((what, item), rows_of(c, partial(there, known)))
        for c, what in (by_caption | ways).items()
        for known, item in kinds
    ] + [Group((what, "all"), rows_of(c)) for c, what in ways.items()]


def _pairs(runs: Sequence[Run]) -> list[Group]:
    """The pair task by what the other thing is."""
    return [Group((m,), rows_of_mode("pair", m)) for m in MODES]


def beside(runs: Sequence[Run], part: str, usual: str) -> list[Group]:
    """The conditions of a part, after the model's own captions (labelled `usual`) of the same samples."""
    names = list(dict.fromkeys(c for run in runs for c in run.part(part)))
    if not names:
        return []

    def own(run: Run) -> list[Result]:
        there = {r.sample for c in names for r in run.of(c)}
        return run.of("caption", lambda r: r.sample in there)

    return [Group((usual,), own), *(Group((_name(c),), rows_of(c)) for c in names)]


def _name(condition: str) -> str:
    """The label of a condition."""
    part, _, name = condition.partition("/")
    return NAMES.get(condition, f"wording {name}" if part == "wording" else name.replace("-", " "))


def _shortcuts(runs: Sequence[Run]) -> Table | None:
    """The shortcut tests with their verdicts, beside the model's score on the same samples untouched."""
    rows = []
    for condition, (what, survives) in verdicts.SHORTCUTS.items():
        for run in runs:
            if not (some := run.of(condition)):
                continue
            there = {r.sample for r in some}
            clean = tallied([r for r in run.of("caption") if r.sample in there]).get("name_recall")
            averages, verdict = tallied(some), verdicts.shortcut(some, survives)
            numbers = [
                Cell(percent(t.value), span(t)) if t else Cell("–") for t in (clean, averages.get("name_recall"))
            ]
            swap, level = averages.get("follows"), Cell(percent(statistics.chance(some)))
            last = (Cell(percent(swap.value), span(swap)) if swap else Cell("–"), Cell(str(len(some))))
            rows.append((Cell(what), Cell(run.label), Cell(verdict.text, "", verdict.tone), *numbers, level, *last))
    head = ("What was taken away", "Run", "Verdict", "names right, untouched", "names right", "chance", "follows", "n")
    return _without_run(Table(head, tuple(rows), 3), runs) if rows else None


def histories(runs: Sequence[Run]) -> list[Group]:
    """History conditions by number of recalled memories, and by length of the history."""
    sizes = {(r.condition, r.episodes) for run in runs for c in run.part("history") for r in run.of(c)}

    def long(size: int, row: Result) -> bool:
        return row.episodes == size

    return [
        Group((best_k(c), f"{size}"), rows_of(c, partial(long, size)))
        for c, size in sorted(sizes, key=lambda f: (len(f[0]), *f))
    ]


def best_k(condition: str) -> str:
    """The label of a history condition: "best 4" for "history/k4"."""
    return f"best {condition.split('/')[1].removeprefix('k')}"


def _everything(runs: Sequence[Run]) -> list[Group]:
    """Every condition and kind of distractors."""
    conditions = dict.fromkeys((r.condition, mode(r)) for run in runs for r in run.rows)
    return [Group((c, m), rows_of_mode(c, m)) for c, m in conditions]


def _gains(run: Run) -> list[str]:
    """A sentence for each task: what the model's own caption changes."""
    out = []
    for task, (what, own) in statistics.TASKS.items():
        if t := statistics.gain(run.of(f"{task}/direct"), run.of(f"{task}/cag"), own[0]):
            head = statistics.MEASURES[own[0]][0]
            out.append(f"{what} With its own caption first, {head} changes by {statistics.gain_words(t)}.")
    return out


def _changes(run: Run, part: str) -> list[str]:
    """A sentence for each condition of a part: its Acc+ (or names right) against the model's own captions."""
    out = []
    for condition in run.part(part):
        for measure in ("acc_pos", "name_recall"):
            if t := statistics.gain(run.of("caption"), run.of(condition), measure):
                out.append(f"{_name(condition)}: {statistics.MEASURES[measure][0]} {statistics.gain_words(t)}.")
                break
    return out


def _per_run(runs: Sequence[Run], write: Callable[[Run], list[str]]) -> list[tuple[str, list[str]]]:
    """The sentences of each run that has any, with its label."""
    return [(run.label, sentences) for run in runs if (sentences := write(run))]
