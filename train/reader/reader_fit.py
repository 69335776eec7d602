"""The reader's training task: where a text answers a question; an hour of one core, minutes on a GPU."""

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
"""Shares of the questions without an answer that get one nevertheless, for the table of an epoch."""


def loss(logits: torch.Tensor, batch: Batch, _: Sequence[Example]) -> torch.Tensor:
    """The mean of two cross-entropies: of the token where an answer begins, and of the one where it ends."""
    return torch.stack([cross_entropy(logits[..., end], batch.answers[:, end]) for end in (0, 1)]).mean()


def rates(folder: Path) -> list[str]:
    """Lines of a report: which share of dev's questions gets the right sentence, and which a wrong one, at the margins
    at which SHARES of the questions without an answer get one."""
    reader = AnswerReader(folder)
    corpus, plain = reader_examples.dev_examples(), reader_examples.plain_dev_examples()
    kinds = {kind: [one for one in corpus if one.asked.kind in ("ask", kind)] for kind in ("untold", "absent")}
    return [line for name, examples in {**kinds, "plain": plain}.items() for line in _rates(reader, name, examples)]


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


TASK = Task("reader", reader_examples.epoch_examples, loss, rates)
