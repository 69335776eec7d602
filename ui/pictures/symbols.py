"""The symbols that cut a terminal cell in two parts, and which of them the terminal is known to draw.

Every terminal draws halves, quadrants and eighths (Unicode 3.2). Sextants (Unicode 13) and octants (Unicode 16) are
in few fonts: they are used where the terminal draws them itself, which its environment says. KEEPSAKE_SYMBOLS=octants
(or one of the other names) decides where that is wrong; in a terminal without the symbols a photo is a field of boxes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

SETTING = "KEEPSAKE_SYMBOLS"
NAMES = ("halves", "quadrants", "sextants", "octants")
"""The sets of symbols, the coarsest first."""
UPPER_HALF = "▀"
QUADRANTS = " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"
"""Block elements by the quarters they fill: bit 0 upper left, 1 upper right, 2 lower left, 3 lower right."""
LOWER, LEFT = "▁▂▃▄▅▆▇", "▏▎▍▌▋▊▉"
"""The lower, the left 1, 2, ... 7 eighths of a cell."""
NOT_AMONG_OCTANTS = (
    0, 1, 2, 3, 5, 10, 15, 20, 40, 63, 64, 80, 85, 90, 95, 128, 160, 165, 170, 175, 192, 240, 245, 250, 252, 255,
)  # fmt: skip
"""Patterns of octants that Unicode had before, or has elsewhere: the others follow each other from U+1CD00 on."""
OCTANTS_ELSEWHERE = {
    1: 0x1CEA8, 2: 0x1CEAB, 3: 0x1FB82, 20: 0x1FBE6, 40: 0x1FBE7, 63: 0x1FB85, 64: 0x1CEA3, 128: 0x1CEA0,
}  # fmt: skip
"""Of those, the ones that are neither quadrants nor lower quarters."""


@dataclass(frozen=True, slots=True)
class Symbols:
    """A set of symbols, one for each way to cut a cell in two: its opposite is the same symbol with colours swapped."""

    characters: tuple[str, ...]
    """K symbols; the first is the upper half."""
    masks: np.ndarray
    """Where each symbol is filled, (K, rows x columns) float32 of 0 and 1."""
    columns: int
    """Points of the mask across a cell."""
    rows: int
    """Points of the mask down a cell."""


def wanted(environment: Mapping[str, str] = os.environ) -> str:
    """The name of the set to draw with: the user's setting, or the finest that the terminal is known to draw."""
    setting = environment.get(SETTING, "").strip().lower()
    if setting in NAMES:
        return setting
    if "TMUX" in environment or "STY" in environment:  # the environment is that of the terminal it was started in
        return "quadrants"
    vte = environment.get("VTE_VERSION", "")
    if vte.isdecimal():  # GNOME Terminal and its kin
        return "octants" if int(vte) >= 7800 else "sextants" if int(vte) >= 6200 else "quadrants"
    program, version = (
        environment.get("TERM_PROGRAM", "").lower(),
        _version(environment.get("TERM_PROGRAM_VERSION", "")),
    )
    if program == "ghostty":
        return "octants" if version >= (1, 2) else "sextants"
    if program == "kitty" or "KITTY_WINDOW_ID" in environment:
        return "octants" if version >= (0, 40) else "sextants"
    return "sextants" if program == "wezterm" else "quadrants"


def _version(text: str) -> tuple[int, ...]:
    """The first two numbers of "1.3.1-arch2"; () where there are none."""
    found = re.match(r"(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2])) if found else ()


@cache
def symbols(name: str) -> Symbols:
    """The set of that name."""
    found: dict[bytes, str] = {}
    columns, rows = (1, 2) if name == "halves" else (8, 24 if name == "sextants" else 8)
    masks = []
    for character, mask in _shapes(name):
        if character == UPPER_HALF or name != "halves":
            fine = np.kron(mask, np.ones((rows // mask.shape[0], columns // mask.shape[1]), bool)).astype(bool)
            if fine.tobytes() not in found and (~fine).tobytes() not in found:
                found[fine.tobytes()] = character
                masks.append(fine.ravel())
    return Symbols(tuple(found.values()), np.array(masks, np.float32), columns, rows)


def _shapes(name: str) -> Iterator[tuple[str, np.ndarray]]:
    """Symbols with their masks, each on the coarsest grid that holds it; the upper half is the first."""
    yield UPPER_HALF, np.array([[True], [False]])
    if name == "halves":
        return
    for pattern in range(1, 15):
        yield QUADRANTS[pattern], _mask(pattern, 2)
    for n in range(7):
        yield LOWER[n], (np.arange(8) >= 7 - n)[:, None]
        yield LEFT[n], (np.arange(8) <= n)[None, :]
    if name == "sextants":
        patterns = [pattern for pattern in range(1, 63) if pattern not in (0b010101, 0b101010)]
        for n, pattern in enumerate(patterns):
            yield chr(0x1FB00 + n), _mask(pattern, 3)
    if name == "octants":
        new = [pattern for pattern in range(256) if pattern not in NOT_AMONG_OCTANTS]
        for n, pattern in enumerate(new):
            yield chr(0x1CD00 + n), _mask(pattern, 4)
        for pattern, code in OCTANTS_ELSEWHERE.items():
            yield chr(code), _mask(pattern, 4)


def _mask(pattern: int, rows: int) -> np.ndarray:
    """Bits of a pattern, row by row from the upper left, as (rows, 2) bool."""
    return np.array([pattern >> bit & 1 for bit in range(2 * rows)], bool).reshape(rows, 2)
