"""The cache on disk: entries are whole or missing, bounded, private, and gone when forgotten."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from assistant import prompt
from assistant.backend import Options
from assistant.backends.cache import disk_cache
from assistant.backends.cache.disk_cache import DiskCache
from assistant.backends.cached_backend import CachedBackend
from assistant.backends.llama.llamacpp import open_llamacpp
from assistant.chatml import Mark, Piece, Words
from assistant.models.spec import Spec
from assistant.photo import from_image
from benchmark.world.scene import Look, draw
from memory.episode import Photo
from memory.errors import KeepsakeError
from tests.support.runners import tower

ROOT = Path(__file__).parents[3]


def photo(seed: int) -> Photo:
    return from_image(draw([Look("1f428")], seed, 128).image)


def about(*photos: Photo) -> list[Piece]:
    return [Mark("<|im_start|>user\n"), *photos, Words(" Who is this?"), Mark("<|im_end|>\n<|im_start|>assistant\n")]


def spent(cache: DiskCache) -> int:
    return sum(f.stat().st_size for f in cache.folder.iterdir())


@pytest.fixture
def cache(tmp_path: Path) -> DiskCache:
    return DiskCache(tmp_path / "cache" / "vision", 10_000)


@pytest.fixture
def opened(nano: Spec, tmp_path: Path) -> Iterator[object]:
    """Opens the nano with a cache, as a start of the app does; closes all at the end."""
    engines: list[CachedBackend] = []

    def open_(exact: bool = False, cached: bool = True) -> CachedBackend:
        engines.append(open_llamacpp(nano, context=256, exact=exact, cache=tmp_path / "cache" if cached else None))
        return engines[-1]

    yield open_
    for engine in engines:
        engine.close()


# -- entries ----------------------------------------------------------------------------------------------------


def test_an_entry_comes_back_as_it_was(cache: DiskCache) -> None:
    assert cache.peek("a.1") is None and cache.get("a.1") is None
    assert cache.put("a.1", {"parts": [1, "é"]}, b"\0\n\xff" * 100)
    found = cache.get("a.1")
    assert found and found[1] == b"\0\n\xff" * 100 and found[0]["parts"] == [1, "é"]
    assert (cache.peek("a.1") or {})["parts"] == [1, "é"]
    assert cache.put("a.1", {"parts": []}, b"new")
    assert (cache.get("a.1") or ({}, b""))[1] == b"new"


def test_nothing_damaged_is_taken_for_whole(cache: DiskCache) -> None:
    """An entry that was cut short anywhere, has a changed byte, or another entry's name is a miss."""
    cache.put("a.1", {"n": 1}, b"body")
    path = cache.folder / "a.1"
    whole = path.read_bytes()
    for i in range(len(whole)):
        path.write_bytes(whole[:i])
        assert cache.get("a.1") is None
        path.write_bytes(whole[:i] + bytes([whole[i] ^ 1]) + whole[i + 1 :])
        assert cache.get("a.1") is None
    path.write_bytes(whole)
    assert cache.get("a.1")
    path.rename(cache.folder / "b.1")
    assert cache.get("b.1") is None


def test_never_more_than_its_limit_and_the_unused_go_first(cache: DiskCache) -> None:
    for i in range(30):
        cache.put(f"{i}.1", {}, b"x" * 1000)
        os.utime(cache.folder / f"{i}.1", (i, i))
        assert spent(cache) <= cache.limit
        if i > 0:
            assert cache.get("0.1"), "what is used stays"
    left = {int(f.stem) for f in cache.folder.iterdir()}
    assert left == {0} | set(range(31 - len(left), 30)) and len(left) > 5
    assert not cache.put("big.1", {}, b"x" * 10_000)
    assert {int(f.stem) for f in cache.folder.iterdir()} == left


def test_what_a_killed_process_left_half_written_goes_after_a_while(cache: DiskCache) -> None:
    cache.put("a.1", {}, b"x")
    for name, age in (("old.partial", 2 * disk_cache.ABANDONED), ("new.partial", 0)):
        (cache.folder / name).write_bytes(b"x" * 9000)
        seconds = (cache.folder / name).stat().st_mtime - age
        os.utime(cache.folder / name, (seconds, seconds))
    cache.put("b.1", {}, b"x")
    assert sorted(f.name for f in cache.folder.iterdir()) == ["a.1", "b.1", "new.partial"]


def test_only_the_user_can_read_it(cache: DiskCache) -> None:
    cache.put("a.1", {}, b"x")
    assert (cache.folder / "a.1").stat().st_mode & 0o777 == 0o600
    assert cache.folder.stat().st_mode & 0o777 == cache.folder.parent.stat().st_mode & 0o777 == 0o700


def test_a_disk_that_takes_nothing_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("where the folder should be")
    blocked = DiskCache(tmp_path / "file" / "vision", 1000)
    assert not blocked.put("a.1", {}, b"x")
    assert blocked.get("a.1") is None
    full = DiskCache(tmp_path / "vision", 1000)

    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", refuse)
    monkeypatch.setattr(os, "link", refuse)
    assert not full.put("a.1", {}, b"x")
    assert not list(full.folder.iterdir())


def test_two_processes_share_a_folder(cache: DiskCache) -> None:
    """Both write, read and make room at once: all they ever read is whole, and the limit holds."""
    script = (
        "import random, sys; from pathlib import Path; from assistant.backends.cache.disk_cache import DiskCache\n"
        f"cache = DiskCache(Path({str(cache.folder)!r}), {cache.limit}); rng = random.Random(sys.argv[1]); hits = 0\n"
        "for _ in range(400):\n"
        "    n = rng.randrange(12); body = bytes([n]) * 900\n"
        "    cache.put(f'{n}.1', {'n': n}, body)\n"
        "    n = rng.randrange(12); found = cache.get(f'{n}.1')\n"
        "    assert found is None or found[0]['n'] == n and found[1] == bytes([n]) * 900\n"
        "    hits += found is not None\n"
        "print(hits)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    both = [
        subprocess.Popen([sys.executable, "-c", script, seed], env=environment, stdout=subprocess.PIPE, text=True)
        for seed in "ab"
    ]
    said = [child.communicate(timeout=60)[0] for child in both]
    assert [child.returncode for child in both] == [0, 0]
    assert all(int(hits) > 100 for hits in said)
    assert spent(cache) <= cache.limit
    assert not list(cache.folder.glob("*.partial"))


def test_forgetting_a_photo_removes_its_tokens_and_every_conversation(tmp_path: Path) -> None:
    vision, talk = disk_cache.vision_cache(tmp_path), disk_cache.conversation_cache(tmp_path)
    for name in ("aa.1", "aa.2", "bb.1"):
        vision.put(name, {}, b"x")
    talk.put("model", {}, b"x")
    before = disk_cache.epoch(tmp_path)
    disk_cache.forget("aa", tmp_path)
    assert [f.name for f in vision.folder.iterdir()] == ["bb.1"]
    assert not list(talk.folder.iterdir())
    assert disk_cache.epoch(tmp_path) != before
    disk_cache.forget("aa", tmp_path / "nowhere")
    (vision.folder / "cc.1").mkdir()
    with pytest.raises(KeepsakeError, match="still holds what should be forgotten"):
        disk_cache.forget("cc", tmp_path)


# -- the engine -------------------------------------------------------------------------------------------------


def test_after_a_restart_the_tower_does_not_run_again(opened, tmp_path: Path) -> None:
    """In f32 and in f16 the logits are those of the first time, to the bit; in f32 also those of no cache at all."""
    asked = about(photo(1), photo(2))
    plain = opened(exact=True, cached=False).logits(asked)
    for exact in (True, False):
        first = opened(exact)
        truth = first.logits(asked)
        assert first.photos_encoded == 2
        assert not exact or np.array_equal(truth, plain)
        again = opened(exact)
        assert np.array_equal(again.logits(asked), truth)
        assert np.array_equal(again.embed(photo(1)), first.embed(photo(1)))
        assert again.photos_encoded == 0
    assert len(list((tmp_path / "cache" / "vision").iterdir())) == 4


def test_a_damaged_photo_is_encoded_again(opened, tmp_path: Path) -> None:
    asked = about(photo(1))
    truth = opened().logits(asked)
    (file,) = (tmp_path / "cache" / "vision").iterdir()
    whole = file.read_bytes()
    for broken in (whole[:-1], b"", whole[:-40] + bytes([whole[-40] ^ 1]) + whole[-39:]):
        file.write_bytes(broken)
        engine = opened()
        assert np.array_equal(engine.logits(asked), truth)
        assert engine.photos_encoded == 1
        assert file.read_bytes() == whole, "and kept as it should be"


def test_the_last_conversation_is_taken_up_after_a_restart(opened, tmp_path: Path) -> None:
    """Only the last token is read, as if the app had never been closed; another model's or a damaged state is not."""
    asked = about(photo(1), photo(2))
    first = opened()
    size, _ = first.read(asked)
    assert first.save() and not first.save(), "once is enough"
    first.read(asked)
    truth = first.next_logits()
    second = opened()
    assert second.read(asked) == (size, size - 1)
    assert np.array_equal(second.next_logits(), truth)
    assert second.photos_encoded == 0
    assert opened(exact=True).read(asked)[1] == 0
    (state,) = (tmp_path / "cache" / "talk").iterdir()
    assert state.stat().st_mode & 0o777 == 0o600
    state.write_bytes(state.read_bytes()[:-1])
    broken = opened()
    assert broken.read(asked) == (size, 0)
    assert broken.photos_encoded == 0, "the photos are still known"


def test_a_conversation_about_something_else_is_not_taken_up(opened) -> None:
    first = opened()
    first.read(about(photo(1)))
    first.save()
    other = opened()
    assert other.read([Words("Hello"), *about()])[1] == 0
    assert other.prefix.tokens == sum(len(step) for step in other.prefix.steps)


def test_what_was_forgotten_is_not_kept_by_an_engine_that_runs(opened, tmp_path: Path) -> None:
    """Another program forgets a photo that this engine has in its KV cache: the engine drops its cache."""
    engine = opened()
    engine.read(about(photo(1)))
    disk_cache.forget(photo(1).sha256, tmp_path / "cache")
    assert not engine.save()
    assert not engine.prefix.steps
    assert not list((tmp_path / "cache").rglob(f"{photo(1).sha256}*"))
    engine.read(about(photo(2)))
    assert engine.save(), "what comes after is kept as ever"


def test_a_private_conversation_leaves_nothing_on_disk(opened, tmp_path: Path) -> None:
    engine = opened()
    engine.set_ephemeral(True)
    list(engine.stream(prompt.describe_messages(photo(1)), Options(max_new_tokens=2)))
    assert not engine.save()
    engine.set_ephemeral(False)
    assert not engine.prefix.steps, "nor later"
    engine.read(about())
    assert engine.save()
    files = [f for f in (tmp_path / "cache").rglob("*") if f.is_file()]
    assert len(files) == 1 and photo(1).sha256.encode() not in files[0].read_bytes()


def test_half_precision_moves_the_answer_little(opened) -> None:
    """Embeddings in f16 against f32, all else alike. Single logits of the nano move by up to 0.9, as they do when
    a token is read alone: its 4-bit weights take 8-bit activations. The distribution hardly moves."""

    def chances(logits: np.ndarray) -> np.ndarray:
        powers = np.exp(logits.astype(np.float64) - logits.max())
        return powers / powers.sum()

    half, single = opened(cached=False), opened(cached=False)
    tower(single)._dtype = np.float32
    for n in range(3):
        a, b, other = (chances(e.logits(about(photo(m)))) for e, m in ((single, n), (half, n), (half, n + 1)))
        assert 0 < np.abs(a - b).sum() < np.abs(a - other).sum() / 2
