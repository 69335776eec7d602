"""`python -m benchmark speed`: the engine against its peers on the same work, in one run, interleaved.

The work of one repeat: some remembered episodes and a new photo; its caption, two questions, a restart, a third
question; then other photos and words of the same shape (the control), the memories in another order, and a new set of
memories that are all known. Every repeat has photos and words of its own, so nothing is known by accident. All is
greedy; what each turn took is a `pace.Row`, what that says is `summary.py`'s part. The model's form says who takes
part: llama.cpp's peers read GGUF; on an MLX folder Keepsake runs in MLX, and the peer is mlx-vlm.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from assistant import prompt
from assistant.backend import Message
from assistant.backends import disk_cache
from assistant.chatml import Piece, pieces
from assistant.models.spec import Spec
from assistant.photo import from_image, pixels
from benchmark.speed import random_qwen3vl, summary
from benchmark.speed.mlx_peer import MlxVlm, warmth
from benchmark.speed.peers import Keepsake, Peer, Server, Stock, UncachedEngine, opened
from benchmark.world import sample
from memory.episode import Episode, Photo
from memory.errors import KeepsakeError, ModelError
from memory.paths import home, private_folder

CONTEXT, SEED = 4096, 11
LARGE = 512
"""Pixels on a side of the new photo, where the model takes any shape."""
MOST = {"caption": 32, "answer": 16, "follow": 16}
"""Tokens that are written; of other turns the first only."""


@dataclass(frozen=True, slots=True)
class DrawnConversation:
    """What a conversation is about."""

    episodes: tuple[Episode, ...]
    photo: Photo
    questions: tuple[str, ...]


def talk(spec: Spec, episodes: int, index: int) -> DrawnConversation:
    """The benchmark's own scenes and dialogues, photos normalised for the model once, so that peers get the same."""
    drawn = sample.build(sample.Spec("test", SEED, index, extra=max(0, episodes - 3)))
    remembered = tuple(replace(e, photo=sized(e.photo, spec.side)) for e in drawn.context[:episodes])
    questions = tuple(q.text for q in drawn.questions[drawn.positives[0]])
    return DrawnConversation(remembered, sized(drawn.query, spec.side or LARGE), questions)


def sized(photo: Photo, side: int | None) -> Photo:
    """A square photo with this many pixels on a side; None: as it is."""
    if side is None or photo.width == photo.height == side:
        return photo
    return from_image(Image.fromarray(pixels(photo)).resize((side, side), Image.Resampling.LANCZOS))


def asked(
    step: str, ours: DrawnConversation, other: DrawnConversation, newcomer: Photo, said: Sequence[str]
) -> tuple[Message, ...]:
    """The prompt of a step; `said` is what this peer wrote so far: caption, answer, second answer."""
    opening = prompt.caption_messages(ours.episodes, ours.photo)
    if step == "single":
        return prompt.direct_messages(ours.episodes, ours.photo, ours.questions[0])
    if step == "control":
        return prompt.answer_messages(other.episodes, other.photo, said[0], other.questions[0])
    if step == "order":
        return reordered(opening)
    if step == "set":
        return prompt.caption_messages((*ours.episodes[::2], *other.episodes[1::2]), newcomer)
    turns: list[Message] = []
    for text, question in zip(said, ours.questions, strict=False):
        turns += [Message("assistant", (text,)), Message("user", (question,))]
    return (
        *opening,
        *turns[: 2 * ("caption", "answer", "follow", "restart").index("restart" if step == "slot" else step)],
    )


def reordered(messages: Sequence[Message]) -> tuple[Message, ...]:
    """The memories of a caption prompt backwards. The renderer never writes this: its order is canonical, so that a
    set that is found in another order reads the same. Here it is forced, to see what a new order would cost."""
    system, user = messages
    memories, rest = user.parts[:-3], user.parts[-3:]
    backwards = [part for i in range(len(memories) - 3, -1, -3) for part in memories[i : i + 3]]
    return (system, replace(user, parts=(*backwards, *rest)))


def measure(peers: Sequence[Peer], spec: Spec, episodes: int, repeats: int) -> tuple[list[summary.Row], dict[str, str]]:
    """All steps, all peers one after the other in each; and the peers that failed, with what they said."""
    rows: list[summary.Row] = []
    absent: dict[str, str] = {}
    for repeat in range(repeats):
        ours, other, third = (talk(spec, episodes, 3 * repeat + i) for i in range(3))
        said: dict[str, list[str]] = {peer.name: [] for peer in peers}
        for step in summary.STEPS:
            print(f"{repeat + 1} of {repeats}: {summary.STEPS[step]}", file=sys.stderr)
            for i in range(len(peers)):
                peer = peers[(i + repeat) % len(peers)]
                if peer.name in absent or not takes_part(peer, step):
                    continue
                written = said[peer.name] or said[Keepsake.name]  # who wrote no caption gets ours
                try:
                    ready(peer, step)
                    out = peer.say(asked(step, ours, other, third.photo, written), MOST.get(step, 1))
                except ModelError as error:
                    if peer.name == Keepsake.name:
                        raise
                    absent[peer.name] = str(error)
                    continue
                if step in MOST and not isinstance(peer, UncachedEngine):
                    said[peer.name].append(out.text)
                counts = (out.prompt_tokens, out.cached_tokens, out.looked, out.new_tokens)
                rows.append(
                    summary.Row(step, peer.name, repeat, out.first, out.first_cpu, out.whole, out.whole_cpu, *counts)
                )
    return [r for r in rows if r.peer not in absent], absent


def takes_part(peer: Peer, step: str) -> bool:
    """Everybody does everything, except what only one can do, and what would be the same reading once more."""
    if isinstance(peer, UncachedEngine):
        return step in ("caption", "answer", "order", "set", "single")
    return step not in ("slot", "single") or (step == "slot" and isinstance(peer, Server))


def ready(peer: Peer, step: str) -> None:
    """Restarts. A control or a new set could profit by accident from what Keepsake has on disk: it begins anew."""
    if step == "restart" or (step in ("control", "set") and isinstance(peer, Keepsake) and peer.cache):
        peer.restart()
    elif step == "slot" and isinstance(peer, Server):
        peer.restore()


def prove(spec: Spec, threads: int, folder: Path) -> list[summary.Proof]:
    """Logits of every path that keeps something, against an engine that keeps nothing and reads the same pieces."""
    about = talk(spec, 1, 0)
    first = pieces(prompt.caption_messages(about.episodes, about.photo))
    second = pieces(prompt.answer_messages(about.episodes, about.photo, "This is Milo.", about.questions[0]))

    def read(cache: Path | None, *prompts: Sequence[Piece]) -> list[np.ndarray]:
        with closing(opened(spec, threads, CONTEXT, cache)) as engine:
            out = [engine.logits(p) for p in prompts]
            engine.save()
            return out

    fresh, truth = read(None, first, second)
    [whole] = read(None, second)
    read(folder, first)  # now photos and conversation are on disk
    [restarted] = read(folder, second)
    disk_cache.talk(folder).drop("*")
    from_disk, continued = read(folder, first, second)
    return [
        proof("photos from disk", from_disk, fresh, fresh),
        proof("pass 2 continues pass 1", continued, truth, whole),
        proof("conversation from disk", restarted, truth, whole),
    ]


def proof(path: str, got: np.ndarray, same_way: np.ndarray, in_one_go: np.ndarray) -> summary.Proof:
    """Compare logits (V,)."""
    one, other = (x.astype(np.float64) - np.logaddexp.reduce(x.astype(np.float64)) for x in (in_one_go, got))
    nats = float((np.exp(one) * (one - other)).sum())
    furthest = float(np.abs(got - same_way).max())
    return summary.Proof(
        path, bool(np.array_equal(got, same_way)), furthest, nats, bool(one.argmax() == other.argmax())
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument(
        "--model", default="nano", help='a name or folder, GGUF or MLX, or "large": random, half a billion parameters'
    )
    parser.add_argument("--repeats", type=int, default=3, help="each with photos and words of its own")
    parser.add_argument("--episodes", type=int, default=8, help="remembered photos in a prompt")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--server",
        default="build",
        metavar="FILE",
        help="llama-server: a file, none, or build (once, long). Default: build",
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="also write the whole record there")
    parser.add_argument("--json", action="store_true")


def command(args: argparse.Namespace) -> int:
    """Run it. Raises KeepsakeError for what the user can mend."""
    if args.repeats < 1 or args.episodes < 2 or args.threads < 1:
        raise KeepsakeError("a speed run needs --repeats 1, --episodes 2 and --threads 1 at least")
    spec = random_qwen3vl.load(args.model)
    if spec.engine == "transformers":
        raise KeepsakeError(f"{spec.name} runs on transformers: speed compares engines that read GGUF, or MLX folders")
    record = run(spec, args.episodes, args.repeats, args.threads, args.server)
    if args.out:
        partial = args.out.with_name(f"{args.out.name}.partial")
        private_folder(args.out.resolve().parent)
        partial.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        partial.replace(args.out)
    print(json.dumps(record) if args.json else summary.table(record))
    return 0


def run(spec: Spec, episodes: int, repeats: int, threads: int, server: str) -> dict[str, Any]:
    """Open all peers, measure, prove; everything as JSON holds it."""
    absent: dict[str, str] = {}
    mlx = spec.engine == "mlx"
    libraries = ("mlx", "mlx-vlm") if mlx else ("llama-cpp-python",)
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=private_folder(home() / "speed"))))
        cache = scratch / "cache"
        makers: dict[str, Callable[[], Peer]] = {
            Keepsake.name: lambda: Keepsake(spec, threads, CONTEXT, cache),
            UncachedEngine.name: lambda: UncachedEngine(spec, threads, CONTEXT),
        }
        if mlx:
            makers[MlxVlm.name] = lambda: MlxVlm(spec, scratch / "peer")
        else:
            makers[Stock.name] = lambda: Stock(spec, threads, CONTEXT)
            makers[Server.name] = lambda: Server(llama_server(server), spec, threads, CONTEXT, scratch / "server")
        peers: list[Peer] = []
        for name, make in makers.items():
            try:
                peers.append(stack.enter_context(closing(make())))
            except KeepsakeError as error:
                if name in (Keepsake.name, UncachedEngine.name):
                    raise
                absent[name] = str(error)
        for peer in peers if mlx else ():
            peer.say(warmth(), 2)
        rows, failed = measure(peers, spec, episodes, repeats)
        proofs = prove(spec, threads, scratch / "proof")
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
        "targets": [asdict(t) for t in summary.targets(rows, proofs, threads)],
        "absent": absent | failed,
        "rows": [asdict(r) for r in rows],
    }


def llama_server(wanted: str) -> Path:
    """Its binary. "build" makes it once, in a process of the quantize room, which knows the source releases."""
    if wanted == "none":
        raise KeepsakeError("it was not asked for")
    if wanted != "build":
        if not os.access(wanted, os.X_OK):
            raise KeepsakeError(f"{wanted} is not a program")
        return Path(wanted).resolve()
    command = [sys.executable, "-m", "quantize.gguf.llama_server"]
    done = subprocess.run(command, cwd=random_qwen3vl.ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise KeepsakeError("it cannot be built: python -m quantize.gguf.llama_server says why")
    return Path(done.stdout.strip().splitlines()[-1])
