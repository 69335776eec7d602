"""What exactly a `pull` fetches: from a name of the list, or any repository, to files as the hub describes them.

Pure choice: no network, no disk. `download.py` asks the hub and fetches.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from assistant.models import gguf_metadata, registry
from memory.errors import ModelError

REPOSITORY = re.compile(r"hf:(\w[\w.-]*/\w[\w.-]*)(?::([^:]+\.gguf))?")
PLAIN = (".json", ".safetensors", ".txt", ".jinja", ".model")
"""Files of a repository that are the model; the rest is pictures, cards and git's."""


@dataclass(frozen=True, slots=True)
class PullPlan:
    """What to fetch, and what to call it here."""

    name: str
    repository: str
    revision: str | None
    """None: the newest."""
    quant: str
    listed: registry.Known | None = None
    file: str | None = None
    """The language model, where the user named it."""

    @property
    def engine(self) -> str:
        """What runs it: "gguf", "mlx", or "safetensors", which is converted first."""
        return self.listed.format if self.listed else "gguf"

    @property
    def record(self) -> str:
        """The file that tells what was fetched. A checkpoint is not a model yet: nothing may take it for one."""
        return "source.json" if self.engine == "safetensors" else "manifest.json"


@dataclass(frozen=True, slots=True)
class Part:
    """One file of the order, as the hub describes it."""

    remote: str
    bytes: int
    sha256: str | None
    """Of files in large storage: all weights."""
    blob: str | None
    """git's own hash, for small files."""

    @property
    def name(self) -> str:
        """Its name here: never a path."""
        return PurePosixPath(self.remote).name

    def partial(self, folder: Path) -> Path:
        """Where it grows. The name changes with the content, so a resumed file is never glued together from two."""
        return folder / f"{self.name}.{(self.sha256 or self.blob or 'unknown')[:16]}.partial"


def read(name: str, quant: str | None = None) -> PullPlan:
    """Understand a name of the list or "hf:OWNER/REPOSITORY[:FILE.gguf]". Raises ModelError."""
    listed = registry.known().get(name)
    if listed and listed.repository:
        chosen = quant or registry.QUANT
        own = f"{name}-{chosen.lower()}" if listed.files(chosen) and chosen != registry.QUANT else name
        return PullPlan(own, listed.repository, listed.revision, chosen, listed)
    if listed:
        raise ModelError(f"{name} ships with Keepsake: there is nothing to fetch")
    if found := REPOSITORY.fullmatch(name):
        own = Path(found[2]).stem if found[2] else found[1].split("/")[1] + (f"-{quant}" if quant else "")
        return PullPlan(own.lower(), found[1], None, quant or registry.QUANT, file=found[2])
    can = ", ".join(n for n, model in registry.known().items() if model.repository)
    raise ModelError(f"{name!r} is not on the list: pull one of {can}, or hf:OWNER/REPOSITORY")


def choose(order: PullPlan, there: Sequence[Part]) -> list[Part]:
    """Of a repository's files those to fetch: language model, mmproj last. Raises ModelError where they are not."""
    if order.listed and not order.listed.languages:
        return [part for part in there if "/" not in part.remote and part.remote.endswith(PLAIN)]
    if order.listed:
        by_name = {part.remote: part for part in there}
        files = order.listed.files(order.quant)
        for file in files:
            if file.file not in by_name or (file.sha256 and by_name[file.file].sha256 != file.sha256):
                raise ModelError(
                    f"{file.file} of {order.repository} is not the file Keepsake knows: nothing was fetched"
                )
        return [by_name[file.file] for file in files]
    return _anywhere(order, [part for part in there if part.name.endswith(".gguf")])


def _anywhere(order: PullPlan, there: Sequence[Part]) -> list[Part]:
    """From a repository nobody listed: the named file or quantisation with all its shards, and an mmproj, best f16."""
    eyes = sorted(
        (p for p in there if "mmproj" in p.name.lower()), key=lambda p: ("-f16" not in p.name.lower(), p.name)
    )
    languages = sorted((p for p in there if p not in eyes), key=lambda p: p.remote)
    if order.file:
        fitting = [p for p in languages if order.file in (p.remote, p.name)]
    else:
        fitting = [p for p in languages if order.quant.lower() in p.name.lower()]
    if fitting and eyes:
        folder = PurePosixPath(fitting[0].remote).parent
        wanted = {str(folder / shard.name) for shard in gguf_metadata.shards(Path(fitting[0].name))}
        parts = [p for p in languages if p.remote in wanted]
        if len(parts) == len(wanted):
            return [*parts, eyes[0]]
    offered = ", ".join(p.name for p in languages) or "no language model in GGUF"
    lacks = f"no {order.file or order.quant}" if eyes else "no mmproj*.gguf"
    raise ModelError(f"{order.repository} has {lacks}; it has {offered}")
