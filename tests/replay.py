"""Random conversations through one engine, and a second that reads only what is left of them.

llama.cpp computes a token that is read alone with other kernels than one in a batch, so two caches are equal to the bit
only when they were read in the same pieces: the second engine reads the pieces that are still there, and no others.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence

import numpy as np

from assistant.backend import Message, Options
from assistant.chatml import Mark, Piece, Words, large_photo, pieces
from assistant.ledger import Unit
from assistant.llamacpp import LlamaCpp
from memory.episode import Photo

SAID = ("This is Milo.", "Who is this?", "When was that, and where?", "A boat at the harbour.", "No.")


class Log:
    """Which pieces an engine has read, and how much of each is still in its cache."""

    def __init__(self, engine: LlamaCpp) -> None:
        self.pieces: list[list[Unit]] = []
        self.kept: list[int] = []
        settle, cut = engine._settle, engine._cut

        def settled(code: int, units: Sequence[Unit]) -> None:
            settle(code, units)
            self.pieces.append(list(units))
            self.kept.append(len(units))

        def cutting(keep: int) -> None:
            cut(keep)
            while self.kept and sum(self.kept[:-1]) >= keep:
                self.pieces.pop()
                self.kept.pop()
            if self.kept:
                self.kept[-1] = keep - sum(self.kept[:-1])

        engine._cut(0)
        engine._settle, engine._cut = settled, cutting  # type: ignore[method-assign]

    def read(self, engine: LlamaCpp, photos: dict[str, Photo]) -> np.ndarray:
        """Logits after the same pieces in another engine, emptied first."""
        engine._cut(0)
        for piece, kept in zip(self.pieces, self.kept, strict=True):
            before = len(engine._ledger.units)
            engine._see(piece[0], photos) if isinstance(piece[0].key, tuple) else engine._feed(piece)
            engine._cut(before + kept)
        return engine._logits()


def showing(*photos: Photo) -> list[Piece]:
    """A prompt that shows photos, and words around them."""
    prompt: list[Piece] = [Mark("<|im_start|>user\n")]
    for i, photo in enumerate(photos):
        prompt += [Words(f"Memory {i}: "), photo]
    return [*prompt, Words(" Who is this?"), Mark("<|im_end|>\n<|im_start|>assistant\n")]


def compare(
    engine: LlamaCpp, fresh: LlamaCpp, photos: Sequence[Photo], conversations: int, seed: int
) -> list[str | None]:
    """Assert after each conversation that both give the same logits. Returns how the answers ended."""
    rng, log = random.Random(seed), Log(engine)
    known, stops = {p.sha256: p for p in photos}, []
    for n in range(conversations):
        shown = rng.sample(list(photos), rng.randrange(1, len(photos)))
        talk = [Message("user", (*shown, rng.choice(SAID)), shown[-1].sha256)]
        for _ in range(rng.randrange(1, 4)):
            stops.append(answer(engine, talk, rng))
            if rng.random() < 0.3:  # go back to the beginning
                del talk[1:]
            talk.append(Message("assistant", (rng.choice(SAID),)))
            talk.append(Message("user", (rng.choice(SAID),)))
        prompt = pieces(talk)
        engine.read(prompt, large_photo(talk, prompt))
        assert engine._ledger.units == [u for p, k in zip(log.pieces, log.kept, strict=True) for u in p[:k]]
        assert np.array_equal(engine._logits(), log.read(fresh, known)), f"conversation {n}"
    return stops


def answer(engine: LlamaCpp, talk: Sequence[Message], rng: random.Random) -> str | None:
    """One answer: to its end, stopped while it is read or written, or abandoned (None)."""
    options = Options(max_new_tokens=rng.randrange(1, 6), temperature=1.0, seed=rng.randrange(99))
    stream, how = engine.stream(talk, options), rng.random()
    if how < 0.2:  # at any moment; when the answer was quicker, it must do nothing
        timer = threading.Timer(rng.random() * 0.02, engine.cancel)
        timer.start()
        *_, last = stream
        timer.join()
        return last.stop
    first = next(stream)
    if how < 0.4:
        engine.cancel()
    elif how < 0.5 and first.stop is None:
        stream.close()
        return None
    return [first, *stream][-1].stop
