"""A merged checkpoint to a folder that MLX runs, through mlx-vlm's own conversion.

config.json is written so that transformers 5 and mlx-vlm both read it. Vision tower and connector are not quantised.
Whether the folder still is the model is measured in `verify/`.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from assistant.models import hf_config
from memory.errors import KeepsakeError
from memory.files import sha256
from quantize import build_cache, manifest

WHOLE = {"f32": "float32", "f16": "float16", "bf16": "bfloat16"}
BITS = {"8bit": 8, "6bit": 6, "5bit": 5, "4bit": 4, "3bit": 3}
MIXED = ("mixed_2_6", "mixed_3_4", "mixed_3_5", "mixed_3_6", "mixed_3_8", "mixed_4_6", "mixed_4_8")
"""mlx-vlm's recipes: fewer bits for most tensors, more for those that suffer."""
KINDS = (*WHOLE, *BITS, *MIXED)
GROUP_SIZE = 64
"""Weights that share a scale."""
COPIED = (
    "tokenizer*.json",
    "vocab.json",
    "merges.txt",
    "*token*.json",
    "chat_template*",
    "*processor_config.json",
    hf_config.CONNECTOR,
)
"""What is copied unchanged: tokenizer, chat template, image processor, connector."""
VISION = ("vision_model.", "vision_tower.", "connector.")
"""How the names of tensors begin that a photo passes through before the language model."""


def installed() -> str:
    """The version of mlx-vlm. Raises KeepsakeError when it is not installed."""
    try:
        return importlib.metadata.version("mlx-vlm")
    except importlib.metadata.PackageNotFoundError:
        raise _missing("mlx-vlm") from None


def convert(checkpoint: Path, out: Path, kind: str) -> Path:
    """Write the MLX folder `out` of a transformers folder without LoRA; `kind` is one of `KINDS`.

    The folder gets its name when it is whole, and replaces an earlier export. Raises KeepsakeError.
    """
    if kind not in KINDS:
        raise KeepsakeError(f"unknown kind {kind!r}: use one of {', '.join(KINDS)}")
    if (checkpoint / "adapter").exists():
        raise KeepsakeError(f"{checkpoint} has a LoRA beside it: merge it first, with python -m quantize merge")
    config = compatible_config(hf_config.config(checkpoint))
    if out.exists() and any(out.iterdir()) and manifest.read(out).get("engine") != "mlx":
        raise KeepsakeError(f"{out} holds something else than an MLX export: choose another folder")
    partial = out.with_name(f"{out.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)  # of a run that was killed
    try:
        import mlx_vlm  # noqa: F401
    except ImportError as error:
        raise _missing(error.name) from error
    try:
        partial.mkdir(parents=True)
        with contextlib.redirect_stdout(sys.stderr):  # mlx-vlm prints what it does
            space = _write(checkpoint, config, partial, kind)
        manifest.write_folder(partial, checkpoint, "mlx", space, out)
        build_cache.replace_folder(partial, out)
    except (OSError, RuntimeError, ValueError, TypeError, KeyError) as error:
        raise KeepsakeError(f"cannot convert {checkpoint} to MLX: {str(error).strip().splitlines()[0]}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return out


def compatible_config(config: dict[str, Any]) -> dict[str, Any]:
    """A transformers 5 configuration with the older names added that mlx-vlm asks for.

    Without them mlx-vlm refuses a Qwen3-VL, and silently reads a SmolVLM or a Llama with another rope base.
    """
    if "vision_config" not in config:  # a language model with a connector
        return {**config, **{k: v for k, v in config.get("rope_parameters", {}).items() if k == "rope_theta"}}
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


def _missing(package: str | None) -> KeepsakeError:
    """The error for a library that is not installed."""
    return KeepsakeError(f"the MLX export needs the Python package {package}: pip install -e '.[mlx]'")


def _write(checkpoint: Path, config: dict[str, Any], out: Path, kind: str) -> str:
    """Write weights, configuration and tokenizer. Returns the hash of vision tower or connector as it is written."""
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
            predicate = _quantisation_predicate(kind, model)
            model, config = quantize_model(model, config, GROUP_SIZE, BITS.get(kind, 4), quant_predicate=predicate)
        tower = hashlib.sha256()
        for name, weight in sorted(tree_flatten(model.parameters())):
            if name.startswith(VISION):
                tower.update(name.encode() + bytes(memoryview(weight.view(mx.uint8))))
        save_weights(out, model, donate_weights=True)
    (out / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    for path in {p for pattern in COPIED for p in checkpoint.glob(pattern)}:
        shutil.copyfile(path, out / path.name)
    if connector := hf_config.connector(checkpoint):
        return sha256(connector)[:16]
    return tower.hexdigest()[:16]


def _stage(checkpoint: Path, config: dict[str, Any], folder: Path) -> Path:
    """Link the checkpoint's weights beside `config` in `folder`: mlx-vlm loads nothing but a folder."""
    import mlx.core as mx

    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    weights = sorted(checkpoint.glob("*.safetensors"))
    if not weights:
        raise KeepsakeError(f"{checkpoint} has no *.safetensors")
    for path in weights:
        (folder / path.name).symlink_to(path.resolve())
    if config["model_type"] == "smolvlm":  # mlx-vlm's SmolVLM knows no tied embeddings: it wants an output layer
        tensors: dict[str, Any] = {}  # MLX reads a tensor when it is used
        for path in weights:
            loaded: Any = mx.load(str(path))
            tensors |= loaded
        if "lm_head.weight" not in tensors:
            tied = {"lm_head.weight": tensors["model.text_model.embed_tokens.weight"]}
            mx.save_safetensors(str(folder / "tied.safetensors"), tied)
    return folder


def _quantisation_predicate(kind: str, model: Any) -> Callable[[str, Any], Any]:
    """A function of a module's path, as mlx-vlm takes it: whether, and how, the module is quantised."""
    from mlx_vlm.convert import mixed_quant_predicate_builder

    mixed = mixed_quant_predicate_builder(kind, model) if kind in MIXED else None

    def quantised(path: str, module: Any) -> Any:
        if f"{path}.".startswith(VISION):
            return False
        return mixed(path, module) if mixed else True

    return quantised
