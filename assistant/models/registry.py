"""The registry of models: those listed in `models.toml`, and those on this machine.

Only small files are read, and never the network. The list was written by people; `download.py` asks the hub itself.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from assistant.models import gguf_metadata, hardware, local
from assistant.models.model_files import read_object
from assistant.models.spec import Spec
from memory.errors import ModelError

LIST = Path(__file__).with_name("models.toml")
COMFORT = 0.4
"""Fraction of this machine's memory that the model which a beginner is advised to take may need."""
BY_PROCESSOR = 4_000_000_000
"""Bytes of the files of the largest such model where there is no graphics processor. Others measured a 4B on the
processor of a fast laptop (Ryzen AI 9 365): 56 tokens read in a second, half a minute for the prompt of a caption."""
QUANT = "Q4_K_M"
"""The quantisation that is fetched by default."""
ONLY_MACS = "for Macs with Apple silicon only"
"""How the description begins of a model that this kind of machine cannot run, however much memory it has."""
Format = Literal["gguf", "mlx", "safetensors", "onnx"]
"""Formats of published models; safetensors must be converted before they run, onnx are photo encoders."""


@dataclass(frozen=True, slots=True)
class ListedFile:
    """A file of a repository, as the list describes it."""

    file: str
    bytes: int
    sha256: str | None = None
    """None where too few independent sources recorded it."""


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A model of the list, or a photo encoder."""

    name: str
    about: str
    format: Format
    licence: str
    kv_bytes: int = 0
    """Bytes of one token in the KV cache."""
    repository: str | None = None
    """None: the model ships with the project."""
    revision: str | None = None
    """A commit; None where none is recorded: then the newest is fetched."""
    languages: Mapping[str, ListedFile] = field(default_factory=dict)
    """Language models by quantisation; empty where the whole repository is the model."""
    mmproj: Mapping[str, ListedFile] = field(default_factory=dict)
    """Vision towers by kind, the first one fetched by default."""
    network: ListedFile | None = None
    """The file of a photo encoder."""
    manifest: Mapping[str, Any] = field(default_factory=dict)
    """For a photo encoder: how photos enter it, and which output is used (`assistant/encoder/encoder_manifest.py`)."""
    bytes: int = 0
    """Approximate size of the whole repository."""

    def files(self, quant: str = QUANT, mmproj: str | None = None) -> list[ListedFile]:
        """The files to fetch, language model first; empty where the whole repository is fetched. Raises ModelError.

        `mmproj`: kind of the vision tower; None: the first.
        """
        if self.network:
            return [self.network]
        if not self.languages or not self.mmproj:
            return []
        if quant not in self.languages:
            raise ModelError(f"{self.name} comes as {', '.join(self.languages)}, not as {quant!r}")
        kind = mmproj or next(iter(self.mmproj))
        if kind not in self.mmproj:
            raise ModelError(f"the mmproj of {self.name} comes as {', '.join(self.mmproj)}, not as {kind!r}")
        return [self.languages[quant], self.mmproj[kind]]

    @property
    def size(self) -> int:
        """Bytes to fetch with the default quantisation."""
        return sum(f.bytes for f in self.files()) or self.bytes

    @property
    def pinned(self) -> bool:
        """Whether the list names the commit and the sha256 of every file to fetch."""
        return bool(self.revision and self.files() and all(f.sha256 for f in self.files()))


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A line of `models list`: a model, or a photo encoder. Sizes in bytes."""

    name: str
    where: Literal["ships", "here", "pull", "convert"]
    """Part of the project; on this machine; to be fetched; to be fetched and converted."""
    ready: bool
    """Whether it can be run now."""
    fits: hardware.Fits | None
    needs: int | None
    """Memory while it runs; None where that is unknown until it is converted or repaired."""
    size: int | None
    licence: str
    about: str
    pinned: bool
    """Whether the list names the commit and the sha256 of every file. False for models on this machine."""
    folder: str | None = None
    language: str | None = None
    """File name of the language model."""
    problem: str | None = None
    """Why it cannot be run: a file is missing or damaged."""
    kind: Literal["model", "encoder"] = "model"
    begin: bool = False
    """Whether a beginner is advised to take this model on this machine."""


@cache
def listed_models() -> Mapping[str, ListedModel]:
    """The models of the list by name, in the list's order."""
    return MappingProxyType({entry["name"]: _listed_model(entry) for entry in _entries("model")})


@cache
def listed_encoders() -> Mapping[str, ListedModel]:
    """The photo encoders of the list by name, in the list's order."""
    return MappingProxyType({entry["name"]: _listed_model(entry) for entry in _entries("encoder")})


def rows(machine: hardware.Machine | None = None) -> list[ModelRow]:
    """Every model on this machine, then those of the list that are not here yet. `machine`: this one by default."""
    machine = machine or hardware.this_machine()
    present = sorted(local.names(), key=lambda name: (name != local.DEFAULT, name))
    absent = [model for name, model in listed_models().items() if name not in present]
    found = [*(_present(name, machine) for name in present), *(_absent(model, machine) for model in absent)]
    begin = _to_begin_with(machine)
    return [replace(row, begin=row.name == begin and not row.problem) for row in found]


def _to_begin_with(machine: hardware.Machine) -> str:
    """The name of the largest listed model in GGUF that needs at most COMFORT of the memory, and that the machine
    reads a prompt with in reasonable time; "" if there is none."""
    needs = {
        model.name: hardware.memory_needed(model.size, model.kv_bytes)
        for model in listed_models().values()
        if model.format == "gguf" and model.languages and (machine.graphics or model.size <= BY_PROCESSOR)
    }
    return max(
        (name for name in needs if needs[name] <= COMFORT * machine.total), key=lambda name: needs[name], default=""
    )


def weight(spec: Spec) -> int:
    """Bytes of all files of a model."""
    if spec.language.is_dir():
        return sum(path.stat().st_size for path in spec.language.rglob("*.safetensors"))
    parts = [*gguf_metadata.shards(spec.language), spec.mmproj, *([spec.adapter] if spec.adapter else [])]
    return sum(part.stat().st_size for part in parts)


def kv_bytes(spec: Spec) -> int:
    """Bytes of one token in the KV cache, keys and values in 16 bits."""
    if not spec.language.is_dir():
        return gguf_metadata.kv_bytes(spec.language)
    try:
        config = read_object(spec.language / "config.json")
        text = config.get("text_config", config)
        heads = text["num_attention_heads"]
        width = text.get("head_dim") or text["hidden_size"] // heads
        return int(text["num_hidden_layers"] * text.get("num_key_value_heads", heads) * width * 4)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ArithmeticError) as error:
        raise ModelError(f"{spec.language / 'config.json'} is not a model's configuration: {error}") from error


def _entries(table: str) -> list[dict[str, Any]]:
    with open(LIST, "rb") as file:
        return list(tomllib.load(file).get(table, []))


def _listed_model(entry: dict[str, Any]) -> ListedModel:
    kinds: Any = {
        role: {kind: ListedFile(**file) for kind, file in entry.pop(role, {}).items()}
        for role in ("languages", "mmproj")
    }
    network: Any = {"network": ListedFile(**entry.pop("network"))} if "network" in entry else {}
    return ListedModel(**kinds, **network, **entry)


def _present(name: str, machine: hardware.Machine) -> ModelRow:
    folder, listed = local.find(name), listed_models().get(name)
    where: Any = "ships" if folder.parent == local.SHIPPED else "here"
    about = listed.about if listed else ""
    try:
        spec = local.load(name, verify=False)
        size = weight(spec)
        needs = hardware.memory_needed(size, kv_bytes(spec))
        licence = _licence(folder) or (listed.licence if listed else "not stated")
        fits = hardware.fits(needs, machine)
        return ModelRow(name, where, True, fits, needs, size, licence, about, False, str(folder), spec.language.name)
    except Exception as error:  # whatever is wrong with one folder, the list goes on, and that folder's line says so
        return ModelRow(name, where, False, None, None, None, "", about, False, str(folder), problem=str(error))


def _absent(model: ListedModel, machine: hardware.Machine) -> ModelRow:
    needs = hardware.memory_needed(model.size, model.kv_bytes) if model.format != "safetensors" else None
    fits = hardware.fits(needs, machine) if needs else None
    where: Any = "pull" if needs else "convert"
    about = model.about
    if model.format == "mlx" and sys.platform != "darwin":  # MLX runs on Apple silicon
        fits, about = "no", f"{ONLY_MACS}; {about}"
    return ModelRow(model.name, where, False, fits, needs, model.size, model.licence, about, model.pinned)


def _licence(folder: Path) -> str:
    """The licence in a model's manifest; "" without one. Raises ModelError when the manifest is damaged."""
    manifest = folder / "manifest.json"
    try:
        return str(read_object(manifest).get("licence", "")) if manifest.exists() else ""
    except (OSError, ValueError) as error:
        raise ModelError(f"{manifest} is not a model manifest: {error}") from error
