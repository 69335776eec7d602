"""Stage 3: GSPO on what pretraining left, with rewards that a judge can verify. A loop of our own, for models that read
cached visual tokens (`language.Reader`); models of others go through trl.

A step draws tasks, lets the model try each `group` times, rewards the tries, and updates the LoRA in mini-batches of
whole groups (`update.py`); or, with `learn = "gold"`, takes the right answers of the same tasks for tries: the baseline
without rewards. Tower, connector and its matrix stay. Everything is seeded by the step, so that a killed run goes on
exactly. In the run's folder: `language.pt` (as pretraining's, to be assembled by `assemble.py`), `run.json` (what the
run is made from), `gspo.jsonl` (metrics), `dev.jsonl` (held-out, greedy), `rollouts.txt` (to be read by people).
"""

from __future__ import annotations

import hashlib
import json
import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from peft import set_peft_model_state_dict

from benchmark.judges.judge import Lexical
from memory.errors import KeepsakeError
from memory.files import read_lines, whole_file, whole_lines, write_json, write_text
from train.pretrain import token_cache as banks
from train.pretrain.language import Reader
from train.pretrain.model import build_model
from train.pretrain.token_cache import TokenCache
from train.recipe import Gspo, Recipe
from train.rl import guards
from train.rl.metrics import ScoredGroup, metrics, page, told
from train.rl.reward import right
from train.rl.rollout import Prompt, Rollout, sample, written
from train.rl.training_tasks import Task, draw_sample, draw_task
from train.rl.update import Setup, copied, supervised_update, trained, update
from train.run_record import changed, record

AT_ONCE = 64
"""Completions that are sampled together."""
PRECISION = torch.bfloat16
"""Of weights and arithmetic: four times as fast as f32 on a CPU that has it. The sampler and the loss read in other
pieces and see the same weights a little differently, so a ratio is taken between two readings of the loss
(`update.py`).
"""
HELD_OUT = {"1": (1, True), "3": (3, True), "strangers": (1, False)}
"""What the held-out evaluation asks: things in the photo, and whether they are known."""


def prepare(recipe: Recipe, base_gguf: Path, work: Path, start: Path, device: str) -> Setup:
    """Load the pretrained model of the folder `work` with the weights of the checkpoint `start`."""
    assert recipe.gspo is not None
    g, size = recipe.gspo, recipe.tower.image_size
    model, tokenizer = build_model(base_gguf, recipe.tower)
    seeing = torch.nn.ModuleList([model.model.vision_model, model.model.connector])
    seeing.load_state_dict(torch.load(work / "vision.pt", map_location="cpu", weights_only=True)["seeing"])
    seeing.to(device).eval()
    bank = banks.cached(work, model, "train", recipe.language.views, 6000, recipe.seed, size, device)
    held_out = banks.cached(work, model, "dev", 2, 300, recipe.seed + 1, size, device, name="dev-groups")
    reader = Reader(model.model.text_model, recipe.language.rank, recipe.language.alpha, 1.0, PRECISION).to(device)
    state = torch.load(start, map_location=device, weights_only=True)
    set_peft_model_state_dict(reader.text, state["lora"])
    reader.adapt.data.copy_(state["adapt"])
    reader.adapt.requires_grad_(False)
    return Setup(reader, tokenizer, bank, held_out, g)


def train(
    recipe: Recipe,
    base_gguf: Path,
    work: Path,
    start: Path,
    out: Path,
    device: str,
    resume: bool,
    until: float = math.inf,
) -> Path | None:
    """Train in the folder `out`; returns the checkpoint. None: another step would not have been done at `until` (of
    `time.monotonic`); what is done is saved, at least one step. Raises KeepsakeError when `out` holds another run, and
    when a guard stops this one."""
    state = _begin(out, record(recipe, _digest(start, work / "vision.pt"), 1), device, resume)
    setup = prepare(recipe, base_gguf, work, start, device)
    reader, g, first = setup.reader, setup.g, state["step"] if state else 0
    optimiser = torch.optim.AdamW(trained(reader), lr=g.learning_rate, weight_decay=0.0)
    reference = copied(reader) if g.beta > 0 else None
    if state:
        set_peft_model_state_dict(reader.text, state["lora"])
        optimiser.load_state_dict(state["optimiser"])
    else:
        _append(out / "dev.jsonl", json.dumps({"step": 0, **evaluate(setup)}))
    history, longest = read_lines(out / "gspo.jsonl"), 0.0
    for step in range(first, g.steps):
        began = time.monotonic()
        tried = sample_and_score(setup, *draw(setup, step))
        between = time.monotonic()
        if g.learn == "gold":
            found = supervised_update(setup, optimiser, tried, step)
        else:
            found = {**metrics(tried), **update(setup, optimiser, tried, step, reference)}
        spent = {"rollouts": round(between - began, 1), "updates": round(time.monotonic() - between, 1)}
        history.append({"step": step + 1, **found, "seconds": spent})
        _append(out / "gspo.jsonl", json.dumps(history[-1]))
        print("gspo", json.dumps(history[-1]), flush=True)
        if step % g.show_every == 0:
            _append(out / "rollouts.txt", "\n".join(page(t, setup.bank, f"step {step + 1}") for t in tried[:3]))
        _guard(history, g)
        last = step + 1 == g.steps
        if (step + 1) % g.eval_every == 0 or last:
            _append(out / "dev.jsonl", json.dumps({"step": step + 1, **evaluate(setup)}))
        longest = max(longest, time.monotonic() - began)
        late = time.monotonic() + longest > until and not last
        if (step + 1) % g.save_every == 0 or last or late:
            with whole_file(out / "language.pt") as partial:
                torch.save({**reader.state(), "optimiser": optimiser.state_dict(), "step": step + 1}, partial)
        if late:
            return None
    return out / "language.pt"


def show(setup: Setup, n: int) -> Iterator[str]:
    """The first `n` tasks of a run as the model sees them, with its completions as they are now and their rewards."""
    step = 0
    while n > 0:
        tasks, seeds = draw(setup, step)
        for tried in sample_and_score(setup, tasks[:n], seeds[:n]):
            yield page(tried, setup.bank, "as it is now")
        n, step = n - len(tasks), step + 1


def draw(setup: Setup, step: int) -> tuple[list[Task], list[int]]:
    """Tasks of a step, and a seed for the dice of each."""
    rng = np.random.default_rng((setup.g.seed, 7, step))
    tasks = [draw_task(rng, setup.bank, "train", setup.g) for _ in range(setup.g.prompts)]
    return tasks, rng.integers(1 << 31, size=len(tasks)).tolist()


def sample_and_score(setup: Setup, tasks: Sequence[Task], seeds: Sequence[int]) -> list[ScoredGroup]:
    """Let the model try each task `group` times, or give the right answer to learn from; and what it earns."""
    judge = Lexical()
    if setup.g.learn == "gold":
        said = [(_prompt(setup, setup.bank, task), right(task.kind, task.sample)) for task in tasks]
        groups = [(written(setup.tokenizer, asked, text),) for asked, text in said]
    else:
        groups = _sampled(setup, setup.bank, tasks, seeds, setup.g.group, setup.g.temperature)
    return [
        ScoredGroup(task, group, task.judged(group, judge, setup.g)) for task, group in zip(tasks, groups, strict=True)
    ]


def evaluate(setup: Setup) -> dict[str, dict[str, float]]:
    """Greedy captions of held-out things and words, always the same ones."""
    found = {}
    for name, (k, known) in HELD_OUT.items():
        rng = np.random.default_rng((12, k, known))
        drawn = [draw_sample(rng, setup.held_out, "dev", k, "random", known) for _ in range(setup.g.eval_samples)]
        tasks = [Task("caption", s, setup.g.layout) for s in drawn]
        groups = _sampled(setup, setup.held_out, tasks, [0] * len(tasks), 1, 0.0)
        found[name] = told([ScoredGroup(task, group, []) for task, group in zip(tasks, groups, strict=True)])["all"]
    print("gspo held-out", json.dumps(found), flush=True)
    return found


def _sampled(
    setup: Setup, bank: TokenCache, tasks: Sequence[Task], seeds: Sequence[int], group: int, temperature: float
) -> list[tuple[Rollout, ...]]:
    reader, prompts = setup.reader, [_prompt(setup, bank, task) for task in tasks]
    many, out = max(1, AT_ONCE // group), []
    for i in range(0, len(prompts), many):
        part, dice = prompts[i : i + many], seeds[i : i + many]
        out += sample(reader, setup.tokenizer, part, bank.tokens, group, setup.g.max_tokens, temperature, dice)
    return out


def _prompt(setup: Setup, bank: TokenCache, task: Task) -> Prompt:
    return Prompt.of(setup.tokenizer, task.messages, bank.tokens.shape[1])


def _guard(history: Sequence[dict[str, Any]], g: Gspo, say: Callable[[str], object] = sys.stderr.write) -> None:
    for alarm in guards.check(history, g.updates * g.passes):
        if alarm.stop:
            raise guards.Stopped(f"stopped at step {history[-1]['step']}: {alarm.text}")
        say(f"WARNING: {alarm.text}\n")


def _begin(out: Path, note: dict[str, Any], device: str, resume: bool) -> dict[str, Any] | None:
    """The checkpoint to go on from; None: from the start. What was written after it is written again.

    Raises KeepsakeError when the folder holds another run, or one that should not be gone on with.
    """
    state: dict[str, Any] | None = None
    if (out / "language.pt").exists():
        if not resume:
            raise KeepsakeError(f"{out} holds a run already: go on with --resume, or move it away")
        before = json.loads((out / "run.json").read_text(encoding="utf-8"))
        if other := changed(before, note):
            raise KeepsakeError(f"{out} holds a run with another {other}: it cannot go on with this one")
        state = torch.load(out / "language.pt", map_location=device, weights_only=True)
    if state is None:
        (out / "rollouts.txt").unlink(missing_ok=True)
    for name in ("gspo.jsonl", "dev.jsonl"):
        lines = whole_lines(out / name) if state else []
        write_text(out / name, "".join(line for line in lines if json.loads(line)["step"] <= state["step"]))
    write_json(out / "run.json", note)
    return state


def _digest(*files: Path) -> str:
    """Hash of what a run starts from."""
    found = hashlib.sha256()
    for path in files:
        with open(path, "rb") as file:
            found.update(hashlib.file_digest(file, "sha256").digest())
    return found.hexdigest()


def _append(path: Path, text: str) -> None:
    with open(path, "a", encoding="utf-8") as file:
        file.write(text + "\n")
