"""Every command ends without a word when whoever reads its output has seen enough, as `| head` has."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

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
