"""Past conversations, which the user can list, read and continue: questions, captions, answers and photos shown.

A conversation is no memory: nothing of it is ever recalled (`db/conversation_rows.py`). Its parts are each about one
photo or none; a part lists the episodes it used, and goes when one of them is forgotten (`forget.py`). Of a private
conversation nothing is stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from memory.db import conversation_rows
from memory.db.stored_conversation import Line, Part, StoredConversation, Title
from memory.episode import Episode
from memory.errors import UnknownEpisode
from memory.forget import selection
from memory.store import Memory
from memory.text import folded

LONGEST_TITLE = 200
"""Characters of a title in a list."""


def keep(memory: Memory, id: str, part: Part, *, new: bool) -> bool:
    """Store a part of the conversation `id`: a `new` part, or the present state of one that was stored before.

    False when the part was stored before and is gone: an episode it used was forgotten, so it is not stored again.
    Raises MemoryFileError.
    """
    with memory.transaction("IMMEDIATE") as db:
        if not new:
            return conversation_rows.update(db, id, part)
        conversation_rows.insert(db, id, part)
        return True


def titles(memory: Memory, words: str = "", limit: int = -1) -> list[Title]:
    """Conversations that contain all of `words`, whoever said them, newest first; `limit` -1 means no limit."""
    wanted = folded(words).split()
    hits: list[Title] = []
    with memory.transaction() as db:
        for outline in conversation_rows.outlines(db):
            if len(hits) == limit:
                break
            if wanted:
                text = folded("\n".join(line.text for line in outline.lines))
                if not all(word in text for word in wanted):
                    continue
            hits.append(Title(outline.id, outline.when, _title(outline.lines), outline.photos))
    return hits


def _title(lines: Sequence[Line]) -> str:
    """What the user said first, who it was, what the user asked next: "Who is this?" alone is no title.

    Who it was say the user's own words, where there are some, and else the caption.
    """

    def of(*kinds: str) -> list[str]:
        return [" ".join(line.text.split()) for line in lines if line.kind in kinds]

    first, told = of("question", "remembered")[:1], [*of("remembered"), *of("correction")[:1]]
    parts = dict.fromkeys([*first, *(told or of("caption")[:1]), *of("question")])
    title = "  ·  ".join(filter(None, parts))
    return title if len(title) <= LONGEST_TITLE else title[:LONGEST_TITLE].rsplit(" ", 1)[0].rstrip(" ·") + " …"


def get(memory: Memory, id: str) -> StoredConversation:
    """The conversation with this id, or the only one whose id begins so. Raises KeepsakeError."""
    with memory.transaction() as db:
        return conversation_rows.load(db, conversation_rows.find(db, id))


def mentioning(memory: Memory, words: str) -> list[Title]:
    """Conversations in which these words follow one another, whoever said them; newest first."""
    with memory.transaction() as db:
        said = selection.phrase(words)
        ids = {id for id, _ in conversation_rows.parts_with(db, lambda line: bool(said.search(line)))}
    return [title for title in titles(memory) if title.id in ids]


def recalled(memory: Memory, part: Part) -> list[Episode]:
    """The episodes of a part that are still remembered, and that the user has not called another thing than its photo.

    Raises MemoryFileError.
    """
    photo = part.photo.sha256 if part.photo else ""
    denied = {v.other for v in memory.verdicts() if v.photo == photo and not v.same}
    found = []
    for id in part.episodes:
        with suppress(UnknownEpisode):  # forgotten by another process, just now
            if (episode := memory.get(id)).photo.sha256 not in denied:
                found.append(episode)
    return found


def parts_with(memory: Memory, photo: str) -> int:
    """How many parts of conversations show the photo with this hash."""
    with memory.transaction() as db:
        return len(conversation_rows.parts_about(db, (), (photo,)))
