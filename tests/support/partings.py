"""Where the captions of two engines part, and how far that token is from a tie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.backend import Message, Options
from assistant.backends.cached_backend import CachedBackend
from assistant.chatml import Mark, pieces


@dataclass(frozen=True, slots=True)
class Parting:
    """The first token at which an engine's caption differs from that of transformers."""

    engine: str
    at: int
    """Which token of the caption, from 0."""
    ours: str
    """What transformers writes there."""
    theirs: str
    margin: float
    """Logit of the one minus logit of the other, in transformers: 0 = a tie."""

    def __str__(self) -> str:
        return f"{self.engine} parts at token {self.at}: {self.theirs!r} for {self.ours!r}, {self.margin:.3f} apart"


def write(engine: CachedBackend, messages: tuple[Message, ...]) -> tuple[str, str | None]:
    chunks = list(engine.stream(messages, Options()))
    return "".join(chunk.text for chunk in chunks), chunks[-1].stop


def greedy(engine: CachedBackend, messages: Sequence[Message], most: int = Options().max_new_tokens) -> list[int]:
    """The tokens that an engine writes, the end of the turn included. Its text may come apart into other tokens."""
    end = engine.tokenize(Mark("<|im_end|>"))
    logits, written = engine.logits(pieces(messages)), []
    while len(written) < most and written[-1:] != end:
        written.append(int(logits.argmax()))
        engine.put(written[-1])
        logits = engine.next_logits()
    return written


def parting(
    name: str, engine: CachedBackend, truth: CachedBackend, messages: tuple[Message, ...], text: str
) -> Parting | None:
    """Where the caption of `engine` differs from `text`, which `truth` wrote to its end; None if it does not."""
    if write(engine, messages) == (text, "end"):
        return None
    ours, theirs = greedy(truth, messages), greedy(engine, messages)
    assert truth.runner.spell(ours) == text
    at = next(i for i, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b)
    logits = truth.follow(pieces(messages), ours[: at + 1])[at]
    one, other = (truth.runner.spell([token]) for token in (ours[at], theirs[at]))
    found = Parting(name, at, one, other, float(logits[ours[at]] - logits[theirs[at]]))
    print(found)
    return found
