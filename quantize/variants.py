"""The forms a model takes on its way to a laptop: checkpoint, merged copy, GGUF files, MLX folders; and their readers.

A form is only named here, by its files; `open_form` loads it. What forms are worth is measured in `verify.py`.
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
from assistant.models.local import packaged
from assistant.models.spec import Spec
from memory.errors import KeepsakeError
from memory.files import sha256
from quantize import manifest

FAMILIES = {"smolvlm": "SmolVLM (the family of our nano)", "qwen3_vl": "Qwen3-VL"}
"""Architectures that this room takes, by `model_type`."""
WEIGHTS = ("*.safetensors", "*.safetensors.index.json", "config.json", "tokenizer*.json", "*.jinja", "preproc*.json")
"""What makes a transformers or MLX folder the model it is."""
Engine = Literal["transformers", "llama.cpp", "mlx"]


class Reader(Protocol):
    """Anything that reads a prompt and goes on writing: `Checkpoint`, `LlamaCpp`, the MLX backend."""

    def stream(self, messages: Sequence[Message], options: Options) -> Iterator[Chunk]:
        """The next assistant turn (see `assistant.backend.Backend`)."""
        ...

    def follow(self, prompt: Sequence[Piece], tokens: Sequence[int]) -> np.ndarray:
        """Logits (N, V), one row for each of `tokens`: of what comes there, after the prompt and the tokens before."""
        ...

    def tokenize(self, piece: Mark | Words) -> list[int]:
        """Token ids of a text piece."""
        ...

    def close(self) -> None:
        """Free the model."""
        ...


@dataclass(frozen=True, slots=True)
class Form:
    """One way to run the model."""

    name: str
    engine: Engine
    language: Path
    """The language model's GGUF, or the whole model's folder."""
    mmproj: Path | None = None
    adapter: Path | None = None
    """A LoRA put on at run time."""

    def files(self) -> list[Path]:
        """Everything that it consists of."""
        if self.engine == "llama.cpp":
            return [p for p in (self.language, self.mmproj, self.adapter) if p]
        return folder_files(self.language)

    @property
    def bytes(self) -> int:
        """Size of all files."""
        return sum(path.stat().st_size for path in self.files())


def folder_files(folder: Path) -> list[Path]:
    """The files that make the model in a folder, with its LoRA, in a fixed order."""
    return sorted({p for part in (folder, folder / "adapter") for pattern in WEIGHTS for p in part.glob(pattern)}) + (
        sorted((folder / "adapter").glob("adapter_config.json"))
    )


def hashes(files: Iterable[Path], root: Path) -> dict[str, str]:
    """sha256 by the path under `root`, or by the name for files elsewhere."""
    return {p.relative_to(root).as_posix() if p.is_relative_to(root) else p.name: sha256(p) for p in files}


def config(checkpoint: Path) -> dict[str, Any]:
    """The `config.json` of a model that can be exported. Raises KeepsakeError, one line, for any other folder."""
    path = checkpoint / "config.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise KeepsakeError(f"{checkpoint} is not a checkpoint: it has no config.json") from None
    except (OSError, ValueError) as error:
        raise KeepsakeError(f"cannot read {path}: {error}") from error
    kind = found.get("model_type") if isinstance(found, dict) else None
    if kind not in FAMILIES:
        raise KeepsakeError(f"{checkpoint} is a {kind} model; supported are: {', '.join(FAMILIES.values())}")
    return found


def find(out: Path, language: Path | None = None) -> list[Form]:
    """Every form in the folder of an export, large ones first.

    `language.gguf` goes with `adapter.gguf` where there is one, `language-KIND.gguf` is merged already. `language`
    names a GGUF elsewhere (or the manifest names one in a package): the base that `adapter.gguf` goes on.
    """

    def whole(pattern: str) -> list[Path]:
        return [path for path in out.glob(pattern) if ".partial" not in path.suffixes]  # what a kill left

    mmproj, lora = out / "mmproj.gguf", out / "adapter.gguf"
    adapter = lora if lora.exists() else None
    base = language or _in_package(out) or out / "language.gguf"
    found = []
    if base.exists() or language:
        found.append(Form("base + adapter" if adapter else base.stem, "llama.cpp", base, mmproj, adapter))
    for path in whole("language-*.gguf"):
        found.append(Form(path.stem.removeprefix("language-"), "llama.cpp", path, mmproj))
    found += [Form(path.name, "mlx", path) for path in whole("mlx-*") if (path / "config.json").exists()]
    for form in found:
        if missing := [path for path in form.files() if not path.is_file()]:
            raise KeepsakeError(f"no such file: {missing[0]}")
    if (out / "merged" / "config.json").exists():
        found.append(Form("merged", "transformers", out / "merged"))
    return sorted(found, key=lambda form: (form.engine, -form.bytes, form.name))


def given(path: Path, mmproj: Path) -> Form:
    """The form at a path that somebody named: a GGUF, a transformers folder, an MLX folder."""
    if path.suffix == ".gguf" and path.is_file():
        return Form(path.stem, "llama.cpp", path, mmproj)
    if (path / "config.json").is_file():
        mlx = "quantization" in config(path) or manifest.read(path).get("engine") == "mlx"
        return Form(path.name, "mlx" if mlx else "transformers", path)
    raise KeepsakeError(f"{path} is neither a GGUF file nor a model's folder")


def open_form(form: Form, checkpoint: Path, threads: int = 1) -> Reader:
    """Load it. Photos enter it as they enter `checkpoint`. Raises KeepsakeError when it cannot be loaded."""
    if form.engine == "transformers":
        import torch

        from quantize.hf_reference import Checkpoint

        torch.set_num_threads(threads)
        return Checkpoint(form.language)
    seen = manifest.photo(checkpoint)
    mmproj = form.mmproj or form.language
    spec = Spec(form.name, form.language, mmproj, form.adapter, seen["side"], seen["one_tile"])
    if form.engine == "mlx":
        from assistant.backends.mlxvlm import open_mlx

        return open_mlx(spec, threads)
    from assistant.backends.llamacpp import LlamaCpp

    return LlamaCpp(spec, threads)


def _in_package(out: Path) -> Path | None:
    """The language model that the folder's manifest takes from a package."""
    path = out / "manifest.json"
    entry = json.loads(path.read_text(encoding="utf-8"))["files"]["language"] if path.exists() else {}
    return packaged(entry["package"], entry["file"]) if "package" in entry else None
