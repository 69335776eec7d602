"""Photos into the app: chosen, mentioned, pasted, sideways, large, and what is none; `make e2e` runs these tasks."""

from __future__ import annotations

from pathlib import Path

import pillow_heif
from PIL import Image

from tests.e2e.terminal import DEMO, Terminal, drawn, show


def test_choose_a_photo_with_a_preview(app: Terminal, home: Path) -> None:
    show(app, home / "Pictures" / "bolt.png")  # where the last one came from, the next one is looked for
    app.press("F2")
    app.sees("Choose a photo", "bolt.png", "dog.jpg", "Enter attaches")
    app.press("Down")
    app.sees("bolt.png 448 × 448")
    app.press("Down")
    app.sees("dog.jpg 512 × 512")
    app.press("Enter")
    app.sees("▣ dog.jpg  ·  512 × 512", "by nano", "Bruno", "○ idle")


def test_mention_a_photo_in_a_question(app: Terminal) -> None:
    app.say(f"Who is in @{DEMO / 'dog.jpg'}?")
    app.sees("▣ dog.jpg  ·  512 × 512", "Who is in", "by nano", "○ idle")
    app.until(lambda screen: screen.count("Bruno") > 2, "an answer about Bruno")


def test_a_path_with_spaces_and_quotes(app: Terminal, home: Path) -> None:
    """As a shell escapes it, and as a file manager quotes it."""
    photo = drawn(home / 'Anna\'s "big" day.png', 140)
    app.paste(str(photo).replace(" ", "\\ ").replace("'", "\\'").replace('"', '\\"'))
    app.sees('▣ Anna\'s "big" day.png  ·  448 × 448', "○ idle")
    app.paste(f"'{drawn(home / 'two words.png', 150)}' ")
    app.sees("▣ two words.png  ·  448 × 448", "○ idle")


def test_twenty_photos_pasted_at_once(app: Terminal, home: Path) -> None:
    folder = home / "twenty"
    folder.mkdir()
    photos = [drawn(folder / f"{n:02}.jpg", 12 * n, (200, 150)) for n in range(20)]
    app.paste(" ".join(map(str, photos)))
    app.sees("▣ 19.jpg  ·  200 × 150")
    app.sees("by nano", "○ idle")


def test_a_sideways_telephone_photo_is_upright(app: Terminal, home: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the sensor lay on its side
    photo = drawn(home / "IMG_0001.jpg", 30, (400, 300), exif=exif)
    app.paste(str(photo))
    app.sees("▣ IMG_0001.jpg  ·  300 × 400", "○ idle")


def test_heic_and_a_capital_suffix(app: Terminal, home: Path) -> None:
    pillow_heif.register_heif_opener()
    drawn(home / "IMG_0002.HEIC", 40, (320, 240), format="HEIF")
    drawn(home / "DSC_0003.JPG", 50, (330, 240), format="JPEG")
    app.paste(str(home / "IMG_0002.HEIC"))
    app.sees("▣ IMG_0002.HEIC  ·  320 × 240")
    app.paste(str(home / "DSC_0003.JPG"))
    app.sees("▣ DSC_0003.JPG  ·  330 × 240", "○ idle")


def test_forty_megapixels(app: Terminal, home: Path) -> None:
    app.paste(str(drawn(home / "large.jpg", 60, (7300, 5500))))
    app.sees("▣ large.jpg  ·  ", "○ idle")


def test_what_is_no_photo_is_refused_in_one_line_each(app: Terminal, home: Path) -> None:
    """Truncated, text named .jpg, empty, missing: nothing changes but the line."""
    whole = drawn(home / "whole.jpg", 70).read_bytes()
    (home / "half.jpg").write_bytes(whole[: len(whole) // 2])
    (home / "letter.jpg").write_text("Dear Anna,\n")
    (home / "nothing.jpg").write_bytes(b"")
    for name in ("half.jpg", "letter.jpg", "nothing.jpg", "gone.jpg"):
        app.paste(str(home / name))
        app.sees(name)
        app.sees_not(f"▣ {name}")
    app.sees("○ idle")
