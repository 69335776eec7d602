"""Training of the reader, from MiniLM's weights to a network in ONNX: minutes on a GPU, under an hour on one core.

A checkpoint is written after every epoch, and the same command goes on from it.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch.nn.functional import cross_entropy

from assistant.embedder.text_embedder import SHIPPED as EMBEDDER
from assistant.embedder.text_network import Manifest
from assistant.embedder.wordpiece import WordPiece
from assistant.encoder.encoder_manifest import MANIFEST
from assistant.reader.answer_reader import SHIPPED, AnswerReader
from benchmark.tasks.natural_notes import answers_it
from memory.files import sha256, whole_file, write_bytes, write_json
from train.embedder import minilm
from train.reader import reader_examples
from train.reader.reader_examples import Example
from train.reader.reader_net import ReaderNet, batched, graph
from train.resources import fast_dtype

FILE = "reader.onnx"
SHARES = (0.05, 0.1, 0.15, 0.2, 0.3)
"""Shares of the questions about untold facts that get an answer all the same, for the table of an epoch."""


REPORT = 20
"""Steps between two lines."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of a training."""

    epochs: int = 4
    batch: int = 16
    rate: float = 1e-4
    rate_of_spans: float = 1e-3
    """Of the new layer."""
    warmup: int = 100
    """Steps in which the rates rise; then they fall."""
    lowest: float = 0.02
    """Share of the rates at the end."""
    threads: int = 1


def train(wheel: Path, work: Path, settings: Settings) -> ReaderNet:
    """Train, or go on from the checkpoint in the folder `work`; prints a line now and then. Raises KeepsakeError."""
    torch.manual_seed(0)
    torch.set_num_threads(settings.threads)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    tokenizer = WordPiece(EMBEDDER / minilm.VOCABULARY)
    net = ReaderNet.of(wheel).to(device)
    body = [p for p in net.bert.parameters() if p.requires_grad]
    groups = [{"params": body, "lr": settings.rate}, {"params": net.spans.parameters(), "lr": settings.rate_of_spans}]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
    checkpoint, done = work / "checkpoint.pt", 0
    if checkpoint.exists():
        state = torch.load(checkpoint, map_location=device)
        net.load_state_dict(state["net"])
        optimizer.load_state_dict(state["optimizer"])
        done = state["epochs"]
    for epoch in range(done, settings.epochs):
        loss = _epoch(net, tokenizer, optimizer, epoch, settings)
        with whole_file(checkpoint) as partial:
            torch.save({"epochs": epoch + 1, "net": net.state_dict(), "optimizer": optimizer.state_dict()}, partial)
        write(net, work / "network")
        lines = "\n".join(rates(AnswerReader(work / "network")))
        print(f"epoch {epoch + 1} of {settings.epochs}: loss {loss:.3f}\n{lines}", flush=True)
    return net


def _epoch(
    net: ReaderNet, tokenizer: WordPiece, optimizer: torch.optim.Optimizer, epoch: int, settings: Settings
) -> float:
    """Train on the examples of one epoch; returns the mean loss."""
    device = next(net.parameters()).device.type
    batches = _batches(reader_examples.drawn(epoch), settings.batch, random.Random(epoch))
    steps, total, began = settings.epochs * len(batches), 0.0, time.monotonic()
    net.train()
    for n, examples in enumerate(batches):
        step = epoch * len(batches) + n
        share = min(1.0, (step + 1) / settings.warmup) * max(settings.lowest, 1 - step / steps)
        for group, rate in zip(optimizer.param_groups, (settings.rate, settings.rate_of_spans), strict=True):
            group["lr"] = rate * share
        batch = batched(tokenizer, examples, device)
        with torch.autocast(device, fast_dtype(device), enabled=fast_dtype(device) != torch.float32):
            logits = net(batch)
        loss = sum(cross_entropy(logits[..., end], batch.answers[:, end]) for end in (0, 1)) / 2
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        total += float(loss.detach())
        if (n + 1) % REPORT == 0:
            pace = (time.monotonic() - began) / (n + 1)
            print(f"step {step + 1} of {steps}: loss {total / (n + 1):.3f}, {pace:.2f} s a step", flush=True)
    return total / len(batches)


def _batches(examples: Sequence[Example], size: int, rng: random.Random) -> list[list[Example]]:
    """The examples in batches of texts of about one length, in any order; an incomplete batch is left out."""
    ordered = sorted(examples, key=lambda one: len(one.text) + rng.uniform(0, 120))
    batches = [list(ordered[n : n + size]) for n in range(0, len(ordered) - size + 1, size)]
    rng.shuffle(batches)
    return batches


def rates(reader: AnswerReader) -> list[str]:
    """Lines: how many questions of dev get the right sentence where so many without an answer get one, too."""
    corpus, plain = reader_examples.measured(), reader_examples.plainly_measured()
    kinds = {kind: [one for one in corpus if one.asked.kind in ("ask", kind)] for kind in ("untold", "absent")}
    return [line for name, of in {**kinds, "plain": plain}.items() for line in _rates(reader, name, of)]


def _rates(reader: AnswerReader, name: str, examples: Sequence[Example]) -> list[str]:
    found: dict[bool, list[tuple[float, bool]]] = {True: [], False: []}
    for one in examples:
        if reading := reader.read(one.question, one.text):
            a, b = next(((a, b) for a, b in reader_examples.lines(one.text) if a <= reading.start < b), (0, 0))
            holds = one.answer is not None and a <= one.answer[0] < b
            told = one.asked.kind == "ask"
            found[told].append((reading.margin, told and (holds or answers_it(one.asked, one.text[a:b]))))
    margins = sorted((margin for margin, _ in found[False]), reverse=True)
    lines = []
    for share in SHARES:
        least = margins[int(share * len(margins))]
        right, wrong = (
            sum(margin > least and fits is wanted for margin, fits in found[True]) / len(found[True])
            for wanted in (True, False)
        )
        lines.append(f"  {name} answered {share:.0%}: right {right:.1%}, wrong {wrong:.1%} (margin {least:.2f})")
    return lines


def write(net: ReaderNet, folder: Path = SHIPPED) -> Path:
    """Write network, vocabulary and manifest to `folder`; returns the network's path."""
    folder.mkdir(parents=True, exist_ok=True)
    path, vocabulary = folder / FILE, folder / minilm.VOCABULARY
    write_bytes(path, graph(net).SerializeToString())
    write_bytes(vocabulary, (EMBEDDER / minilm.VOCABULARY).read_bytes())
    made = Manifest(
        name="reader",
        file=FILE,
        sha256=sha256(path),
        vocabulary=minilm.VOCABULARY,
        vocabulary_sha256=sha256(vocabulary),
        licence="Apache-2.0",
        source=f"all-MiniLM-L6-v2 (package {minilm.PACKAGE} 0.1.0), `python -m train reader`",
    )
    write_json(folder / MANIFEST, made.as_json())
    return path
