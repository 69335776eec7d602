"""Random conversations through one engine; a second engine reads only their last prompts, with an empty cache."""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence

import numpy as np

from assistant.backend import Message, Options
from assistant.backends.cached_backend import CachedBackend
from assistant.chatml import Mark, Piece, Words, large_photo, pieces
from memory.episode import Photo

SENTENCES = ("This is Milo.", "Who is this?", "When was that, and where?", "A boat at the harbour.", "No.")


def showing(*photos: Photo) -> list[Piece]:
    """A prompt of photos with words around them."""
    prompt: list[Piece] = [Mark("<|im_start|>user\n")]
    for i, photo in enumerate(photos):
        prompt += [Words(f"Memory {i}: "), photo]
    return [*prompt, Words(" Who is this?"), Mark("<|im_end|>\n<|im_start|>assistant\n")]


def compare(
    engine: CachedBackend, fresh: CachedBackend, photos: Sequence[Photo], conversations: int, seed: int
) -> list[str | None]:
    """Assert after each conversation that both engines give the same logits. Returns each answer's stop reason."""
    rng = random.Random(seed)
    stops: list[str | None] = []
    engine.read([Mark("<|im_end|>")])
    for n in range(conversations):
        shown = rng.sample(list(photos), rng.randrange(1, len(photos)))
        talk = [Message("user", (*shown, rng.choice(SENTENCES)), shown[-1].sha256)]
        for _ in range(rng.randrange(1, 4)):
            stop, text = answer(engine, talk, rng)
            stops.append(stop)
            if rng.random() < 0.3:  # go back to the beginning
                del talk[1:]
            talk.append(Message("assistant", (text if text and rng.random() < 0.7 else rng.choice(SENTENCES),)))
            talk.append(Message("user", (rng.choice(SENTENCES),)))
        prompt = pieces(talk)
        large = large_photo(talk, prompt)
        engine.read(prompt, large)
        fresh.read([Mark("<|im_end|>")])
        assert fresh.read(prompt, large)[1] == 0
        assert engine.prefix.steps == fresh.prefix.steps
        assert np.array_equal(engine.next_logits(), fresh.next_logits()), f"conversation {n}"
    return stops


def answer(engine: CachedBackend, talk: Sequence[Message], rng: random.Random) -> tuple[str | None, str]:
    """Stop reason and text of an answer that is written to its end, stopped at any moment, or abandoned (None)."""
    options = Options(max_new_tokens=rng.randrange(1, 6), temperature=1.0, seed=rng.randrange(99))
    stream, how = engine.stream(talk, options), rng.random()
    if how < 0.2:  # at any moment; when the answer was quicker, `cancel` must do nothing
        timer = threading.Timer(rng.random() * 0.02, engine.cancel)
        timer.start()
        chunks = list(stream)
        timer.join()
        return chunks[-1].stop, "".join(c.text for c in chunks)
    first = next(stream)
    if how < 0.4:
        engine.cancel()
    elif how < 0.5 and first.stop is None:
        stream.close()
        return None, first.text
    chunks = [first, *stream]
    return chunks[-1].stop, "".join(c.text for c in chunks)
