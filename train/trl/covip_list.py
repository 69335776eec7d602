"""Reader of the list that CoViP's authors trained on: caption and recognition items with their photos and questions.

This module reads only; `dataset.py` mixes and orders items, `reward.py` rewards texts about them. An item does not say
to which photo of its context a question about a positive belongs, so its questions form a group for each positive and
one group of all others, which is all that the caption reward needs.
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from assistant.photo import load_photo
from benchmark.datasets import covip_files
from benchmark.datasets.source import Draft
from benchmark.world.question import UNKNOWN, Question
from benchmark.world.sample import Sample
from memory.errors import KeepsakeError
from train.trl.samples import Kind, refuse_control


@dataclass(frozen=True, slots=True)
class ListedQuestion:
    """A question as the authors released it."""

    question: str
    options: dict[str, str]
    correct_answer: str


@dataclass(frozen=True, slots=True)
class Item:
    """An entry of the list. "Error" takes the place of questions that the authors' model did not write as asked."""

    accu_reward_method: str
    images: list[str]
    """Paths: the context in its order, then the query."""
    c_num: int | None = None
    dialogues: list[str] = ()  # type: ignore[assignment]
    pos_qas: list[list[ListedQuestion | str] | str] = ()  # type: ignore[assignment]
    neg_qas: list[ListedQuestion | str] = ()  # type: ignore[assignment]
    answer: list[int] | int | str | None = None


def drafts(path: Path, images: str = "") -> list[tuple[Kind, Draft]]:
    """The caption ("caption") and recognition ("multi_vision") items of a list; `images` is the prefix of their paths.

    Items of other kinds, and captions without a readable question, are left out and counted on stderr. Raises
    KeepsakeError with the wrong entry and field.
    """
    try:
        items = msgspec.json.decode(path.read_bytes(), type=list[Item])
    except OSError as error:
        raise KeepsakeError(f"{path}: cannot be read ({error.strerror})") from error
    except msgspec.MsgspecError as error:
        raise KeepsakeError(f"{path.name}: {error}") from error
    out: list[tuple[Kind, Draft]] = []
    dropped: Counter[str] = Counter()
    for i, item in enumerate(items):
        key = f"{path.stem}-{i}"
        n = len(item.images) - 1
        if n < 1 or (item.c_num is not None and item.c_num != n):
            raise KeepsakeError(f"{path.name}: entry {i}: {n + 1} images for {item.c_num} context items and the query")
        photos = [Path(images + name) for name in item.images]
        if item.accu_reward_method == "multi_vision":
            out.append(("recognition", Draft(key, partial(_recognition, photos, _indices(item, n, path.name, i)))))
        elif item.accu_reward_method != "caption":
            dropped[f"kind {item.accu_reward_method!r}"] += 1
        elif not (questions := _questions(item)):
            dropped["no questions"] += 1
        else:
            if len(item.dialogues) != n:
                raise KeepsakeError(f"{path.name}: entry {i}: {len(item.dialogues)} dialogues for {n} images")
            refuse_control(key, item.dialogues)
            out.append(("caption", Draft(key, partial(_caption, photos, item.dialogues, questions))))
    if dropped:
        print(f"{path.name}: left out {', '.join(f'{n} of {why}' for why, n in dropped.items())}", file=sys.stderr)
    return out


def _caption(photos: list[Path], dialogues: list[str], questions: tuple[tuple[Question, ...], ...]) -> Sample:
    """The sample of a caption item, whose last group of questions is about the things that the query does not show."""
    *context, query = (load_photo(path) for path in photos)
    return Sample(covip_files.episodes(context, dialogues), query, tuple(range(len(questions) - 1)), questions)


def _recognition(photos: list[Path], positives: tuple[int, ...]) -> Sample:
    """The sample of a recognition item, which has neither dialogues nor questions."""
    *context, query = (load_photo(path) for path in photos)
    return Sample(covip_files.episodes(context, [""] * len(context)), query, positives)


def _questions(item: Item) -> tuple[tuple[Question, ...], ...]:
    """A group of questions for each positive, then one of all others; empty when there is no readable question."""
    listed: list[Any] = [*item.pos_qas, item.neg_qas]
    groups = tuple(tuple(q for entry in group if (q := _question(entry))) for group in listed)
    return groups if any(groups) else ()


def _question(listed: ListedQuestion | str) -> Question | None:
    """A listed question in our form; None for "Error", for equal options, and for an answer other than A, B and C."""
    if isinstance(listed, str):
        return None
    a, b, c, d = (listed.options.get(letter, "").strip() for letter in "ABCD")
    if len({a, b, c, d, ""}) < 5 or d != UNKNOWN or listed.correct_answer.strip() not in ("A", "B", "C"):
        return None
    return Question(listed.question.strip(), (a, b, c), listed.correct_answer.strip())


def _indices(item: Item, n: int, name: str, i: int) -> tuple[int, ...]:
    """The answer of a recognition item: indices below `n`. Raises KeepsakeError with the file's name and the entry."""
    given = [item.answer] if isinstance(item.answer, int) else item.answer
    if not isinstance(given, list) or any(not 0 <= index < n for index in given):
        raise KeepsakeError(f"{name}: entry {i}: answer is {item.answer!r}, must be indices below {n}")
    return tuple(sorted(set(given)))
