"""The tensors of a model folder as they lie on disk: found by their headers, read and written in pieces.

The safetensors library maps a file whole and wants all tensors of a shard in memory before it writes them; these
functions pass a model of any size through a few dozen megabytes. They do not know what a tensor is for.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from math import prod
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors import SafetensorError, safe_open

from memory.errors import KeepsakeError

FLOATS = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}
"""Dtypes that a merge computes with, by safetensors' names; tensors of other dtypes are only copied."""
PIECE = 2**20
"""Numbers in a piece: 4 MB in f32."""
SINGLE, INDEX = "model.safetensors", "model.safetensors.index.json"
"""The file of a model in one piece, and the file that lists the files of a model in several."""


@dataclass(frozen=True, slots=True)
class StoredTensor:
    """Where a tensor lies in a safetensors file."""

    path: Path
    dtype: str
    """Safetensors' name: "BF16"."""
    shape: tuple[int, ...]
    start: int
    """Offset of its first byte in the file."""
    size: int
    """Length in bytes."""

    @property
    def rows(self) -> int:
        """Length of the first axis; a scalar is one row."""
        return self.shape[0] if self.shape else 1


class Slot(NamedTuple):
    """The place of a tensor in a file to be written; the fields are those of `StoredTensor`."""

    dtype: str
    shape: tuple[int, ...]
    size: int


def tensors(folder: Path) -> dict[str, StoredTensor]:
    """Every tensor of a model folder by name, in the order of its files.

    Raises KeepsakeError when a file or a tensor is missing, or a file is cut off.
    """
    index = folder / INDEX
    if not index.exists():
        return header(folder / SINGLE)
    try:
        file_of: dict[str, str] = json.loads(index.read_text(encoding="utf-8"))["weight_map"]
        files = sorted(set(file_of.values()))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise KeepsakeError(f"{index} is no index of safetensors files") from error
    stored = {name: tensor for file in files for name, tensor in header(folder / file).items()}
    for name, file in file_of.items():
        if name not in stored:
            raise KeepsakeError(f"{folder / file} has no tensor {name}, which {INDEX} promises")
    return {name: tensor for name, tensor in stored.items() if name in file_of}


def header(path: Path) -> dict[str, StoredTensor]:
    """The tensors of one file by name, in their order.

    Raises KeepsakeError when the file is missing, cut off, or no safetensors file.
    """
    if not path.is_file():
        raise KeepsakeError(f"no such file: {path}")
    try:
        with safe_open(path, "pt"):  # checks that the header is sound and the file as long as it says
            pass
    except (SafetensorError, OSError) as error:
        raise KeepsakeError(f"{path} is no whole safetensors file: {str(error).splitlines()[0]}") from error
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        entries = json.loads(file.read(length))
    entries.pop("__metadata__", None)
    stored = {}
    for name, entry in sorted(entries.items(), key=lambda item: item[1]["data_offsets"]):
        start, end = entry["data_offsets"]
        stored[name] = StoredTensor(path, entry["dtype"], tuple(entry["shape"]), 8 + length + start, end - start)
    return stored


def read(stored: StoredTensor, start: int = 0, stop: int | None = None) -> torch.Tensor:
    """Rows `start` to `stop` (n, ...) in the tensor's own dtype; bytes (n, width) for a dtype that is not in `FLOATS`.

    Raises KeepsakeError when the file has become shorter since its header was read.
    """
    n = (stored.rows if stop is None else stop) - start
    width = stored.size // stored.rows
    data = bytearray(n * width)
    with open(stored.path, "rb") as file:
        file.seek(stored.start + start * width)
        if file.readinto(data) != len(data):
            raise KeepsakeError(f"{stored.path} ends before it should: it changed while it was read")
    if stored.dtype not in FLOATS:
        return torch.frombuffer(data, dtype=torch.uint8).view(n, width)
    return torch.frombuffer(data, dtype=FLOATS[stored.dtype]).view(n, *stored.shape[1:])


def pieces(stored: StoredTensor) -> Iterator[tuple[int, int]]:
    """The rows (start, stop) of each piece of a tensor."""
    if stored.size:
        step = max(1, PIECE // prod(stored.shape[1:]))
        for start in range(0, stored.rows, step):
            yield start, min(start + step, stored.rows)


def write(path: Path, layout: Mapping[str, Slot], content: Iterable[torch.Tensor]) -> str:
    """Write a safetensors file whole or not at all, and return its sha256. Raises OSError.

    `layout` names the tensors; `content` has the pieces of every tensor, in the order of `layout`. The partial file's
    name is always the same, unlike in `memory.files`: gigabytes left by a kill are written over.
    """
    entries, end = {}, 0
    for name, (dtype, shape, size) in layout.items():
        entries[name] = {"dtype": dtype, "shape": shape, "data_offsets": (end, end + size)}
        end += size
    text = json.dumps({"__metadata__": {"format": "pt"}, **entries}, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # the numbers begin at a multiple of 8
    digest = hashlib.sha256()
    partial = path.with_name(f"{path.name}.partial")
    try:
        with open(partial, "wb") as file:
            raw = (piece.contiguous().view(-1).view(torch.uint8).numpy().data for piece in content)
            for data in chain([memoryview(len(text).to_bytes(8, "little") + text)], raw):
                digest.update(data)
                file.write(data)
        os.replace(partial, path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    return digest.hexdigest()
