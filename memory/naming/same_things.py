"""Other photos of what some photos show, by the user's word or by sight: where words find one, the others belong to it.

"Nan's dog" is said of the first photo of a dog; what is said of the next does not repeat it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from memory.db import verdict_rows
from memory.search import token_codes, vector_index, vectors
from memory.store import Memory

ALIKE = 0.7
"""Two photos are taken for photos of one thing when their `vectors.alike` is at least this: of the 15 things that
recall was tuned with, 73 % of the pairs of one thing are (n = 362), and none of two things (n = 6,118)."""
_SEEDS = 12
"""At most so many photos are compared with all others."""


def of_same_things(memory: Memory, photos: Collection[str]) -> set[str]:
    """Hashes of `photos`, and of those that show the same: the user said so, or they look so.

    Raises MemoryFileError.
    """
    with memory.transaction() as db:
        answers = verdict_rows.newest_first(db)
        found = set(photos) | _said_same(photos, [v for v in answers if v.same])
        denied = {frozenset((v.photo, v.other)) for v in answers if not v.same}
        for photo in sorted(photos)[:_SEEDS]:
            for row in vectors.of_photo(db, photo):
                if not vector_index.ready(db, row.space):
                    continue  # the next recall builds it
                tokens = token_codes.decode([row.scales], [row.codes], row.dim)
                near = vectors.by_sight(db, row.space, tokens)
                likely = sorted(near, key=lambda one: -near[one].score)[:100]
                names, likeness = vectors.likenesses(db, row.space, {photo, *likely})
                alike = likeness[names.index(photo)] >= ALIKE
                found |= {
                    one
                    for one, same in zip(names, alike, strict=True)
                    if same and frozenset((photo, one)) not in denied
                }
    return found


def _said_same(photos: Iterable[str], yes: Collection[verdict_rows.Verdict]) -> set[str]:
    """Photos that answers "yes" join to these, also through others."""
    found, new = set[str](), set(photos)
    while new:
        found |= new
        new = {name for v in yes if {v.photo, v.other} & new for name in (v.photo, v.other)} - found
    return found
