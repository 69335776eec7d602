"""Decide what a `pull` fetches: from the name of a listed model or of a repository to the files that the hub lists.

Neither network nor disk is used here: `download.py` asks the hub and fetches.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from assistant.models import file_choice, registry
from assistant.models.file_choice import RemoteFile
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
    """The registry's entry, where the name is one of the registry's."""
    file: str | None = None
    """The language model's file, where the user named it."""
    mmproj: str | None = None
    """Kind of the mmproj, where the user named it."""

    @property
    def format(self) -> registry.Format:
        """ "gguf" and "mlx" can be run; "safetensors" must be converted first."""
        return self.listed.format if self.listed else "gguf"

    @property
    def record(self) -> str:
        """Name of the file that records what was fetched: the manifest of a model.

        A checkpoint gets no manifest, since it cannot be run yet; an encoder's manifest says how to use it.
        """
        return "manifest.json" if self.format in ("gguf", "mlx") else "source.json"

    @property
    def parent(self) -> str:
        """The folder under home() in which it will lie."""
        return {"safetensors": "checkpoints", "onnx": "encoders"}.get(self.format, "models")


def plan_pull(name: str, quant: str | None = None, mmproj: str | None = None) -> PullPlan:
    """The plan for a name of the registry or "hf:OWNER/REPOSITORY[:FILE.gguf]". Raises ModelError."""
    encoder = registry.listed_encoders().get(name)
    if encoder and encoder.repository:
        return PullPlan(name, encoder.repository, encoder.revision, quant or registry.QUANT, encoder)
    listed, vision = registry.listed_models().get(name), f"-mmproj-{mmproj.lower()}" if mmproj else ""
    if listed and listed.repository:
        chosen = quant or registry.QUANT
        own = f"-{chosen.lower()}" if listed.files(chosen, mmproj) and chosen != registry.QUANT else ""
        return PullPlan(name + own + vision, listed.repository, listed.revision, chosen, listed, mmproj=mmproj)
    if listed:
        raise ModelError(f"{name} ships with Keepsake: there is nothing to fetch")
    if match := REPOSITORY.fullmatch(name):
        own = match[1].split("/")[1]
        if match[2]:  # files of two folders may have one name, as "F16/model.gguf": the folder becomes part of it
            within = PurePosixPath(match[2]).with_suffix("").parts
            own = "-".join((own, *within) if within[1:] else within)
        elif quant:
            own = f"{own}-{quant}"
        return PullPlan(f"{own.lower()}{vision}", match[1], None, quant or registry.QUANT, file=match[2], mmproj=mmproj)
    known = {**registry.listed_models(), **registry.listed_encoders()}
    can = ", ".join(n for n, model in known.items() if model.repository)
    raise ModelError(f"{name!r} is not on the list: pull one of {can}, or hf:OWNER/REPOSITORY")


def choose_files(plan: PullPlan, remote: Sequence[RemoteFile]) -> list[RemoteFile]:
    """The files of a repository to fetch: language model first, mmproj last. Raises ModelError when any is missing."""
    if plan.listed and not plan.listed.files(plan.quant, plan.mmproj):
        return [file for file in remote if "/" not in file.remote and file.remote.endswith(MODEL_SUFFIXES)]
    if plan.listed:
        by_name = {file.remote: file for file in remote}
        listed = plan.listed.files(plan.quant, plan.mmproj)
        for file in listed:
            if file.file not in by_name or (file.sha256 and by_name[file.file].sha256 != file.sha256):
                raise ModelError(
                    f"{file.file} of {plan.repository} is not the file Keepsake knows: nothing was fetched"
                )
        return [by_name[file.file] for file in listed]
    return file_choice.choose(plan.repository, remote, plan.quant, plan.file, plan.mmproj)
