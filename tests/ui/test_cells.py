"""The symbols and colours of cells: the best there are, named as in Unicode, and only where a terminal draws them."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.color import Color, ColorSystem

from assistant.photo import from_image
from demo import album
from tests.support import picture_quality
from ui.pictures import crop, drawing, palette
from ui.pictures.cells import cut, rendered
from ui.pictures.drawing import draw
from ui.pictures.symbols import NAMES, symbols, wanted

LETTERS = {"halves": 1, "quadrants": 19, "sextants": 49, "octants": 137}
"""Ways to cut a cell in two, counted by hand: 7 of quadrants, 12 of eighths; 31 and 127 patterns less the shared."""


@pytest.mark.parametrize("name", NAMES)
def test_no_two_symbols_cut_a_cell_alike(name: str) -> None:
    masks = symbols(name).masks
    cuts = {min(row.tobytes(), (1 - row).tobytes()) for row in masks}
    assert len(cuts) == len(masks) == len(symbols(name).characters) == LETTERS[name]
    assert symbols(name).characters[0] == "▀"


def test_symbols_are_filled_where_their_names_say() -> None:
    """Python knows the names of Unicode 14: sextants have their numbers in them. Octants are newer: some by hand."""
    found = symbols("sextants")
    for character, row in zip(found.characters, found.masks, strict=True):
        if (name := unicodedata.name(character)).startswith("BLOCK SEXTANT-"):
            grid = row.reshape(3, found.rows // 3, 2, found.columns // 2).mean((1, 3)).ravel()
            assert "".join(str(n + 1) for n in range(6) if grid[n]) == name.removeprefix("BLOCK SEXTANT-")
    octants = symbols("octants")
    known = {"\U0001cd00": "3", "\U0001cd03": "4", "\U0001cda8": "8", "\U0001cde5": "2345678", "\U0001cea8": "1"}
    known |= {"\U0001cddf": "235678", "\U0001cde0": "1235678", "\U0001fbe6": "35", "\U0001fb82": "12"}
    for character, row in zip(octants.characters, octants.masks, strict=True):
        grid = row.reshape(4, 2, 2, 4).mean((1, 3)).ravel()
        if character in known:
            filled = "".join(str(n + 1) for n in range(8) if grid[n])
            assert known.pop(character) in (filled, "".join(n for n in "12345678" if n not in filled))
    assert len(known) < 9


@pytest.mark.parametrize("name", NAMES)
def test_every_cell_has_the_least_squared_error_there_is(name: str) -> None:
    """Beside a plain search over all symbols, cell by cell, on noise: no other symbol does better."""
    shapes = symbols(name)
    pixels = np.random.default_rng(1).integers(0, 256, (2 * shapes.rows, 3 * shapes.columns, 3)).astype(np.uint8)
    cells = cut(Image.fromarray(pixels), 3, 2, shapes)
    shown = rendered(cells, shapes, shapes.columns, shapes.rows).astype(float)
    for row in range(2):
        for column in range(3):
            box = np.s_[
                row * shapes.rows : (row + 1) * shapes.rows, column * shapes.columns : (column + 1) * shapes.columns
            ]
            points = pixels[box].reshape(-1, 3).astype(float)
            least = min(
                sum(((part - part.mean(0)) ** 2).sum() for part in (points[mask > 0], points[mask == 0]))
                for mask in shapes.masks
            )
            error = ((shown[box].reshape(-1, 3) - points) ** 2).sum()
            assert error == pytest.approx(least, rel=1e-3)


def test_a_surface_of_one_colour_needs_no_rare_symbol() -> None:
    strips = draw(from_image(Image.new("RGB", (640, 480), "#5a8060")), 20, 10, "octants")
    assert {strip.text for strip in strips} == {"▀" * len(strips[0].text)}


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ({}, "quadrants"),
        ({"TERM_PROGRAM": "Apple_Terminal"}, "quadrants"),
        ({"TERM_PROGRAM": "ghostty", "TERM_PROGRAM_VERSION": "1.3.1-arch2"}, "octants"),
        ({"TERM_PROGRAM": "ghostty", "TERM_PROGRAM_VERSION": "1.1.0"}, "sextants"),
        ({"KITTY_WINDOW_ID": "1"}, "sextants"),
        ({"VTE_VERSION": "7802"}, "octants"),
        ({"VTE_VERSION": "6800"}, "sextants"),
        ({"VTE_VERSION": "5202"}, "quadrants"),
        ({"VTE_VERSION": "7802", "TMUX": "/sockets/tmux,1,0"}, "quadrants"),
        ({"TMUX": "x", "KEEPSAKE_SYMBOLS": "Octants"}, "octants"),
        ({"KEEPSAKE_SYMBOLS": "dots"}, "quadrants"),
    ],
)
def test_rare_symbols_only_where_the_terminal_draws_them(environment: dict[str, str], name: str) -> None:
    assert wanted(environment) == name


def test_with_256_colours_the_nearest_are_shown_and_not_grey(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Rich sends them; muted colours, of which Rich alone would make greys."""
    colours = np.random.default_rng(2).integers(60, 190, (200, 3)).astype(np.float32)
    shown, _ = palette._palette()

    def sent(rgb: np.ndarray) -> np.ndarray:
        number = Color.from_rgb(*rgb.tolist()).downgrade(ColorSystem.EIGHT_BIT).number
        return np.array(Color.from_ansi(number or 0).get_truecolor())

    for colour, near in zip(colours, palette.nearest(colours), strict=True):
        least = ((shown - colour) ** 2).sum(1).min()
        assert ((sent(near) - colour) ** 2).sum() == pytest.approx(least)
    monkeypatch.setattr(drawing, "few_colours", lambda: True)
    style = next(iter(draw(from_image(Image.new("RGB", (40, 40), "#7a6a5f")), 2, 1)[0])).style
    assert style
    assert style.color
    assert style.color.triplet == (135, 95, 95)


def test_finer_symbols_show_more_of_real_pictures(capsys: pytest.CaptureFixture[str]) -> None:
    """The command's table, on the demo album; figures of 50 photographs stand in docs/results.md."""
    assert picture_quality.main([str(album.demo_photo().parent), "--photos", "6", "--cells", "30", "15"]) == 0
    table = {line.split()[0]: line.split() for line in capsys.readouterr().out.splitlines()[2:]}
    decibels = [float(table[name][1]) for name in NAMES]
    assert decibels == sorted(decibels)
    assert float(table["quadrants"][4]) >= 2  # as many half cells


def test_the_command_refuses_a_folder_without_photos(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert picture_quality.main([str(tmp_path)]) == 1
    assert "there is no photo" in capsys.readouterr().err


def test_equal_pictures_score_best() -> None:
    pixels = np.random.default_rng(3).integers(0, 256, (16, 16, 3))
    assert picture_quality.psnr(pixels, pixels) == float("inf")
    assert picture_quality.ssim(pixels, pixels) == pytest.approx(1)
    assert picture_quality.ssim(255 - pixels, pixels) < 0


@pytest.mark.parametrize("at", [(0.2, 0.5), (0.8, 0.5), (0.5, 0.5)])
def test_a_thumbnail_is_filled_and_shows_what_matters(at: tuple[float, float]) -> None:
    """A red thing beside the middle of a wide photo; a square thumbnail (12 x 6 cells) has no bars, and holds it."""
    image = Image.effect_noise((600, 300), 20).convert("RGB")
    thing = (int(at[0] * 600), int(at[1] * 300))
    image.paste("red", (thing[0] - 50, thing[1] - 50, thing[0] + 50, thing[1] + 50))
    strips = draw(from_image(image), 12, 6, fill=True)
    assert (strips[0].cell_length, len(strips)) == (12, 5)  # 0.6 of the width are always shown
    left, top, right, bottom = crop.part(image, *crop.shares(600, 300, 12, 6))
    assert (top, bottom) == (0, 300)
    assert left <= thing[0] - 50 < thing[0] + 50 <= right


@pytest.mark.parametrize("size", [(400, 300), (300, 400), (300, 300), (3000, 10), (10, 3000)])
def test_a_crop_stays_within_the_photo(size: tuple[int, int]) -> None:
    image = Image.effect_noise(size, 80).convert("RGB")
    across, down = crop.shares(*size, 16, 6)
    left, top, right, bottom = crop.part(image, across, down)
    assert -1e-6 <= left < right <= size[0] + 1e-6
    assert -1e-6 <= top < bottom <= size[1] + 1e-6
    assert min(across, down) >= crop.LEAST


def test_one_colour_all_over_is_cropped_in_the_middle() -> None:
    assert crop.centre(Image.new("RGB", (300, 200), "teal")) == pytest.approx((0.5, 0.5))
