"""Reward training of a Qwen3-VL through trl, on a tiny random one: every part for a few steps on the CPU.

Not whether it teaches well: that the right weights move, that ratios leave 1 and only then, that rewards are those of
`reward.py`, that a killed run goes on as if nothing had been, and that groups stay whole, also in two processes.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from huggingface_hub import constants
from safetensors.torch import load_file

from assistant.models.photo_budget import PhotoBudget
from benchmark.world.sample import Spec
from benchmark.world.sample import build as draw
from memory.errors import KeepsakeError
from quantize.hf_reference import Checkpoint
from tests.support import tinyvl
from train import run_record
from train.recipe import Recipe, Trl
from train.rl import reward
from train.trl import dataset, inspect_prompt, recipe_check, run
from train.trl.reward_fn import ScoredCompletion

pytestmark = [
    # transformers, trl and peft ask each other by names that have just been deprecated
    pytest.mark.filterwarnings("ignore:.*gradient_checkpointing.*is deprecated:FutureWarning"),
    pytest.mark.filterwarnings("ignore:Setting `save_embedding_layers`:UserWarning"),
]
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    return tinyvl.build(tmp_path_factory.mktemp("base") / "model")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tinyvl.corpus(tmp_path_factory.mktemp("data") / "corpus")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Of the one run that most tests look at."""
    yield tmp_path_factory.mktemp("home")


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch) -> tinyvl.HashJudge:
    found = tinyvl.HashJudge()
    monkeypatch.setattr(recipe_check, "judge", lambda settings: found)
    return found


@pytest.fixture(scope="module")
def whole(base: Path, data: Path, home: Path) -> tuple[Recipe, Path, dict[str, Any]]:
    """A run that nothing disturbed: recipe, folder, and what was seen of it."""
    recipe, seen = tinyvl.recipe(base, data), {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KEEPSAKE_HOME", str(home))
        seen["judge"] = tinyvl.HashJudge()
        patch.setattr(recipe_check, "judge", lambda settings: seen["judge"])
        prepare = run.prepare

        def watched(*args: Any) -> Any:
            trainer, last = prepare(*args)
            seen["trainer"] = trainer
            seen["before"] = {n: p.detach().clone() for n, p in trainer.model.named_parameters()}
            return trainer, last

        patch.setattr(run, "prepare", watched)
        run.run(recipe, False)
        return recipe, run_record.folder(recipe), seen


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_the_lora_learns_and_nothing_else_moves(whole: tuple[Recipe, Path, dict[str, Any]]) -> None:
    """Seven linears in each of three layers and lm_head, A and B each; the vision tower has none."""
    _, out, seen = whole
    after = dict(seen["trainer"].model.named_parameters())
    assert {n for n, p in after.items() if p.requires_grad} == {n for n in after if ".lora_" in n}
    moved = {n for n, p in after.items() if not torch.equal(p, seen["before"][n])}
    assert moved == {n for n in after if ".lora_" in n}
    assert len(moved) == 2 * (7 * 3 + 1)
    assert not any("visual" in n for n in moved) and sum("visual" in n for n in after) > 40
    saved = load_file(out / "adapter" / "adapter_model.safetensors")
    assert len(saved) == len(moved) and all(".lora_" in name for name in saved)
    config = json.loads((out / "adapter" / "adapter_config.json").read_text())
    assert (config["r"], config["lora_alpha"], config["base_model_name_or_path"]) == (4, 8, None)
    assert constants.HF_HUB_DISABLE_TELEMETRY, "trl would have reported the run"


def test_the_ratio_leaves_one_after_the_first_update(whole: tuple[Recipe, Path, dict[str, Any]]) -> None:
    """Two updates a rollout: in the first the model is the one that wrote, in the second it is not."""
    _, out, seen = whole
    rows = [row for row in lines(out / "metrics.jsonl") if "clip_ratio/region_mean" in row]
    assert [row["step"] for row in rows] == [1, 2, 3, 4]
    assert ["reward" in row for row in rows] == [True, False, True, False]
    assert [row["clip_ratio/region_mean"] > 0 for row in rows] == [False, True, False, True]
    assert any(row["grad_norm"] > 0 for row in rows)
    drawn_with = seen["trainer"].generation_config
    assert (drawn_with.temperature, drawn_with.top_p, drawn_with.top_k, drawn_with.min_p) == (1.0, 1.0, 0, None)
    assert drawn_with.repetition_penalty == 1.0


def test_rewards_are_those_of_the_reward_module(whole: tuple[Recipe, Path, dict[str, Any]], data: Path) -> None:
    """Each recorded completion is scored anew, and the log has the means. A rollout asks the judge once."""
    recipe, out, seen = whole
    assert recipe.gspo
    visits = dataset.Rows(dataset.visits(recipe.gspo), "aligned")
    recorded = [ScoredCompletion(**line) for line in lines(out / "rollouts.jsonl")]
    assert [one.visit for one in recorded] == [v for v in range(4) for _ in range(4)]
    for one in recorded:
        sample = visits.sample(one.visit)
        if one.kind == "recognition":
            assert one.reward == reward.recognition_reward(one.text, sample.positives)
            continue
        n = reward.MOST_TOKENS + 1 if one.tokens == recipe.gspo.max_tokens else one.tokens - 1
        (again,) = reward.caption_rewards([one.text], [sample], tinyvl.HashJudge(), [n])
        assert (again.value, again.plus, again.minus) == (one.reward, one.plus, one.minus)
    assert len({one.reward for one in recorded if one.kind == "caption"}) > 2, "there was something to learn from"
    assert len({one.prompt for one in recorded}) == 4
    for i, row in enumerate(row for row in lines(out / "metrics.jsonl") if "reward" in row):
        batch = recorded[8 * i : 8 * i + 8]
        assert row["reward"] == pytest.approx(sum(one.reward for one in batch) / 8)
        captions = [one.reward for one in batch if one.kind == "caption"]
        assert row["r_caps"] == pytest.approx(sum(captions) / len(captions))
    assert len(seen["judge"].calls) == 2


def test_a_run_can_be_read(whole: tuple[Recipe, Path, dict[str, Any]]) -> None:
    """By people: the rollouts, and each prompt with its photos; and its record."""
    recipe, out, _ = whole
    assert recipe.gspo
    text = (out / "rollouts.txt").read_text()
    assert text.count("-- prompt") == 4 and "told " in text and "recognition sample" in text
    drawn = dataset.Rows(dataset.visits(recipe.gspo), "aligned")
    caption = next(i for i, v in enumerate(drawn.visits) if v.kind == "caption")
    shown = inspect_prompt.show(drawn, caption, out)
    paths = [Path(part.split("]")[0][1:]) for part in shown.split("\n") if part.startswith("[") and ".png]" in part]
    assert [p.read_bytes() for p in paths] == [
        *(e.photo.data for e in sorted(drawn.sample(caption).context, key=lambda e: e.when)),
        drawn.sample(caption).query.data,
    ]
    assert "You help a person remember." in shown and shown.count("<reward ") == 4
    with pytest.raises(KeepsakeError, match="no prompt 4: the recipe has 0 to 3"):
        inspect_prompt.show(drawn, 4, out)
    note = json.loads((out / "run.json").read_text())
    assert note["recipe"]["gspo"]["group"] == 4 and note["versions"]["trl"] and note["processes"] == 1
    assert json.loads((out / "checkpoint-2" / "run.json").read_text()) == note


def test_a_killed_run_goes_on_as_if_nothing_had_been(
    whole: tuple[Recipe, Path, dict[str, Any]], judge: tinyvl.HashJudge
) -> None:
    """Killed while it wrote the second checkpoint: the same weights bit for bit, the same rollouts, one line a step."""
    recipe, out, _ = whole
    again = run_record.folder(recipe)
    shutil.copytree(out, again, dirs_exist_ok=True)
    shutil.rmtree(again / "adapter")
    (again / "checkpoint-4" / "trainer_state.json").write_text('{"epo')
    with open(again / "metrics.jsonl", "a") as torn:
        torn.write('{"step": 4, "lo')
    with pytest.raises(KeepsakeError, match="holds a run already: go on with --resume"):
        run.run(recipe, False)
    with pytest.raises(KeepsakeError, match="another recipe: it cannot go on with this one"):
        run.run(replace(recipe, gspo=replace(recipe.gspo, learning_rate=1.0)), True)  # type: ignore[type-var]
    run.run(recipe, True)
    first, second = (load_file(f / "adapter" / "adapter_model.safetensors") for f in (out, again))
    assert first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)
    assert lines(out / "rollouts.jsonl") == lines(again / "rollouts.jsonl")
    kept = ("step", "reward", "loss", "grad_norm", "clip_ratio/region_mean", "learning_rate")
    assert [[row.get(k) for k in kept] for row in lines(out / "metrics.jsonl")] == [
        [row.get(k) for k in kept] for row in lines(again / "metrics.jsonl")
    ]
    assert len(judge.calls) == 1, "the first rollout was not made again"


def test_the_adapter_loads_where_the_export_begins(
    whole: tuple[Recipe, Path, dict[str, Any]], base: Path, tmp_path: Path
) -> None:
    """`quantize` reads base and adapter, with the LoRA on lm_head, and says something else than the base alone."""
    _, out, seen = whole
    folder = tmp_path / "checkpoint"
    shutil.copytree(base, folder)
    plain = Checkpoint(folder)
    ids = torch.arange(20, 60)[None]
    with torch.inference_mode():
        before = plain.model(input_ids=ids).logits
        shutil.copytree(out / "adapter", folder / "adapter")
        after = Checkpoint(folder).model(input_ids=ids).logits
        trained = seen["trainer"].model.eval()(input_ids=ids).logits
    torch.testing.assert_close(after, trained, rtol=1e-4, atol=1e-4)
    assert (after - before).abs().max() > 0.1


def test_a_guard_ends_a_run_that_cannot_learn(base: Path, data: Path, judge: tinyvl.HashJudge) -> None:
    """One token is never a whole answer: after three rollouts it stops, with one line."""
    with pytest.raises(KeepsakeError, match="stopped at step 5: every completion of 3 steps was cut off"):
        recipe = tinyvl.recipe(base, data, max_tokens=1, steps=4, save_every=9)
        trainer, _ = run.prepare(recipe, False)
        trainer.generation_config.suppress_tokens.append(trainer.eos_token_ids[0])
        trainer.train()


def test_without_rewards_it_learns_the_right_answers(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The baseline: as many steps and visits, and the loss falls."""
    monkeypatch.setattr(dataset, "build", lambda spec: draw(Spec("test", spec.seed, 0, spec.positives)))
    settings = Trl(dtype="float32", attention="eager", photos=PhotoBudget(4, 4, 1))
    changed = {"positives": (1.0,), "recognition_share": 0.0, "strangers_share": 0.0, "steps": 4}
    recipe = tinyvl.recipe(base, "", trl=settings, learn="gold", **changed)
    adapter = run.run(recipe, False)
    out = run_record.folder(recipe)
    losses = [row["loss"] for row in lines(out / "metrics.jsonl") if "loss" in row]
    assert len(losses) == 8 and losses[-1] < losses[0] - 0.5
    assert len(load_file(adapter / "adapter_model.safetensors")) == 44


TWO = """
    import sys
    sys.path[:0] = ["."]
    from tests.support import tinyvl
    from train.trl import recipe_check, run
    recipe_check.judge = lambda settings: tinyvl.HashJudge()
    run.run(tinyvl.recipe(*sys.argv[1:], 2, prompts=1, updates=1, steps=1, recognition_share=0.0), False)
"""


@pytest.mark.slow
@pytest.mark.enable_socket
def test_two_processes_share_a_group(base: Path, data: Path, tmp_path: Path) -> None:
    """As a launcher starts them; gloo on the CPU, two completions of four in each: one prompt, one reward scale."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shared = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "OMP_NUM_THREADS": "1"}
    running = [
        subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(TWO), str(base), str(data)],
            cwd=ROOT,
            env={**os.environ, **shared, "RANK": str(i), "LOCAL_RANK": str(i), "KEEPSAKE_HOME": str(tmp_path)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for i in range(2)
    ]
    said = [process.communicate(timeout=250)[1] for process in running]
    assert [process.returncode for process in running] == [0, 0], said
    out = tmp_path / "train" / "tiny" / "gspo"
    found = [ScoredCompletion(**line) for line in lines(out / "rollouts.jsonl")]
    assert len(found) == 4 and len({one.prompt for one in found}) == 1 and len({one.text for one in found}) == 4
    (row,) = (row for row in lines(out / "metrics.jsonl") if "reward" in row)
    assert row["reward"] == pytest.approx(sum(one.reward for one in found) / 4)
    assert json.loads((out / "run.json").read_text())["processes"] == 2
    assert (out / "adapter" / "adapter_model.safetensors").exists()
