"""Words of a text that carry its content."""

from __future__ import annotations

import re

SMALL = frozenset("a an the in on at of and to my our was were with by for from it its".split())
"""Words that carry nothing."""


def content_words(text: str) -> set[str]:
    """Lower-case words without small ones and punctuation."""
    return set(re.findall(r"[\w'’]+", text.lower())) - SMALL
