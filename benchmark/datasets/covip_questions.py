"""The question file of CoViP's authors (paper section 3): three questions about each concept of a context.

Field names, order and noise are as released. A missing field raises an error of one line that names it; noise that the
release is known to have is dropped and counted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmark.datasets.json_fields import field, parse_json, read_utf8, shown
from benchmark.world.question import LETTERS, UNKNOWN, Question
from memory.errors import KeepsakeError

MOST_POSITIVES = 4
"""The largest number of positives in a released sample."""
ERROR = "Error"
"""What the authors' script wrote where a model's questions could not be read."""
ALIKE = "two options alike"
NO_ANSWER = "answer D"


@dataclass(frozen=True, slots=True)
class Entry:
    """`sample_<line>` of the question file; `questions[i]` are about concept i of the context."""

    line: int
    """The line of the metadata that the sample belongs to, from 0."""
    positives: tuple[int, ...]
    questions: tuple[tuple[Question, ...], ...]

    @property
    def id(self) -> str:
        """The sample's name in the files."""
        return f"sample_{self.line}"


@dataclass(frozen=True, slots=True)
class Questions:
    """What the question file holds."""

    entries: tuple[Entry, ...]
    """The samples of the file, in the order of their lines."""
    dropped: Mapping[str, int]
    """How many questions were left out, by reason."""

    def counts(self) -> dict[str, Any]:
        """Counts of samples, of samples with K positives, of dialogues, of questions, and of dropped questions."""
        by_positives = Counter(len(e.positives) for e in self.entries)
        return {
            "samples": len(self.entries),
            "by_positives": {str(k): by_positives[k] for k in sorted(by_positives)},
            "dialogues": sum(len(e.questions) for e in self.entries),
            "questions": sum(len(of_concept) for e in self.entries for of_concept in e.questions),
            "dropped": dict(self.dropped),
        }

    def __str__(self) -> str:
        counts = self.counts()
        of_each = ", ".join(f"{n} with K={k}" for k, n in counts["by_positives"].items())
        dropped = ", ".join(f"{n} {reason}" for reason, n in counts["dropped"].items()) or "none"
        return (
            f"{counts['samples']} samples ({of_each}), {counts['dialogues']} dialogues, {counts['questions']} questions"
            f"; dropped: {dropped}"
        )


def read_questions(path: Path) -> Questions:
    """Read `QAS_GT_test.json`. The KeepsakeError that is raised names sample, concept, question and field."""
    data = parse_json(read_utf8(path), path.name)
    if not isinstance(data, dict) or not data:
        raise KeepsakeError(f"{path.name}: {shown(data)} where sample_0, sample_1, ... should be")
    dropped: Counter[str] = Counter()
    entries = [_entry(key, value, path.name, dropped) for key, value in data.items()]
    return Questions(tuple(sorted(entries, key=lambda e: e.line)), dict(sorted(dropped.items())))


def _entry(key: str, value: Any, file: str, dropped: Counter[str]) -> Entry:
    """One sample of the file. Raises KeepsakeError."""
    line = _number(key, "sample", file)
    where = f"{file}: {key}"
    concepts = {_number(name, "concept", where): v for name, v in field(value, "qas", dict, where).items()}
    positives = field(value, "gts", list, where)
    if gaps := set(range(len(concepts))) - set(concepts):
        raise KeepsakeError(f"{where}: no 'concept_{min(gaps)}'")
    if not 1 <= len(positives) <= MOST_POSITIVES:
        raise KeepsakeError(f"{where}: 'gts' holds {len(positives)} positives; 1 to {MOST_POSITIVES} can be scored")
    for i in positives:
        if type(i) is not int or i not in concepts or positives.count(i) > 1:
            raise KeepsakeError(f"{where}: 'gts' holds {shown(i)}: no such concept, or twice")
    questions = tuple(_questions(concepts[i], f"{where}, concept_{i}", dropped) for i in range(len(concepts)))
    return Entry(line, tuple(sorted(positives)), questions)


def _questions(concept: Any, where: str, dropped: Counter[str]) -> tuple[Question, ...]:
    """The usable questions about a concept; the others are counted in `dropped`."""
    listed = concept if concept == ERROR else field(concept, "qa", object, where)
    if listed == ERROR:
        listed = [ERROR]  # one message stood for all questions
    elif not isinstance(listed, list):
        raise KeepsakeError(f"{where}: 'qa' should be a list, is {shown(listed)}")
    read = [ERROR if item == ERROR else _question(item, f"{where}, qa {n}") for n, item in enumerate(listed, 1)]
    dropped.update(reason for reason in read if isinstance(reason, str))
    return tuple(question for question in read if isinstance(question, Question))


def _question(item: Any, where: str) -> Question | str:
    """The question, or the reason why it is dropped. Raises KeepsakeError for noise that is not known."""
    text, options = field(item, "question", str, where), field(item, "options", dict, where)
    a, b, c, d = (field(options, letter, str, f"{where}, options").strip() for letter in (*LETTERS, "D"))
    answer = field(item, "correct_answer", str, where).strip()
    if d != UNKNOWN:
        raise KeepsakeError(f"{where}: option D should be {UNKNOWN!r}, is {shown(d)}")
    if answer not in (*LETTERS, "D"):
        raise KeepsakeError(f"{where}: 'correct_answer' should be A, B or C, is {shown(answer)}")
    if answer == "D":
        return NO_ANSWER
    return ALIKE if len({a, b, c, d}) < 4 else Question(text.strip(), (a, b, c), answer)


def _number(key: str, prefix: str, where: str) -> int:
    """The number in a key such as sample_12. Raises KeepsakeError."""
    if match := re.fullmatch(rf"{prefix}_(0|[1-9][0-9]{{0,8}})", key):
        return int(match[1])
    raise KeepsakeError(f"{where}: {shown(key)} where {prefix}_0, {prefix}_1, ... should be")
