"""The llama.cpp backend: reads pieces into one KV cache, keeps what the next prompt shares, streams text.

A new prompt keeps the longest prefix of steps it shares with what the cache holds (`prefix_cache.py`) and drops the
rest, so the second CAG pass and every follow-up read only their own words. With a folder for caches, photos and the
last conversation survive a restart (`disk_cache.py`, `kv_snapshot.py`).
"""

from __future__ import annotations

import codecs
import ctypes
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from assistant.backend import Chunk, Message, Options
from assistant.backends import disk_cache, llama_loader
from assistant.backends.abort_flag import AbortFlag, Cancelled
from assistant.backends.generate import decode
from assistant.backends.kv_snapshot import KvSnapshot
from assistant.backends.llama_loader import BATCH
from assistant.backends.mtmd import VisionEncoder
from assistant.backends.prefix_cache import PrefixCache, Step, Unit, plan_steps
from assistant.chatml import Mark, Piece, Words, large_photo, pieces
from assistant.models.spec import Spec
from memory.episode import Photo
from memory.errors import ModelError, ModelStopped, PromptTooLong


class LlamaCpp:
    """A model in this process. One thread at a time; `cancel` from any."""

    def __init__(
        self, spec: Spec, threads: int = 1, context: int = 8192, *, exact: bool = False, cache: Path | None = None
    ) -> None:
        """`exact` keeps attention, KV cache and embeddings in f32, to compare with a reference.
        `cache`: folder in which photos and the last conversation survive a restart; None = nothing does."""
        from llama_cpp import __version__
        from llama_cpp import llama_cpp as llama

        self._llama, self.name, self.space, self.threshold = llama, spec.name, spec.space, spec.threshold
        self._eyes: VisionEncoder | None = None
        self._ctx: Any = None
        self._flag = AbortFlag()
        self._model = llama_loader.load(spec)
        self._context = min(context, llama.llama_model_n_ctx_train(self._model))
        self._vocab = llama.llama_model_get_vocab(self._model)
        try:
            if len(self.tokenize(Mark("<|im_start|>"))) != 1:
                raise ModelError(f"{spec.name} does not speak ChatML (<|im_start|>): use SmolLM2 or Qwen3-VL files")
            self._ctx = llama_loader.open_context(self._model, spec, threads, self._context, self._flag, exact=exact)
            self._eyes = VisionEncoder(
                spec.mmproj,
                self._model,
                threads,
                side=spec.side,
                one_tile=spec.one_tile,
                max_tokens=spec.photo_tokens,
                flag=self._flag,
                space=spec.space,
                dtype=np.float32 if exact else np.float16,
                disk=disk_cache.vision(cache) if cache else None,
            )
        except ModelError:
            self.close()
            raise
        self._prefix = PrefixCache()
        made_by = f"{__version__} {spec.identity} {self._context} {exact}"
        state = partial(llama_loader.pack, self._ctx), partial(llama_loader.unpack, self._ctx)
        self._warm = KvSnapshot(cache, made_by, *state) if cache and spec.identity else None
        self._private = self._read = False
        self.unsaved = False
        """Whether `save` would have something to do."""

    def stream(self, messages: Sequence[Message], options: Options) -> Iterator[Chunk]:
        """Generate the next assistant turn (see `Backend`)."""
        assert self._eyes is not None
        began, seen = time.monotonic(), self._eyes.runs
        text = codecs.getincrementaldecoder("utf-8")("replace")
        prompt_tokens = cached = made = 0
        stop: Any = "length"
        self._flag.arm()
        try:
            prompt = pieces(messages)
            reserve = min(options.max_new_tokens, self._context // 4)
            prompt_tokens, cached = self.read(prompt, large_photo(messages, prompt), reserve)
            limit = min(options.max_new_tokens, self._context - prompt_tokens)
            for token in decode(self, options, limit):
                made += 1
                if new := text.decode(self._spell(token)):
                    yield Chunk(new)
            if made < limit:
                stop = "end"
        except Cancelled:
            stop = "cancelled"
        finally:
            self._flag.disarm()
            if not options.max_new_tokens:
                self.unsaved = False  # what is read ahead is not what was said last
        tail = text.decode(b"", final=True)
        seconds, seen = time.monotonic() - began, self._eyes.runs - seen
        yield Chunk(tail, stop, prompt_tokens, cached, made, seconds, seen)

    def embed(self, photo: Photo) -> np.ndarray:
        """Visual tokens of a photo, (T, D) float32. Raises ModelStopped when it is cancelled."""
        assert self._eyes is not None
        self._flag.arm()
        try:
            return self._eyes.tokens(photo)
        except Cancelled as error:
            raise ModelStopped("stopped before the photo was seen") from error
        finally:
            self._flag.disarm()

    @property
    def looked(self) -> int:
        """How often the vision tower has looked at a photo."""
        return self._eyes.runs if self._eyes else 0

    def arm(self) -> None:
        """A request is coming: a `cancel` from now on means it."""
        self._flag.arm()

    def cancel(self) -> None:
        """Stop what runs at its next operation. Does nothing when nothing runs."""
        self._flag.set()

    def set_ephemeral(self, on: bool) -> None:
        """While `on`, nothing goes to disk; when it ends, what was read meanwhile is dropped, so that it never does."""
        assert self._eyes is not None
        if self._private and not on:
            self._cut(0)
        self._private, self._eyes.keep = on, not on

    def save(self) -> bool:
        """Keep the KV cache on disk, for the next start. False when there is nothing to keep, or it may not be kept."""
        if not self.unsaved or self._private or not self._warm:
            return False
        self.unsaved = False
        if self._warm.forgotten():  # what was read before may hold it
            self._cut(0)
            return False
        return self._warm.save(self._prefix)

    def close(self) -> None:
        """Free everything. Calling it twice is fine."""
        if self._eyes:
            self._eyes.close()
        if self._ctx:
            self._llama.llama_free(self._ctx)
        if self._model:
            self._llama.llama_model_free(self._model)
        self._eyes = self._ctx = self._model = None

    def logits(self, prompt: Sequence[Piece]) -> np.ndarray:
        """Logits (V,) of the token after a prompt: what export checks compare."""
        self.read(prompt)
        return self.next_logits()

    def follow(self, prompt: Sequence[Piece], tokens: Sequence[int]) -> np.ndarray:
        """Logits (N, V), one row for each of `tokens`: of what comes there, after the prompt and the tokens before."""
        rows = [self.logits(prompt)]
        for token in tokens[:-1]:
            self.put(token)
            rows.append(self.next_logits())
        return np.stack(rows)

    def tokenize(self, piece: Mark | Words) -> list[int]:
        """Token ids of a text piece; only a `Mark` may become control tokens."""
        raw = piece.text.encode()
        out = (self._llama.llama_token * (len(raw) + 8))()
        n = self._llama.llama_tokenize(self._vocab, raw, len(raw), out, len(out), False, isinstance(piece, Mark))
        return list(out[:n])

    def read(self, prompt: Sequence[Piece], large: int | None = None, reserve: int = 1) -> tuple[int, int]:
        """Bring the KV cache to exactly `prompt`. Returns its tokens, and how many of them were there already.

        `large`: which piece is the photo that is asked about; the others are seen small (None: all are seen large).
        Raises PromptTooLong when the prompt and `reserve` tokens cannot fit, before anything is changed.
        """
        steps, photos = self._lay_out(prompt, large)
        size = sum(u.n_tokens for step in steps for u in step)
        if size + reserve > self._context:
            raise PromptTooLong(f"the prompt has {size} tokens, the model takes {self._context}: say it in fewer words")
        if not self._read and self._warm:
            self._prefix = self._warm.restore(steps)
        self._read = True
        same = min(self._prefix.shared(steps), len(steps) - 1)  # the last is always read again: its logits are wanted
        self._cut(same)
        cached = self._prefix.tokens
        for step in steps[len(self._prefix.steps) :]:
            self._extend(step, photos)
        return size, cached

    def put(self, token: int) -> None:
        """Read one token, alone (see `decode.Decodable`)."""
        self._feed((Unit(token),))

    def next_logits(self) -> np.ndarray:
        """Logits (V,) of the token that comes next (see `decode.Decodable`)."""
        size = self._llama.llama_vocab_n_tokens(self._vocab)
        return np.ctypeslib.as_array(self._llama.llama_get_logits_ith(self._ctx, -1), (size,)).copy()

    def ends(self, token: int) -> bool:
        """Whether a token ends the turn (see `decode.Decodable`)."""
        return bool(self._llama.llama_vocab_is_eog(self._vocab, token))

    def _lay_out(self, prompt: Sequence[Piece], large: int | None) -> tuple[list[Step], dict[str, Photo]]:
        """The steps in which a prompt is read, and its photos."""
        assert self._eyes is not None
        units: list[list[Unit]] = []
        photos: dict[str, Photo] = {}
        for i, piece in enumerate(prompt):
            if not isinstance(piece, Photo):
                units.append([Unit(token) for token in self.tokenize(piece)])
                continue
            self._flag.check()
            photos[piece.sha256] = piece
            small = large is not None and i != large
            units.append([])
            for n, part in enumerate(self._eyes.parts(piece, small)):
                if part.tokens:
                    units[-1] += map(Unit, part.tokens)
                else:
                    units[-1].append(Unit((piece.sha256, small, n), part.n_tokens, part.n_pos))
        return plan_steps(prompt, units, BATCH, 1), photos

    def _cut(self, keep: int) -> None:
        """Keep the first `keep` steps of the cache, or none where the model cannot remove a part."""
        self._prefix.cut(keep)
        cache = self._llama.llama_get_memory(self._ctx)
        if not self._llama.llama_memory_seq_rm(cache, 0, self._prefix.position, -1):
            self._llama.llama_memory_clear(cache, True)
            self._prefix.cut(0)

    def _extend(self, step: Step, photos: dict[str, Photo]) -> None:
        """Read a step behind what is held."""
        self._see(step[0], photos) if isinstance(step[0].key, tuple) else self._feed(step)

    def _feed(self, step: Step) -> None:
        """Decode text tokens behind what is held, in one batch; the logits of the last one are kept."""
        at = self._prefix.position
        batch = self._llama.llama_batch_init(len(step), 0, 1)
        batch.n_tokens = len(step)
        for i, unit in enumerate(step):
            batch.token[i], batch.pos[i], batch.n_seq_id[i], batch.seq_id[i][0] = unit.key, at + i, 1, 0
            batch.logits[i] = i + 1 == len(step)
        code = self._llama.llama_decode(self._ctx, batch)
        self._llama.llama_batch_free(batch)
        self._settle(code, step)

    def _see(self, unit: Unit, photos: dict[str, Photo]) -> None:
        """Decode a chunk of a photo."""
        assert self._eyes is not None and isinstance(unit.key, tuple)
        self._flag.check()
        sha256, small, index = unit.key
        code = self._eyes.decode(self._ctx, photos[sha256], small, index, self._prefix.position, BATCH)
        self._settle(code, (unit,))

    def _settle(self, code: int, step: Step) -> None:
        """Enter what was decoded into the ledger; after an abort, take half-decoded cells out again."""
        if code == 0:
            self._prefix.add(step)
            self.unsaved = True
            return
        self._cut(len(self._prefix.steps))
        self._flag.check()
        raise llama_loader.refusal(code, self._context)

    def _spell(self, token: int) -> bytes:
        out = ctypes.create_string_buffer(256)  # SmolLM2's longest token has 64 bytes, Qwen's 128
        n = self._llama.llama_token_to_piece(self._vocab, token, out, len(out), 0, False)
        return out.raw[: max(0, n)]
