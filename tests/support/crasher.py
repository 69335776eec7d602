"""A child that works on a memory until it is killed: for tests that kill it. Not a test.

Jobs are read from stdin, one a line: {"job", "path", "seed", "home", "step"}. Each job runs in a fork of this process,
so that 500 jobs do not start Python 500 times. The fork writes to stdout what it begins ("? ...") and what it has done
("! ..."). After the fork was killed, any further line on stdin makes this process wait for it and write "dead": until
then its process id is not reused, so that no other process is killed. With a "step" the fork kills itself at that call
of a function: for jobs so short that no other process could hit them.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from keyring import set_keyring
from keyring.backends import fail

from assistant.backends.cache import disk_cache
from assistant.backends.fake import FakeBackend
from assistant.encoder.encoder import BackendEncoder
from assistant.importing.import_photos import import_all
from assistant.importing.import_source import Choices
from assistant.importing.seen_files import SeenFiles
from assistant.importing.sources import open_source
from assistant.sight import store_episode
from memory import conversations, files
from memory.db import engine, keys, snapshots
from memory.episode import Episode, Turn
from memory.maintenance import encryption
from memory.maintenance.archive import export_archive, import_archive
from memory.store import Memory
from tests.support.encoded import noise_photo
from ui import html_export

DAY = datetime(2025, 5, 12, 9, tzinfo=UTC)
"""The same day at both ends of the world: an upgraded memory has the days of this machine."""


def episode(seed: int) -> Episode:
    """An episode of which `canaries` can be found in any file; some are larger than several pages of the database."""
    chance = random.Random(seed)
    side = chance.choice((8, 32, 55))
    text = f"This is canary{seed:09d} " + "at the sea " * chance.choice((1, 5, 60))
    return Episode(
        noise_photo(seed, side, side),
        (Turn("user", text), Turn("assistant", f"So canary{seed:09d}")),
        DAY + timedelta(minutes=seed),
    )


def canaries(one: Episode) -> tuple[bytes, ...]:
    """Bytes of an episode that must be in no file when the episode is forgotten."""
    word = one.turns[1].text.split()[1]
    data = one.photo.data
    return (
        word.encode(),
        word.encode("utf-16-le"),
        data[60:92],
        data[-90:-58],
        one.id.encode(),
        one.photo.sha256.encode(),
    )


def say(what: str, *ids: str) -> None:
    """Write one line to stdout in a single call, so that a kill cannot cut it."""
    os.write(1, (" ".join((what, *ids)) + "\n").encode())


def change(path: Path, seed: int) -> None:
    """Store and forget episodes until killed."""
    chance = random.Random(seed)
    with Memory(path) as memory:
        known = memory.ids()
        say("! open")
        while True:
            if len(known) > 12 or (known and chance.random() < 0.4):
                ids = chance.sample(known, min(len(known), chance.choice((1, 1, 3))))
                say("? forget", *ids)
                memory.forget_all(ids)
                known = [id for id in known if id not in ids]
                say("! forget", *ids)
            else:
                number = chance.randrange(10**9)
                one = episode(number)
                say("seed", one.id, str(number))
                say("? remember", one.id)
                memory.add(one)
                known.append(one.id)
                say("! remember", one.id)


def keep_seen(path: Path, seed: int) -> None:
    """Store one episode as the assistant does, with the photo's visual tokens."""
    one = episode(seed)
    with Memory(path) as memory:
        say("? remember", one.id)
        store_episode(memory, BackendEncoder(FakeBackend()), one)
        say("! remember", one.id)


def bring_in(path: Path, seed: int) -> None:
    """Import the archive beside the memory; the file `ids` lists the ids in it."""
    ids = path.with_name("ids").read_text().split()
    with Memory(path) as memory:
        say("? remember", *ids)
        import_archive(memory, path.with_name("in.zip"))
        say("! remember", *ids)


def bring_back(path: Path, seed: int) -> None:
    """Restore the newest snapshot."""
    say("! open")
    snapshots.restore(path)
    say("! restored")


def upgrade(path: Path, seed: int) -> None:
    """Open a file of an older version, which upgrades it."""
    say("! begin")
    with Memory(path):
        say("! open")


def convert(path: Path, seed: int) -> None:
    """Encrypt, decrypt or re-key, as the file `what` beside the memory says; the new passphrase contains the seed."""
    what = path.with_name("what").read_text()
    say("! begin")
    encryption.WAIT = 0.5
    passphrases = encryption.Passphrases(lambda _: PASSPHRASE, lambda: f"{PASSPHRASE} {seed}")
    encryption.convert(path, what, passphrases)  # type: ignore[arg-type]
    say("! converted")


def write_archive(path: Path, seed: int) -> None:
    """Export the memory to the file `mine/file` beside it."""
    with Memory(path, check=False) as memory:
        say("! begun")
        export_archive(memory, path.with_name("mine") / "file")
    say("! written")


def write_page(path: Path, seed: int) -> None:
    """Export the memory's conversation as a page to `mine/file`."""
    with Memory(path, check=False) as memory:
        say("! begun")
        html_export.save(conversations.get(memory, "aa"), path.with_name("mine") / "file")
    say("! written")


def write_report(path: Path, seed: int) -> None:
    """Write a report, as benchmark and quantize do, to `mine/file`."""
    say("! begun")
    files.write_text(path.with_name("mine") / "file", "x" * 9_000_000)
    say("! written")


def write_cache(path: Path, seed: int) -> None:
    """Write entries of the cache of photos' visual tokens under `mine`."""
    say("! begun")
    cache = disk_cache.DiskCache(path.with_name("mine"), 1 << 20)
    for n in range(30):
        cache.put(f"{seed % 7}{n % 9}.nano", {"seed": seed}, random.Random(seed + n).randbytes(100_000))
        say("! put", str(n))
    say("! written")


def forget_conversation(path: Path, seed: int) -> None:
    """Delete the conversation "aa" of the memory."""
    with Memory(path, check=False) as memory:
        say("! begun")
        memory.forget_conversation("aa")
    say("! forgotten")


def bring_photos(path: Path, seed: int) -> None:
    """Import the folder or the chat `photos` beside the memory."""
    with Memory(path, check=False) as memory, open_source(path.with_name("photos")) as source:
        say("! begun")
        encoder, seen = BackendEncoder(FakeBackend()), SeenFiles(path.with_name("cache"))
        for one in import_all(memory, encoder, source.items, Choices(without_words=True), seen):
            if one.episode:
                say("! remember", one.episode.id)
    say("! imported")


def correct(path: Path, seed: int) -> None:
    """Replace the only episode by one with other words."""
    with Memory(path, check=False) as memory:
        (old,) = memory.episodes()
        say("! begun")
        memory.replace({old.id: replace(old, turns=(Turn("user", f"This is Milo {seed}."),))})
    say("! corrected")


PASSPHRASE = "correct horse"

calls = 0


def kill_at(step: int) -> None:
    """Die of SIGKILL at the `step`-th call of a function from now on, or return from one; `calls` counts them."""

    def count(frame: object, event: str, arg: object) -> None:
        global calls
        calls += 1
        if calls == step:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(count)


JOBS = {
    "change": change,
    "keep": keep_seen,
    "import": bring_in,
    "restore": bring_back,
    "upgrade": upgrade,
    "convert": convert,
    "archive": write_archive,
    "page": write_page,
    "report": write_report,
    "cache": write_cache,
    "conversation": forget_conversation,
    "photos": bring_photos,
    "correct": correct,
}


def main() -> None:
    """Fork for every line of stdin."""
    set_keyring(fail.Keyring())  # never the keychain of whoever runs the tests
    keys.COST = 1 << 4
    keys.unwrap(keys.wrap(engine.Key(bytes(32)), "", False), "")  # imports `cryptography` once, before any fork
    engine.connect(":memory:", None, cipher=True).close()
    for line in sys.stdin:
        job = json.loads(line)
        child = os.fork()
        if child == 0:
            os.environ["KEEPSAKE_HOME"] = job["home"]
            say("pid", str(os.getpid()))
            if job["step"]:
                kill_at(job["step"])
            try:
                JOBS[job["job"]](Path(job["path"]), job["seed"])
            except BaseException as error:
                say("error", repr(error).replace("\n", " "))
            sys.setprofile(None)
            say("end", str(calls))
            os._exit(0)
        if not job["step"]:
            sys.stdin.readline()
        os.waitpid(child, 0)
        say("dead")


if __name__ == "__main__":
    main()
