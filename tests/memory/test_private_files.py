"""Rights of files, core dumps, and a lock that is no damage."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from memory.errors import MemoryFileError
from memory.files import append_lines, write_json, write_text
from memory.paths import home, open_log, private_folder
from memory.store import Memory
from tests.support.episodes import episode, raw

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_files_of_the_home_are_this_users_whatever_the_umask(own_home: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        private_folder(own_home / "cache" / "a" / "b")
        write_text(own_home / "cache" / "epoch", "x")
        write_json(own_home / "settings.json", {})
        open_log("model.log").close()
        with Memory(own_home / "memory.db") as memory:
            memory.add(episode())
            memory.snapshot()
            modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (own_home, *own_home.rglob("*"))}
    finally:
        os.umask(before)
    assert len(modes) > 10 and home() == own_home
    assert {path: oct(mode) for path, mode in modes.items() if mode & 0o077} == {}


def test_an_encrypted_memory_leaves_no_core_dump(own_home: Path) -> None:
    """What is decrypted would stand in it. In a process of its own, as the limit stays."""
    path = own_home / "memory.db"
    with Memory(path) as memory:
        memory.add(episode())
    code = (
        "import resource, sys; from pathlib import Path; from memory.maintenance import encryption;"
        "from memory.db import keys; keys.COST = 16; from memory.store import Memory; from keyring import set_keyring;"
        "from keyring.backends import fail; set_keyring(fail.Keyring()); path = Path(sys.argv[1]);"
        "words = encryption.Passphrases(lambda _: 'correct horse', lambda: 'correct horse', False);"
        "encryption.convert(path, 'encrypt', words);"
        "Memory(path, ask=lambda _: 'correct horse').close(); print(resource.getrlimit(resource.RLIMIT_CORE)[0])"
    )
    done = subprocess.run([sys.executable, "-c", code, path], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split()[-1] == "0"


def test_a_lock_of_another_program_is_no_damage(own_home: Path) -> None:
    path = own_home / "memory.db"
    with Memory(path) as memory:
        memory.add(episode())
    with Memory(path, timeout=0.1, check=False) as memory, raw(path) as other:
        memory._file.db.execute("PRAGMA locking_mode = NORMAL")
        with pytest.MonkeyPatch.context() as patch:
            other.execute("BEGIN EXCLUSIVE")
            patch.setattr("memory.search.vector_index.wrong", lambda db: ["nano"])  # what is to be made anew
            with pytest.raises(MemoryFileError, match="another program is writing"):
                memory.verify()
            other.execute("ROLLBACK")
        assert memory.verify() == []


def test_lines_of_a_file_that_others_may_read_keep_their_rights(tmp_path: Path) -> None:
    """Only Keepsake's own folder is private: what a user asks for elsewhere follows the umask."""
    append_lines(tmp_path / "results.jsonl", [1])
    write_text(tmp_path / "page.html", "x")
    assert stat.S_IMODE((tmp_path / "page.html").stat().st_mode) == 0o666 & ~_umask()


def _umask() -> int:
    now = os.umask(0)
    os.umask(now)
    return now
