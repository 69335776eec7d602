"""A LoRA folded into its base: equal to peft's own merge, and refused in words where it does not fit.

The tiny models have unequal sizes everywhere, so that nothing transposed or misplaced passes.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import llama_cpp
import numpy as np
import pytest
import torch
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import Qwen3VLForConditionalGeneration, SmolVLMForConditionalGeneration

from assistant.backends import llama_loader
from memory.errors import KeepsakeError
from quantize.gguf import export
from quantize.merge.adapter import plan, role
from quantize.merge.lora import merge, preview, summary
from tests.support import tinynano, tinyqwen
from train.pretrain.checkpoint import save_hf

# peft asks transformers by a name that transformers has just deprecated, and says what it does about tied layers
pytestmark = [
    pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning"),
    pytest.mark.filterwarnings("ignore:Model has .tie_word_embeddings=True.:UserWarning"),
    pytest.mark.filterwarnings("ignore:Input and output embeddings are no longer tied:UserWarning"),
    pytest.mark.filterwarnings("ignore:The following (rank|alpha)_pattern keys did not match:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore:Setting .save_embedding_layers. to .True.:UserWarning"),
]
LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
IDS = torch.tensor([[3, 17, 99, 250, 4, 31]])


def wake(model: torch.nn.Module) -> None:
    """A LoRA begins with a zero half, which would hide the other one."""
    torch.manual_seed(3)
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.1)


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return {name: tensor for file in folder.glob("*.safetensors") for name, tensor in load_file(file).items()}


@torch.inference_mode()
def logits(model: Any) -> torch.Tensor:
    return model(input_ids=IDS).logits


# ---------------------------------------------------------------- the same as peft


@settings(max_examples=15, deadline=None, phases=[Phase.explicit, Phase.generate])  # an example costs half a second
@given(data=st.data())
def test_any_plain_lora_is_merged_as_peft_does(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Ranks, alphas, patterns, scalings, targets, layers, modules trained whole, adapters in bf16; to f32 rounding.

    On the whole model: `q_proj` is then in the vision tower, too. peft takes whole modules by the end of their name.
    """
    folder, number = tmp_path_factory.mktemp("any"), st.integers(1, 6)
    keys = st.sampled_from(["q_proj", "layers.1.mlp.up_proj", r"layers\.0\..*", "down"])
    # sorted, as peft saves it: of several that fit, the first counts, and a file knows no other order
    pattern = st.dictionaries(keys, number).map(lambda drawn: dict(sorted(drawn.items())))
    rslora = data.draw(st.booleans())
    config = LoraConfig(
        r=data.draw(number),
        lora_alpha=data.draw(number),
        target_modules=data.draw(st.lists(st.sampled_from(LINEAR), min_size=1, unique=True)),
        use_rslora=rslora,
        rank_pattern={} if rslora else data.draw(pattern),  # peft warns of both together
        alpha_pattern={} if rslora else data.draw(pattern),
        layers_to_transform=data.draw(st.sampled_from([None, [1]])),
        modules_to_save=data.draw(st.sampled_from([None, ["norm"], ["embed_tokens"]])),
    )
    base, _ = tinynano.build_model(Path(), tinynano.TOWER)
    base.save_pretrained(folder / "base")
    model = get_peft_model(base, config)
    wake(model)
    for name, weight in model.named_parameters():
        if "modules_to_save" in name or ".lora_" in name:
            weight.data = (weight.data + 0.1).bfloat16().float()
    model.save_pretrained(folder / "base" / "adapter", save_embedding_layers=False)
    if data.draw(st.booleans()):
        saved = load_file(folder / "base" / "adapter" / "adapter_model.safetensors")
        halved = {name: tensor.bfloat16() for name, tensor in saved.items()}
        save_file(halved, folder / "base" / "adapter" / "adapter_model.safetensors")
    merged = merge(folder / "base", folder / "out", shard_bytes=100_000, progress=lambda line: None)
    expected = model.merge_and_unload().state_dict()
    got, before = weights(folder / "out"), weights(folder / "base")
    assert expected.keys() - got.keys() == (set() if merged.untied else {"lm_head.weight"})
    for name, tensor in got.items():
        torch.testing.assert_close(tensor, expected[name], rtol=1e-6, atol=1e-6, msg=name)
    moved = {name for name in before if not torch.equal(before[name], got[name])}
    assert moved == {change.tensor for change in merged.changes}
    assert merged.untied == (config.modules_to_save == ["embed_tokens"])


def tiny_nano(folder: Path, targets: list[str]) -> tuple[Path, PeftModel, Any]:
    """A checkpoint as our pretraining saves it (LoRA on the language model alone), and the model still unmerged."""
    torch.manual_seed(0)
    model, tokenizer = tinynano.build_model(Path(), tinynano.TOWER)
    adapter = get_peft_model(model.model.text_model, LoraConfig(r=3, lora_alpha=5, target_modules=targets))
    wake(adapter)
    return save_hf(model.eval(), tokenizer, adapter, folder), adapter, model


def test_the_nanos_lora_on_its_language_model_alone(tmp_path: Path) -> None:
    folder, _, model = tiny_nano(tmp_path / "nano", LINEAR)
    expected = logits(model)
    merged = merge(folder, tmp_path / "merged")
    again = SmolVLMForConditionalGeneration.from_pretrained(tmp_path / "merged", dtype=torch.float32).eval()
    torch.testing.assert_close(logits(again), expected, rtol=0, atol=1e-4)
    bare = SmolVLMForConditionalGeneration.from_pretrained(folder, dtype=torch.float32).eval()
    assert (logits(bare) - expected).abs().max() > 0.1
    assert len(merged.changes) == 2 * len(LINEAR) and not merged.untied
    assert not (tmp_path / "merged" / "adapter").exists()
    assert (tmp_path / "merged" / "preprocessor_config.json").is_file()


@pytest.fixture(scope="module")
def tied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny Qwen3-VL whose output layer is its input embeddings, and a LoRA on the whole of it and on lm_head."""
    torch.set_num_threads(1)
    folder = tinyqwen.build(tmp_path_factory.mktemp("tied") / "model")
    model = Qwen3VLForConditionalGeneration.from_pretrained(folder, dtype=torch.float32)
    targets = rf".*language_model\..*\.({'|'.join(LINEAR)})|lm_head"
    adapter = get_peft_model(model, LoraConfig(r=4, lora_alpha=8, target_modules=targets))
    wake(adapter)
    adapter.save_pretrained(folder / "adapter")
    return folder


@pytest.fixture(scope="module")
def converted(tied: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, merged, as a GGUF."""
    home = tmp_path_factory.mktemp("converted")
    merge(tied, home / "merged", progress=lambda line: None)
    return export.export_language(home / "merged", home / "language.gguf", "f32", pre_tokenizer="qwen2")


def test_a_tied_output_layer_becomes_a_tensor_of_its_own(tied: Path, tmp_path: Path) -> None:
    """Added to the shared tensor, the LoRA on lm_head would change what every word is read as, too."""
    model = Qwen3VLForConditionalGeneration.from_pretrained(tied, dtype=torch.float32)
    expected = logits(PeftModel.from_pretrained(model, tied / "adapter").eval())
    merged = merge(tied, tmp_path / "merged")
    again = Qwen3VLForConditionalGeneration.from_pretrained(tmp_path / "merged", dtype=torch.float32).eval()
    torch.testing.assert_close(logits(again), expected, rtol=0, atol=1e-3)
    assert merged.untied
    before, got = weights(tied), weights(tmp_path / "merged")
    assert got.keys() - before.keys() == {"lm_head.weight"}
    embedding = before["model.language_model.embed_tokens.weight"]
    assert torch.equal(got["model.language_model.embed_tokens.weight"], embedding)
    assert not torch.equal(got["lm_head.weight"], embedding)
    config = json.loads((tmp_path / "merged" / "config.json").read_text(encoding="utf-8"))
    assert config["tie_word_embeddings"] is config["text_config"]["tie_word_embeddings"] is False
    again.lm_head.weight.data = again.model.language_model.embed_tokens.weight.data
    assert (logits(again) - expected).abs().max() > 0.5  # an output layer tied again would be noticed


def test_llama_cpp_reads_the_layer_of_its_own(tied: Path, converted: Path) -> None:
    """The converter takes it along, and llama.cpp then leaves the embeddings to be embeddings."""
    model = Qwen3VLForConditionalGeneration.from_pretrained(tied, dtype=torch.float32)
    expected = logits(PeftModel.from_pretrained(model, tied / "adapter").eval())[0, -1].numpy()
    with llama_loader.safe_defaults():
        llama = llama_cpp.Llama(str(converted), verbose=False, n_threads=1, logits_all=True)
    llama.eval(IDS[0].tolist())
    got = llama.scores[IDS.shape[1] - 1].copy()
    llama.close()
    np.testing.assert_allclose(got, expected, atol=0.05)


# ---------------------------------------------------------------- by hand: names, numbers, refusals

HIDDEN, WIDE, WORDS = 6, 10, 16
SHAPES = {"self_attn.q_proj": (8, HIDDEN), "mlp.up_proj": (WIDE, HIDDEN), "mlp.down_proj": (HIDDEN, WIDE)}


def base(
    folder: Path, inside: str = "model.language_model.", dtype: torch.dtype = torch.float32, layers: int = 2
) -> Path:
    """A folder with the tensors of a model, enough of them for a merge."""
    torch.manual_seed(5)
    made = {f"{inside}embed_tokens.weight": torch.randn(WORDS, HIDDEN), f"{inside}norm.weight": torch.ones(HIDDEN)}
    made |= {f"{inside}layers.{i}.{k}.weight": torch.randn(s) for i in range(layers) for k, s in SHAPES.items()}
    made["model.visual.blocks.0.attn.proj.weight"] = torch.randn(7, 5)
    folder.mkdir(parents=True)
    save_file({name: tensor.to(dtype) for name, tensor in made.items()}, folder / "model.safetensors")
    (folder / "config.json").write_text('{"tie_word_embeddings": true, "text_config": {}}', encoding="utf-8")
    return folder


def lora(folder: Path, inside: str = "model.language_model.", size: float = 1.0, layers: int = 2) -> Path:
    """A LoRA of rank 2 on all linears, scaled by 3/2."""
    torch.manual_seed(6)
    made = {}
    for i in range(layers):
        for name, (out, into) in SHAPES.items():
            made[f"base_model.model.{inside}layers.{i}.{name}.lora_A.weight"] = torch.randn(2, into)
            made[f"base_model.model.{inside}layers.{i}.{name}.lora_B.weight"] = size * torch.randn(out, 2)
    folder.mkdir(parents=True)
    save_file(made, folder / "adapter_model.safetensors")
    targets = [name.split(".")[1] for name in SHAPES]
    config = {"peft_type": "LORA", "r": 2, "lora_alpha": 3, "target_modules": targets, "bias": "none"}
    (folder / "adapter_config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


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
