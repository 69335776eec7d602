"""An import that is killed, stopped, or meets a full disk: what is in stays in, and a damaged memory stays as it is."""

from __future__ import annotations

import json
import random
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from assistant.__main__ import main
from assistant.encoder.onnx_encoder import OnnxEncoder
from assistant.importing import import_cli
from memory.errors import ModelError
from memory.store import Memory
from tests.support.albums import import_error, make_album, run_import, save

ROOT = Path(__file__).parents[3]


@pytest.fixture
def album(tmp_path: Path) -> Path:
    return make_album(tmp_path / "DCIM")


def test_kill_minus_nine_costs_at_most_what_was_being_written(tmp_path: Path, own_home: Path) -> None:
    """Killed again and again at random moments; then once to the end: every photo is there exactly once."""
    for n in range(40):
        save(tmp_path / "many" / f"IMG_{n}.png", n)
    command = [sys.executable, "-m", "assistant", "import", str(tmp_path / "many"), "--model", "fake", "--words", "x"]
    chance, seen = random.Random(7), 0
    for _ in range(4):
        with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as child:
            assert child.stderr is not None
            for _ in range(chance.randrange(1, 4)):
                child.stderr.readline()  # a line each tenth
            child.send_signal(signal.SIGKILL)
        with Memory(own_home / "memory.db") as memory:
            assert memory.verify() == []
            now = memory.stats()["episodes"]
        assert seen <= now <= 40
        seen = now
    assert 0 < seen < 40, "killed too early or too late to show anything"
    done = subprocess.run([*command, "--json"], cwd=ROOT, capture_output=True, text=True, check=False)
    found = json.loads(done.stdout)
    assert (done.returncode, found["imported"], found["known"]) == (0, 40 - seen, seen)
    with Memory(own_home / "memory.db") as memory:
        assert memory.stats()["episodes"] == memory.stats()["photos"] == 40 and memory.verify() == []


FULL = """
import resource, sys
from assistant.__main__ import main
size = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
sys.exit(main(sys.argv[2:]))
"""


def test_a_full_disk_stops_it_and_keeps_what_is_in(tmp_path: Path, own_home: Path) -> None:
    for n in range(30):
        save(tmp_path / "many" / f"IMG_{n}.png", n)
    args = ["import", str(tmp_path / "many"), "--model", "fake", "--words", "x"]
    code = [sys.executable, "-c", FULL, "1500000", *args]
    done = subprocess.run(code, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    [line] = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    found = re.search(r"\((\d+) photos imported before stay; the same command goes on from there\)$", line)
    assert found and "full" in line and 0 < int(found[1]) < 30
    with Memory(own_home / "memory.db") as memory:
        assert memory.stats()["episodes"] == int(found[1]) and memory.verify() == []
    assert main(args) == 0
    assert len(Memory(own_home / "memory.db").ids()) == 30


def test_a_damaged_memory_stays_as_it_is(album: Path, own_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own_home.mkdir()
    (own_home / "memory.db").write_bytes(b"SQLite format 3\0" + b"damaged" * 500)
    before = (own_home / "memory.db").read_bytes()
    assert "cannot use the memory" in import_error(capsys, album)
    assert (own_home / "memory.db").read_bytes() == before


@pytest.mark.parametrize("trouble", [ModelError("net.onnx failed on pictures"), KeyboardInterrupt()])
def test_an_encoder_that_fails_and_ctrl_c_leave_what_is_in(
    album: Path,
    own_home: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    trouble: BaseException,
) -> None:
    seen: list[object] = []

    def encode(self: OnnxEncoder, photo: object) -> np.ndarray:
        seen.append(photo)
        if len(seen) > 2:
            raise trouble
        return np.eye(4, 64, dtype=np.float32)

    monkeypatch.setattr(OnnxEncoder, "encode", encode)
    line = import_error(capsys, album)
    assert line.endswith("(2 photos imported before stay; the same command goes on from there)")
    with Memory(own_home / "memory.db") as memory:
        assert memory.stats()["episodes"] == 2 and memory.verify() == []


def test_a_snapshot_comes_before_a_large_import(
    album: Path, tmp_path: Path, own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_import(capsys, album)
    for file in (own_home / "memory.db.snapshots").glob("*"):
        file.unlink()
    run_import(capsys, album)
    assert not list(own_home.glob("memory.db.snapshots/*")) or len(list(own_home.glob("memory.db.snapshots/*"))) == 1
    before = set(own_home.glob("memory.db.snapshots/*"))
    for n in range(import_cli.SNAPSHOT_FROM):
        save(tmp_path / "many" / f"IMG_{n}.png", 100 + n)
    run_import(capsys, tmp_path / "many")
    [taken] = set(own_home.glob("memory.db.snapshots/*")) - before
    with Memory(taken, check=False) as copy:
        assert copy.stats()["episodes"] == 5
