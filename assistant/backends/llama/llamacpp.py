"""The llama.cpp backend: GGUF files through llama.cpp's own C API, with photos through mtmd or a connector.

A photo is read in one call, and a cancel stops llama.cpp inside a step. With a folder for caches, visual tokens and the
last conversation survive a restart (`disk_cache.py`, `kv_snapshot.py`).
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from assistant.backends.abort_flag import AbortFlag
from assistant.backends.cache.kv_snapshot import KvSnapshot
from assistant.backends.cache.prefix_cache import PhotoKey, PrefixCache, Step, Unit, plan_steps
from assistant.backends.cached_backend import CachedBackend, PlannedStep
from assistant.backends.llama import llama_loader
from assistant.backends.llama.llama_loader import BATCH
from assistant.backends.llama.mtmd import VisionEncoder
from assistant.backends.llama.mtmd_tower import Loaded
from assistant.chatml import Mark, Piece, Words
from assistant.models.photo_budget import RULE
from assistant.models.spec import Spec
from assistant.vision.connector_vision import ConnectorVision
from memory.episode import Photo
from memory.errors import ModelError


def open_llamacpp(
    spec: Spec, threads: int = 1, context: int = 8192, *, exact: bool = False, cache: Path | None = None
) -> CachedBackend:
    """The backend of GGUF files. Raises ModelError.

    `exact`: attention, KV cache and embeddings in f32, to compare with a reference.
    `cache`: folder in which visual tokens and the last conversation survive a restart; None = nothing does.
    """
    from llama_cpp import __version__

    runner = LlamaCppRunner(spec, threads, context, exact=exact, cache=cache)
    if not (cache and spec.identity):
        return CachedBackend(spec, runner)
    made_by = f"{__version__} {spec.identity} {runner.context} {exact} {RULE} {spec.budget}"
    state = partial(llama_loader.pack, runner.ctx), partial(llama_loader.unpack, runner.ctx)
    return CachedBackend(spec, runner, KvSnapshot(cache, made_by, *state))


class LlamaCppRunner:
    """A `ModelRunner` of llama.cpp."""

    def __init__(self, spec: Spec, threads: int, context: int, *, exact: bool, cache: Path | None) -> None:
        """See `open_llamacpp`."""
        from llama_cpp import llama_cpp as llama

        self.llama, self.flag = llama, AbortFlag()
        self.vision: VisionEncoder | ConnectorVision | None = None
        self.ctx: Any = None
        self._model = llama_loader.load(spec)
        self.context = min(context, llama.llama_model_n_ctx_train(self._model))
        self._vocab = llama.llama_model_get_vocab(self._model)
        try:
            if len(self.tokenize(Mark("<|im_start|>"))) != 1:
                raise ModelError(f"{spec.name} does not speak ChatML (<|im_start|>): use SmolLM2 or Qwen3-VL files")
            loaded = Loaded(spec, self._model, threads, self.flag, exact)
            self.ctx = llama_loader.open_context(loaded, self.context)
            self.vision = llama_loader.open_vision(loaded, cache)
        except ModelError:
            self.close()
            raise

    @property
    def photos_encoded(self) -> int:
        """See `ModelRunner`."""
        return self.vision.photos_encoded if self.vision else 0

    def tokenize(self, piece: Mark | Words) -> list[int]:
        """See `ModelRunner`."""
        raw = piece.text.encode()
        out = (self.llama.llama_token * (len(raw) + 8))()
        n = self.llama.llama_tokenize(self._vocab, raw, len(raw), out, len(out), False, isinstance(piece, Mark))
        return list(out[:n])

    def spell(self, tokens: Sequence[int]) -> str:
        """See `ModelRunner`."""
        out, raw = ctypes.create_string_buffer(256), b""  # SmolLM2's longest token has 64 bytes, Qwen's 128
        for token in tokens:
            n = self.llama.llama_token_to_piece(self._vocab, token, out, len(out), 0, False)
            raw += out.raw[: max(0, n)]
        return raw.decode(errors="replace")

    def ends(self, token: int) -> bool:
        """See `ModelRunner`."""
        return bool(self.llama.llama_vocab_is_eog(self._vocab, token))

    def plan(self, prompt: Sequence[Piece], large: int | None) -> list[PlannedStep]:
        """See `ModelRunner`. The inputs of a step are its photo."""
        assert self.vision is not None
        units: list[list[Unit]] = []
        photos: dict[str, Photo] = {}
        for i, piece in enumerate(prompt):
            if not isinstance(piece, Photo):
                units.append([Unit(token) for token in self.tokenize(piece)])
                continue
            self.flag.check()
            photos[piece.sha256] = piece
            small = large is not None and i != large
            units.append([])
            for n, chunk in enumerate(self.vision.chunks(piece, small)):
                if chunk.tokens:
                    units[-1] += map(Unit, chunk.tokens)
                else:
                    units[-1].append(Unit(PhotoKey(piece.sha256, small, n), chunk.n_tokens, chunk.n_pos))
        return [
            PlannedStep(step, photos[step[0].key.sha256] if isinstance(step[0].key, PhotoKey) else None)
            for step in plan_steps(prompt, units, BATCH, 1)
        ]

    def read(self, step: PlannedStep, at: PrefixCache, *, want_logits: bool) -> None:
        """See `ModelRunner`. llama.cpp keeps the logits of the last token in any case."""
        key = step.units[0].key
        if isinstance(key, PhotoKey):
            assert self.vision is not None
            code = self.vision.decode_chunk(self.ctx, step.inputs, key.small, key.chunk, at.position, BATCH)
        else:
            code = self._decode(step.units, at.position)
        if code:
            self.flag.check()
            raise llama_loader.refusal(code, self.context)

    def next_logits(self) -> np.ndarray:
        """See `ModelRunner`."""
        size = self.llama.llama_vocab_n_tokens(self._vocab)
        return np.ctypeslib.as_array(self.llama.llama_get_logits_ith(self.ctx, -1), (size,)).copy()

    def crop(self, to: PrefixCache) -> bool:
        """See `ModelRunner`."""
        cache = self.llama.llama_get_memory(self.ctx)
        if self.llama.llama_memory_seq_rm(cache, 0, to.position, -1):
            return True
        self.llama.llama_memory_clear(cache, True)
        return False

    def visual_tokens(self, photo: Photo) -> np.ndarray:
        """See `ModelRunner`."""
        assert self.vision is not None
        return self.vision.visual_tokens(photo)

    def write_to_disk(self, on: bool) -> None:
        """See `ModelRunner`."""
        assert self.vision is not None
        self.vision.write_to_disk = on

    def close(self) -> None:
        """See `ModelRunner`."""
        if self.vision:
            self.vision.close()
        if self.ctx:
            self.llama.llama_free(self.ctx)
        if self._model:
            self.llama.llama_model_free(self._model)
        self.vision = self.ctx = self._model = None

    def _decode(self, text: Step, position: int) -> int:
        """Decode text tokens in one batch; returns llama.cpp's code (0: done)."""
        batch = self.llama.llama_batch_init(len(text), 0, 1)
        batch.n_tokens = len(text)
        for i, unit in enumerate(text):
            batch.token[i], batch.pos[i], batch.n_seq_id[i], batch.seq_id[i][0] = unit.key, position + i, 1, 0
            batch.logits[i] = i + 1 == len(text)
        code = self.llama.llama_decode(self.ctx, batch)
        self.llama.llama_batch_free(batch)
        return int(code)
