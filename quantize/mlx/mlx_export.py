"""A merged checkpoint to a folder that MLX runs, through mlx-vlm's own conversion.

The configuration is spelled so that transformers 5 and mlx-vlm both read it. Vision tower and connector stay whole;
whether the result is still the model is proved elsewhere (`verify.py`).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from assistant.models import hf_config
from memory.errors import KeepsakeError
from quantize import build_cache, manifest

WHOLE = {"f32": "float32", "f16": "float16", "bf16": "bfloat16"}
BITS = {"8bit": 8, "6bit": 6, "5bit": 5, "4bit": 4, "3bit": 3}
MIXED = ("mixed_2_6", "mixed_3_4", "mixed_3_5", "mixed_3_6", "mixed_3_8", "mixed_4_6", "mixed_4_8")
"""mlx-vlm's recipes: fewer bits for most tensors, more for those that suffer."""
KINDS = (*WHOLE, *BITS, *MIXED)
GROUP = 64
"""Weights that share a scale."""
KEPT = ("tokenizer*.json", "vocab.json", "merges.txt", "*token*.json", "chat_template*", "*processor_config.json")
"""What is copied as it is: tokenizer, chat template, image processor."""
VISION = ("vision_model.", "vision_tower.", "connector.")


def convert(checkpoint: Path, out: Path, kind: str) -> Path:
    """Write the MLX folder `out` of a transformers folder without LoRA; `kind` is one of `KINDS`.

    It appears under its name when it is whole, and takes the place of an earlier export. Raises KeepsakeError.
    """
    if kind not in KINDS:
        raise KeepsakeError(f"unknown kind {kind!r}: use one of {', '.join(KINDS)}")
    if (checkpoint / "adapter").exists():
        raise KeepsakeError(f"{checkpoint} has a LoRA beside it: merge it first, with python -m quantize merge")
    config = spelled(hf_config.config(checkpoint))
    if out.exists() and any(out.iterdir()) and manifest.read(out).get("engine") != "mlx":
        raise KeepsakeError(f"{out} holds something else than an MLX export: choose another folder")
    partial = out.with_name(f"{out.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)  # of a run that was killed
    try:
        import mlx_vlm  # noqa: F401
    except ImportError as error:
        raise KeepsakeError(f"the MLX export needs the Python package {error.name}: pip install -e '.[mlx]'") from error
    try:
        partial.mkdir(parents=True)
        with contextlib.redirect_stdout(sys.stderr):  # mlx-vlm prints what it does
            space = _write(checkpoint, config, partial, kind)
        manifest.write_folder(partial, checkpoint, "mlx", space, out)
        build_cache.put(partial, out)
    except (OSError, RuntimeError, ValueError, TypeError, KeyError) as error:
        raise KeepsakeError(f"cannot convert {checkpoint} to MLX: {str(error).strip().splitlines()[0]}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return out


def spelled(config: dict[str, Any]) -> dict[str, Any]:
    """A transformers 5 configuration with what mlx-vlm asks for by older names as well.

    Without them mlx-vlm refuses a Qwen3-VL, and reads a SmolVLM with another rope base, without a word.
    """
    text, vision = dict(config["text_config"]), dict(config["vision_config"])
    rope = text.get("rope_parameters") or {}
    if "rope_theta" in rope:
        text["rope_theta"] = rope["rope_theta"]
    if "mrope_section" in rope:
        text["rope_scaling"] = {k: v for k, v in rope.items() if k != "rope_theta"} | {"type": "default"}
    if config["model_type"] == "qwen3_vl":
        vision["model_type"] = "qwen3_vl"
    tied = text.get("tie_word_embeddings", config.get("tie_word_embeddings", False))
    return {**config, "text_config": {**text, "tie_word_embeddings": tied}, "vision_config": vision}


def _write(checkpoint: Path, config: dict[str, Any], out: Path, kind: str) -> str:
    """Weights, configuration and tokenizer. Returns the hash of the vision tower as it is written."""
    import mlx.core as mx
    from mlx.utils import tree_flatten, tree_map
    from mlx_vlm.quant_utils import quantize_model
    from mlx_vlm.utils import load_model, save_weights

    with tempfile.TemporaryDirectory(dir=out) as scratch:
        staged = _stage(checkpoint, config, Path(scratch))
        model = load_model(staged, lazy=True)
        dtype = getattr(mx, WHOLE.get(kind, "bfloat16"))
        model.update(
            tree_map(lambda w: w.astype(dtype) if mx.issubdtype(w.dtype, mx.floating) else w, model.parameters())
        )
        if kind not in WHOLE:
            model, config = quantize_model(
                model, config, GROUP, BITS.get(kind, 4), quant_predicate=_chooser(kind, model)
            )
        seen = hashlib.sha256()
        for name, weight in sorted(tree_flatten(model.parameters())):
            if name.startswith(VISION):
                seen.update(name.encode() + bytes(memoryview(weight.view(mx.uint8))))
        save_weights(out, model, donate_weights=True)
    (out / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    for path in {p for pattern in KEPT for p in checkpoint.glob(pattern)}:
        shutil.copyfile(path, out / path.name)
    return seen.hexdigest()[:16]


def _stage(checkpoint: Path, config: dict[str, Any], folder: Path) -> Path:
    """The checkpoint with our configuration, as links: mlx-vlm reads a folder only."""
    import mlx.core as mx

    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    weights = sorted(checkpoint.glob("*.safetensors"))
    if not weights:
        raise KeepsakeError(f"{checkpoint} has no *.safetensors")
    for path in weights:
        (folder / path.name).symlink_to(path.resolve())
    if config["model_type"] == "smolvlm":  # mlx-vlm's has no tied embeddings: it wants the output layer by its name
        held = {name: path for path in weights for name in mx.load(str(path))}
        name = "model.text_model.embed_tokens.weight"
        if "lm_head.weight" not in held:
            mx.save_safetensors(str(folder / "tied.safetensors"), {"lm_head.weight": mx.load(str(held[name]))[name]})
    return folder


def _chooser(kind: str, model: Any) -> Callable[[str, Any], Any]:
    """Which tensors are quantised, and how: never those that see."""
    from mlx_vlm.convert import mixed_quant_predicate_builder

    mixed = mixed_quant_predicate_builder(kind, model) if kind in MIXED else None

    def choose(path: str, module: Any) -> Any:
        if f"{path}.".startswith(VISION):
            return False
        return mixed(path, module) if mixed else True

    return choose
