"""The variants of a model on its way to a laptop (checkpoint, merged copy, GGUF files, MLX folders) and their readers.

A `Variant` only names its files; `open_variant` loads them. `compare` says how far two readers agree at one token. What
the variants of an export are worth is measured in `verify/`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np

from assistant.backend import Chunk, Message, Options
from assistant.chatml import Mark, Piece, Words
from assistant.models.hf_config import CONNECTOR
from assistant.models.model_files import packaged
from assistant.models.spec import Spec
from memory.episode import Photo
from memory.errors import KeepsakeError
from memory.files import sha256
from quantize import manifest

FAMILIES = {
    "smolvlm": "SmolVLM (the family of our nano)",
    "qwen3_vl": "Qwen3-VL",
    "llama": f"Llama with a {CONNECTOR} (the family of our second nano)",
}
"""Architectures that can be exported, by `model_type` of config.json."""
WEIGHT_FILES = ("*.safetensors", "*.safetensors.index.json")
MODEL_FILES = (*WEIGHT_FILES, "config.json", "tokenizer*.json", "*.jinja", "preproc*.json", CONNECTOR)
"""Files of a transformers or MLX folder that decide what the model answers."""
WANTED = {
    "weights": ("*.safetensors",),
    "tokenizer": ("tokenizer.json", "vocab.json", "tokenizer.model"),
    "processor of photos": ("preprocessor_config.json", "processor_config.json"),
}
"""Of each a Qwen3-VL has one of these files, at least."""
Engine = Literal["transformers", "llama.cpp", "mlx"]


class Reader(Protocol):
    """A loaded variant: `hf_reference.Checkpoint`, and the llama.cpp and MLX backends."""

    def stream(self, messages: Sequence[Message], options: Options) -> Iterator[Chunk]:
        """Write the next assistant turn (see `assistant.backend.Backend`)."""
        ...

    def follow(self, prompt: Sequence[Piece], tokens: Sequence[int]) -> np.ndarray:
        """Logits (N, V): row i is the prediction of `tokens[i]`, after the prompt and the tokens before it."""
        ...

    def tokenize(self, piece: Mark | Words) -> list[int]:
        """Token ids of a text piece."""
        ...

    def embed(self, photo: Photo) -> np.ndarray:
        """Visual tokens of a photo, encoded small, (T, D) float32."""
        ...

    def close(self) -> None:
        """Free the model."""
        ...


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two readers agree on the next token at one position."""

    kl: float
    """KL divergence in nats: what is lost by taking the second reader's distribution for the first one's."""
    same_first: bool
    """Whether both find the same token likeliest."""
    share: float
    """The first reader's probability of the second one's likeliest token, relative to that of its own (at most 1)."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to run the model: an engine and the files it loads."""

    name: str
    engine: Engine
    language: Path
    """The language model's GGUF, or the whole model's folder."""
    mmproj: Path | None = None
    """The vision tower's GGUF, or the connector; None: in the model's folder."""
    adapter: Path | None = None
    """A LoRA that is put on at run time."""

    def files(self) -> list[Path]:
        """All files that decide what the variant answers."""
        if self.engine == "llama.cpp":
            return [p for p in (self.language, self.mmproj, self.adapter) if p]
        return model_files(self.language)

    @property
    def bytes(self) -> int:
        """Size of all files."""
        return sum(path.stat().st_size for path in self.files())


def compare(expected: np.ndarray, other: np.ndarray) -> Agreement:
    """Compare two readers' logits (V,) of one position."""
    a, b = _log_softmax(expected), _log_softmax(other)
    kl = float((np.exp(a) * (a - b)).sum())
    return Agreement(kl, bool(a.argmax() == b.argmax()), float(np.exp(a[b.argmax()] - a.max())))


def model_files(folder: Path) -> list[Path]:
    """The files that make the model in a folder, with its LoRA (in the folder `adapter`), in a fixed order."""
    parts = (folder, folder / "adapter")
    return sorted({path for part in parts for pattern in MODEL_FILES for path in part.glob(pattern)}) + (
        sorted((folder / "adapter").glob("adapter_config.json"))
    )


def hashes(files: Iterable[Path], root: Path) -> dict[str, str]:
    """sha256 by the path under `root`, or by the bare name for files elsewhere."""
    return {p.relative_to(root).as_posix() if p.is_relative_to(root) else p.name: sha256(p) for p in files}


def read_config(checkpoint: Path) -> dict[str, Any]:
    """The `config.json` of a model that can be exported. Raises KeepsakeError for any other folder."""
    path = checkpoint / "config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        shipped = (checkpoint / "manifest.json").is_file()
        hint = ": it is what the assistant runs (of nano2 `python -m train nano2 --stage checkpoint` writes one)"
        raise KeepsakeError(
            f"{checkpoint} is not a checkpoint{hint if shipped else ': it has no config.json'}"
        ) from None
    except (OSError, ValueError) as error:
        raise KeepsakeError(f"cannot read {path}: {error}") from error
    family = config.get("model_type") if isinstance(config, dict) else None
    if family not in FAMILIES:
        raise KeepsakeError(f"{checkpoint} is a {family} model; supported are: {', '.join(FAMILIES.values())}")
    if family == "llama" and not (checkpoint / CONNECTOR).is_file():
        raise KeepsakeError(f"{checkpoint} is a language model that sees no photos: it has no {CONNECTOR} beside it")
    return config


def refuse_partial(checkpoint: Path) -> None:
    """Raise KeepsakeError for a Qwen3-VL that lacks a file without which none of its forms can be written or read."""
    if read_config(checkpoint)["model_type"] != "qwen3_vl":
        return
    for what, files in WANTED.items():
        if not any(next(checkpoint.glob(file), None) for file in files):
            told = f"{checkpoint} is not whole: it has no {what} ({' or '.join(files)})"
            raise KeepsakeError(f"{told}; take what is missing from its base")


def vision_of(out: Path) -> Path:
    """What photos pass through in the folder of an export: its connector, or else the GGUF of its vision tower."""
    connector = out / CONNECTOR
    return connector if connector.is_file() else out / "mmproj.gguf"


def spec_of(variant: Variant, checkpoint: Path) -> Spec:
    """A variant as the backends load it. Photos enter it as they enter `checkpoint`."""
    photo, vision = manifest.photo_settings(checkpoint), variant.mmproj or variant.language
    connector = vision / CONNECTOR if vision.is_dir() else vision
    return Spec(
        variant.name,
        variant.language,
        vision,
        variant.adapter,
        photo.get("side"),
        photo.get("one_tile", False),
        connector=connector if connector.name == CONNECTOR and connector.exists() else None,
    )


def in_export(out: Path, language: Path | None = None) -> list[Variant]:
    """Every variant in the folder of an export, those of one engine by size, the largest first.

    `language.gguf` goes with `adapter.gguf` where there is one; `language-KIND.gguf` is merged already. `language`
    names a GGUF elsewhere that `adapter.gguf` goes on; without it, the manifest may name one in a package.
    Raises KeepsakeError when a file is missing.
    """

    def finished(pattern: str) -> list[Path]:
        return [path for path in out.glob(pattern) if ".partial" not in path.suffixes]  # what a kill left

    mmproj, lora = vision_of(out), out / "adapter.gguf"
    adapter = lora if lora.exists() else None
    base = language or _base_in_package(out) or out / "language.gguf"
    variants = []
    if base.exists() or language:
        variants.append(Variant("base + adapter" if adapter else base.stem, "llama.cpp", base, mmproj, adapter))
    for path in finished("language-*.gguf"):
        variants.append(Variant(path.stem.removeprefix("language-"), "llama.cpp", path, mmproj))
    merged = [variant for variant in variants if not variant.adapter and variant.language.is_file()]
    largest = max(merged, key=lambda variant: variant.language.stat().st_size, default=None)
    if largest:
        for tower in finished("mmproj-*.gguf"):
            name = f"{largest.name} + mmproj {tower.stem.removeprefix('mmproj-')}"
            variants.append(Variant(name, "llama.cpp", largest.language, tower))
    variants += [Variant(path.name, "mlx", path) for path in finished("mlx-*") if (path / "config.json").exists()]
    for variant in variants:
        if missing := [path for path in variant.files() if not path.is_file()]:
            raise KeepsakeError(f"no such file: {missing[0]}")
    if (out / "merged" / "config.json").exists():
        variants.append(Variant("merged", "transformers", out / "merged"))
    return sorted(variants, key=lambda variant: (variant.engine, -variant.bytes, variant.name))


def at_path(path: Path, mmproj: Path) -> Variant:
    """The variant at a path that the user named: a transformers or MLX folder, or a GGUF, its photos through `mmproj`.

    Raises KeepsakeError when the path holds none of them.
    """
    if path.suffix == ".gguf" and path.is_file():
        return Variant(path.stem, "llama.cpp", path, mmproj)
    if (path / "config.json").is_file():
        mlx = "quantization" in read_config(path) or manifest.read(path).get("engine") == "mlx"
        return Variant(path.name, "mlx" if mlx else "transformers", path)
    raise KeepsakeError(f"{path} is neither a GGUF file nor a model's folder")


def open_variant(variant: Variant, checkpoint: Path, threads: int = 1) -> Reader:
    """Load a variant. Photos enter it as they enter `checkpoint`. Raises KeepsakeError when it cannot be loaded."""
    if variant.engine == "transformers":
        import torch

        from quantize.hf_reference import Checkpoint

        torch.set_num_threads(threads)
        return Checkpoint(variant.language)
    spec = spec_of(variant, checkpoint)
    if variant.engine == "mlx":
        from assistant.backends.causal.mlxvlm import open_mlx

        return open_mlx(spec, threads)
    from assistant.backends.llama.llamacpp import open_llamacpp

    return open_llamacpp(spec, threads)


def _base_in_package(out: Path) -> Path | None:
    """The language model that the manifest of `out` takes from a Python package, if it does."""
    path = out / "manifest.json"
    entry = json.loads(path.read_text(encoding="utf-8"))["files"]["language"] if path.exists() else {}
    return packaged(entry["package"], entry["file"]) if "package" in entry else None


def _log_softmax(logits: np.ndarray) -> np.ndarray:
    """Log-probabilities (V,) of logits (V,), in float64."""
    shifted = logits.astype(np.float64) - logits.max()
    return shifted - np.log(np.exp(shifted).sum())
