"""What the measurements of a speed run say: medians and minima by step and peer, the targets, and the table.

Nothing is measured here (see `measure.py`). Times are seconds; a ratio above 1 means that Keepsake is quicker.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from benchmark.speed.mlx_peer import MlxVlm
from benchmark.speed.peers import Keepsake, Server, Stock, UncachedEngine

OURS, NONE, HANDLER, SERVER, MLX = Keepsake.name, UncachedEngine.name, Stock.name, Server.name, MlxVlm.name
STEPS = {
    "caption": "caption, nothing known",
    "answer": "its question (pass 2)",
    "follow": "a follow-up",
    "restart": "a question after a restart",
    "slot": "the same, state put back by the client",
    "control": "control: other photos and words",
    "order": "known memories in another order",
    "set": "a new set of known memories",
    "single": "one pass, no caption",
}
"""What is asked, in this order."""
FASTER = 0.85
"""Part of the fresh time that a control may take: all prompts share the instruction."""


@dataclass(frozen=True, slots=True)
class Row:
    """One turn of one peer."""

    step: str
    peer: str
    repeat: int
    first: float
    """Seconds to the first word."""
    first_cpu: float | None
    whole: float
    """Seconds to the last word."""
    whole_cpu: float | None
    prompt_tokens: int | None
    cached_tokens: int | None
    looked: int | None
    """How often the vision tower ran."""
    new_tokens: int | None


@dataclass(frozen=True, slots=True)
class Proof:
    """Logits of one path against those of an engine that keeps nothing."""

    path: str
    equal: bool
    """To the bit, both led through the same pieces."""
    furthest: float
    """Largest difference of a logit."""
    nats: float
    """KL divergence from the logits after one reading of everything in one go."""
    same_first: bool
    """The likeliest token is the same there."""


@dataclass(frozen=True, slots=True)
class Target:
    """What the engine should reach. `passed` None: nothing to compare with, or a number without a bar."""

    words: str
    asked: str
    found: float | None
    found_cpu: float | None
    passed: bool | None


def summary(rows: Sequence[Row]) -> dict[str, dict[str, dict[str, Any]]]:
    """By step and peer: n, medians and minima, and counts, which are the largest of any repeat."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for step in STEPS:
        for peer in dict.fromkeys(r.peer for r in rows if r.step == step):
            some = [r for r in rows if (r.step, r.peer) == (step, peer)]
            spent = [r.first_cpu for r in some if r.first_cpu is not None]
            found.setdefault(step, {})[peer] = {
                "n": len(some),
                "first": median(r.first for r in some),
                "first_least": min(r.first for r in some),
                "cpu": median(spent) if spent else None,
                "cpu_least": min(spent) if spent else None,
                "prompt_tokens": max((r.prompt_tokens for r in some if r.prompt_tokens is not None), default=None),
                "cached_tokens": max((r.cached_tokens for r in some if r.cached_tokens is not None), default=None),
                "looked": max((r.looked for r in some if r.looked is not None), default=None),
                "a_token": _a_token(some),
            }
    return found


def _a_token(some: Sequence[Row]) -> float | None:
    """Seconds to write one more token, median; None where only the first was asked for."""
    written = [(r.whole - r.first) / (r.new_tokens - 1) for r in some if r.new_tokens and r.new_tokens > 1]
    return median(written) if written else None


def targets(rows: Sequence[Row], proofs: Sequence[Proof], threads: int = 1) -> list[Target]:
    """Every target of the engine, with what was found. One thread is judged by processor time, where all tell it:
    other programs do not count. More are judged by the clock, since threads that wait spend processor time too."""
    at = summary(rows)

    def judged(words: str, asked: str, found: float, cpu: float | None, good: Callable[[float], bool]) -> Target:
        return Target(words, asked, found, cpu, good(cpu if cpu is not None and threads == 1 else found))

    def against(words: str, step: str, peer: str, bar: float | None, theirs: str = "") -> Target:
        asked = "reported" if bar is None else f"≥ {bar:g}x"
        here, there = at.get(step, {}).get(OURS), at.get(theirs or step, {}).get(peer)
        if not here or not there:
            return Target(f"{words}, against {peer}", asked, None, None, None)
        found = there["first"] / here["first"]
        cpu = there["cpu"] / here["cpu"] if there["cpu"] and here["cpu"] else None
        if bar is None:
            return Target(f"{words}, against {peer}", asked, found, cpu, None)
        return judged(f"{words}, against {peer}", asked, found, cpu, lambda ratio: ratio >= bar)

    rivals = {MLX: (None, None)} if MLX in at["caption"] else {HANDLER: (20, 10), SERVER: (1, 10)}
    out = []
    for step, words in (("answer", "answer"), ("follow", "follow-up")):
        out += [against(words, step, peer, bar) for peer, (bar, _) in rivals.items()]
    out.append(against("answer", "answer", NONE, None))
    out += [against("first question after a restart", "restart", peer, bar) for peer, (_, bar) in rivals.items()]
    if SERVER in rivals:
        restored = against("first question after a restart", "restart", SERVER, None, "slot")
        out.append(Target(f"{restored.words} with its slot put back", *list(asdict(restored).values())[1:]))
    for step, words in (("set", "new set of known memories"), ("order", "known memories in another order")):
        out += [against(words, step, peer, None) for peer in (NONE, *rivals)]
    out += [_tower(at, step, new) for step, new in (("restart", 0), ("order", 0), ("set", 1))]
    both = two_passes(rows)
    out.append(
        judged("two passes by one pass and the caption's writing", "≤ 1.15x", *both, lambda ratio: ratio <= 1.15)
    )
    for peer, control in at["control"].items():  # other photos and words: nothing is quick by accident
        fresh = at["caption"][peer]
        cpu = control["cpu"] / fresh["cpu"] if control["cpu"] and fresh["cpu"] else None
        words, found = f"control by first caption: {peer}", control["first"] / fresh["first"]
        out.append(judged(words, f"≥ {FASTER:g}x", found, cpu, lambda ratio: ratio >= FASTER))
    equal = sum(p.equal for p in proofs)
    exact = Target("paths with the logits of no caches", f"all {len(proofs)}", equal, None, equal == len(proofs))
    return [*out, exact]


def _tower(at: Mapping[str, Any], step: str, new: int) -> Target:
    looked = at[step][OURS]["looked"]
    return Target(f"photos looked at: {STEPS[step]}", f"{new} new", looked, None, looked == new)


def two_passes(rows: Sequence[Row]) -> tuple[float, float | None]:
    """Both passes to the first word of the answer, by one pass to its first word and the caption's own writing.

    By the clock and by processor time; medians over the repeats.
    """
    clock, spent = [], []
    for repeat in {r.repeat for r in rows}:
        by = {(r.step, r.peer): r for r in rows if r.repeat == repeat}
        one, caption, answer = by["single", NONE], by["caption", OURS], by["answer", OURS]
        clock.append((caption.whole + answer.first) / (one.first + caption.whole - caption.first))
        if one.first_cpu and caption.first_cpu and caption.whole_cpu and answer.first_cpu:
            writing = caption.whole_cpu - caption.first_cpu
            spent.append((caption.whole_cpu + answer.first_cpu) / (one.first_cpu + writing))
    return median(clock), median(spent) if spent else None


def table(record: Mapping[str, Any]) -> str:
    """Everything for the terminal, in Markdown."""
    peers = [p for p in (OURS, NONE, HANDLER, SERVER, MLX) if any(p in of for of in record["steps"].values())]
    lines = [f"{record['model']}, {record['episodes']} memories, {record['threads']} threads, n={record['repeats']}"]
    lines += ["seconds to the first word: median (least), processor time", ""]
    lines += grid(["", *peers], [[STEPS[s], *(_time(of.get(p)) for p in peers)] for s, of in record["steps"].items()])
    writing = [f"{p} {_number(record['steps']['caption'][p]['a_token'])}" for p in peers]
    lines += ["", f"seconds a token of the caption: {', '.join(writing)}"]
    lines += ["", "tokens of the prompt, cached before, photos looked at", ""]
    lines += grid(["", *peers], [[STEPS[s], *(_counts(of.get(p)) for p in peers)] for s, of in record["steps"].items()])
    lines += [
        "",
        "logits against an engine that keeps nothing, led the same way; and against one reading in one go",
        "",
    ]
    heads = ["path", "equal", "largest difference", "nats", "same first token"]
    proofs = [
        [p["path"], _yes(p["equal"]), f"{p['furthest']:g}", f"{p['nats']:.1e}", _yes(p["same_first"])]
        for p in record["proofs"]
    ]
    lines += grid(heads, proofs)
    lines += [""]
    verdicts = {True: "pass", False: "FALLS SHORT", None: ""}
    told = [
        [t["words"], t["asked"], _number(t["found"]), _number(t["found_cpu"]), verdicts[t["passed"]]]
        for t in record["targets"]
    ]
    lines += grid(["target", "asked", "by the clock", "by processor time", ""], told)
    lines += [f"\n{peer}: not measured, {why}" for peer, why in record["absent"].items()]
    return "\n".join(lines)


def grid(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a Markdown table."""
    return [f"| {' | '.join(line)} |" for line in (heads, ["---"] * len(heads), *rows)]


def _time(of: Mapping[str, Any] | None) -> str:
    if not of:
        return "–"
    return f"{of['first']:.2f} ({of['first_least']:.2f})" + (f", cpu {of['cpu']:.2f}" if of["cpu"] is not None else "")


def _counts(of: Mapping[str, Any] | None) -> str:
    if not of:
        return "–"
    return ", ".join("?" if of[k] is None else str(of[k]) for k in ("prompt_tokens", "cached_tokens", "looked"))


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"


def _yes(value: bool) -> str:
    return "yes" if value else "no"
