"""The runner of MLX and transformers: Hugging Face's processor before a `CausalModel`, with visual tokens kept.

A prompt is read in steps small enough that a cancel is noticed soon. With a `PhotoCache`, visual tokens survive a
restart.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

from assistant.backends.abort_flag import AbortFlag
from assistant.backends.cache.prefix_cache import PhotoKey, PrefixCache, Unit, plan_steps
from assistant.backends.cached_backend import PlannedStep
from assistant.backends.causal.causal_model import CausalModel, PhotoCache, PhotoSpan, VisualTokens
from assistant.backends.causal.processor import Processor
from assistant.chatml import Mark, Piece, Words
from memory.episode import Photo

STEP = 64
"""Most tokens read at once: between two steps a cancel is noticed."""
MOST_PHOTOS = 64
"""Most photos whose visual tokens stay in memory."""


class CausalRunner:
    """A `ModelRunner` around a `CausalModel`."""

    def __init__(
        self, processor: Processor, model: CausalModel, context: int, photo_cache: PhotoCache | None = None
    ) -> None:
        """`photo_cache`: where visual tokens survive a restart; None: nowhere."""
        self.processor, self.model, self.context = processor, model, min(context, model.context)
        self.flag = AbortFlag()
        self.photos_encoded = 0
        """How often the vision tower has encoded a photo."""
        self._visual: OrderedDict[tuple[str, bool], VisualTokens] = OrderedDict()
        """Visual tokens by a photo's hash and whether it is small; the least recently used come first."""
        self._photo_cache, self._write_to_disk = photo_cache, True
        self._logits = np.zeros(0, np.float32)

    def tokenize(self, piece: Mark | Words) -> list[int]:
        """See `ModelRunner`."""
        return self.processor.tokenize(piece)

    def spell(self, tokens: Sequence[int]) -> str:
        """See `ModelRunner`."""
        return self.processor.spell(tokens)

    def ends(self, token: int) -> bool:
        """See `ModelRunner`."""
        return token in self.processor.ends

    def plan(self, prompt: Sequence[Piece], large: int | None) -> list[PlannedStep]:
        """See `ModelRunner`. The inputs of a step are the positions of its tokens."""
        self._trim()
        units, positions = self.processor.lay_out(prompt, large, lambda photo, small: self.encoded(photo, small).grid)
        planned, at = [], 0
        for step in plan_steps(prompt, units, STEP, STEP):
            planned.append(PlannedStep(step, positions[at : at + len(step)]))
            at += len(step)
        return planned

    def read(self, step: PlannedStep, at: PrefixCache, *, want_logits: bool) -> None:
        """See `ModelRunner`."""
        ids = [u.key if isinstance(u.key, int) else self.processor.image_token for u in step.units]
        positions = step.inputs or [(at.position + i,) * 3 for i in range(len(ids))]
        logits = self.model.extend(ids, positions, self._spans(step.units), want_logits=want_logits)
        if want_logits:
            self._logits = logits

    def next_logits(self) -> np.ndarray:
        """See `ModelRunner`."""
        return self._logits

    def crop(self, to: PrefixCache) -> bool:
        """See `ModelRunner`."""
        self.model.crop(to.tokens)
        return True

    def visual_tokens(self, photo: Photo) -> np.ndarray:
        """See `ModelRunner`."""
        self._trim()
        return self.model.numpy(self.encoded(photo, self.processor.side is None).tokens[:, 0])

    def write_to_disk(self, on: bool) -> None:
        """See `ModelRunner`."""
        self._write_to_disk = on

    def close(self) -> None:
        """See `ModelRunner`."""
        self._visual.clear()
        self.processor.close()
        self.model.close()

    def encoded(self, photo: Photo, small: bool) -> VisualTokens:
        """A photo's visual tokens, from memory, from disk, or else from the vision tower."""
        key = (photo.sha256, small)
        if key not in self._visual:
            self.flag.check()
            stored = self._photo_cache.get(photo, small) if self._photo_cache else None
            self._visual[key] = stored or self._encode(photo, small)
        self._visual.move_to_end(key)
        return self._visual[key]

    def _encode(self, photo: Photo, small: bool) -> VisualTokens:
        """Run the vision tower."""
        self.photos_encoded += 1
        inputs, grid = self.processor.preprocess(photo, small)
        visual = VisualTokens(self.model.encode_image(inputs), grid)
        if self._photo_cache and self._write_to_disk:
            self._photo_cache.put(photo, small, visual)
        return visual

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

    def _trim(self) -> None:
        """Free the least recently used visual tokens. Not while a prompt is being read: it may hold more photos."""
        while len(self._visual) > MOST_PHOTOS:
            self._visual.popitem(last=False)
