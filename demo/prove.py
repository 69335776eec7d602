"""`python -m assistant prove-offline`: the demo album remembered and talked about, while the network is refused.

Run by the assistant in a process of its own, since what is refused stays refused; on Linux, if the kernel agrees, this
process and the model's have no network interface at all. Prints what was done and what was heard.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from dataclasses import asdict
from typing import Any

from assistant import offline
from assistant.backends.worker import WorkerBackend
from assistant.models import local
from demo import album
from memory.episode import printable
from memory.errors import KeepsakeError
from memory.text import count


def main(argv: list[str] | None = None) -> int:
    """Exit code 0: proved; 1: not, or it could not be tried."""
    parser = argparse.ArgumentParser(prog="python -m assistant prove-offline", description=__doc__)
    parser.add_argument("--model", metavar="NAME", help="a model's name or folder (default: nano)")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    args = parser.parse_args(argv)
    offline.forbid()
    try:
        found = _prove(args.model, quiet=args.json)
    except (KeepsakeError, offline.Refused) as error:
        print(f"error: {printable(str(error))}", file=sys.stderr)
        return 1
    if args.json:
        print(json.dumps(found))
    else:
        _tell(found)
    return 0 if found["proved"] else 1


def _prove(model: str | None, *, quiet: bool) -> dict[str, Any]:
    backend = WorkerBackend(local.load(model))
    try:
        backend.set_ephemeral(True)
        with contextlib.redirect_stdout(sys.stderr if quiet else sys.stdout):
            album.converse(backend)
        found = {"app": offline.evidence(), "model": backend.evidence()}
    finally:
        backend.close()
    return {
        "proved": all(process.uses == 0 and process.refused == 2 for process in found.values()),
        "name": backend.name,
        "interfaces": offline.interfaces(),
        **{who: asdict(process) for who, process in found.items()},
    }


def _tell(found: dict[str, Any]) -> None:
    print("\nWhat was heard of the network meanwhile (connections, datagrams, look-ups of names):")
    for who in ("app", "model"):
        uses, refused = found[who]["uses"], found[who]["refused"]
        name = "this process" if who == "app" else f"the process of {found['name']}"
        print(f"  {name}: {count(uses, 'use')}; tried twice on purpose afterwards: {count(refused, 'refusal')}")
    if there := found["interfaces"]:
        print(f"  the system offered {', '.join(there)} all the same: what C code does with it is not heard")
    else:
        print("  the system gave both no network interface: C code could not have used it either")
    print("proved: no use of the network" if found["proved"] else "not proved")


if __name__ == "__main__":
    sys.exit(main())
