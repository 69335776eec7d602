"""A backend with one KV cache around a `CausalModel`: what the MLX and the transformers backend share.

A new prompt keeps the longest prefix of steps it shares with what the cache holds (`prefix_cache.py`) and reads the
rest, in steps small enough that a cancel is noticed soon. With a `PhotoCache` and a `KvSnapshot`, visual tokens and the
last conversation survive a restart. llama.cpp has a backend of its own (`llamacpp.py`): it reads a photo in one call,
and stops inside a step.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from assistant.backend import Chunk, Message, Options
from assistant.backends.abort_flag import AbortFlag, Cancelled
from assistant.backends.causal_model import CausalModel, PhotoCache, PhotoSpan, VisualTokens
from assistant.backends.generate import pick, probabilities
from assistant.backends.kv_snapshot import KvSnapshot
from assistant.backends.prefix_cache import PhotoKey, PrefixCache, Step, Unit, plan_steps
from assistant.backends.processor import Position, Processor
from assistant.chatml import Mark, Piece, Words, large_photo, pieces
from assistant.models.spec import Spec
from memory.episode import Photo
from memory.errors import ModelStopped, PromptTooLong
from memory.paths import no_core_dumps

STEP = 64
"""Most tokens read at once: between two steps a cancel is noticed."""
MOST_PHOTOS = 64
"""Most photos whose visual tokens stay in memory."""


class PromptRead(NamedTuple):
    """A prompt that was read into the KV cache."""

    logits: np.ndarray
    """(V,) float32 of the token after it."""
    tokens: int
    cached: int
    """Tokens that were in the cache already."""


class CachedBackend:
    """A `Backend` around a `CausalModel`. It is called from one thread at a time; `cancel` from any."""

    def __init__(
        self,
        spec: Spec,
        processor: Processor,
        model: CausalModel,
        context: int = 8192,
        snapshot: KvSnapshot | None = None,
        photo_cache: PhotoCache | None = None,
    ) -> None:
        """`snapshot`, `photo_cache`: where the last conversation and visual tokens survive a restart; None: nowhere."""
        self.name, self.space, self.threshold = spec.name, spec.space, spec.threshold
        self.verification, self.may_say, self.evidence = spec.verification, spec.may_say, spec.evidence
        self._processor, self._model, self._context = processor, model, min(context, model.context)
        self._prefix = PrefixCache()
        self._visual: OrderedDict[tuple[str, bool], VisualTokens] = OrderedDict()
        """By a photo's hash and whether it is small; the least recently used first."""
        self._flag = AbortFlag()
        self._snapshot, self._photo_cache = snapshot, photo_cache
        self._ephemeral = self._begun = False
        self.unsaved = False
        """Whether `save` would have something to write."""
        self.photos_encoded = 0
        """How often the vision tower has encoded a photo."""

    def stream(self, messages: Sequence[Message], options: Options) -> Iterator[Chunk]:
        """Generate the next assistant turn (see `Backend`)."""
        began, encoded_before = time.monotonic(), self.photos_encoded
        rng = np.random.default_rng(options.seed)
        prompt_tokens = cached = 0
        written: list[int] = []
        shown = ""
        stop: Any = "length"
        self._flag.arm()
        try:
            prompt = pieces(messages)
            reserve = min(options.max_new_tokens, self._context // 4)
            logits, prompt_tokens, cached = self._read(prompt, large_photo(messages, prompt), reserve)
            while len(written) < min(options.max_new_tokens, self._context - prompt_tokens):
                token = pick(logits, options, rng)
                if token in self._processor.ends:
                    stop = "end"
                    break
                written.append(token)
                text = self._processor.spell(written)
                if not text.endswith("\ufffd") and text != shown:  # half a character waits for its other half
                    yield Chunk(text[len(shown) :])
                    shown = text
                logits = self._read_token(token)
        except Cancelled:
            stop = "cancelled"
        finally:
            self._flag.disarm()
            if not options.max_new_tokens:
                self.unsaved = False  # a prompt read ahead is not the last conversation
        tail = self._processor.spell(written)[len(shown) :]
        seconds, encoded = time.monotonic() - began, self.photos_encoded - encoded_before
        yield Chunk(tail, stop, prompt_tokens, cached, len(written), seconds, encoded)

    def next_words(self, messages: Sequence[Message], words: Sequence[str]) -> tuple[float, ...]:
        """Probabilities that the next turn begins as each of `words` does (see `Backend`)."""
        self._flag.arm()
        try:
            prompt = pieces(messages)
            logits = self._read(prompt, large_photo(messages, prompt)).logits
            return probabilities(logits, [self.tokenize(Words(word)) for word in words])
        except Cancelled as error:
            raise ModelStopped("stopped before the question was read") from error
        finally:
            self._flag.disarm()
            self.unsaved = False  # this is not the last conversation

    def embed(self, photo: Photo) -> np.ndarray:
        """Visual tokens of a photo, encoded small, (T, D) float32. Raises ModelStopped when it is cancelled."""
        self._flag.arm()
        try:
            self._trim()
            return self._model.numpy(self._encoded(photo, self._processor.side is None).tokens[:, 0])
        except Cancelled as error:
            raise ModelStopped("stopped before the photo was seen") from error
        finally:
            self._flag.disarm()

    def arm(self) -> None:
        """Announce a request: from now on `cancel` means this request."""
        self._flag.arm()

    def cancel(self) -> None:
        """Stop the running request at its next step. Does nothing when none runs."""
        self._flag.set()

    def set_ephemeral(self, on: bool) -> None:
        """While `on`, nothing goes to disk. When it ends, what was read meanwhile is dropped: it never goes to disk."""
        if on:
            no_core_dumps()
        if self._ephemeral and not on:
            self._cut(0)
        self._ephemeral = on

    def save(self) -> bool:
        """Write the KV cache to disk, for the next start. False when there is nothing to write, or it must not be."""
        if not self.unsaved or self._ephemeral or not self._snapshot:
            return False
        self.unsaved = False
        if self._snapshot.epoch_changed():  # the cache may hold what was forgotten
            self._cut(0)
        return bool(self._prefix.steps) and self._snapshot.save(self._prefix)

    def close(self) -> None:
        """Free the model. Calling it twice is fine."""
        self._visual.clear()
        self._processor.close()
        self._model.close()

    def logits(self, prompt: Sequence[Piece]) -> np.ndarray:
        """Logits (V,) of the token after a prompt: what export checks compare."""
        return self._read(prompt)[0]

    def follow(self, prompt: Sequence[Piece], tokens: Sequence[int]) -> np.ndarray:
        """Logits (N, V), one row for each of `tokens`: of what comes there, after the prompt and the tokens before."""
        return np.stack([self.logits(prompt), *(self._read_token(token) for token in tokens[:-1])])

    def tokenize(self, piece: Mark | Words) -> list[int]:
        """Token ids of a text piece; only a `Mark` may become control tokens."""
        return self._processor.tokenize(piece)

    def _read(self, prompt: Sequence[Piece], large: int | None = None, reserve: int = 1) -> PromptRead:
        """Make the cache hold exactly `prompt` (see `LlamaCpp.read`)."""
        self._trim()
        units, positions = self._processor.lay_out(prompt, large, lambda photo, small: self._encoded(photo, small).grid)
        steps, size = plan_steps(prompt, units, STEP, STEP), len(positions)
        if size + reserve > self._context:
            raise PromptTooLong(f"the prompt has {size} tokens, the model takes {self._context}: say it in fewer words")
        if not self._begun and self._snapshot:
            self._prefix = self._snapshot.restore(steps)
        self._begun = True
        self._cut(min(self._prefix.shared(steps), len(steps) - 1))  # the last step is read again for its logits
        cached = self._prefix.tokens
        for step in steps[len(self._prefix.steps) :]:
            at = self._prefix.tokens
            logits = self._read_step(step, positions[at : at + len(step)], want_logits=at + len(step) == size)
        return PromptRead(logits, size, cached)

    def _cut(self, keep: int) -> None:
        """Keep the first `keep` steps of the cache."""
        self._prefix.cut(keep)
        self._model.crop(self._prefix.tokens)

    def _read_token(self, token: int) -> np.ndarray:
        """Read a token that was written; returns the logits (V,) after it."""
        at = self._prefix.position
        return self._read_step((Unit(token),), [(at, at, at)], want_logits=True)

    def _read_step(self, step: Step, positions: Sequence[Position], *, want_logits: bool) -> np.ndarray:
        """Read one step into the cache; with `want_logits`, returns the logits (V,) after it."""
        self._flag.check()
        ids = [u.key if isinstance(u.key, int) else self._processor.image_token for u in step]
        logits: np.ndarray = self._model.extend(ids, positions, self._spans(step), want_logits=want_logits)
        self._prefix.add(step)
        self.unsaved = self._snapshot is not None
        return logits

    def _spans(self, units: Sequence[Unit]) -> list[PhotoSpan]:
        """Each unbroken run of one photo's visual tokens in a step."""
        runs: list[tuple[int, list[PhotoKey]]] = []
        for at, unit in enumerate(units):
            key = unit.key
            if isinstance(key, int):
                continue
            if runs and at == runs[-1][0] + len(runs[-1][1]) and runs[-1][1][-1] == key._replace(chunk=key.chunk - 1):
                runs[-1][1].append(key)
            else:
                runs.append((at, [key]))
        return [
            PhotoSpan(at, self._visual[keys[0].sha256, keys[0].small].tokens[keys[0].chunk : keys[-1].chunk + 1])
            for at, keys in runs
        ]

    def _encoded(self, photo: Photo, small: bool) -> VisualTokens:
        """A photo's visual tokens, from memory, from disk, or else from the vision tower."""
        key = (photo.sha256, small)
        if key not in self._visual:
            self._flag.check()
            stored = self._photo_cache.get(photo, small) if self._photo_cache else None
            self._visual[key] = stored or self._encode(photo, small)
        self._visual.move_to_end(key)
        return self._visual[key]

    def _encode(self, photo: Photo, small: bool) -> VisualTokens:
        """Run the vision tower."""
        self.photos_encoded += 1
        inputs, grid = self._processor.preprocess(photo, small)
        visual = VisualTokens(self._model.encode_image(inputs), grid)
        if self._photo_cache and not self._ephemeral:
            self._photo_cache.put(photo, small, visual)
        return visual

    def _trim(self) -> None:
        """Free the least recently used visual tokens. Not while a prompt is being read: it may hold more photos."""
        while len(self._visual) > MOST_PHOTOS:
            self._visual.popitem(last=False)
