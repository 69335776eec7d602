"""The models one can have: those Keepsake knows by name (`models.toml`) and those that lie on this machine.

Reads small files only, never the network. What the list says was written down by people; `download.py` asks the hub.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from assistant.models import gguf_metadata, hardware, local
from assistant.models.spec import Spec
from memory.errors import KeepsakeError, ModelError

LIST = Path(__file__).with_name("models.toml")
QUANT = "Q4_K_M"
"""What is fetched unless another is asked for."""
Form = Literal["gguf", "mlx", "safetensors"]


@dataclass(frozen=True, slots=True)
class File:
    """A file of a repository."""

    file: str
    bytes: int
    sha256: str | None = None
    """None where nobody trustworthy wrote it down."""


@dataclass(frozen=True, slots=True)
class Known:
    """A model of the list."""

    name: str
    about: str
    format: Form
    licence: str
    kv_bytes: int
    """Bytes of a token in the KV cache."""
    repository: str | None = None
    """None: it ships with the project."""
    revision: str | None = None
    """A commit; None where nobody wrote one down: then the newest is fetched."""
    languages: Mapping[str, File] = field(default_factory=dict)
    """By quantisation; empty where the whole repository is the model."""
    mmproj: File | None = None
    bytes: int = 0
    """Of the whole repository, about."""

    def files(self, quant: str = QUANT) -> list[File]:
        """What is fetched, language model first; empty where it is the whole repository. Raises ModelError."""
        if not self.languages or not self.mmproj:
            return []
        if quant not in self.languages:
            raise ModelError(f"{self.name} comes as {', '.join(self.languages)}, not as {quant!r}")
        return [self.languages[quant], self.mmproj]

    @property
    def size(self) -> int:
        """Bytes to fetch."""
        return sum(f.bytes for f in self.files()) or self.bytes

    @property
    def pinned(self) -> bool:
        """The list names the commit and the sha256 of all that is fetched."""
        return bool(self.revision and self.files() and all(f.sha256 for f in self.files()))


@dataclass(frozen=True, slots=True)
class Row:
    """A line of `models list`. Sizes in bytes."""

    name: str
    where: Literal["ships", "here", "pull", "convert"]
    """Part of the project; on this machine; to be fetched; to be fetched and converted."""
    ready: bool
    fits: hardware.Fits | None
    needs: int | None
    """Memory while it runs; None where nobody can say before it is converted or repaired."""
    size: int | None
    licence: str
    about: str
    pinned: bool
    """The list names the commit and the sha256 of every file. False for what is not on the list."""
    folder: str | None = None
    language: str | None = None
    problem: str | None = None


@cache
def known() -> Mapping[str, Known]:
    """The list, by name, in its order."""
    with open(LIST, "rb") as file:
        return MappingProxyType({entry["name"]: _known(entry) for entry in tomllib.load(file)["model"]})


def rows(here: hardware.Machine | None = None) -> list[Row]:
    """Every model of this machine, then those of the list that are not here yet."""
    here = here or hardware.this()
    present = sorted(local.names(), key=lambda name: (name != local.DEFAULT, name))
    absent = [model for name, model in known().items() if name not in present]
    return [*(_present(name, here) for name in present), *(_absent(model, here) for model in absent)]


def weight(spec: Spec) -> int:
    """Bytes of all files of a model."""
    if spec.language.is_dir():
        return sum(path.stat().st_size for path in spec.language.rglob("*.safetensors"))
    parts = [*gguf_metadata.shards(spec.language), spec.mmproj, *([spec.adapter] if spec.adapter else [])]
    return sum(part.stat().st_size for part in parts)


def kv_bytes(spec: Spec) -> int:
    """Bytes that one token takes in the KV cache, in 16 bits."""
    if not spec.language.is_dir():
        return gguf_metadata.kv_bytes(spec.language)
    config = json.loads((spec.language / "config.json").read_text(encoding="utf-8"))
    text = config.get("text_config", config)
    heads = text["num_attention_heads"]
    wide = text.get("head_dim") or text["hidden_size"] // heads
    return int(text["num_hidden_layers"] * text.get("num_key_value_heads", heads) * wide * 4)


def _known(entry: dict[str, Any]) -> Known:
    languages = {quant: File(**file) for quant, file in entry.pop("languages", {}).items()}
    mmproj = entry.pop("mmproj", None)
    return Known(languages=languages, mmproj=File(**mmproj) if mmproj else None, **entry)


def _present(name: str, here: hardware.Machine) -> Row:
    folder, listed = local.find(name), known().get(name)
    where: Any = "ships" if folder.parent == local.SHIPPED else "here"
    about = listed.about if listed else ""
    try:
        spec = local.load(name, verify=False)
        size = weight(spec)
        needs = hardware.need(size, kv_bytes(spec))
        licence = _licence(folder) or (listed.licence if listed else "not stated")
        fits = hardware.fits(needs, here)
        return Row(name, where, True, fits, needs, size, licence, about, False, str(folder), spec.language.name)
    except (KeepsakeError, OSError, KeyError, ValueError) as error:
        return Row(name, where, False, None, None, None, "", about, False, str(folder), problem=str(error))


def _absent(model: Known, here: hardware.Machine) -> Row:
    needs = hardware.need(model.size, model.kv_bytes) if model.format != "safetensors" else None
    fits = hardware.fits(needs, here) if needs else None
    where: Any = "pull" if needs else "convert"
    return Row(model.name, where, False, fits, needs, model.size, model.licence, model.about, model.pinned)


def _licence(folder: Path) -> str:
    """As the model's manifest or its files say."""
    manifest = folder / "manifest.json"
    try:
        return str(json.loads(manifest.read_text(encoding="utf-8")).get("licence", "")) if manifest.exists() else ""
    except (ValueError, AttributeError) as error:
        raise ModelError(f"{manifest} is not a model manifest: {error}") from error
