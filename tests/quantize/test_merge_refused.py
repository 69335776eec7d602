"""A merge by hand: names that meet, numbers that rounding takes, and what is refused, in one line each."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from memory.errors import KeepsakeError
from quantize.merge.adapter import plan, role
from quantize.merge.lora import merge, preview, summary
from tests.support.tinylora import HIDDEN, SHAPES, WORDS, base, lora, weights


@pytest.mark.parametrize(
    "inside", ["", "model.", "model.text_model.", "model.language_model.", "language_model.model."]
)
@pytest.mark.parametrize(
    "below", ["", "model.", "model.text_model.", "model.language_model.", "model.language_model.model."]
)
def test_names_meet_whichever_way_the_model_is_nested(tmp_path: Path, inside: str, below: str) -> None:
    """transformers has renamed the language model twice, and a LoRA may have been trained on it alone."""
    folder, adapter = base(tmp_path / "base", below), lora(tmp_path / "lora", inside)
    merge(folder, tmp_path / "out", adapter)
    before, after, parts = weights(folder), weights(tmp_path / "out"), load_file(adapter / "adapter_model.safetensors")
    for i in range(2):
        for name in SHAPES:
            a, b = (parts[f"base_model.model.{inside}layers.{i}.{name}.lora_{half}.weight"] for half in "AB")
            place = f"{below}layers.{i}.{name}.weight"
            torch.testing.assert_close(after[place], before[place] + 1.5 * b @ a)


def test_roles_tell_the_towers_apart() -> None:
    """SmolVLM's vision tower has q_proj in layers, too."""
    assert role("base_model.model.layers.3.mlp.up_proj") == role("model.text_model.layers.3.mlp.up_proj")
    assert (
        role("model.vision_model.encoder.layers.3.self_attn.q_proj") == "vision_model.encoder.layers.3.self_attn.q_proj"
    )
    assert role("base_model.model.lm_head") == role("language_model.lm_head") == "lm_head"


def test_what_rounding_takes_is_measured_and_another_dtype_keeps_it(tmp_path: Path) -> None:
    """A change below the last bit of a bf16 weight vanishes: this is how a merged model forgets."""
    folder, adapter = base(tmp_path / "base", dtype=torch.bfloat16), lora(tmp_path / "lora", size=1e-4)
    kept = merge(folder, tmp_path / "bf16", adapter)
    exact = merge(folder, tmp_path / "f32", adapter, dtype="f32")
    assert all(0 < change.relative < 0.01 for change in kept.changes)
    assert min(change.lost for change in kept.changes) > 0.5
    assert all(change.lost == 0 for change in exact.changes)
    assert {t.dtype for t in weights(tmp_path / "bf16").values()} == {torch.bfloat16}
    assert {t.dtype for t in weights(tmp_path / "f32").values()} == {torch.float32}
    assert list(preview(plan(folder, adapter))) == list(kept.changes)
    assert summary(exact.changes).startswith("6 tensors change by 0.") and "rounding takes 0.0%" in summary(
        exact.changes
    )


def test_twice_is_refused(tmp_path: Path) -> None:
    """By the adapter's sha256 in config.json; another adapter may follow, and then neither of the two again."""
    folder, first, second = base(tmp_path / "base"), lora(tmp_path / "one"), lora(tmp_path / "two", size=2.0)
    merge(folder, tmp_path / "a", first)
    merge(tmp_path / "a", tmp_path / "b", second)
    for done, adapter in ((tmp_path / "a", first), (tmp_path / "b", first), (tmp_path / "b", second)):
        with pytest.raises(KeepsakeError, match=r"merged into .* already: twice"):
            merge(done, tmp_path / "c", adapter)


Change = Callable[[dict[str, Any], dict[str, torch.Tensor]], object]
A, B = (f"base_model.model.model.language_model.layers.0.mlp.up_proj.lora_{half}.weight" for half in "AB")
EMBEDDING = "base_model.model.model.language_model.embed_tokens.weight"
REFUSED: dict[str, tuple[Change, str]] = {
    "dora": (lambda c, t: c.update(use_dora=True), "use_dora is true, and merge knows plain LoRA only"),
    "bias": (lambda c, t: c.update(bias="all"), 'bias is "all"'),
    "pissa": (lambda c, t: c.update(init_lora_weights="pissa_niter_4"), 'init_lora_weights is "pissa_niter_4"'),
    "kind": (lambda c, t: c.update(peft_type="LOHA"), 'peft_type is "LOHA"'),
    "unknown": (lambda c, t: c.update(some_new_trick={"a": 1}), "some_new_trick is"),
    "transposed": (lambda c, t: c.update(fan_in_fan_out=True), "fan_in_fan_out is true"),
    "tied": (lambda c, t: c.update(ensure_weight_tying=True), "ensure_weight_tying is true"),
    "rank": (lambda c, t: c.update(r=4), "has rank 2, and adapter_config.json says 4"),
    "half": (lambda c, t: t.pop(A), "lora_A and lora_B of .*up_proj do not belong together"),
    "ranks": (lambda c, t: t.update({A: torch.ones(3, HIDDEN)}), "lora_A and lora_B of .*up_proj do not belong"),
    "stray": (lambda c, t: t.update({f"{A[:-14]}.lora_magnitude": torch.ones(3)}), "nothing is known to do with"),
    "conv": (lambda c, t: t.update({A: torch.ones(2, HIDDEN, 1)}), "nothing is known to do with its tensor .*lora_A"),
    "size": (lambda c, t: t.update({B: torch.ones(9, 2)}), r"up_proj is 10 x 6 there, and the LoRA is for 9 x 6"),
    "place": (
        lambda c, t: t.update({k.replace("0.mlp.up", "7.mlp.up"): t.pop(k) for k in (A, B)}),
        "base has no .*layers.7",
    ),
    "words": (lambda c, t: t.update({EMBEDDING: torch.ones(WORDS + 1, HIDDEN)}), "is 16 x 6, here 17 x 6"),
    "beside": (lambda c, t: t.update({EMBEDDING: torch.ones(WORDS, HIDDEN)}), "trained beside another .*embed_tokens"),
    "empty": (lambda c, t: t.clear(), "it holds no LoRA"),
    "nan": (lambda c, t: t[A].fill_(torch.nan), "up_proj.weight would not be finite in F32"),
    "named": (
        lambda c, t: c.update(base_model_name_or_path="Qwen/Qwen3-VL-8B-Thinking"),
        "for Qwen/Qwen3-VL-8B-Thinking, does not fit Qwen3-VL-8B-Instruct: these are two models",
    ),
    "shallow": (
        lambda c, t: [t.pop(k) for k in list(t) if "layers.1." in k],
        r"for a base it does not name, does not fit Qwen3-VL-8B-Instruct: it has nothing for .*layers\.1",
    ),
    "shallow by pattern": (
        lambda c, t: [c.update(target_modules=r".*language_model\..*_proj"), t.pop(A), t.pop(B)],
        r"nothing for model\.language_model\.layers\.0\.mlp\.up_proj",
    ),
}


@pytest.mark.parametrize(("change", "line"), REFUSED.values(), ids=REFUSED)
def test_what_does_not_fit_is_one_line_and_leaves_nothing(tmp_path: Path, change: Change, line: str) -> None:
    folder, adapter = base(tmp_path / "Qwen3-VL-8B-Instruct"), lora(tmp_path / "lora")
    config = json.loads((adapter / "adapter_config.json").read_text(encoding="utf-8"))
    parts = load_file(adapter / "adapter_model.safetensors")
    merge(folder, tmp_path / "fits", adapter)
    change(config, parts)
    (adapter / "adapter_config.json").write_text(json.dumps(config), encoding="utf-8")
    save_file(parts, adapter / "adapter_model.safetensors")
    with pytest.raises(KeepsakeError, match=line) as caught:
        merge(folder, tmp_path / "out", adapter)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists() and not list(tmp_path.rglob("*.safetensors.partial"))


def test_what_is_allowed_is_not_refused(tmp_path: Path) -> None:
    """A frozen copy of the embeddings beside the LoRA, settings left off, a path of another machine, fewer layers."""
    folder, adapter = base(tmp_path / "base"), lora(tmp_path / "lora")
    parts = load_file(adapter / "adapter_model.safetensors")
    frozen = weights(folder)["model.language_model.embed_tokens.weight"].bfloat16()
    parts = {k: v for k, v in parts.items() if "layers.1." in k} | {EMBEDDING.replace(".w", ".base_layer.w"): frozen}
    save_file(parts, adapter / "adapter_model.safetensors")
    config = json.loads((adapter / "adapter_config.json").read_text(encoding="utf-8"))
    config |= {"use_dora": False, "arrow_config": None, "layers_to_transform": [1], "lora_dropout": 0.1}
    config["base_model_name_or_path"] = "elsewhere/checkpoint-600"
    (adapter / "adapter_config.json").write_text(json.dumps(config), encoding="utf-8")
    assert len(merge(folder, tmp_path / "out", adapter).changes) == 3


def test_a_base_that_cannot_be_merged_into_is_one_line(tmp_path: Path) -> None:
    folder, adapter = base(tmp_path / "base"), lora(tmp_path / "lora")

    def refused(line: str, checkpoint: Path = folder, **more: Any) -> None:
        with pytest.raises(KeepsakeError, match=line) as caught:
            merge(checkpoint, tmp_path / "out", **({"adapter": adapter} | more))
        assert "\n" not in str(caught.value)

    refused("is not a checkpoint: it has no config.json", tmp_path)
    refused(r"base.adapter is not a LoRA: it has no adapter_config\.json", adapter=None)
    refused("unknown dtype 'int4': use one of f32, f16, bf16", dtype="int4")
    for text, line in (
        ('{"quantization_config": {}}', "is quantised: merge into the model it was made from"),
        ("[]", "holds no settings"),
        ("{", "is not JSON"),
    ):
        other = tmp_path / line[:9].strip()
        shutil.copytree(folder, other)
        (other / "config.json").write_text(text, encoding="utf-8")
        refused(line, other)
    twice = weights(folder)
    twice["language_model.model.norm.weight"] = torch.ones(HIDDEN)
    shutil.copytree(folder, tmp_path / "twice")
    save_file(twice, tmp_path / "twice" / "model.safetensors")
    refused("has two tensors for one place", tmp_path / "twice")
    assert not (tmp_path / "out").exists()
