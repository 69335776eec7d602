"""How much memory a model takes, how much this machine has, and whether the one goes into the other.

An estimate before anything is loaded or fetched; `python -m assistant models check` measures.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

CONTEXT = 8192
"""Tokens of the KV cache, as the app opens it."""
BUFFERS = 512_000_000
"""Bytes that the engine computes in. A batch of 512 tokens over Qwen3's 151,936 words alone is 0.31 GB of logits."""
MOST = 0.75
"""Part of the memory that a model may take. Apple's GPU is given about that much of the unified memory."""
MEMINFO = Path("/proc/meminfo")
Fits = Literal["yes", "tight", "no"]


@dataclass(frozen=True, slots=True)
class Machine:
    """Memory of this machine, in bytes."""

    total: int
    free: int | None
    """What programs could get now without swapping; None where the system does not say (macOS)."""


def this() -> Machine:
    """The machine we run on. On Apple silicon the GPU shares this memory."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    free = None
    if MEMINFO.exists():
        lines = dict(line.split(":", 1) for line in MEMINFO.read_text(encoding="ascii").splitlines() if ":" in line)
        if "MemAvailable" in lines:
            free = int(lines["MemAvailable"].split()[0]) * 1024
    return Machine(total, free)


def need(weights: int, kv_per_token: int, context: int = CONTEXT) -> int:
    """Bytes a model takes while it runs: its files, the KV cache of the whole context, and the engine's buffers."""
    return weights + context * kv_per_token + BUFFERS


def fits(needed: int, machine: Machine) -> Fits:
    """ "yes": now. "tight": when other programs give memory back. "no": never, on this machine."""
    if needed > machine.total * MOST:
        return "no"
    free = machine.total // 2 if machine.free is None else machine.free
    return "yes" if needed <= free else "tight"


def gigabytes(n: float) -> str:
    """Bytes as people read them."""
    return f"{n / 1e9:.1f} GB" if n >= 1e8 else f"{n / 1e6:.0f} MB"
