"""Models on this machine: find them, and check that their files are whole.

A model is a folder. Its `manifest.json` names the files with their sha256; without a manifest it holds exactly one
language model GGUF (maybe in shards) and one mmproj GGUF, as Qwen3-VL is published. The path of a .gguf chooses one of
several language models. A folder with `config.json` and *.safetensors is a whole model for MLX or for transformers.
`models/nano2` and `models/nano` ship with the project; `models/encoder` and `models/embedder`, which ship too, are no
language models but the photo encoder and the text embedder. A model without a vision tower has a connector, which turns
the photo encoder's tokens into visual tokens.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

from assistant.backend import Verification
from assistant.models import gguf_metadata, hf_config, model_files
from assistant.models.model_files import inside, packaged
from assistant.models.photo_budget import read_budget
from assistant.models.spec import UNCALIBRATED, Engine, Spec
from memory.errors import ModelError
from memory.files import sha256
from memory.paths import home

SHIPPED = Path(__file__).resolve().parents[2] / "models"
DEFAULT = "nano2"
ENCODER, EMBEDDER, READER, VERIFIER = "encoder", "embedder", "reader", "verifier"
"""The folders of the photo encoder, the text embedder, the reader and the verifier, which lie beside the models."""


def find(name: str | None = None) -> Path:
    """The folder of a model, from its path, its name under home()/models, or the name of one that is shipped.

    The path of a .gguf is returned as it is. Raises ModelError when there is no such model.
    """
    name = name or DEFAULT
    for folder in (Path(name).expanduser(), home() / "models" / name, SHIPPED / name):
        if folder.is_dir() or (folder.suffix == ".gguf" and folder.is_file()):
            return folder.resolve()
    raise ModelError(
        f"there is no model named {name!r}: choose one of {', '.join(sorted(names()))}, or give its folder"
    )


def names() -> set[str]:
    """Names of all models on this machine."""
    roots = [root for root in (SHIPPED, home() / "models") if root.is_dir()]
    others = {SHIPPED / name for name in (ENCODER, EMBEDDER, READER, VERIFIER)}
    return {f.name for root in roots for f in root.iterdir() if f.is_dir() and f not in others}


def load(name: str | None = None, *, verify: bool = True) -> Spec:
    """Read a model's folder; with `verify`, compare its files with the manifest.

    Raises ModelError naming the file that is missing or not the one it should be.
    """
    folder = find(name)
    if folder.is_file():
        return _without_manifest(folder.parent, folder)
    manifest_path = folder / "manifest.json"
    if not manifest_path.exists():
        return _without_manifest(folder)
    try:
        manifest = model_files.read_object(manifest_path)
        files = {role: _file(folder, manifest["files"][role], verify) for role in manifest["files"]}
        photo = manifest["photo"]
        if not isinstance(manifest["name"], str):
            raise ValueError(f"its name is {manifest['name']!r}")
        if not isinstance(photo.get("side"), int | None) or isinstance(photo.get("side"), bool):
            raise ValueError(f"the side of a photo is {photo['side']!r}")
        whole = manifest.get("engine") == "mlx"
        vision = "connector" if "connector" in files else "mmproj"
        return Spec(
            name=manifest["name"],
            language=folder if whole else files["language"],
            mmproj=folder if whole else files[vision],
            adapter=files.get("adapter"),
            side=photo.get("side"),
            one_tile=bool(photo.get("one_tile", False)),
            budget=read_budget(photo),
            trained=read_budget(photo["trained"]) if "trained" in photo else None,
            threshold=float(manifest.get("threshold", UNCALIBRATED)),
            space=manifest["space"] if whole else manifest["files"][vision]["sha256"][:16],
            identity=_digest(*(entry["sha256"] for entry in manifest["files"].values())),
            engine="mlx" if whole else "llama.cpp",
            verification=Verification(**manifest["verification"]) if "verification" in manifest else None,
            may_say="seen" if manifest.get("describes", not photo.get("one_tile", False)) else "told",
            connector=hf_config.connector(folder) if whole else files.get("connector"),
            evidence=bool(manifest.get("evidence", False)),
        )
    except OSError as error:
        raise ModelError(f"{manifest_path} cannot be read: {error.strerror}") from error
    except (KeyError, ValueError, TypeError, AttributeError, OverflowError) as error:
        raise ModelError(f"{manifest_path} is not a model manifest: {error}") from error


def _without_manifest(folder: Path, chosen: Path | None = None) -> Spec:
    """A folder without manifest; `chosen` is one of several language models in it."""
    weights = sorted(folder.glob("*.safetensors"))
    if weights and not chosen and not any(folder.glob("*.gguf")):
        return _transformers_layout(folder, weights)
    language, mmproj = gguf_metadata.find_pair(folder, chosen)
    space = _digest(sha256(mmproj))
    identity = _digest(space, *(sha256(part) for part in gguf_metadata.shards(language)))
    return Spec(chosen.stem if chosen else folder.name, language, mmproj, space=space, identity=identity)


def _transformers_layout(folder: Path, weights: list[Path]) -> Spec:
    """A folder as transformers or mlx-vlm wrote it; the header of the weights says which of them did."""
    hf_config.config(folder)
    engine: Engine = "mlx" if gguf_metadata.safetensors_format(weights[0]) == "mlx" else "transformers"
    connector = hf_config.connector(folder)
    adapter = sorted((folder / "adapter").glob("adapter_*"))
    files = [folder / "config.json", *weights, *adapter, *([connector] if connector else [])]
    identity = _digest(*(sha256(path) for path in files))
    spec = Spec(folder.name, folder, folder, space=identity, identity=identity, engine=engine)
    # a model with a connector comes from `train nano2`: it says what was told, and its prompts name the sure recalls
    return replace(spec, connector=connector, may_say="told", evidence=True) if connector else spec


def _digest(*parts: str) -> str:
    """16 hex digits that stand for all parts."""
    return hashlib.sha256(":".join(parts).encode()).hexdigest()[:16]


def _file(folder: Path, entry: dict[str, Any], verify: bool) -> Path:
    """The path of a manifest's entry. Raises ModelError when the file is missing or, with `verify`, differs."""
    path = packaged(entry["package"], entry["file"]) if "package" in entry else inside(folder, entry["file"])
    if verify and sha256(path) != entry["sha256"]:
        raise ModelError(f"{path} is damaged or not the file this model was made with (sha256 differs): fetch it again")
    return path
