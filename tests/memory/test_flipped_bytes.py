"""A byte that the disk changed, at 100 places of a memory in use, of its snapshots and of an archive.

After each: every command ends with 0 or with one clear line, no traceback; what is shown is what was told, or the
damage is named; a restore gives back only what was told. What nothing can find is in the guide ("Damage").
"""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import assistant.__main__ as assistant_cli
import memory.__main__ as memory_cli
from assistant.embedder.embed_words import embed_missing
from assistant.embedder.text_embedder import TextEmbedder
from assistant.encoder.open_encoder import open_encoder
from assistant.photo import load_photo
from assistant.sight import remember
from memory import conversations
from memory.db import database_files, name_rows
from memory.db.name_rows import NameDecision
from memory.db.stored_conversation import Line, Part
from memory.store import Memory
from tests.support.episodes import DAY

pytestmark = pytest.mark.slow
PHOTOS = Path(__file__).parents[1] / "data" / "photos"
TOLD = {
    "dog/00.jpg": "This is Rex, he belongs to Marta.",
    "cat/00.jpg": "Milo slept on the red sofa all afternoon.",
    "clock/00.jpg": "Grandpa's clock. When you see it again, remind me to wind it up.",
    "vase/00.jpg": "The vase that Jonas broke in Lyon.",
    "can/00.jpg": "The watering can from the market in Porto.",
}
ASKED = "Who broke the vase in Lyon?"
LINES = (Line("question", ASKED), Line("answer", "Jonas broke it. " * 50))


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in use: photos, words, vectors of both, names, conversations, snapshots, an archive."""
    home = tmp_path_factory.mktemp("original") / "home"
    path = home / "memory.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KEEPSAKE_HOME", str(home))
        encoder = open_encoder()
        with Memory(path) as memory:
            for file, words in TOLD.items():
                remember(memory, encoder, load_photo(PHOTOS / file), words)
                memory.snapshot()
            stranger = load_photo(PHOTOS / "backpack" / "00.jpg")
            conversations.keep(memory, "aa" * 8, Part(0, DAY, stranger, LINES), new=True)
            conversations.keep(memory, "bb" * 8, Part(0, DAY, load_photo(PHOTOS / "dog/00.jpg"), LINES), new=True)
            with memory.transaction("IMMEDIATE") as db:
                name_rows.put(db, NameDecision("rex", "Rex the dog"))
            embed_missing(memory, TextEmbedder())
            memory.snapshot()
        assert memory_cli.main(["export", str(home / "archive.zip")]) == 0
        encoder.close()
    shutil.rmtree(home / "cache", ignore_errors=True)
    return home


def flip(file: Path, chance: random.Random) -> None:
    """Change one bit, or all bits, of one byte anywhere in a file."""
    data = bytearray(file.read_bytes())
    data[chance.randrange(len(data))] ^= chance.choice((1, 4, 32, 128, 255))
    file.write_bytes(data)


class Shell:
    """Runs commands as a person does, and holds what they print against the promises."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys
        capsys.readouterr()

    def __call__(self, main: Callable[[list[str]], int], *args: object) -> tuple[int, str, str]:
        """Exit code, stdout, stderr."""
        code = main([str(arg) for arg in args])
        out, err = self.capsys.readouterr()
        assert code in (0, 1), args
        assert "Traceback" not in out + err and "Error(" not in err, (args, err)
        assert len(err.splitlines()) <= 4, (args, err)
        assert code == 0 or err.strip(), "what fails says why"
        return code, out, err


def words_shown(shell: Shell) -> tuple[dict[str, str], bool]:
    """The words of all memories by their ids, as the shell shows them, and whether damage was named."""
    seen: dict[str, str] = {}
    told = False
    code, out, err = shell(memory_cli.main, "list", "--json")
    told |= "damaged" in err or code == 1
    for line in out.splitlines():
        row = json.loads(line)
        seen[row["id"]] = " ".join(turn["text"] for turn in row["turns"])
    for command in (("search", "Lyon", "--json"), ("search", "clock", "--json")):
        code, out, err = shell(memory_cli.main, *command)
        told |= "damaged" in err
        for line in out.splitlines():
            row = json.loads(line)
            seen.setdefault(row["id"], " ".join(turn["text"] for turn in row["turns"]))
    return seen, told


def conversations_are_whole(path: Path) -> bool:
    """Whether both conversations say what was said; their photos are left to `verify`, which looks at the pixels."""
    with Memory(path, check=False) as memory:
        kept = [conversations.get(memory, title.id) for title in conversations.titles(memory)]
    said = {one.id: [(part.n, part.when, part.lines) for part in one.parts] for one in kept}
    return said == {id * 8: [(0, DAY, LINES)] for id in ("aa", "bb")}


@pytest.mark.parametrize("part", range(10))
def test_a_changed_byte_is_named_or_changes_nothing(
    original: Path, own_home: Path, capsys: pytest.CaptureFixture[str], part: int
) -> None:
    """Seven of ten times in the memory, twice in a snapshot, once in an archive."""
    shell = Shell(capsys)
    for n in range(part * 10, part * 10 + 10):
        shutil.rmtree(own_home, ignore_errors=True)
        shutil.copytree(original, own_home)
        path, chance = own_home / "memory.db", random.Random(n)
        kept = database_files.snapshots(path)
        archive = own_home / "archive.zip"
        hit = path if n % 10 < 7 else archive if n % 10 == 9 else chance.choice(kept).file
        flip(hit, chance)

        seen, told = words_shown(shell)
        whole = sorted(seen.values()) == sorted(TOLD.values())
        assert whole or told, (n, hit.name, seen)
        assert hit == path or (whole and not told), (n, hit.name)
        code, out, err = shell(assistant_cli.main, "recall", PHOTOS / "dog" / "01.jpg", "--json")
        assert code or told or all(json.loads(one)["id"] in seen for one in out.splitlines()), n
        shell(memory_cli.main, "conversations")
        assert told or conversations_are_whole(path), (n, hit.name)
        shell(memory_cli.main, "people")
        shell(memory_cli.main, "reminders")
        verified, out, err = shell(memory_cli.main, "verify")
        assert verified == 1 or hit == archive or not told, (n, "what the start names, verify names")
        if hit == archive:
            code, out, err = shell(memory_cli.main, "--memory", own_home / "new.db", "import", archive)
            if code == 0:
                with Memory(own_home / "new.db") as new:
                    assert sorted(one.words for one in new.episodes()) == sorted(TOLD.values())
            else:
                assert "archive" in err and not Memory(own_home / "new.db").ids()
            continue
        code, out, err = shell(memory_cli.main, "restore")
        assert code == 0, (n, hit.name, err)
        with Memory(path) as memory:
            words = [one.words for one in memory.episodes()]
            assert set(words) <= set(TOLD.values()) and len(words) >= 3, (n, hit.name)
            assert [line for line in memory.verify() if not line.startswith("snapshot")] == []
