"""Decide what a `pull` fetches: from a name, of the registry or of a repository, to files as the hub lists them.

Neither network nor disk is used here: `download.py` asks the hub and fetches.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from assistant.models import gguf_metadata, registry
from memory.errors import ModelError

REPOSITORY = re.compile(r"hf:(\w[\w.-]*/\w[\w.-]*)(?::([^:]+\.gguf))?")
MODEL_SUFFIXES = (".json", ".safetensors", ".txt", ".jinja", ".model")
"""Suffixes of files that make a model in transformers' layout; other files are pictures, cards and git's own."""


@dataclass(frozen=True, slots=True)
class PullPlan:
    """What to fetch, and the name of the model on this machine."""

    name: str
    repository: str
    revision: str | None
    """A commit; None: the newest."""
    quant: str
    """Quantisation of the language model."""
    listed: registry.ListedModel | None = None
    """The model of the registry, where the name is one of it."""
    file: str | None = None
    """The language model's file, where the user named it."""

    @property
    def format(self) -> registry.Format:
        """ "gguf" and "mlx" can be run; "safetensors" must be converted first."""
        return self.listed.format if self.listed else "gguf"

    @property
    def record(self) -> str:
        """Name of the file that records what was fetched: the manifest of a model.

        A checkpoint gets no manifest, since it cannot be run yet; that of an encoder says how to use it.
        """
        return "manifest.json" if self.format in ("gguf", "mlx") else "source.json"

    @property
    def shelf(self) -> str:
        """The folder under home() in which it will lie."""
        return {"safetensors": "checkpoints", "onnx": "encoders"}.get(self.format, "models")


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file of a repository, as the hub lists it."""

    remote: str
    """Its path in the repository."""
    bytes: int
    sha256: str | None
    """Known for files in large storage, such as all weights."""
    blob: str | None
    """git's own hash, for small files."""

    @property
    def name(self) -> str:
        """Its name on this machine: never a path."""
        return PurePosixPath(self.remote).name

    def partial(self, folder: Path) -> Path:
        """Where a download grows. The name changes with the content, so a resumed file never mixes two versions."""
        return folder / f"{self.name}.{(self.sha256 or self.blob or 'unknown')[:16]}.partial"


def plan_pull(name: str, quant: str | None = None) -> PullPlan:
    """The plan for a name of the registry or "hf:OWNER/REPOSITORY[:FILE.gguf]". Raises ModelError."""
    encoder = registry.listed_encoders().get(name)
    if encoder and encoder.repository:
        return PullPlan(name, encoder.repository, encoder.revision, quant or registry.QUANT, encoder)
    listed = registry.listed_models().get(name)
    if listed and listed.repository:
        chosen = quant or registry.QUANT
        local_name = f"{name}-{chosen.lower()}" if listed.files(chosen) and chosen != registry.QUANT else name
        return PullPlan(local_name, listed.repository, listed.revision, chosen, listed)
    if listed:
        raise ModelError(f"{name} ships with Keepsake: there is nothing to fetch")
    if match := REPOSITORY.fullmatch(name):
        local_name = Path(match[2]).stem if match[2] else match[1].split("/")[1] + (f"-{quant}" if quant else "")
        return PullPlan(local_name.lower(), match[1], None, quant or registry.QUANT, file=match[2])
    known = {**registry.listed_models(), **registry.listed_encoders()}
    can = ", ".join(n for n, model in known.items() if model.repository)
    raise ModelError(f"{name!r} is not on the list: pull one of {can}, or hf:OWNER/REPOSITORY")


def choose_files(plan: PullPlan, remote: Sequence[RemoteFile]) -> list[RemoteFile]:
    """The files of a repository to fetch: language model first, mmproj last. Raises ModelError when any is missing."""
    if plan.listed and not plan.listed.files(plan.quant):
        return [file for file in remote if "/" not in file.remote and file.remote.endswith(MODEL_SUFFIXES)]
    if plan.listed:
        by_name = {file.remote: file for file in remote}
        listed = plan.listed.files(plan.quant)
        for file in listed:
            if file.file not in by_name or (file.sha256 and by_name[file.file].sha256 != file.sha256):
                raise ModelError(
                    f"{file.file} of {plan.repository} is not the file Keepsake knows: nothing was fetched"
                )
        return [by_name[file.file] for file in listed]
    return _choose_unlisted(plan, [file for file in remote if file.name.endswith(".gguf")])


def _choose_unlisted(plan: PullPlan, remote: Sequence[RemoteFile]) -> list[RemoteFile]:
    """The language model, with all shards, and the mmproj (f16 if there is one) of a repository not in the registry."""
    towers = sorted(
        (p for p in remote if "mmproj" in p.name.lower()), key=lambda p: ("-f16" not in p.name.lower(), p.name)
    )
    languages = sorted((p for p in remote if p not in towers), key=lambda p: p.remote)
    if plan.file:
        fitting = [p for p in languages if plan.file in (p.remote, p.name)]
    else:
        fitting = [p for p in languages if plan.quant.lower() in p.name.lower()]
    if fitting and towers:
        folder = PurePosixPath(fitting[0].remote).parent
        wanted = {str(folder / shard.name) for shard in gguf_metadata.shards(Path(fitting[0].name))}
        parts = [p for p in languages if p.remote in wanted]
        if len(parts) == len(wanted):
            return [*parts, towers[0]]
    offered = ", ".join(p.name for p in languages) or "no language model in GGUF"
    lacks = f"no {plan.file or plan.quant}" if towers else "no mmproj*.gguf"
    raise ModelError(f"{plan.repository} has {lacks}; it has {offered}")
