"""Does a cache change what the model computes? Logits of every cached path against an engine that reads all afresh.

Prompts are read in steps that depend on the prompt alone (`assistant/backends/cache/prefix_cache.py`), so the logits
must be equal to the bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assistant import prompt
from assistant.backends.cache import disk_cache
from assistant.chatml import Piece, pieces
from assistant.models.spec import Spec
from benchmark.speed.keepsake_peer import open_engine
from benchmark.speed.workload import draw_conversation


@dataclass(frozen=True, slots=True)
class Proof:
    """The logits after a prompt by one cached path, against those of a fresh engine without caches."""

    path: str
    equal: bool
    """Whether all logits are equal to the bit."""
    furthest: float
    """Largest difference of a logit."""


def prove(spec: Spec, threads: int, context: int, folder: Path) -> list[Proof]:
    """Compare the logits of every path that reuses something. `folder` must be empty: it is for the caches."""
    about = draw_conversation(spec, 1, 0)
    first = pieces(prompt.caption_messages(about.episodes, about.photo))
    second = pieces(prompt.answer_messages(about.episodes, about.photo, "This is Milo.", about.questions[0]))

    def logits(cache: Path | None, *prompts: Sequence[Piece]) -> list[np.ndarray]:
        """Logits (V,) after each prompt, read one after the other by an engine with this cache folder."""
        with closing(open_engine(spec, threads, context, cache)) as engine:
            out = [engine.logits(p) for p in prompts]
            engine.save()
            return out

    [fresh_first], [fresh_second] = logits(None, first), logits(None, second)
    logits(folder, first)  # now the visual tokens and the conversation are on disk
    [restarted] = logits(folder, second)
    disk_cache.conversation_cache(folder).remove("*")
    photos_from_disk, continued = logits(folder, first, second)
    return [
        compare("photos from disk", photos_from_disk, fresh_first),
        compare("pass 2 continues pass 1", continued, fresh_second),
        compare("conversation from disk", restarted, fresh_second),
    ]


def compare(path: str, logits: np.ndarray, fresh: np.ndarray) -> Proof:
    """Compare two arrays of logits, (V,)."""
    return Proof(path, bool(np.array_equal(logits, fresh)), float(np.abs(logits - fresh).max()))
