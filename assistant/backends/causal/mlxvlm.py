"""The MLX backend: mlx-vlm's models, with our reading of a prompt. On a Mac it uses the GPU; it runs on Linux too.

Only mlx-vlm's loading, vision towers and language models are used, not its generator: the generator forgets photos
between prompts, and loses DeepStack for photos that it has encoded before. With a folder for caches, visual tokens and
the last conversation survive a restart. MLX is loaded only when a model is, in the thread that will use it (its streams
belong to a thread).
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from assistant.backends.cache import disk_cache
from assistant.backends.cache.kv_snapshot import KvSnapshot
from assistant.backends.cached_backend import CachedBackend
from assistant.backends.causal.causal_model import PhotoCache, PhotoSpan
from assistant.backends.causal.causal_runner import CausalRunner
from assistant.backends.causal.processor import READY, Position, Processor
from assistant.models.hf_config import config
from assistant.models.photo_budget import RULE
from assistant.models.spec import Spec
from memory.errors import ModelError

MISSING = "{name} is an MLX model, which needs {package}: pip install -e '.[mlx]', or choose a GGUF model"


def open_mlx(
    spec: Spec, threads: int | None = None, context: int = 8192, *, cache: Path | None = None
) -> CachedBackend:
    """The backend of an MLX folder. Raises ModelError, also when MLX is not installed.

    `threads` is for other engines: MLX decides itself. `cache`: folder in which visual tokens and the last
    conversation survive a restart; None = nothing does.
    """
    try:
        from mlx import core  # noqa: F401 - so that the error names what is missing
        from mlx_vlm import utils  # noqa: F401
    except ImportError as error:
        raise ModelError(MISSING.format(name=spec.name, package=error.name or "mlx")) from error
    processor = Processor(spec.language, spec.budget, threads or 1)
    model = MlxModel(load_model(spec.language))
    if not (cache and spec.identity):
        return CachedBackend(spec, CausalRunner(processor, model, context))
    engine = " ".join(f"{name} {version(name)}" for name in ("mlx", "mlx-vlm", "transformers"))
    made_by = f"{engine} {spec.identity} {spec.budget} {RULE} {model.kind}"
    snapshot = KvSnapshot(cache, made_by, model.save, model.restore)
    photo_cache = PhotoCache(disk_cache.vision_cache(cache), made_by, pack, unpack)
    return CachedBackend(spec, CausalRunner(processor, model, context, photo_cache), snapshot)


def load_model(folder: Path) -> Any:
    """Load a folder's model with mlx-vlm, weights in memory. Raises ModelError."""
    import mlx.core as mx
    from mlx_vlm.utils import load_model as load

    try:
        model = load(folder)
        if mx.default_device() == mx.cpu and "quantization" in config(folder):
            model.set_dtype(mx.float32)  # packed weights stay packed; with scales in bf16 a CPU takes ten times as long
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise ModelError(f"mlx-vlm cannot load {folder}: {str(error).strip().splitlines()[0]}") from error
    return model


def pack(arrays: Sequence[Any]) -> memoryview:
    """MLX arrays of any type as the bytes of a .safetensors file."""
    import mlx.core as mx

    file = io.BytesIO()
    mx.save_safetensors(file, {str(i): array for i, array in enumerate(arrays)})
    return file.getbuffer()


def unpack(data: bytes) -> list[Any]:
    """The arrays that `pack` packed, in memory."""
    import mlx.core as mx

    arrays: Any = mx.load(io.BytesIO(data), format="safetensors")
    mx.eval(arrays)
    return [arrays[str(i)] for i in range(len(arrays))]


class MlxModel:
    """A `CausalModel` of mlx-vlm."""

    def __init__(self, model: Any) -> None:
        import mlx.core as mx
        from mlx_vlm.models.cache import make_prompt_cache

        self._mx, self._model = mx, model
        self._text = model.language_model
        self._cache = make_prompt_cache(self._text)
        family = model.config.model_type
        self._mrope = family == "qwen3_vl"
        self._embed = self._text.embed_tokens if family == "smolvlm" else self._text.model.embed_tokens
        self.context: int = getattr(model.config, "text_config", model.config).max_position_embeddings
        self.kind = f"{mx.default_device()} {self._embed(mx.array([[0]])).dtype}"
        """Device and type it computes with."""
        if family == "smolvlm":  # mlx-vlm leaves this eps at MLX's default
            model.vision_model.post_layernorm.eps = model.config.vision_config.layer_norm_eps

    def encode_image(self, inputs: dict[str, Any]) -> Any:
        """See `CausalModel`."""
        if READY in inputs:
            return self._mx.array(inputs[READY])
        model, pixels = self._model, self._mx.array(inputs["pixel_values"])
        if self._mrope:
            weight = model.vision_tower.patch_embed.proj.weight
            grid = self._mx.array(inputs["image_grid_thw"])
            first, deep = model.vision_tower(pixels.astype(weight.dtype), grid)
            rows = self._mx.stack([first, *deep], 1)
        else:
            weight = model.vision_model.embeddings.patch_embedding.weight
            tiles = pixels.reshape(-1, *pixels.shape[-3:]).transpose(0, 2, 3, 1).astype(weight.dtype)  # (N, H, W, 3)
            rows = model.connector(model.vision_model(tiles)[0])
            rows = rows.reshape(-1, 1, rows.shape[-1])
        self._mx.eval(rows)
        return rows

    def extend(
        self, ids: Sequence[int], positions: Sequence[Position], photos: Sequence[PhotoSpan], *, want_logits: bool
    ) -> Any:
        """See `CausalModel`."""
        mx = self._mx
        tokens = mx.array([list(ids)])
        x = self._embed(tokens)  # (1, L, D)
        visual = np.zeros((1, len(ids)), bool)
        for at, rows in photos:
            x[0, at : at + len(rows)] = rows[:, 0]
            visual[0, at : at + len(rows)] = True
        mrope: dict[str, Any] = {}
        if self._mrope:
            mrope["position_ids"] = mx.array(positions).T[:, None]  # (3, 1, L)
            if photos:
                deep = mx.concatenate([rows for _, rows in photos])[:, 1:]
                layers = [deep[:, i] for i in range(deep.shape[1])]
                mrope |= {"visual_pos_masks": mx.array(visual), "deepstack_visual_embeds": layers}
        logits = self._text(tokens, inputs_embeds=x, cache=self._cache, **mrope).logits
        if want_logits:
            return self.numpy(logits[0, -1])
        mx.eval([c.state for c in self._cache])  # MLX is lazy: nothing but the cache is computed
        return None

    def crop(self, keep: int) -> None:
        """See `CausalModel`."""
        for layer in self._cache:
            layer.trim(layer.offset - keep)

    def save(self) -> memoryview:
        """Keys and values of every layer, of the tokens in the cache, as bytes."""
        return pack([array for layer in self._cache for array in layer.state])

    def restore(self, state: bytes) -> bool:
        """Put what `save` gave into the empty cache. Always True: a state fits the model that made it."""
        arrays = unpack(state)
        for layer, keys, values in zip(self._cache, arrays[::2], arrays[1::2], strict=True):
            layer.state = keys, values
        return True

    def numpy(self, array: Any) -> np.ndarray:
        """See `CausalModel`."""
        return np.array(array.astype(self._mx.float32))

    def close(self) -> None:
        """See `CausalModel`."""
        self._model = self._text = self._cache = self._embed = None
