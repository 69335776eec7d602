"""How much of a photo its cells show, for every set of symbols: `python -m tests.support.picture_quality FOLDER`.

The reference is the photo at 8 x 16 pixels a cell. PSNR in decibels over red, green and blue; SSIM of the brightness,
over windows of 8 x 8 pixels that do not overlap. "as many half cells" says how many times as many half cells (the same
photo, drawn larger) come to the same PSNR: the detail, told in cells. That figure is interpolated.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from assistant.photo import load_photo, picture
from memory.errors import KeepsakeError, exit_with
from ui.pictures.cells import cut, rendered
from ui.pictures.drawing import fit
from ui.pictures.symbols import NAMES, symbols

WIDTH, HEIGHT = 8, 16
"""Pixels of a cell in the reference."""
ZOOMS = (1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0)
"""How much larger the half cells are drawn that the others are compared with, on a side."""


def psnr(shown: np.ndarray, reference: np.ndarray) -> float:
    """Peak signal-to-noise ratio in decibels of two pictures (H, W, 3) of 0-255; infinite when they are equal."""
    error = float(((shown.astype(np.float32) - reference) ** 2).mean())
    return 10 * float(np.log10(255**2 / error)) if error else float("inf")


def ssim(shown: np.ndarray, reference: np.ndarray) -> float:
    """Structural similarity of two pictures (H, W, 3) of 0-255: 1 when they are equal."""
    a, b = (_windows(picture.astype(np.float32) @ np.array([0.299, 0.587, 0.114])) for picture in (shown, reference))
    mean_a, mean_b = a.mean(1), b.mean(1)
    both = ((a - mean_a[:, None]) * (b - mean_b[:, None])).mean(1)
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    alike = (2 * mean_a * mean_b + c1) * (2 * both + c2) / ((mean_a**2 + mean_b**2 + c1) * (a.var(1) + b.var(1) + c2))
    return float(alike.mean())


def _windows(grey: np.ndarray) -> np.ndarray:
    """A picture (H, W) as its windows, (N, 64)."""
    height, width = (side // 8 * 8 for side in grey.shape)
    return grey[:height, :width].reshape(height // 8, 8, width // 8, 8).transpose(0, 2, 1, 3).reshape(-1, 64)


def shown(image: Image.Image, columns: int, rows: int, name: str, size: tuple[int, int]) -> np.ndarray:
    """What a terminal shows of an image in `columns` x `rows` cells, scaled to `size` pixels: (H, W, 3) uint8."""
    shapes = symbols(name)
    pixels = rendered(cut(image, columns, rows, shapes), shapes, WIDTH, 3 * HEIGHT)  # a third of a cell is whole pixels
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BOX))


def measure(files: Sequence[Path], columns: int, rows: int) -> list[str]:
    """The lines of the table, photos drawn as large as `columns` x `rows` cells allow. Raises PhotoError."""
    scores: dict[str, list[tuple[float, float, float]]] = {name: [] for name in NAMES}
    zoomed: list[list[float]] = []
    for file in files:
        photo = load_photo(file)
        across, down = fit(photo, columns, rows)
        size = (WIDTH * across, HEIGHT * down)
        image = picture(photo).resize(size, Image.Resampling.LANCZOS)
        reference = np.asarray(image)
        for name in NAMES:
            begun = time.perf_counter()
            cut(image, across, down, symbols(name))
            seconds = time.perf_counter() - begun
            drawn = shown(image, across, down, name, size)
            scores[name].append((psnr(drawn, reference), ssim(drawn, reference), 1000 * seconds))
        larger = [(round(zoom * across), round(zoom * down)) for zoom in ZOOMS]
        zoomed.append([psnr(shown(image, *cells, "halves", size), reference) for cells in larger])
    halves = np.mean(zoomed, 0)
    lines = [
        f"{len(files)} photos, at most {columns} x {rows} cells",
        "symbols     PSNR    gain   SSIM   as many half cells   ms",
    ]
    for name, values in scores.items():
        (decibels, alike, _), spent = np.mean(values, 0), np.median([value[2] for value in values])
        detail = float(np.interp(decibels, halves, np.square(ZOOMS)))
        lines.append(
            f"{name:<10} {decibels:5.2f}  {decibels - halves[0]:+6.2f}  {alike:5.3f}  {detail:17.1f}  {spent:4.1f}"
        )
    return lines


def main(argv: list[str] | None = None) -> int:
    """The command line. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.picture_quality", description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, help="photos, in folders too")
    parser.add_argument("--photos", type=int, default=50, metavar="N", help="how many, evenly taken (default: 50)")
    parser.add_argument("--cells", type=int, nargs=2, default=(60, 30), metavar=("COLUMNS", "ROWS"))
    wanted = parser.parse_args(argv)
    files = sorted(f for f in wanted.folder.rglob("*") if f.suffix.lower() in (".jpg", ".jpeg", ".png"))
    if not files:
        print(f"error: {wanted.folder}: there is no photo (JPEG or PNG); name a folder of photos", file=sys.stderr)
        return 1
    chosen = [files[int(n)] for n in np.linspace(0, len(files) - 1, min(wanted.photos, len(files)))]
    try:
        print("\n".join(measure(chosen, *wanted.cells)))
    except KeepsakeError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    exit_with(main)
