"""`python -m quantize` as people run it: all of it on a tiny random Qwen3-VL, killed in between, and with bad input."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForImageTextToText

from assistant.models import local
from assistant.models.spec import Spec
from memory.errors import KeepsakeError
from memory.paths import home as outer_home
from quantize import build_cache, publish
from quantize.__main__ import main
from quantize.gguf import export, imatrix, mixed_precision
from quantize.verify import verify
from tests.support import tinyvl

# peft asks transformers by a name that transformers has just deprecated
pytestmark = pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")
WORDS = ["--pre-tokenizer", "qwen2", "--prompts", "1"]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a home of its own, in which the converter is already."""
    place = tmp_path_factory.mktemp("quantize")
    (place / "home").mkdir()
    (place / "home" / "converter").symlink_to(outer_home() / "converter")
    return place


@pytest.fixture(autouse=True)
def at_home(place: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One home for all tests: what one has measured the next need not."""
    monkeypatch.setenv("KEEPSAKE_HOME", str(place / "home"))
    monkeypatch.setattr(imatrix, "SAMPLES", 1)
    # the clone has no pictures of the dev split
    monkeypatch.setattr(imatrix, "sample", lambda i, seed: verify.draw_samples(i + 1)[i])
    # of photos of ordinary sizes this random model says so little that four bits keep it
    drawn = verify.draw_samples
    monkeypatch.setattr(verify, "draw_samples", lambda n, any_shape=False: drawn(n))
    monkeypatch.setattr(
        mixed_precision,
        "make_mix",
        lambda spec, out, *_, **__: out.write_text('[types]\n"weight" = "Q8_0"\n', encoding="utf-8"),
    )
    yield


@pytest.fixture(scope="module")
def checkpoint(place: Path) -> Path:
    """Qwen3-VL with a LoRA beside it, as training leaves it."""
    torch.set_num_threads(1)
    folder = tinyvl.build(place / "checkpoint")
    model = AutoModelForImageTextToText.from_pretrained(folder)
    adapter = get_peft_model(
        model, LoraConfig(r=4, target_modules=r".*\.(q_proj|down_proj)", base_model_name_or_path=None)
    )
    torch.manual_seed(3)
    for name, weight in adapter.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.05)
    adapter.save_pretrained(folder / "adapter")
    return folder


def everything(checkpoint: Path, out: Path, *more: str) -> list[str]:
    return ["all", str(checkpoint), "--out", str(out), *WORDS, *more]


@pytest.mark.slow
@pytest.mark.timeout(900)  # a process for each form: half a minute of work, minutes on a busy machine
def test_all_survives_a_kill_and_ships_only_what_passes(
    checkpoint: Path, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """f16 loses next to nothing (measured 0.0001 nats), four bits are too few for random weights (another token in
    one place of four); the mix is eight bits here, and may be either."""
    out, kinds = place / "shipped", ["--kinds", "f16", "Q4_K_M", "keepsake", "--mlx", "f32", "--licence", "apache-2.0"]
    kinds += ["--vision", "f16", "q8_0"]
    first = ["--kinds", "f16", "--vision", "f16", "q8_0"]  # the other process has no pictures for a matrix
    command = [sys.executable, "-m", "quantize", *everything(checkpoint, out, *first)]
    started = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True)
    deadline = time.monotonic() + 250
    while not (out / "making" / "mmproj.gguf.made").exists():
        with suppress(subprocess.TimeoutExpired):
            started.wait(0.1)
        assert started.returncode is None and time.monotonic() < deadline
    os.killpg(started.pid, signal.SIGKILL)
    started.wait()
    assert not list(out.glob("*.*")), "nothing that the assistant would look at"

    assert main(everything(checkpoint, out, *kinds)) == 1
    told = capsys.readouterr()
    assert "merged: there already" in told.err and "mmproj.gguf: there already" in told.err
    assert "Q4_K_M FAILS: top-1" in told.out and "  prompt 0 (" in told.out
    assert "smallest that passes: " in told.out
    mixed = export.tensors(out / "making" / "language-keepsake.gguf")
    assert mixed["blk.0.attn_q.weight"].tensor_type.name == mixed["output.weight"].tensor_type.name == "Q8_0"
    assert "f16 + mmproj q8_0" in told.out and (out / "making" / "mmproj-q8_0.gguf").exists()
    assert sorted(p.name for p in out.iterdir()) == [
        "Modelfile",
        "README.md",
        "language-f16.gguf",
        *(["language-keepsake.gguf"] if "keepsake FAILS" not in told.out else []),
        "lm-studio",
        "making",
        "manifest.json",
        "mlx-f32",
        *(["mmproj-q8_0.gguf"] if "f16 + mmproj q8_0 FAILS" not in told.out else []),
        "mmproj.gguf",
    ]
    spec = local.load(str(out))
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    forms = manifest["verified"]["forms"]
    # the form that the assistant opens: the smallest of those that passed, its vision tower included
    passed = [form["files"] for form in forms.values() if form["files"] and "language" in form["files"]]
    sizes = [sum((out / one["file"]).stat().st_size for one in files.values()) for files in passed]
    assert manifest["files"] == passed[sizes.index(min(sizes))]
    assert spec.language.name == manifest["files"]["language"]["file"] and spec.adapter is None
    assert "ollama create shipped -f Modelfile" in told.out and "copy the folder `lm-studio/keepsake` into" in told.out
    language, tower = (manifest["files"][role]["file"] for role in ("language", "mmproj"))
    assert (out / "Modelfile").read_text(encoding="utf-8").startswith(f"FROM ./{language}\nFROM ./{tower}\n")
    laid = {path.relative_to(out / "lm-studio" / "keepsake").parts[0] for path in (out / "lm-studio").rglob("*.*")}
    assert {"shipped", "shipped-mlx-f32"} <= laid
    (linked,) = (out / "lm-studio" / "keepsake" / "shipped").glob("shipped-*.gguf")
    assert linked.samefile(spec.language), "linked, not copied"
    assert {"f16", "mlx-f32"} <= {name for name, form in forms.items() if form["files"]}
    assert forms["Q4_K_M"]["faults"] and forms["Q4_K_M"]["top1"] < 0.99 and not forms["Q4_K_M"]["files"]
    assert manifest["licence"] == "apache-2.0" and manifest["base"] is None
    card = (out / "README.md").read_text(encoding="utf-8")
    assert "license: apache-2.0" in card and "`Q4_K_M` is left out: top-1" in card and "| f16 |" in card
    for path in (out / "README.md", out / "manifest.json"):
        assert str(place) not in path.read_text(encoding="utf-8"), "a path of this machine"

    before = {p: p.stat().st_mtime_ns for p in (out / "making").rglob("*") if p.is_file()}
    assert main(everything(checkpoint, out, *kinds)) == 1
    told = capsys.readouterr()
    assert " ...\n" not in told.err and "prompts" not in told.err, "nothing is made or measured twice"
    assert before == {p: p.stat().st_mtime_ns for p in (out / "making").rglob("*") if p.is_file()}

    # the same work, but nothing of it good enough to ship
    poor = place / "poor"
    shutil.copytree(out / "making", poor / "making")
    assert main(everything(checkpoint, poor, "--kinds", "Q4_K_M")) == 1
    assert "nothing for a laptop passes" in capsys.readouterr().out
    assert [p.name for p in poor.iterdir()] == ["making"]

    # an export that got worse takes back what it had shipped
    assert main(everything(checkpoint, out, "--kinds", "f16")) == 0
    assert not (out / "mlx-f32").exists() and (out / "language-f16.gguf").exists()
    assert main(["verify", str(checkpoint), "--out", str(out), "--prompts", "1"]) == 0
    assert main(["verify", str(checkpoint), "--out", str(out), "--prompts", "1", "--also", str(poor)]) == 1


@pytest.mark.slow
def test_a_model_as_it_is_published_is_taken(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Weights in parts, no LoRA, a licence in its card."""
    folder = tinyvl.build(place / "published")
    model = AutoModelForImageTextToText.from_pretrained(folder)
    (folder / "model.safetensors").unlink()
    model.save_pretrained(folder, max_shard_size="4MB")
    assert len(list(folder.glob("model-*.safetensors"))) > 2
    (folder / "README.md").write_text("---\nlicense: apache-2.0\n---\n# A model\n", encoding="utf-8")
    out = place / "plain"
    assert main(everything(folder, out, "--kinds", "f16")) == 0
    assert not (out / "making" / "merged").exists()
    assert json.loads((out / "manifest.json").read_text(encoding="utf-8"))["licence"] == "apache-2.0"
    assert "f16" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["merge", "gguf", "mlx", "verify", "all"])
def test_another_architecture_is_refused_in_a_line(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "llava").mkdir()
    (tmp_path / "llava" / "config.json").write_text('{"model_type": "llava"}', encoding="utf-8")
    assert main([command, str(tmp_path / "llava"), "--out", str(tmp_path / "out")]) == 1
    told = capsys.readouterr().err
    known = "SmolVLM (the family of our nano), Qwen3-VL, Llama with a connector.npz (the family of our second nano)"
    assert told.endswith(f"is a llava model; supported are: {known}\n")
    assert told.count("\n") == 1 and not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["verify", "MODEL", "--out", "nowhere"], "no such folder: nowhere"),
        (["verify", "MODEL", "--out", "."], ". holds no model: no language*.gguf, no mlx-* folder"),
        (["verify", "MODEL", "--out", ".", "--also", "x"], "x is neither a GGUF file nor a model's folder"),
        (["verify", "MODEL", "--out", ".", "--language", "x.gguf"], "no such file: x.gguf"),
        (["verify", "MODEL", "--out", ".", "--thresholds", "x.toml"], "cannot read the thresholds x.toml"),
        (["verify", "nothing", "--out", "."], "nothing is not a checkpoint: it has no config.json"),
        (["all", "MODEL", "--out", ".", "--prompts", "0"], "0 prompts say nothing: take 1 or more"),
        (["all", "MODEL", "--out", ".", "--run", "MODEL/config.json"], "is neither a run.json of train nor a recipe"),
        (["all", "MODEL", "--out", ".", "--kinds"], "nothing to make: name --kinds, --mlx or --package"),
    ],
)
def test_bad_input_is_a_line(
    arguments: list[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "MODEL").mkdir()
    (tmp_path / "MODEL" / "config.json").write_text('{"model_type": "qwen3_vl"}', encoding="utf-8")
    assert main(arguments) == 1
    err = capsys.readouterr().err
    assert told in err and err.count("\n") == 1


def test_a_full_disk_is_a_line_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "MODEL").mkdir()
    (tmp_path / "MODEL" / "config.json").write_text('{"model_type": "qwen3_vl"}', encoding="utf-8")
    for name in ("model.safetensors", "tokenizer.json", "processor_config.json"):
        (tmp_path / "MODEL" / name).touch()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(export, "export_mmproj", full)
    assert main(["all", str(tmp_path / "MODEL"), "--out", str(tmp_path / "out")]) == 1
    told = capsys.readouterr().err.splitlines()
    assert told[-1].endswith("No space left on device") and len(told) == 2, "a line of progress and the error"
    assert not [p for p in (tmp_path / "out").rglob("*") if p.is_file()]


def test_a_step_is_done_once_for_the_same_input(tmp_path: Path) -> None:
    made: list[str] = []

    def make(path: Path, text: str = "one") -> None:
        made.append(text)
        path.write_text(text, encoding="utf-8")

    target = tmp_path / "work" / "a.gguf"
    for _ in range(2):
        build_cache.build_if_stale(target, {"weights": "1"}, make)
    assert made == ["one"]
    build_cache.build_if_stale(target, {"weights": "2"}, make)
    target.write_text("damaged", encoding="utf-8")
    build_cache.build_if_stale(target, {"weights": "2"}, make)
    assert made == ["one"] * 3

    def killed(path: Path) -> None:
        make(path, "half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_cache.build_if_stale(target, {"weights": "3"}, killed)
    build_cache.build_if_stale(target, {"weights": "3"}, make)
    build_cache.build_if_stale(target, {"weights": "2"}, make)
    assert made == ["one"] * 3 + ["half"] + ["one"] * 2


def test_where_a_model_comes_from_is_told_but_no_path(tmp_path: Path) -> None:
    """What nobody said stays open; the base's folder on somebody's machine is nobody's business."""
    (tmp_path / "adapter").mkdir()
    lora = tmp_path / "adapter" / "adapter_config.json"
    for name, base in (("Qwen/Qwen3-VL-2B-Instruct",) * 2, ("/home/anna/models/qwen", None), (None, None)):
        lora.write_text(json.dumps({"base_model_name_or_path": name}), encoding="utf-8")
        assert publish.origin(tmp_path, None, None, None)["base"] == base
    run = tmp_path / "run.json"
    run.write_text(json.dumps({"recipe": {"name": "qwen3-vl-2b"}, "data": "abc", "commit": "def"}), encoding="utf-8")
    told = publish.origin(tmp_path, "Qwen/Other", "mit", run)
    assert (told["base"], told["licence"], told["recipe"], told["data"]) == ("Qwen/Other", "mit", "qwen3-vl-2b", "abc")
    with pytest.raises(KeepsakeError, match="neither a run"):
        publish.origin(tmp_path, None, None, tmp_path / "nothing.json")


def test_the_committed_nano_is_still_a_model(nano: Spec) -> None:
    assert nano.adapter and nano.side == 128
