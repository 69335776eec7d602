"""The llama.cpp backend: reads pieces into one KV cache, keeps what the next prompt shares, streams text.

The ledger says what the cache holds, in order: a token id, or a photo's hash. A new prompt keeps the longest
common prefix and drops the rest, so the second CAG pass and every follow-up read only their own words.
"""

from __future__ import annotations

import codecs
import ctypes
import os
import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from assistant.backend import Chunk, Message, Options
from assistant.catalogue import Spec
from assistant.chatml import Mark, Piece, Words, pieces
from assistant.eyes import Eyes, Glimpse
from memory.episode import Photo
from memory.errors import ModelError

BATCH = 512
Unit = int | tuple[str, int]
"""A token id, or (photo hash, which of its chunks)."""


class Cancelled(Exception):
    """The abort flag was raised inside llama.cpp. Never leaves this module."""


class LlamaCpp:
    """A model in this process. One thread at a time; `cancel` from any."""

    def __init__(self, spec: Spec, threads: int = 1, context: int = 8192, *, exact: bool = False) -> None:
        """`exact` keeps attention and KV cache in f32, to compare with a reference."""
        from llama_cpp import llama_cpp as llama

        self._llama, self.name, self.space, self.threshold = llama, spec.name, spec.space, spec.threshold
        self._threads = threads
        self._eyes: Eyes | None = None
        self._model: Any = None
        self._ctx: Any = None
        _quiet()
        llama.llama_backend_init()
        params = llama.llama_model_default_params()
        params.n_gpu_layers = -1
        self._model = llama.llama_model_load_from_file(os.fsencode(spec.language), params)
        if not self._model:
            raise ModelError(f"llama.cpp cannot load {spec.language}: is it a whole GGUF file of a known model?")
        # The flag is read by C, thousands of times a token: libc's strlen serves as the callback, since it is true
        # exactly when the flag's first byte is set, needs no Python lock, and can be raised from any thread.
        self._flag = ctypes.create_string_buffer(2)
        strlen = ctypes.cast(ctypes.CDLL(None).strlen, llama.ggml_abort_callback)
        settings = llama.llama_context_default_params()
        settings.n_ctx = self._context = min(context, llama.llama_model_n_ctx_train(self._model))
        settings.n_batch = settings.n_ubatch = BATCH
        settings.n_threads = settings.n_threads_batch = threads
        settings.abort_callback = strlen
        settings.abort_callback_data = ctypes.cast(self._flag, ctypes.c_void_p)
        if exact:
            settings.type_k = settings.type_v = 0  # GGML_TYPE_F32
            settings.flash_attn_type = llama.LLAMA_FLASH_ATTN_TYPE_DISABLED
        self._ctx = llama.llama_init_from_model(self._model, settings)
        if not self._ctx:
            self.close()
            raise ModelError(
                f"not enough memory for {spec.name} with a context of {context} tokens: use a smaller model"
            )
        self._vocab = llama.llama_model_get_vocab(self._model)
        if len(self.tokenize(Mark("<|im_start|>"))) != 1:
            self.close()
            raise ModelError(f"{spec.name} does not speak ChatML (<|im_start|>): use SmolLM2 or Qwen3-VL files")
        if spec.adapter:
            lora = llama.llama_adapter_lora_init(self._model, os.fsencode(spec.adapter))
            if not lora:
                self.close()
                raise ModelError(f"{spec.adapter.name} does not fit {spec.language.name}")
            llama.llama_set_adapters_lora(
                self._ctx, (llama.llama_adapter_lora_p_ctypes * 1)(lora), 1, (ctypes.c_float * 1)(1.0)
            )
        try:
            self._eyes = Eyes(
                spec.mmproj, self._model, threads, side=spec.side, one_tile=spec.one_tile, max_tokens=spec.photo_tokens
            )
        except ModelError:
            self.close()
            raise
        self._held: list[tuple[Unit, int]] = []
        """The ledger: unit and how far it moves the position."""

    def stream(self, messages: Sequence[Message], options: Options) -> Iterator[Chunk]:
        """Generate the next assistant turn (see `Backend`)."""
        began = time.monotonic()
        rng = np.random.default_rng(options.seed)
        text = codecs.getincrementaldecoder("utf-8")("replace")
        prompt_tokens = cached = made = 0
        stop: Any = "length"
        try:
            prompt_tokens, cached = self.read(pieces(messages))
            room = self._context - prompt_tokens
            while made < min(options.max_new_tokens, room):
                token = _pick(self._logits(), options, rng)
                if self._llama.llama_vocab_is_eog(self._vocab, token):
                    stop = "end"
                    break
                made += 1
                if new := text.decode(self._spell(token)):
                    yield Chunk(new)
                self._feed([(token, 1)], [token])
        except Cancelled:
            stop = "cancelled"
        self.arm()
        tail = text.decode(b"", final=True)
        yield Chunk(tail, stop, prompt_tokens, cached, made, time.monotonic() - began)

    def embed(self, photo: Photo) -> np.ndarray:
        """Visual tokens of a photo, (T, D) float32."""
        assert self._eyes is not None
        return self._eyes.tokens(photo)

    def arm(self) -> None:
        """Take the abort flag down: a `cancel` from now on means the stream that comes."""
        self._flag.raw = b"\0\0"

    def cancel(self) -> None:
        """Raise the abort flag; a running decode stops at its next operation."""
        self._flag.raw = b"\1\0"

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
        return self._logits()

    def tokenize(self, piece: Mark | Words) -> list[int]:
        """Token ids of a text piece; only a `Mark` may become control tokens."""
        raw = piece.text.encode()
        out = (self._llama.llama_token * (len(raw) + 8))()
        n = self._llama.llama_tokenize(self._vocab, raw, len(raw), out, len(out), False, isinstance(piece, Mark))
        return list(out[:n])

    def read(self, prompt: Sequence[Piece]) -> tuple[int, int]:
        """Bring the KV cache to exactly `prompt`. Returns its tokens, and how many of them were there already.

        Raises ModelError when the prompt cannot fit, before anything is changed.
        """
        assert self._eyes is not None
        self._eyes.trim()
        units, glimpses = self._lay_out(prompt)
        sizes = [g.n_tokens if isinstance(g, Glimpse) else 1 for g in glimpses]
        if sum(sizes) >= self._context:
            raise ModelError(
                f"the prompt has {sum(sizes)} tokens, the model takes {self._context}: recall fewer memories"
            )
        same = 0
        while same < min(len(units), len(self._held)) and units[same] == self._held[same]:
            same += 1
        same = min(same, len(units) - 1)  # the last token is always read again: its logits are wanted
        self._forget_after(same)
        cached = sum(sizes[:same])
        for start, end in _runs(glimpses, same):
            glimpse = glimpses[start]
            if isinstance(glimpse, Glimpse):
                self._feed_photo(units[start], glimpse)
            else:
                self._feed(units[start:end], [u for u, _ in units[start:end] if isinstance(u, int)])
        return sum(sizes), cached

    def _lay_out(self, prompt: Sequence[Piece]) -> tuple[list[tuple[Unit, int]], list[Glimpse | None]]:
        assert self._eyes is not None
        units: list[tuple[Unit, int]] = []
        glimpses: list[Glimpse | None] = []
        for piece in prompt:
            if not isinstance(piece, Photo):
                new = self.tokenize(piece)
                units += [(t, 1) for t in new]
                glimpses += [None] * len(new)
                continue
            for i, glimpse in enumerate(self._eyes.see(piece)):
                if self._flag.raw[0]:
                    raise Cancelled
                if glimpse.embedding is None:
                    units += [(t, 1) for t in glimpse.tokens]
                    glimpses += [None] * glimpse.n_tokens
                else:
                    units.append(((piece.sha256, i), glimpse.n_pos))
                    glimpses.append(glimpse)
        return units, glimpses

    def _position(self) -> int:
        return sum(n for _, n in self._held)

    def _forget_after(self, keep: int) -> None:
        del self._held[keep:]
        self._llama.llama_memory_seq_rm(self._llama.llama_get_memory(self._ctx), 0, self._position(), -1)

    def _feed(self, units: list[tuple[Unit, int]], tokens: list[int]) -> None:
        """Decode text tokens behind what is held, in batches; logits of the very last one are kept."""
        for start in range(0, len(tokens), BATCH):
            part = tokens[start : start + BATCH]
            at = self._position()
            batch = self._llama.llama_batch_init(len(part), 0, 1)
            batch.n_tokens = len(part)
            for i, token in enumerate(part):
                batch.token[i], batch.pos[i], batch.n_seq_id[i], batch.seq_id[i][0] = token, at + i, 1, 0
                batch.logits[i] = start + i + 1 == len(tokens)
            code = self._llama.llama_decode(self._ctx, batch)
            self._llama.llama_batch_free(batch)
            self._settle(code, units[start : start + BATCH])

    def _feed_photo(self, unit: tuple[Unit, int], glimpse: Glimpse) -> None:
        assert self._eyes is not None
        if self._flag.raw[0]:
            raise Cancelled
        self._settle(self._eyes.decode(self._ctx, glimpse, self._position(), BATCH), [unit])

    def _settle(self, code: int, units: list[tuple[Unit, int]]) -> None:
        """Enter what was decoded into the ledger; after an abort, take half-decoded cells out again."""
        if code == 0:
            self._held += units
            return
        self._forget_after(len(self._held))
        if self._flag.raw[0]:
            raise Cancelled
        raise ModelError(f"llama.cpp could not go on (code {code}): the context of {self._context} tokens may be full")

    def _logits(self) -> np.ndarray:
        size = self._llama.llama_vocab_n_tokens(self._vocab)
        return np.ctypeslib.as_array(self._llama.llama_get_logits_ith(self._ctx, -1), (size,)).copy()

    def _spell(self, token: int) -> bytes:
        out = ctypes.create_string_buffer(256)  # SmolLM2's longest token has 64 bytes, Qwen's 128
        n = self._llama.llama_token_to_piece(self._vocab, token, out, len(out), 0, False)
        return out.raw[: max(0, n)]


def _runs(glimpses: list[Glimpse | None], start: int) -> Iterator[tuple[int, int]]:
    """Split from `start` on into single photos and runs of text tokens, as (first, end) index pairs."""
    while start < len(glimpses):
        end = start + 1
        if glimpses[start] is None:
            while end < len(glimpses) and glimpses[end] is None:
                end += 1
        yield start, end
        start = end


def _pick(logits: np.ndarray, options: Options, rng: np.random.Generator) -> int:
    """The next token: the likeliest at temperature 0, else drawn from the nucleus of mass top_p."""
    if options.temperature <= 0:
        return int(logits.argmax())
    scaled = (logits - logits.max()).astype(np.float64) / options.temperature
    chances = np.exp(scaled) / np.exp(scaled).sum()
    order = np.argsort(-chances)
    nucleus = order[: int(np.searchsorted(np.cumsum(chances[order]), options.top_p)) + 1]
    return int(rng.choice(nucleus, p=chances[nucleus] / chances[nucleus].sum()))


_listeners: list[Any] = []


def _quiet() -> None:
    """Keep llama.cpp and mtmd from writing to the terminal."""
    from llama_cpp import llama_cpp, mtmd_cpp

    if not _listeners:
        _listeners.append(llama_cpp.llama_log_callback(lambda *_: None))  # C keeps the address only: keep it alive
        llama_cpp.llama_log_set(_listeners[0], ctypes.c_void_p(0))
        mtmd_cpp.mtmd_helper_log_set(_listeners[0], ctypes.c_void_p(0))
