"""Reader for the list that CoViP's authors trained on: caption and recognition items with their photos and questions.

Only reading: mixing and order are `dataset.py`'s, rewards `reward.py`'s. An item does not say which photo of its
context a question about a positive belongs to, so the questions stand by themselves: one group for each positive, and
one of all the others. That is all that the caption reward needs.
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
class Asked:
    """A multiple-choice question with the field names of the release."""

    question: str
    options: dict[str, str]
    correct_answer: str


@dataclass(frozen=True, slots=True)
class Item:
    """An entry of the list. "Error" stands where a model's questions could not be read."""

    accu_reward_method: str
    images: list[str]
    """The context in its order, then the query."""
    c_num: int | None = None
    dialogues: list[str] = ()  # type: ignore[assignment]
    pos_qas: list[list[Asked | str] | str] = ()  # type: ignore[assignment]
    neg_qas: list[Asked | str] = ()  # type: ignore[assignment]
    answer: list[int] | int | str | None = None


def drafts(path: Path, images: str = "") -> list[tuple[Kind, Draft]]:
    """The caption ("caption") and recognition ("multi_vision") items; `images` comes before their paths.

    Items of other kinds, and captions without a readable question, are left out and counted on stderr. Raises
    KeepsakeError with the entry and the field that is wrong.
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
    *context, query = (load_photo(path) for path in photos)
    # the last group is about the others
    return Sample(covip_files.episodes(context, dialogues), query, tuple(range(len(questions) - 1)), questions)


def _recognition(photos: list[Path], there: tuple[int, ...]) -> Sample:
    *context, query = (load_photo(path) for path in photos)
    return Sample(covip_files.episodes(context, [""] * len(context)), query, there)


def _questions(item: Item) -> tuple[tuple[Question, ...], ...]:
    """A group for each positive, then one of the others; empty when there is nothing to ask."""
    groups: list[Any] = [*item.pos_qas, item.neg_qas]
    read = tuple(tuple(q for asked in g if (q := _question(asked))) for g in groups)
    return read if any(read) else ()


def _question(asked: Asked | str) -> Question | None:
    """None for what cannot be asked: "Error", options that are alike, an answer that is none of A, B and C."""
    if isinstance(asked, str):
        return None
    a, b, c, d = (asked.options.get(letter, "").strip() for letter in "ABCD")
    if len({a, b, c, d, ""}) < 5 or d != UNKNOWN or asked.correct_answer.strip() not in ("A", "B", "C"):
        return None
    return Question(asked.question.strip(), (a, b, c), asked.correct_answer.strip())


def _indices(item: Item, n: int, name: str, i: int) -> tuple[int, ...]:
    given = [item.answer] if isinstance(item.answer, int) else item.answer
    if not isinstance(given, list) or any(not 0 <= index < n for index in given):
        raise KeepsakeError(f"{name}: entry {i}: answer is {item.answer!r}, must be indices below {n}")
    return tuple(sorted(set(given)))
