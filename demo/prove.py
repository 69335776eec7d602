"""`python -m assistant prove-offline`: play the demo conversation while the network is refused, and report its uses.

The assistant runs this module in a process of its own, since the network stays refused for the life of a process. On
Linux, where the kernel allows it, this process and the model's have no network interface at all.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from dataclasses import asdict
from typing import Any

from assistant import offline
from assistant.encoder.open_encoder import open_encoder
from assistant.models import local
from assistant.photo import load_photo
from assistant.worker.worker_backend import WorkerBackend
from demo import album, prove_mcp, syscalls
from memory.episode import printable
from memory.errors import KeepsakeError, exit_with
from memory.text import count


def main(argv: list[str] | None = None) -> int:
    """Run the command. Exit code 0: no use of the network; 1: some use, or the conversation failed."""
    parser = argparse.ArgumentParser(prog="python -m assistant prove-offline", description=__doc__)
    parser.add_argument("--model", metavar="NAME", help="a model's name or folder (default: nano2)")
    parser.add_argument(
        "--encoder", metavar="NAME", help="a photo encoder's name or folder (default: the one that ships)"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    args = parser.parse_args(argv)
    offline.forbid()
    try:
        proof = _prove(args.model, args.encoder, quiet=args.json)
    except (KeepsakeError, offline.Refused) as error:
        print(f"error: {printable(str(error))}", file=sys.stderr)
        return 1
    if args.json:
        print(json.dumps(proof))
    else:
        _print_proof(proof)
    return 0 if proof["proved"] else 1


def _prove(model: str | None, encoder_name: str | None, *, quiet: bool) -> dict[str, Any]:
    """Encode a photo and play the conversation; returns what --json prints."""
    encoder, backend = open_encoder(encoder_name), WorkerBackend(local.load(model))
    try:
        tokens = encoder.encode(load_photo(album.demo_photo()))
        backend.set_ephemeral(True)
        with contextlib.redirect_stdout(sys.stderr if quiet else sys.stdout):
            album.converse(backend, encoder)
        server = prove_mcp.session(encoder, encoder_name)
        evidence = {"app": offline.network_evidence(), "model": backend.network_evidence()}
        sockets = offline.open_sockets()
    finally:
        backend.close()
        encoder.close()
    quietly = all(process.uses == 0 and process.refused == 2 for process in evidence.values()) and sockets == 0
    watched = not server.checked or not syscalls.available() or server.killed == 1
    return {
        "proved": quietly and watched,
        "name": backend.name,
        "interfaces": offline.interfaces(),
        "encoder": {"name": encoder.name, "tokens": len(tokens), "sockets": sockets},
        "mcp": asdict(server),
        **{who: asdict(process) for who, process in evidence.items()},
    }


def _print_proof(proof: dict[str, Any]) -> None:
    print("\nUses of the network meanwhile (connections, datagrams, look-ups of names):")
    for who in ("app", "model"):
        uses, refused = proof[who]["uses"], proof[who]["refused"]
        name = "this process" if who == "app" else f"the process of {proof['name']}"
        print(f"  {name}: {count(uses, 'use')}; tried twice on purpose afterwards: {count(refused, 'refusal')}")
    encoder = proof["encoder"]
    sockets = count(encoder["sockets"], "network socket")
    print(f"  the photo encoder {encoder['name']} works in this process, which has {sockets} open")
    print(f"  {_server_line(proof['mcp'])}")
    if there := proof["interfaces"]:
        print(f"  the system offered {', '.join(there)} all the same: uses by C code are not counted")
    else:
        print("  the system gave both no network interface: C code could not have used it either")
    print("proved: no use of the network" if proof["proved"] else "not proved")


def _server_line(server: dict[str, Any]) -> str:
    """What the session with the server for other programs showed."""
    if not server["checked"]:
        return "the server for other programs is not installed (the package `mcp`)"
    did = f"`python -m assistant mcp` told the SDK's own client, over pipes, of memories: {server['memories']}"
    if server["killed"]:
        return f"{did}; the kernel watched its system calls: a socket opened on purpose under this watch was stopped"
    return f"{did}, with the network refused"


if __name__ == "__main__":
    exit_with(main)
