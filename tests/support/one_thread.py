"""One thread for numpy and torch in tests, and in the processes that they start; to be imported before both.

Two test processes on two cores, each with two threads that wait for each other at every step, take many times as long.
"""

from __future__ import annotations

import os

for _library in ("OMP", "OPENBLAS"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")
