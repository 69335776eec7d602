"""`ask` for a list: the memories that the request means, newest first. No language model is opened."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

from assistant.commands.printed_results import empty_result, recall_row
from memory.days import day_words
from memory.db.keys import ask_here
from memory.episode import Photo, Recall, printable
from memory.naming.lists import photo_lists
from memory.naming.lists.list_requests import request
from memory.paths import memory_file
from memory.relative_days import dated_words
from memory.store import Memory
from memory.text import count


def print_list(
    question: str, file: Path | None, look: Callable[[], tuple[Photo, list[Recall]]] | None, *, as_json: bool
) -> bool:
    """Print the list that the question asks for; False, and nothing printed, when it asks for none.

    `file`: the memory file; None for the usual one. `look`: the photo in view and what it recalls, which "more of him"
    needs; None when there is no photo. Raises KeepsakeError.
    """
    began, wanted = time.monotonic(), request(question)
    if wanted is None or (wanted.here and look is None):
        return False
    photo, recalls = look() if wanted.here and look else (None, [])
    with Memory(memory_file(file, to_read=True), ask=ask_here) as memory:
        wanted = photo_lists.of_view(memory, wanted, photo.sha256 if photo else "", recalls)
        found = [memory.get(entry.id) for entry in photo_lists.listed(memory, wanted)]
        undated = 0 if found else photo_lists.undated(memory, wanted)
    if as_json:
        rows = [recall_row(Recall(one, 1.0, wanted.title)) for one in found]
        print(json.dumps(empty_result() | {"recalled": rows, "seconds": round(time.monotonic() - began, 2)}))
        return True
    none = "no memory fits" + (f"; the day of {count(undated, 'photo')} is not known" if undated else "")
    print(printable(f"{wanted.title}: {count(len(found), 'photo') if found else none}"))
    for one in found:
        where = f", {one.place}" if one.place else ""
        print(printable(f"{one.id}  {day_words(one.day)}{where}: {' '.join(dated_words(one).split())}"))
    return True
