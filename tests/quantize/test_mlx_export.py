"""Checkpoints to MLX folders: what is written, who can read it, and what is refused.

That the result reads and writes as the checkpoint does is `test_backends.py`.
"""

from __future__ import annotations

import json
import shutil
import struct
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoConfig

from assistant.backends.causal.mlxvlm import open_mlx
from assistant.chatml import pieces
from assistant.models import local
from assistant.models.spec import UNCALIBRATED, Spec
from assistant.photo import from_image
from assistant.prompt import caption_messages
from assistant.worker.worker_process import open_engine
from benchmark.world.scene import Look, draw
from memory.errors import KeepsakeError, ModelError
from quantize.hf_reference import Checkpoint
from quantize.mlx import mlx_export
from quantize.variants import compare
from tests.support import tinyqwen, tinysmolvlm

ASKED = pieces(caption_messages([], from_image(draw([Look("1f428")], 1, 128).image)))


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    return tinysmolvlm.build(tmp_path_factory.mktemp("checkpoint") / "model")


def header(path: Path) -> dict[str, dict[str, str]]:
    """Names, types and shapes in a .safetensors file."""
    data = path.read_bytes()
    found: dict[str, dict[str, str]] = json.loads(data[8 : 8 + struct.unpack("<Q", data[:8])[0]])
    return found


def test_fewer_bits_are_smaller_and_farther_off_and_what_sees_stays_whole(checkpoint: Path, tmp_path: Path) -> None:
    """Random weights are the hardest to quantise. All kinds share the vision tower, so also its vectors (`space`)."""
    truth = Checkpoint(checkpoint).logits(ASKED)
    sizes, losses, spaces = [], [], set()
    for kind in ("bf16", "8bit", "4bit"):
        spec = local.load(str(mlx_export.convert(checkpoint, tmp_path / kind, kind)))
        engine = open_mlx(spec)
        losses.append(compare(truth, engine.logits(ASKED)).kl)
        engine.close()
        sizes.append((tmp_path / kind / "model.safetensors").stat().st_size)
        spaces.add(spec.space)
        tower = {
            n: t for n, t in header(tmp_path / kind / "model.safetensors").items() if n.startswith(mlx_export.VISION)
        }
        assert {t["dtype"] for t in tower.values()} == {"BF16"} and len(tower) > 30
    assert sizes == sorted(sizes, reverse=True)
    assert losses == sorted(losses) and losses[0] < 0.05 < losses[-1], losses
    assert len(spaces) == 1


def test_mixed_recipes_give_some_tensors_more_bits(checkpoint: Path, tmp_path: Path) -> None:
    folder = mlx_export.convert(checkpoint, tmp_path / "mixed", "mixed_4_6")
    told = json.loads((folder / "config.json").read_text())["quantization"]
    bits = {name: each["bits"] for name, each in told.items() if isinstance(each, dict)}
    assert set(bits.values()) == {4, 6}
    assert bits["language_model.lm_head"] == bits["language_model.embed_tokens"] == 6
    assert not [name for name in bits if f"{name}.".startswith(mlx_export.VISION)]
    engine = open_mlx(local.load(str(folder)))
    assert np.isfinite(engine.logits(ASKED)).all()
    engine.close()


@pytest.mark.parametrize("build", (tinysmolvlm.build, tinyqwen.build))
def test_the_configuration_is_read_alike_by_transformers_and_mlx_vlm(
    build: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Previously a SmolVLM was read with mlx-vlm's default rope base, ten times ours, without a word."""
    from mlx_vlm.utils import load_model

    source = build(tmp_path / "source")  # type: ignore[operator]
    folder = mlx_export.convert(source, tmp_path / "made", "f16")
    before, after = AutoConfig.from_pretrained(source), AutoConfig.from_pretrained(folder)
    rope = before.text_config.rope_parameters
    assert {k: after.text_config.rope_parameters[k] for k in rope} == rope
    assert after.vision_config.to_dict() == before.vision_config.to_dict() | {"dtype": after.vision_config.dtype}
    read = load_model(folder).config
    assert read.text_config.rope_theta == rope["rope_theta"]
    if "mrope_section" in rope:
        assert read.text_config.rope_scaling["mrope_section"] == rope["mrope_section"]
        assert read.vision_config.deepstack_visual_indexes == before.vision_config.deepstack_visual_indexes
    assert (read.text_config.tie_word_embeddings, read.image_token_id) == (True, before.image_token_id)


def test_the_manifest_names_every_file_and_a_damaged_one_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    folder = mlx_export.convert(checkpoint, tmp_path / "made", "8bit")
    manifest = json.loads((folder / "manifest.json").read_text())
    assert set(manifest["files"]) == {p.name for p in folder.iterdir()} - {"manifest.json"}
    assert manifest["photo"] == {"side": tinysmolvlm.SIDE, "one_tile": True, "tokens": tinysmolvlm.TOKENS}
    assert (manifest["name"], manifest["engine"], manifest["threshold"]) == ("made", "mlx", UNCALIBRATED)
    data = bytearray((folder / "model.safetensors").read_bytes())
    data[-1] ^= 1
    (folder / "model.safetensors").write_bytes(data)
    with pytest.raises(ModelError, match=r"made/model\.safetensors is damaged or not the file"):
        local.load(str(folder))


def test_a_calibrated_threshold_outlives_a_new_export_of_the_same_tower(checkpoint: Path, tmp_path: Path) -> None:
    folder = mlx_export.convert(checkpoint, tmp_path / "made", "8bit")
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"threshold": 0.7}))
    assert local.load(str(mlx_export.convert(checkpoint, folder, "4bit"))).threshold == 0.7
    other = tinysmolvlm.build(tmp_path / "other", seed=1)
    assert local.load(str(mlx_export.convert(other, folder, "4bit"))).threshold == UNCALIBRATED


def test_a_folder_without_manifest_is_known_by_who_wrote_its_weights(checkpoint: Path, tmp_path: Path) -> None:
    """As models are published: mlx-vlm and transformers both write config.json and *.safetensors."""
    folder = mlx_export.convert(checkpoint, tmp_path / "made", "bf16")
    (folder / "manifest.json").unlink()
    assert local.load(str(folder)).engine == "mlx"
    assert local.load(str(checkpoint)).engine == "transformers"
    (folder / "model.safetensors").write_bytes(b"cut")
    with pytest.raises(ModelError, match=r"model\.safetensors is damaged at its beginning"):
        local.load(str(folder))


def test_what_cannot_be_converted_is_one_line_and_leaves_nothing(checkpoint: Path, tmp_path: Path) -> None:
    def refused(source: Path, match: str, kind: str = "8bit", out: Path = tmp_path / "out") -> None:
        with pytest.raises(KeepsakeError, match=match) as caught:
            mlx_export.convert(source, out, kind)
        assert "\n" not in str(caught.value)
        assert not (tmp_path / "out").exists() and not list(tmp_path.glob("*.partial"))

    refused(checkpoint, "unknown kind '7bit': use one of f32, f16, bf16, 8bit", kind="7bit")
    refused(tmp_path, "is not a model: it has no config.json")
    lora = shutil.copytree(checkpoint, tmp_path / "lora")
    (lora / "adapter").mkdir()
    refused(lora, "has a LoRA beside it: merge it first")
    other = tmp_path / "llama"
    other.mkdir()
    (other / "config.json").write_text('{"model_type": "llava"}')
    refused(other, "llama is a llava model: Keepsake reads smolvlm and qwen3_vl")
    cut = shutil.copytree(checkpoint, tmp_path / "cut")
    (cut / "model.safetensors").write_bytes((checkpoint / "model.safetensors").read_bytes()[:50_000])
    refused(cut, "cannot convert .*cut to MLX: ")
    (cut / "model.safetensors").unlink()
    refused(cut, r"cut has no \*\.safetensors")
    refused(checkpoint, "lora holds something else than an MLX export", out=lora)
    assert (lora / "model.safetensors").exists()


@pytest.mark.parametrize("engine, module", (("mlx", "mlx"), ("mlx", "mlx_vlm"), ("transformers", "torch")))
def test_a_missing_library_is_one_line(
    engine: str, module: str, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    spec = Spec("mine", checkpoint, checkpoint, engine=engine)  # type: ignore[arg-type]
    with pytest.raises(
        ModelError, match=rf"^mine is an? (MLX|transformers) model, which needs {module}.*: pip install -e"
    ) as e:
        open_engine(spec, 1, 512)
    assert "\n" not in str(e.value)
