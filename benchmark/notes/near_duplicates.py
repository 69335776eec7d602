"""Near duplicates among the notes: notes that share many shingles (Jaccard), and openings that too many notes share."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from benchmark.notes.note import FilledNote
from benchmark.notes.told_words import words

SHINGLE = 3
"""Words in a shingle, which is a run of words that follow one another."""
MAX_SIMILARITY = 0.15
"""Largest Jaccard similarity of the shingles of two notes, from 0 to 1."""
OPENING, MOST_OPENINGS = 3, 3
"""Words of an opening, and how many notes may share one."""
NAMED = ("person", "name", "place", "day", "number")


def blanked(note: FilledNote) -> list[str]:
    """The words of a note in lower case, each name, place, day and number as "_": what stays when slots change."""
    text = note.text
    for span in sorted(note.spans, key=lambda s: -s.start):
        inside = any(o is not span and o.start <= span.start and span.end <= o.end for o in note.spans)
        if span.kind in NAMED and (inside or span.end - span.start < 24):
            text = text[: span.start] + "_" * (span.end - span.start) + text[span.end :]
    return [w.lower() for w in words(text)]


def shingles(tokens: Sequence[str]) -> frozenset[tuple[str, ...]]:
    """Every run of SHINGLE words."""
    return frozenset(tuple(tokens[i : i + SHINGLE]) for i in range(len(tokens) - SHINGLE + 1))


def similar_pairs(notes: Sequence[FilledNote]) -> Iterator[tuple[float, FilledNote, FilledNote]]:
    """Every two notes that share a shingle: their Jaccard similarity, and the two."""
    sets = [shingles(blanked(note)) for note in notes]
    where: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for i, mine in enumerate(sets):
        shared = Counter(j for one in mine for j in where[one])
        for j, n in shared.items():
            yield n / len(sets[i] | sets[j]), notes[j], notes[i]
        for one in mine:
            where[one].append(i)


def near_duplicates(notes: Sequence[FilledNote]) -> Iterator[str]:
    """A line for every two notes that are too much alike."""
    for similarity, one, other in similar_pairs(notes):
        if similarity > MAX_SIMILARITY:
            yield f"{other.note.id} ({other.note.where}): {similarity:.0%} the same runs of words as {one.note.id}"


def opening(note: FilledNote) -> str:
    """The first words of a note."""
    return " ".join(w.lower() for w in words(note.text)[:OPENING])


def same_openings(notes: Sequence[FilledNote]) -> Iterator[str]:
    """A line for every opening that too many notes share."""
    of: dict[str, list[str]] = defaultdict(list)
    for note in notes:
        of[opening(note)].append(note.note.id)
    for first, ids in of.items():
        if len(ids) > MOST_OPENINGS:
            yield f"{', '.join(ids)}: {len(ids)} notes begin {first!r}; {MOST_OPENINGS} may"
