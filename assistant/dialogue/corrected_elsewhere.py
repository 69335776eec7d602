"""Corrections of what was told of somebody who is not in view: "sorry, Moose's flat is 3C, not 3B", with a cat in view.

Only where the line names whom it is of, and says nothing that could as well be told of the photo in view.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from assistant.dialogue.taken_back import LEAD, TAKES_BACK
from assistant.dialogue.word_corrections import Correction
from memory.episode import Episode
from memory.naming.named_things import names_of
from memory.store import Memory
from memory.text import folded, worth_looking_up

_NOT = frozenset("not instead rather than".split())


def of_the_named(memory: Memory, line: str, wanted: Correction, others: Iterable[Episode]) -> list[Episode]:
    """Those of the `others`, which have the words to be corrected, that are of somebody whom `line` names, by all that
    was told with the same photo. Raises KeepsakeError when the memory cannot be read."""
    said = _words(line) - _words(wanted.old) - _words(wanted.new) - _NOT
    lead = re.match(LEAD, line, re.IGNORECASE)
    takes_back = lead is not None and TAKES_BACK.search(lead[0]) is not None
    found = []
    for episode in others:
        told = [one.words for one in memory.about(episode.photo.sha256)]
        named = {word for text in told for word in _of_names(text)}
        of_it = {word for text in told for word in _words(text)}
        if said & named and (takes_back or all(word in of_it for word in said if worth_looking_up(word))):
            found.append(episode)
    return found


def _of_names(text: str) -> set[str]:
    """The words of the names in a text."""
    said = names_of(text)
    return {word for name in (*said.shown, *said.mentioned) for word in _words(name)}


def _words(text: str) -> set[str]:
    """The words of a text as they are compared, without "'s"."""
    return {word.removesuffix("'s") for word in re.findall(r"[^\W_][\w']*", folded(text.replace("’", "'")))}
