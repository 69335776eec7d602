"""What a run on several devices needs, computed: batches for 1 to 8 devices, memory, and base weights that stay."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file

from benchmark.datasets.covip_questions import read_questions
from benchmark.runner import read_results
from benchmark.tasks import capeval
from memory.errors import KeepsakeError
from memory.paths import home as outer_home
from tests.support import tinylab
from tests.support.chatserver import ChatServer
from train import lab, lab_costs, lab_needs, lab_run, recipe, recipe_file
from train.trl import batches
from train.trl.model_shapes import SHAPES

# peft asks transformers by a name that transformers has just deprecated
pytestmark = pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")
ROOT = Path(__file__).parents[2]
RECIPES = sorted((ROOT / "train" / "recipes").glob("*.toml"))
LAUNCH = RECIPES[0].parents[1] / "launch" / "ddp.yaml"
LARGE = [path for path in RECIPES if (gspo := recipe_file.load(path).gspo) and "/" in gspo.base]
HASH = "[0-9a-f]" * 16
"""The identity of a model in the names of its rows, as a pattern."""
EIGHT = SHAPES["Qwen/Qwen3-VL-8B-Instruct"]


def given(path: Path, **changed: Any) -> lab.Settings:
    """Eight devices of 80 GB."""
    start = lab.Settings(path, 8, 80 * lab.GB, LAUNCH, 64, Path("data/covip"), Path("data/docci"), None)
    return replace(start, **changed)


@pytest.mark.parametrize("path", LARGE, ids=lambda path: path.stem)
def test_a_dry_run_prints_the_whole_run(path: Path) -> None:
    """It needs no settings, no network and no data, and names what is missing."""
    loaded = recipe_file.load(path)
    told = lab.table(loaded, given(path))
    official = bool(loaded.gspo and loaded.gspo.trl and loaded.gspo.trl.data)
    for name in (loaded.name, f"{loaded.name}-base"):
        assert told.count(f"CapEval of {name}:") == told.count(f"LSD of {name}:") == official
        assert f"export {name}:" in told and f"drawn samples of {name}:" in told
    assert ("needed, not here: data/covip/QAS_GT_test.json" in told) is official
    assert "altogether about" in told and "|| true" not in told
    commands = [step.command for step in lab.steps(loaded, given(path))]
    (train,) = [command for command in commands if "gspo" in command]
    world = batches.processes_for(loaded.gspo or recipe.Gspo(), 7 if official else 8)
    assert train[train.index("--num_processes") + 1] == str(world)


def test_the_judge_has_the_last_device_and_the_scores_the_others() -> None:
    """Previously all eight trained, and whoever followed the script had no device left for the judge; scores were
    computed by the processor, for days, and then on one device, for 30 hours."""
    path = RECIPES[0].with_name("qwen3-vl-8b.toml")
    told = lab.table(recipe_file.load(path), given(path))
    assert "4 of 8 devices share the 32 completions" in told
    assert "  CUDA_VISIBLE_DEVICES=7 vllm serve Qwen/Qwen3-30B-A3B-Instruct-2507-FP8 --port 8001 " in told
    scores = [line for line in told.splitlines() if " -m benchmark " in line and " --model " in line]
    assert len(scores) == 20 and all(line.startswith("  CUDA_VISIBLE_DEVICES=") for line in scores)
    assert {line.split("=")[1].split()[0] for line in scores} == set("0123456"), "previously all on the first"
    assert "scores on 7, at one time" in told and all(line.endswith("--threads 9") for line in scores)
    elsewhere = lab.table(recipe_file.load(path), given(path, judge=("http://judge.lan/v1", "m")))
    assert "8 of 8 devices share" in elsewhere and "judge: m at http://judge.lan/v1" in elsewhere
    one = given(path, devices=1, device_bytes=141 * lab.GB)
    (alone,) = [s for s in lab.steps(recipe_file.load(path), one) if s.name == "train"]
    assert "accelerate.commands.launch" not in alone.command
    assert lab_run.line(alone).startswith("CUDA_VISIBLE_DEVICES=0 "), "trl would split a batch over all that it sees"


@pytest.mark.parametrize("stem", ("qwen3-vl-8b", "qwen3-vl-8b-paper-exact"))
def test_base_and_trained_model_are_compared_in_one_form(stem: str) -> None:
    """Previously the base was measured in 8 bits, the trained model in the smallest form that passed; both by aligned
    prompts, even where the training had had the published ones."""
    path = RECIPES[0].with_name(f"{stem}.toml")
    loaded = recipe_file.load(path)
    commands = [list(step.command) for step in lab.steps(loaded, given(path))]
    before = [c for c in commands[: max(i for i, c in enumerate(commands) if "capeval" in c)] if "all" in c]
    assert [c[c.index("--kinds") + 1 : c.index("--kinds") + 3] for c in before] == [
        ["f16", "--photos"],
        ["f16", "--run"],
    ]
    laid = {c[c.index("--layout") + 1] for c in commands if "capeval" in c or "official" in c}
    assert loaded.gspo and laid == {loaded.gspo.layout} == {"reference" if stem.endswith("exact") else "aligned"}
    assert commands[-1][commands[-1].index("--kinds") + 1 :][:3] == ["f16", "Q8_0", "Q4_K_M"]


def test_a_proof_without_room_on_a_device_costs_days_of_the_processor() -> None:
    gspo = recipe.Gspo(base="x/y", steps=100)
    large, small = (lab_costs.Costs(gspo, EIGHT, gigabytes * 10**9, 64) for gigabytes in (80, 40))
    assert large.proof_on_device and not small.proof_on_device
    assert small.export(100, 1) > 3 * large.export(100, 1) > 0
    assert large.training(1) > 3 * large.training(8)


@pytest.mark.parametrize(("written", "succeeds"), [(True, True), (False, False)])
def test_a_step_that_fails_has_to_have_written_something_new(
    written: bool, succeeds: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An export that leaves a form out ends with 1 and ships the others. Previously the manifest of an earlier export
    in that folder made any failure a success."""
    made = tmp_path / "manifest.json"
    made.write_text("{}", encoding="utf-8")
    os.utime(made, (1, 1))
    command = ("sh", "-c", f"{'touch ' + str(made) if written else 'true'}; exit 1")
    path = RECIPES[0].with_name("qwen3-vl-4b.toml")
    monkeypatch.setattr(lab, "steps", lambda *_: [lab.Step("laptop forms", command, 0, 1, 0.1, made)])
    monkeypatch.setattr(lab, "missing", lambda *_: [])
    if succeeds:
        lab.run(recipe_file.load(path), given(path))
        return
    with pytest.raises(KeepsakeError, match="laptop forms failed with exit status 1"):
        lab.run(recipe_file.load(path), given(path))


def test_a_base_is_fetched_once_and_pictures_where_the_data_is_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Previously the script fetched the base into a folder and trl fetched it again; and the recipes on drawn samples
    trained without the pictures of their split."""
    drawn, official = (RECIPES[0].with_name(f"qwen3-vl-{name}.toml") for name in ("4b", "8b"))
    cache, tools = tmp_path / "cache", tmp_path / "tools"
    monkeypatch.setattr(lab.sys, "executable", str(tools / "python"))
    fetches = {p: [s for s in lab.steps(recipe_file.load(p), given(p)) if "fetch" in s.name] for p in (drawn, official)}
    assert [step.name for step in fetches[drawn]] == ["fetch base", "fetch pictures"]
    assert [step.name for step in fetches[official]] == ["fetch base", "fetch pictures"], "for the importance matrix"
    quick = lab.steps(recipe_file.load(official), given(official, quick=True))
    assert [step.name for step in quick if "fetch" in step.name] == ["fetch base"]
    (cache / "snapshot").mkdir(parents=True)
    (cache / "snapshot" / "config.json").write_text("{}", encoding="utf-8")
    tools.mkdir()
    (tools / "hf").write_text(
        f'#!/bin/sh\n[ "$*" = "download Qwen/Qwen3-VL-8B-Instruct --quiet" ] && echo {cache}/snapshot\n'
    )
    (tools / "hf").chmod(0o755)
    (place,) = [step for step in lab.steps(recipe_file.load(official), given(official)) if step.name == "checkpoint"]
    work = outer_home() / "train" / "qwen3-vl-8b"
    (work / "gspo" / "adapter").mkdir(parents=True)
    (work / "gspo" / "adapter" / "adapter_config.json").write_text("{}", encoding="utf-8")
    for command in (fetches[official][0].command, place.command, place.command):
        subprocess.run(command, check=True)
    assert (work / "checkpoint" / "config.json").read_text(encoding="utf-8") == "{}"
    assert (work / "checkpoint" / "adapter" / "adapter_config.json").is_file()
    assert (work / "gspo" / "adapter" / "adapter_config.json").is_file(), "a second call removes links, nothing else"


@pytest.mark.parametrize(("driver", "built", "told"), [(True, False, 1), (True, True, 0), (False, False, 0)])
def test_a_llama_cpp_without_cuda_is_named_where_there_is_cuda(
    driver: bool, built: bool, told: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = RECIPES[0].with_name("qwen3-vl-8b.toml")
    monkeypatch.setattr(lab_needs.shutil, "which", lambda name: "/usr/bin/nvidia-smi" if driver else None)
    monkeypatch.setattr(lab_needs, "llama_takes_devices", lambda: built)
    found = [line for line in lab.missing(recipe_file.load(path), given(path)) if "built for CUDA" in line]
    assert len(found) == told
    assert all("CMAKE_ARGS=-DGGML_CUDA=on make .venv/.llama" in line for line in found)


@pytest.mark.parametrize(
    ("stem", "changed", "told"),
    [
        (
            "qwen3-vl-8b",
            {"device_bytes": 24 * 10**9},
            r"needs 45 GB of each device, which has 24 \(18 of weights, 3 of the LoRA, 22 to write 32 completions",
        ),
        ("qwen3-vl-8b", {"launch": Path("nowhere.yaml")}, "no such file: nowhere.yaml; train/launch has ddp"),
        ("nano", {}, "recipe nano trains no Qwen3-VL"),
    ],
)
def test_a_dry_run_fails_on_what_would_fail(stem: str, changed: dict[str, Any], told: str) -> None:
    path = RECIPES[0].with_name(f"{stem}.toml")
    with pytest.raises(KeepsakeError, match=told):
        lab.table(recipe_file.load(path), given(path, **changed))


def test_zero2_is_warned_about() -> None:
    path = RECIPES[0].with_name("qwen3-vl-8b.toml")
    assert "ZeRO-2 with gradient accumulation" in lab.table(
        recipe_file.load(path), given(path, launch=LAUNCH.with_name("zero2.yaml"))
    )


def test_a_run_without_its_data_is_not_begun() -> None:
    path = RECIPES[0].with_name("qwen3-vl-8b.toml")
    with pytest.raises(KeepsakeError, match=r"data/covip/train\.json \(links in the README"):
        lab.run(recipe_file.load(path), given(path))


@pytest.fixture(scope="module")
def tools() -> Path:
    """The converter, which lies in the outer KEEPSAKE_HOME: it is out of reach within a test."""
    return outer_home() / "converter"


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_a_tiny_model_runs_through(tools: Path, tmp_path: Path) -> None:
    """`runs/full.sh` for real: training, the export of base and trained model, adapter and merged compared, and the
    paper's scores of both by a chat judge. A second call does nothing.
    """
    home = tmp_path / "home"
    home.mkdir()
    (home / "converter").symlink_to(tools)
    with ChatServer(tinylab.rule) as judge:
        made = tinylab.write(tmp_path / "lab", judge.url)
        options = ["--official", made.official, "--references", made.references, "--pre-tokenizer", "qwen2", "--quick"]
        environment = {**os.environ, "KEEPSAKE_HOME": str(home), "DEVICES": "1", "RECIPE": str(made.recipe)}

        def full(*more: str) -> str:
            """The output of the script."""
            command = [ROOT / "runs" / "full.sh", *options, "--cores", "1", *more]
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr[-4000:]
            return done.stdout + done.stderr

        dry = full("--dry-run")
        assert "needed, not here" not in dry and not judge.requests
        told = full()
        for step in re.findall(r"^(\w.*): (?:processor|\d+ devices)", dry, re.MULTILINE):
            assert f"== {step}\n" in told
        assert "| own caption first | tiny-base |" in told and "| answer at once | tiny |" in told
        page = (home / "runs" / "tiny-table.md").read_text(encoding="utf-8")
        assert page in told and "- tiny against tiny-base, 1 known: Acc+ " in page
        assert "flash_attention_2 is not installed (flash_attn): attention is sdpa" in told
        assert "no CUDA device: trl trains on the processor" in told
        before = {p: p.stat().st_mtime_ns for p in home.rglob("*") if p.is_file()}
        asked = len(judge.requests)
        assert "==" not in full()
        assert {p: p.stat().st_mtime_ns for p in home.rglob("*") if p.is_file()} == before
        assert len(judge.requests) == asked
        own = tmp_path / "my-model"
        shutil.copytree(home / "train" / "tiny" / "checkpoint", own)
        told = full("--model", str(own))
        assert "## LSD, last seen where (chat-m; my-model)" in told and "== train" not in told
    assert any(load_file(home / "train/tiny/gspo/adapter/adapter_model.safetensors")[k].any() for k in lora_b(home))
    assert re.search(r"^merged ", told, re.MULTILINE), "the merged model against the one with its adapter"
    for name in ("tiny", "tiny-base"):
        assert (home / "models" / name / "manifest.json").exists()
        check_scores(made, home / "runs", name)


def lora_b(home: Path) -> list[str]:
    """The names of the LoRA's weights that are 0 before training."""
    return [k for k in load_file(home / "train/tiny/gspo/adapter/adapter_model.safetensors") if "lora_B" in k]


def check_scores(made: tinylab.Lab, rows: Path, name: str) -> None:
    """The rows of a model: CapEval as the judge's rule scores it, LSD, LAR, ITR, and general captions."""
    (file,) = rows.glob(f"capeval-{name}-{HASH}-QAS_GT_test-chat-m.jsonl")
    captions = [row for row in read_results(file) if row.condition == capeval.CAPTION]
    entries = read_questions(made.official / "QAS_GT_test.json").entries
    assert len(captions) == 2 and not any(row.error for row in captions)
    for row, entry in zip(captions, entries, strict=False):
        (right,) = entry.positives
        letters = [(q, tinylab.letter(row.texts["caption"], q.text)) for q in entry.questions[right]]
        assert row.score["acc_pos"] == [sum(q.answer == said for q, said in letters), len(letters)]
    for task in ("lsd", "lar", "itr"):
        (file,) = rows.glob(f"official-{task}-cag-{name}-{HASH}-chat-m.jsonl")
        assert [row.error for row in read_results(file)] == [None, None]
    general = [row for file in (rows / name / "general").rglob("*.jsonl") for row in read_results(file)]
    described = [row for row in general if row.condition == "detail/references"]
    assert len(described) == 4 and all(row.score["told"][1] == 2 for row in described)
    assert sum(row.score["told"][0] for row in described) > 0
