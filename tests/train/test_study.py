"""Studies: what they vary, that a run is trained once, stops in time and goes on; and the baseline on right answers."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from memory.errors import KeepsakeError
from tests.support import tinynano
from tests.support.tinyrl import NO_FILE, RECIPE, G, miniature, pretrain, reseed, rows, weights
from train import run_record
from train.pretrain import checkpoint
from train.recipe import Gspo, Recipe
from train.recipe_file import from_table
from train.rl import loop, reward
from train.rl.reward import Reward
from train.rl.rollout import log_probs, rollout_of
from train.rl.training_tasks import Task
from train.study import study

pytestmark = [
    pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning"),
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),
]
GOLD = replace(G, learn="gold", learning_rate=0.01)


@pytest.fixture(scope="module")
def pretrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pretrain(tmp_path_factory.mktemp("pretrained"))


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, pretrained: Path) -> None:
    miniature(monkeypatch)

    def body(*given: Any) -> Any:
        reseed()
        return tinynano.build_model(*given)

    for room in (loop, checkpoint):
        monkeypatch.setattr(room, "build_model", body)


def train(pretrained: Path, out: Path, g: Gspo, **more: Any) -> Path | None:
    out.mkdir(exist_ok=True)
    given = (replace(RECIPE, gspo=g), NO_FILE, pretrained, pretrained / "language.pt", out, "cpu")
    return loop.train(*given, more.pop("resume", False), **more)


@pytest.fixture
def home(own_home: Path, pretrained: Path) -> Path:
    """A KEEPSAKE_HOME in which the nano is pretrained."""
    (own_home / "train").mkdir(parents=True)
    (own_home / "train" / "nano").symlink_to(pretrained)
    return own_home


def tiny(*runs: study.Run) -> study.Study:
    return study.Study(RECIPE, runs)


def of(name: str, **changes: Any) -> study.Run:
    return study.Run(name, f"about {name}", changes, replace(RECIPE, gspo=replace(G, **changes)))


def test_right_answers_are_learnt(small: None, pretrained: Path, tmp_path: Path) -> None:
    """The same tasks in the same order as with rewards; their right answers become likelier, by as many updates."""
    g = replace(GOLD, steps=6, eval_every=6)
    done = train(pretrained, tmp_path / "run", g)
    found = rows(tmp_path / "run" / "gspo.jsonl")
    assert [row["step"] for row in found] == [1, 2, 3, 4, 5, 6] and "reward" not in found[0]
    assert found[-1]["loss"] < found[0]["loss"] - 0.1
    before, after = weights(pretrained / "language.pt"), weights(done)
    assert [name for name in after if torch.equal(before[name], after[name])] == ["adapt"]
    setup = loop.load_setup(replace(RECIPE, gspo=g), NO_FILE, pretrained, pretrained / "language.pt", "cpu")
    rewarded = setup._replace(g=replace(g, learn="rewards"))
    tasks, seeds = loop.draw_tasks(setup, 3)
    assert tasks == loop.draw_tasks(rewarded, 3)[0]
    said = [t.rollouts for t in loop.sample_and_score(setup, tasks, seeds)]
    assert [r.text for (r,) in said] == [reward.gold_text(task.kind, task.sample) for task in tasks]
    assert f"{said[0][0].text}\n" in next(iter(loop.preview(setup, 1))) or tasks[0] != loop.draw_tasks(setup, 0)[0][0]


def test_the_loss_of_right_answers_is_their_mean_surprise(small: None, pretrained: Path) -> None:
    """Against the log-probabilities themselves: the first mini-batch, before any update; every answer counts alike."""
    g = replace(GOLD, prompts=2, updates=1)
    setup = loop.load_setup(replace(RECIPE, gspo=g), NO_FILE, pretrained, pretrained / "language.pt", "cpu")
    tried = loop.sample_and_score(setup, *loop.draw_tasks(setup, 0))
    with torch.no_grad():
        means = [-log_probs(setup.reader, t.rollouts, setup.cache.tokens, 1.0)[0].mean().item() for t in tried]
    optimiser = torch.optim.AdamW([p for p in setup.reader.parameters() if p.requires_grad], lr=0.1)
    assert loop.supervised_update(setup, optimiser, tried, 0)["loss"] == pytest.approx(sum(means) / 2, rel=1e-5)
    assert len({len(t.rollouts[0].ids) for t in tried}) == 2 and abs(means[0] - means[1]) > 1e-3
    words = tinynano.Tokenizer()
    answer = rollout_of(words, tried[0].rollouts[0].prompt, "This is Milo.")
    assert answer.ids == tuple(words.encode("This is Milo.<|im_end|>"))


@pytest.mark.parametrize("g", [GOLD, G], ids=["gold", "rewards"])
def test_a_run_stops_in_time_and_goes_on_exactly(small: None, pretrained: Path, tmp_path: Path, g: Gspo) -> None:
    """However late it is, each turn does one step; the end is the same bit for bit, and so is every row."""
    whole = train(pretrained, tmp_path / "whole", g)
    for done in (1, 2, 3):
        assert train(pretrained, tmp_path / "parts", g, resume=True, until=time.monotonic()) is None
        assert torch.load(tmp_path / "parts" / "language.pt", weights_only=True)["step"] == done
    last = train(pretrained, tmp_path / "parts", g, resume=True, until=time.monotonic())
    assert whole and last
    assert all(torch.equal(weights(last)[name], value) for name, value in weights(whole).items())
    for name in ("gspo.jsonl", "dev.jsonl"):
        assert rows(tmp_path / "parts" / name) == rows(tmp_path / "whole" / name)


def test_each_run_is_trained_once(
    small: None, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One after the other, in slots of time; what is done stays; what a guard ends does not hold up the rest."""
    runs = [of("ours", steps=2), of("broken", steps=2), of("gold", steps=2, learn="gold")]
    whole = tiny(*runs)
    pays = Task.score

    def score(self: Task, rollouts: Any, judge: Any, g: Gspo) -> list[Reward]:
        return [Reward(float("nan"))] * len(rollouts) if g is runs[1].recipe.gspo else pays(self, rollouts, judge, g)

    monkeypatch.setattr(Task, "score", score)
    study.prepare(whole, NO_FILE)
    assert [(n, s) for n, _, s in study.run_states(whole)] == [
        ("start", "done"), ("ours", "not run"), ("broken", "not run"), ("gold", "not run")
    ]  # fmt: skip
    assert not study.run(whole, NO_FILE, "cpu", seconds=0.5, only=["ours"])
    assert study.run_states(whole, ["ours"])[1][2] == "step 1 of 2"
    assert study.run(whole, NO_FILE, "cpu")
    states = {name: s for name, _, s in study.run_states(whole)}
    assert (states["ours"], states["gold"]) == ("done", "done")
    assert re.match(r"stopped: stopped at step 1: reward.* not a finite number", states["broken"])
    begun = (home / "train" / "tiny" / "study" / "ours" / "language.pt").stat().st_mtime_ns
    capsys.readouterr()
    monkeypatch.setattr(loop, "load_setup", lambda *_: pytest.fail("a model was loaded for what is done"))
    assert study.run(whole, NO_FILE, "cpu")
    assert (home / "train" / "tiny" / "study" / "ours" / "language.pt").stat().st_mtime_ns == begun
    assert "study ours: done" in capsys.readouterr().err
    start = weights(home / "train" / "tiny" / "study" / "start" / "language.pt")
    assert all(torch.equal(start[k], v) for k, v in weights(home / "train" / "nano" / "language.pt").items())
    note = json.loads((home / "train" / "tiny" / "study" / study.PLAN).read_text())
    assert [r["name"] for r in note["runs"]] == ["ours", "broken", "gold"]
    assert note["runs"][2]["changes"] == {"steps": 2, "learn": "gold"}


@pytest.mark.parametrize(("share", "kind"), [(0.0, "caption"), (1.0, "recognition")])
def test_without_one_of_the_two_rewards(small: None, pretrained: Path, tmp_path: Path, share: float, kind: str) -> None:
    g = replace(G, steps=2, recognition_share=share)
    assert train(pretrained, tmp_path / "run", g)
    for row in rows(tmp_path / "run" / "gspo.jsonl"):
        other = "recognition" if kind == "caption" else "caption"
        assert row[f"reward_{kind}"] == row["reward"] and row[f"reward_{other}"] is None
    assert f": {kind}," in (tmp_path / "run" / "rollouts.txt").read_text()


def test_an_older_record_lacks_keys_that_were_as_by_default() -> None:
    note = run_record.record(Recipe("x", gspo=Gspo()), "data", 1)
    old = json.loads(json.dumps(note))
    del old["recipe"]["gspo"]["degeneration_filter"], old["recipe"]["language"]["keep_step"]
    assert run_record.changed(old, note) is None
    assert (
        run_record.changed(old, run_record.record(Recipe("x", gspo=Gspo(degeneration_filter=False)), "data", 1))
        == "recipe"
    )
    assert run_record.changed(old, {**note, "data": "other"}) == "data"


@pytest.mark.parametrize("step", [150, 1400, -100])
def test_only_a_step_that_is_saved_can_be_kept(step: int) -> None:
    with pytest.raises(
        ValueError, match=rf"keep_step is {step}, must be 0 or a multiple of eval_every \(100\), at most"
    ):
        from_table({"name": "x", "language": {"steps": 1260, "keep_step": step}}, "x")


def test_an_unfiltered_text_is_judged() -> None:
    from benchmark.judges.judge import Lexical
    from benchmark.world.sample import Spec, build

    sample = build(Spec("test", 5, 0))
    text, tokens = "It is a thing. " * 8, [40]
    said = [reward.caption_rewards([text], [sample], Lexical(), tokens, filtered=f)[0] for f in (True, False)]
    assert said[0].degenerate == "repeated sentences" and said[0].value == -1
    assert said[1].degenerate is None and said[1].value == 0
    assert reward.caption_rewards([""], [sample], Lexical(), [1], filtered=False)[0].degenerate == "empty"


def test_a_run_of_another_recipe_is_not_gone_on_with(small: None, home: Path) -> None:
    """Neither when it is done nor when it is not."""
    assert study.run(tiny(of("ours", steps=1)), NO_FILE, "cpu")
    with pytest.raises(KeepsakeError, match="another recipe: move it away"):
        study.run(tiny(of("ours", steps=2)), NO_FILE, "cpu")
    (home / "train" / "tiny" / "study" / "ours" / "checkpoint" / "config.json").unlink()
    with pytest.raises(KeepsakeError, match="another recipe: it cannot go on"):
        study.run(tiny(of("ours", steps=2)), NO_FILE, "cpu")
