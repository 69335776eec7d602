"""How commands end: their exit code, what ctrl-c says, and no word when the reader of the output is gone (`| head`)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import benchmark.__main__ as benchmark
import train.__main__ as train
from memory.errors import exit_with

ROOT = Path(__file__).parents[2]
COMMANDS = ["-m assistant models list --json", "-m memory --help", "-m benchmark --help", "-m train study --help"]
COMMANDS += ["-m quantize --help", "tui.py --help"]


@pytest.mark.parametrize("command", COMMANDS)
def test_no_traceback_when_the_reader_is_gone(command: str, tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    home = {**os.environ, "KEEPSAKE_HOME": str(tmp_path)}
    home.pop("PYTHONUNBUFFERED", None)  # as a person runs the command: what is printed is written at the end
    done = subprocess.run(
        [sys.executable, *command.split()], cwd=ROOT, env=home, stdout=writer, stderr=subprocess.PIPE, text=True
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.parametrize("code", [0, 1, 3])
def test_the_exit_code_is_the_command_s_own(code: int) -> None:
    with pytest.raises(SystemExit) as ended:
        exit_with(lambda: code)
    assert ended.value.code == code


def interrupted(*_: object) -> int:
    """Ctrl-c in the middle."""
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("command", "module", "said"),
    [
        ("grounding", "grounding.check_rates", "stopped\n"),  # begins again: it must not promise to go on
        ("capeval", "suite.capeval_cli", "stopped; the same command goes on where it was\n"),
    ],
)
def test_only_what_goes_on_says_so(
    command: str, module: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(f"benchmark.{module}.command", interrupted)
    assert (benchmark.main([command]), capsys.readouterr().err) == (1, said)


@pytest.mark.parametrize(
    ("command", "runs", "said"),
    [
        ("pretrain recipe.toml", "train.__main__._pretrain", "stopped; go on with --resume\n"),
        ("study study.toml", "train.study.study_cli._study", "stopped; the same command goes on\n"),
        ("results study --out page.html", "train.study.study_cli._results", "stopped\n"),
    ],
)
def test_training_says_how_it_goes_on(
    command: str, runs: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(runs, interrupted)
    assert (train.main(command.split()), capsys.readouterr().err) == (1, said)
