"""`python -m benchmark speed`: Keepsake's engine against its peers on the same work, in one run, interleaved.

`workload.py` has the prompts; all answers are greedy. The times of each turn are a `summary.Row`; `summary.py` and
`targets.py` evaluate the rows. The model's form decides who takes part: llama.cpp's peers read GGUF; on an MLX folder
Keepsake runs in MLX, and the peer is mlx-vlm.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from assistant.models import local
from assistant.models.spec import Spec
from benchmark.speed import caption_times, random_qwen3vl, summary, targets
from benchmark.speed.exactness import prove
from benchmark.speed.keepsake_peer import Keepsake, UncachedEngine
from benchmark.speed.llama_cpp_peer import LlamaCppHandler
from benchmark.speed.llama_server_peer import LlamaServer, find_binary
from benchmark.speed.mlx_peer import MlxVlm, warm_up_prompt
from benchmark.speed.peer import Peer
from benchmark.speed.workload import MAX_TOKENS, STEPS, draw_conversation, step_prompt
from memory.errors import KeepsakeError, ModelError
from memory.files import write_json
from memory.paths import home, private_folder

CONTEXT = 4096
"""Tokens of every peer's KV cache."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `python -m benchmark speed`."""
    parser.add_argument(
        "--model",
        default=local.DEFAULT,
        help='a name or folder, GGUF or MLX (default: %(default)s), or "large": random, half a billion parameters',
    )
    parser.add_argument("--repeats", type=int, default=3, help="repeats, each with photos and words of its own")
    parser.add_argument("--episodes", type=int, default=8, help="remembered photos in a prompt")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--server",
        default="build",
        metavar="FILE",
        help="llama-server: a file, none, or build (once, takes long). Default: build",
    )
    parser.add_argument("--beside", metavar="MODEL", help="time captions of --model beside this one's instead")
    parser.add_argument("--photos", type=Path, metavar="FOLDER", help="of --beside: a folder of photos for each thing")
    parser.add_argument("--out", type=Path, metavar="FILE", help="also write the whole record to FILE")
    parser.add_argument("--json", action="store_true")


def command(args: argparse.Namespace) -> int:
    """Run the measurement and print the record or its table. Raises KeepsakeError for what the user can mend."""
    if args.repeats < 1 or args.episodes < 2 or args.threads < 1:
        raise KeepsakeError("a speed run needs --repeats 1, --episodes 2 and --threads 1 at least")
    spec = random_qwen3vl.load(args.model)
    if spec.engine == "transformers":
        raise KeepsakeError(f"{spec.name} runs on transformers: speed compares engines that read GGUF, or MLX folders")
    if args.beside or args.photos:
        return _captions(spec, args)
    record = run(spec, args.episodes, args.repeats, args.threads, args.server)
    if args.out:
        private_folder(args.out.resolve().parent)
        write_json(args.out, record, indent=1)
    print(json.dumps(record) if args.json else summary.table(record))
    return 0


def _captions(spec: Spec, args: argparse.Namespace) -> int:
    """Time captions of two models. Raises KeepsakeError."""
    if not (args.beside and args.photos):
        raise KeepsakeError("captions of two models need both: --beside MODEL --photos FOLDER")
    times = caption_times.measure((spec, random_qwen3vl.load(args.beside)), args.photos, args.threads, CONTEXT)
    print(json.dumps([asdict(one) for one in times]) if args.json else caption_times.table(times))
    return 0


def run(spec: Spec, episodes: int, repeats: int, threads: int, server: str) -> dict[str, Any]:
    """Open all peers, measure them and compare logits; returns the record that `--json` prints."""
    mlx = spec.engine == "mlx"
    libraries = ("mlx", "mlx-vlm") if mlx else ("llama-cpp-python",)
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=private_folder(home() / "speed"))))
        peers, absent = _open_peers(stack, spec, threads, server, scratch)
        for peer in peers if mlx else ():
            peer.answer(warm_up_prompt(), 2)
        rows, failed = measure(peers, spec, episodes, repeats)
        proofs = prove(spec, threads, CONTEXT, scratch / "proof")
    return {
        "model": spec.name,
        "identity": spec.identity,
        "episodes": episodes,
        "repeats": repeats,
        "threads": threads,
        "versions": {"python": platform.python_version(), **{name: version(name) for name in libraries}},
        "machine": {"system": platform.system(), "processor": platform.machine(), "cores": os.cpu_count()},
        "steps": summary.summary(rows),
        "proofs": [asdict(p) for p in proofs],
        "targets": [asdict(t) for t in targets.targets(rows, proofs, threads)],
        "absent": absent | failed,
        "rows": [asdict(r) for r in rows],
    }


def _open_peers(
    stack: ExitStack, spec: Spec, threads: int, server: str, scratch: Path
) -> tuple[list[Peer], dict[str, str]]:
    """The peers that open, and for each that does not the reason. Keepsake itself has to open."""
    makers: dict[str, Callable[[], Peer]] = {
        Keepsake.name: lambda: Keepsake(spec, threads, CONTEXT, scratch / "cache"),
        UncachedEngine.name: lambda: UncachedEngine(spec, threads, CONTEXT),
    }
    if spec.engine == "mlx":
        makers[MlxVlm.name] = lambda: MlxVlm(spec, scratch / "peer")
    else:
        makers[LlamaCppHandler.name] = lambda: LlamaCppHandler(spec, threads, CONTEXT)
        makers[LlamaServer.name] = lambda: LlamaServer(find_binary(server), spec, threads, CONTEXT, scratch / "server")
    peers: list[Peer] = []
    absent: dict[str, str] = {}
    for name, make in makers.items():
        try:
            peers.append(stack.enter_context(closing(make())))
        except KeepsakeError as error:
            if name in (Keepsake.name, UncachedEngine.name):
                raise
            absent[name] = str(error)
    return peers, absent


def measure(peers: Sequence[Peer], spec: Spec, episodes: int, repeats: int) -> tuple[list[summary.Row], dict[str, str]]:
    """Time every step of every repeat, the peers in turn within a step. Returns the rows, and why a peer failed."""
    rows: list[summary.Row] = []
    failed: dict[str, str] = {}
    for repeat in range(repeats):
        ours, other, third = (draw_conversation(spec, episodes, 3 * repeat + i) for i in range(3))
        answers: dict[str, list[str]] = {peer.name: [] for peer in peers}
        for step in STEPS:
            print(f"{repeat + 1} of {repeats}: {STEPS[step]}", file=sys.stderr)
            for i in range(len(peers)):
                peer = peers[(i + repeat) % len(peers)]
                if peer.name in failed or not takes_part(peer, step):
                    continue
                so_far = answers[peer.name] or answers[Keepsake.name]  # a peer without a caption gets Keepsake's
                try:
                    prepare(peer, step)
                    out = peer.answer(step_prompt(step, ours, other, third.photo, so_far), MAX_TOKENS.get(step, 1))
                except ModelError as error:
                    if peer.name == Keepsake.name:
                        raise
                    failed[peer.name] = str(error)
                    continue
                if step in MAX_TOKENS and not isinstance(peer, UncachedEngine):
                    answers[peer.name].append(out.text)
                rows.append(summary.row(step, peer.name, repeat, out))
    return [r for r in rows if r.peer not in failed], failed


def takes_part(peer: Peer, step: str) -> bool:
    """Whether a peer does a step: "slot" is llama-server's only, and without caches most steps would repeat others."""
    if isinstance(peer, UncachedEngine):
        return step in ("caption", "answer", "order", "set", "single")
    return step not in ("slot", "single") or (step == "slot" and isinstance(peer, LlamaServer))


def prepare(peer: Peer, step: str) -> None:
    """Restart a peer where a step needs it. Keepsake also restarts before the control and the new set: its disk caches
    could help there, and the control has to show that they do not help by accident."""
    if step == "restart" or (step in ("control", "set") and isinstance(peer, Keepsake) and peer.cache):
        peer.restart()
    elif step == "slot" and isinstance(peer, LlamaServer):
        peer.restore()
