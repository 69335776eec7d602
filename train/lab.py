"""A whole run of a large recipe, from training to the paper's table, as a list of commands.

`python -m train lab RECIPE` runs the commands one after the other and goes on where it stopped; `--dry-run` prints each
with its devices, memory and hours, all computed (`lab_costs.py`), and refuses a run that would fail. `--model FOLDER`
trains nothing, and measures the model of that folder as the recipe says. `runs/full.sh` calls it. Only a tiny model has
been run through all of them so far.

Base and trained model are compared in one form (f16) and in the recipe's prompt layout. A chat judge on this machine
has the last device to itself; training shares the others, the measures are spread over them, and exports compute on the
first.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from memory.errors import KeepsakeError
from memory.paths import home
from train import lab_costs, lab_files, lab_run, lab_scores, run_record
from train.lab_needs import CUDA_LLAMA, ask_judge, missing
from train.lab_run import Step
from train.lab_settings import Settings, checked, engine_bytes, judge_of, servers, wants_pictures, world_of
from train.recipe import Gspo, Recipe, Trl
from train.trl import batches, device_memory

GB = device_memory.GB
FORM = "f16"
"""The form in which both models are measured: a loss by fewer bits must not count as a loss by training."""
LAPTOP = ("f16", "Q8_0", "Q4_K_M")
"""The forms that are exported at the end, into a folder of their own; each ships if it passes acceptance."""


def steps(recipe: Recipe, given: Settings) -> list[Step]:
    """All commands of a run in their order. Raises KeepsakeError for a recipe that cannot run."""
    gspo, config = checked(recipe, given)
    cost = lab_costs.Costs(gspo, config, given.device_bytes, given.cores)
    photos = ("--photos", str(given.recipe))
    if given.model:
        name = given.model.resolve().name
        exports, names = [_export(name, str(given.model), (FORM,), given, cost, *photos)], [name]
        return [*exports, *_measured(names, name, gspo, given, cost, config)]
    work, trained, untrained = home() / "train" / recipe.name, recipe.name, f"{recipe.name}-base"
    base = gspo.base if Path(gspo.base).is_dir() else str(work / "base")
    checkpoint, record = str(work / "checkpoint"), ("--run", str(work / "gspo" / "run.json"))
    out = _training(recipe, given, gspo, config, cost, base)
    out.append(_export(untrained, base, (FORM,), given, cost, *photos))
    out.append(_export(trained, checkpoint, (FORM,), given, cost, *record))
    out += _measured([untrained, trained], trained, gspo, given, cost, config)
    if not given.quick:  # not into the folder of the model that was measured: it would be another one, in fewer bits
        out.append(_export(f"{trained}-laptop", checkpoint, LAPTOP, given, cost, *record))
    return out


def _training(
    recipe: Recipe, given: Settings, gspo: Gspo, config: dict[str, Any], cost: lab_costs.Costs, base: str
) -> list[Step]:
    """What is fetched, the training, and the folder of base and LoRA. `base`: the folder of the base."""
    settings, world = gspo.trl or Trl(), world_of(gspo, given)
    work, python = home() / "train" / recipe.name, sys.executable
    adapter, out = work / "gspo" / "adapter", []
    if base != gspo.base:  # into the hub's own cache, where the training looks, too
        hf = shlex.quote(str(Path(python).with_name("hf")))
        found = f'found="$({hf} download {shlex.quote(gspo.base)} --quiet)"; ln -sfn "$found" {shlex.quote(base)}'
        command = ("sh", "-ec", f"mkdir -p {shlex.quote(str(work))}; {found}")
        out.append(Step("fetch base", command, 0, GB, cost.fetching))
    if wants_pictures(gspo, given):
        out.append(Step("fetch pictures", (python, "-m", "benchmark", "fetch"), 0, GB, 0.1))
    many = ["-m", "accelerate.commands.launch", "--config_file", str(given.launch), "--num_processes", str(world)]
    train = [python, *(many if world > 1 else ()), "-m", "train", "gspo", str(given.recipe), "--resume"]
    if given.judge and settings.judge == "chat":
        train += ["--url", given.judge[0], "--judge-model", given.judge[1]]
    sharding = device_memory.sharding_of(given.launch) if world > 1 else "none"
    needed = device_memory.needs(gspo, config, world, given.device_bytes, sharding).total
    out.append(Step("train", tuple(train), world, needed, cost.training(world), adapter))
    return [*out, Step("checkpoint", _links(base, adapter, work / "checkpoint"), 0, GB, 0.0)]


def _export(name: str, source: str, kinds: Sequence[str], given: Settings, cost: lab_costs.Costs, *more: str) -> Step:
    """The export of a folder for transformers as the model `name`."""
    out = home() / "models" / name
    command = [sys.executable, "-m", "quantize", "all", source, "--out", str(out), "--kinds", *kinds, *more]
    command += ["--prompts", "1"] if given.quick else ["--size", "full"]
    command += ["--pre-tokenizer", given.pre_tokenizer] if given.pre_tokenizer else []
    command += ["--threads", str(given.cores)]
    merged = "--run" in more or (Path(source) / "adapter").is_dir()
    hours = cost.export(12 if given.quick else 100, len(kinds) + merged)
    made = out / "manifest.json"
    return Step(f"export {name}", tuple(command), int(cost.proof_on_device), cost.proof_bytes, hours, made)


def _measured(
    names: Sequence[str], title: str, gspo: Gspo, given: Settings, cost: lab_costs.Costs, config: dict[str, Any]
) -> list[Step]:
    """The measures of exported models, and what shows them side by side."""
    scores = lab_scores.scores(names, gspo, given, cost, engine_bytes(config))
    return [*scores, *lab_scores.pages(names, title, given)]


def _links(base: str, adapter: Path, target: Path) -> tuple[str, ...]:
    """The command that puts a base and its LoRA together in a folder, by links: 8B weights twice are 17 GB."""
    whole, lora, to = (shlex.quote(str(path)) for path in (Path(base).absolute(), adapter, target))
    return ("sh", "-ec", f"rm -rf {to} && mkdir -p {to} && ln -s {whole}/* {to} && ln -s {lora} {to}/adapter")


def run(recipe: Recipe, given: Settings) -> None:
    """Run every step that is not done yet. Raises KeepsakeError that names what is missing, or the step that failed, at
    which the next call begins."""
    listed = steps(recipe, given)
    if absent := missing(recipe, given):
        raise KeepsakeError(f"{absent[0]} is not here" + (f", and {len(absent) - 1} more" if absent[1:] else ""))
    lab_files.read_all(recipe.gspo or Gspo(), given)
    ask_judge(recipe.gspo or Gspo(), given)
    lab_run.execute(listed, run_record.folder(recipe).parent / "lab.json")


def table(recipe: Recipe, given: Settings) -> str:
    """Every command with its devices, memory and hours (computed), then what the run needs and this machine lacks."""
    listed, gspo = steps(recipe, given), recipe.gspo or Gspo()
    settings, world = gspo.trl or Trl(), world_of(gspo, given)
    beside = servers(gspo, given, max(step.memory for step in listed if step.devices))
    completions, resting = batches.completions_of_update(gspo), max(0, given.devices - world - len(beside))
    trains = [
        f"{recipe.name}: {world} of {given.devices} devices share the {completions} "
        f"completions of an optimiser step, {batches.micro_batch(gspo, world)} at a time"
        + (f" ({world + resting} cannot share them: {resting} rest)" if resting else ""),
        f"attention: {batches.attention(settings)}",
    ]
    lines = [f"{given.model}: measured as {recipe.name} says, not trained"] if given.model else trains
    if beside:
        alone = "; better on another machine, with --url and --judge-model" if given.devices == 1 else ""
        lines += [f"start before, and keep{alone}:", *(f"  {command}" for command in beside)]
    if (judged := judge_of(settings, given)) and not any(f"serve {judged[5]} " in command for command in beside):
        lines.append(f"judge: {judged[5]} at {judged[3]}")
    lanes = len({step.lane for step in listed if step.lane is not None})
    where = f"scores on {lanes}, at one time" if lanes > 1 else "scores, too"
    lines.append(f"llama.cpp as built by `{CUDA_LLAMA}`: exports on the first device, {where}")
    if device_memory.sharding_of(given.launch) == "optimiser" and world > 1 and not given.model:
        lines.append("ZeRO-2 with gradient accumulation was found unusable by the authors' follow-up: prefer ddp.yaml")
    for step in listed:
        where = f"{step.devices} device{'s' * (step.devices > 1)} of" if step.devices else "processor and"
        lines += [f"\n{step.name}: {where} {step.memory / GB:.0f} GB, about {step.hours:.1f} hours"]
        lines.append("  " + lab_run.line(step))
    lines.append(f"\naltogether about {lab_run.hours(listed):.0f} hours (computed, never measured)")
    if not (absent := missing(recipe, given)):
        lab_files.read_all(gspo, given)
    return "\n".join([*lines, *(f"needed, not here: {one}" for one in absent)])
