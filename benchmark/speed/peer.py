"""What a peer of the speed run is: one way to answer a prompt on this machine, timed to its first word.

Every peer reads the same files with as many threads, the same photos, and text that follows the same ChatML. The peers
are `keepsake_peer`, `llama_cpp_peer`, `llama_server_peer` and `mlx_peer`; `workload.py` says what they are asked.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from assistant.backend import Message


@dataclass(frozen=True, slots=True)
class TimedAnswer:
    """A text, and what writing it took. None: the peer does not report this number."""

    text: str
    first: float
    """Seconds to the first word."""
    first_cpu: float | None
    """Seconds of processor time, of all threads, to the first word."""
    whole: float
    """Seconds to the last word."""
    whole_cpu: float | None
    """Seconds of processor time, of all threads, to the last word."""
    prompt_tokens: int | None = None
    cached_tokens: int | None = None
    """Tokens of the prompt that were in the KV cache before."""
    photos_encoded: int | None = None
    """How often the vision tower ran."""
    new_tokens: int | None = None


class Peer(Protocol):
    """An engine with its model loaded."""

    name: str

    def answer(self, messages: Sequence[Message], max_tokens: int) -> TimedAnswer:
        """Write the next turn greedily, `max_tokens` at most. Raises ModelError."""
        ...

    def restart(self) -> None:
        """Close the engine and open it again, with the caches that it keeps on disk."""
        ...

    def close(self) -> None:
        """Free the model, and end the process if the peer has one of its own."""
        ...


def timed(words: Iterator[str], cpu: Callable[[], float | None]) -> TimedAnswer:
    """Join all words. Both clocks start now; `cpu` returns processor seconds. Without a word, first equals whole."""
    began, before = time.perf_counter(), cpu()
    first: tuple[float, float | None] | None = None
    text = ""
    for word in words:
        if word and first is None:
            first = time.perf_counter(), cpu()
        text += word
    end = time.perf_counter(), cpu()

    def since(now: float | None) -> float | None:
        return None if now is None or before is None else now - before

    at, spent = first or end
    return TimedAnswer(text, at - began, since(spent), end[0] - began, since(end[1]))
