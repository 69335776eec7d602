"""A LoRA folded into its base, tensor by tensor, without loading a model: a few dozen megabytes do for any size.

Sums are made in f32 and rounded once. A change smaller than the last bit of its weight is lost when it is rounded back
to bf16; how much of it was is measured (`Change.lost`), and `dtype` f32 or f16 keeps it. What a LoRA changes where, and
which ones are refused: `adapter.py`. Whether the merged model still remembers is not asked here but in `verify.py`.
"""

from __future__ import annotations

import fnmatch
import hashlib
import json
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import prod, sqrt
from pathlib import Path
from typing import Any

import torch

from memory.errors import KeepsakeError
from memory.files import sha256
from quantize.merge.adapter import Edit, Plan, plan
from quantize.merge.shards import FLOATS, INDEX, SINGLE, Slot, pieces, read, write

DTYPES = {"f32": "F32", "f16": "F16", "bf16": "BF16"}
RECORD = "merge.json"
"""Beside the merged weights: where they come from, what changed, and the sha256 of each file as it gets whole."""
LEFT_OUT = ("adapter", RECORD, INDEX, "*.safetensors", "*.bin", "*.pt", "*.pth", "*.gguf", "*.partial", ".*")
"""What is not copied: the LoRA, weights in any form, what a trainer or a download leaves."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a merge does to one tensor. Both numbers are ratios of Frobenius norms."""

    tensor: str
    relative: float
    """Of the change to the tensor as it was."""
    lost: float
    """Of what rounding takes from the change (or adds to it) to the change: 0 = nothing, 1 = as much as there was."""


@dataclass(frozen=True, slots=True)
class Merged:
    """A finished merge."""

    folder: Path
    adapter: str
    """sha256 of the adapter's weights."""
    untied: bool
    """Whether the output layer is now a tensor of its own (it was the input embeddings)."""
    changes: tuple[Change, ...]


def merge(
    checkpoint: Path,
    out: Path,
    adapter: Path | None = None,
    dtype: str | None = None,
    shard_bytes: int = 2 * 10**9,
    say: Callable[[str], None] = lambda line: print(line, file=sys.stderr),
) -> Merged:
    """Write the model in `checkpoint`, with its LoRA folded in, as the new folder `out`; return what was done.

    `adapter`: the LoRA's folder, if it is not `checkpoint/adapter`. `dtype`: "f32", "f16" or "bf16" for all weights;
    None keeps each as it is. `shard_bytes`: the most a file of weights holds, unless one tensor is larger. `say` gets
    a line of progress for each file. Everything is written in `out` + ".partial", which gets its name when it is whole;
    a run that was killed is gone on with, file by file. Where `out` holds this very merge, nothing is done.
    Raises KeepsakeError with one line: what does not fit, what is in the way, what cannot be written.
    """
    made = plan(checkpoint, adapter)
    shards = _shards(made, _kind(dtype), shard_bytes)
    key = _key(made, shards)
    if (out / RECORD).is_file():
        return _finished(out, key)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise KeepsakeError(f"{out} exists already: choose a new folder for the merged model")
    work = out.with_name(f"{out.name}.partial")
    try:
        record = _begin(work, made, key)
        _room(work, shards, record)
        for i, (name, layout) in enumerate(shards.items()):
            if name not in record["files"] or not _whole(work / name, record["files"][name]):
                changes: list[Change] = []
                record["files"][name] = write(work / name, layout, _content(made, layout, changes))
                record["changes"] |= {c.tensor: asdict(c) for c in changes}
                _save(work / RECORD, record)
            say(f"{name}: {i + 1} of {len(shards)}")
        _complete(work, made, shards, dtype)
        work.rename(out)
    except OSError as error:
        kept = f"what is whole stays in {work.name}, and the same command goes on from there"
        raise KeepsakeError(f"cannot merge into {out}: {error.strerror}; {kept}") from error
    return _merged(out, record)


def preview(made: Plan, dtype: str | None = None) -> Iterator[Change]:
    """What a merge would do to each tensor it changes, computed in full; nothing is written."""
    kind = _kind(dtype)
    for name, edit in made.edits.items():
        changes: list[Change] = []
        if edit.changed:
            for _ in _pieces(name, edit, kind or edit.source.dtype, changes):
                pass
        yield from changes


def summary(changes: Sequence[Change]) -> str:
    """A merge in one line."""
    most, worst = max(changes, key=lambda c: c.relative), max(changes, key=lambda c: c.lost)
    mean, lost = (sum(values) / len(changes) for values in zip(*((c.relative, c.lost) for c in changes), strict=True))
    return (
        f"{len(changes)} tensors change by {mean:.2%} (most: {most.tensor}, {most.relative:.2%}); "
        f"rounding takes {lost:.1%} of the change (most: {worst.tensor}, {worst.lost:.1%})"
    )


def _kind(dtype: str | None) -> str | None:
    if dtype is not None and dtype not in DTYPES:
        raise KeepsakeError(f"unknown dtype {dtype!r}: use one of {', '.join(DTYPES)}")
    return DTYPES[dtype] if dtype else None


def _shards(made: Plan, kind: str | None, limit: int) -> dict[str, dict[str, Slot]]:
    """The files of the merged model and what each holds, as many tensors as fit."""
    files: list[dict[str, Slot]] = [{}]
    for name, edit in made.edits.items():
        old = edit.source
        slot = Slot(old.dtype, old.shape, old.size)
        if kind and old.dtype in FLOATS:
            slot = Slot(kind, old.shape, prod(old.shape) * FLOATS[kind].itemsize)
        if files[-1] and sum(s.size for s in files[-1].values()) + slot.size > limit:
            files.append({})
        files[-1][name] = slot
    for i, layout in enumerate(files):  # wide numbers first, as the safetensors library does: each begins aligned
        files[i] = dict(sorted(layout.items(), key=lambda item: -item[1].size // max(1, prod(item[1].shape))))
    names = [f"model-{i:05}-of-{len(files):05}.safetensors" for i in range(1, len(files) + 1)]
    return dict(zip(names if len(files) > 1 else [SINGLE], files, strict=True))


def _content(made: Plan, layout: Mapping[str, Slot], changes: list[Change]) -> Iterator[torch.Tensor]:
    for name, slot in layout.items():
        yield from _pieces(name, made.edits[name], slot.dtype, changes)


def _pieces(name: str, edit: Edit, dtype: str, changes: list[Change]) -> Iterator[torch.Tensor]:
    """The merged tensor, piece by piece; what it changes is added to `changes` at its end."""
    kind = FLOATS.get(dtype)
    a = read(edit.a).float() if edit.a else None
    before = change = lost = 0.0
    for rows in pieces(edit.source):
        old = read(edit.source, *rows)
        if not edit.changed and edit.source.dtype == dtype:
            yield old
            continue
        old = old.float()
        delta = torch.zeros(())
        whole = old
        if a is not None and edit.b is not None:
            delta = (read(edit.b, *rows).float() @ a) * edit.scale
            whole = old + delta
        elif edit.new is not None:
            whole = read(edit.new, *rows).float()
            delta = whole - old
        rounded = whole.to(kind)
        if not rounded.isfinite().all():
            raise KeepsakeError(f"{name} would not be finite in {dtype}: nothing is merged")
        before, change = before + _square(old), change + _square(delta)
        lost += _square(rounded.float() - whole)
        yield rounded
    if edit.changed:
        changes.append(Change(name, sqrt(change / max(before, 1e-30)), sqrt(lost / max(change, 1e-30))))


def _square(x: torch.Tensor) -> float:
    return float(torch.linalg.vector_norm(x)) ** 2


def _key(made: Plan, shards: Mapping[str, Mapping[str, Slot]]) -> str:
    """Equal for two runs that would write the same: their adapter, settings, layout, and the base's files on disk."""
    files = sorted({edit.source.path for edit in made.edits.values()})
    told = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    scales = {name: edit.scale for name, edit in made.edits.items()}
    return hashlib.sha256(json.dumps([told, made.adapter, scales, made.config, shards]).encode()).hexdigest()


def _begin(work: Path, made: Plan, key: str) -> dict[str, Any]:
    """The record of an earlier run of this very merge, or a new one in a new folder."""
    if (work / RECORD).is_file():
        record = _load(work)
        if record["key"] == key:
            return record
        shutil.rmtree(work)
    elif work.exists() and any(path.name != f"{RECORD}.partial" for path in work.iterdir()):
        raise KeepsakeError(f"{work} is in the way and not from a merge: move it")
    work.mkdir(parents=True, exist_ok=True)
    record = {"key": key, "adapter": made.adapter, "untied": made.untied, "files": {}, "changes": {}}
    _save(work / RECORD, record)
    return record


def _room(work: Path, shards: Mapping[str, Mapping[str, Slot]], record: Mapping[str, Any]) -> None:
    """Refuse early what could only fill the disk."""
    needed = sum(
        slot.size for name, layout in shards.items() for slot in layout.values() if name not in record["files"]
    )
    free = shutil.disk_usage(work).free
    if needed > free:
        raise KeepsakeError(f"{work} needs {needed / 1e9:.1f} GB more, and the disk has {free / 1e9:.1f} GB free")


def _complete(work: Path, made: Plan, shards: Mapping[str, Mapping[str, Slot]], dtype: str | None) -> None:
    """All that is not weights."""

    def left_out(folder: str, names: list[str]) -> set[str]:
        models = {name for name in names if list(Path(folder, name).glob("*config.json"))}
        return models.union(*(fnmatch.filter(names, pattern) for pattern in LEFT_OUT))

    shutil.copytree(made.checkpoint, work, ignore=left_out, copy_function=shutil.copyfile, dirs_exist_ok=True)
    config: dict[str, Any] = json.loads(json.dumps(made.config))
    for part in (config, *(value for value in config.values() if isinstance(value, dict))):
        for key in {"dtype", "torch_dtype"} & part.keys():
            part[key] = str(FLOATS[DTYPES[dtype]]).removeprefix("torch.") if dtype else part[key]
    _save(work / "config.json", config)
    if len(shards) > 1:
        total = sum(slot.size for layout in shards.values() for slot in layout.values())
        place = {name: file for file, layout in shards.items() for name in layout}
        _save(work / INDEX, {"metadata": {"total_size": total}, "weight_map": place})


def _finished(out: Path, key: str) -> Merged:
    record = _load(out)
    if record["key"] != key:
        raise KeepsakeError(f"{out} holds another merge already: choose a new folder")
    for name, digest in record["files"].items():
        if not _whole(out / name, digest):
            raise KeepsakeError(f"{out / name} is not as it was merged: delete {out} and merge again")
    return _merged(out, record)


def _merged(out: Path, record: Mapping[str, Any]) -> Merged:
    return Merged(out, record["adapter"], record["untied"], tuple(Change(**c) for c in record["changes"].values()))


def _whole(path: Path, digest: str) -> bool:
    return path.is_file() and sha256(path) == digest


def _load(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except ValueError as error:
        raise KeepsakeError(f"{folder / RECORD} is damaged: delete {folder} and merge again") from error
    return dict(found)


def _save(path: Path, content: Mapping[str, Any]) -> None:
    partial = path.with_name(f"{path.name}.partial")
    partial.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    partial.replace(path)
