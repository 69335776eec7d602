"""Ten ways of forgetting: after each, no file under KEEPSAKE_HOME holds a canary, as the privacy page promises.

Canaries stand in words, place, pixels, kept conversations (said there before it was a memory, and in small letters),
names, vectors of photos and of words, caches, a partial file that a killed write left, and snapshots.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import assistant.__main__ as assistant_cli
from assistant.photo import from_image
from memory import conversations
from memory.__main__ import main
from memory.db import database_files, name_rows
from memory.db.name_rows import NameDecision
from memory.db.stored_conversation import Line, Part
from memory.episode import Episode, Turn
from memory.forget import cleaning
from memory.maintenance import word_vectors
from memory.search import vector_index
from memory.store import Memory
from tests.support.encoded import noise_photo
from tests.support.episodes import DAY
from tests.support.pictures import noise

ROOT = Path(__file__).parents[2]
SHOWN = noise(60, 40, 7)
PHOTO = from_image(SHOWN)
SECRET = Episode(PHOTO, (Turn("user", "Zanzibarine ate our quokkabread"),), DAY, "Xylotown")
WORDS = ("zanzibarine", "quokkabread", "xylotown", "wombatissima")


VECTORS = {
    "visual tokens": ("SELECT codes FROM vectors WHERE photo = ?", PHOTO.sha256),
    "the mean of them": ("SELECT pooled FROM vectors WHERE photo = ?", PHOTO.sha256),
    "its direction in the index": ("SELECT i8 FROM directions WHERE photo = ?", PHOTO.sha256),
    "vectors of words": ("SELECT codes FROM meanings WHERE episode = ?", SECRET.id),
}
"""What was computed from the secret; the bytes are written beside the home, for `left` to look for."""


@pytest.fixture
def home(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A memory with the secret among others, and everything that a person's use leaves beside it."""
    monkeypatch.setattr(vector_index, "SHORTEST", 1)
    monkeypatch.setattr(vector_index, "EXACT_VALUES", 700)  # so that these few photos are in the index
    path = own_home / "memory.db"
    vision, talk, imports = (own_home / "cache" / name for name in ("vision", "talk", "imports"))
    for folder in (vision, talk, imports):
        folder.mkdir(parents=True)
    (vision / f"{PHOTO.sha256}.nano").write_bytes(b"tokens of " + PHOTO.sha256.encode())
    (vision / f".{PHOTO.sha256}.nano.77-88.partial").write_bytes(b"half of the tokens of " + PHOTO.sha256.encode())
    (talk / ("a" * 32)).write_text("Zanzibarine ate our quokkabread")
    (talk / f".{'a' * 32}.77-88.partial").write_text("Zanzibarine ate")
    (imports / "files").write_text(f"\n{'b' * 64} {PHOTO.sha256}")
    with Memory(path) as memory:
        memory.add_all(
            Episode(noise_photo(n, 20, 20), (Turn("user", f"other {n}"),), DAY.replace(month=n + 1)) for n in range(3)
        )
        typed = Line("question", "zanzibarine ate our  QUOKKABREAD")
        conversations.keep(memory, "aa" * 8, Part(0, DAY, None, (typed, Line("answer", "I see."))), new=True)
        quoted = Line("answer", "You told: “Zanzibarine ate our quokkabread” (12 May).")
        conversations.keep(memory, "bb" * 8, Part(0, DAY, PHOTO, (Line("caption", "A thing."), quoted)), new=True)
        conversations.keep(memory, "cc" * 8, Part(0, DAY, None, (Line("question", "Who is Rex?"),)), new=True)
        memory.add(SECRET)
        chance = np.random.default_rng(3)
        for sha256 in [PHOTO.sha256, *(photo for photo in memory.photos_without_vectors("s") if photo != PHOTO.sha256)]:
            memory.put_vectors(sha256, "s", chance.normal(size=(5, 64)))
        word_vectors.put(memory, SECRET.id, "w", chance.normal(size=(2, 64)))
        with memory.transaction("IMMEDIATE") as db:
            name_rows.put(db, NameDecision("zanzibarine", "Wombatissima"))
            for name, (query, of) in VECTORS.items():
                (own_home.parent / name).write_bytes(db.execute(query, (of,)).fetchone()[0])
        memory.snapshot()
    return own_home


def left(home: Path) -> set[str]:
    """What of the secret is in any file or any file's name, in any case."""
    texts = [file.read_bytes().lower() + file.name.encode() for file in home.rglob("*") if file.is_file()]
    wanted = {word: word.encode() for word in WORDS} | {"hash": PHOTO.sha256.encode(), "id": SECRET.id.encode()}
    wanted |= {"pixels": PHOTO.data[2000:2040].lower()}
    wanted |= {name: (home.parent / name).read_bytes().lower() for name in VECTORS if (home.parent / name).exists()}
    return {name for name, canary in wanted.items() if any(canary in text for text in texts)}


def by_assistant(home: Path) -> int:
    SHOWN.save(home.parent / "shown.png")
    return assistant_cli.main(["forget", str(home.parent / "shown.png"), "--yes"])


def killed(home: Path) -> int:
    """The rows go, the process dies before anything is cleaned, and the next start cleans."""
    with pytest.MonkeyPatch.context() as patch, Memory(home / "memory.db") as memory:
        patch.setattr(cleaning, "clean", lambda file, receipt: receipt)
        memory.forget_all([SECRET.id])
    with Memory(home / "memory.db") as memory:
        return 0 if memory.cleaned else 1


WAYS: dict[str, Callable[[Path], int]] = {
    "an id": lambda home: main(["forget", SECRET.id]),
    "words": lambda home: main(["forget", "--words", "Zanzibarine", "--yes"]),
    "words in small letters": lambda home: main(["forget", "--words", "quokkabread", "--yes"]),
    "a place": lambda home: (
        main(["forget", "--words", "XYLOTOWN", "--yes"]) + main(["forget", "--words", "zanzibarine", "--yes"])
    ),
    "a day": lambda home: main(["forget", "--from", "2025-05-12", "--to", "2025-05-12", "--yes"]),
    "a photo's hash": lambda home: main(["forget", "--photo", PHOTO.sha256, "--yes"]),
    "the photo": by_assistant,
    "its conversations, then the memory": lambda home: (
        main(["conversations", "--forget", "aa"])
        + main(["conversations", "--forget", "bb"])
        + main(["forget", SECRET.id])
    ),
    "a forget that was killed": killed,
    "encryption": lambda home: _encrypted(home),
}


def _encrypted(home: Path) -> int:
    """Not forgotten, but nowhere in plain text any more."""
    from memory.maintenance import encryption

    encryption.convert(
        home / "memory.db", "encrypt", encryption.Passphrases(lambda _: "correct horse", lambda: "correct horse", False)
    )
    return 0


@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_left(home: Path, way: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert left(home) == {*WORDS, *VECTORS, "hash", "id", "pixels"}, "all of it can be found before"
    if way == "a place":  # the memory goes with its place, and a word of the conversation with the second command
        with Memory(home / "memory.db") as memory:
            assert len(memory.mentioning("xylotown")) == 1
    assert WAYS[way](home) == 0
    told = "".join(capsys.readouterr())
    assert "Traceback" not in told
    assert left(home) == set()
    if way != "encryption":
        with Memory(home / "memory.db") as memory:
            assert memory.stats()["episodes"] == 3 and memory.verify() == []
            assert [one.id for one in conversations.titles(memory)] == ["cc" * 8], "other conversations stay"


def test_words_that_only_conversations_hold_are_meant_too(own_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`forget --words` said that nothing is meant, while two files held the word."""
    with Memory(own_home / "memory.db") as memory:
        conversations.keep(memory, "aa" * 8, Part(0, DAY, None, (Line("question", "Is zanzibarine well?"),)), new=True)
        memory.snapshot()
    assert main(["forget", "--words", "Zanzibarine"]) == 1
    assert "Is zanzibarine well?" in capsys.readouterr().err
    assert main(["forget", "--words", "Zanzibarine", "--yes"]) == 0
    assert left(own_home) == set()
    assert main(["forget", "--words", "Zanzibarine", "--yes"]) == 1


def test_conversations_are_listed_and_deleted_by_a_command(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["conversations", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {row["id"] for row in rows} == {"aa" * 8, "bb" * 8, "cc" * 8}
    assert main(["conversations", "--forget", "zz"]) == 1
    assert "no conversation has the id" in capsys.readouterr().err
    assert main(["conversations", "--forget", "cc"]) == 0
    assert main(["conversations"]) == 0
    assert "Who is Rex" not in capsys.readouterr().out


FULL = """
mount -t tmpfs -o size={size}k none "$1" || exit 77
cp -r "$2"/. "$1"/
while head -c 4096 /dev/zero >> "$1/filler" 2>/dev/null; do :; done
KEEPSAKE_HOME="$1" "$3" -m memory forget --words Zanzibarine --yes
code=$?
rm "$1/filler"
KEEPSAKE_HOME="$1" "$3" -m memory verify || exit 78
grep -rli zanzibarine "$1" && exit 79
exit $code
"""


def may_mount(disk: Path) -> bool:
    """Whether a user without rights may mount a small disk here: on Linux, where user namespaces are allowed."""
    if not shutil.which("unshare"):
        return False
    mount = ["unshare", "-rm", "mount", "-t", "tmpfs", "-o", "size=64k", "none", str(disk)]
    return subprocess.run(mount, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(
    not may_mount(Path(tempfile.gettempdir())), reason="only a disk of its own can be full, and none may be mounted"
)
def test_a_full_disk_forgets_too(home: Path, tmp_path: Path) -> None:
    """The snapshots and caches go with every forget: on a full disk they go first, and make room for the rest."""
    size = sum(file.stat().st_size for file in home.rglob("*") if file.is_file()) // 1024
    (home / "cache" / "vision" / f"{'c' * 64}.nano").write_bytes(bytes(100_000))
    disk = tmp_path / "disk"
    disk.mkdir()
    script = FULL.format(size=size + 200)
    command = ["unshare", "-rm", "sh", "-c", script, "sh", str(disk), str(home), sys.executable]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, env={**os.environ})
    assert done.returncode == 0, done.stderr + done.stdout
    assert "Forgotten" in done.stdout


def test_the_shell_command_of_the_privacy_page_finds_nothing(home: Path) -> None:
    """The very lines of the page: forget by words, then grep."""
    page = (ROOT / "docs" / "privacy.md").read_text(encoding="utf-8")
    assert 'python -m memory forget --words "Milo"' in page and 'grep -rli "Milo" "$KEEPSAKE_HOME"' in page
    assert main(["forget", "--words", "Zanzibarine", "--yes"]) == 0
    found = subprocess.run(["grep", "-rli", "Zanzibarine", str(home)], capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout) == (1, "")
    assert not [file for file in (home / "cache" / "vision").iterdir() if PHOTO.sha256 in file.name]
    assert len(database_files.snapshots(home / "memory.db")) == 1
