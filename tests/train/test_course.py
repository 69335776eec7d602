"""The course of reader and verifier: the same course goes on from its checkpoint, another one begins anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")
import torch

from benchmark.notes.note import Question
from train.reader import course, reader_fit
from train.reader.course import Settings, Task
from train.reader.reader_examples import Example
from train.reader.reader_net import ReaderNet

TEXT = "Anna called at noon."
WHO = Question("ask", "Who called?", ("Anna",))
EXAMPLES = [Example(WHO.text, TEXT, (0, 4) if n % 2 else None, WHO) for n in range(4)]
SETTINGS = Settings(epochs=2, batch=2, warmup=1)


class Killed(Exception):
    """In the place of a kill, after an epoch."""


def task(asked: list[int], killed_after: int | None = None) -> Task:
    """A course of few examples, which notes the epochs that are asked for."""

    def examples(epoch: int) -> Sequence[Example]:
        if epoch == killed_after:
            raise Killed
        asked.append(epoch)
        return EXAMPLES

    return Task("reader", examples, reader_fit.loss, lambda folder: [])


def another_net() -> ReaderNet:
    torch.manual_seed(7)
    return ReaderNet()


@pytest.mark.parametrize(
    ("begin", "settings", "epochs"),
    [
        (ReaderNet, SETTINGS, [1]),
        (ReaderNet, replace(SETTINGS, threads=2), [1]),
        (ReaderNet, replace(SETTINGS, rate=1e-5), [0, 1]),
        (ReaderNet, replace(SETTINGS, epochs=0), []),
        (another_net, SETTINGS, [0, 1]),
    ],
    ids=["the same", "other threads", "another rate", "no epoch", "another start"],
)
def test_a_course_goes_on_where_it_stopped_and_no_other_does(
    tmp_path: Path, begin: Callable[[], ReaderNet], settings: Settings, epochs: list[int]
) -> None:
    first: list[int] = []
    with pytest.raises(Killed):
        course.train(ReaderNet, tmp_path, SETTINGS, task(first, killed_after=1))
    assert first == [0]
    then: list[int] = []
    found = course.train(begin, tmp_path, settings, task(then)).state_dict()
    assert then == epochs
    if not epochs:
        torch.manual_seed(0)
        assert all(torch.equal(found[name], weight) for name, weight in ReaderNet().state_dict().items())
