"""The two colour themes: warm on ink, and ink on paper."""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    "keepsake-dark", primary="#d9a66c", secondary="#8fa9bf", accent="#e3b98a", warning="#e0a04c", error="#d8736c",
    success="#93b58a", foreground="#e6e0d6", background="#17181c", surface="#1e2026", panel="#282b33", dark=True,
)  # fmt: skip
LIGHT = Theme(
    "keepsake-light", primary="#9a5f2c", secondary="#4a6a85", accent="#8a5426", warning="#a8690a", error="#a83a34",
    success="#4d7a45", foreground="#35312b", background="#f7f2e9", surface="#fffbf3", panel="#ece4d6", dark=False,
)  # fmt: skip
