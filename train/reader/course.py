"""The training course of the networks that read two texts, the reader and the verifier: epochs, rates, checkpoints.

A checkpoint is written after every epoch, and the same command goes on from it.
"""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import torch

from assistant.embedder.text_embedder import SHIPPED as EMBEDDER
from assistant.embedder.text_network import Manifest
from assistant.embedder.wordpiece import WordPiece
from assistant.encoder.encoder_manifest import MANIFEST
from memory.files import sha256, whole_file, write_bytes, write_json
from train.embedder import minilm
from train.reader.reader_net import Batch, ReaderNet, TwoTexts, batched, graph
from train.resources import fast_dtype

REPORT = 20
"""Steps between two lines of progress."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of a course."""

    epochs: int = 4
    batch: int = 16
    rate: float = 1e-4
    faster: float = 10
    """How many times faster than all others the last layer learns, which gives the logits."""
    warmup: int = 100
    """Steps in which the rates rise; then they fall."""
    lowest: float = 0.02
    """Share of the rates that is left at the end."""
    threads: int = 1


class Task(NamedTuple):
    """What a network is trained for."""

    name: str
    """The name of the network, of its file and of its command: "reader"."""
    examples: Callable[[int], Sequence[Any]]
    """The examples of an epoch, by its number: `TwoTexts` of one type."""
    loss: Callable[[torch.Tensor, Batch, Sequence[Any]], torch.Tensor]
    """The loss of the logits (B, T, 2) of a batch, from the batch and its examples."""
    rates: Callable[[Path], list[str]]
    """Lines of a report: what the network in a folder gets right on the dev split."""


def train(begin: Callable[[], ReaderNet], work: Path, settings: Settings, task: Task) -> ReaderNet:
    """Train the network that `begin` makes, or go on from this course's checkpoint in the folder `work`.

    Prints lines of progress.
    """
    torch.manual_seed(0)
    torch.set_num_threads(settings.threads)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    tokenizer = WordPiece(EMBEDDER / minilm.VOCABULARY)
    net = begin().to(device)
    body = [p for p in net.bert.parameters() if p.requires_grad]
    groups = [{"params": body}, {"params": net.spans.parameters()}]
    optimizer = torch.optim.AdamW(groups, lr=settings.rate, weight_decay=0.01)
    checkpoint, done = work / f"{_course(net, settings)}.pt", 0
    if checkpoint.exists():
        state = torch.load(checkpoint, map_location=device)
        net.load_state_dict(state["net"])
        optimizer.load_state_dict(state["optimizer"])
        done = state["epochs"]
    for epoch in range(done, settings.epochs):
        loss = _epoch(net, tokenizer, optimizer, epoch, settings, task)
        with whole_file(checkpoint) as partial:
            torch.save({"epochs": epoch + 1, "net": net.state_dict(), "optimizer": optimizer.state_dict()}, partial)
        lines = "\n".join(task.rates(write(net, work / "network", task.name).parent))
        print(f"epoch {epoch + 1} of {settings.epochs}: loss {loss:.3f}\n{lines}", flush=True)
    return net


def _course(net: ReaderNet, settings: Settings) -> str:
    """A name for the course with these settings and first weights: no other goes on from its checkpoint."""
    digest = hashlib.sha256(repr(replace(settings, threads=1)).encode())
    for weight in net.state_dict().values():
        digest.update(weight.cpu().numpy().tobytes())
    return digest.hexdigest()[:16]


def _epoch(
    net: ReaderNet,
    tokenizer: WordPiece,
    optimizer: torch.optim.Optimizer,
    epoch: int,
    settings: Settings,
    task: Task,
) -> float:
    """Train on the examples of one epoch; returns the mean loss."""
    device = next(net.parameters()).device.type
    batches = _batches(task.examples(epoch), settings.batch, random.Random(epoch))
    steps, total, began = settings.epochs * len(batches), 0.0, time.monotonic()
    net.train()
    for n, examples in enumerate(batches):
        step = epoch * len(batches) + n
        share = min(1.0, (step + 1) / settings.warmup) * max(settings.lowest, 1 - step / steps)
        for group, faster in zip(optimizer.param_groups, (1, settings.faster), strict=True):
            group["lr"] = faster * settings.rate * share
        batch = batched(tokenizer, examples, device)
        with torch.autocast(device, fast_dtype(device), enabled=fast_dtype(device) != torch.float32):
            logits = net(batch)
        loss = task.loss(logits, batch, examples)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        total += float(loss.detach())
        if (n + 1) % REPORT == 0:
            pace = (time.monotonic() - began) / (n + 1)
            print(f"step {step + 1} of {steps}: loss {total / (n + 1):.3f}, {pace:.2f} s a step", flush=True)
    return total / len(batches)


def _batches(examples: Sequence[TwoTexts], size: int, rng: random.Random) -> list[list[TwoTexts]]:
    """The examples in batches of texts of about one length, in any order; an incomplete batch is left out."""
    ordered = sorted(examples, key=lambda one: len(one.text) + rng.uniform(0, 120))
    batches = [list(ordered[n : n + size]) for n in range(0, len(ordered) - size + 1, size)]
    rng.shuffle(batches)
    return batches


def write(net: ReaderNet, folder: Path, name: str) -> Path:
    """Write network, vocabulary and manifest to `folder`; returns the network's path."""
    folder.mkdir(parents=True, exist_ok=True)
    path, vocabulary = folder / f"{name}.onnx", folder / minilm.VOCABULARY
    write_bytes(path, graph(net).SerializeToString())
    write_bytes(vocabulary, (EMBEDDER / minilm.VOCABULARY).read_bytes())
    made = Manifest(
        name=name,
        file=path.name,
        sha256=sha256(path),
        vocabulary=minilm.VOCABULARY,
        vocabulary_sha256=sha256(vocabulary),
        licence="Apache-2.0",
        source=f"all-MiniLM-L6-v2 (package {minilm.PACKAGE} 0.1.0), `python -m train {name}`",
    )
    write_json(folder / MANIFEST, made.as_json())
    return path
