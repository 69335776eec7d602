"""The words of a text that carry its content, for scores that compare word for word."""

from __future__ import annotations

import re
import tomllib
from functools import cache, lru_cache
from pathlib import Path

STOP_WORDS = frozenset("a an the in on at of and to my our was were with by for from it its".split())
"""Words that carry no content."""


def content_words(text: str) -> set[str]:
    """The words of a text in lower case, without stop words and punctuation."""
    return set(re.findall(r"[\w'’]+", text.lower())) - STOP_WORDS


@lru_cache(maxsize=8192)
def canonical_words(text: str) -> frozenset[str]:
    """The content words of a text, lower case, each wording replaced by its canonical one (`paraphrases.toml`)."""
    plain = " ".join(re.findall(r"[^\W_]+(?:'[^\W_]+)*", text.lower().replace("’", "'")))
    wordings, canonical = _wordings()
    return frozenset(wordings.sub(lambda match: canonical[match[0]], plain).split()) - STOP_WORDS


@cache
def _wordings() -> tuple[re.Pattern[str], dict[str, str]]:
    """A pattern of all other wordings, the longest first; and the canonical wording of each."""
    with open(Path(__file__).parent / "paraphrases.toml", "rb") as file:
        table: dict[str, list[str]] = tomllib.load(file)
    canonical = {other: one for one, others in table.items() for other in others}
    longest_first = sorted(canonical, key=lambda other: (-len(other), other))
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, longest_first))})\b"), canonical
