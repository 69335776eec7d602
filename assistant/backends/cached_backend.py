"""The `Backend` of every engine: it reads a prompt into one KV cache, reuses what is there, and streams the answer.

A new prompt keeps the longest prefix of steps it shares with what the cache holds (`prefix_cache.py`) and reads the
rest, so the second CAG pass and every follow-up read only their own words. With a `KvSnapshot`, the last conversation
survives a restart. What differs between llama.cpp, MLX and transformers is a `ModelRunner`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol

import numpy as np

from assistant.backend import Chunk, Message, Options
from assistant.backends.abort_flag import AbortFlag, Cancelled
from assistant.backends.cache.kv_snapshot import KvSnapshot
from assistant.backends.cache.prefix_cache import PrefixCache, Step, Unit
from assistant.backends.sampling import pick, probabilities
from assistant.chatml import Mark, Piece, Words, large_photo, pieces
from assistant.models.spec import Spec
from memory.episode import Photo
from memory.errors import ModelError, ModelStopped, PromptTooLong
from memory.paths import no_core_dumps


class PlannedStep(NamedTuple):
    """A step of a prompt that is to be read."""

    units: Step
    inputs: Any = None
    """What the runner needs to read the units, in its own form. None: the units are text at the next positions."""


class ModelRunner(Protocol):
    """A loaded model with one KV cache, its tokenizer and its vision encoder: all that differs between engines."""

    context: int
    """Most tokens of a prompt and its answer."""
    flag: AbortFlag
    """When it is set, reading and encoding stop soon and raise Cancelled."""

    @property
    def photos_encoded(self) -> int:
        """How often the vision encoder has encoded a photo."""
        ...

    def tokenize(self, piece: Mark | Words) -> list[int]:
        """Token ids of a text piece; only a `Mark` may become control tokens."""
        ...

    def spell(self, tokens: Sequence[int]) -> str:
        """The text of generated tokens, control tokens left out. A character cut in half ends in U+FFFD."""
        ...

    def ends(self, token: int) -> bool:
        """Whether a token ends the turn."""
        ...

    def plan(self, prompt: Sequence[Piece], large: int | None) -> list[PlannedStep]:
        """The steps in which a prompt is read. `large`: index of the only large photo; None: all photos are large."""
        ...

    def read(self, step: PlannedStep, at: PrefixCache, *, want_logits: bool) -> None:
        """Read a step into the cache, which holds what `at` says. Raises Cancelled, ModelError.

        With `want_logits`, `next_logits` then returns the logits after this step.
        """
        ...

    def next_logits(self) -> np.ndarray:
        """Logits (V,) float32 of the token that comes next."""
        ...

    def crop(self, to: PrefixCache) -> bool:
        """Drop from the cache all that is not in `to`. False: the model cannot drop a part, and all was dropped."""
        ...

    def visual_tokens(self, photo: Photo) -> np.ndarray:
        """Visual tokens of a photo, encoded small, (T, D) float32. Raises Cancelled, ModelError."""
        ...

    def write_to_disk(self, on: bool) -> None:
        """Whether visual tokens may go to disk."""
        ...

    def close(self) -> None:
        """Free the model. Calling it twice is fine."""
        ...


class CachedBackend:
    """A `Backend` around a `ModelRunner`. It is called from one thread at a time; `cancel` from any."""

    def __init__(self, spec: Spec, runner: ModelRunner, snapshot: KvSnapshot | None = None) -> None:
        """`snapshot`: where the last conversation survives a restart; None: nowhere."""
        self.name, self.space, self.threshold = spec.name, spec.space, spec.threshold
        self.verification, self.may_say, self.evidence = spec.verification, spec.may_say, spec.evidence
        self.runner, self._snapshot = runner, snapshot
        self.prefix = PrefixCache()
        """What the runner's KV cache holds."""
        self.unsaved = False
        """Whether `save` would have something to write."""
        self._ephemeral = self._begun = False

    def stream(self, messages: Sequence[Message], options: Options) -> Iterator[Chunk]:
        """Generate the next assistant turn (see `Backend`)."""
        began, encoded_before = time.monotonic(), self.photos_encoded
        prompt_tokens = cached = written = 0
        unspelt: list[int] = []
        stop: Any = "length"
        self.runner.flag.arm()
        try:
            prompt = pieces(messages)
            reserve = min(options.max_new_tokens, self.runner.context // 4)
            prompt_tokens, cached = self.read(prompt, large_photo(messages, prompt), reserve)
            limit = min(options.max_new_tokens, self.runner.context - prompt_tokens)
            for token in self._decode(options, limit):
                written += 1
                unspelt.append(token)
                text = self.runner.spell(unspelt)
                if text and not text.endswith("\ufffd"):  # half a character waits for its other half
                    unspelt = []
                    yield Chunk(text)
            if written < limit:
                stop = "end"
        except Cancelled:
            stop = "cancelled"
        finally:
            self.runner.flag.disarm()
            if not options.max_new_tokens:
                self.unsaved = False  # only a prompt was read ahead: there is no conversation to save
        tail = self.runner.spell(unspelt)
        seconds, encoded = time.monotonic() - began, self.photos_encoded - encoded_before
        yield Chunk(tail, stop, prompt_tokens, cached, written, seconds, encoded)

    def next_words(self, messages: Sequence[Message], words: Sequence[str]) -> tuple[float, ...]:
        """For each of `words`, the probability that the next turn begins with it (see `Backend`)."""
        try:
            with self._request("the question was read"):
                prompt = pieces(messages)
                self.read(prompt, large_photo(messages, prompt))
                return probabilities(self.next_logits(), [self.tokenize(Words(word)) for word in words])
        finally:
            self.unsaved = False  # the cache holds this question, and no conversation to save

    def embed(self, photo: Photo) -> np.ndarray:
        """Visual tokens of a photo, encoded small, (T, D) float32. Raises ModelStopped when it is cancelled."""
        with self._request("the photo was seen"):
            return self.runner.visual_tokens(photo)

    @property
    def photos_encoded(self) -> int:
        """How often the vision encoder has encoded a photo."""
        return self.runner.photos_encoded

    def arm(self) -> None:
        """Announce a request: from now on `cancel` means this request."""
        self.runner.flag.arm()

    def cancel(self) -> None:
        """Stop the running request soon. Does nothing when none runs."""
        self.runner.flag.set()

    def set_ephemeral(self, on: bool) -> None:
        """While `on`, nothing goes to disk. When it ends, what was read meanwhile is dropped: it never goes to disk."""
        if on:
            no_core_dumps()
        elif self._ephemeral:
            self.cut(0)
        self._ephemeral = on
        self.runner.write_to_disk(not on)

    def save(self) -> bool:
        """Write the KV cache to disk, for the next start. False when there is nothing to write, or it must not be."""
        if not self.unsaved or self._ephemeral or not self._snapshot:
            return False
        self.unsaved = False
        if self._snapshot.epoch_changed():  # the cache may hold what was forgotten
            self.cut(0)
        return bool(self.prefix.steps) and self._snapshot.save(self.prefix)

    def close(self) -> None:
        """Free the model. Calling it twice is fine."""
        self.runner.close()

    def tokenize(self, piece: Mark | Words) -> list[int]:
        """Token ids of a text piece; only a `Mark` may become control tokens."""
        return self.runner.tokenize(piece)

    def read(self, prompt: Sequence[Piece], large: int | None = None, reserve: int = 1) -> tuple[int, int]:
        """Make the KV cache hold exactly `prompt`. Returns its tokens, and how many of them were in the cache already.

        `large`: index of the piece with the photo that is asked about; the other photos are small (None: all are
        large). Raises PromptTooLong, before anything is changed, when the prompt and `reserve` tokens do not fit.
        """
        planned = self.runner.plan(prompt, large)
        steps = [step.units for step in planned]
        size, room = sum(unit.n_tokens for step in steps for unit in step), self.runner.context
        if size + reserve > room:
            raise PromptTooLong(f"the prompt has {size} tokens, the model takes {room}: say it in fewer words")
        if not self._begun and self._snapshot:
            self.prefix = self._snapshot.restore(steps)
        self._begun = True
        self.cut(min(self.prefix.shared(steps), len(steps) - 1))  # the last step is read again for its logits
        cached = self.prefix.tokens
        for step in planned[len(self.prefix.steps) :]:
            self._read_step(step, want_logits=step is planned[-1])
        return size, cached

    def put(self, token: int) -> None:
        """Read one token that was written, in a call of its own."""
        self._read_step(PlannedStep((Unit(token),)), want_logits=True)

    def next_logits(self) -> np.ndarray:
        """Logits (V,) of the token that comes next."""
        return self.runner.next_logits()

    def logits(self, prompt: Sequence[Piece]) -> np.ndarray:
        """Logits (V,) of the token after a prompt; checks of exports compare them."""
        self.read(prompt)
        return self.next_logits()

    def follow(self, prompt: Sequence[Piece], tokens: Sequence[int]) -> np.ndarray:
        """Logits (N, V) that predict each of `tokens`, after the prompt and the tokens before it."""
        rows = [self.logits(prompt)]
        for token in tokens[:-1]:
            self.put(token)
            rows.append(self.next_logits())
        return np.stack(rows)

    def cut(self, keep: int) -> None:
        """Keep the first `keep` steps of the cache; none, where the model cannot remove a part of its cache."""
        self.prefix.cut(keep)
        if not self.runner.crop(self.prefix):
            self.prefix.cut(0)

    def _decode(self, options: Options, limit: int) -> Iterator[int]:
        """Yield at most `limit` tokens; fewer when one ends the turn. All yielded tokens are read."""
        rng = np.random.default_rng(options.seed)
        for _ in range(limit):
            token = pick(self.next_logits(), options, rng)
            if self.runner.ends(token):
                break
            yield token
            self.put(token)

    def _read_step(self, step: PlannedStep, *, want_logits: bool) -> None:
        """Read a step into the cache; one that fails or is cancelled leaves nothing there."""
        self.runner.flag.check()
        try:
            self.runner.read(step, self.prefix, want_logits=want_logits)
        except (Cancelled, ModelError):
            self.cut(len(self.prefix.steps))
            raise
        self.prefix.add(step.units)
        self.unsaved = self._snapshot is not None

    @contextmanager
    def _request(self, what: str) -> Iterator[None]:
        """Run a request; if `cancel` stops it, raise ModelStopped: "stopped before" and `what`."""
        self.runner.flag.arm()
        try:
            yield
        except Cancelled as error:
            raise ModelStopped(f"stopped before {what}") from error
        finally:
            self.runner.flag.disarm()
