"""Photos as telephones write them, an album of such photos, and imports: helpers for tests."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from assistant.__main__ import main
from memory.episode import Episode
from memory.store import Memory


def picture(seed: int, size: tuple[int, int] = (48, 32)) -> Image.Image:
    """A picture of random pixels, determined by `seed`."""
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), np.uint8))


def save(path: Path, seed: int, taken: str = "", offset: str = "", gps: bool = False, **more: object) -> Path:
    """Write a photo as a telephone does: date, offset of its time zone, and coordinates in EXIF."""
    image = picture(seed)
    exif = image.getexif()
    if taken:
        exif.get_ifd(0x8769)[0x9003] = taken
        exif.get_ifd(0x8769)[0x9011] = offset
    if gps:
        exif.get_ifd(0x8825).update({1: "N", 2: (45.0, 59.0, 24.0), 3: "E", 4: (9.0, 15.0, 36.0)})
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, exif=exif.tobytes(), **more)  # type: ignore[arg-type]
    return path


def make_album(root: Path) -> Path:
    """Fill a folder with five photos, one of them twice, and with other files that lie in such folders."""
    save(root / "IMG_0001.JPG", 1, "2025:08:01 18:30:00", "+02:00", gps=True, quality=95)
    shutil.copy(root / "IMG_0001.JPG", root / "IMG_0001 (1).JPG")
    save(root / "Lake Como 2025" / "100APPLE" / "IMG_0002.png", 2)
    save(root / "Lake Como 2025" / "Milo on the boat.png", 3)
    save(root / "Lake Como 2025" / "IMG_20230405_060708.png", 4)
    pillow_heif.from_pillow(picture(5)).save(root / "IMG_0005.HEIC")
    for name in (".IMG_0001.jpg", ".git/a.jpg", "@eaDir/b.jpg", "film.MOV", "notes.txt"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text("x")
    (root / "broken.jpg").write_text("no picture")
    os.utime(root / "IMG_0005.HEIC", (1_700_000_000, 1_700_000_000))
    return root


def run_import(capsys: pytest.CaptureFixture[str], *args: object) -> dict[str, object]:
    """Import with --without-words and --json; returns the JSON summary of an import that succeeds."""
    assert main(["import", *map(str, args), "--without-words", "--json", "--model", "fake"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert isinstance(summary, dict)
    return summary


def import_error(capsys: pytest.CaptureFixture[str], *args: object) -> str:
    """The one error line of an import that fails."""
    assert main(["import", *map(str, args), "--without-words", "--model", "fake"]) == 1
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1
    return lines[0]


def stored_episodes(home: Path) -> dict[str, Episode]:
    """The episodes in the memory, by their words."""
    with Memory(home / "memory.db") as memory:
        assert memory.verify() == []
        return {episode.words: episode for episode in memory.episodes()}


def xmp(words: str, name: str = "description") -> bytes:
    """An XMP packet with the words in one of Dublin Core's fields."""
    return (
        '<?xpacket begin="\ufeff"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<rdf:Description><dc:{name}><rdf:Alt><rdf:li>{words}</rdf:li></rdf:Alt></dc:{name}></rdf:Description>"
        "</rdf:RDF></x:xmpmeta>"
    ).encode()
