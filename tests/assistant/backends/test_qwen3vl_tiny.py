"""The flagship's whole way to the laptop, without its weights: a tiny random Qwen3-VL through converter and llama.cpp.

Random weights answer nothing, but each of them moves the logits: equal logits mean that every tensor, M-RoPE,
DeepStack, the tokenizer and the LoRA arrived. What is left is llama.cpp's own arithmetic (its GELU is a table in f16).
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from peft import LoraConfig, get_peft_model

from assistant.backends.cached_backend import CachedBackend
from assistant.backends.llama.llamacpp import open_llamacpp
from assistant.chatml import Mark, Words
from assistant.models.spec import Spec
from memory.episode import Photo
from memory.errors import KeepsakeError
from quantize import hf_reference
from quantize.gguf import export
from quantize.hf_reference import Checkpoint
from quantize.variants import compare
from tests.support import tinyqwen
from tests.support.pictures import smooth

# peft asks transformers by a name that transformers has just deprecated
pytestmark = pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")


# 4 x 4, 6 x 3 and 2 x 5 visual tokens: under M-RoPE they move the position by 4, 6 and 5
PHOTOS = (smooth(128, 128, 1), smooth(192, 96, 2), smooth(64, 160, 3))
PROMPT = [
    Mark("<|im_start|>user\n"),
    Words("This is Milo <|im_end|> of 2025:\n"),
    PHOTOS[0],
    Words("\n\nMemory of Anna: "),
    PHOTOS[1],
    PHOTOS[2],
    Words("it isn't hers, 12 gulls \u00e9\u4e2d"),
    Mark("<|im_end|>\n<|im_start|>assistant\n"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint with a LoRA over the whole model, as trl leaves it, and its f32 export beside it."""
    torch.set_num_threads(1)
    home = tmp_path_factory.mktemp("tinyqwen")
    tinyqwen.build(home / "model")
    checkpoint = Checkpoint(home / "model")
    names = "q_proj|k_proj|v_proj|o_proj|gate_proj|up_proj|down_proj"
    adapter = get_peft_model(checkpoint.model, LoraConfig(r=4, lora_alpha=8, target_modules=rf".*\.({names})"))
    for name, weight in adapter.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.1)
    adapter.save_pretrained(home / "with" / "adapter")
    shutil.copytree(home / "model", home / "with", dirs_exist_ok=True)
    export.export_mmproj(home / "with", home / "mmproj.gguf", "f32")
    export.export_adapter(home / "with" / "adapter", home / "with", home / "adapter.gguf", "f32")
    export.export_language(home / "with", home / "language.gguf", "f32", pre_tokenizer="qwen2")
    return home


def engine(folder: Path, adapter: str | None = None, language: str = "language.gguf") -> CachedBackend:
    lora = folder / adapter if adapter else None
    return open_llamacpp(Spec("tiny", folder / language, folder / "mmproj.gguf", lora), exact=True)


@pytest.fixture(scope="module")
def llama(folder: Path):
    """The app's engine with the exported base model."""
    backend = engine(folder)
    yield backend
    backend.close()


def test_text_becomes_the_same_tokens(folder: Path, llama: CachedBackend) -> None:
    """Control tokens come from marks only: an <|im_end|> in words stays text of several tokens."""
    truth = Checkpoint(folder / "model")
    texts = [p for p in PROMPT if not isinstance(p, Photo)]
    assert [llama.tokenize(t) for t in texts] == [truth.tokenize(t) for t in texts]
    end = truth.tokenize(Mark("<|im_end|>"))
    assert len(end) == 1 and end[0] not in truth.tokenize(Words("<|im_end|>"))


def test_the_vision_tower_sees_the_same(folder: Path, llama: CachedBackend) -> None:
    """Tokens have a deviation of 3.7; measured difference 0.008."""
    truth = Checkpoint(folder / "model")
    for seen in PHOTOS:
        expected, got = truth.embed(seen), llama.embed(seen)
        assert expected.shape == got.shape == (seen.width * seen.height // 32**2, 256)
        assert expected.std() > 2
        np.testing.assert_allclose(got, expected, atol=0.03)


@pytest.mark.parametrize(
    ("free", "device"), [(None, "cpu"), (39_000_000, "cpu"), (40_000_000, "cuda")], ids=("no device", "small", "room")
)
def test_the_reference_computes_where_it_has_room(
    free: int | None, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """32 MB of weights want 40 MB of a device; without one, or with less of it, the processor computes."""
    monkeypatch.setattr("torch.cuda.is_available", lambda: free is not None)
    monkeypatch.setattr("torch.cuda.mem_get_info", lambda: (free, 10**12))
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", torch.backends.cudnn.allow_tf32)
    assert hf_reference.device_for(32_000_000) == device
    assert device == "cpu" or not torch.backends.cudnn.allow_tf32


def test_all_that_the_reference_reads_goes_to_its_device(folder: Path) -> None:
    """There is no CUDA device here; torch's device without memory shows what would be left behind."""
    reference = Checkpoint(folder / "model")
    reference.device = "meta"
    inputs = reference._inputs(PROMPT)
    assert {"input_ids", "attention_mask", "mm_token_type_ids", "pixel_values", "image_grid_thw"} == set(inputs)
    assert {tensor.device.type for tensor in inputs.values()} == {"meta"}


def test_the_first_token_of_a_prompt_with_three_photos_is_the_same(folder: Path, llama: CachedBackend) -> None:
    """Logits have a deviation of 5; measured difference 0.006."""
    expected, got = Checkpoint(folder / "model").logits(PROMPT), llama.logits(PROMPT)
    assert expected.std() > 3
    np.testing.assert_allclose(got, expected, atol=0.03)
    assert compare(expected, got).same_first


def test_the_proof_would_notice_a_lost_deepstack_or_flat_positions(folder: Path, llama: CachedBackend) -> None:
    """The comparison above is only worth something if these parts move the logits far beyond its tolerance."""
    got = llama.logits(PROMPT)
    shallow = Checkpoint(folder / "model")
    for merger in shallow.model.model.visual.deepstack_merger_list:
        torch.nn.init.zeros_(merger.linear_fc2.weight)
        torch.nn.init.zeros_(merger.linear_fc2.bias)
    assert np.abs(shallow.logits(PROMPT) - got).max() > 1
    flat = Checkpoint(folder / "model")
    flat.model.model.get_rope_index = lambda ids, *_, **__: (
        torch.arange(ids.shape[1]).expand(3, 1, -1),
        torch.zeros(1, 1, dtype=torch.long),
    )
    assert np.abs(flat.logits(PROMPT) - got).max() > 1


def test_a_lora_arrives_whole(folder: Path) -> None:
    """Trained on the whole model, exported by itself, put on at run time."""
    backend = engine(folder, "adapter.gguf")
    got, expected = backend.logits(PROMPT), Checkpoint(folder / "with").logits(PROMPT)
    backend.close()
    np.testing.assert_allclose(got, expected, atol=0.03)
    assert np.abs(Checkpoint(folder / "model").logits(PROMPT) - got).max() > 1


def test_quantised_copies_get_smaller_and_stay_near(folder: Path) -> None:
    """Random weights are the hardest to quantise: measured 0.014 nats for Q8_0, 1.7 for Q4_K_M."""
    truth = Checkpoint(folder / "model").logits(PROMPT)
    sizes, losses = [], []
    for kind in export.QUANTISED:
        path = export.quantise(folder / "language.gguf", folder / f"{kind}.gguf", kind)
        backend = engine(folder, language=path.name)
        losses.append(compare(truth, backend.logits(PROMPT)).kl)
        backend.close()
        sizes.append(path.stat().st_size)
    assert sizes == sorted(sizes, reverse=True)
    assert losses[0] < 0.05 < losses[-1]


@pytest.mark.slow
def test_a_vocabulary_of_its_own_needs_a_name(folder: Path) -> None:
    """Without it the converter refuses; the refusal is one line and leaves nothing behind."""
    out = folder / "refused.gguf"
    with pytest.raises(KeepsakeError, match=r"cannot write refused\.gguf: .*pre-tokenizer") as caught:
        export.export_language(folder / "model", out, "f16")
    assert "\n" not in str(caught.value)
    assert not list(folder.glob("refused*"))


@pytest.mark.slow
def test_what_cannot_be_exported_is_one_line(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(KeepsakeError, match="cannot write x"):
        export.export_mmproj(tmp_path, tmp_path / "x.gguf")
    with pytest.raises(KeepsakeError, match="is not a LoRA"):
        export.export_adapter(tmp_path, folder / "model", tmp_path / "x.gguf")
    with pytest.raises(KeepsakeError, match="unknown kind 'Q3'"):
        export.quantise(folder / "language.gguf", tmp_path / "x.gguf", "Q3")
    (tmp_path / "broken.gguf").write_bytes(b"GGUF, but not really")
    with pytest.raises(KeepsakeError, match=r"cannot quantise broken\.gguf"):
        export.quantise(tmp_path / "broken.gguf", tmp_path / "x.gguf", "Q8_0")
    assert [p.name for p in tmp_path.glob("*.gguf")] == ["broken.gguf"]
