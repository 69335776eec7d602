"""`manifest.json`: which files make a model, their sha256, and how a photo enters it. The assistant reads it."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from assistant.models import hf_config
from assistant.models.model_files import packaged
from assistant.models.photo_budget import PhotoBudget
from assistant.models.spec import UNCALIBRATED
from assistant.vision.connector import TOKENS
from memory.errors import KeepsakeError
from memory.files import sha256, write_text

VISION_FILES = {"mmproj": "mmproj.gguf", "connector": hf_config.CONNECTOR}
"""What photos pass through, by its role in a manifest."""
MOST = PhotoBudget(1024, 256)
"""The most visual tokens of a photo that an exported model is shown by itself: a context of 8,192 must hold several."""


def write(out: Path, checkpoint: Path, package: str | None) -> Path:
    """Describe the GGUF files in `out`. `package` is "PACKAGE/FILE" when the language model comes from a package.

    What was measured of recall is kept as long as the vision tower stays the same.
    """
    vision = vision_role(checkpoint)
    files = {vision: _entry(out / VISION_FILES[vision])}
    files |= {role: _entry(out / f"{role}.gguf") for role in ("adapter", "language")}
    if package:
        name, _, file = package.partition("/")
        files["language"] = {"package": name, "file": file, "sha256": sha256(packaged(name, file))}
    if files["language"] is None:
        raise KeepsakeError("an export needs a language model: --language KIND, or --package PACKAGE/FILE")
    manifest = {
        "name": out.name,
        "layout": "aligned",
        "photo": photo_settings(checkpoint),
        **trained_to(checkpoint),
        **with_same_tower(read(out), files, vision),
        "files": {role: entry for role, entry in files.items() if entry},
    }
    path = out / "manifest.json"
    write_text(path, json.dumps(manifest, indent=2) + "\n")
    return path


def write_folder(out: Path, checkpoint: Path, engine: str, space: str, old: Path) -> Path:
    """Describe a model that is a whole folder of files (`engine` "mlx") in `out`.

    `space` is the hash of its vision tower: the name of the vector space of its photos. `old` is the folder that `out`
    will replace and be named after; what was measured of recall is kept as long as `space` stays the same.
    """
    before = read(old)
    manifest = {
        "name": old.name,
        "engine": engine,
        "layout": "aligned",
        "photo": photo_settings(checkpoint),
        **trained_to(checkpoint),
        "space": space,
        **calibration(before, same=before.get("space") == space),
        "files": {path.name: _entry(path) for path in sorted(out.iterdir()) if path.is_file()},
    }
    path = out / "manifest.json"
    write_text(path, json.dumps(manifest, indent=2) + "\n")
    return path


def with_same_tower(old: dict[str, Any], files: Mapping[str, Any], vision: str) -> dict[str, Any]:
    """The `calibration` of a model whose tower is the file of the role `vision`."""
    return calibration(old, same=(old.get("files") or {}).get(vision) == files.get(vision))


def calibration(old: dict[str, Any], *, same: bool) -> dict[str, Any]:
    """What a manifest says of recall: what was measured of an earlier export, if photos have the `same` vectors."""
    measured: dict[str, Any] = {key: old[key] for key in ("threshold", "recall") if same and key in old}
    return {"threshold": UNCALIBRATED, **measured}


def read(folder: Path) -> dict[str, Any]:
    """The manifest of a folder; empty without one. Raises KeepsakeError when it is not JSON."""
    path = folder / "manifest.json"
    try:
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except ValueError as error:
        raise KeepsakeError(f"{path} is not a manifest: {error}") from error
    return manifest


def photo_settings(checkpoint: Path, trained: PhotoBudget | None = None) -> dict[str, Any]:
    """How a photo enters the model: our SmolVLM reads each as one square without tiles, a connector gives a fixed
    number of visual tokens, other models in any shape,
    within a budget of visual tokens. `trained`: the budget of its training, which is used as far as laptops can."""
    config = json.loads((checkpoint / "config.json").read_text(encoding="utf-8"))
    if hf_config.connector(checkpoint):
        return {"tokens": TOKENS}
    if config["model_type"] != "smolvlm":
        used, known = trained or PhotoBudget(), {"trained": trained.table()} if trained else {}
        used = replace(used, query=min(used.query, MOST.query), memory=min(used.memory, MOST.memory))
        return {"side": None, "one_tile": False, **used.table(), **known}
    vision = config["vision_config"]
    across = vision["image_size"] // vision["patch_size"] // config["scale_factor"]
    return {"side": vision["image_size"], "one_tile": True, "tokens": across**2}


def vision_role(checkpoint: Path) -> str:
    """The role in a manifest of what a checkpoint's photos pass through: "connector" or "mmproj"."""
    return "connector" if hf_config.connector(checkpoint) else "mmproj"


def trained_to(checkpoint: Path) -> dict[str, Any]:
    """What a manifest says of a model with a connector, which `train nano2` trains: it tells what was told alone, and
    its prompts say what recall is sure of. Nothing for others."""
    return {"describes": False, "evidence": True} if hf_config.connector(checkpoint) else {}


def trained_budget(run: Path | None) -> PhotoBudget | None:
    """The visual tokens of a photo in a training of a Qwen3-VL, from its run.json or its recipe (TOML).

    None where there is no such file, or it tells of no such training. Raises KeepsakeError when it cannot be read.
    """
    gspo = _rewards_of(run)
    try:
        return PhotoBudget(**((gspo.get("trl") or {}).get("photos") or {})) if gspo else None
    except (ValueError, TypeError, AttributeError) as error:
        raise KeepsakeError(f"{run} is neither a run.json of train nor a recipe: {error}") from error


def trained_layout(run: Path | None) -> str:
    """The prompt layout of a training, from its run.json or its recipe; "aligned" where neither says otherwise.

    Raises KeepsakeError when it cannot be read.
    """
    return str((_rewards_of(run) or {}).get("layout", "aligned"))


def _rewards_of(run: Path | None) -> dict[str, Any] | None:
    """The table [gspo] of a run.json or a recipe (TOML), if there is one. Raises KeepsakeError."""
    if run is None:
        return None
    try:
        text = run.read_text(encoding="utf-8")
        recipe = tomllib.loads(text) if run.suffix == ".toml" else json.loads(text)["recipe"]
        gspo: dict[str, Any] | None = recipe.get("gspo")
        return None if gspo is None else dict(gspo)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise KeepsakeError(f"{run} is neither a run.json of train nor a recipe: {error}") from error


def _entry(path: Path) -> dict[str, Any] | None:
    """A file's name, sha256 and size in bytes; None when there is no such file."""
    return {"file": path.name, "sha256": sha256(path), "bytes": path.stat().st_size} if path.exists() else None
