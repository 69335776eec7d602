"""The loop of reward training on a model of a few thousand weights: that it learns what it is paid for, stops and goes
on where it was, guards itself, and leaves a checkpoint that can be assembled.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from assistant.chatml import pieces
from memory.episode import Photo
from memory.errors import KeepsakeError
from tests.support.tinyrl import NO_FILE, RECIPE, G, miniature, pretrain, reseed, rows, weights
from train import __main__ as cli
from train.pretrain import checkpoint
from train.recipe import Gspo, Lora
from train.rl import loop
from train.rl.gspo import advantages
from train.rl.metrics import caption_measures, metrics, readable
from train.rl.reward import Reward
from train.rl.training_tasks import Task

pytestmark = [
    pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning"),
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),
]


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    miniature(monkeypatch)


@pytest.fixture(scope="module")
def pretrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The token caches are drawn once for all tests."""
    return pretrain(tmp_path_factory.mktemp("pretrained"))


def run(pretrained: Path, out: Path, g: Gspo = G, resume: bool = False) -> Path:
    out.mkdir(exist_ok=True)
    reseed()
    return loop.train(replace(RECIPE, gspo=g), NO_FILE, pretrained, pretrained / "language.pt", out, "cpu", resume)


def test_it_learns_what_it_is_paid_for(pretrained: Path, tmp_path: Path, monkeypatch: Any) -> None:
    """And nothing but the LoRA moves. In f32 the sampler and the loss are seen to be one model."""
    monkeypatch.setattr(loop, "PRECISION", torch.float32)
    g = replace(G, group=8, steps=12, learning_rate=0.03, eval_every=12, epsilon_low=0.2, epsilon_high=0.2)
    done = run(pretrained, tmp_path / "run", g)
    found = rows(tmp_path / "run" / "gspo.jsonl")
    early, late = (sum(row["reward"] for row in part) / 3 for part in (found[:3], found[-3:]))
    assert late > early + 0.2
    assert all(0 < row["noise"] < 1e-4 for row in found)
    assert found[0]["ratio_deviation"] > 1e-4 and 0 <= found[0]["clipped"] <= 1
    before, after = weights(pretrained / "language.pt"), weights(done)
    assert before.keys() == after.keys()
    assert [name for name in after if torch.equal(before[name], after[name])] == ["adapt"]


@pytest.mark.parametrize("beta", [0.0, 0.1])
def test_a_killed_run_goes_on_exactly(pretrained: Path, tmp_path: Path, monkeypatch: Any, beta: float) -> None:
    """Dead in the fourth step, with a row of the third after the checkpoint: the end is the same bit for bit, and so is
    every row."""
    g = replace(G, beta=beta, passes=2)
    whole = run(pretrained, tmp_path / "whole", g)
    update = loop.rewarded_update

    def dying(setup: Any, optimiser: Any, tried: Any, step: int, reference: Any) -> Any:
        if step == 3:
            raise RuntimeError("killed")
        return update(setup, optimiser, tried, step, reference)

    monkeypatch.setattr(loop, "rewarded_update", dying)
    with pytest.raises(RuntimeError, match="killed"):
        run(pretrained, tmp_path / "killed", g)
    with open(tmp_path / "killed" / "gspo.jsonl", "a") as log:
        log.write('{"step": 4, "rew')
    assert [row["step"] for row in rows_so_far(tmp_path / "killed" / "gspo.jsonl")] == [1, 2, 3]
    monkeypatch.setattr(loop, "rewarded_update", update)
    resumed = run(pretrained, tmp_path / "killed", g, resume=True)
    assert all(torch.equal(weights(resumed)[name], value) for name, value in weights(whole).items())
    for name in ("gspo.jsonl", "dev.jsonl"):
        assert rows(tmp_path / "killed" / name) == rows(tmp_path / "whole" / name)
    assert [row["step"] for row in rows(tmp_path / "whole" / "dev.jsonl")] == [0, 2, 4]
    assert (rows(tmp_path / "whole" / "gspo.jsonl")[-1]["divergence"] is not None) == (beta > 0)
    assert not list((tmp_path / "killed").glob("*.partial"))


def rows_so_far(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()[:-1]]


def test_a_run_is_not_mixed_with_another(pretrained: Path, tmp_path: Path) -> None:
    run(pretrained, tmp_path / "run", replace(G, steps=2))
    with pytest.raises(KeepsakeError, match="holds a run already"):
        run(pretrained, tmp_path / "run", replace(G, steps=2))
    with pytest.raises(KeepsakeError, match="another recipe"):
        run(pretrained, tmp_path / "run", replace(G, steps=4), resume=True)
    note = json.loads((tmp_path / "run" / "run.json").read_text())
    assert note["recipe"]["gspo"]["steps"] == 2 and note["versions"]["torch"] and len(note["data"]) == 64
    run(pretrained, tmp_path / "run", replace(G, steps=2), resume=True)
    assert [row["step"] for row in rows(tmp_path / "run" / "gspo.jsonl")] == [1, 2]


def test_a_guard_stops_it_before_anything_is_saved(pretrained: Path, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(Task, "score", lambda self, rollouts, judge, g: [Reward(float("nan"))] * len(rollouts))
    with pytest.raises(KeepsakeError, match=r"step 1: reward.* not a finite number"):
        run(pretrained, tmp_path / "run")
    assert len(rows(tmp_path / "run" / "gspo.jsonl")) == 1
    assert not (tmp_path / "run" / "language.pt").exists()


def test_equal_rewards_change_nothing(pretrained: Path, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(Task, "score", lambda self, rollouts, judge, g: [Reward(0.3)] * len(rollouts))
    done = run(pretrained, tmp_path / "run", replace(G, steps=2))
    before, after = weights(pretrained / "language.pt"), weights(done)
    assert all(torch.equal(before[name], after[name]) for name in after)
    assert [row["zero_variance"] for row in rows(tmp_path / "run" / "gspo.jsonl")] == [1.0, 1.0]


def test_a_group_answers_one_prompt_and_the_first_batch_has_ratio_one(pretrained: Path, tmp_path: Path) -> None:
    """Each group has a prompt object of its own; with one update a rollout there is no ratio but 1."""
    reseed()
    g = replace(G, updates=1)
    setup = loop.load_setup(replace(RECIPE, gspo=g), NO_FILE, pretrained, pretrained / "language.pt", "cpu")
    tasks, seeds = loop.draw_tasks(setup, 0)
    tried = loop.sample_and_score(setup, tasks, seeds)
    assert len({id(t.rollouts[0].prompt) for t in tried}) == len(tried) == 4
    assert all(r.prompt is t.rollouts[0].prompt for t in tried for r in t.rollouts)
    assert all(len(t.rollouts) == 4 for t in tried)
    optimiser = torch.optim.AdamW([p for p in setup.reader.parameters() if p.requires_grad], lr=0.1)
    learnt = loop.rewarded_update(setup, optimiser, tried, 0, None)
    assert learnt["ratio_deviation"] == learnt["clipped"] == 0.0
    assert loop.draw_tasks(setup, 0) == (tasks, seeds) != loop.draw_tasks(setup, 1)


def test_rollouts_can_be_read(pretrained: Path, tmp_path: Path) -> None:
    """Prompt, photos, completions, rewards; the same with --show as in the file."""
    run(pretrained, tmp_path / "run", replace(G, steps=2))
    reseed()
    setup = loop.load_setup(RECIPE, NO_FILE, pretrained, pretrained / "language.pt", "cpu")
    shown = list(loop.preview(setup, 5))
    assert len(shown) == 5
    text = (tmp_path / "run" / "rollouts.txt").read_text()
    tasks, seeds = loop.draw_tasks(setup, 0)
    tried = loop.sample_and_score(setup, tasks, seeds)
    for one, alone in zip(tried[:3], shown, strict=False):
        assert alone.split("=" * 100)[2] in text
        assert one.task.readable(setup.cache) in alone
        for r, earned, advantage in zip(
            one.rollouts, one.rewards, advantages([r.value for r in one.rewards]), strict=True
        ):
            assert (
                f"[reward {earned.value:.3f} " in alone and f"advantage {advantage:+.2f}, {len(r.ids)} tokens" in alone
            )
            assert r.text in alone
    assert all(p.text in shown[0] for p in pieces(tasks[0].messages) if not isinstance(p, Photo))


def test_metrics_are_means_over_completions(pretrained: Path) -> None:
    reseed()
    setup = loop.load_setup(RECIPE, NO_FILE, pretrained, pretrained / "language.pt", "cpu")
    tried = loop.sample_and_score(setup, *loop.draw_tasks(setup, 0))
    found = metrics(tried)
    values = [r.value for t in tried for r in t.rewards]
    assert found["reward"] == pytest.approx(sum(values) / len(values))
    assert found["truncated"] == sum(r.truncated for t in tried for r in t.rollouts) / 16
    assert found["tokens"] == sum(len(r.ids) for t in tried for r in t.rollouts) / 16
    assert found["acc_neg"] == 1.0 and found["told"]["all"]["acc_neg"] == 1.0
    gold = [replace(r, text="I do not know.") for r in tried[0].rollouts]
    caption = replace(tried[0].task, kind="caption")
    assert caption_measures([tried[0]._replace(task=replace(caption, kind="recognition"))]) == {"all": {}}
    assert caption_measures([tried[0]._replace(task=caption, rollouts=tuple(gold))])["all"]["misbinding"] == 0.0
    assert "nobody" in readable(tried[0], setup.cache, "x") or "known in the photo" in readable(
        tried[0], setup.cache, "x"
    )


def test_the_end_is_assembled_beside_the_run(pretrained: Path, tmp_path: Path) -> None:
    done = run(pretrained, tmp_path / "run", replace(G, steps=2))
    folder = checkpoint.assemble(RECIPE, NO_FILE, pretrained, tmp_path / "run")
    assert folder == tmp_path / "run" / "checkpoint"
    saved, trained = load_file(folder / "adapter" / "adapter_model.safetensors"), weights(done)
    assert all(torch.equal(saved[name], trained[name]) for name in saved) and len(saved) == 2 * 7 * 2


NANO = 'name = "x"\n[gspo]\nbase = "nano"\n'


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ('name = "x"\n', "no [gspo]"),
        (NANO, "run `python -m train pretrain` first"),
        (f"{NANO}[gspo.lora]\nrank = 8\n", "leave [gspo.lora] out"),
        (f'{NANO}variant = "papr"\n', "variant is 'papr', must be one of 'keepsake', 'paper'"),
        (f"{NANO}group = 1\n", "group is 1, must be at least 2"),
        (f"{NANO}prompts = 6\nupdates = 4\n", "prompts is 6, must be a multiple of updates (4)"),
        (f"{NANO}positives = [0.5, 0.4]\n", "must be 1 to 4 shares that sum to 1"),
        (f"{NANO}strangers_share = 1.5\n", "strangers_share is 1.5, must be between 0 and 1"),
        (f'{NANO}steps = "many"\n', "steps is 'many', must be of type int"),
        (f"{NANO}temperature = 0.0\n", "temperature is 0.0, must be above 0"),
        (f'{NANO}modes = ["twin", "far"]\n', "'far', must be one of"),
        (f"{NANO}beta = -1\n", "beta is -1.0, must be at least 0"),
    ],
)
def test_wrong_recipes_fail_before_anything_is_loaded(
    toml: str, words: str, tmp_path: Path, monkeypatch: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KEEPSAKE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(loop, "build_model", lambda *_: pytest.fail("a model was loaded"))
    (tmp_path / "x.toml").write_text(toml)
    assert cli.main(["gspo", str(tmp_path / "x.toml")]) == 1
    error = capsys.readouterr().err
    assert words in error and error.startswith("error: ") and error.count("\n") == 1
    assert not (tmp_path / "home").exists()


def test_the_command_trains_shows_and_resumes(
    pretrained: Path, tmp_path: Path, monkeypatch: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KEEPSAKE_HOME", str(tmp_path / "home"))
    shutil.copytree(pretrained, tmp_path / "home" / "train" / "nano")
    monkeypatch.setattr(cli.recipe_file, "load", lambda path: replace(RECIPE, gspo=replace(G, steps=2), threads=1))
    monkeypatch.setattr(cli, "base_gguf", lambda: NO_FILE)
    assert cli.main(["gspo", "x.toml", "--show", "1"]) == 0
    assert "known in the photo" in capsys.readouterr().out
    assert cli.main(["gspo", "x.toml"]) == 0
    out = tmp_path / "home" / "train" / "tiny" / "gspo"
    assert f"checkpoint: {out / 'checkpoint'}" in capsys.readouterr().out
    assert (out / "checkpoint" / "adapter" / "adapter_model.safetensors").exists()
    assert cli.main(["gspo", "x.toml"]) == 1
    assert "--resume" in capsys.readouterr().err
    assert cli.main(["gspo", "x.toml", "--resume"]) == 0
    missing = tmp_path / "missing.pt"
    assert cli.main(["gspo", "x.toml", "--start", str(missing)]) == 1
    assert f"{missing} is not there" in capsys.readouterr().err


def test_a_lora_of_its_own_is_a_table() -> None:
    assert replace(G, lora=Lora()).lora == Lora(64, 128, 0.05, True)
