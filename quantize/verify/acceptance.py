"""From rows to a verdict: numbers of each form, what it fails (`thresholds.toml`), its worst prompts, and the table."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from memory.errors import KeepsakeError
from quantize.variants import Form
from quantize.verify.verify import TRUTH, Row

THRESHOLDS = Path(__file__).with_name("thresholds.toml")
MEASURES = ("acc_pos", "acc_neg", "name_recall", "misbinding")
HEADS = (
    *("form", "MB", "KL mean", "KL p95", "KL max", "top-1", "captions equal", "Acc+", "Acc-", "names", "wrong name"),
    *("tokens/s", "memory MB", "verdict"),
)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What a form must keep; see `thresholds.toml`. All are fractions but `kl_*`, which are nats."""

    top1: float
    kl_mean: float
    kl_p95: float
    acc_pos_lost: float
    acc_neg_lost: float
    misbinding_gained: float


@dataclass(frozen=True, slots=True)
class Found:
    """A form, measured."""

    name: str
    engine: str
    bytes: int
    samples: int
    positions: int
    """Tokens of the checkpoint's captions that it read."""
    kl_mean: float
    kl_p95: float
    kl_max: float
    top1: float
    equal: float
    """Share of captions that are the checkpoint's to the letter."""
    scores: dict[str, float | None]
    """By measure, fractions; None where nothing was asked."""
    pairs: dict[str, tuple[float, float, float]]
    """By measure: right in the checkpoint only, right here only, asked; on the same samples."""
    per_second: float | None
    """Tokens, median over the captions; None where nobody could tell."""
    peak: int
    """Bytes of memory, of a process that did nothing else."""
    faults: tuple[str, ...]
    """Why it does not pass, a line each."""

    @property
    def passed(self) -> bool:
        """Whether it may be shipped."""
        return not self.faults


def load(path: Path = THRESHOLDS) -> Thresholds:
    """Read thresholds. Raises KeepsakeError, one line with the file, the key, and what is allowed."""
    try:
        with open(path, "rb") as file:
            table = tomllib.load(file)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise KeepsakeError(f"cannot read the thresholds {path.name}: {error}") from error
    known = [f.name for f in fields(Thresholds)]
    if wrong := sorted(set(table) ^ set(known)):
        problem = "unknown" if wrong[0] in table else "missing"
        raise KeepsakeError(f"{path.name}: {wrong[0]} is {problem}; it has exactly {', '.join(known)}")
    for key, value in table.items():
        most = float("inf") if key.startswith("kl") else 1
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
            allowed = "nats, 0 or more" if key.startswith("kl") else "a fraction, 0 to 1"
            raise KeepsakeError(f"{path.name}: {key} = {value!r} must be {allowed}")
    return Thresholds(**table)


def judge(form: Form, rows: Sequence[Row], truth: Sequence[Row], limits: Thresholds, template: str | None) -> Found:
    """A form by its rows and the checkpoint's, sample by sample. `template`: what is wrong with its chat template."""
    kl = np.concatenate([row.kl for row in rows])
    same = np.concatenate([row.same for row in rows])
    pairs = {m: _pair(m, rows, truth) for m in MEASURES}
    mean, p95, top1 = float(kl.mean()), float(np.percentile(kl, 95)), float(same.mean())
    faults = [template] if template else []
    if not all(row.same_words for row in rows):
        faults.append("it splits the prompts into other tokens")
    if not top1 >= limits.top1:  # "not": a NaN is a fault too
        faults.append(f"top-1 {top1:.2%} of {len(same)} tokens, at least {limits.top1:.2%}")
    for name, value, most in (("mean KL", mean, limits.kl_mean), ("KL at 95 %", p95, limits.kl_p95)):
        if not value <= most:
            faults.append(f"{name} {value:.4f} nats, at most {most:g}")
    for name, (lost, gained, asked), most in (
        ("Acc+", pairs["acc_pos"], limits.acc_pos_lost),
        ("Acc-", pairs["acc_neg"], limits.acc_neg_lost),
    ):
        if asked and lost - gained > most * asked:
            faults.append(f"{name}: {lost:g} questions lost, {gained:g} gained, of {asked:g}; at most {most:.1%} net")
    gone, come, asked = pairs["misbinding"]
    if asked and come - gone > limits.misbinding_gained * asked:
        faults.append(
            f"wrong names in {come:g} more captions and {gone:g} fewer, of {asked:g}; "
            f"at most {limits.misbinding_gained:.1%} net"
        )
    return Found(
        form.name,
        form.engine,
        form.bytes,
        len(rows),
        len(kl),
        mean,
        p95,
        float(kl.max()),
        top1,
        sum(a.caption == b.caption for a, b in zip(rows, truth, strict=True)) / len(rows),
        {m: _share(m, rows) for m in MEASURES},
        pairs,
        median(speeds) if (speeds := [row.per_second for row in rows if row.per_second]) else None,
        max(row.peak for row in rows),
        tuple(faults),
    )


def smallest(found: Sequence[Found]) -> Found | None:
    """The smallest form for laptops that passes."""
    return min((f for f in found if f.passed and f.engine != "transformers"), key=lambda f: f.bytes, default=None)


def worst(rows: Sequence[Row], truth: Sequence[Row], most: int = 3) -> list[str]:
    """The prompts where a form is furthest from the checkpoint, and how its caption differs: a line each."""
    lines = []
    for row, other in sorted(zip(rows, truth, strict=True), key=lambda pair: -max(pair[0].kl))[:most]:
        at = int(np.argmax(row.kl))
        said = "the same caption" if row.caption == other.caption else _parting(row.caption, other.caption)
        lines.append(
            f"prompt {row.index} ({row.sample}): KL {row.kl[at]:.3f} at token {at + 1} of {len(row.kl)}; {said}"
        )
    return lines


def table(found: Sequence[Found]) -> str:
    """All forms, Markdown."""
    lines = [HEADS, ("---",) * len(HEADS), *(_cells(one) for one in found)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def paired(one: Found) -> str:
    """A form against the checkpoint on the same samples: with few of them only this difference says anything."""
    told = []
    for name, measure in (("Acc+", "acc_pos"), ("Acc-", "acc_neg"), ("names", "name_recall")):
        lost, gained, asked = one.pairs[measure]
        if asked:
            told.append(f"{name} {lost:g} lost, {gained:g} gained, of {asked:g}")
    gone, come, asked = one.pairs["misbinding"]
    told.append(f"wrong names {come:g} more, {gone:g} fewer, of {asked:g}")
    return f"{one.name}: {'; '.join(told)}"


def numbers(found: Found) -> dict[str, Any]:
    """For a manifest: everything measured, rounded."""
    rounded = {k: round(v, 6) if isinstance(v, float) else v for k, v in asdict(found).items()}
    return {**rounded, "scores": {m: v if v is None else round(v, 4) for m, v in found.scores.items()}}


def _pair(measure: str, rows: Sequence[Row], truth: Sequence[Row]) -> tuple[float, float, float]:
    differences = [b.score[measure][0] - a.score[measure][0] for a, b in zip(rows, truth, strict=True)]
    lost, gained = sum(max(0.0, d) for d in differences), sum(max(0.0, -d) for d in differences)
    return lost, gained, sum(row.score[measure][1] for row in rows)


def _share(measure: str, rows: Sequence[Row]) -> float | None:
    asked = sum(row.score[measure][1] for row in rows)
    return sum(row.score[measure][0] for row in rows) / asked if asked else None


def _parting(here: str, there: str) -> str:
    """Where two captions part, with some words around."""
    ours, theirs = here.split(), there.split()
    at = next((i for i, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), min(len(ours), len(theirs)))
    ours, theirs = ours[max(0, at - 3) : at + 4], theirs[max(0, at - 3) : at + 4]
    return f'"... {" ".join(ours)} ..." instead of "... {" ".join(theirs)} ..."'


def _cells(one: Found) -> tuple[str, ...]:
    def share(value: float | None) -> str:
        return "–" if value is None else f"{value:.1%}"

    nats = ("0",) * 3 if one.name == TRUTH else (f"{one.kl_mean:.5f}", f"{one.kl_p95:.4f}", f"{one.kl_max:.3f}")
    verdict = "the reference" if one.name == TRUTH else "passes" if one.passed else "fails"
    return (
        one.name,
        f"{one.bytes / 1e6:.1f}",
        *nats,
        f"{one.top1:.2%}",
        share(one.equal),
        *(share(one.scores[m]) for m in MEASURES),
        f"{one.per_second:.1f}" if one.per_second else "–",
        f"{one.peak / 1e6:.0f}",
        verdict,
    )
