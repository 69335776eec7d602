"""The progress of work on many photos as a line on stderr, with the time that is left."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable

EVERY = 0.2
"""Seconds between two updates of the progress line on a terminal."""


def progress_line(verb: str, noun: str = "photo", nouns: str = "photos") -> Callable[[int, int], None]:
    """A line on stderr that is overwritten on a terminal; elsewhere, one line for each tenth of the photos.

    Returns a function of the number done and the total, which prints nothing while none is done. `verb` says what was
    done, `noun` and `nouns` to what.
    """
    terminal, began, last, printed_tenth = sys.stderr.isatty(), time.monotonic(), 0.0, 0

    def update(done: int, total: int) -> None:
        nonlocal last, printed_tenth
        if not done:
            return
        now, tenth = time.monotonic(), 10 * done // total
        if done < total and (now - last < EVERY if terminal else tenth == printed_tenth):
            return
        last, printed_tenth = now, tenth
        pace = (now - began) / done
        left = f", {duration(pace * (total - done))} left" if done < total else ""
        line = f"{done} of {total} {noun if total == 1 else nouns} {verb}, {1000 * pace:.0f} ms each{left}"
        if terminal:
            line = f"\r\033[K{line[: shutil.get_terminal_size().columns - 1]}"
        print(line, end="" if terminal and done < total else "\n", file=sys.stderr, flush=True)

    return update


def duration(seconds: float) -> str:
    """A time as people write it: "0:07 min", "2 h 5 min"."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes}:{rest:02d} min"
