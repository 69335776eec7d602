"""Who is a sender in a chat of WhatsApp, and who only looks so: notices with a colon, the group, names with a colon."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence

from assistant.importing.chats.chat import Message
from assistant.importing.chats.whatsapp_words import has_deed, is_deed, is_own_deed

_QUOTES = (("“„", "”“"), ("«", "»"), ("「『", "」』"))
"""Signs that open a quotation and signs that close it: of Germany the one that opens elsewhere closes."""
_QUOTED = re.compile(r"[\"“„«「『].+[\"”“»」』][.。]?")
_MOST, _OFTEN = 30, 3
"""Characters of what stands behind the colon in a name, and how often it does where no file follows."""


def names_with_colons(heads: Sequence[re.Match[str]], attached: Callable[[str], object]) -> dict[str, str]:
    """The ends of names with a colon by their beginnings, "Praxis" by "Dr. Ben".

    All messages of such a sender have it, and a file follows it in one of them, or there are several.
    """
    said: dict[str, list[str]] = {}
    for match in heads:
        said.setdefault(match[1], []).append(match[2] or "")
    found = {}
    for name, texts in said.items():
        end, colon, _ = texts[0].partition(": ")
        rests = [text[len(end) + 2 :] for text in texts if text.startswith(f"{end}: ")]
        if not colon or len(end) > _MOST or "\n" in end or len(rests) < len(texts):
            continue
        if any(attached(rest) for rest in rests) or (
            len(rests) >= _OFTEN and not any(rest.startswith("http") for rest in rests)
        ):
            found[name] = end
    return found


def names_a_group(sender: str, text: str) -> bool:
    """Whether a sender and a text are a notice with a colon before a group's name: Anna изменила тему: "Рим"."""
    return bool(_QUOTED.fullmatch(text)) and len(sender.split()) > 2 and has_deed(sender)


def _depth(text: str, opening: str, closing: str) -> int:
    """How many quotations are open at the end of a text; a sign that does both closes where one is open."""
    depth = 0
    for sign in text:
        if sign in closing and (depth or sign not in opening):
            depth = max(0, depth - 1)
        elif sign in opening:
            depth += 1
    return depth


def within_quotes(text: str) -> bool:
    """Whether a quotation begins in the text and does not end: the colon behind it is one in a group's name."""
    opened = any(_depth(text, *pair) > 0 for pair in _QUOTES)
    single = len(re.findall(r"(?<=\s)['‘‚](?=\w)", text)) > len(re.findall(r"(?<=\w)['’](?!\w)", text))
    odd = text.count('"') % 2 == 1  # in Hebrew a letter may stand before it, as in a name
    hebrew = re.search(r"\s[למב]״[^״]*$", text)
    return opened or single or bool(hebrew) or (odd and (' "' in text or len(text.split()) > 3))


def group(messages: Sequence[Message]) -> str | None:
    """The sender who is the group itself: of three or more the one of whom only deeds of others are told."""
    texts: dict[str, list[str]] = {}
    for message in messages:
        texts.setdefault(message.sender, []).append("" if message.file or message.omitted else message.text)
    if len(texts) < 3:
        return None
    return next((one for one, said in texts.items() if all(is_deed(text, [*texts]) for text in said)), None)


def deeds(senders: Collection[str]) -> set[str]:
    """The senders that are the beginnings of notices with a colon: "Anna changed the description", beside an Anna."""
    found = set()
    for sender in senders:
        others = (one for one in senders if one != sender and sender.startswith(one))
        rest = (sender[len(one) :].strip(" ,") for one in others)
        if any(is_own_deed(text) for text in rest):
            found.add(sender)
    return found
