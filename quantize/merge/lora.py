"""A LoRA folded into its base, tensor by tensor, without loading a model: a few dozen megabytes do for any size.

Sums are made in f32 and rounded once. A change smaller than the last bit of its weight is lost when it is rounded back
to bf16; how much was lost is measured (`Change.lost`), and `dtype` f32 or f16 keeps it. `adapter.py` says what a LoRA
changes and which LoRAs are refused. Whether the merged model still answers alike is measured in `verify/`.
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
from quantize.merge.adapter import Edit, MergePlan, plan
from quantize.merge.shards import FLOATS, INDEX, SINGLE, Slot, pieces, read, write

DTYPES = {"f32": "F32", "f16": "F16", "bf16": "BF16"}
"""Dtypes of merged weights as users name them, and safetensors' names for them."""
RECORD = "merge.json"
"""The file beside the merged weights that says what they were made from, what changed, and each file's sha256."""
LEFT_OUT = ("adapter", RECORD, INDEX, "*.safetensors", "*.bin", "*.pt", "*.pth", "*.gguf", "*.partial", ".*")
"""Files of the checkpoint that are not copied: the LoRA, weights in any form, what a trainer or a download leaves."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a merge does to one tensor, in ratios of Frobenius norms."""

    tensor: str
    relative: float
    """The change, to the tensor as it was."""
    lost: float
    """The rounding error, to the change: 0 = nothing of the change is lost, 1 = as much as there was."""


@dataclass(frozen=True, slots=True)
class MergeResult:
    """What a finished merge wrote, and from what."""

    folder: Path
    adapter: str
    """sha256 of the adapter's weights."""
    untied: bool
    """Whether the output layer, which was one tensor with the input embeddings, is now a tensor of its own."""
    changes: tuple[Change, ...]


def merge(
    checkpoint: Path,
    out: Path,
    adapter: Path | None = None,
    dtype: str | None = None,
    shard_bytes: int = 2 * 10**9,
    progress: Callable[[str], None] = lambda line: print(line, file=sys.stderr),
) -> MergeResult:
    """Write the model in `checkpoint`, with its LoRA folded in, as the new folder `out`.

    `adapter`: the LoRA's folder, if it is not `checkpoint/adapter`. `dtype`: "f32", "f16" or "bf16" for all weights;
    None keeps each weight's dtype. `shard_bytes`: the most bytes in a file of weights, unless one tensor is larger.
    `progress` is called with a line for each file. Everything is written into `out` + ".partial", which is renamed when
    it is whole; a run that was killed goes on, file by file. Where `out` holds this very merge, nothing is done.
    Raises KeepsakeError with one line: what does not fit, what is in the way, what cannot be written.
    """
    planned = plan(checkpoint, adapter)
    shards = _shards(planned, _stored_dtype(dtype), shard_bytes)
    key = _key(planned, shards)
    if (out / RECORD).is_file():
        return _finished(out, key)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise KeepsakeError(f"{out} exists already: choose a new folder for the merged model")
    work = out.with_name(f"{out.name}.partial")
    try:
        record = _open_record(work, planned, key)
        _refuse_full_disk(work, shards, record)
        for i, (name, layout) in enumerate(shards.items()):
            if name not in record["files"] or not _unchanged(work / name, record["files"][name]):
                changes: list[Change] = []
                record["files"][name] = write(work / name, layout, _content(planned, layout, changes))
                record["changes"] |= {c.tensor: asdict(c) for c in changes}
                _save(work / RECORD, record)
            progress(f"{name}: {i + 1} of {len(shards)}")
        _copy_the_rest(work, planned, shards, dtype)
        work.rename(out)
    except OSError as error:
        kept = f"what is whole stays in {work.name}, and the same command goes on from there"
        raise KeepsakeError(f"cannot merge into {out}: {error.strerror}; {kept}") from error
    return _result(out, record)


def preview(planned: MergePlan, dtype: str | None = None) -> Iterator[Change]:
    """What a merge would do to each tensor that it changes, computed in full without writing anything."""
    stored_dtype = _stored_dtype(dtype)
    for name, edit in planned.edits.items():
        changes: list[Change] = []
        if edit.changed:
            for _ in _pieces(name, edit, stored_dtype or edit.source.dtype, changes):
                pass
        yield from changes


def summary(changes: Sequence[Change]) -> str:
    """The changes of a merge in one line."""
    most, worst = max(changes, key=lambda c: c.relative), max(changes, key=lambda c: c.lost)
    mean, lost = (sum(values) / len(changes) for values in zip(*((c.relative, c.lost) for c in changes), strict=True))
    return (
        f"{len(changes)} tensors change by {mean:.2%} (most: {most.tensor}, {most.relative:.2%}); "
        f"rounding takes {lost:.1%} of the change (most: {worst.tensor}, {worst.lost:.1%})"
    )


def _stored_dtype(dtype: str | None) -> str | None:
    """Safetensors' name of a dtype that the user named. Raises KeepsakeError for an unknown one."""
    if dtype is not None and dtype not in DTYPES:
        raise KeepsakeError(f"unknown dtype {dtype!r}: use one of {', '.join(DTYPES)}")
    return DTYPES[dtype] if dtype else None


def _shards(planned: MergePlan, dtype: str | None, limit: int) -> dict[str, dict[str, Slot]]:
    """The tensors in each file of the merged model, as many as fit into `limit` bytes.

    `dtype`: of all weights, by safetensors' name; None keeps each weight's dtype.
    """
    files: list[dict[str, Slot]] = [{}]
    for name, edit in planned.edits.items():
        old = edit.source
        slot = Slot(old.dtype, old.shape, old.size)
        if dtype and old.dtype in FLOATS:
            slot = Slot(dtype, old.shape, prod(old.shape) * FLOATS[dtype].itemsize)
        if files[-1] and sum(s.size for s in files[-1].values()) + slot.size > limit:
            files.append({})
        files[-1][name] = slot
    for i, layout in enumerate(files):  # wide numbers first, as the safetensors library does: each tensor is aligned
        files[i] = dict(sorted(layout.items(), key=lambda item: -item[1].size // max(1, prod(item[1].shape))))
    names = [f"model-{i:05}-of-{len(files):05}.safetensors" for i in range(1, len(files) + 1)]
    return dict(zip(names if len(files) > 1 else [SINGLE], files, strict=True))


def _content(planned: MergePlan, layout: Mapping[str, Slot], changes: list[Change]) -> Iterator[torch.Tensor]:
    """The pieces of every tensor in a file; what the merge did to each is added to `changes`."""
    for name, slot in layout.items():
        yield from _pieces(name, planned.edits[name], slot.dtype, changes)


def _pieces(name: str, edit: Edit, dtype: str, changes: list[Change]) -> Iterator[torch.Tensor]:
    """The merged tensor, piece by piece; at its end the change is added to `changes`."""
    target_dtype = FLOATS.get(dtype)
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
        rounded = whole.to(target_dtype)
        if not rounded.isfinite().all():
            raise KeepsakeError(f"{name} would not be finite in {dtype}: nothing is merged")
        before, change = before + _square(old), change + _square(delta)
        lost += _square(rounded.float() - whole)
        yield rounded
    if edit.changed:
        changes.append(Change(name, sqrt(change / max(before, 1e-30)), sqrt(lost / max(change, 1e-30))))


def _square(x: torch.Tensor) -> float:
    """The squared Frobenius norm."""
    return float(torch.linalg.vector_norm(x)) ** 2


def _key(planned: MergePlan, shards: Mapping[str, Mapping[str, Slot]]) -> str:
    """A hash that is equal for two runs that would write equal files: of adapter, settings, layout, and base files."""
    files = sorted({edit.source.path for edit in planned.edits.values()})
    base = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    scales = {name: edit.scale for name, edit in planned.edits.items()}
    return hashlib.sha256(json.dumps([base, planned.adapter, scales, planned.config, shards]).encode()).hexdigest()


def _open_record(work: Path, planned: MergePlan, key: str) -> dict[str, Any]:
    """The record of an earlier run of this very merge, or a new one in a new folder `work`.

    Raises KeepsakeError when the folder is there and was not left by a merge.
    """
    if (work / RECORD).is_file():
        record = _load(work)
        if record["key"] == key:
            return record
        shutil.rmtree(work)
    elif work.exists() and any(path.name != f"{RECORD}.partial" for path in work.iterdir()):
        raise KeepsakeError(f"{work} is in the way and not from a merge: move it")
    work.mkdir(parents=True, exist_ok=True)
    record = {"key": key, "adapter": planned.adapter, "untied": planned.untied, "files": {}, "changes": {}}
    _save(work / RECORD, record)
    return record


def _refuse_full_disk(work: Path, shards: Mapping[str, Mapping[str, Slot]], record: Mapping[str, Any]) -> None:
    """Raise KeepsakeError when the files that are missing do not fit on the disk."""
    needed = sum(
        slot.size for name, layout in shards.items() for slot in layout.values() if name not in record["files"]
    )
    free = shutil.disk_usage(work).free
    if needed > free:
        raise KeepsakeError(f"{work} needs {needed / 1e9:.1f} GB more, and the disk has {free / 1e9:.1f} GB free")


def _copy_the_rest(work: Path, planned: MergePlan, shards: Mapping[str, Mapping[str, Slot]], dtype: str | None) -> None:
    """Write everything but weights: the checkpoint's other files, config.json, the index of the shards."""

    def left_out(folder: str, names: list[str]) -> set[str]:
        models = {name for name in names if list(Path(folder, name).glob("*config.json"))}
        return models.union(*(fnmatch.filter(names, pattern) for pattern in LEFT_OUT))

    shutil.copytree(planned.checkpoint, work, ignore=left_out, copy_function=shutil.copyfile, dirs_exist_ok=True)
    config: dict[str, Any] = json.loads(json.dumps(planned.config))
    for part in (config, *(value for value in config.values() if isinstance(value, dict))):
        for key in {"dtype", "torch_dtype"} & part.keys():
            part[key] = str(FLOATS[DTYPES[dtype]]).removeprefix("torch.") if dtype else part[key]
    _save(work / "config.json", config)
    if len(shards) > 1:
        total = sum(slot.size for layout in shards.values() for slot in layout.values())
        file_of = {name: file for file, layout in shards.items() for name in layout}
        _save(work / INDEX, {"metadata": {"total_size": total}, "weight_map": file_of})


def _finished(out: Path, key: str) -> MergeResult:
    """The result of an earlier run. Raises KeepsakeError when `out` holds another merge, or was changed since."""
    record = _load(out)
    if record["key"] != key:
        raise KeepsakeError(f"{out} holds another merge already: choose a new folder")
    for name, digest in record["files"].items():
        if not _unchanged(out / name, digest):
            raise KeepsakeError(f"{out / name} is not as it was merged: delete {out} and merge again")
    return _result(out, record)


def _result(out: Path, record: Mapping[str, Any]) -> MergeResult:
    """A record as a result."""
    changes = tuple(Change(**c) for c in record["changes"].values())
    return MergeResult(out, record["adapter"], record["untied"], changes)


def _unchanged(path: Path, digest: str) -> bool:
    """Whether the file is there with this sha256."""
    return path.is_file() and sha256(path) == digest


def _load(folder: Path) -> dict[str, Any]:
    """The record of a merge. Raises KeepsakeError when it is damaged."""
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except ValueError as error:
        raise KeepsakeError(f"{folder / RECORD} is damaged: delete {folder} and merge again") from error
    return dict(record)


def _save(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON file of the merged folder whole.

    Not through `memory.files`: a partial file that a kill left there would have a name of its own each time, and end up
    in the finished folder.
    """
    partial = path.with_name(f"{path.name}.partial")
    partial.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    partial.replace(path)
