"""The words of a text that carry its content, for scores that compare word for word."""

from __future__ import annotations

import re

STOP_WORDS = frozenset("a an the in on at of and to my our was were with by for from it its".split())
"""Words that carry no content."""


def content_words(text: str) -> set[str]:
    """The words of a text in lower case, without stop words and punctuation."""
    return set(re.findall(r"[\w'’]+", text.lower())) - STOP_WORDS
