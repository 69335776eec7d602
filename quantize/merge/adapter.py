"""What a LoRA changes in its base: every tensor of the adapter matched to one of the base, before anything is written.

Reads headers and settings only. Refuses, with one line, a merge that would not be the model that was trained: another
base, an adapter other than plain LoRA, a setting that is unknown here. The LoRA may have been trained on the whole
model or on its language model alone, whichever name that has in a release of transformers (`language_model`,
`text_model`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from memory.errors import KeepsakeError
from memory.files import sha256
from quantize.merge.shards import FLOATS, StoredTensor, header, pieces, read, tensors

WEIGHTS, SETTINGS = "adapter_model.safetensors", "adapter_config.json"
MERGED = "merged_adapters"
"""The key of config.json that lists the sha256 of every adapter folded in. A later training leaves it there."""
EMBEDDING, HEAD = "text.embed_tokens.weight", "lm_head.weight"
"""Roles (see `role`) of the input embeddings and of the output layer."""
FOLLOWED = "peft_type r lora_alpha rank_pattern alpha_pattern use_rslora modules_to_save target_modules"
FOLLOWED += " init_lora_weights bias base_model_name_or_path layers_to_transform exclude_modules layers_pattern"
IDLE = "auto_mapping peft_version task_type inference_mode revision lora_dropout megatron_core qalora_group_size"
IDLE += " loftq_config eva_config corda_config lora_ga_config"
"""Settings of adapter_config.json that a merge follows, and those that do not matter to it. Any other must be off."""
PLAIN_STARTS = (True, False, "gaussian", "eva", "orthogonal")
"""Initialisations of a LoRA that leave the base as it is; others (pissa, olora, ...) train on a changed base."""
PUBLISHED = r"[\w.-]+-\d+(\.\d+)?[bm](-[\w.-]+)?"
"""The form of a published model's name: Qwen3-VL-8B-Instruct."""


@dataclass(frozen=True, slots=True)
class Edit:
    """How a tensor of the merged model comes about: `source` plus `scale` * b @ a, or `new` instead of it."""

    source: StoredTensor
    a: StoredTensor | None = None
    """Shape (r, in)."""
    b: StoredTensor | None = None
    """Shape (out, r)."""
    scale: float = 0.0
    new: StoredTensor | None = None

    @property
    def changed(self) -> bool:
        """False when the merged tensor is `source` itself."""
        return self.a is not None or self.new is not None


@dataclass(frozen=True, slots=True)
class MergePlan:
    """All of a merge before anything is written."""

    checkpoint: Path
    adapter: str
    """sha256 of the adapter's weights."""
    edits: dict[str, Edit]
    """Every tensor of the merged model, in the order of the base's files."""
    untied: bool
    """Whether an output layer is written that the base shared with its input embeddings."""
    config: dict[str, Any]
    """The merged model's config.json."""


def plan(checkpoint: Path, adapter: Path | None = None) -> MergePlan:
    """Match the LoRA in `adapter` (default: `checkpoint/adapter`) to the model in `checkpoint`.

    Where output layer and input embeddings are one tensor (tied) and the LoRA changes one of the two, both are written,
    and config.json says so: a change of the shared tensor would change both. Raises KeepsakeError with what does not
    fit.
    """
    config = _json(checkpoint / "config.json", "checkpoint")
    lora = _Lora(adapter or checkpoint / "adapter", checkpoint, config)
    if lora.sha256 in config.get(MERGED, []):
        raise KeepsakeError(f"{lora.folder} is merged into {checkpoint} already: twice would be too much")
    if "quantization_config" in config:
        raise KeepsakeError(f"{checkpoint} is quantised: merge into the model it was made from, and quantise that")
    edits = {name: Edit(stored) for name, stored in tensors(checkpoint).items()}
    known: dict[str, str] = {}
    for name in edits:
        if role(name) in known:
            raise KeepsakeError(f"{checkpoint} has two tensors for one place: {known[role(name)]} and {name}")
        known[role(name)] = name
    shared = HEAD not in known and EMBEDDING in known
    if shared:
        known[HEAD] = HEAD
        edits[HEAD] = edits[known[EMBEDDING]]
    changed = lora.edits(edits, known)
    tied = shared or config.get("tie_word_embeddings", config.get("text_config", {}).get("tie_word_embeddings", False))
    untied = bool(tied and {known.get(HEAD), known.get(EMBEDDING)} & changed.keys())
    if untied:
        for part in (config, config.get("text_config", {})):
            part["tie_word_embeddings"] = False
    elif shared:
        del edits[HEAD]
    config[MERGED] = [*config.get(MERGED, []), lora.sha256]
    return MergePlan(checkpoint, lora.sha256, edits | changed, untied, config)


def role(name: str) -> str:
    """The name of a module or tensor without the nesting of its model: "text.layers.0.mlp.up_proj".

    The language model may be the whole model, or a part of it called `language_model` or `text_model`.
    """
    name = name.removeprefix("base_model.model.")
    name = re.sub(r"^(model\.|language_model\.|text_model\.)*(?=(layers|embed_tokens|norm)\b)", "text.", name)
    return re.sub(r"^(model\.|language_model\.)*", "", name)


class _Lora:
    """A peft folder. Every error names the folder and the base that it was matched to."""

    def __init__(self, folder: Path, checkpoint: Path, config: Mapping[str, Any]) -> None:
        """Read headers and settings of a LoRA for the model in `checkpoint`, whose config.json is `config`."""
        self.folder = folder
        self.settings = _json(folder / SETTINGS, "LoRA")
        self.tensors = header(folder / WEIGHTS)
        self.sha256 = sha256(folder / WEIGHTS)
        cached = re.search(r"models--.+--([^/\\]+)[/\\]snapshots", str(checkpoint))
        wanted = self.settings.get("base_model_name_or_path")
        here = config.get("_name_or_path") or (cached[1] if cached else checkpoint.resolve().name)
        self.misfit = f"the LoRA in {folder}, for {wanted or 'a base it does not name'}, does not fit {here}"
        first, second = (re.split(r"[/\\]", name.rstrip("/\\"))[-1].lower() for name in (wanted or here, here))
        if first != second and re.fullmatch(PUBLISHED, first) and re.fullmatch(PUBLISHED, second):
            raise KeepsakeError(f"{self.misfit}: these are two models")
        self._refuse_other_kinds()

    def edits(self, base: Mapping[str, Edit], known: Mapping[str, str]) -> dict[str, Edit]:
        """The base's tensors that change, by name. `known` has the base's names by role."""
        changed: dict[str, Edit] = {}
        halves: dict[str, dict[str, StoredTensor]] = {}
        saved = "|".join(map(re.escape, self.settings.get("modules_to_save") or []))
        for key, stored in self.tensors.items():
            half = re.fullmatch(r"(.+)\.lora_([AB])(\.\w+)?\.weight", key)
            if half and len(stored.shape) == 2 and stored.dtype in FLOATS:
                halves.setdefault(half[1], {})[half[2]] = stored
                continue
            name = known.get(role(key.replace(".base_layer.", ".")))
            if ".lora_" in key or name is None:
                raise KeepsakeError(f"cannot merge {self.folder}: nothing is known to do with its tensor {key}")
            if base[name].source.shape != stored.shape:
                raise KeepsakeError(f"{self.misfit}: {name} is {_size(base[name].source)}, here {_size(stored)}")
            if saved and re.search(rf"({saved})\.", key) and {stored.dtype, base[name].source.dtype} <= FLOATS.keys():
                changed[name] = replace(base[name], new=stored)
            elif not _same(stored, base[name].source):  # peft saves the frozen layer beside a LoRA on lm_head
                raise KeepsakeError(f"{self.misfit}: it was trained beside another {name}")
        for module, pair in halves.items():
            name = known.get(f"{role(module)}.weight", "")
            changed[name] = self._pair(module, pair, base.get(name))
        if not changed:
            raise KeepsakeError(f"cannot merge {self.folder}: it holds no LoRA")
        self._refuse_missing_layers({role(module): module for module in halves}, known)
        return changed

    def _pair(self, module: str, pair: dict[str, StoredTensor], edit: Edit | None) -> Edit:
        """`edit`, the base's tensor of a module, with the two halves ("A", "B") of the module's LoRA."""
        if edit is None:
            raise KeepsakeError(f"{self.misfit}: the base has no {module.removeprefix('base_model.model.')}")
        a, b = pair.get("A"), pair.get("B")
        if a is None or b is None or a.shape[0] != b.shape[1]:
            raise KeepsakeError(f"cannot merge {self.folder}: lora_A and lora_B of {module} do not belong together")
        if edit.source.shape != (b.shape[0], a.shape[1]):
            wanted = f"{b.shape[0]} x {a.shape[1]}"
            raise KeepsakeError(f"{self.misfit}: {module} is {_size(edit.source)} there, and the LoRA is for {wanted}")
        if edit.source.dtype not in FLOATS:
            raise KeepsakeError(
                f"{self.misfit}: {module} is stored as {edit.source.dtype}, must be {', '.join(FLOATS)}"
            )
        return replace(edit, a=a, b=b, scale=self._scale(module, a.shape[0]))

    def _scale(self, module: str, rank: int) -> float:
        """alpha / r, or alpha / sqrt(r) for rsLoRA; patterns match the end of a module's name, as in peft."""
        name = module.removeprefix("base_model.model.")

        def setting(patterns: str, default: str) -> Any:
            values = (self.settings.get(patterns) or {}).items()
            return next((v for p, v in values if re.match(rf"(.*\.)?({p})$", name)), self.settings.get(default, 8))

        r, alpha = setting("rank_pattern", "r"), setting("alpha_pattern", "lora_alpha")
        if r != rank:
            raise KeepsakeError(f"cannot merge {self.folder}: {module} has rank {rank}, and {SETTINGS} says {r}")
        return float(alpha / r**0.5 if self.settings.get("use_rslora") else alpha / r)

    def _refuse_other_kinds(self) -> None:
        """Raise KeepsakeError for an adapter that is not a plain LoRA."""
        start = self.settings.get("init_lora_weights", True)
        wrong = {
            key: value for key, value in self.settings.items() if value and key not in f"{FOLLOWED} {IDLE}".split()
        }
        wrong |= {} if start in PLAIN_STARTS else {"init_lora_weights": start}
        for key, plain in (("peft_type", "LORA"), ("bias", "none")):
            wrong |= {} if self.settings.get(key, plain) == plain else {key: self.settings[key]}
        for key, value in wrong.items():
            raise KeepsakeError(
                f"cannot merge {self.folder}: {key} is {json.dumps(value)}, and merge knows plain LoRA only"
            )

    def _refuse_missing_layers(self, have: Mapping[str, str], known: Mapping[str, str]) -> None:
        """Raise KeepsakeError when a layer has no LoRA although the settings target it.

        A LoRA for a model of fewer layers fits by names and shapes. `have`: its modules by role; `known`: the base's
        tensors by role.
        """
        targets = self.settings.get("target_modules") or []
        if self.settings.get("layers_to_transform") is not None or self.settings.get("exclude_modules"):
            return
        examples = {re.sub(r"\.layers\.\d+\.", r".layers.#.", place): module for place, module in have.items()}
        for found in (re.fullmatch(r"(.+\.layers\.)(\d+)(\..+)\.weight", place) for place in known):
            if found is None or (like := examples.get(f"{found[1]}#{found[3]}")) is None:
                continue
            if found[0].removesuffix(".weight") in have:
                continue
            module = re.sub(r"layers\.\d+", f"layers.{found[2]}", like.removeprefix("base_model.model."))
            if isinstance(targets, str):
                targeted = bool(re.fullmatch(targets, module))
            else:
                targeted = any(f".{module}".endswith(f".{target}") for target in targets)
            if targeted:
                raise KeepsakeError(f"{self.misfit}: it has nothing for {module}")


def _json(path: Path, what: str) -> dict[str, Any]:
    """The settings in a JSON file. Raises KeepsakeError; a missing file means that its folder is no `what`."""
    if not path.is_file():
        raise KeepsakeError(f"{path.parent} is not a {what}: it has no {path.name}")
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise KeepsakeError(f"{path} is not JSON: {error}") from error
    if not isinstance(settings, dict):
        raise KeepsakeError(f"{path} holds no settings")
    return settings


def _same(one: StoredTensor, other: StoredTensor) -> bool:
    """Whether two tensors are equal once both are rounded to the coarser of their dtypes."""
    coarse = next((kind for name, kind in reversed(FLOATS.items()) if name in (one.dtype, other.dtype)), torch.uint8)
    return all(torch.equal(read(one, *p).to(coarse), read(other, *p).to(coarse)) for p in pieces(one))


def _size(stored: StoredTensor) -> str:
    """A tensor's shape for an error: "16 x 6"."""
    return " x ".join(map(str, stored.shape))
