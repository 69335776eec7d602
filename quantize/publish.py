"""Variants that passed, made ready for the assistant: files in place, `manifest.json`, and a model card.

Nothing of a variant that failed is published. Each file is replaced whole, and the manifest, which names every file
with its sha256, is written last.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from assistant.models.photo_budget import PhotoBudget
from memory.errors import KeepsakeError
from memory.files import sha256, write_json, write_text
from quantize import manifest, model_card, other_apps, variants
from quantize.build_cache import remove_folder, replace_folder
from quantize.variants import Variant
from quantize.verify import acceptance, verify

HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
"""A model's name on the hub, OWNER/NAME; no path on a computer looks like it."""
SMALL = 1 << 20
"""Bytes; smaller files are copied, larger ones linked."""


def origin(checkpoint: Path, base: str | None, licence: str | None, run: Path | None) -> dict[str, Any]:
    """Where the model comes from: base, licence, recipe, data, commit. None for what is not known.

    Base and licence that are not given are read from the checkpoint: the base that its LoRA names, its model card's
    licence. `run` is the training's run.json, or its recipe (TOML). Raises KeepsakeError when it is neither.
    """
    known: dict[str, Any] = {
        "base": base or _base_of_lora(checkpoint),
        "licence": licence or model_card.licence_of(checkpoint / "README.md"),
        "recipe": None,
        "recipe_sha256": None,
        "data": None,
        "commit": None,
    }
    if run is None:
        return known
    try:
        if run.suffix == ".toml":
            return {**known, "recipe": run.name, "recipe_sha256": sha256(run)}
        record = json.loads(run.read_text(encoding="utf-8"))
        return {**known, "recipe": record["recipe"]["name"], "data": record["data"], "commit": record.get("commit")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise KeepsakeError(f"{run} is neither a run.json of train nor a recipe: {error}") from error


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a manifest tells of a model, whichever of its variants pass."""

    checkpoint: Path
    origin: dict[str, Any]
    """What `origin` returned."""
    package: str | None = None
    """PACKAGE/FILE where the language model of a variant comes from a package."""
    trained: PhotoBudget | None = None
    """How large photos were in its training; None: not known."""
    shown: PhotoBudget | None = None
    """How large photos are where that is not known."""
    layout: str = "aligned"
    """The layout of the prompts in its training."""

    @property
    def photo(self) -> dict[str, Any]:
        """How a photo enters the model, as a manifest says it."""
        photo = manifest.photo_settings(self.checkpoint, self.trained or self.shown)
        if not self.trained:
            photo.pop("trained", None)
        return photo


def ship(out: Path, model: Provenance, passed: Sequence[Variant], verdicts: Sequence[acceptance.Verdict]) -> Path:
    """Put the variants that passed into `out`, with model card and manifest. Returns the manifest's path.

    `verdicts`: the checkpoint's first. Files that an earlier manifest names and the new one does not are removed.
    """
    old = manifest.read(out)
    entries = {variant.name: _place(variant, out, model.package) for variant in passed}
    best = acceptance.smallest([v for v in verdicts if v.name in entries and v.engine == "llama.cpp"])
    files = entries[best.name] if best else {}
    written = {
        "name": out.resolve().name,
        "layout": model.layout,
        "photo": model.photo,
        **manifest.trained_to(model.checkpoint),
        **manifest.with_same_tower(old, files, manifest.vision_role(model.checkpoint)),
        "files": files,
        **model.origin,
        "checkpoint": variants.hashes(variants.model_files(model.checkpoint), model.checkpoint),
        "verified": _verified(verdicts, entries),
    }
    _remove_old_files(out, old, written)
    other_apps.write(out, written)
    write_text(out / "README.md", model_card.card(written, verdicts))
    path = out / "manifest.json"
    if files:  # MLX folders have manifests of their own
        write_json(path, written)
    else:
        path.unlink(missing_ok=True)
    return path


def _verified(verdicts: Sequence[acceptance.Verdict], entries: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """What every variant was measured on, had to keep, and keeps. `entries`: files, by the variant's name."""
    return {
        "samples": verdicts[0].samples,
        "positions": verdicts[0].positions,
        "seed": verify.SEED,
        "thresholds": msgspec.structs.asdict(acceptance.load()),
        "forms": {v.name: {**acceptance.numbers(v), "files": entries.get(v.name)} for v in verdicts},
    }


def _place(variant: Variant, out: Path, package: str | None) -> dict[str, Any]:
    """Put a variant's files into `out`. Returns their entries for a manifest, by role."""
    if variant.engine == "mlx":
        _link(variant.language, out / variant.language.name)
        return {"folder": variant.language.name, "files": variants.hashes(variant.files(), variant.language)}
    assert variant.mmproj is not None
    vision = next(role for role, file in manifest.VISION_FILES.items() if variant.mmproj.suffix == Path(file).suffix)
    roles = {vision: variant.mmproj, "adapter": variant.adapter, "language": variant.language}
    entries: dict[str, dict[str, Any]] = {}
    for role, source in roles.items():
        if source is None:
            continue
        if role == "language" and variant.adapter and package:
            name, _, file = package.partition("/")
            entries[role] = {"package": name, "file": file, "sha256": sha256(source)}
        else:
            _link(source, out / source.name)
            entries[role] = {"file": source.name, "sha256": sha256(source), "bytes": source.stat().st_size}
    return entries


def _link(source: Path, target: Path) -> None:
    """Give a file or folder a second name; large files are not copied where the disk has hard links."""
    if target.exists() and os.path.samefile(source, target):
        return  # renaming one link of a file over another would do nothing, and leave the partial file
    partial = target.with_name(f"{target.name}.partial")
    if source.is_dir():
        shutil.rmtree(partial, ignore_errors=True)
        shutil.copytree(source, partial, copy_function=_link_file)
        replace_folder(partial, target)
        return
    partial.unlink(missing_ok=True)
    _link_file(source, partial)
    os.replace(partial, target)


def _link_file(source: str | Path, target: str | Path) -> None:
    """Link a large file, copy a small one."""
    if os.path.getsize(source) < SMALL:  # may be edited later, as a threshold in a manifest is
        shutil.copyfile(source, target)
        return
    try:
        os.link(source, target)
    except OSError:  # another disk, or one without hard links
        shutil.copyfile(source, target)


def _remove_old_files(out: Path, old: dict[str, Any], new: dict[str, Any]) -> None:
    """Remove the files and folders that the manifest `old` names and `new` does not."""

    def named(one: dict[str, Any]) -> set[str]:
        groups = [f.get("files") or {} for f in (one.get("verified") or {}).get("forms", {}).values()]
        names = {g["folder"] for g in groups if "folder" in g}
        for group in [one.get("files") or {}, *(g for g in groups if "folder" not in g)]:
            names |= {entry["file"] for entry in group.values() if "package" not in entry}
        return names

    for name in named(old) - named(new):
        gone = out / name
        if gone.parent != out:
            continue
        if gone.is_dir():
            remove_folder(gone)
        else:
            gone.unlink(missing_ok=True)


def _base_of_lora(checkpoint: Path) -> str | None:
    """The hub's name of the model that the checkpoint's LoRA was trained on; None for a folder on a computer."""
    path = checkpoint / "adapter" / "adapter_config.json"
    name = json.loads(path.read_text(encoding="utf-8")).get("base_model_name_or_path") if path.exists() else None
    return name if name and HUB_NAME.fullmatch(name) else None
