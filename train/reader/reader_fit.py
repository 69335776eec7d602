"""What the reader is trained for: where a text answers a question; an hour of one core, minutes on a GPU."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch.nn.functional import cross_entropy

from assistant.reader.answer_reader import AnswerReader
from benchmark.tasks.natural_notes import answers_it
from train.reader import reader_examples
from train.reader.course import Task
from train.reader.reader_examples import Example
from train.reader.reader_net import Batch

SHARES = (0.05, 0.1, 0.15, 0.2, 0.3)
"""Shares of the questions about untold facts that get an answer all the same, for the table of an epoch."""


def loss(logits: torch.Tensor, batch: Batch, _: Sequence[Example]) -> torch.Tensor:
    """The mean of the losses of where answers begin and of where they end."""
    return torch.stack([cross_entropy(logits[..., end], batch.answers[:, end]) for end in (0, 1)]).mean()


def rates(folder: Path) -> list[str]:
    """Lines: how many questions of dev get the right sentence where so many without an answer get one, too."""
    reader = AnswerReader(folder)
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


TASK = Task("reader", reader_examples.drawn, loss, rates)
