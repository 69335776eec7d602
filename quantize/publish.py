"""What passed, made ready for the assistant: files in place, `manifest.json`, and a model card.

Nothing of a form that failed gets here. The manifest is written last, and is gone while files change: a folder with a
manifest is whole.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from memory.errors import KeepsakeError
from memory.files import sha256
from quantize import manifest, model_card, variants
from quantize.build_cache import discard, put, write
from quantize.variants import Form
from quantize.verify import acceptance, verify

HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
"""OWNER/NAME, and never a path of somebody's machine."""
SMALL = 1 << 20
"""Bytes; files below are copied."""


def origin(checkpoint: Path, base: str | None, licence: str | None, run: Path | None) -> dict[str, Any]:
    """Where the model comes from: base, licence, recipe, data. None where nobody said.

    What is not given is read from the checkpoint: its model card's licence, and the base that its LoRA names.
    `run` is the training's run.json, or its recipe. Raises KeepsakeError when it is neither.
    """
    told: dict[str, Any] = {"base": base or _base(checkpoint), "licence": licence or _licence(checkpoint)}
    told |= {"recipe": None, "recipe_sha256": None, "data": None, "commit": None}
    if run is None:
        return told
    try:
        if run.suffix == ".toml":
            return {**told, "recipe": run.name, "recipe_sha256": sha256(run)}
        note = json.loads(run.read_text(encoding="utf-8"))
        return {**told, "recipe": note["recipe"]["name"], "data": note["data"], "commit": note.get("commit")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise KeepsakeError(f"{run} is neither a run.json of train nor a recipe: {error}") from error


def ship(
    out: Path,
    checkpoint: Path,
    passed: Sequence[Form],
    found: Sequence[acceptance.Found],
    told: dict[str, Any],
    package: str | None = None,
) -> Path:
    """Put the forms that passed into `out`, with card and manifest; what an earlier manifest named and this one does
    not is taken away. `package` is PACKAGE/FILE where a form's language model comes from there. Returns the manifest.
    """
    path = out / "manifest.json"
    old = manifest.read(out)
    entries = {form.name: _place(form, out, package) for form in passed}
    best = acceptance.smallest([f for f in found if f.name in entries and f.engine == "llama.cpp"])
    files = entries[best.name] if best else {}
    same_tower = (old.get("files") or {}).get("mmproj") == files.get("mmproj")
    written = {
        "name": out.resolve().name,
        "layout": "aligned",
        "photo": manifest.photo(checkpoint),
        "threshold": old.get("threshold", manifest.UNCALIBRATED) if same_tower else manifest.UNCALIBRATED,
        "files": files,
        **({"recall": old["recall"]} if same_tower and "recall" in old else {}),
        **told,
        "checkpoint": variants.hashes(variants.folder_files(checkpoint), checkpoint),
        "verified": {
            "samples": found[0].samples,
            "positions": found[0].positions,
            "seed": verify.SEED,
            "thresholds": asdict(acceptance.load()),
            "forms": {f.name: {**acceptance.numbers(f), "files": entries.get(f.name)} for f in found},
        },
    }
    _tidy(out, old, written)
    write(out / "README.md", model_card.card(written, found))
    if files:  # MLX folders have manifests of their own
        write(path, json.dumps(written, indent=2, ensure_ascii=False) + "\n")
    else:
        path.unlink(missing_ok=True)
    return path


def _place(form: Form, out: Path, package: str | None) -> dict[str, Any]:
    """A form's files in `out`, and their entries for a manifest by role."""
    if form.engine == "mlx":
        _link(form.language, out / form.language.name)
        return {"folder": form.language.name, "files": variants.hashes(form.files(), form.language)}
    assert form.mmproj is not None
    roles = {"mmproj": form.mmproj, "adapter": form.adapter, "language": form.language}
    entries = {}
    for role, source in roles.items():
        if role == "language" and form.adapter and package:
            name, _, file = package.partition("/")
            entries[role] = {"package": name, "file": file, "sha256": sha256(source)}
        elif source:
            _link(source, out / source.name)
            entries[role] = {"file": source.name, "sha256": sha256(source), "bytes": source.stat().st_size}
    return entries


def _link(source: Path, target: Path) -> None:
    """The same file or folder under another name, without the bytes once more where the disk can do that."""
    if target.exists() and os.path.samefile(source, target):
        return  # renaming one link of a file over another does nothing at all
    partial = target.with_name(f"{target.name}.partial")
    if source.is_dir():
        shutil.rmtree(partial, ignore_errors=True)
        shutil.copytree(source, partial, copy_function=_link_file)
        put(partial, target)
        return
    partial.unlink(missing_ok=True)
    _link_file(source, partial)
    os.replace(partial, target)


def _link_file(source: str | Path, target: str | Path) -> None:
    if os.path.getsize(source) < SMALL:  # may be edited later, as a threshold in a manifest is
        shutil.copyfile(source, target)
        return
    try:
        os.link(source, target)
    except OSError:  # another disk, or one that knows no links
        shutil.copyfile(source, target)


def _tidy(out: Path, old: dict[str, Any], new: dict[str, Any]) -> None:
    """Take away what the earlier manifest named and this one does not."""

    def named(one: dict[str, Any]) -> set[str]:
        groups = [f.get("files") or {} for f in (one.get("verified") or {}).get("forms", {}).values()]
        found = {g["folder"] for g in groups if "folder" in g}
        for group in [one.get("files") or {}, *(g for g in groups if "folder" not in g)]:
            found |= {entry["file"] for entry in group.values() if "package" not in entry}
        return found

    for name in named(old) - named(new):
        gone = out / name
        if gone.parent != out:
            continue
        if gone.is_dir():
            discard(gone)
        else:
            gone.unlink(missing_ok=True)


def _base(checkpoint: Path) -> str | None:
    path = checkpoint / "adapter" / "adapter_config.json"
    name = json.loads(path.read_text(encoding="utf-8")).get("base_model_name_or_path") if path.exists() else None
    return name if name and HUB_NAME.fullmatch(name) else None


def _licence(checkpoint: Path) -> str | None:
    """As the head of a published model card says it."""
    path = checkpoint / "README.md"
    text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    head = text.split("\n---", 1)[0] if text.startswith("---") else ""
    found = re.search(r"^license:\s*(\S+)\s*$", head, re.MULTILINE)
    return found[1].strip("\"'") if found else None
