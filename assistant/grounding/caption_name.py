"""The name of what is in view, in a caption that tells of it without: small models begin with what it does."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from assistant.grounding.quotes.quotation import Quotable
from assistant.grounding.words.tokens import tokens
from memory.naming.named_things import names_of

_IS_NAMED = re.compile(r"(?P<what>(?:your|his|her|their|[\w'’]+['’]s) .+?) is (?P<name>[^.]+)\.", re.IGNORECASE)
_THIS_IS = re.compile(r"This is (?=(?:your|his|her|their|an?|the)\b)")


def with_name(sentence: str, before: str, recalled: Sequence[Quotable], told_by: Collection[str]) -> str:
    """A sentence of a caption with the one name that a memory gives to what is in view: "This is Moritz. You are not
    supposed to feed him.".

    `before`: the caption so far. `told_by`: ids of the recalled episodes that tell the sentence. Where the sentence
    says the name, it gets its capital letter at most; it stays as it is where the memory names nobody, or several.
    Behind "This is Milo." it says the name no more: "Your daughter's bear.", of "Your daughter's bear is Milo.".
    """
    words = next((one.episode.words for one in recalled if one.in_view and one.episode.id in told_by), "")
    names = names_of(words).shown
    said = {t.stem for t in tokens(f"{before} {sentence}")}
    if len(names) != 1:
        return sentence
    again = _IS_NAMED.fullmatch(sentence) if before.rstrip().endswith(f"This is {names[0]}.") else None
    if again and again["name"].lower() == names[0].lower():
        return f"{again['what']}."
    if any(t.stem in said for t in tokens(names[0])):
        return re.sub(rf"\b{re.escape(names[0].lower())}\b", names[0], sentence, count=1)
    if begun := _THIS_IS.match(sentence):
        return f"This is {names[0]}, {sentence[begun.end() :]}"
    return f"This is {names[0]}. {sentence}"


def only_name(words: str) -> str:
    """All that a caption can say where `words` give a name and nothing else: "This is Toffee.", of "It's Toffee";
    else ""."""
    names = names_of(words).shown
    if len(names) != 1 or {t.stem for t in tokens(words) if t.content} - {t.stem for t in tokens(names[0])}:
        return ""
    return f"This is {names[0]}."
