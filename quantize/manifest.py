"""`manifest.json`: which files make a model, their sha256, and how a photo enters it. The assistant reads it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from assistant.models.local import packaged
from assistant.models.spec import UNCALIBRATED
from memory.errors import KeepsakeError
from memory.files import sha256


def write(out: Path, checkpoint: Path, package: str | None) -> Path:
    """Describe the export in `out`. `package` is "PACKAGE/FILE" when the language model comes from there.

    What was measured and entered before (threshold, notes) stays only while the vision tower stays the same.
    """
    path = out / "manifest.json"
    old: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    files = {role: _entry(out / f"{role}.gguf") for role in ("mmproj", "adapter", "language")}
    if package:
        name, _, file = package.partition("/")
        files["language"] = {"package": name, "file": file, "sha256": sha256(packaged(name, file))}
    if files["language"] is None:
        raise KeepsakeError("an export needs a language model: --language KIND, or --package PACKAGE/FILE")
    same_tower = (old.get("files") or {}).get("mmproj") == files["mmproj"]
    manifest = {
        "name": out.name,
        "layout": "aligned",
        "photo": photo(checkpoint),
        "threshold": old.get("threshold", UNCALIBRATED) if same_tower else UNCALIBRATED,
        "files": {role: entry for role, entry in files.items() if entry},
    }
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    partial.replace(path)
    return path


def write_folder(out: Path, checkpoint: Path, engine: str, space: str, old: Path) -> Path:
    """Describe a model that is a whole folder of files ("mlx") in `out`; `space` is the hash of its vision tower.

    `old` is the folder that it takes the place of and is named after: while the tower is the same, so is the threshold.
    """
    before: dict[str, Any] = read(old)
    manifest = {
        "name": old.name,
        "engine": engine,
        "layout": "aligned",
        "photo": photo(checkpoint),
        "space": space,
        "threshold": before.get("threshold", UNCALIBRATED) if before.get("space") == space else UNCALIBRATED,
        "files": {path.name: _entry(path) for path in sorted(out.iterdir()) if path.is_file()},
    }
    path = out / "manifest.json"
    path.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return path


def read(folder: Path) -> dict[str, Any]:
    """A folder's manifest; empty without one. Raises KeepsakeError when it cannot be read."""
    path = folder / "manifest.json"
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except ValueError as error:
        raise KeepsakeError(f"{path} is not a manifest: {error}") from error
    return found


def _entry(path: Path) -> dict[str, Any] | None:
    return {"file": path.name, "sha256": sha256(path), "bytes": path.stat().st_size} if path.exists() else None


def photo(checkpoint: Path) -> dict[str, Any]:
    """A SmolVLM of ours reads every photo as one square without tiles; others take any shape."""
    config = json.loads((checkpoint / "config.json").read_text(encoding="utf-8"))
    if config["model_type"] != "smolvlm":
        return {"side": None, "one_tile": False}
    vision = config["vision_config"]
    across = vision["image_size"] // vision["patch_size"] // config["scale_factor"]
    return {"side": vision["image_size"], "one_tile": True, "tokens": across**2}
