"""Programs run under the kernel's watch over their system calls (`demo/syscalls.py`)."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from demo.syscalls import forbid_sockets_and_writes, was_killed

__all__ = ["forbid_sockets_and_writes", "run_watched", "was_killed"]
ROOT = Path(__file__).parents[2]


def run_watched(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program under the watch, in a new empty folder, which must stay empty. Its output is piped."""
    watched = f"from tests.support import syscalls\nsyscalls.forbid_sockets_and_writes()\n{code}"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-c", watched, *arguments],
            cwd=folder,
            env={**environment, "TMPDIR": folder},
            capture_output=True,
            text=True,
            check=False,
        )
        assert list(Path(folder).iterdir()) == []
    return done
