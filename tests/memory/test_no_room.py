"""A full disk and a folder that cannot be written: nothing is lost, and what can be read is read."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from memory.__main__ import main
from memory.errors import MemoryFileError
from memory.store import Memory
from tests.support.crasher import episode
from tests.support.twelve_episodes import TOLD, filled, ids

ROOT = Path(__file__).parents[2]


def test_a_full_disk_loses_nothing(path: Path) -> None:
    known = filled(path, 4)
    with Memory(path) as memory:
        (pages,) = memory._file.db.execute("PRAGMA page_count").fetchone()
        memory._file.db.execute(f"PRAGMA max_page_count = {pages + 1}")
        with pytest.raises(MemoryFileError, match="disk is full and nothing was changed") as caught:
            memory.add_all(TOLD)
        assert "\n" not in str(caught.value)
        assert set(memory.ids()) == known and memory.verify() == []


FULL = """
import resource, sys
from memory.__main__ import main
size = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.parametrize("command", ["import", "forget", "export", "list"])
def test_a_disk_that_takes_no_more_bytes(path: Path, own_home: Path, command: str) -> None:
    """In a process whose writes fail half-way: one clear line, and nothing is lost."""
    known = filled(path, 12)
    archive = own_home / "a.zip"
    with Memory(own_home / "more.db") as more:
        more.add_all([episode(n) for n in range(100, 140)])
        main(["--memory", str(own_home / "more.db"), "export", str(archive)])
    argument = {"import": archive, "forget": TOLD[0].id, "export": own_home / "b.zip", "list": "--json"}[command]
    size = 33_000 if command == "export" else path.stat().st_size // 2
    code = [sys.executable, "-c", FULL, str(size), command, str(argument)]
    done = subprocess.run(code, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert "Traceback" not in done.stderr and done.returncode == (0 if command == "list" else 1)
    assert 1 <= done.stderr.count("\n") <= 2, "the command's line, and that no snapshot could be made"
    with Memory(path) as memory:
        assert set(memory.ids()) in (known, known - {TOLD[0].id} if command == "forget" else known)
        assert memory.verify() == [] and memory.trouble == ""
    assert not (own_home / "b.zip").exists() and not list(own_home.glob(".b*"))


def test_a_memory_that_cannot_be_written_can_be_read() -> None:
    """It was refused, though nothing was to be written. Run without root's rights, as root can write anywhere."""
    me = os.geteuid()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "m.db"
        known = filled(path, 2)
        for file in (path, Path(folder)):
            os.chown(file, 65534 if me == 0 else me, -1)
        path.chmod(0o400)
        Path(folder).chmod(0o500)
        try:
            if me == 0:
                os.seteuid(65534)
            with Memory(path) as memory:
                assert set(memory.ids()) == known and memory.verify() == []
                assert memory.search(TOLD[0].words) and memory.get(TOLD[0].id) == TOLD[0]
                assert "can be read" in memory.trouble and "\n" not in memory.trouble
                for change in (lambda: memory.add(TOLD[3]), lambda: memory.forget_all([TOLD[0].id])):
                    with pytest.raises(MemoryFileError, match="read-only") as caught:
                        change()
                    assert "\n" not in str(caught.value)
        finally:
            os.seteuid(me)
            Path(folder).chmod(0o700)
        assert ids(path) == known
