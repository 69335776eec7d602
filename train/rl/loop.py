"""Stage 3 of the nano, the loop: GSPO on what pretraining left, with rewards that a judge can verify.

The loop is our own, for models that read cached visual tokens (`language.Reader`); other models go through trl. A step
draws tasks, samples a group of completions for each, scores them, and updates the LoRA in mini-batches of whole groups
(`gspo.py`). With `learn = "gold"` the right answers of the same tasks take the place of completions: the baseline
without rewards. Vision tower, connector and the connector's matrix stay fixed. Every step is seeded by its number, so
that a killed run goes on exactly. A run's folder holds:

    language.pt     the checkpoint, laid out as pretraining's, to be assembled by `pretrain/checkpoint.py`
    run.json        what the run is made from
    gspo.jsonl      metrics of each step
    dev.jsonl       greedy evaluation on held-out samples
    rollouts.txt    prompts, completions and rewards, for people
"""

from __future__ import annotations

import hashlib
import json
import math
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from peft import set_peft_model_state_dict

from benchmark.judges.judge import Lexical
from memory.errors import KeepsakeError
from memory.files import append_lines, read_lines, sha256, whole_file, whole_lines, write_json, write_text
from train.pretrain import token_cache
from train.pretrain.language import Reader
from train.pretrain.model import build_model, load_vision
from train.pretrain.token_cache import TokenCache
from train.recipe import Gspo, Recipe
from train.rl import guards, nano2_base
from train.rl.gspo import Setup, copy_lora, rewarded_update, supervised_update, trainable
from train.rl.metrics import caption_measures, metrics, readable
from train.rl.note_tasks import NoteTask, draw_note_task
from train.rl.rollout import Prompt, Rollout, rollout_of, sample_groups
from train.rl.scored_group import ScoredGroup
from train.rl.training_tasks import Task, draw_sample, draw_task
from train.run_record import changed, record

AT_ONCE = 64
"""Completions that are sampled together."""
PRECISION = torch.bfloat16
"""Type of weights and arithmetic: four times as fast as f32 on a CPU that has it. The sampler and the loss read in
other pieces and compute slightly different values from the same weights, so a ratio compares two readings of the loss
(`gspo.py`)."""
HELD_OUT = {"1": (1, True), "3": (3, True), "strangers": (1, False)}
"""Kinds of held-out samples: the number of things in the photo, and whether they are known."""


def load_setup(recipe: Recipe, base_gguf: Path, work: Path, start: Path, device: str) -> Setup:
    """Load the pretrained model of the folder `work` with the weights of the checkpoint `start`."""
    assert recipe.gspo is not None
    if recipe.of_second_nano:
        return nano2_base.load_setup(recipe, base_gguf, work, device)
    size = recipe.tower.image_size
    model, tokenizer = build_model(base_gguf, recipe.tower)
    load_vision(model, work).to(device).eval()
    cache = token_cache.load_or_build(work, model, "train", recipe.language.views, 6000, recipe.seed, size, device)
    held_out = token_cache.load_or_build(work, model, "dev", 2, 300, recipe.seed + 1, size, device, name="dev-groups")
    reader = Reader(model.model.text_model, recipe.language.rank, recipe.language.alpha, 1.0, PRECISION).to(device)
    state = torch.load(start, map_location=device, weights_only=True)
    set_peft_model_state_dict(reader.text, state["lora"])
    reader.adapt.data.copy_(state["adapt"])
    reader.adapt.requires_grad_(False)
    return Setup(reader, tokenizer, cache, held_out, recipe.gspo)


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
    """Train in the folder `out`; returns the checkpoint, or None if time ran out.

    The run pauses after a step if another one would not end before `until` (a value of `time.monotonic`); at least one
    step is done, and what is done is saved. Raises KeepsakeError when `out` holds another run, and `guards.Stopped`
    when a guard ends this one.
    """
    made_from = nano2_base.files() if recipe.of_second_nano else (start, work / "vision.pt")
    state = _open_run(out, record(recipe, _digest(*made_from), 1), device, resume)
    setup = load_setup(recipe, base_gguf, work, start, device)
    reader, g, first = setup.reader, setup.g, state["step"] if state else 0
    optimiser = torch.optim.AdamW(trainable(reader), lr=g.learning_rate, weight_decay=0.0)
    reference = copy_lora(reader) if g.beta > 0 else None
    if state:
        set_peft_model_state_dict(reader.text, state["lora"])
        optimiser.load_state_dict(state["optimiser"])
    else:
        append_lines(out / "dev.jsonl", [{"step": 0, **evaluate(setup)}])
    history, longest = read_lines(out / "gspo.jsonl"), 0.0
    for step in range(first, g.steps):
        began = time.monotonic()
        groups = sample_and_score(setup, *draw_tasks(setup, step))
        sampled = time.monotonic()
        if g.learn == "gold":
            row = supervised_update(setup, optimiser, groups, step)
        else:
            row = {**metrics(groups), **rewarded_update(setup, optimiser, groups, step, reference)}
        seconds = {"rollouts": round(sampled - began, 1), "updates": round(time.monotonic() - sampled, 1)}
        history.append({"step": step + 1, **row, "seconds": seconds})
        append_lines(out / "gspo.jsonl", history[-1:])
        print("gspo", json.dumps(history[-1]), flush=True)
        if step % g.show_every == 0:
            with open(out / "rollouts.txt", "a", encoding="utf-8") as file:
                file.write("\n".join(readable(group, setup.cache, f"step {step + 1}") for group in groups[:3]) + "\n")
        _guard(history, g)
        last = step + 1 == g.steps
        if (step + 1) % g.eval_every == 0 or last:
            append_lines(out / "dev.jsonl", [{"step": step + 1, **evaluate(setup)}])
        longest = max(longest, time.monotonic() - began)
        late = time.monotonic() + longest > until and not last
        if (step + 1) % g.save_every == 0 or last or late:
            with whole_file(out / "language.pt") as partial:
                torch.save({**reader.state(), "optimiser": optimiser.state_dict(), "step": step + 1}, partial)
        if late:
            return None
    return out / "language.pt"


def preview(setup: Setup, n: int) -> Iterator[str]:
    """The first `n` tasks of a run as readable text, with completions by the present weights and their rewards."""
    step = 0
    while n > 0:
        tasks, seeds = draw_tasks(setup, step)
        for group in sample_and_score(setup, tasks[:n], seeds[:n]):
            yield readable(group, setup.cache, "as it is now")
        n, step = n - len(tasks), step + 1


def draw_tasks(setup: Setup, step: int) -> tuple[list[Task | NoteTask], list[int]]:
    """The tasks of a step, and for each a seed from which its completions are sampled."""
    rng, g = np.random.default_rng((setup.g.seed, 7, step)), setup.g
    tasks = [
        draw_note_task(rng, setup.cache, "train", g.strangers_share)
        if g.notes_share and rng.random() < g.notes_share
        else draw_task(rng, setup.cache, "train", g)
        for _ in range(g.prompts)
    ]
    return tasks, rng.integers(1 << 31, size=len(tasks)).tolist()


def sample_and_score(setup: Setup, tasks: Sequence[Task | NoteTask], seeds: Sequence[int]) -> list[ScoredGroup]:
    """Sample a group of completions for each task, or take the right answer (`learn = "gold"`), and score them."""
    judge = Lexical()
    groups: list[tuple[Rollout, ...]]
    if setup.g.learn == "gold":
        answers = [(_prompt(setup, setup.cache, task), task.gold) for task in tasks]
        groups = [(rollout_of(setup.tokenizer, prompt, text),) for prompt, text in answers]
    else:
        groups = _sample(setup, setup.cache, tasks, seeds, setup.g.group, setup.g.temperature)
    return [
        ScoredGroup(task, group, task.score(group, judge, setup.g)) for task, group in zip(tasks, groups, strict=True)
    ]


def evaluate(setup: Setup) -> dict[str, dict[str, float]]:
    """Measures of greedy captions of held-out things and words, by kind of sample; the samples are always the same."""
    measures = {}
    for name, (k, known) in HELD_OUT.items():
        rng = np.random.default_rng((12, k, known))
        samples = [draw_sample(rng, setup.held_out, "dev", k, "random", known) for _ in range(setup.g.eval_samples)]
        tasks = [Task("caption", sample, setup.g.layout) for sample in samples]
        groups = _sample(setup, setup.held_out, tasks, [0] * len(tasks), 1, 0.0)
        unscored = [ScoredGroup(task, group, []) for task, group in zip(tasks, groups, strict=True)]
        measures[name] = caption_measures(unscored)["all"]
    if setup.g.notes_share:
        measures["notes"] = _evaluate_notes(setup)
    print("gspo held-out", json.dumps(measures), flush=True)
    return measures


def _evaluate_notes(setup: Setup) -> dict[str, float]:
    """Mean rewards of greedy captions and answers about notes of the dev split, by kind."""
    rng = np.random.default_rng((12, 4))
    tasks = [draw_note_task(rng, setup.held_out, "dev", 0.0) for _ in range(4 * setup.g.eval_samples)]
    groups = _sample(setup, setup.held_out, tasks, [0] * len(tasks), 1, 0.0)
    values: dict[str, list[float]] = {}
    for task, group in zip(tasks, groups, strict=True):
        name = task.asked.kind if task.asked else "caption"
        values.setdefault(name, []).append(task.score(group, Lexical(), setup.g)[0].value)
    return {name: round(sum(some) / len(some), 4) for name, some in sorted(values.items())}


def _sample(
    setup: Setup,
    cache: TokenCache,
    tasks: Sequence[Task | NoteTask],
    seeds: Sequence[int],
    group: int,
    temperature: float,
) -> list[tuple[Rollout, ...]]:
    """Groups of `group` completions, as many tasks at once as `AT_ONCE` allows."""
    reader, prompts = setup.reader, [_prompt(setup, cache, task) for task in tasks]
    n, out = max(1, AT_ONCE // group), []
    for i in range(0, len(prompts), n):
        part, own_seeds, most = prompts[i : i + n], seeds[i : i + n], setup.g.max_tokens
        out += sample_groups(reader, setup.tokenizer, part, cache.tokens, group, most, temperature, own_seeds)
    return out


def _prompt(setup: Setup, cache: TokenCache, task: Task | NoteTask) -> Prompt:
    """A task's prompt in tokens."""
    return Prompt.of(setup.tokenizer, task.messages, cache.tokens.shape[1])


def _guard(history: Sequence[dict[str, Any]], g: Gspo) -> None:
    """Ask the guards about the metrics so far. Raises `guards.Stopped` when one of them ends the run."""
    for alarm in guards.check(history, g.updates * g.passes):
        if alarm.stop:
            raise guards.Stopped(f"stopped at step {history[-1]['step']}: {alarm.text}")
        print(f"WARNING: {alarm.text}", file=sys.stderr)


def _open_run(out: Path, note: dict[str, Any], device: str, resume: bool) -> dict[str, Any] | None:
    """Make a folder ready for the run that `note` describes; returns the checkpoint to go on from, None to start anew.

    Rows of steps after the checkpoint are removed: these steps are done again. Raises KeepsakeError when the folder
    holds another run, or a run that nobody asked to resume.
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
        kept = [line for line in whole_lines(out / name) if json.loads(line)["step"] <= state["step"]] if state else []
        write_text(out / name, "".join(kept))
    write_json(out / "run.json", note)
    return state


def _digest(*files: Path) -> str:
    """One hash, in hex, of the files that a run starts from."""
    return hashlib.sha256(b"".join(bytes.fromhex(sha256(file)) for file in files)).hexdigest()
