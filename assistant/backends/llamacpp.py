"""The llama.cpp backend: reads prompts into one KV cache, reuses the prefix that the next prompt shares, streams text.

A new prompt keeps the longest prefix of steps it shares with what the cache holds (`prefix_cache.py`) and drops the
rest, so the second CAG pass and every follow-up read only their own words. With a folder for caches, visual tokens and
the last conversation survive a restart (`disk_cache.py`, `kv_snapshot.py`).
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
from assistant.backends import llama_loader
from assistant.backends.abort_flag import AbortFlag, Cancelled
from assistant.backends.generate import decode, probabilities
from assistant.backends.kv_snapshot import KvSnapshot
from assistant.backends.llama_loader import BATCH
from assistant.backends.mtmd import VisionEncoder
from assistant.backends.prefix_cache import PhotoKey, PrefixCache, Step, Unit, plan_steps
from assistant.chatml import Mark, Piece, Words, large_photo, pieces
from assistant.models.photo_budget import RULE
from assistant.models.spec import Spec
from assistant.vision.connector_vision import ConnectorVision
from memory.episode import Photo
from memory.errors import ModelError, ModelStopped, PromptTooLong


class LlamaCpp:
    """A model in this process. It is called from one thread at a time; `cancel` from any."""

    def __init__(
        self, spec: Spec, threads: int = 1, context: int = 8192, *, exact: bool = False, cache: Path | None = None
    ) -> None:
        """`exact`: attention, KV cache and embeddings in f32, to compare with a reference.
        `cache`: folder in which visual tokens and the last conversation survive a restart; None = nothing does.
        """
        from llama_cpp import __version__
        from llama_cpp import llama_cpp as llama

        self._llama, self.verification = llama, spec.verification
        self.may_say, self.evidence = spec.may_say, spec.evidence
        self.name, self.space, self.threshold = spec.name, spec.space, spec.threshold
        self._vision: VisionEncoder | ConnectorVision | None = None
        self._ctx: Any = None
        self._flag = AbortFlag()
        self._model = llama_loader.load(spec)
        self._context = min(context, llama.llama_model_n_ctx_train(self._model))
        self._vocab = llama.llama_model_get_vocab(self._model)
        try:
            if len(self.tokenize(Mark("<|im_start|>"))) != 1:
                raise ModelError(f"{spec.name} does not speak ChatML (<|im_start|>): use SmolLM2 or Qwen3-VL files")
            self._ctx = llama_loader.open_context(self._model, spec, threads, self._context, self._flag, exact=exact)
            self._vision = llama_loader.open_vision(spec, self._model, threads, self._flag, cache, exact=exact)
        except ModelError:
            self.close()
            raise
        self._prefix = PrefixCache()
        made_by = f"{__version__} {spec.identity} {self._context} {exact} {RULE} {spec.budget}"
        state = partial(llama_loader.pack, self._ctx), partial(llama_loader.unpack, self._ctx)
        self._snapshot = KvSnapshot(cache, made_by, *state) if cache and spec.identity else None
        self._ephemeral = self._begun = False
        self.unsaved = False
        """Whether `save` would have something to write."""

    def stream(self, messages: Sequence[Message], options: Options) -> Iterator[Chunk]:
        """Generate the next assistant turn (see `Backend`)."""
        assert self._vision is not None
        began, encoded_before = time.monotonic(), self._vision.photos_encoded
        text = codecs.getincrementaldecoder("utf-8")("replace")
        prompt_tokens = cached = written = 0
        stop: Any = "length"
        self._flag.arm()
        try:
            prompt = pieces(messages)
            reserve = min(options.max_new_tokens, self._context // 4)
            prompt_tokens, cached = self.read(prompt, large_photo(messages, prompt), reserve)
            limit = min(options.max_new_tokens, self._context - prompt_tokens)
            for token in decode(self, options, limit):
                written += 1
                if new := text.decode(self._spell(token)):
                    yield Chunk(new)
            if written < limit:
                stop = "end"
        except Cancelled:
            stop = "cancelled"
        finally:
            self._flag.disarm()
            if not options.max_new_tokens:
                self.unsaved = False  # a prompt read ahead is not the last conversation
        tail = text.decode(b"", final=True)
        seconds, encoded = time.monotonic() - began, self._vision.photos_encoded - encoded_before
        yield Chunk(tail, stop, prompt_tokens, cached, written, seconds, encoded)

    def next_words(self, messages: Sequence[Message], words: Sequence[str]) -> tuple[float, ...]:
        """Probabilities that the next turn begins as each of `words` does (see `Backend`)."""
        self._flag.arm()
        try:
            prompt = pieces(messages)
            self.read(prompt, large_photo(messages, prompt))
            return probabilities(self.next_logits(), [self.tokenize(Words(word)) for word in words])
        except Cancelled as error:
            raise ModelStopped("stopped before the question was read") from error
        finally:
            self._flag.disarm()
            self.unsaved = False  # this is not the last conversation

    def embed(self, photo: Photo) -> np.ndarray:
        """Visual tokens of a photo, encoded small, (T, D) float32. Raises ModelStopped when it is cancelled."""
        assert self._vision is not None
        self._flag.arm()
        try:
            return self._vision.visual_tokens(photo)
        except Cancelled as error:
            raise ModelStopped("stopped before the photo was seen") from error
        finally:
            self._flag.disarm()

    @property
    def photos_encoded(self) -> int:
        """How often the vision tower has encoded a photo."""
        return self._vision.photos_encoded if self._vision else 0

    def arm(self) -> None:
        """Announce a request: from now on `cancel` means this request."""
        self._flag.arm()

    def cancel(self) -> None:
        """Stop the running request at its next operation. Does nothing when none runs."""
        self._flag.set()

    def set_ephemeral(self, on: bool) -> None:
        """While `on`, nothing goes to disk. When it ends, what was read meanwhile is dropped: it never goes to disk."""
        assert self._vision is not None
        if self._ephemeral and not on:
            self._cut(0)
        self._ephemeral, self._vision.write_to_disk = on, not on

    def save(self) -> bool:
        """Write the KV cache to disk, for the next start. False when there is nothing to write, or it must not be."""
        if not self.unsaved or self._ephemeral or not self._snapshot:
            return False
        self.unsaved = False
        if self._snapshot.epoch_changed():  # the cache may hold what was forgotten
            self._cut(0)
            return False
        return self._snapshot.save(self._prefix)

    def close(self) -> None:
        """Free everything. Calling it twice is fine."""
        if self._vision:
            self._vision.close()
        if self._ctx:
            self._llama.llama_free(self._ctx)
        if self._model:
            self._llama.llama_model_free(self._model)
        self._vision = self._ctx = self._model = None

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

    def tokenize(self, piece: Mark | Words) -> list[int]:
        """Token ids of a text piece; only a `Mark` may become control tokens."""
        raw = piece.text.encode()
        out = (self._llama.llama_token * (len(raw) + 8))()
        n = self._llama.llama_tokenize(self._vocab, raw, len(raw), out, len(out), False, isinstance(piece, Mark))
        return list(out[:n])

    def read(self, prompt: Sequence[Piece], large: int | None = None, reserve: int = 1) -> tuple[int, int]:
        """Make the KV cache hold exactly `prompt`. Returns its tokens, and how many of them were in the cache already.

        `large`: index of the piece with the photo that is asked about; the other photos are small (None: all are
        large). Raises PromptTooLong, before anything is changed, when the prompt and `reserve` tokens do not fit.
        """
        steps, photos = self._lay_out(prompt, large)
        size = sum(u.n_tokens for step in steps for u in step)
        if size + reserve > self._context:
            raise PromptTooLong(f"the prompt has {size} tokens, the model takes {self._context}: say it in fewer words")
        if not self._begun and self._snapshot:
            self._prefix = self._snapshot.restore(steps)
        self._begun = True
        self._cut(min(self._prefix.shared(steps), len(steps) - 1))  # the last step is read again for its logits
        cached = self._prefix.tokens
        for step in steps[len(self._prefix.steps) :]:
            self._read_step(step, photos)
        return size, cached

    def put(self, token: int) -> None:
        """Read one token, in a call of its own (see `generate.Decodable`)."""
        self._read_tokens((Unit(token),))

    def next_logits(self) -> np.ndarray:
        """Logits (V,) of the token that comes next (see `generate.Decodable`)."""
        size = self._llama.llama_vocab_n_tokens(self._vocab)
        return np.ctypeslib.as_array(self._llama.llama_get_logits_ith(self._ctx, -1), (size,)).copy()

    def ends(self, token: int) -> bool:
        """Whether a token ends the turn (see `generate.Decodable`)."""
        return bool(self._llama.llama_vocab_is_eog(self._vocab, token))

    def _lay_out(self, prompt: Sequence[Piece], large: int | None) -> tuple[list[Step], dict[str, Photo]]:
        """The steps in which a prompt is read, and its photos."""
        assert self._vision is not None
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
            for n, chunk in enumerate(self._vision.chunks(piece, small)):
                if chunk.tokens:
                    units[-1] += map(Unit, chunk.tokens)
                else:
                    units[-1].append(Unit(PhotoKey(piece.sha256, small, n), chunk.n_tokens, chunk.n_pos))
        return plan_steps(prompt, units, BATCH, 1), photos

    def _cut(self, keep: int) -> None:
        """Keep the first `keep` steps of the cache; none, where the model cannot remove a part of its cache."""
        self._prefix.cut(keep)
        cache = self._llama.llama_get_memory(self._ctx)
        if not self._llama.llama_memory_seq_rm(cache, 0, self._prefix.position, -1):
            self._llama.llama_memory_clear(cache, True)
            self._prefix.cut(0)

    def _read_step(self, step: Step, photos: dict[str, Photo]) -> None:
        """Read a step into the cache."""
        self._read_photo(step[0], photos) if isinstance(step[0].key, tuple) else self._read_tokens(step)

    def _read_tokens(self, step: Step) -> None:
        """Decode text tokens in one batch; llama.cpp keeps the logits of the last one."""
        at = self._prefix.position
        batch = self._llama.llama_batch_init(len(step), 0, 1)
        batch.n_tokens = len(step)
        for i, unit in enumerate(step):
            batch.token[i], batch.pos[i], batch.n_seq_id[i], batch.seq_id[i][0] = unit.key, at + i, 1, 0
            batch.logits[i] = i + 1 == len(step)
        code = self._llama.llama_decode(self._ctx, batch)
        self._llama.llama_batch_free(batch)
        self._settle(code, step)

    def _read_photo(self, unit: Unit, photos: dict[str, Photo]) -> None:
        """Decode a chunk of a photo."""
        assert self._vision is not None and isinstance(unit.key, tuple)
        self._flag.check()
        sha256, small, index = unit.key
        code = self._vision.decode_chunk(self._ctx, photos[sha256], small, index, self._prefix.position, BATCH)
        self._settle(code, (unit,))

    def _settle(self, code: int, step: Step) -> None:
        """Enter a decoded step into the prefix cache; after an abort, remove its cells from the KV cache."""
        if code == 0:
            self._prefix.add(step)
            self.unsaved = True
            return
        self._cut(len(self._prefix.steps))
        self._flag.check()
        raise llama_loader.refusal(code, self._context)

    def _spell(self, token: int) -> bytes:
        """A token as UTF-8 bytes, which may end inside a character; "" for control tokens."""
        out = ctypes.create_string_buffer(256)  # SmolLM2's longest token has 64 bytes, Qwen's 128
        n = self._llama.llama_token_to_piece(self._vocab, token, out, len(out), 0, False)
        return out.raw[: max(0, n)]
