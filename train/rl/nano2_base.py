"""The second nano as the base of reward training: it sees through the photo encoder and a connector, without a tower.

Training begins at the model that ships (`models/nano2`): its LoRA and its connector, into which the matrix behind it is
folded already. Photos are the picture world's; the encoder describes each once, from the pixels that the engines see. A
run ends in a model folder, beside the checkpoint, that app and benchmark load as they load `models/nano2`.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from pathlib import Path

import numpy as np
import torch
from peft import set_peft_model_state_dict

from assistant.encoder.open_encoder import open_shipped
from assistant.models.local import load
from assistant.photo import from_image, picture
from assistant.vision.connector import features
from benchmark.world.concepts import concepts
from benchmark.world.scene import TWIN_HUES, Look, draw
from memory.errors import KeepsakeError
from memory.files import whole_file, write_text
from memory.paths import private_folder
from train.nano2.adapter_gguf import read_lora, write_lora
from train.nano2.composite_scenes import Plan, Scenes
from train.nano2.connector_fit import Fitted
from train.nano2.nano2_settings import Settings
from train.nano2.notes_language import token_cache
from train.nano2.run_stages import HEADS, KEY_HEADS, manifest
from train.pretrain.language import Reader
from train.pretrain.model import build_model
from train.pretrain.token_cache import TokenCache
from train.recipe import Recipe, Tower
from train.resources import fast_dtype
from train.rl.gspo import Setup

NANO2 = "nano2"
"""The name of the base in a recipe."""
LOOKS = {"train": 160, "dev": 30}
"""Concepts of each split whose photos are drawn."""
GROUPS = {"train": 600, "dev": 90}
"""Photos of two to four things."""
VIEWS = {"train": 3, "dev": 2}
"""Photos of each look alone."""


def files() -> tuple[Path, Path]:
    """The LoRA and the connector that training begins at. Raises KeepsakeError when they are not there."""
    spec = load(NANO2)
    if not (spec.adapter and spec.connector):
        raise KeepsakeError(f"{spec.mmproj.parent} is no second nano: it has no adapter or no connector")
    return spec.adapter, spec.connector


def load_setup(recipe: Recipe, base_gguf: Path, work: Path, device: str) -> Setup:
    """The shipped model, ready for `loop.train`; drawn photos are kept in the folder `work`."""
    assert recipe.gspo is not None
    adapter, connector = files()
    model, tokenizer = build_model(base_gguf, Tower())
    text, own = model.model.text_model, Settings()
    heads = text.config.num_attention_heads, text.config.num_key_value_heads
    reader = Reader(text, own.rank, own.alpha, 1.0, fast_dtype(device)).to(device)
    set_peft_model_state_dict(reader.text, read_lora(adapter, *heads))
    reader.adapt.requires_grad_(False)
    train, dev = (_cache(split, Fitted.of(connector), work, seed) for seed, split in enumerate(("train", "dev")))
    return Setup(reader, tokenizer, train, dev, recipe.gspo)


def write_model(checkpoint: Path, out: Path) -> None:
    """Write the model folder of a checkpoint: the shipped connector, the trained LoRA, a manifest."""
    _, connector = files()
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    out.mkdir(parents=True, exist_ok=True)
    with whole_file(out / "connector.npz") as partial:
        shutil.copyfile(connector, partial)
    with whole_file(out / "adapter.gguf") as partial:
        write_lora(state["lora"], partial, HEADS, KEY_HEADS, Settings().alpha)
    _write_manifest(out)


def copy_model(out: Path) -> None:
    """Write a model folder of the untrained base, against which runs are measured."""
    out.mkdir(parents=True, exist_ok=True)
    for file in files():
        with whole_file(out / ("connector.npz" if file.suffix == ".npz" else "adapter.gguf")) as partial:
            shutil.copyfile(file, partial)
    _write_manifest(out)


def _write_manifest(out: Path) -> None:
    """Write the manifest, which comes last: with it, the folder is whole."""
    write_text(out / "manifest.json", json.dumps(manifest(out), indent=2) + "\n")


def _cache(split: str, connector: Fitted, work: Path, seed: int) -> TokenCache:
    """The token cache of a split's photos; the encoder's descriptions of them are kept in the folder `work`."""
    rng, pool = np.random.default_rng((seed, 3)), concepts(split)
    codes = [pool[i].code for i in rng.permutation(len(pool))[: LOOKS[split]]]
    looks = tuple(Look(code, hue) for code in codes for hue in (0, *TWIN_HUES))
    scenes: list[tuple[int, ...]] = [(i,) for i in range(len(looks)) for _ in range(VIEWS[split])]
    together: tuple[int, ...] = ()
    for i in range(GROUPS[split]):  # in threes: two photos of the same looks, and one without the last of them
        if i % 3 == 0:
            together = tuple(int(n) for n in rng.choice(len(looks), 2 + i // 3 % 3, replace=False))
        scenes.append(together[: max(2, len(together) - 1)] if i % 3 == 2 else together)
    scene_plan = Plan(looks, tuple(scenes), VIEWS[split], GROUPS[split])
    cells = _cells(scene_plan, private_folder(work) / f"cells-{split}.npz")
    unused = np.zeros(0)
    return token_cache(scene_plan, Scenes(cells, unused, unused), connector)


def _cells(scene_plan: Plan, file: Path) -> np.ndarray:
    """The photo encoder's description of each scene's cells, (S, 16, F) float16, from `file` or computed anew."""
    encoder, side = open_shipped(), Settings().side
    made_for = f"{encoder.space} {scene_plan}"
    if file.exists():
        with np.load(file) as arrays:
            if str(arrays["made_for"]) == _digest(made_for):
                encoder.close()
                return np.asarray(arrays["cells"])
    cells = []
    for i, shown in enumerate(scene_plan.scenes):
        photo = from_image(draw([scene_plan.looks[n] for n in shown], 700_000 + i, side).image)
        image = picture(photo, (encoder.manifest.size, encoder.manifest.size))
        cells.append(features(encoder.map_of(image), image).astype(np.float16))
        if i % 500 == 0:
            print(f"photos: {i} of {len(scene_plan.scenes)}", file=sys.stderr, flush=True)
    encoder.close()
    with whole_file(file) as partial, open(partial, "wb") as out:
        np.savez(out, cells=np.stack(cells), made_for=_digest(made_for))
    return np.stack(cells)


def _digest(text: str) -> str:
    """The hash of a text in hex."""
    return hashlib.sha256(text.encode()).hexdigest()
