"""Estimate the memory that a model needs, and whether this machine has it.

The estimate is made before anything is loaded or fetched; `python -m assistant models check` measures.
"""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

CONTEXT = 8192
"""Tokens of the KV cache, as the app opens it."""
BUFFERS = 512_000_000
"""Bytes of the engine's buffers. The logits of 512 tokens over Qwen3's 151,936 words alone take 0.31 GB."""
USABLE = 0.75
"""Fraction of the memory that a model may take. Apple's GPU gets about that much of the unified memory."""
MEMINFO = Path("/proc/meminfo")
Fits = Literal["yes", "tight", "no"]
"""Whether a model fits into memory: see `fits`."""


@dataclass(frozen=True, slots=True)
class Machine:
    """Memory of this machine, in bytes, and what computes."""

    total: int
    free: int | None
    """What programs can get now without swapping; None where the system does not say (macOS)."""
    graphics: bool = False
    """Whether there is a graphics processor that llama.cpp can be built for: Apple's or NVIDIA's."""


def performance_cores() -> int:
    """Threads for decoding: half the logical cores, at least one. With more, the threads wait for each other."""
    return max(1, (os.cpu_count() or 2) // 2)


def this_machine() -> Machine:
    """The memory of the machine we run on. On Apple silicon the GPU shares it."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    free = None
    if MEMINFO.exists():
        lines = dict(line.split(":", 1) for line in MEMINFO.read_text(encoding="ascii").splitlines() if ":" in line)
        if "MemAvailable" in lines:
            free = int(lines["MemAvailable"].split()[0]) * 1024
    return Machine(total, free, sys.platform == "darwin" or shutil.which("nvidia-smi") is not None)


def memory_needed(weights: int, kv_per_token: int) -> int:
    """Bytes that a model needs while it runs: its files, the KV cache of a full context, and the engine's buffers."""
    return weights + CONTEXT * kv_per_token + BUFFERS


def fits(needed: int, machine: Machine) -> Fits:
    """Whether `needed` bytes fit: "yes", now; "tight", when other programs free memory; "no", never on this machine."""
    if needed > machine.total * USABLE:
        return "no"
    free = machine.total // 2 if machine.free is None else machine.free
    return "yes" if needed <= free else "tight"


def gigabytes(n: float) -> str:
    """Bytes as text: "1.4 GB", "83 MB"."""
    return f"{n / 1e9:.1f} GB" if n >= 1e8 else f"{n / 1e6:.0f} MB"
