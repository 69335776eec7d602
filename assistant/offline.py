"""Is it true that nothing leaves this computer? Uses of the network are counted in the app, refused in the model.

`watch` counts what this process does (`asked` marks what the user asked for: a download); `forbid` refuses it, which
the model's process always does. Both hear of it from Python's audit events, before anything is sent. C code that opens
a socket by itself is not heard: so `prove` also takes the network away from all it runs, where the system lets it.
An audit hook stays for the life of its process.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent

CONNECTS = ("socket.connect", "socket.sendto", "socket.sendmsg")
LOOKUPS = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo")
NO_NETWORK = ("unshare", "--map-root-user", "--net")
"""Linux: runs a program where the kernel has no network to give."""
_heard: list[str] = []
"""Events that nobody asked for, in their order."""
_mode: set[str] = set()
_asked = threading.local()


class Refused(OSError):
    """This process may not use the network."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was heard in a process."""

    uses: int
    """Connections, datagrams and look-ups of names, tried or done."""
    refused: int
    """Of two tries on purpose, made just now and not counted above, how many were refused."""


def watch() -> None:
    """Count from now on."""
    if not _mode:
        sys.addaudithook(_hear)
    _mode.add("watch")


def forbid() -> None:
    """Count and refuse from now on, for good."""
    watch()
    _mode.add("forbid")


def uses() -> int | None:
    """How often this process used the network unasked; None when nobody has watched."""
    return len(_heard) if _mode else None


@contextmanager
def asked() -> Iterator[None]:
    """What this thread does meanwhile was asked for by the user, and is not counted."""
    _asked.by_user = True
    try:
        yield
    finally:
        _asked.by_user = False


def evidence() -> Evidence:
    """Try the network on purpose, on this machine's own address; say what was refused, and what came before."""
    before, refused = len(_heard), 0
    with asked(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as knock:
        for attempt in (lambda: knock.connect(("127.0.0.1", 9)), lambda: socket.getaddrinfo("localhost", 9)):
            try:
                attempt()
            except Refused:
                refused += 1
    return Evidence(before, refused)


def _hear(event: str, args: tuple[Any, ...]) -> None:
    if not event.startswith("socket."):
        return
    if event in LOOKUPS or (event in CONNECTS and args[0].family in (socket.AF_INET, socket.AF_INET6)):
        if not getattr(_asked, "by_user", False):
            _heard.append(event)
        if "forbid" in _mode:
            raise Refused(f"the network is not used here ({event})")


def prove(arguments: Sequence[str]) -> int:
    """Run `python -m demo.prove`, where it can be without any network; returns its exit code, 0 for proved."""
    command = [sys.executable, "-m", "demo.prove", *arguments]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    if shutil.which(NO_NETWORK[0]):
        can = subprocess.run([*NO_NETWORK, "true"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        command = [*NO_NETWORK, *command] if can.returncode == 0 else command
    return subprocess.run(command, env=environment, check=False).returncode


def interfaces() -> list[str]:
    """Names of the network interfaces that the system gives this process, but for the one to itself."""
    return [name for _, name in socket.if_nameindex() if name not in ("lo", "lo0")]
