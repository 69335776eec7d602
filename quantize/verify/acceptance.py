"""From rows to verdicts: the numbers of each variant, the thresholds it misses, its worst prompts, the table of all."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import msgspec
import numpy as np

from benchmark import markdown
from memory.errors import KeepsakeError
from quantize.variants import Variant
from quantize.verify.verify import REFERENCE, SampleRow

THRESHOLDS = Path(__file__).with_name("thresholds.toml")
MEASURES = ("acc_pos", "acc_neg", "name_recall", "misbinding")
"""The benchmark's scores of a caption that are compared."""
HEADS = (
    *(
        "variant",
        "MB",
        "KL mean",
        "KL p95",
        "KL max",
        "top-1",
        "photo off",
        "captions equal",
        "Acc+",
        "Acc-",
        "names",
        "wrong name",
    ),
    *("tokens/s", "memory MB", "verdict"),
)
Fraction = Annotated[float, msgspec.Meta(ge=0, le=1)]
Nats = Annotated[float, msgspec.Meta(ge=0)]


class Thresholds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a variant must keep of the checkpoint; `thresholds.toml` explains each."""

    top1: Fraction
    kl_mean: Nats
    kl_p95: Nats
    photo_error: Fraction
    acc_pos_lost: Fraction
    acc_neg_lost: Fraction
    misbinding_gained: Fraction


@dataclass(frozen=True, slots=True)
class Verdict:
    """A variant's numbers, and whether it passes. The names of the fields are those of the manifest."""

    name: str
    engine: str
    bytes: int
    """Size of all files."""
    samples: int
    positions: int
    """Tokens of the checkpoint's captions that were compared."""
    kl_mean: float
    kl_p95: float
    kl_max: float
    top1: float
    """Share of positions where the variant finds the checkpoint's likeliest token likeliest."""
    photo_error: float
    """Largest relative error of a photo's visual tokens."""
    equal: float
    """Share of captions that are equal to the checkpoint's, character by character."""
    scores: dict[str, float | None]
    """Fractions by measure; None where nothing was asked."""
    pairs: dict[str, tuple[float, float, float]]
    """By measure: right in the checkpoint only, right in the variant only, asked; on the same samples."""
    per_second: float | None
    """Tokens a second, median over the captions; None when no caption could be timed."""
    peak: int
    """Memory in bytes of a process that did nothing else."""
    faults: tuple[str, ...]
    """Why the variant does not pass, a line each."""

    @property
    def passed(self) -> bool:
        """Whether the variant may be shipped."""
        return not self.faults


def load(path: Path = THRESHOLDS) -> Thresholds:
    """Read thresholds. Raises KeepsakeError, one line with the file, the key, its value, and what is allowed."""
    table: dict[str, Any] = {}
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        return msgspec.convert(table, Thresholds)
    except msgspec.ValidationError as error:
        key = re.search(r"\$\.(\w+)", str(error))
        value = f"{key[1]} = {table[key[1]]!r}: " if key else ""
        allowed = f"it has exactly {', '.join(Thresholds.__struct_fields__)}"
        raise KeepsakeError(f"{path.name}: {value}{str(error).split(' - at ')[0]}; {allowed}") from error
    except (OSError, ValueError) as error:
        raise KeepsakeError(f"cannot read the thresholds {path.name}: {error}") from error


def judge(
    variant: Variant,
    rows: Sequence[SampleRow],
    reference: Sequence[SampleRow],
    limits: Thresholds,
    template: str | None,
) -> Verdict:
    """Judge a variant by its rows and the checkpoint's, sample by sample.

    `template` says what is wrong with its chat template, if anything.
    """
    kl = np.concatenate([row.kl for row in rows])
    same = np.concatenate([row.same for row in rows])
    equal = sum(a.caption == b.caption for a, b in zip(rows, reference, strict=True))
    speeds = [row.per_second for row in rows if row.per_second]
    measured = Verdict(
        variant.name,
        variant.engine,
        variant.bytes,
        samples=len(rows),
        positions=len(kl),
        kl_mean=float(kl.mean()),
        kl_p95=float(np.percentile(kl, 95)),
        kl_max=float(kl.max()),
        top1=float(same.mean()),
        photo_error=max(row.photo_error for row in rows),
        equal=equal / len(rows),
        scores={m: _share(m, rows) for m in MEASURES},
        pairs={m: _pair(m, rows, reference) for m in MEASURES},
        per_second=median(speeds) if speeds else None,
        peak=max(row.peak for row in rows),
        faults=(),
    )
    faults = [template] if template else []
    if not all(row.same_words for row in rows):
        faults.append("it splits the prompts into other tokens")
    return replace(measured, faults=(*faults, *_token_faults(measured, limits), *_benchmark_faults(measured, limits)))


def smallest(verdicts: Sequence[Verdict]) -> Verdict | None:
    """The smallest variant for laptops that passes."""
    return min((v for v in verdicts if v.passed and v.engine != "transformers"), key=lambda v: v.bytes, default=None)


def worst(rows: Sequence[SampleRow], reference: Sequence[SampleRow], most: int = 3) -> list[str]:
    """The prompts with the largest KL divergence from the checkpoint, and how the captions differ: a line each."""
    lines = []
    for row, other in sorted(zip(rows, reference, strict=True), key=lambda pair: -max(pair[0].kl))[:most]:
        at = int(np.argmax(row.kl))
        difference = "the same caption" if row.caption == other.caption else _difference(row.caption, other.caption)
        lines.append(
            f"prompt {row.index} ({row.sample}): KL {row.kl[at]:.3f} at token {at + 1} of {len(row.kl)}; {difference}"
        )
    return lines


def table(verdicts: Sequence[Verdict]) -> str:
    """All variants as a Markdown table."""
    return markdown.table(HEADS, map(_cells, verdicts))


def paired(one: Verdict) -> str:
    """A variant and the checkpoint on the same samples: with few of them, only this difference means anything."""
    parts = []
    for name, measure in (("Acc+", "acc_pos"), ("Acc-", "acc_neg"), ("names", "name_recall")):
        lost, gained, asked = one.pairs[measure]
        if asked:
            parts.append(f"{name} {lost:g} lost, {gained:g} gained, of {asked:g}")
    fewer, more, asked = one.pairs["misbinding"]
    parts.append(f"wrong names {more:g} more, {fewer:g} fewer, of {asked:g}")
    return f"{one.name}: {'; '.join(parts)}"


def numbers(verdict: Verdict) -> dict[str, Any]:
    """All fields for a manifest, rounded."""
    rounded = {k: round(v, 6) if isinstance(v, float) else v for k, v in asdict(verdict).items()}
    return {**rounded, "scores": {m: v if v is None else round(v, 4) for m, v in verdict.scores.items()}}


def _token_faults(one: Verdict, limits: Thresholds) -> list[str]:
    """Where the next tokens, or a photo's, differ more than the limits allow; "not": a NaN is a fault, too."""
    faults = []
    if not one.top1 >= limits.top1:
        faults.append(f"top-1 {one.top1:.2%} of {one.positions} tokens, at least {limits.top1:.2%}")
    for name, nats, most in (("mean KL", one.kl_mean, limits.kl_mean), ("KL at 95 %", one.kl_p95, limits.kl_p95)):
        if not nats <= most:
            faults.append(f"{name} {nats:.4f} nats, at most {most:g}")
    if not one.photo_error <= limits.photo_error:
        faults.append(f"visual tokens of a photo are {one.photo_error:.1%} off, at most {limits.photo_error:.1%}")
    return faults


def _benchmark_faults(one: Verdict, limits: Thresholds) -> list[str]:
    """What the variant's own captions lost against the checkpoint's, where that is more than the limits allow."""
    pairs, faults = one.pairs, []
    for name, (lost, gained, asked), most in (
        ("Acc+", pairs["acc_pos"], limits.acc_pos_lost),
        ("Acc-", pairs["acc_neg"], limits.acc_neg_lost),
    ):
        if asked and lost - gained > most * asked:
            faults.append(f"{name}: {lost:g} questions lost, {gained:g} gained, of {asked:g}; at most {most:.1%} net")
    fewer, more, asked = pairs["misbinding"]
    if asked and more - fewer > limits.misbinding_gained * asked:
        faults.append(
            f"wrong names in {more:g} more captions and {fewer:g} fewer, of {asked:g}; "
            f"at most {limits.misbinding_gained:.1%} net"
        )
    return faults


def _pair(measure: str, rows: Sequence[SampleRow], reference: Sequence[SampleRow]) -> tuple[float, float, float]:
    """Of a measure: right in the checkpoint only, right in the variant only, asked."""
    differences = [b.score[measure][0] - a.score[measure][0] for a, b in zip(rows, reference, strict=True)]
    lost, gained = sum(max(0.0, d) for d in differences), sum(max(0.0, -d) for d in differences)
    return lost, gained, sum(row.score[measure][1] for row in rows)


def _share(measure: str, rows: Sequence[SampleRow]) -> float | None:
    """The right fraction of what a measure asked; None where nothing was asked."""
    asked = sum(row.score[measure][1] for row in rows)
    return sum(row.score[measure][0] for row in rows) / asked if asked else None


def _difference(here: str, there: str) -> str:
    """The first difference of two captions, with three words on either side."""
    ours, theirs = here.split(), there.split()
    at = next((i for i, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), min(len(ours), len(theirs)))
    ours, theirs = ours[max(0, at - 3) : at + 4], theirs[max(0, at - 3) : at + 4]
    return f'"... {" ".join(ours)} ..." instead of "... {" ".join(theirs)} ..."'


def _cells(one: Verdict) -> tuple[str, ...]:
    """A variant's line of the table."""

    def share(value: float | None) -> str:
        return "–" if value is None else f"{value:.1%}"

    nats = ("0",) * 3 if one.name == REFERENCE else (f"{one.kl_mean:.5f}", f"{one.kl_p95:.4f}", f"{one.kl_max:.3f}")
    verdict = "the reference" if one.name == REFERENCE else "passes" if one.passed else "fails"
    return (
        one.name,
        f"{one.bytes / 1e6:.1f}",
        *nats,
        f"{one.top1:.2%}",
        f"{one.photo_error:.2%}",
        share(one.equal),
        *(share(one.scores[m]) for m in MEASURES),
        f"{one.per_second:.1f}" if one.per_second else "–",
        f"{one.peak / 1e6:.0f}",
        verdict,
    )
