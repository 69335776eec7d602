"""The tensors of a model folder as they lie on disk: found by their headers, read and written in pieces.

The safetensors library maps a file whole and wants all tensors of a shard in memory before it writes them; through here
a model of any size passes in a few dozen megabytes. Nothing here knows what a tensor is for.
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
"""What can be computed with, by safetensors' names; other tensors are only copied."""
PIECE = 2**20
"""Numbers in a piece: 4 MB in f32."""
SINGLE, INDEX = "model.safetensors", "model.safetensors.index.json"


@dataclass(frozen=True, slots=True)
class Stored:
    """A tensor in a file."""

    path: Path
    dtype: str
    """As safetensors calls it: "BF16"."""
    shape: tuple[int, ...]
    start: int
    """Byte where it begins in the file."""
    size: int
    """Bytes."""

    @property
    def rows(self) -> int:
        """Length of the first axis; a scalar is one row."""
        return self.shape[0] if self.shape else 1


class Slot(NamedTuple):
    """What a file is to hold of a tensor; the fields are those of `Stored`."""

    dtype: str
    shape: tuple[int, ...]
    size: int


def tensors(folder: Path) -> dict[str, Stored]:
    """Every tensor of a model folder, in the order of its files. Raises KeepsakeError when one is missing or cut."""
    index = folder / INDEX
    if not index.exists():
        return header(folder / SINGLE)
    try:
        place: dict[str, str] = json.loads(index.read_text(encoding="utf-8"))["weight_map"]
        files = sorted(set(place.values()))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise KeepsakeError(f"{index} is no index of safetensors files") from error
    found = {name: stored for file in files for name, stored in header(folder / file).items()}
    for name, file in place.items():
        if name not in found:
            raise KeepsakeError(f"{folder / file} has no tensor {name}, which {INDEX} promises")
    return {name: stored for name, stored in found.items() if name in place}


def header(path: Path) -> dict[str, Stored]:
    """The tensors of one file, in their order. Raises KeepsakeError when it is missing, cut, or something else."""
    if not path.is_file():
        raise KeepsakeError(f"no such file: {path}")
    try:
        with safe_open(path, "pt"):  # checks that the header is sound and the file as long as it says
            pass
    except (SafetensorError, OSError) as error:
        raise KeepsakeError(f"{path} is no whole safetensors file: {str(error).splitlines()[0]}") from error
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        told = json.loads(file.read(length))
    told.pop("__metadata__", None)
    found = {}
    for name, one in sorted(told.items(), key=lambda item: item[1]["data_offsets"]):
        start, end = one["data_offsets"]
        found[name] = Stored(path, one["dtype"], tuple(one["shape"]), 8 + length + start, end - start)
    return found


def read(stored: Stored, start: int = 0, stop: int | None = None) -> torch.Tensor:
    """Rows `start` to `stop` (n, ...) in the tensor's own dtype; bytes (n, width), if it is none we compute with."""
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


def pieces(stored: Stored) -> Iterator[tuple[int, int]]:
    """Rows (start, stop) of the pieces to work on a tensor in."""
    if stored.size:
        step = max(1, PIECE // prod(stored.shape[1:]))
        for start in range(0, stored.rows, step):
            yield start, min(start + step, stored.rows)


def write(path: Path, layout: Mapping[str, Slot], content: Iterable[torch.Tensor]) -> str:
    """Write a safetensors file under a partial name, rename it when whole, return its sha256.

    `content`: the pieces of every tensor, in the order of `layout`. Nothing stays when writing fails.
    """
    told, end = {}, 0
    for name, (dtype, shape, size) in layout.items():
        told[name] = {"dtype": dtype, "shape": shape, "data_offsets": (end, end + size)}
        end += size
    text = json.dumps({"__metadata__": {"format": "pt"}, **told}, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # the numbers begin at a multiple of 8
    digest = hashlib.sha256()
    partial = path.with_name(f"{path.name}.partial")
    try:
        with open(partial, "wb") as file:
            bare = (piece.contiguous().view(-1).view(torch.uint8).numpy().data for piece in content)
            for data in chain([memoryview(len(text).to_bytes(8, "little") + text)], bare):
                digest.update(data)
                file.write(data)
        os.replace(partial, path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    return digest.hexdigest()
