"""The transformers backend: a checkpoint as training leaves it, in f32 on the CPU, with its LoRA if it has one.

It is the reference, not the product: slow and large, but the library that the model was trained with. torch is loaded
only when a model is.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from assistant.backends.cached_backend import CachedBackend
from assistant.backends.causal.causal_model import PhotoSpan
from assistant.backends.causal.causal_runner import CausalRunner
from assistant.backends.causal.processor import READY, Position, Processor
from assistant.models.hf_config import connector
from assistant.models.spec import Spec
from memory.errors import ModelError

MISSING = "{name} is a transformers model, which needs {package}: pip install -e '.[train]', or choose a GGUF model"


def open_hf(spec: Spec, threads: int | None = None, context: int = 8192) -> CachedBackend:
    """The backend of a transformers folder. Raises ModelError, in one line, also when torch is not installed."""
    folder = spec.language
    try:
        import torch
        import transformers  # noqa: F401 - so that the error names what is missing
    except ImportError as error:
        raise ModelError(MISSING.format(name=spec.name, package=error.name)) from error
    if threads:
        torch.set_num_threads(threads)
    processor = Processor(folder, spec.budget, threads or 1)
    return CachedBackend(spec, CausalRunner(processor, TransformersModel(load_model(folder)), context))


def load_model(folder: Path) -> Any:
    """The model in f32, with the LoRA in its folder `adapter` if there is one. Raises ModelError."""
    import torch
    from transformers import AutoModelForCausalLM, AutoModelForImageTextToText

    kind: Any = AutoModelForCausalLM if connector(folder) else AutoModelForImageTextToText
    try:
        model = kind.from_pretrained(folder, dtype=torch.float32).eval()
        if (folder / "adapter").exists():
            _add_adapter(model, folder / "adapter")
    except (OSError, ValueError, RuntimeError) as error:
        raise ModelError(f"transformers cannot load {folder}: {str(error).splitlines()[0]}") from error
    return model


class TransformersModel:
    """A `CausalModel` of transformers."""

    def __init__(self, model: Any) -> None:
        import torch
        from transformers import DynamicCache

        self._torch, self._model, self._cache = torch, model, DynamicCache()
        self._mrope = model.config.model_type == "qwen3_vl"
        self._text = language_model(model)
        self.context: int = model.config.get_text_config().max_position_embeddings

    def encode_image(self, inputs: dict[str, Any]) -> Any:
        """See `CausalModel`."""
        if READY in inputs:
            return self._torch.as_tensor(inputs[READY])
        with self._torch.inference_mode():
            tensors = {k: self._torch.as_tensor(v) for k, v in inputs.items()}
            features = self._model.get_image_features(**tensors)
            layers = [features.pooler_output, *(getattr(features, "deepstack_features", None) or ())]
            return self._torch.stack([self._torch.cat(tuple(layer)) for layer in layers], 1)

    def extend(
        self, ids: Sequence[int], positions: Sequence[Position], photos: Sequence[PhotoSpan], *, want_logits: bool
    ) -> Any:
        """See `CausalModel`."""
        torch = self._torch
        with torch.inference_mode():
            x = self._model.get_input_embeddings()(torch.tensor([ids]))  # (1, L, D)
            visual = torch.zeros(1, len(ids), dtype=torch.bool)
            for at, rows in photos:
                x[0, at : at + len(rows)] = rows[:, 0]
                visual[0, at : at + len(rows)] = True
            mrope: dict[str, Any] = {}
            if self._mrope:
                mrope["position_ids"] = torch.tensor(positions).T[:, None]  # (3, 1, L)
                if photos:
                    deep = torch.cat([rows for _, rows in photos])[:, 1:].unbind(1)
                    mrope |= {"visual_pos_masks": visual, "deepstack_visual_embeds": list(deep)}
            done = self._text(inputs_embeds=x, cache=self._cache, use_cache=True, **mrope)
            return self.numpy(self._model.lm_head(done.last_hidden_state[0, -1])) if want_logits else None

    def crop(self, keep: int) -> None:
        """See `CausalModel`."""
        if extra := self._cache.get_seq_length() - keep:
            self._cache.crop(-extra)

    def numpy(self, array: Any) -> np.ndarray:
        """See `CausalModel`."""
        out: np.ndarray = array.float().numpy()
        return out

    def close(self) -> None:
        """See `CausalModel`."""
        self._model = self._text = self._cache = None


def language_model(model: Any) -> Any:
    """The part of a model that reads tokens, under whichever name its family gives it."""
    parts = (getattr(model.model, name, None) for name in ("language_model", "text_model"))
    return next((part for part in parts if part is not None), model.model)


def _add_adapter(model: Any, folder: Path) -> None:
    """Add a LoRA where it was trained: to the whole model (trl), or to the language model alone (our pretraining)."""
    from peft import PeftModel
    from safetensors import safe_open

    with safe_open(folder / "adapter_model.safetensors", "pt") as weights:
        whole = any("language_model." in key or "text_model." in key for key in weights.keys())  # noqa: SIM118
    PeftModel.from_pretrained(model if whole else language_model(model), folder)
    model.eval()
