"""A dry run of the lab: each command that it prints is one that exists, and what would fail is one line."""

from __future__ import annotations

import argparse
import re
import shlex
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from accelerate.commands.launch import launch_command_parser

from benchmark.__main__ import COMMANDS
from memory.errors import KeepsakeError
from quantize.__main__ import parser as quantize_parser
from train import lab, lab_needs, lab_run, recipe_file
from train.__main__ import _parser, main
from train.recipe import Recipe
from train.trl import device_memory
from train.trl.model_shapes import SHAPES

ROOT = Path(__file__).parents[2]
RECIPES = {path.stem: path for path in sorted((ROOT / "train" / "recipes").glob("*.toml"))}
LARGE = [name for name, path in RECIPES.items() if (gspo := recipe_file.load(path).gspo) and "/" in gspo.base]
LAUNCH = ROOT / "train" / "launch"
EIGHT = SHAPES["Qwen/Qwen3-VL-8B-Instruct"]


def given(**changed: Any) -> lab.Settings:
    """Eight devices of 80 GB."""
    start = {
        "recipe": RECIPES["qwen3-vl-8b"],
        "devices": 8,
        "device_bytes": 80 * lab.GB,
        "launch": LAUNCH / "ddp.yaml",
        "cores": 64,
        "official": Path("data/covip"),
        "references": Path("data/docci"),
        "judge": None,
    }
    return lab.Settings(**{**start, **changed})


def parsed(command: list[str]) -> None:
    """Parse a command with its own parser; SystemExit for an option that it does not have."""
    if command[:2] == ["-m", "accelerate.commands.launch"]:
        left = launch_command_parser().parse_args(command[2:])
        assert left.module and left.training_script == "train"
        parsed(["-m", "train", *left.training_script_args])
    elif command[:2] == ["-m", "train"]:
        _parser().parse_args(command[2:])
    elif command[:2] == ["-m", "quantize"]:
        quantize_parser().parse_args(command[2:])
    elif command[:3] == ["-m", "benchmark", "fetch"]:
        assert len(command) == 3
    else:
        assert command[:2] == ["-m", "benchmark"]
        options = argparse.ArgumentParser()
        import_module(f"benchmark.{COMMANDS[command[2]][0]}").add_arguments(options)
        options.parse_args(command[3:])


@pytest.mark.parametrize("devices", (1, 2, 4, 8))
@pytest.mark.parametrize("name", LARGE)
def test_every_printed_command_is_one_that_exists(name: str, devices: int) -> None:
    """With all of its options, whatever the settings are."""
    loaded = recipe_file.load(RECIPES[name])
    judge = ("http://judge.lan/v1", "m") if devices == 4 else None
    asked = given(recipe=RECIPES[name], devices=devices, judge=judge, device_bytes=141 * lab.GB, quick=devices == 2)
    for step in lab.steps(loaded, asked):
        program, *options = shlex.split(re.sub(r"^CUDA_VISIBLE_DEVICES=\d+ ", "", lab_run.line(step)))
        if program == "sh":
            assert options[0] == "-ec"
            continue
        parsed(options)


def test_a_judge_elsewhere_is_the_training_s_too() -> None:
    """Previously the training went on asking the recipe's judge, for which no device was left."""
    loaded = recipe_file.load(RECIPES["qwen3-vl-8b"])
    (train,) = [s for s in lab.steps(loaded, given(judge=("http://judge.lan/v1", "m"))) if s.name == "train"]
    assert train.command[-4:] == ("--url", "http://judge.lan/v1", "--judge-model", "m")
    drawn = recipe_file.load(RECIPES["qwen3-vl-2b"])
    (train,) = [s for s in lab.steps(drawn, given(judge=("http://judge.lan/v1", "m"))) if s.name == "train"]
    assert train.command[-1] == "--resume", "its rewards are by the lexical judge"


def changed(tmp_path: Path, *pairs: tuple[str, str]) -> Recipe:
    """The 8B recipe with other words."""
    text = RECIPES["qwen3-vl-8b"].read_text(encoding="utf-8")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / "changed.toml"
    path.write_text(text, encoding="utf-8")
    return recipe_file.load(path)


TRL = "[gspo.trl]\n"
SERVER = 'vllm = "server"\nvllm_url = "http://localhost:8100"\nphotos = { least = 64 }\n'
COLOCATE = 'vllm = "colocate"\nphotos = { least = 64 }\n'


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("8B-Instruct", "8B-Instrukt", r"did you mean Qwen/Qwen3-VL-8B-Instruct\?"),
        ("Qwen/Qwen3-VL-8B-Instruct", "nothing", "give a folder with a config.json, or one of Qwen/Qwen3-VL-2B"),
        ("VL-8B-Instruct", "VL-2B-Instruct", "lm_head is true, must be false: Qwen/Qwen3-VL-2B-Instruct ties"),
        ('judge = "chat"', 'judge = "lexical"', "judge is 'lexical', must be 'chat' for data/covip/train.json"),
        ("dropout = 0.0", "dropout = 0.05", "dropout is 0.05 with 4 updates a rollout, must be 0"),
        ("127.0.0.1:8001", "127.0.0.1:99999", "is no server's address"),
        (TRL, f"{TRL}{COLOCATE}context = 2048\n", "context is 2048, must be at least 2964: 2452 tokens"),
        (TRL, f'{TRL}vllm = "colocate"\n', r"least is 8 in \[gspo\.trl\.photos\], must be at least 64 with vllm"),
        (TRL, f"{TRL}{COLOCATE}vllm_memory = 0.9\n", "72 of vLLM.*take a smaller vllm_memory"),
        ("prompts = 16", "prompts = 64", r"to write 128 completions at once\): take more devices, fewer prompts"),
        ("rank = 64", "rank = 4096", r"take train/launch/fsdp.yaml, more devices or a smaller base"),
    ],
)
def test_what_would_fail_fails_now(old: str, new: str, told: str, tmp_path: Path) -> None:
    """Previously a dry run of most of these ended well, and the run itself hours later."""
    with pytest.raises(KeepsakeError, match=told) as caught:
        loaded = changed(tmp_path, (old, new))
        lab.table(loaded, given())
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--cores", "0"], "'0' is not a number from 1 on"),
        (["--devices", "eight"], "'eight' is not a number from 1 on"),
        (["--device-memory", "inf"], "'inf' is not a number of gigabytes"),
        (["--device-memory", "nan"], "'nan' is not a number of gigabytes"),
        (["--url", "http://x/v1"], "a chat judge needs --url and --judge-model, or neither"),
        (["--url", "x", "--judge-model", "m"], "'x' is no server's address"),
        (["--launch", "README.md"], "README.md: distributed_type must be one of MULTI_GPU, FSDP, DEEPSPEED"),
        (["--devices", "1"], "qwen3-vl-8b needs 112 GB of each device, which has 80"),
        (["--device-memory", "20", "--devices", "33"], "needs 25 GB of each device, which has 20 (18 of weights"),
        (["--device-memory", "20", "--devices", "33", "--launch", str(LAUNCH / "fsdp.yaml")], "scores of qwen3-vl-8b"),
    ],
)
def test_odd_settings_are_one_line(options: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        status = main(["lab", str(RECIPES["qwen3-vl-8b"]), "--dry-run", *options])
    except SystemExit as wrong_usage:
        status = int(str(wrong_usage.code))
    error = capsys.readouterr().err
    assert status in (1, 2) and told in error and "Traceback" not in error


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, r"nowhere.toml: there is no such recipe; train/recipes has grpo.toml, nano-several"),
        (b"name = \n", r"nowhere.toml: cannot be read as a recipe \(Invalid value"),
        (b"\xff\xfe", r"nowhere.toml: cannot be read as a recipe \('utf-8' codec"),
    ],
)
def test_a_file_that_is_no_recipe_is_one_line(content: bytes | None, told: str, tmp_path: Path) -> None:
    path = tmp_path / "nowhere.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(KeepsakeError, match=told):
        recipe_file.load(path)


def test_memory_of_rollouts_and_of_shared_weights() -> None:
    """By hand, for the 8B recipe on four devices: 32 completions of 2,452 + 512 tokens at 147,456 bytes are 14.0 GB,
    and their prompts in one layer 2 x (4 x 4,096 + 3 x 12,288) bytes a token, 8.4 GB. Previously none of it counted."""
    loaded = recipe_file.load(RECIPES["qwen3-vl-8b"]).gspo
    assert loaded and device_memory.prompt_tokens(loaded) == 500 + 9 * 128 + 800
    needed = device_memory.needs(loaded, EIGHT, 4, 80 * lab.GB)
    assert needed.completions == 32
    assert needed.work == 32 * (2964 * 147_456 + 2452 * 2 * (4 * 4096 + 3 * 12_288))
    assert needed.weights == pytest.approx(17.53e9, rel=0.002) and needed.lora == 16 * 184_573_952
    sharded = device_memory.needs(loaded, EIGHT, 4, 80 * lab.GB, "all")
    assert sharded.weights == needed.weights // 4 + 4 * 151_936 * 4096, "lm_head and embeddings are gathered whole"
    assert device_memory.needs(loaded, EIGHT, 4, 80 * lab.GB, "gathered").weights == needed.weights
    gold = recipe_file.load(RECIPES["sft"]).gspo
    assert gold and device_memory.needs(gold, SHAPES[gold.base], 4, 80 * lab.GB).completions == 0


def test_servers_of_this_machine_have_devices_of_their_own(tmp_path: Path) -> None:
    """The judge, and vLLM where it writes the rollouts; on a single device the judge leaves room for the training."""
    server = changed(tmp_path, (TRL, TRL + SERVER))
    told = lab.table(server, given())
    assert "CUDA_VISIBLE_DEVICES=6 vllm serve Qwen/Qwen3-30B" in told
    assert (
        "CUDA_VISIBLE_DEVICES=7 trl vllm-serve --model Qwen/Qwen3-VL-8B-Instruct --port 8100 --max-model-len 8192"
        in told
    )
    assert "4 of 8 devices share" in told and "(6 cannot share them: 2 rest)" in told
    paper = RECIPES["qwen3-vl-8b-paper-exact"]
    alone = lab.table(recipe_file.load(paper), given(recipe=paper, devices=1))
    assert "CUDA_VISIBLE_DEVICES=0 vllm serve" in alone and "--gpu-memory-utilization 0.40" in alone


def test_what_a_launch_file_needs_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lab_needs, "find_spec", lambda name: None)
    loaded = recipe_file.load(RECIPES["qwen3-vl-8b"])
    assert "the package deepspeed" in lab.missing(loaded, given(launch=LAUNCH / "zero2.yaml"))
    absent = lab.missing(loaded, given())
    assert "the package deepspeed" not in absent and len(absent) == len(set(absent))
    assert [device_memory.sharding_of(LAUNCH / f"{name}.yaml") for name in ("ddp", "zero2", "zero3", "fsdp")] == [
        "none",
        "optimiser",
        "gathered",
        "all",
    ]


def step(name: str, script: str, lane: int | None = None, hours: float = 1.0) -> lab_run.Step:
    return lab_run.Step(name, ("sh", "-ec", script), 1, lab.GB, hours, None, lane)


def test_measures_run_beside_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each waits for the other's file, and writes its device. What follows begins when both have ended. A measure that
    fails leaves the others their results, and is run again, alone."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,6")
    wait = f"cd {tmp_path}; echo $CUDA_VISIBLE_DEVICES > {{}}; n=0; until [ -e {{}} ]; do sleep 0.1; n=$((n + 1)); "
    wait += "[ $n -lt 300 ]; done"
    both = [step("a", wait.format("a", "b"), 0), step("b", wait.format("b", "a"), 1)]
    after = step("after", f"cd {tmp_path}; [ -e a ] && [ -e b ] && touch c")
    failing = step("failing", f"cd {tmp_path}; echo x >> tried; [ -e mended ]", 1, 3.0)
    assert lab_run.hours([*both, failing, after]) == 1 + 3 + 1
    record = tmp_path / "lab.json"
    with pytest.raises(KeepsakeError, match="failing failed with exit status 1: mend it"):
        lab_run.execute([*both, failing, after], record)
    assert [(tmp_path / name).read_text().strip() for name in "ab"] == ["4", "6"]
    assert not (tmp_path / "c").exists()
    (tmp_path / "mended").touch()
    (tmp_path / "a").unlink()  # would be written again if it were run again
    (tmp_path / "b").touch()
    after = step("after", f"cd {tmp_path}; touch c")
    lab_run.execute([*both, failing, after], record)
    assert (tmp_path / "c").exists() and not (tmp_path / "a").exists()
    assert (tmp_path / "tried").read_text() == "x\nx\n"
