"""The recipes in the repository say what they claim, and wrong ones are refused before anything heavy is loaded."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from peft import get_peft_model
from transformers import Qwen3VLConfig, Qwen3VLForConditionalGeneration

from memory.errors import KeepsakeError
from tests.support import tinyqwen, tinyvl
from train import recipe_file
from train.mixture import Mixture
from train.recipe import Gspo, Lora, Trl
from train.trl import dataset, run

# peft asks transformers by a name that transformers has just deprecated
pytestmark = pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")
ROOT = Path(__file__).parents[2]
RECIPES = {path.stem: path for path in sorted((ROOT / "train" / "recipes").glob("*.toml"))}
TRL = [name for name, path in RECIPES.items() if (g := recipe_file.load(path).gspo) and "/" in g.base]
HEAVY = ("torch", "transformers", "trl", "peft", "accelerate", "datasets")
SHAPES = {"2B": (2048, 6144, 28, 16, True), "4B": (2560, 9728, 36, 32, True), "8B": (4096, 12288, 36, 32, False)}
"""Of the published language models: width, width of the MLP, layers, heads, whether lm_head is the embedding. All have
8 key and value heads of 128, and 151,936 tokens."""
TOWERS = {"2B": (1024, 4096, 24, [5, 11, 17]), "4B": (1024, 4096, 24, [5, 11, 17]), "8B": (1152, 4304, 27, [8, 16, 24])}


def gspo_of(name: str) -> Gspo:
    found = recipe_file.load(RECIPES[name]).gspo
    assert found
    return found


def config(size: str) -> Qwen3VLConfig:
    width, mlp, layers, heads, tied = SHAPES[size]
    of_tower, tower_mlp, depth, deep = TOWERS[size]
    text = {
        "vocab_size": 151936,
        "hidden_size": width,
        "intermediate_size": mlp,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": 8,
        "head_dim": 128,
        "tie_word_embeddings": tied,
    }
    vision = {
        "hidden_size": of_tower,
        "intermediate_size": tower_mlp,
        "depth": depth,
        "num_heads": 16,
        "out_hidden_size": width,
        "deepstack_visual_indexes": deep,
    }
    return Qwen3VLConfig(text_config=text, vision_config=vision, tie_word_embeddings=tied)


def by_formula(size: str, rank: int, lm_head: bool) -> int:
    """A and B of every linear: rank x (what goes in + what comes out)."""
    width, mlp, layers, heads, _ = SHAPES[size]
    attention = 2 * (width + 128 * heads) + 2 * (width + 128 * 8)
    return rank * (layers * (attention + 3 * (width + mlp)) + lm_head * (width + 151936))


@pytest.mark.parametrize("name", TRL)
def test_as_many_weights_are_trained_as_the_formula_says(name: str) -> None:
    """The real shapes, on the meta device: no weights. The 8B's count is the one in the authors' log."""
    gspo = gspo_of(name)
    assert gspo.lora
    size = re.search(r"Qwen3-VL-(\dB)-Instruct", gspo.base)
    assert size
    with torch.device("meta"):
        model = get_peft_model(Qwen3VLForConditionalGeneration(config(size[1])), run.lora(gspo.lora))
    trained = {n: p.numel() for n, p in model.named_parameters() if p.requires_grad}
    assert sum(trained.values()) == by_formula(size[1], 64, gspo.lora.lm_head)
    assert all(".lora_" in name and "visual" not in name for name in trained)
    expected = {"2B": 69_730_304, "4B": 132_120_576, "8B": 184_573_952}
    assert sum(trained.values()) == expected[size[1]]


@pytest.mark.parametrize("name", TRL)
def test_trl_is_told_what_the_recipe_says(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gspo = gspo_of(name)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    gspo = replace(gspo, trl=replace(gspo.trl or Trl(), dtype="float32"))  # bf16 is refused without a device for it
    if gspo.learn == "gold":
        supervised = run.supervised(gspo, tmp_path, 1)
        accumulated = supervised.per_device_train_batch_size * supervised.gradient_accumulation_steps
        assert accumulated * supervised.max_steps == len(dataset.visits(gspo)), "every sample is seen once"
        assert supervised.loss_type == "nll" and not supervised.shuffle_dataset
        return
    trl_config = run.rewarded(gspo, tmp_path, 1, [5, 6])
    assert (trl_config.loss_type, trl_config.top_p, trl_config.top_k, trl_config.min_p) == ("grpo", 1.0, 0, None)
    assert trl_config.temperature == gspo.temperature == (1.1 if name == "omni-persona" else 1.0)
    assert trl_config.max_completion_length == 512
    assert trl_config.importance_sampling_level == gspo.importance
    assert (trl_config.epsilon, trl_config.epsilon_high, trl_config.beta) == (
        gspo.epsilon_low,
        gspo.epsilon_high,
        gspo.beta,
    )
    assert trl_config.generation_batch_size == gspo.prompts * gspo.group
    assert trl_config.num_generations == gspo.group
    updates = trl_config.steps_per_generation * trl_config.num_iterations / trl_config.gradient_accumulation_steps
    assert updates == gspo.updates * gspo.passes
    assert trl_config.max_steps == gspo.steps * updates and trl_config.save_steps % updates == 0
    assert trl_config.generation_kwargs.pop("suppress_tokens") == [5, 6]
    released = {"temperature": 0.7, "top_p": 0.8, "top_k": 20}
    assert trl_config.generation_kwargs == (released if name == "qwen3-vl-8b-paper-exact" else {})


def test_the_papers_run_is_the_published_one() -> None:
    """Facts of the authors' scripts and log; and ours of the same model differs where it says so."""
    paper, ours = gspo_of("qwen3-vl-8b-paper-exact"), gspo_of("qwen3-vl-8b")
    assert paper.lora == Lora(64, 128, 0.05, True)
    assert (paper.group, paper.prompts, paper.updates, paper.passes, paper.steps) == (4, 1, 1, 1, 2 * 4196)
    assert (paper.learning_rate, paper.epsilon_low, paper.epsilon_high, paper.beta) == (5e-6, 3e-4, 4e-4, 0)
    assert (paper.layout, paper.variant, paper.alpha, paper.importance) == ("reference", "paper", 1, "sequence")
    assert paper.trl and paper.trl.photos.query * 1024 == paper.trl.photos.memory * 1024 == 12845056
    assert ours.updates * ours.passes >= 4 and ours.variant == "keepsake" and ours.layout == "aligned"
    assert ours.steps * ours.prompts >= 2 * 4196 and ours.base == paper.base


def test_the_baselines_differ_in_the_method_only() -> None:
    ours, grpo, sft = (gspo_of(name) for name in ("qwen3-vl-2b", "grpo", "sft"))
    method = {"importance": "sequence", "epsilon_low": 3e-4, "epsilon_high": 4e-4, "beta": 0.0}
    assert replace(grpo, **method) == ours  # type: ignore[arg-type]
    assert ours.trl and replace(sft, group=ours.group, learn="rewards") == ours
    assert [v.draft.key for v in dataset.visits(sft)] == [v.draft.key for v in dataset.visits(ours)]


def test_the_successors_run_is_the_published_one() -> None:
    """Values of `train_rlvr_qwen.sh`, `train.py` and `dataset.py` in training/ of github.com/oyt9306/Omni-Persona."""
    theirs, ours = gspo_of("omni-persona"), gspo_of("qwen3-vl-4b")
    assert (theirs.importance, theirs.beta, theirs.epsilon_low, theirs.epsilon_high) == ("sequence", 0.04, 0.2, 0.2)
    assert (theirs.temperature, theirs.group, theirs.max_tokens, theirs.steps) == (1.1, 8, 512, 100)
    assert (theirs.prompts * theirs.group / theirs.updates, theirs.passes) == (8, 1), "eight completions in an update"
    assert (theirs.learning_rate, theirs.seed, theirs.save_every) == (1e-6, 42, 50)
    assert theirs.mixture == Mixture(pairs=0.3, questions=0.4, unanswerable=0.375, payoffs="omni")
    assert theirs.recognition_share == 0.3 and theirs.base == ours.base
    plan = Counter(v.kind for v in dataset.visits(replace(theirs, steps=2000)))
    shares = [plan[kind] / 2000 for kind in ("recognition", "pair", "told", "absent thing", "absent fact", "caption")]
    assert shares == pytest.approx([0.3, 0.3, 0.25, 0.075, 0.075, 0], abs=0.03)
    assert ours.mixture.payoffs == "keepsake" and ours.mixture.unanswerable == 0.5


@pytest.mark.parametrize("name", ["qwen3-vl-2b", "qwen3-vl-4b", "grpo", "sft"])
def test_abstention_is_among_the_samples(name: str) -> None:
    plan = Counter(v.kind for v in dataset.visits(gspo_of(name)))
    shares = {kind: n / plan.total() for kind, n in plan.items()}
    expected = {"recognition": 0.33, "pair": 0.1, "told": 0.1, "absent thing": 0.05, "absent fact": 0.05}
    assert shares == pytest.approx({**expected, "caption": 0.37}, abs=0.03)
    untold = [v.draft.key.endswith("-untold") for v in dataset.visits(gspo_of(name)) if v.kind == "caption"]
    assert sum(untold) / len(untold) == pytest.approx(0.25, abs=0.04)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Only its configuration is read: lm_head is the embedding."""
    folder = tmp_path_factory.mktemp("base")
    tinyqwen.config(tinyqwen.tokenizer()).save_pretrained(folder)
    return folder


GOOD = {
    "": {"name": "tiny"},
    "gspo": {"prompts": 4, "group": 4, "updates": 2},
    "gspo.lora": {"dropout": 0.0, "lm_head": False},
    "gspo.trl": {"micro_batch": 2},
}
WRONG = [
    ("gspo", {"importance": "tokens"}, r"\[gspo\]: importance is 'tokens', must be one of 'sequence', 'token'"),
    ("gspo", {"grup": 4}, r"\[gspo\]: unknown key 'grup'; known keys: base, lora, "),
    ("gspo", {"group": 1}, r"\[gspo\]: group is 1, must be at least 2"),
    ("gspo", {"updates": 3}, r"\[gspo\]: prompts is 4, must be a multiple of updates \(3\)"),
    ("gspo", {"epsilon_low": 0}, r"epsilon_low is 0.0, must be above 0"),
    ("gspo", {"learning_rate": "high"}, r"learning_rate is 'high', must be of type float"),
    ("gspo", {"base": "somewhere"}, r"somewhere"),
    ("gspo.lora", {"rank": 8.5}, r"\[lora\]: rank is 8.5, must be of type int"),
    ("gspo.lora", {"rank": 0}, r"\[lora\]: rank is 0, must be at least 1"),
    ("gspo", {"learning_rate": float("nan")}, r"learning_rate is nan, must be above 0"),
    ("", {"name": "../elsewhere"}, r"name is '../elsewhere', must be letters"),
    ("gspo.lora", {"lm_head": True}, r"lm_head is true, must be false: \S+ ties its output layer"),
    ("gspo.lora", {"dropout": 0.05}, r"dropout is 0.05 with 2 updates a rollout, must be 0"),
    ("gspo.trl", {"judge": "gpt"}, r"judge is 'gpt', must be one of 'lexical', 'chat'"),
    ("gspo.trl", {"judge": "chat"}, r"judge is 'chat', which needs judge_url and judge_model"),
    ("gspo.trl", {"judge": "chat", "judge_url": "8000", "judge_model": "m"}, r"'8000' is no server's address"),
    ("gspo.trl", {"vllm": "server"}, r"vllm is 'server', which needs vllm_url"),
    ("gspo.trl", {"report": ["paper"]}, r"report is 'paper', must be one of 'tensorboard', 'trackio', 'wandb'"),
    ("gspo.trl", {"data": "models/nano/manifest.json"}, r"judge is 'lexical', must be 'chat' for models/nano/manifest"),
    ("gspo.trl", {"data": "nowhere"}, r"data is 'nowhere': there is no such file or folder"),
    ("gspo.trl.photos", {"least": 600}, r"least is 600, must be at most memory \(128\) and query \(512\)"),
    ("gspo", {"learn": "silver"}, r"\[gspo\]: learn is 'silver', must be one of 'rewards', 'gold'"),
    ("gspo", {"learn": "gold", "beta": 0.1}, r"beta is 0.1, must be 0 when learn is 'gold'"),
    ("gspo.mixture", {"pairs": 1.5}, r"\[mixture\]: pairs is 1.5, must be between 0 and 1"),
    ("gspo.mixture", {"pairs": 0.5, "questions": 0.4}, r"recognition_share 0.25, pairs 0.5 and questions 0.4 are more"),
    ("gspo.mixture", {"payoffs": "high"}, r"payoffs is 'high', must be one of 'keepsake', 'omni'"),
    ("gspo", {"degeneration_filter": "no"}, r"degeneration_filter is 'no', must be of type bool"),
]


def write(path: Path, base: Path, table: str = "", changed: dict[str, Any] | None = None) -> Path:
    """A recipe that could run here, but for what is changed."""
    content = {**GOOD, "gspo": {"base": str(base), **GOOD["gspo"]}}
    content.setdefault(table, {})
    content = {k: {**v, **(changed or {})} if k == table else v for k, v in content.items()}
    lines = []
    for name, values in content.items():
        lines += [f"[{name}]"] if name else []
        lines += [f"{k} = {str(v).lower() if isinstance(v, bool) else repr(v)}" for k, v in values.items()]
    path.write_text("\n".join(lines) + "\n")
    return path


CHECK = """
import sys
from pathlib import Path
from memory.errors import KeepsakeError
from train import recipe_file
from train.trl import run
for path in sys.argv[1:]:
    try:
        run.check(recipe_file.load(Path(path)).gspo, 1)
        print("fine")
    except (KeepsakeError, ValueError) as error:
        print(error)
print(*(name for name in {heavy!r} if name in sys.modules))
"""


def test_wrong_recipes_are_refused_before_anything_heavy_loads(base: Path, tmp_path: Path) -> None:
    """Asked of a fresh interpreter: one line each, with the key and what is allowed."""
    paths = [write(tmp_path / "good.toml", base)]
    paths += [write(tmp_path / f"{i}.toml", base, *wrong[:2]) for i, wrong in enumerate(WRONG)]
    done = subprocess.run(
        [sys.executable, "-c", CHECK.format(heavy=HEAVY), *map(str, paths)],
        cwd=ROOT,
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    good, *refused, heavy = done.stdout.split("\n")[:-1]
    assert (good, heavy, len(refused)) == ("fine", "", len(WRONG))
    for said, (_, changed, expected) in zip(refused, WRONG, strict=True):
        assert re.search(expected, said), f"{changed}: {said}"


def test_an_update_is_shared_by_all_processes(base: Path) -> None:
    gspo = tinyvl.recipe(base, "", 1, lora=Lora(4, 8, 0.0, False)).gspo
    assert gspo
    run.check(gspo, 4)
    with pytest.raises(KeepsakeError, match="4 completions, which 3 processes cannot share"):
        run.check(gspo, 3)


def test_only_a_qwen3_vl_goes_to_trl(base: Path, tmp_path: Path) -> None:
    assert run.takes(Gspo(base=str(base))) and run.takes(Gspo(base="Qwen/Qwen3-VL-2B-Instruct"))
    assert not run.takes(Gspo()) and not run.takes(Gspo(base="nano-early"))
    (tmp_path / "config.json").write_text('{"model_type": "smolvlm"}')
    assert not run.takes(Gspo(base=str(tmp_path)))


LAUNCH = sorted((ROOT / "train" / "launch").glob("*.yaml"))


@pytest.mark.parametrize("path", LAUNCH, ids=lambda p: p.stem)
def test_accelerate_reads_the_launch_files(path: Path) -> None:
    """Unknown keys are refused by accelerate itself; the first line is the command."""
    from accelerate.commands.config.config_args import load_config_from_file

    found = load_config_from_file(str(path))
    assert found.mixed_precision == "bf16" and found.num_processes == 4
    text = path.read_text()
    assert text.startswith(f"# accelerate launch --config_file train/launch/{path.name} -m train gspo RECIPE.toml\n")
    plugin = yaml.safe_load(text).get("fsdp_config", {})
    named = plugin.get("fsdp_transformer_layer_cls_to_wrap", "").split(",") if plugin else []
    from transformers.models.qwen3_vl import modeling_qwen3_vl

    assert [name for name in named if not hasattr(modeling_qwen3_vl, name)] == []


def test_the_full_run_names_what_there_is() -> None:
    script = ROOT / "runs" / "full.sh"
    subprocess.run(["bash", "-n", script], check=True)
    assert os.access(script, os.X_OK)
    text = script.read_text()
    named = re.findall(r"(?:train/(?:recipes|launch)/[\w.-]+)", text)
    assert len(named) >= 2 and [name for name in named if not (ROOT / name).exists()] == []
