"""Read the metadata of GGUF files, and find the files of a folder that make a model. No weights are read.

This is no GGUF library: it reads only the metadata before the tokenizer, where every converter writes what we need.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from memory.errors import ModelError

SUPPORTED = {"qwen3vl": "Qwen3-VL", "qwen3vlmoe": "Qwen3-VL MoE", "llama": "SmolLM2 (SmolVLM)"}
"""Supported architectures of language models, with the names of their families."""
MOST_A_TOKEN = 1 << 30
"""Bytes of a token in the KV cache that no model exceeds; a file that says more is damaged."""
VISION_TOWER = "clip"
"""Architecture of every mmproj."""
SHARD = re.compile(r"(.*)-(\d{5})-of-(\d{5})\.gguf")
SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
STRING, ARRAY = 8, 9
"""GGUF's numbers for types of values; SCALARS has the fixed-size ones, with their format for `struct`."""
HEADER = 100_000_000
"""Bytes of the longest header of a .safetensors file, by its specification."""
MOST = 1 << 25
"""Bytes before the tokenizer; more means that the file is damaged."""
LONGEST = 1 << 20
"""Bytes of the longest string and items of the longest array; more means that the file is damaged."""


def read_metadata(path: Path) -> dict[str, Any]:
    """The metadata of a GGUF file up to its tokenizer: numbers, texts, lists. Raises ModelError."""
    if not path.is_file():  # a pipe would wait for ever
        raise ModelError(f"{path} is no ordinary file: fetch it again, or choose another")
    try:
        with open(path, "rb") as file:
            if file.read(4) != b"GGUF":
                raise ModelError(f"{path} is not a GGUF file: fetch it again, or choose another")
            return dict(_fields(file))
    except (struct.error, ValueError, KeyError) as error:
        raise ModelError(f"{path} is damaged at its beginning, or cut short: fetch it again") from error
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}") from error


def safetensors_format(path: Path) -> str:
    """The library that a .safetensors file was written for: "mlx", "pt"; "" when it does not say. Raises ModelError."""
    if not path.is_file():
        raise ModelError(f"{path} is no ordinary file: fetch it again, or choose another")
    try:
        with open(path, "rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > HEADER:
                raise ValueError("a header too long to be one")
            name = json.loads(file.read(length)).get("__metadata__", {}).get("format", "")
    except (struct.error, ValueError, AttributeError, OverflowError, RecursionError, OSError) as error:
        raise ModelError(f"{path} is damaged at its beginning, or cut short: fetch it again") from error
    return str(name)


def find_pair(folder: Path, language: Path | None = None) -> tuple[Path, Path]:
    """The language model (the first of its shards) and the mmproj in `folder`, told apart by their metadata.

    `language` chooses one of several language models. Raises ModelError when files are missing, too many, or not
    supported.
    """
    architectures = {path: _architecture(path) for path in sorted(folder.glob("*.gguf"))}
    towers = [path for path, name in architectures.items() if name == VISION_TOWER]
    languages = [path for path, name in architectures.items() if name != VISION_TOWER and shards(path)[0] == path]
    if language:
        languages = [shards(language)[0]]
    if len(languages) != 1 or len(towers) != 1:
        raise ModelError(
            f"{folder} needs a manifest.json, or one language model .gguf and one mmproj .gguf; "
            f"it has {len(languages)} and {len(towers)}"
        )
    for path in shards(languages[0]):
        if not path.exists():
            raise ModelError(f"{path} is missing: a model in parts needs all of them")
    if (name := _architecture(languages[0])) not in SUPPORTED:
        raise ModelError(f"{languages[0]} is of the architecture {name!r}; {supported()}")
    return languages[0], towers[0]


def supported() -> str:
    """The end of an error about an architecture: which ones are supported."""
    return "supported are " + ", ".join(f"{name} ({family})" for name, family in SUPPORTED.items())


def shards(path: Path) -> list[Path]:
    """All files of a language model that was published in shards; of any other, the file itself."""
    match = SHARD.fullmatch(path.name)
    if not match:
        return [path]
    return [path.with_name(f"{match[1]}-{i:05d}-of-{match[3]}.gguf") for i in range(1, int(match[3]) + 1)]


def kv_bytes(path: Path) -> int:
    """Bytes of one token in the KV cache, keys and values in f16. 0 where the file does not say. Raises ModelError."""
    metadata = read_metadata(path)

    def number(name: str, default: int = 0) -> Any:
        return metadata.get(f"{metadata.get('general.architecture')}.{name}", default)

    heads = number("attention.head_count_kv", number("attention.head_count"))
    layers = number("block_count")
    try:
        together = sum(heads) if isinstance(heads, list) else heads * layers
        width = number("embedding_length") // max(1, number("attention.head_count", 1))
        wide = number("attention.key_length", width) + number("attention.value_length", width)
        size = int(together * wide * 2)
        if not 0 <= size <= MOST_A_TOKEN:
            raise ValueError(size)
    except (TypeError, ValueError, OverflowError) as error:
        raise ModelError(f"{path} has impossible sizes in its metadata ({error}): fetch it again") from error
    return size


def _architecture(path: Path) -> str:
    """The architecture that a file names; "" for later shards, which name none."""
    if SHARD.fullmatch(path.name) and shards(path)[0] != path:
        return ""
    return str(read_metadata(path).get("general.architecture", ""))


def _fields(file: BinaryIO) -> Iterator[tuple[str, Any]]:
    version, _, n = _read(file, "<I"), _read(file, "<Q"), _read(file, "<Q")
    if version not in (2, 3):
        raise ValueError(f"GGUF version {version}")
    for _ in range(n):
        key = _text(file)
        if key.startswith("tokenizer."):
            return
        if file.tell() > MOST:
            raise ValueError("too much to be metadata")
        yield key, _value(file, _read(file, "<I"))


def _value(file: BinaryIO, kind: int) -> Any:
    if kind == STRING:
        return _text(file)
    if kind == ARRAY:
        inner, n = _read(file, "<I"), _read(file, "<Q")
        if n > LONGEST or inner == ARRAY:
            raise ValueError("an array too long to be one")
        return [_value(file, inner) for _ in range(n)]
    return _read(file, SCALARS[kind])


def _text(file: BinaryIO) -> str:
    n = _read(file, "<Q")
    raw = file.read(n) if n <= LONGEST else b""
    if len(raw) != n:
        raise ValueError("a text too long to be one")
    return raw.decode("utf-8", "replace")


def _read(file: BinaryIO, form: str) -> Any:
    return struct.unpack(form, file.read(struct.calcsize(form)))[0]
