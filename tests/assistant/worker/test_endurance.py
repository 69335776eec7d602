"""Long use, for real: the model's process stays as large as it was, and apps share one cache folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.backend import Message, Options
from assistant.backends.cache import disk_cache
from assistant.models.spec import Spec
from assistant.photo import from_image
from assistant.worker.worker_backend import WorkerBackend
from benchmark.world.scene import Look, draw
from memory.episode import Photo

ROOT = Path(__file__).parents[3]
TURNS, WARM, PHOTO_EVERY = 500, 50, 10
MB = 1 << 20


def photo(seed: int) -> Photo:
    return from_image(draw([Look("1f428")], seed, 128).image)


def resident(pid: int) -> int:
    """Bytes that a process has in memory."""
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if "VmRSS" in line) * 1024
    return int(subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, check=True).stdout) * 1024


def spent(folder: Path) -> int:
    return sum(f.stat().st_size for f in folder.rglob("*") if f.is_file())


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_after_five_hundred_turns_the_process_is_as_large_as_after_fifty(nano: Spec, own_home: Path) -> None:
    """A new photo every ten turns, each turn the whole conversation again; once in a while one is stopped."""
    backend = WorkerBackend(nano, threads=1, context=512)
    sizes: dict[int, tuple[int, int]] = {}
    talk: list[Message] = []
    for turn in range(1, TURNS + 1):
        if turn % PHOTO_EVERY == 1:
            talk = [Message("user", (photo(turn), "Who is this?"))]
        stream = backend.stream(talk, Options(max_new_tokens=4, temperature=1.0, seed=turn))
        if turn % 7 == 0:
            next(stream)
            backend.cancel()
        text = "".join(chunk.text for chunk in stream)
        talk += [Message("assistant", (text.strip() or "Milo.",)), Message("user", ("And then?",))]
        if turn in (WARM, TURNS):
            assert backend.pid
            sizes[turn] = resident(backend.pid), resident(os.getpid())
    print({turn: [f"{size / MB:.1f} MB" for size in both] for turn, both in sizes.items()})
    backend.close()
    for before, after in zip(sizes[WARM], sizes[TURNS], strict=True):
        assert after - before < 8 * MB
    vision, state = own_home / "cache" / "vision", own_home / "cache" / "talk"
    assert len(list(vision.iterdir())) == TURNS // PHOTO_EVERY
    assert spent(vision) < disk_cache.VISION_BYTES and len(list(state.iterdir())) == 1


ROOM = 100_000
"""Bytes for the visual tokens of five photos."""
APP = """
import hashlib, json, sys
from pathlib import Path
from assistant.backends.cache import disk_cache
from assistant.models import local
from assistant.chatml import Mark, Words
from assistant.backends.llama.llamacpp import open_llamacpp
from tests.assistant.worker.test_endurance import photo

disk_cache.VISION_BYTES = int(sys.argv[3])
spec, found, encoded = local.load("nano", verify=False), {}, 0
for turn in range(4):
    engine = open_llamacpp(spec, context=256, cache=Path(sys.argv[1]))
    for n in (int(sys.argv[2]) * turn + i for i in range(3)):
        digest = hashlib.sha256(engine.embed(photo(n % 6)).tobytes()).hexdigest()
        assert found.setdefault(str(n % 6), digest) == digest, "another photo's tokens"
        engine.read([Mark("<|im_start|>user\\n"), photo(n % 6), Words("Who?"), Mark("<|im_end|>\\n")])
        engine.save()
    encoded += engine.photos_encoded
    engine.close()
print(json.dumps([found, encoded]))
"""


@pytest.mark.timeout(300)
def test_two_apps_share_a_cache_folder_that_is_too_small(tmp_path: Path) -> None:
    """Both encode the same photos, save and restore conversations, and evict each other's entries: each gets only what
    the tower computed, no file is left half written, and the bound holds."""
    cache = tmp_path / "cache"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    both = [
        subprocess.Popen(
            [sys.executable, "-c", APP, str(cache), str(step), str(ROOM)],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        for step in (1, 2)
    ]
    said = [child.communicate(timeout=240)[0] for child in both]
    assert [child.returncode for child in both] == [0, 0]
    (one, encoded), (other, encoded_too) = map(json.loads, said)
    assert all(other.get(n, digest) == digest for n, digest in one.items()) and len({*one, *other}) == 6
    assert len({*one.values(), *other.values()}) == 6
    assert encoded + encoded_too < 2 * 4 * 3, "nothing was ever taken from the folder"
    for folder, limit in ((cache / "vision", ROOM), (cache / "talk", disk_cache.CONVERSATION_BYTES)):
        assert 0 < spent(folder) <= limit and not list(folder.glob("*.partial"))
        entries = disk_cache.DiskCache(folder, limit)
        assert all(entries.get(f.name) for f in folder.iterdir())
    assert len(list((cache / "vision").iterdir())) < 6
