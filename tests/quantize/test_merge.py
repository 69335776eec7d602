"""A LoRA folded into its base: equal to peft's own merge, also where the output layer is tied to the embeddings.

The tiny models have unequal sizes everywhere, so that nothing transposed or misplaced passes.
"""

from __future__ import annotations

import json
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

from assistant.backends.llama import llama_loader
from quantize.gguf import export
from quantize.merge.lora import merge
from tests.support import tinynano, tinyqwen
from tests.support.tinylora import weights
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


@torch.inference_mode()
def logits(model: Any) -> torch.Tensor:
    return model(input_ids=IDS).logits


@settings(max_examples=15, phases=[Phase.explicit, Phase.generate])  # an example costs half a second
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
