"""A language model with a connector through the whole export: the connector goes where a vision tower's file would."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import LlamaConfig, LlamaForCausalLM

from assistant import prompt
from assistant.backend import Options
from assistant.backends.causal.mlxvlm import open_mlx
from assistant.backends.llama.llamacpp import open_llamacpp
from assistant.encoder.open_encoder import open_shipped
from assistant.models import local
from assistant.models.hf_config import CONNECTOR
from benchmark.world.sample import Spec, build
from quantize.__main__ import main
from quantize.manifest import photo_settings
from tests.support import tinyqwen

WIDTH = 64


def write_connector(path: Path) -> None:
    """A random connector for the encoder that ships."""
    encoder = open_shipped()
    rng = np.random.default_rng(0)
    matrix = rng.standard_normal((220, WIDTH)).astype(np.float16) / 8
    np.savez(path, space=encoder.space, matrix=matrix, bias=np.zeros(WIDTH, np.float16))
    encoder.close()


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two random layers with a LoRA beside them, a ChatML vocabulary, and a random connector."""
    torch.manual_seed(0)
    folder, words = tmp_path_factory.mktemp("export") / "checkpoint", tinyqwen.tokenizer()
    sizes = {"hidden_size": WIDTH, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4}
    model = LlamaForCausalLM(
        LlamaConfig(**sizes, num_key_value_heads=2, vocab_size=len(words), tie_word_embeddings=True)
    )
    model.save_pretrained(folder)
    words.save_pretrained(folder)
    write_connector(folder / CONNECTOR)
    adapter = get_peft_model(model.model, LoraConfig(r=4, target_modules=["q_proj", "down_proj"]))
    for name, weight in adapter.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.05)
    adapter.save_pretrained(folder / "adapter")
    return folder


@pytest.mark.slow
@pytest.mark.timeout(900)  # a process for each form: half a minute of work, minutes on a busy machine
@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")
def test_a_model_with_a_connector_is_exported_measured_and_shipped(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What passes runs in the assistant through its connector, and says so in manifest and card."""
    torch.set_num_threads(1)
    monkeypatch.setenv("KEEPSAKE_HOME", str(checkpoint.parent / "home"))
    out = checkpoint.parent / "small"
    wanted = ["--kinds", "Q8_0", "--no-imatrix", "--mlx", "f32", "--pre-tokenizer", "qwen2", "--prompts", "1"]
    assert main(["all", str(checkpoint), "--out", str(out), *wanted]) == 0, capsys.readouterr().out
    told = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert set(told["files"]) == {"connector", "language"} and told["photo"] == {"tokens": 16} and told["evidence"]
    assert (out / CONNECTOR).read_bytes() == (checkpoint / CONNECTOR).read_bytes()
    assert not (out / "Modelfile").exists() and not (out / "lm-studio").exists(), "no other program has a connector"
    card = (out / "README.md").read_text(encoding="utf-8")
    assert "16 visual tokens each, from Keepsake's photo encoder and a connector" in card and "mmproj" not in card
    seen = build(Spec("test", 1, 0))
    messages = prompt.caption_messages(seen.context[:1], seen.query)
    llama, mlx = local.load(str(out)), local.load(str(out / "mlx-f32"))
    assert llama.connector and mlx.connector and llama.evidence and mlx.evidence and mlx.may_say == "told"
    for engine in (open_llamacpp(llama, 1, 4096), open_mlx(mlx, 1, 4096)):
        assert list(engine.stream(messages, Options(max_new_tokens=4)))[-1].photos_encoded == 2
        engine.close()
    assert main(["verify", str(checkpoint), "--out", str(out), "--prompts", "1"]) == 0


def test_what_does_not_apply_is_refused_in_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("MODEL").mkdir()
    Path("MODEL/config.json").write_text('{"model_type": "llama"}', encoding="utf-8")
    assert main(["all", "MODEL", "--out", "out"]) == 1
    assert capsys.readouterr().err == (
        "MODEL is a language model that sees no photos: it has no connector.npz beside it\n"
    )
    write_connector(Path("MODEL", CONNECTOR))
    assert photo_settings(Path("MODEL")) == {"tokens": 16}
    assert main(["all", "MODEL", "--out", "out", "--vision", "f16", "q8_0"]) == 1
    assert capsys.readouterr().err == (
        "MODEL has a connector and no vision tower: name one dtype for --vision, that of the LoRA\n"
    )
    assert main(["verify", str(local.find("nano2")), "--out", "out"]) == 1
    told = capsys.readouterr().err
    assert "is what the assistant runs" in told and "--stage checkpoint" in told and told.count("\n") == 1
    assert not Path("out").exists()
