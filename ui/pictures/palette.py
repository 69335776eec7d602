"""Colours in terminals that show 256 of them: the nearest that such a terminal has.

Rich would turn every muted colour into a grey: here each colour becomes the nearest in red, green and blue, in a form
that Rich passes on as it is. NO_COLOR needs nothing here: Textual turns all colours into greys.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from rich.console import Console
from textual.constants import COLOR_SYSTEM

LEVELS = (0, 95, 135, 175, 215, 255)
"""Levels of red, green and blue in the cube of 6 x 6 x 6 colours."""


def few_colours() -> bool:
    """Whether the terminal shows 256 colours or fewer, as its environment says (COLORTERM, TERM)."""
    return _colour_system() not in (None, "truecolor")


def true_colours() -> bool:
    """Whether the terminal shows each of 2^24 colours, as its environment says."""
    return _colour_system() == "truecolor"


@cache
def _colour_system() -> str | None:
    console = Console(color_system=COLOR_SYSTEM, force_terminal=True)  # type: ignore[arg-type]  # as Textual does
    return console.color_system


def nearest(colours: np.ndarray) -> np.ndarray:
    """Colours (..., 3) of 0-255 as the nearest of the terminal's, in the form that Rich turns into just those."""
    shown, sent = _palette()
    flat = colours.reshape(-1, 3).astype(np.float32)
    # |a - b|^2 less |a|^2, which is the same for every b
    distances = (shown**2).sum(1) - 2 * flat @ shown.T
    return sent[distances.argmin(1)].reshape(colours.shape)


@cache
def _palette() -> tuple[np.ndarray, np.ndarray]:
    """What the terminal shows, and what to tell Rich for it, both (N, 3) float32: the cube, then black to white."""
    cube = [(r, g, b) for r in LEVELS for g in LEVELS for b in LEVELS if not r == g == b]
    greys = [(0, 0), *((8 + 10 * n, round((n + 1) * 255 / 25)) for n in range(24)), (255, 255)]
    shown = [*cube, *((level,) * 3 for level, _ in greys)]
    sent = [*cube, *((level,) * 3 for _, level in greys)]
    return np.array(shown, np.float32), np.array(sent, np.float32)
