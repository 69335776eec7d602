"""How long two models take for a caption of a photo with one recalled memory, side by side (`speed --beside`).

The engines take turns, and the first of each pair alternates, so that a busy machine slows both. Each keeps its caches,
as in the app: a memory's photo is encoded once, the new photo each time.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from assistant import prompt
from assistant.backend import Message, Options
from assistant.backends.cached_backend import CachedBackend
from assistant.models.spec import Spec
from benchmark import markdown
from benchmark.retrieval.things.photo_things import read_things
from benchmark.speed.keepsake_peer import open_engine
from memory.episode import Episode, Turn

DAY = datetime(2024, 5, 12, 12, tzinfo=UTC)
"""When the remembered photos were taken."""


@dataclass(frozen=True, slots=True)
class CaptionTime:
    """What one caption of one model took."""

    model: str
    clock: float
    """Seconds."""
    cpu: float
    """Seconds of processor time, of all threads."""
    tokens: int
    """Tokens written."""


def measure(specs: tuple[Spec, Spec], photos: Path, threads: int, context: int) -> list[CaptionTime]:
    """Two times for each photo of a thing but its first, which is remembered. Raises KeepsakeError."""
    prompts = list(_prompts(photos))
    times = []
    with ExitStack() as stack:
        engines = [
            (spec.name, stack.enter_context(closing(open_engine(spec, threads, context, None)))) for spec in specs
        ]
        for _, engine in engines:
            _timed("", engine, prompts[0])  # what an engine does only once
        for n, messages in enumerate(prompts):
            pair = [_timed(name, engine, messages) for name, engine in (engines if n % 2 else engines[::-1])]
            times += pair if n % 2 else pair[::-1]
    return times


def table(times: Sequence[CaptionTime]) -> str:
    """Medians and minima of both models, and the median of the quotients of their processor times."""
    first, second = times[::2], times[1::2]
    rows = [
        (
            of[0].model,
            f"{median(one.cpu for one in of):.2f}",
            f"{min(one.cpu for one in of):.2f}",
            f"{median(one.clock for one in of):.2f}",
            median(one.tokens for one in of),
        )
        for of in (first, second)
    ]
    heads = ("model", "seconds of processor time, median", "least", "seconds, median", "tokens, median")
    quotient = median(a.cpu / b.cpu for a, b in zip(first, second, strict=True))
    ended = f"{first[0].model} takes {quotient:.2f} times as long as {second[0].model} (median of {len(first)} photos)."
    return f"{markdown.table(heads, rows)}\n\n{ended}"


def _prompts(folder: Path) -> Iterator[tuple[Message, ...]]:
    """For each photo of a thing but the first the prompt of its caption, with the first as the recalled memory."""
    remembered: dict[int, Episode] = {}
    photos = read_things(folder)
    for one in photos.photos:
        words = f"That's my {photos.things[one.thing].replace('_', ' ')}, a present from Grandma."
        if known := remembered.get(one.thing):
            yield prompt.caption_messages([known], one.photo, sure=[known])
        else:
            remembered[one.thing] = Episode(one.photo, (Turn("user", words),), DAY)


def _timed(name: str, engine: CachedBackend, messages: Sequence[Message]) -> CaptionTime:
    began, before = time.perf_counter(), time.process_time()
    *_, last = engine.stream(messages, Options())
    return CaptionTime(name, time.perf_counter() - began, time.process_time() - before, last.new_tokens or 0)
