"""Check that nothing leaves this computer: network use is counted in the app's process and refused in the model's.

`watch` counts what this process does (`requested_by_user` marks what the user asked for: a download); `forbid` also
refuses it, which the model's process always does. Both learn of network use from Python's audit events, before anything
is sent. C code that opens a socket by itself raises no such event: so `prove` also takes the network away from all it
runs, where the system allows that. An audit hook stays for the life of its process.
"""

from __future__ import annotations

import os
import shutil
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent

CONNECTS = ("socket.connect", "socket.sendto", "socket.sendmsg")
LOOKUPS = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo")
NO_NETWORK = ("unshare", "--map-root-user", "--net")
"""Linux: runs a program in a namespace without network interfaces."""
_uses: list[str] = []
"""Audit events of network use that the user did not request, in order."""
_mode: set[str] = set()
"""May hold "watch" and "forbid"."""
_requested = threading.local()


class Refused(OSError):
    """Raised by a use of the network in a process that may not use it."""


@dataclass(frozen=True, slots=True)
class NetworkEvidence:
    """How often a process used the network, and whether it is refused there."""

    uses: int
    """Connections, datagrams and look-ups of names, tried or done, that the user did not request."""
    refused: int
    """How many of two deliberate tries, made just now and not counted in `uses`, were refused."""


def watch() -> None:
    """Count this process's uses of the network from now on."""
    if not _mode:
        sys.addaudithook(_on_audit_event)
    _mode.add("watch")


def forbid() -> None:
    """Count and refuse this process's uses of the network, for the rest of its life."""
    watch()
    _mode.add("forbid")


def uses() -> int | None:
    """How often this process used the network without the user's request; None when `watch` was never called."""
    return len(_uses) if _mode else None


@contextmanager
def requested_by_user() -> Iterator[None]:
    """The user requested what this thread does meanwhile: its uses of the network are not counted."""
    _requested.by_user = True
    try:
        yield
    finally:
        _requested.by_user = False


def network_evidence() -> NetworkEvidence:
    """Count earlier uses of the network, then try it on purpose, twice, on this machine's own address."""
    before, refused = len(_uses), 0
    with requested_by_user(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for attempt in (lambda: probe.connect(("127.0.0.1", 9)), lambda: socket.getaddrinfo("localhost", 9)):
            try:
                attempt()
            except Refused:
                refused += 1
    return NetworkEvidence(before, refused)


def _on_audit_event(event: str, args: tuple[Any, ...]) -> None:
    if not event.startswith("socket."):
        return
    if event in LOOKUPS or (event in CONNECTS and args[0].family in (socket.AF_INET, socket.AF_INET6)):
        if not getattr(_requested, "by_user", False):
            _uses.append(event)
        if "forbid" in _mode:
            raise Refused(f"the network is not used here ({event})")


def prove(arguments: Sequence[str]) -> int:
    """Run `python -m demo.prove`, without any network where the system allows that. Returns its exit code."""
    command = [sys.executable, "-m", "demo.prove", *arguments]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    if shutil.which(NO_NETWORK[0]):
        can = subprocess.run([*NO_NETWORK, "true"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        command = [*NO_NETWORK, *command] if can.returncode == 0 else command
    return subprocess.run(command, env=environment, check=False).returncode


def open_sockets() -> int:
    """Network sockets that this process has open now, those of C code included."""
    found = 0
    for name in os.listdir("/dev/fd"):
        with suppress(OSError):  # the handle that read the folder is gone
            handle = os.dup(int(name))
            if not stat.S_ISSOCK(os.fstat(handle).st_mode):
                os.close(handle)
                continue
            with socket.socket(fileno=handle) as copy:
                found += copy.family != socket.AF_UNIX
    return found


def interfaces() -> list[str]:
    """Names of the network interfaces that this process can use, without the loopback."""
    return [name for _, name in socket.if_nameindex() if name not in ("lo", "lo0")]
