"""How fast the app is with ten thousand memories: seconds from its start until it takes keys, and from a key until the
terminal has been told what came of it. `make e2e` prints it; `pytest -s tests/e2e/e2e_pace.py` does so alone.

Real app, real model, real terminal. Beside the clock stands the processor time of the app; the rules hold for the
lesser of the two: on a busy machine the clock counts what others do, on a free one threads that run side by side count
twice. What tmux itself takes is in the clock.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image

from assistant.embedder.text_embedder import TextEmbedder
from assistant.encoder.open_encoder import open_encoder
from assistant.photo import from_image
from memory.episode import Episode, Photo, Turn
from memory.maintenance import word_vectors
from memory.search import meaning
from memory.search.vectors import KEPT
from memory.store import Memory
from tests.e2e.terminal import STORY, Terminal, drawn, kept, patience, running
from ui import strings

MANY, LOOKS, MEANING = 10_000, 100, 384
MEDIAN, SLOWEST = 0.050, 0.150
"""Seconds from a key to what it does: the median, and what 95 of 100 keys stay below."""
START = 1.5
"""Seconds from the start of the process until it takes keys."""
SPLIT = re.compile(rb"\n%output %\d+ ")
"""Between two pieces of what tmux passes on."""
_signs = count(0x4E00)


class Took(NamedTuple):
    """Seconds."""

    clock: float
    processor: float


class Wire:
    """Keys into the app, and what it writes, byte by byte as it comes (tmux's control mode)."""

    def __init__(self, app: Terminal, control: subprocess.Popen[bytes]) -> None:
        assert control.stdin and control.stdout
        # The reader has a descriptor of its own: it ends with tmux, whoever closes the other first.
        self.app, self._in, self._out = app, control.stdin.fileno(), os.dup(control.stdout.fileno())
        self._seen, self._came = b"", threading.Condition()
        threading.Thread(target=self._listen, daemon=True).start()  # tmux stands still when nobody reads

    def press(self, *keys: str, shows: str) -> Took:
        """Send keys and wait until `shows` is written, which must not have stood there before."""
        with self._came:
            self._seen, before, began = b"", processor(self.app.pid), time.perf_counter()
            os.write(self._in, f"send-keys -t e2e {' '.join(keys)}\n".encode())
            done = self._came.wait_for(lambda: shows.encode() in SPLIT.sub(b"", self._seen), patience())
            took = Took(time.perf_counter() - began, processor(self.app.pid) - before)
        assert done, f"after {keys} never came: {shows!r}; on the screen stood\n{self.app.screen()}"
        return took

    def _listen(self) -> None:
        with open(self._out, "rb", buffering=0) as out:
            while piece := out.read(1 << 16):
                with self._came:
                    self._seen += piece
                    self._came.notify()

    def letter(self) -> Took:
        """Type one that never came before."""
        sign = chr(next(_signs))
        return self.press("-l", sign, shows=sign)


def processor(pid: int) -> float:
    """Processor time of a process so far; where that cannot be asked, the clock."""
    return time.clock_gettime(~pid << 3 | 2) if sys.platform == "linux" else time.perf_counter()


def told(what: str, took: list[Took], median: float = MEDIAN, slowest: float = SLOWEST) -> None:
    """Print a line, and hold the rules."""
    clock, own = (np.array(times) * 1000 for times in zip(*took, strict=True))
    lesser = np.minimum(clock, own)
    line = f"{what:<34} n {len(took):>3}"
    for name, times in (("clock", clock), ("processor", own)):
        line += f"  {name} {np.median(times):>6.1f} {np.percentile(times, 95):>6.1f} {times.max():>6.1f}"
    print(f"\n{line}  ms (median, 95 %, most)", end="")
    assert np.median(lesser) < 1000 * median and np.percentile(lesser, 95) < 1000 * slowest, line


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's home with the memories of ten years: photos to decode, words, what the model saw of them."""
    home, rng = tmp_path_factory.mktemp("many"), np.random.default_rng(7)
    encoder, embedder = open_encoder(), TextEmbedder()
    looks = [Image.fromarray(rng.integers(0, 255, (9, 12, 3), np.uint8)) for _ in range(LOOKS)]
    photos = [from_image(look.resize((448, 336), Image.Resampling.BICUBIC)) for look in looks]
    dim = encoder.encode(photos[0]).shape[1]
    first = datetime(2015, 1, 1, tzinfo=UTC)
    with Memory(kept(home) / "memory.db") as memory:
        for start in range(0, MANY, 1000):
            episodes = []
            for i in range(start, start + 1000):
                look, name = photos[i % LOOKS], hashlib.sha256(str(i).encode()).hexdigest()
                said = f"This is Thing{i}, of kind{i % 97}, by the {'lake' if i % 3 else 'sea'}. It rained all day."
                photo = Photo(name, look.data, look.width, look.height)
                episodes.append(Episode(photo, (Turn("user", said),), first + timedelta(hours=9 * i), f"town{i % 400}"))
            seen = _unit(rng, len(episodes), KEPT, dim)
            meant = _unit(rng, len(episodes), 2, MEANING)
            memory.add_all(episodes)
            names = (episode.photo.sha256 for episode in episodes)
            memory.put_all_vectors(encoder.space, zip(names, seen.astype("<f2"), strict=True))
            new = word_vectors.missing(memory, embedder.space)
            with memory.transaction("IMMEDIATE") as db:
                for (id, *_), vectors in zip(new, meant, strict=True):
                    meaning.put(db, id, embedder.space, vectors)
        assert not memory.photos_without_vectors(encoder.space) and not word_vectors.missing(memory, embedder.space)
        memory.snapshot()  # today's: no start has to take it
    return home


def _unit(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Directions that nothing has: what the networks saw, for the work that comparing it takes."""
    vectors = rng.standard_normal(shape, dtype=np.float32)
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


@pytest.fixture(scope="module")
def wire(home: Path) -> Iterator[Wire]:
    """One app for all keys."""
    with running(home) as app:
        app.sees(strings.HELLO, f"{MANY} memories", "○ idle")
        with app.control() as control:
            yield Wire(app, control)


def test_it_takes_keys_soon_after_its_start(home: Path) -> None:
    took = []
    for _ in range(3):
        began = time.perf_counter()
        with running(home) as app:
            app.sees("Conversation", strings.COMPOSER[:20])
            app.type("ж")
            app.sees("ж")
            took.append(Took(time.perf_counter() - began, processor(app.pid)))
            app.sees(f"{MANY} memories")
    told("from the start to the first key", took, START, START)


def test_keys_when_nothing_goes_on(wire: Wire) -> None:
    told("typing", [wire.letter() for _ in range(40)])
    wire.app.press("C-u")


@pytest.mark.parametrize("grid", [False, True], ids=["timeline", "grid"])
def test_keys_in_the_browser(wire: Wire, grid: bool) -> None:
    of, form = f" of {MANY:,}", "grid" if grid else "timeline"
    opened = wire.press("-l", "/memories", ";", "send-keys", "-t", "e2e", "Enter", shows=f"1{of}")
    try:
        if grid:
            wire.app.press("g")
        told("browser: opened", [opened], 0.5, 0.5)  # a new screen: not a key on one
        told(f"{form}: one down", [wire.press("Down", shows=of) for _ in range(60)])
        told(f"{form}: a page down", [wire.press("PageDown", shows=of) for _ in range(30)])
        told(f"{form}: to the end and back", [wire.press(key, shows=of) for _ in range(4) for key in ("End", "Home")])
    finally:
        wire.app.press("Escape")
        wire.app.sees("Caption", "Memories recalled")


def test_the_view_of_people_and_things(wire: Wire) -> None:
    """Every memory names another thing: ten thousand names, more than any album has."""
    opened = wire.press("-l", "/people", ";", "send-keys", "-t", "e2e", "Enter", shows="Thing")
    try:
        told("people and things: opened", [opened], 2, 2)  # all words of all memories are read
        wire.app.sees(f"Thing{MANY - 1}")
        told("people and things: one down", [wire.press("Down", shows=f"Thing{MANY - 2 - n}") for n in range(70)])
        told("people and things: a page down", [wire.press("PageDown", shows="Thing") for _ in range(30)])
    finally:
        wire.app.press("Escape")
        wire.app.sees("Caption", "Memories recalled")


def test_keys_in_a_filtered_browser(wire: Wire) -> None:
    """A search that 3334 memories fit, of which the best 200 are shown, opened and walked through."""
    opened = wire.press("-l", "'/memories sea'", ";", "send-keys", "-t", "e2e", "Enter", shows="1 of 200")
    try:
        told("filtered browser: opened", [opened], 1, 1)
        told("filtered browser: one down", [wire.press("Down", shows=" of 200") for _ in range(40)])
        told("filtered browser: a page down", [wire.press("PageDown", shows=" of 200") for _ in range(20)])
    finally:
        wire.app.press("Escape")
        wire.app.sees("Caption", "Memories recalled")


def test_keys_while_a_photo_is_read_and_told(wire: Wire, tmp_path: Path) -> None:
    """Forty megapixels decoded, then the model's eyes, the recall among ten thousand, the prompt, the caption."""
    app = wire.app
    app.paste(str(drawn(tmp_path / "large.jpg", 60, (7300, 5500))))
    told("typing while a photo is told", while_busy(wire))
    app.press("C-u")
    app.sees("▣ large.jpg  ·  ")


def test_keys_while_the_prompt_is_read_and_words_stream(wire: Wire) -> None:
    wire.app.press(*["C-u"] * 20)  # what was typed while the photo was read, row by row
    wire.app.say(STORY)
    wire.app.sees("● answering")
    told("typing while an answer streams", while_busy(wire))
    wire.app.press("C-u")


def while_busy(wire: Wire) -> list[Took]:
    """Type until nothing goes on any more."""
    took = []
    while "○ idle" not in wire.app.screen() or len(took) < 5:
        took.append(wire.letter())
    return took
