"""Readers for the data that CoViP's authors published (paper section 3), and the score of captions made for it.

Field names, order and noise are as released: the question file, a captions file, and the metadata with its images;
`covip_hub.py` reads the datasets. A field that is missing costs one line that names it; noise that the release is known
to have is dropped and counted. Captions are written and runs are kept elsewhere (`capeval.py`, `runner.py`). The data
has no dates: episode i gets second i of one day, so that our renderer keeps their order, and that day ("1 January
2000", in every prompt) means nothing.
"""

from __future__ import annotations

import json
import re
import reprlib
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from assistant.photo import load_photo
from benchmark.judges.judge import Judge
from benchmark.judges.score import Scores, harmonic, question_scores, tally
from benchmark.world.question import LETTERS, UNKNOWN, Question
from benchmark.world.sample import Sample
from memory.episode import Episode, Photo, Turn
from memory.errors import KeepsakeError

DAY = datetime(2000, 1, 1, tzinfo=UTC)
MOST_POSITIVES = 4
NO_PHOTO = Photo("", b"", 0, 0)
"""In place of the query where only words are judged."""
ERROR = "Error"
"""What the authors' script wrote where a model's questions could not be read."""
ALIKE = "two options alike"
NO_ANSWER = "answer D"
HEADER = re.compile(r"\A\s*(?:\*\*|#+ *)?dialogue(?:\*\*)?\s*:(?:\*\*)?\s*", re.IGNORECASE)
SPEAKER = re.compile(r"^[ \t]*(?:\*\*)?(user|model|assistant)(?:\*\*)?[ \t]*:(?:\*\*)?", re.IGNORECASE | re.MULTILINE)
KINDS: dict[type, str] = {str: "text", list: "a list", dict: "an object"}


@dataclass(frozen=True, slots=True)
class Entry:
    """`sample_<line>` of the question file; `questions[i]` are about concept i of the context."""

    line: int
    """Line of the metadata that it belongs to, from 0."""
    positives: tuple[int, ...]
    questions: tuple[tuple[Question, ...], ...]

    @property
    def id(self) -> str:
        """Its name in the files."""
        return f"sample_{self.line}"


@dataclass(frozen=True, slots=True)
class Questions:
    """The question file."""

    entries: tuple[Entry, ...]
    """By line."""
    dropped: Mapping[str, int]
    """How many questions were left out, by reason."""

    def counts(self) -> dict[str, Any]:
        """What was loaded: samples, how many of them have K positives, dialogues, questions, dropped."""
        by_positives = Counter(len(e.positives) for e in self.entries)
        return {
            "samples": len(self.entries),
            "by_positives": {str(k): by_positives[k] for k in sorted(by_positives)},
            "dialogues": sum(len(e.questions) for e in self.entries),
            "questions": sum(len(of_concept) for e in self.entries for of_concept in e.questions),
            "dropped": dict(self.dropped),
        }

    def __str__(self) -> str:
        found = self.counts()
        of_each = ", ".join(f"{n} with K={k}" for k, n in found["by_positives"].items())
        dropped = ", ".join(f"{n} {reason}" for reason, n in found["dropped"].items()) or "none"
        return (
            f"{found['samples']} samples ({of_each}), {found['dialogues']} dialogues, {found['questions']} questions; "
            f"dropped: {dropped}"
        )


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the metadata: where its photos lie, and what was said about those of the context."""

    query: Path
    concepts: tuple[Path, ...]
    dialogues: tuple[str, ...]


def read_questions(path: Path) -> Questions:
    """`QAS_GT_test.json`. Raises KeepsakeError that names sample, concept, question and field."""
    data = _parsed(_text(path), path.name)
    if not isinstance(data, dict) or not data:
        raise KeepsakeError(f"{path.name}: {_shown(data)} where sample_0, sample_1, ... should be")
    dropped: Counter[str] = Counter()
    entries = [_entry(key, value, path.name, dropped) for key, value in data.items()]
    return Questions(tuple(sorted(entries, key=lambda e: e.line)), dict(sorted(dropped.items())))


def read_captions(path: Path) -> dict[str, str]:
    """A caption for each sample: {"sample_0": "text"} or {"sample_0": {"caption": "text"}}."""
    data = _parsed(_text(path), path.name)
    if not isinstance(data, dict):
        raise KeepsakeError(f"{path.name}: {_failed(data)} where {{'sample_0': caption, ...}} should be")
    captions = {}
    for key, value in data.items():
        where = f"{path.name}: {_shown(key)}"
        caption = _field(value, "caption", object, where) if isinstance(value, dict) else value
        if not isinstance(caption, str):
            raise KeepsakeError(f"{where}: {_failed(caption)} where a caption should be")
        captions[key] = caption
    return captions


def read_metadata(path: Path, images: Path | str) -> tuple[Row, ...]:
    """`meta_*_cleaned.jsonl`. `images` is put before its paths as it is; only a folder gets the slash that it lacks."""
    prefix = f"{images}/" if Path(images).is_dir() and not str(images).endswith("/") else str(images)
    rows = []
    for i, line in enumerate(_text(path).rstrip().split("\n")):
        where = f"{path.name}: line {i + 1} (sample_{i})"
        data = _parsed(line, where)
        query = _field(data, "imgs", str, where)
        concepts = _texts(_field(data, "concepts", list, where), f"{where}, concepts")
        dialogues = _texts(_field(data, "dialogues", dict, where).values(), f"{where}, dialogues")
        if len(concepts) != len(dialogues):
            raise KeepsakeError(f"{where}: {len(concepts)} concepts, {len(dialogues)} dialogues")
        rows.append(Row(Path(prefix + query), tuple(Path(prefix + c) for c in concepts), dialogues))
    return tuple(rows)


def samples(questions: Questions, rows: Sequence[Row]) -> Iterator[Sample]:
    """Samples with photos and questions, joined by line number; a photo is read when its sample is reached."""
    for entry in questions.entries:
        if entry.line >= len(rows):
            raise KeepsakeError(f"{entry.id}: the metadata has {len(rows)} lines only; is it of the same split?")
        if len(entry.questions) != (n := len(rows[entry.line].concepts)):
            raise KeepsakeError(f"{entry.id}: questions about {len(entry.questions)} concepts, metadata of {n}")
    return (_sample(rows[entry.line], entry) for entry in questions.entries)


def episodes(photos: Iterable[Photo], dialogues: Iterable[str]) -> tuple[Episode, ...]:
    """The context in its order, a second apart (see above)."""
    pairs = enumerate(zip(photos, dialogues, strict=True))
    return tuple(Episode(photo, turns(text), DAY + timedelta(seconds=i)) for i, (photo, text) in pairs)


def turns(dialogue: str) -> tuple[Turn, ...]:
    """Turns from "User:" and "Model:" lines, with or without a bold "Dialogue:" before them; a line without a speaker
    goes on with the turn before it, the first ones are the user's."""
    first, *rest = SPEAKER.split(HEADER.sub("", dialogue))
    said = [("user", first), *zip(rest[::2], rest[1::2], strict=True)]
    return tuple(
        Turn("user" if who.lower() == "user" else "assistant", text.strip()) for who, text in said if text.strip()
    )


def capeval_from_files(questions: Path, captions: Path, judge: Judge) -> dict[str, Any]:
    """CapEval-QAs of a captions file, see `score_captions`."""
    return score_captions(read_questions(questions), read_captions(captions), judge)


def score_captions(questions: Questions, captions: Mapping[str, str], judge: Judge) -> dict[str, Any]:
    """Acc+ and Acc- in all and for 1 to 4 positives (fractions; None where there is nothing to ask), with intervals.

    "unread" verdicts count as wrong in both, "empty" captions are asked about like others; both are counts. Samples
    without a caption are not averaged over, and named in "missing"; captions of no sample in "unknown". Raises
    KeepsakeError when no caption is of any sample.
    """
    entries = [e for e in questions.entries if e.id in captions]
    if not entries:
        raise KeepsakeError(f"no caption is of any sample: the questions begin with {questions.entries[0].id!r}")
    rows: list[tuple[int, Scores]] = []
    began = time.monotonic()
    for i, entry in enumerate(entries, 1):
        sample = Sample((), NO_PHOTO, entry.positives, entry.questions)
        rows.append((len(entry.positives), question_scores(captions[entry.id], sample, judge)))
        if i % 100 == 0:
            left = (time.monotonic() - began) / i * (len(entries) - i)
            print(f"judge {judge.name}: {i} of {len(entries)} captions, {left:.0f} s left", file=sys.stderr)
    ids = {e.id for e in questions.entries}
    return {
        "judge": judge.name,
        **_averages([scores for _, scores in rows]),
        "missing": [e.id for e in questions.entries if e.id not in captions],
        "unknown": [key for key in captions if key not in ids],
        "data": questions.counts(),
        "by_positives": {
            str(k): _averages([scores for n, scores in rows if n == k]) for k in range(1, MOST_POSITIVES + 1)
        },
    }


def _averages(rows: Sequence[Scores]) -> dict[str, Any]:
    found = tally(rows)
    out: dict[str, Any] = {"n": len(rows), "questions": sum(int(row["unread"][1]) for row in rows)}
    for measure in ("acc_pos", "acc_neg"):
        t = found.get(measure)
        out[measure] = t.value if t else None
        out[f"{measure}_interval"] = [t.low, t.high] if t else None
    both = out["acc_pos"], out["acc_neg"]
    counts = {measure: sum(int(row[measure][0]) for row in rows) for measure in ("unread", "empty")}
    return {**out, "harmonic": None if None in both else harmonic(*both), **counts}


def _sample(row: Row, entry: Entry) -> Sample:
    context = episodes((load_photo(path) for path in row.concepts), row.dialogues)
    return Sample(context, load_photo(row.query), entry.positives, entry.questions)


def _entry(key: str, value: Any, file: str, dropped: Counter[str]) -> Entry:
    line = _number(key, "sample", file)
    where = f"{file}: {key}"
    concepts = {_number(name, "concept", where): v for name, v in _field(value, "qas", dict, where).items()}
    positives = _field(value, "gts", list, where)
    if gaps := set(range(len(concepts))) - set(concepts):
        raise KeepsakeError(f"{where}: no 'concept_{min(gaps)}'")
    if not 1 <= len(positives) <= MOST_POSITIVES:
        raise KeepsakeError(f"{where}: 'gts' holds {len(positives)} positives; 1 to {MOST_POSITIVES} can be scored")
    for i in positives:
        if type(i) is not int or i not in concepts or positives.count(i) > 1:
            raise KeepsakeError(f"{where}: 'gts' holds {_shown(i)}: no such concept, or twice")
    asked = tuple(_questions(concepts[i], f"{where}, concept_{i}", dropped) for i in range(len(concepts)))
    return Entry(line, tuple(sorted(positives)), asked)


def _questions(concept: Any, where: str, dropped: Counter[str]) -> tuple[Question, ...]:
    listed = concept if concept == ERROR else _field(concept, "qa", object, where)
    if listed == ERROR:
        listed = [ERROR]  # one message stood for all questions
    elif not isinstance(listed, list):
        raise KeepsakeError(f"{where}: 'qa' should be a list, is {_shown(listed)}")
    found = [ERROR if item == ERROR else _question(item, f"{where}, qa {n}") for n, item in enumerate(listed, 1)]
    dropped.update(reason for reason in found if isinstance(reason, str))
    return tuple(question for question in found if isinstance(question, Question))


def _question(item: Any, where: str) -> Question | str:
    """The question, or why it is dropped."""
    text, options = _field(item, "question", str, where), _field(item, "options", dict, where)
    a, b, c, d = (_field(options, letter, str, f"{where}, options").strip() for letter in (*LETTERS, "D"))
    answer = _field(item, "correct_answer", str, where).strip()
    if d != UNKNOWN:
        raise KeepsakeError(f"{where}: option D should be {UNKNOWN!r}, is {_shown(d)}")
    if answer not in (*LETTERS, "D"):
        raise KeepsakeError(f"{where}: 'correct_answer' should be A, B or C, is {_shown(answer)}")
    if answer == "D":
        return NO_ANSWER
    return ALIKE if len({a, b, c, d}) < 4 else Question(text.strip(), (a, b, c), answer)


def _number(key: str, prefix: str, where: str) -> int:
    if match := re.fullmatch(rf"{prefix}_(0|[1-9][0-9]{{0,8}})", key):
        return int(match[1])
    raise KeepsakeError(f"{where}: {_shown(key)} where {prefix}_0, {prefix}_1, ... should be")


def _field(holder: Any, name: str, kind: type, where: str) -> Any:
    """`holder[name]`, which must be of this kind."""
    if not isinstance(holder, dict):
        raise KeepsakeError(f"{where}: {_shown(holder)} where an object with {name!r} should be")
    if name not in holder:
        raise KeepsakeError(f"{where}: no {name!r}")
    if not isinstance(holder[name], kind):
        raise KeepsakeError(f"{where}: {name!r} should be {KINDS[kind]}, is {_shown(holder[name])}")
    return holder[name]


def _texts(values: Iterable[Any], where: str) -> tuple[str, ...]:
    found = tuple(values)
    for n, value in enumerate(found, 1):
        if not isinstance(value, str):
            raise KeepsakeError(f"{where}: number {n} should be text, is {_shown(value)}")
    return found


def _failed(value: Any) -> str:
    return "an empty list, which a failed run leaves behind," if value == [] else _shown(value)


def _shown(value: Any) -> str:
    return reprlib.repr(value)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise KeepsakeError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise KeepsakeError(f"{path}: not a text file in UTF-8") from error


def _parsed(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise KeepsakeError(f"{where}: not JSON ({error})") from error
