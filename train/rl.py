"""Stage 3: GSPO on what pretraining left, with rewards that a judge can verify. A loop of our own, for models that read
cached visual tokens (`language.Reader`); models of others go through trl.

A step draws tasks, lets the model try each `group` times, rewards the tries, and updates the LoRA in mini-batches of
whole groups. Tower, connector and its matrix stay. Everything is seeded by the step, so that a killed run goes on
exactly. In the run's folder: `language.pt` (as pretraining's, to be assembled by `finish.py`), `run.json` (what the run
is made from), `gspo.jsonl` (metrics), `dev.jsonl` (held-out, greedy), `rollouts.txt` (to be read by people).
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from peft import get_peft_model_state_dict, set_peft_model_state_dict
from torch.nn.utils.rnn import pad_sequence

from benchmark.judge import Lexical
from memory.errors import KeepsakeError
from train import bank as banks
from train import guards
from train.bank import Bank
from train.gspo import advantages, objective
from train.language import Reader
from train.nano import body
from train.recipe import Gspo, Recipe
from train.record import LASTING, record, whole_lines
from train.report import Tried, metrics, page, told
from train.rollout import Prompt, Rollout, log_probs, sample
from train.tasks import Task, draw_sample, draw_task

AT_ONCE = {"cpu": 2, "cuda": 16}
"""Prompts that are sampled together: every token is compared with the keys of all of them."""
PRECISION = torch.float32
"""What was drawn is compared with what the loss sees. Of the nano, under the same weights, the two differ in a sequence
ratio by 5e-7 in f32, and in bf16 by 5e-3: more than ten times GSPO's epsilon, so that noise alone would be clipped."""
HELD_OUT = {"1": (1, True), "3": (3, True), "strangers": (1, False)}
"""What the held-out evaluation asks: things in the photo, and whether they are known."""


class Setup(NamedTuple):
    """A model that can practise, and its photos."""

    reader: Reader
    tokenizer: Any
    bank: Bank
    held_out: Bank
    g: Gspo


def prepare(recipe: Recipe, base_gguf: Path, work: Path, start: Path, device: str) -> Setup:
    """Load the pretrained model of the folder `work` with the weights of the checkpoint `start`."""
    assert recipe.gspo is not None
    g, size = recipe.gspo, recipe.tower.image_size
    model, tokenizer = body(base_gguf, recipe.tower)
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


def train(recipe: Recipe, base_gguf: Path, work: Path, start: Path, out: Path, device: str, resume: bool) -> Path:
    """Train in the folder `out`; returns the checkpoint. Raises KeepsakeError when `out` holds another run, and when a
    guard stops this one."""
    state = _begin(out, record(recipe, _digest(start, work / "vision.pt"), 1), device, resume)
    setup = prepare(recipe, base_gguf, work, start, device)
    reader, g, first = setup.reader, setup.g, state["step"] if state else 0
    optimiser = torch.optim.AdamW(_trained(reader), lr=g.learning_rate, weight_decay=0.0)
    reference = _copied(reader) if g.beta > 0 else None
    if state:
        set_peft_model_state_dict(reader.text, state["lora"])
        optimiser.load_state_dict(state["optimiser"])
    else:
        _append(out / "dev.jsonl", json.dumps({"step": 0, **evaluate(setup)}))
    history = [json.loads(line) for line in whole_lines(out / "gspo.jsonl")]
    for step in range(first, g.steps):
        began = time.monotonic()
        tried = attempt(setup, *draw(setup, step))
        between = time.monotonic()
        learnt = update(setup, optimiser, tried, step, reference)
        spent = {"rollouts": round(between - began, 1), "updates": round(time.monotonic() - between, 1)}
        history.append({"step": step + 1, **metrics(tried), **learnt, "seconds": spent})
        _append(out / "gspo.jsonl", json.dumps(history[-1]))
        print("gspo", json.dumps(history[-1]), flush=True)
        if step % g.show_every == 0:
            _append(out / "rollouts.txt", "\n".join(page(t, setup.bank, f"step {step + 1}") for t in tried[:3]))
        _guard(history, g)
        if (step + 1) % g.eval_every == 0 or step + 1 == g.steps:
            _append(out / "dev.jsonl", json.dumps({"step": step + 1, **evaluate(setup)}))
        if (step + 1) % g.save_every == 0 or step + 1 == g.steps:
            partial = out / "language.partial"
            torch.save({**reader.state(), "optimiser": optimiser.state_dict(), "step": step + 1}, partial)
            partial.replace(out / "language.pt")
    return out / "language.pt"


def show(setup: Setup, n: int) -> Iterator[str]:
    """The first `n` tasks of a run as the model sees them, with its completions as they are now and their rewards."""
    step = 0
    while n > 0:
        tasks, seeds = draw(setup, step)
        for tried in attempt(setup, tasks[:n], seeds[:n]):
            yield page(tried, setup.bank, "as it is now")
        n, step = n - len(tasks), step + 1


def draw(setup: Setup, step: int) -> tuple[list[Task], list[int]]:
    """Tasks of a step, and a seed for the dice of each."""
    rng = np.random.default_rng((setup.g.seed, 7, step))
    tasks = [draw_task(rng, setup.bank, "train", setup.g) for _ in range(setup.g.prompts)]
    return tasks, rng.integers(1 << 31, size=len(tasks)).tolist()


def attempt(setup: Setup, tasks: Sequence[Task], seeds: Sequence[int]) -> list[Tried]:
    """Let the model try each task `group` times, and reward it."""
    judge = Lexical()
    groups = _sampled(setup, setup.bank, tasks, seeds, setup.g.group, setup.g.temperature)
    return [Tried(task, group, task.judged(group, judge, setup.g)) for task, group in zip(tasks, groups, strict=True)]


def evaluate(setup: Setup) -> dict[str, dict[str, float]]:
    """Greedy captions of held-out things and words, always the same ones."""
    found = {}
    for name, (k, known) in HELD_OUT.items():
        rng = np.random.default_rng((12, k, known))
        drawn = [draw_sample(rng, setup.held_out, "dev", k, "random", known) for _ in range(setup.g.eval_samples)]
        tasks = [Task("caption", s, setup.g.layout) for s in drawn]
        groups = _sampled(setup, setup.held_out, tasks, [0] * len(tasks), 1, 0.0)
        found[name] = told([Tried(task, group, []) for task, group in zip(tasks, groups, strict=True)])["all"]
    print("gspo held-out", json.dumps(found), flush=True)
    return found


def update(
    setup: Setup, optimiser: torch.optim.Optimizer, tried: Sequence[Tried], step: int, reference: dict | None
) -> dict[str, float | None]:
    """`passes` times over the groups in `updates` mini-batches, an optimiser step each; what is to be watched."""
    reader, tokens, g = setup.reader, setup.bank.tokens, setup.g
    device, per = reader.adapt.device, g.prompts // g.updates
    scored = [advantages([r.value for r in t.rewards]).to(device) for t in tried]
    useful = [i for i, a in enumerate(scored) if g.beta > 0 or a.any()]  # equal rewards have no gradient

    base: dict[int, torch.Tensor] = {}
    if reference is not None:
        with _weights(reader, reference), torch.no_grad():
            base = {i: log_probs(reader, tried[i].group, tokens, g.temperature)[0] for i in useful}
    seen: list[tuple[float, torch.Tensor, torch.Tensor, float]] = []
    norms, gaps = [], []
    for turn in range(g.passes * g.updates):
        begin = turn % g.updates * per
        for i in (i for i in useful if begin <= i < begin + per):
            new, there = log_probs(reader, tried[i].group, tokens, g.temperature)
            old = pad_sequence([torch.tensor(r.log_probs) for r in tried[i].group], batch_first=True).to(device)
            found = objective(new, old, there, scored[i], g, base.get(i))
            (found.loss / per).backward()
            seen.append((found.loss.item(), found.ratios.cpu(), found.clipped.cpu(), found.divergence))
            if turn == 0:  # still the weights that drew them
                gaps.append((found.ratios - 1).abs().max().item())
        norms.append(torch.nn.utils.clip_grad_norm_(_trained(reader), 1.0).item())
        for group in optimiser.param_groups:
            group["lr"] = _rate(g, step * g.passes * g.updates + turn)
        optimiser.step()
        optimiser.zero_grad()
    if not seen:
        return {}
    losses, ratios, clipped, divergences = zip(*seen, strict=True)
    ratio = torch.cat(ratios)
    return {
        "loss": sum(losses) / len(losses),
        "grad_norm": sum(norms) / len(norms),
        "ratio": ratio.mean().item(),
        "ratio_deviation": (ratio - 1).abs().max().item(),
        "clipped": torch.cat(clipped).float().mean().item(),
        "divergence": sum(divergences) / len(divergences) if base else None,
        "noise": max(gaps) / g.epsilon_low if gaps else None,
        "learning_rate": optimiser.param_groups[0]["lr"],
    }


def _sampled(
    setup: Setup, bank: Bank, tasks: Sequence[Task], seeds: Sequence[int], group: int, temperature: float
) -> list[tuple[Rollout, ...]]:
    prompts = [Prompt.of(setup.tokenizer, task.messages, bank.tokens.shape[1]) for task in tasks]
    many, out = AT_ONCE[setup.reader.adapt.device.type], []
    for i in range(0, len(prompts), many):
        part, dice = prompts[i : i + many], seeds[i : i + many]
        most = setup.g.max_tokens
        out += sample(setup.reader, setup.tokenizer, part, bank.tokens, group, most, temperature, dice)
    return out


def _rate(g: Gspo, update: int) -> float:
    """Learning rate of an optimiser step: up, then linearly to 0."""
    return g.learning_rate * min(1.0, (update + 1) / (g.warmup + 1)) * (1 - update / (g.steps * g.passes * g.updates))


def _trained(reader: Reader) -> list[torch.nn.Parameter]:
    return [p for p in reader.parameters() if p.requires_grad]


def _copied(reader: Reader) -> dict[str, torch.Tensor]:
    return {name: weight.clone() for name, weight in get_peft_model_state_dict(reader.text).items()}


@contextmanager
def _weights(reader: Reader, lora: dict[str, torch.Tensor]) -> Iterator[None]:
    """Look through another LoRA for a while."""
    own = _copied(reader)
    set_peft_model_state_dict(reader.text, lora)
    try:
        yield
    finally:
        set_peft_model_state_dict(reader.text, own)


def _guard(history: Sequence[dict[str, Any]], g: Gspo, say: Callable[[str], object] = sys.stderr.write) -> None:
    for alarm in guards.check(history, g.updates * g.passes):
        if alarm.stop:
            raise KeepsakeError(f"stopped at step {history[-1]['step']}: {alarm.text}")
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
        if changed := [key for key in LASTING if before[key] != note[key]]:
            raise KeepsakeError(f"{out} holds a run with another {changed[0]}: it cannot go on with this one")
        state = torch.load(out / "language.pt", map_location=device, weights_only=True)
    if state is None:
        (out / "rollouts.txt").unlink(missing_ok=True)
    for name in ("gspo.jsonl", "dev.jsonl"):
        lines = whole_lines(out / name) if state else []
        _write(out / name, "".join(line for line in lines if json.loads(line)["step"] <= state["step"]))
    _write(out / "run.json", json.dumps(note, indent=2) + "\n")
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


def _write(path: Path, text: str) -> None:
    partial = path.with_suffix(".partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
