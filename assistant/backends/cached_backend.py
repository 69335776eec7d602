"""Prompts read into one KV cache, and the text that follows: what the MLX and the transformers backend share.

A new prompt keeps the longest prefix of steps it shares with what the cache holds (`prefix_cache.py`) and reads the
rest, in steps small enough that a stop comes soon. Where its library's part is given, photos and the last conversation
survive a restart. llama.cpp has its own way (`llamacpp.py`): it takes a photo in one piece, and stops inside a step.
"""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np

from assistant.backend import Chunk, Message, Options
from assistant.backends.abort_flag import AbortFlag, Cancelled
from assistant.backends.disk_cache import FORMAT, DiskCache
from assistant.backends.generate import pick
from assistant.backends.kv_snapshot import KvSnapshot
from assistant.backends.prefix_cache import PrefixCache, Step, Unit, plan_steps
from assistant.backends.processor import Place, Processor
from assistant.chatml import Mark, Piece, Words, large_photo, pieces
from assistant.models.spec import Spec
from memory.episode import Photo
from memory.errors import ModelStopped, PromptTooLong

STEP = 64
"""Tokens read at once: between two steps a stop is heard."""
REMEMBERED = 64
"""Photos whose visual tokens stay in memory."""
Sight = tuple[int, Any]
"""Where in a step a photo's visual tokens begin, and these, (T, 1 + DeepStack layers, D) in the library's own array."""
Pack = Callable[[Sequence[Any]], memoryview]
Unpack = Callable[[bytes], Sequence[Any]]


class PhotoCache:
    """Visual tokens of photos on disk. They stay in the tower's own type: a restart changes no bit of an answer, and of
    models as they are published, in bf16, they take no more room than in f16."""

    def __init__(self, disk: DiskCache, made_by: str, pack: Pack, unpack: Unpack) -> None:
        """`made_by` names model, version and settings. `pack`, `unpack`: the library's arrays as bytes, and back."""
        self._disk, self._pack, self._unpack = disk, pack, unpack
        self._made_by = hashlib.sha256(f"{FORMAT} {made_by}".encode()).hexdigest()[:16]

    def get(self, photo: Photo, small: bool) -> tuple[Any, tuple[int, int]] | None:
        """Visual tokens, (T, 1 + DeepStack layers, D), and their rows and columns."""
        if not (found := self._disk.get(self._file(photo, small))):
            return None
        (seen,), (rows, columns) = self._unpack(found[1]), found[0]["grid"]
        return seen, (rows, columns)

    def put(self, photo: Photo, small: bool, seen: Any, grid: tuple[int, int]) -> None:
        """Keep what `get` gives."""
        self._disk.put(self._file(photo, small), {"grid": grid}, self._pack([seen]))

    def _file(self, photo: Photo, small: bool) -> str:
        return f"{photo.sha256}.{self._made_by}{'s' * small}"


class CausalModel(Protocol):
    """A loaded model with one KV cache: all that differs between the libraries."""

    context: int
    """Most tokens the model was made for."""

    def look(self, looked: dict[str, Any]) -> Any:
        """Visual tokens of one photo, (T, 1 + DeepStack layers, D)."""
        ...

    def extend(self, ids: Sequence[int], places: Sequence[Place], sights: Sequence[Sight], *, ask: bool) -> Any:
        """Read tokens behind what the cache holds; with `ask`, logits (V,) float32 of the token after them."""
        ...

    def crop(self, keep: int) -> None:
        """Forget all but the first `keep` tokens."""
        ...

    def numpy(self, array: Any) -> np.ndarray:
        """The library's array as float32."""
        ...

    def close(self) -> None:
        """Free the model. Calling it twice is fine."""
        ...


class CachedBackend:
    """A `Backend` around a model. One thread at a time; `cancel` from any."""

    def __init__(
        self,
        spec: Spec,
        tokens: Processor,
        model: CausalModel,
        context: int = 8192,
        warm: KvSnapshot | None = None,
        photos: PhotoCache | None = None,
    ) -> None:
        """`warm`, `photos`: what of the model survives a restart; None = nothing does."""
        self.name, self.space, self.threshold = spec.name, spec.space, spec.threshold
        self._tokens, self._model, self._context = tokens, model, min(context, model.context)
        self._prefix = PrefixCache()
        self._seen: OrderedDict[tuple[str, bool], tuple[Any, tuple[int, int]]] = OrderedDict()
        self._flag = AbortFlag()
        self._warm, self._photos = warm, photos
        self._private = self._begun = False
        self.unsaved = False
        """Whether `save` would have something to do."""
        self.looked = 0
        """How often the vision tower has looked at a photo."""

    def stream(self, messages: Sequence[Message], options: Options) -> Iterator[Chunk]:
        """Generate the next assistant turn (see `Backend`)."""
        began, seen = time.monotonic(), self.looked
        rng = np.random.default_rng(options.seed)
        prompt_tokens = cached = 0
        made: list[int] = []
        said = ""
        stop: Any = "length"
        self._flag.arm()
        try:
            prompt = pieces(messages)
            reserve = min(options.max_new_tokens, self._context // 4)
            logits, prompt_tokens, cached = self._read(prompt, large_photo(messages, prompt), reserve)
            while len(made) < min(options.max_new_tokens, self._context - prompt_tokens):
                token = pick(logits, options, rng)
                if token in self._tokens.ends:
                    stop = "end"
                    break
                made.append(token)
                text = self._tokens.spell(made)
                if not text.endswith("\ufffd") and text != said:  # half a character waits for its other half
                    yield Chunk(text[len(said) :])
                    said = text
                logits = self._go_on(token)
        except Cancelled:
            stop = "cancelled"
        finally:
            self._flag.disarm()
            if not options.max_new_tokens:
                self.unsaved = False  # what is read ahead is not what was said last
        tail = self._tokens.spell(made)[len(said) :]
        yield Chunk(tail, stop, prompt_tokens, cached, len(made), time.monotonic() - began, self.looked - seen)

    def embed(self, photo: Photo) -> np.ndarray:
        """Visual tokens of a photo, seen small, (T, D) float32. Raises ModelStopped when it is cancelled."""
        self._flag.arm()
        try:
            self._trim()
            return self._model.numpy(self._see(photo, self._tokens.side is None)[0][:, 0])
        except Cancelled as error:
            raise ModelStopped("stopped before the photo was seen") from error
        finally:
            self._flag.disarm()

    def arm(self) -> None:
        """A request is coming: a `cancel` from now on means it."""
        self._flag.arm()

    def cancel(self) -> None:
        """Stop what runs at its next step. Does nothing when nothing runs."""
        self._flag.set()

    def set_ephemeral(self, on: bool) -> None:
        """While `on`, nothing goes to disk; when it ends, what was read meanwhile is dropped, so that it never does."""
        if self._private and not on:
            self._cut(0)
        self._private = on

    def save(self) -> bool:
        """Keep the KV cache on disk, for the next start. False when there is nothing to keep, or it may not be kept."""
        if not self.unsaved or self._private or not self._warm:
            return False
        self.unsaved = False
        if self._warm.forgotten():  # what was read before may hold it
            self._cut(0)
        return bool(self._prefix.steps) and self._warm.save(self._prefix)

    def close(self) -> None:
        """Free the model. Calling it twice is fine."""
        self._seen.clear()
        self._model.close()

    def logits(self, prompt: Sequence[Piece]) -> np.ndarray:
        """Logits (V,) of the token after a prompt: what export checks compare."""
        return self._read(prompt)[0]

    def follow(self, prompt: Sequence[Piece], tokens: Sequence[int]) -> np.ndarray:
        """Logits (N, V), one row for each of `tokens`: of what comes there, after the prompt and the tokens before."""
        return np.stack([self.logits(prompt), *(self._go_on(token) for token in tokens[:-1])])

    def tokenize(self, piece: Mark | Words) -> list[int]:
        """Token ids of a text piece; only a `Mark` may become control tokens."""
        return self._tokens.tokenize(piece)

    def _read(self, prompt: Sequence[Piece], large: int | None = None, reserve: int = 1) -> tuple[np.ndarray, int, int]:
        """Bring the cache to exactly `prompt` (see `LlamaCpp.read`). Returns the logits of the token after it, its
        tokens, and how many of them were there already."""
        self._trim()
        units, places = self._tokens.lay_out(prompt, large, lambda photo, small: self._see(photo, small)[1])
        steps, size = plan_steps(prompt, units, STEP, STEP), len(places)
        if size + reserve > self._context:
            raise PromptTooLong(f"the prompt has {size} tokens, the model takes {self._context}: say it in fewer words")
        if not self._begun and self._warm:
            self._prefix = self._warm.restore(steps)
        self._begun = True
        self._cut(min(self._prefix.shared(steps), len(steps) - 1))  # the last is read again: its logits are wanted
        cached = self._prefix.tokens
        for step in steps[len(self._prefix.steps) :]:
            at = self._prefix.tokens
            logits = self._feed(step, places[at : at + len(step)], ask=at + len(step) == size)
        return logits, size, cached

    def _cut(self, keep: int) -> None:
        """Keep the first `keep` steps of the cache."""
        self._prefix.cut(keep)
        self._model.crop(self._prefix.tokens)

    def _go_on(self, token: int) -> np.ndarray:
        at = self._prefix.position
        return self._feed((Unit(token),), [(at, at, at)], ask=True)

    def _feed(self, step: Step, places: Sequence[Place], *, ask: bool) -> np.ndarray:
        """Read one step; with `ask`, the logits (V,) after it."""
        self._flag.check()
        ids = [u.key if isinstance(u.key, int) else self._tokens.image_token for u in step]
        logits: np.ndarray = self._model.extend(ids, places, self._sights(step), ask=ask)
        self._prefix.add(step)
        self.unsaved = self._warm is not None
        return logits

    def _sights(self, units: Sequence[Unit]) -> list[Sight]:
        """Each unbroken run of one photo's visual tokens."""
        runs: list[tuple[int, list[tuple[str, bool, int]]]] = []
        for at, unit in enumerate(units):
            if isinstance(unit.key, int):
                continue
            sha256, small, n = unit.key
            if runs and at == runs[-1][0] + len(runs[-1][1]) and runs[-1][1][-1] == (sha256, small, n - 1):
                runs[-1][1].append(unit.key)
            else:
                runs.append((at, [unit.key]))
        return [(at, self._seen[keys[0][:2]][0][keys[0][2] : keys[-1][2] + 1]) for at, keys in runs]

    def _see(self, photo: Photo, small: bool) -> tuple[Any, tuple[int, int]]:
        """A photo's visual tokens, and their rows and columns; the vision tower runs only the first time."""
        key = (photo.sha256, small)
        if key not in self._seen:
            self._flag.check()
            kept = self._photos.get(photo, small) if self._photos else None
            self._seen[key] = kept or self._look(photo, small)
        self._seen.move_to_end(key)
        return self._seen[key]

    def _look(self, photo: Photo, small: bool) -> tuple[Any, tuple[int, int]]:
        self.looked += 1
        looked, grid = self._tokens.look(photo, small)
        seen = self._model.look(looked)
        if self._photos and not self._private:
            self._photos.put(photo, small, seen, grid)
        return seen, grid

    def _trim(self) -> None:
        """Let go of what was not seen for longest. Not while a prompt is being read: it may hold more photos."""
        while len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
