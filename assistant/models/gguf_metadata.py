"""What a GGUF file says of itself, and which files of a folder make a model. No library, and no weights are read.

Not a GGUF library: only the facts that stand before the tokenizer, where every converter writes them.
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
"""Architectures of language models that Keepsake's prompts and photos fit."""
EYES = "clip"
"""Architecture of every mmproj."""
SHARD = re.compile(r"(.*)-(\d{5})-of-(\d{5})\.gguf")
SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
STRING, ARRAY = 8, 9
LONGEST = 1 << 20
"""Bytes of the longest string and items of the longest array that are believed."""


def facts(path: Path) -> dict[str, Any]:
    """Metadata of a GGUF file up to its tokenizer: numbers, texts, lists. Raises ModelError."""
    try:
        with open(path, "rb") as file:
            if file.read(4) != b"GGUF":
                raise ModelError(f"{path} is not a GGUF file: fetch it again, or choose another")
            return dict(_fields(file))
    except (struct.error, ValueError, KeyError) as error:
        raise ModelError(f"{path} is damaged at its beginning, or cut short: fetch it again") from error
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}") from error


def written_by(path: Path) -> str:
    """What a .safetensors file says it was written for: "mlx", "pt"; empty when it does not say. Raises ModelError."""
    try:
        with open(path, "rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            said = json.loads(file.read(length)).get("__metadata__", {}).get("format", "")
    except (struct.error, ValueError, AttributeError, OverflowError, MemoryError) as error:
        raise ModelError(f"{path} is damaged at its beginning, or cut short: fetch it again") from error
    return str(said)


def pair(folder: Path, language: Path | None = None) -> tuple[Path, Path]:
    """The language model (the first of its shards) and the mmproj in `folder`, told apart by what they say.

    `language` chooses one of several. Raises ModelError: what is missing, too many, or not supported.
    """
    kinds = {path: _kind(path) for path in sorted(folder.glob("*.gguf"))}
    eyes = [path for path, kind in kinds.items() if kind == EYES]
    languages = [path for path, kind in kinds.items() if kind != EYES and shards(path)[0] == path]
    if language:
        languages = [shards(language)[0]]
    if len(languages) != 1 or len(eyes) != 1:
        raise ModelError(
            f"{folder} needs a manifest.json, or one language model .gguf and one mmproj .gguf; "
            f"it has {len(languages)} and {len(eyes)}"
        )
    for path in shards(languages[0]):
        if not path.exists():
            raise ModelError(f"{path} is missing: a model in parts needs all of them")
    if (kind := _kind(languages[0])) not in SUPPORTED:
        raise ModelError(f"{languages[0]} is of the architecture {kind!r}; {supported()}")
    return languages[0], eyes[0]


def supported() -> str:
    """The end of a refusal."""
    return "supported are " + ", ".join(f"{name} ({spoken})" for name, spoken in SUPPORTED.items())


def shards(path: Path) -> list[Path]:
    """All files of a language model that was published in parts, or the one file that it is."""
    found = SHARD.fullmatch(path.name)
    if not found:
        return [path]
    return [path.with_name(f"{found[1]}-{i:05d}-of-{found[3]}.gguf") for i in range(1, int(found[3]) + 1)]


def kv_bytes(path: Path) -> int:
    """Bytes that one token takes in the KV cache, keys and values in f16. 0 where the file does not say."""
    said = facts(path)

    def number(name: str, default: int = 0) -> Any:
        return said.get(f"{said.get('general.architecture')}.{name}", default)

    heads = number("attention.head_count_kv", number("attention.head_count"))
    layers = number("block_count")
    per_layer = heads if isinstance(heads, list) else [heads] * layers
    width = number("embedding_length") // max(1, number("attention.head_count", 1))
    wide = number("attention.key_length", width) + number("attention.value_length", width)
    return int(sum(per_layer) * wide * 2)


def _kind(path: Path) -> str:
    if SHARD.fullmatch(path.name) and shards(path)[0] != path:
        return ""  # later parts say nothing
    return str(facts(path).get("general.architecture", ""))


def _fields(file: BinaryIO) -> Iterator[tuple[str, Any]]:
    version, _, n = _read(file, "<I"), _read(file, "<Q"), _read(file, "<Q")
    if version not in (2, 3):
        raise ValueError(f"GGUF version {version}")
    for _ in range(n):
        key = _text(file)
        if key.startswith("tokenizer."):
            return
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
