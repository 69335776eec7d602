"""The studies of this repository: what each varies, and that a wrong file or command is refused in one line."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest

from train import __main__ as cli
from train.study import hours, study

ROOT = Path(__file__).parents[2]


STUDIES = sorted((ROOT / "train" / "studies").glob("*.toml"))


@pytest.mark.parametrize("path", STUDIES, ids=lambda p: p.stem)
def test_the_studies_vary_what_they_say(path: Path) -> None:
    found = study.load(path)
    ours = found.runs[0].recipe.gspo
    assert ours and found.runs[0].changes == {}
    for one in found.runs:
        assert one.about and replace(ours, **one.changes) == one.recipe.gspo


def test_the_nanos_study_has_the_baselines_and_ablations() -> None:
    runs = {r.name: r.recipe.gspo for r in study.load(ROOT / "train" / "studies" / "nano.toml").runs}
    assert list(runs)[:3] == ["gspo", "sft", "grpo"]
    assert all(g and g.start == "early.pt" and g.steps == runs["gspo"].steps for g in runs.values() if runs["gspo"])
    grpo, gspo = runs["grpo"], runs["gspo"]
    assert grpo and gspo and (grpo.importance, grpo.epsilon_low, grpo.epsilon_high) == ("token", 0.2, 0.27)
    assert gspo.importance == "sequence" and runs["sft"] and runs["sft"].learn == "gold"
    assert {g.seed for g in runs.values() if g} == {0, 1, 2}
    assert [runs[n].recognition_share for n in ("no-r-vis", "no-r-caps")] == [0.0, 1.0]  # type: ignore[union-attr]
    assert runs["no-filter"] and not runs["no-filter"].degeneration_filter


def test_the_second_nanos_study_is_worth_reading_before_its_end() -> None:
    """The three methods come first, seed after seed, then the ablations; a run is measured before the next begins.

    Previously everything was trained before anything was measured: 16 hours without a table.
    """
    found = study.load(ROOT / "train" / "studies" / "nano2.toml")
    names = ["gspo", "grpo", "sft"]
    assert [r.name for r in found.runs] == [
        *names, *(f"{n}-seed{seed}" for seed in (1, 2) for n in names), "no-r-vis", "no-r-caps", "no-filter"
    ]  # fmt: skip
    assert {r.recipe.gspo.steps for r in found.runs if r.recipe.gspo} == {30}
    cells = hours.cells(found, None, ROOT / "runs" / "study-suite.toml", "full")
    first = next(i for i, cell in enumerate(cells) if cell.run == "gspo-seed1")
    assert {cell.run for cell in cells[:first]} == {"start", *names}
    assert sum(cell.hours for cell in cells[:first]) < 0.3 * sum(cell.hours for cell in cells)
    lines = hours.table(cells).splitlines()
    assert lines[0].split()[4:6] == ["done", "after"] and lines[first].split()[4] == "3.9"
    assert lines[-2].split()[4] in lines[-1], "the last cell is done after all hours"
    script = (ROOT / "runs" / "study.sh").read_text()
    loop_ = script[script.index('for run in "${runs[@]}"') :]
    steps_ = ['--only "$name" --until', 'measure "$name"', "-m train results"]
    assert [loop_.index(step) for step in steps_] == sorted(loop_.index(step) for step in steps_)


HEAD = 'recipe = "r.toml"\n'


WRONG = [
    ("[run.a]\n", "a study has a recipe and at least one [run.NAME]"),
    (HEAD, "a study has a recipe and at least one [run.NAME]"),
    (f"{HEAD}steps = 3\n[run.a]\n", "unknown key 'steps'; known keys: recipe, gspo, run"),
    (f"{HEAD}run = 3\n", "run must be a table"),
    (f"{HEAD}[run.start]\n", "[run.start]: a run is named with letters, digits, - and _, and not 'start'"),
    (f'{HEAD}[run."../x"]\n', "[run.../x]: a run is named with letters"),
    (f"{HEAD}[run]\na = 3\n", "[run.a] must be a table"),
    (f"{HEAD}[run.a]\nabout = 3\n", "[run.a] must be a table, and its about a sentence"),
    (f"{HEAD}[run.a]\nepsilon = 0.2\n", "[run.a] [gspo]: unknown key 'epsilon'; known keys: base, lora, start, learn"),
    (f'{HEAD}[run.a]\nlearn = "silver"\n', "learn is 'silver', must be one of 'rewards', 'gold'"),
    (f'{HEAD}[gspo]\nlearn = "gold"\n[run.a]\nbeta = 0.1\n', "beta is 0.1, must be 0 when learn is 'gold'"),
    (f"{HEAD}[run.a]\ndegeneration_filter = 0\n", "degeneration_filter is 0, must be of type bool"),
    (f"{HEAD}[run.a]\nrecognition_share = 1.1\n", "recognition_share is 1.1, must be between 0 and 1"),
    (f'{HEAD}[run.a]\nbase = "Qwen/Qwen3-VL-2B-Instruct"\n', "base is 'Qwen/Qwen3-VL-2B-Instruct', must be a nano"),
    ('recipe = "gone.toml"\n[run.a]\n', "gone.toml"),
    (f"{HEAD}[run.a\n", "line 2"),
]


CHECK = """
import sys
from train import __main__ as cli
for path in sys.argv[1:]:
    assert cli.main(["study", path]) == 1
print(*({heavy!r} & set(sys.modules)))
"""


HEAVY = {"torch", "transformers", "trl", "peft", "matplotlib", "datasets"}


def test_wrong_studies_are_refused_before_anything_heavy_loads(tmp_path: Path) -> None:
    """Asked of a fresh interpreter: one line each, with the run, the key and what is allowed."""
    (tmp_path / "r.toml").write_text('name = "r"\n[gspo]\nsteps = 2\n')
    paths = [tmp_path / f"{i}.toml" for i in range(len(WRONG))]
    for path, (text, _) in zip(paths, WRONG, strict=True):
        path.write_text(text)
    done = subprocess.run(
        [sys.executable, "-c", CHECK.format(heavy=HEAVY), *map(str, paths)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    lines = done.stderr.splitlines()
    assert (done.returncode, done.stdout.strip(), len(lines)) == (0, "", len(WRONG)), done.stderr
    for line, (text, words) in zip(lines, WRONG, strict=True):
        assert line.startswith("error: ") and words in line, f"{text}: {line}"


def test_the_command_says_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "r.toml").write_text('name = "r"\n[gspo]\nsteps = 2\n')
    (tmp_path / "s.toml").write_text(f'{HEAD}[gspo]\nstart = "early.pt"\n[run.a]\n[run.b]\nseed = 1\n')
    assert cli.main(["study", str(tmp_path / "s.toml"), "--only", "c"]) == 1
    assert "the study has no run 'c'; it has a, b" in capsys.readouterr().err
    assert cli.main(["study", str(tmp_path / "s.toml")]) == 1
    assert "vision.pt is not there: run `python -m train pretrain` first" in capsys.readouterr().err
    assert cli.main(["study", str(tmp_path / "s.toml"), "--list"]) == 0
    listed = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert [(name, state) for name, _, state in listed] == [("start", "not run"), ("a", "not run"), ("b", "not run")]
    assert all(Path(folder).name == name for name, folder, _ in listed)


def test_study_and_small_run_are_scripts_that_name_what_there_is() -> None:
    for name in ("small.sh", "study.sh", "full.sh"):
        script = ROOT / "runs" / name
        subprocess.run(["bash", "-n", script], check=True)
        assert script.stat().st_mode & 0o111
        named = re.findall(r"train/(?:recipes|launch|studies)/[\w.-]+", script.read_text())
        assert named and [path for path in named if not (ROOT / path).exists()] == []
        for module, what in re.findall(r"from (train[\w.]*) import (\w+)", script.read_text()):
            assert hasattr(import_module(module), what), f"{name}: small.sh once ended at an import of what had moved"
