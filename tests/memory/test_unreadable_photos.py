"""A photo that cannot be decoded: no archive brings one in, `verify` names it, and recall goes on without it."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from assistant.backends.fake import FakeBackend
from assistant.conversation.conversation import Conversation
from assistant.conversation.events import Captioned, Failed, Shortened
from assistant.encoder.open_encoder import open_encoder
from assistant.photo import load_photo
from assistant.sight import encode_missing, remember
from memory.episode import Episode, Photo, Turn
from memory.errors import MemoryFileError
from memory.maintenance.archive import export_archive, import_archive
from memory.search.sightings import NewPhoto
from memory.store import Memory
from tests.support.encoded import noise_photo
from tests.support.episodes import DAY, raw

PHOTOS = Path(__file__).parents[1] / "data" / "photos"
GOOD = noise_photo("good", 40, 30)
BAD: dict[str, Photo] = {
    "cut short": replace(GOOD, data=GOOD.data[: len(GOOD.data) // 2]),
    "no picture": replace(GOOD, data=b"\xff\xd8" + bytes(500)),
    "of another size": replace(GOOD, width=41),
    "another picture": replace(GOOD, data=noise_photo("other", 40, 30).data),
    "larger than it claims": replace(GOOD, data=noise_photo("large", 400, 300).data),
}


@pytest.mark.parametrize("kind", BAD)
def test_an_archive_with_one_bad_photo_adds_nothing(tmp_path: Path, kind: str) -> None:
    """Every check sum of such an archive is right: whoever made it wrote them."""
    with Memory(tmp_path / "one.db") as one, Memory(tmp_path / "two.db") as two:
        for photo in (noise_photo("first", 20, 20), BAD[kind]):
            one.add(Episode(photo, (Turn("user", "This is Milo"),), DAY))
        export_archive(one, tmp_path / "a.zip")
        with pytest.raises(MemoryFileError, match="nothing was imported") as caught:
            import_archive(two, tmp_path / "a.zip")
        assert GOOD.sha256 in str(caught.value) and "\n" not in str(caught.value)
        assert two.stats()["photos"] == 0


@pytest.mark.parametrize("kind", [kind for kind in BAD if kind != "another picture"])
def test_verify_decodes_and_names_the_commands_that_mend(tmp_path: Path, kind: str) -> None:
    """A bad photo that an older Keepsake took in has the very bytes that were stored."""
    with Memory(tmp_path / "one.db") as memory:
        id = memory.add(Episode(BAD[kind], (Turn("user", "This is Milo"),), DAY))
        (line,) = memory.verify()
        assert GOOD.sha256[:16] in line and f"memory forget {id}" in line and "memory restore" in line


def test_recall_and_captions_go_on_without_it(memory_file: Path) -> None:
    """Its tokens are there, as it was good once: it is recalled, and the model's prompt cannot hold it."""
    with Memory(memory_file) as memory:
        encoder, backend = open_encoder(), FakeBackend(["This is Milo."])
        dog, cat = (sorted((PHOTOS / name).iterdir())[0] for name in ("dog", "cat"))
        bad = remember(memory, encoder, load_photo(dog), "This is Rex.")
        good = remember(memory, encoder, load_photo(cat), "This is Milo.")
        with raw(memory_file) as db:
            db.execute("UPDATE photos SET data = substr(data, 1, 900) WHERE sha256 = ?", (bad.photo.sha256,))
        conversation = Conversation(Refusing(backend.answers), memory, encoder)
        events = [*conversation.look(load_photo(dog))]
        assert not [e for e in events if isinstance(e, Failed)] and isinstance(events[-1], Captioned)
        (left,) = [e for e in events if isinstance(e, Shortened)]
        assert [r.episode.id for r in left.unreadable] == [bad.id]
        assert f"memory forget {bad.id}" in str(left) and "\n" not in str(left)
        assert [r.episode.id for r in memory.recall(NewPhoto(encoder.space, encoder.encode(load_photo(cat))), k=1)] == [
            good.id
        ]
        named: list[Episode] = []
        newer: Any = SimpleNamespace(space="a newer one", encode=open_encoder().encode)
        assert encode_missing(memory, newer, unreadable=named.append)
        assert [one.id for one in named] == [bad.id]
        encoder.close()


class Refusing(FakeBackend):
    """A backend that reads the pixels of a prompt, as every real one does."""

    def stream(self, messages, options):  # type: ignore[no-untyped-def]
        from assistant.photo import picture

        for message in messages:
            for part in message.parts:
                if isinstance(part, Photo):
                    picture(part)
        return super().stream(messages, options)


# An archive that was unpacked and packed again, or that was made to do harm.

Entries = list[tuple[str, bytes]]
PACKED: dict[str, Callable[[Entries], Entries]] = {
    "entries for folders": lambda e: [("photos/", b""), *e],
    "by a Finder": lambda e: [
        *((f"export/{name}", data) for name, data in [("", b""), *e]),
        ("__MACOSX/export/._README.txt", b"\0\5\x16\7"),
        ("export/.DS_Store", b"\0\0\0\1Bud1"),
    ],
    "by an old Windows": lambda e: [
        ("export\\photos\\", b""),
        *((f"export\\{name.replace('/', chr(92))}", data) for name, data in e),
        ("export\\Thumbs.db", b"x"),
    ],
    "from a stick of a Mac": lambda e: [
        *e, ("._SHA256SUMS", b"\0\5\x16\7"), ("photos/._1.jpg", b"\0\5\x16\7"), (".Spotlight-V100/x", b"x"),
        ("Icon\r", b""), (".localized", b""),
    ],
    "from a network drive": lambda e: [
        *e, ("photos/@eaDir/1.jpg@SynoEAStream", b"x"), ("photos/.directory", b"x"), ("ehthumbs.db", b"x"),
    ],
    "two folders around it": lambda e: [(f"Downloads/Keepsake für Zoë/{name}", data) for name, data in e],
}  # fmt: skip


def archive(tmp_path: Path) -> tuple[Entries, list[str]]:
    with Memory(tmp_path / "one.db") as memory:
        ids = [memory.add(Episode(noise_photo(n, 20, 20), (Turn("user", f"Milo {n}"),), DAY)) for n in range(4)]
        export_archive(memory, tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "a.zip") as opened:
        return [(name, opened.read(name)) for name in opened.namelist()], ids


@pytest.mark.parametrize("how", PACKED)
def test_an_archive_that_was_packed_again_is_the_same_archive(tmp_path: Path, how: str) -> None:
    entries, ids = archive(tmp_path)
    with zipfile.ZipFile(tmp_path / "again.zip", "w", zipfile.ZIP_DEFLATED) as again:
        for name, data in PACKED[how](entries):
            again.writestr(zipfile.ZipInfo(name), data)
    with Memory(tmp_path / "two.db") as two:
        assert import_archive(two, tmp_path / "again.zip").added == 4
        assert sorted(two.ids()) == sorted(ids) and two.verify() == []


def broken(tmp_path: Path, how: str) -> Path:
    """A ZIP that is damaged or made to do harm."""
    entries, _ = archive(tmp_path)
    path = tmp_path / "bad.zip"
    method = zipfile.ZIP_LZMA if "LZMA" in how else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(path, "w", method) as made:
        for name, data in entries:
            made.writestr(name, data)
        if how == "unpacks into gigabytes":
            made.writestr("README2.txt", bytes(300 << 20))
        if how == "a deep line":
            made.writestr("names.jsonl", b"[" * 200_000)
    data = bytearray(path.read_bytes())
    directory = data.index(b"PK\1\2")
    if how == "damaged LZMA":
        data[60:120] = b"\xff" * 60
    elif how == "a name that is no text":
        data[directory + 8 : directory + 10] = (0x800).to_bytes(2, "little")
        data[directory + 46] = 0xFF
    elif how == "a broken directory":
        data[directory + 4 : directory + 46] = b"\xff" * 42
    elif how == "an unknown way of packing":
        data[directory + 10 : directory + 12] = (99).to_bytes(2, "little")
    elif how == "a version of the far future":
        data[directory + 6] = 0xFE
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    "how",
    [
        "LZMA",
        "damaged LZMA",
        "a name that is no text",
        "a broken directory",
        "an unknown way of packing",
        "a version of the far future",
        "unpacks into gigabytes",
        "a deep line",
    ],
)
def test_a_damaged_zip_is_one_line_and_adds_nothing(tmp_path: Path, how: str) -> None:
    path = broken(tmp_path, how)
    with Memory(tmp_path / "two.db") as two:
        with pytest.raises(MemoryFileError, match="nothing was imported") as caught:
            import_archive(two, path)
        assert "\n" not in str(caught.value) and two.stats()["photos"] == 0


def test_photos_of_an_archive_are_what_their_names_say(tmp_path: Path) -> None:
    """The names in an archive are hashes of pixels, not of files."""
    entries, _ = archive(tmp_path)
    lines = dict(entries)["episodes.jsonl"].splitlines()
    for row in map(json.loads, lines):
        data = dict(entries)[f"photos/{row['photo']['sha256']}.png"]
        assert hashlib.sha256(data).hexdigest() != row["photo"]["sha256"]
