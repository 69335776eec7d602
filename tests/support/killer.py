"""Kills children of `crasher.py` at random moments, and reads what they had said until then. Not a test."""

from __future__ import annotations

import json
import math
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]


class Life(NamedTuple):
    """What a child process wrote on stdout before it was killed."""

    done: list[list[str]]
    """Acknowledged changes: "remember" or "forget", then ids."""
    begun: list[str]
    """The change that it had begun when it died; empty when there was none."""
    seeds: dict[str, int]
    marks: list[str]
    """All lines that say something was done."""
    calls: int
    """How many function calls it made until its end; 0 when it was killed, or the calls were not counted."""


class Crasher:
    """The process that forks children to be killed."""

    def __init__(self, home: Path) -> None:
        env = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}  # a process with threads must not fork
        self.home = home
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.crasher"],
            cwd=ROOT,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,  # so that `select` knows of every line that was not read yet
        )

    def kill(self, job: str, path: Path, seed: int, acks: int, seconds: float, step: int = 0) -> Life:
        """Run a job and kill it `seconds` after it has started and given `acks` acknowledgements, or at `step`."""
        assert self.process.stdout is not None
        self._tell({"job": job, "path": str(path), "seed": seed, "home": str(self.home), "step": step})
        done: list[list[str]] = []
        begun: list[str] = []
        seeds: dict[str, int] = {}
        pid, calls, buried, until = 0, 0, step > 0, math.inf
        while line := self.process.stdout.readline().decode():
            what, *rest = line.split()
            if what == "pid":
                pid = int(rest[0])
            elif what == "seed":
                seeds[rest[0]] = int(rest[1])
            elif what == "?":
                begun = rest
            elif what == "!":
                begun = []
                done.append(rest)
            elif what == "dead":
                break
            else:
                assert what == "end", line
                calls, until = int(rest[0]), 0.0
            if until == math.inf and len(done) >= acks:
                until = time.monotonic() + seconds
            if not buried and until < math.inf and self._silent(until):
                os.kill(pid, signal.SIGKILL)
                self._tell({})
                buried = True
        marks = [d[0] for d in done]
        return Life([d for d in done if d[0] in ("remember", "forget")], begun, seeds, marks, calls)

    def _silent(self, until: float) -> bool:
        """Wait until that time; False at once when there is another line to read."""
        while time.monotonic() < until:  # so short that sleeping would be too long
            if select.select([self.process.stdout], [], [], 0.0)[0]:
                return False
        return True

    def _tell(self, line: dict[str, object]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(line).encode() + b"\n")

    def seconds(self, job: str, path: Path) -> float:
        """1.2 times the seconds that a whole job takes: kills are spread over this time."""
        start = time.monotonic()
        self.kill(job, path, 0, 10**9, 0.0)
        return 1.2 * (time.monotonic() - start)

    def close(self) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(timeout=60)
        self.process.stdout.close()
