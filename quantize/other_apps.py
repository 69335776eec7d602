"""An exported model for other programs: a Modelfile for Ollama, and the folders that LM Studio looks in.

Both name the files that passed and nothing else; large files are linked, not copied. Neither program could be run where
this was written: what they are given is what their documentation asks for.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from assistant.models.hardware import CONTEXT
from assistant.prompt import INSTRUCTION
from memory.files import write_text

MODELFILE, LM_STUDIO = "Modelfile", "lm-studio"
OWNER = "keepsake"
"""LM Studio sorts models by the folder of their owner."""
OLLAMA = "0.30"
"""The first Ollama that runs llama.cpp's own server (issue 16192 of ollama/ollama). Users of 0.12 to 0.24 report that a
Qwen3-VL of two files ends there (issues 12897, 13480, 13980 and 16264)."""
TEMPLATE = """{{- range .Messages }}<|im_start|>{{ .Role }}
{{ .Content }}<|im_end|>
{{ end }}<|im_start|>assistant
"""
"""ChatML as the model learnt it, in the language of Go's templates."""


def how_to(manifest: dict[str, Any]) -> list[str]:
    """A line for each program that the model of a manifest is laid out for: how to use it there.

    None of them takes a language model that lies in a Python package, a connector, or a LoRA beside its base.
    """
    name, lines = manifest["name"], []
    if not _has_tower(manifest):
        return []
    if _is_whole(manifest["files"]):
        lines.append(
            f"Ollama, from {OLLAMA} on: `ollama create {name} -f {MODELFILE}` in this folder, then `ollama run {name}` "
            "(older ones end at a Qwen3-VL's first photo where its vision tower is a file of its own)"
        )
    fetched = [f"the folder `{mlx}` as `{name}-{mlx}`" for mlx in _mlx_folders(manifest)]
    if _is_whole(manifest["files"]):
        both = " and ".join(f"`{manifest['files'][role]['file']}`" for role in ("language", "mmproj"))
        fetched.insert(0, f"{both} into a folder `{name}`")
    if fetched:
        lines.append(
            f"LM Studio: copy the folder `{LM_STUDIO}/{OWNER}` into `~/.lmstudio/models`; where it is missing, as on "
            f"the hub, put into `~/.lmstudio/models/{OWNER}` {', and '.join(fetched)}"
        )
    return lines


def write(out: Path, manifest: dict[str, Any]) -> None:
    """Write what these programs need into `out`; what an earlier export left for them is removed."""
    (out / MODELFILE).unlink(missing_ok=True)
    shutil.rmtree(out / LM_STUDIO, ignore_errors=True)
    files, name = manifest["files"], manifest["name"]
    if not _has_tower(manifest):
        return
    if _is_whole(files):
        write_text(out / MODELFILE, modelfile(files, manifest["licence"]))
        folder = out / LM_STUDIO / OWNER / name
        folder.mkdir(parents=True)
        for role, stem in (("language", name), ("mmproj", f"mmproj-{name}")):
            file = files[role]["file"]
            link(out / file, folder / f"{stem}{file.removeprefix(role)}")
    for mlx in _mlx_folders(manifest):
        folder = out / LM_STUDIO / OWNER / f"{name}-{mlx}"
        folder.mkdir(parents=True)
        for path in (out / mlx).iterdir():
            link(path, folder / path.name)


def _has_tower(manifest: dict[str, Any]) -> bool:
    """Whether photos pass through a vision tower: no other program makes visual tokens with a connector."""
    return "connector" not in manifest["files"]


def _is_whole(files: dict[str, Any]) -> bool:
    """Whether there are files for llama.cpp that other programs take: Ollama no longer puts a LoRA on (`ADAPTER`)."""
    return bool(files) and "package" not in files["language"] and "adapter" not in files


def _mlx_folders(manifest: dict[str, Any]) -> list[str]:
    """The folders for MLX that passed."""
    shipped = (form["files"] or {} for form in manifest["verified"]["forms"].values())
    return [entry["folder"] for entry in shipped if "folder" in entry]


def modelfile(files: dict[str, Any], licence: str | None) -> str:
    """The Modelfile of the files of a manifest."""
    lines = [
        f"FROM ./{files['language']['file']}",
        f"FROM ./{files['mmproj']['file']}",
        f'TEMPLATE """{TEMPLATE}"""',
        f'SYSTEM """{INSTRUCTION}"""',
        'PARAMETER stop "<|im_end|>"',
        f"PARAMETER num_ctx {CONTEXT}",
        "PARAMETER temperature 0",
    ]
    if licence:
        lines.append(f'LICENSE """{licence}"""')
    return "\n".join(lines) + "\n"


def link(source: Path, target: Path) -> None:
    """Give a file a second name; copy it where the disk has no hard links."""
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, target)
