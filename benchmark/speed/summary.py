"""The rows of a speed run, their medians and minima by step and peer, and the record as a table. Times are seconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmark import markdown
from benchmark.speed.keepsake_peer import Keepsake, UncachedEngine
from benchmark.speed.llama_cpp_peer import LlamaCppHandler
from benchmark.speed.llama_server_peer import LlamaServer
from benchmark.speed.mlx_peer import MlxVlm
from benchmark.speed.peer import TimedAnswer
from benchmark.speed.workload import STEPS

OURS, UNCACHED, HANDLER, SERVER, MLX = (
    peer.name for peer in (Keepsake, UncachedEngine, LlamaCppHandler, LlamaServer, MlxVlm)
)


@dataclass(frozen=True, slots=True)
class Row:
    """One step of one peer in one repeat; the numbers are those of `peer.TimedAnswer`."""

    step: str
    peer: str
    repeat: int
    first: float
    first_cpu: float | None
    whole: float
    whole_cpu: float | None
    prompt_tokens: int | None
    cached_tokens: int | None
    photos_encoded: int | None
    new_tokens: int | None


def row(step: str, peer: str, repeat: int, answer: TimedAnswer) -> Row:
    """The row of an answer."""
    counts = (answer.prompt_tokens, answer.cached_tokens, answer.photos_encoded, answer.new_tokens)
    return Row(step, peer, repeat, answer.first, answer.first_cpu, answer.whole, answer.whole_cpu, *counts)


def summary(rows: Sequence[Row]) -> dict[str, dict[str, dict[str, Any]]]:
    """The numbers of each peer at each step: n, medians and minima of times, and the largest of each count."""
    out: dict[str, dict[str, dict[str, Any]]] = {}
    for step in STEPS:
        for peer in dict.fromkeys(r.peer for r in rows if r.step == step):
            some = [r for r in rows if (r.step, r.peer) == (step, peer)]
            spent = [r.first_cpu for r in some if r.first_cpu is not None]
            out.setdefault(step, {})[peer] = {
                "n": len(some),
                "first": median(r.first for r in some),
                "first_least": min(r.first for r in some),
                "cpu": median(spent) if spent else None,
                "cpu_least": min(spent) if spent else None,
                "prompt_tokens": max((r.prompt_tokens for r in some if r.prompt_tokens is not None), default=None),
                "cached_tokens": max((r.cached_tokens for r in some if r.cached_tokens is not None), default=None),
                "photos_encoded": max((r.photos_encoded for r in some if r.photos_encoded is not None), default=None),
                "a_token": _seconds_per_token(some),
            }
    return out


def _seconds_per_token(rows: Sequence[Row]) -> float | None:
    """Median seconds to write one more token; None where only one token was asked for."""
    written = [(r.whole - r.first) / (r.new_tokens - 1) for r in rows if r.new_tokens and r.new_tokens > 1]
    return median(written) if written else None


def table(record: Mapping[str, Any]) -> str:
    """The whole record in Markdown, for the terminal."""
    steps = record["steps"]
    peers = [p for p in (OURS, UNCACHED, HANDLER, SERVER, MLX) if any(p in by_peer for by_peer in steps.values())]
    lines = [f"{record['model']}, {record['episodes']} memories, {record['threads']} threads, n={record['repeats']}"]
    lines += ["seconds to the first word: median (least), processor time", ""]
    times = [[STEPS[s], *(_time(by_peer.get(p)) for p in peers)] for s, by_peer in steps.items()]
    lines.append(markdown.table(["", *peers], times))
    writing = [f"{p} {_number(steps['caption'][p]['a_token'])}" for p in peers]
    lines += ["", f"seconds per token of the caption: {', '.join(writing)}"]
    lines += ["", "tokens of the prompt, cached before, photos encoded", ""]
    counts = [[STEPS[s], *(_counts(by_peer.get(p)) for p in peers)] for s, by_peer in steps.items()]
    lines.append(markdown.table(["", *peers], counts))
    lines += ["", "logits against a fresh engine without caches that reads the same prompt", ""]
    proofs = [[p["path"], "yes" if p["equal"] else "NO", f"{p['furthest']:g}"] for p in record["proofs"]]
    lines.append(markdown.table(["path", "equal to the bit", "largest difference"], proofs))
    lines += [""]
    verdicts = {True: "pass", False: "FALLS SHORT", None: ""}
    judged = [
        [t["words"], t["asked"], _number(t["found"]), _number(t["found_cpu"]), verdicts[t["passed"]]]
        for t in record["targets"]
    ]
    lines.append(markdown.table(["target", "asked", "by the clock", "by processor time", ""], judged))
    lines += [f"\n{peer}: not measured, {why}" for peer, why in record["absent"].items()]
    return "\n".join(lines)


def _time(numbers: Mapping[str, Any] | None) -> str:
    if not numbers:
        return "–"
    cpu = f", cpu {numbers['cpu']:.2f}" if numbers["cpu"] is not None else ""
    return f"{numbers['first']:.2f} ({numbers['first_least']:.2f}){cpu}"


def _counts(numbers: Mapping[str, Any] | None) -> str:
    if not numbers:
        return "–"
    keys = ("prompt_tokens", "cached_tokens", "photos_encoded")
    return ", ".join("?" if numbers[k] is None else str(numbers[k]) for k in keys)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"
