"""Reads the notes of `data/`: one text file a voice, one paragraph a note.

    note: 012 | toy | zebra | {Zuri} the zebra          number, kind, thing (a + b for several), label
    read: 2                                             how many have read it; also follows: NUMBER and stale: WORDS
    That's {NICK:Zuri}, the zebra {F:Anna} got for her [event: {NUM:4th} birthday]
    say: This is {Zuri}, the zebra {Anna} got for her {4th} birthday.
    ask: Whose zebra is it? | {Anna}'s | It is {Anna}'s zebra.
    untold: What did it cost? | You never told me what it cost.
    absent: Who is the man beside it? | I see no man, and you told me of none.

Lines without a key are the note itself. A line that makes no sense raises an error of one line.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmark.notes.note import KINDS, Note, Question
from memory.errors import KeepsakeError

DATA = Path(__file__).parent / "data"
THINGS = (
    "pet animal person toy place food plant vehicle gift document journey instrument clothes furniture tool art sport "
    "jewellery keepsake book"
).split()
"""The kinds of things that photos of notes show."""
KEYS = ("note", "read", "follows", "stale", "say", *KINDS)


def read_voice(path: Path) -> Iterator[Note]:
    """The notes of one file, in order. Raises KeepsakeError with file and line for one that cannot be read."""
    paragraph: list[str] = []
    start = 1
    for n, line in enumerate([*path.read_text(encoding="utf-8").splitlines(), ""], 1):
        if line.strip():
            start = start if paragraph else n
            paragraph.append(line.strip())
        elif paragraph:
            if not all(words.startswith("#") for words in paragraph):
                yield _note(path.stem, paragraph, f"{path.name}:{start}")
            paragraph = []


def _note(voice: str, lines: list[str], where: str) -> Note:
    """The note of a paragraph."""
    found: dict[str, list[str]] = {key: [] for key in KEYS}
    text: list[str] = []
    for line in lines:
        key, colon, rest = line.partition(": ")
        if colon and key in found:
            found[key].append(rest.strip())
        else:
            text.append(line)
    head = [part.strip() for part in "".join(found["note"]).split(" | ")]
    if len(found["note"]) != 1 or len(head) != 4 or not all(head):
        raise KeepsakeError(f"{where}: a note begins with one line: note: NUMBER | KIND | THING | LABEL")
    number, kind, thing, label = head
    if kind not in THINGS:
        raise KeepsakeError(f"{where}: {kind!r} is no kind of thing: use one of {', '.join(THINGS)}")
    if not text:
        raise KeepsakeError(f"{where}: the note itself is missing")
    reads = found["read"] or ["1"]
    if len(reads) > 1 or not reads[0].isdigit() or len(found["follows"]) > 1:
        raise KeepsakeError(f"{where}: one line read: NUMBER and one line follows: NUMBER at most")
    return Note(
        id=f"{voice}-{number}",
        kind=kind,
        things=tuple(t.strip() for t in thing.split("+")),
        label=label,
        text="\n".join(text),
        captions=tuple(found["say"]),
        questions=tuple(_question(kind, words, where) for kind in KINDS for words in found[kind]),
        follows=f"{voice}-{found['follows'][0]}" if found["follows"] else "",
        stale=tuple(part.strip() for line in found["stale"] for part in line.split(" | ")),
        read=int(reads[0]),
        where=where,
    )


def _question(kind: str, words: str, where: str) -> Question:
    """The question of one line."""
    text, *answers = (part.strip() for part in words.split(" | "))
    if not answers or not text or not all(answers):
        raise KeepsakeError(f"{where}: a question needs an answer: {kind}: QUESTION | ANSWER | ANSWER")
    return Question(next(k for k in KINDS if k == kind), text, tuple(answers))
