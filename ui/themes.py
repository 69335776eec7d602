"""The two colour themes: warm on ink, and ink on paper. All text stands out by 4.5 to 1 (`test_contrast.py`)."""

from __future__ import annotations

from textual.theme import Theme


def _variables(primary: str, foreground: str) -> dict[str, str]:
    """Where Textual's own colours are too faint to read: secondary text, hints in empty fields, what is selected."""
    return {
        "foreground-muted": f"{foreground}c4",
        "text-muted": "auto 68%",
        "text-disabled": "auto 64%",
        "input-selection-background": f"{primary}4a",
    }


DARK = Theme(
    "keepsake-dark", primary="#d9a66c", secondary="#8fa9bf", accent="#e3b98a", warning="#e0a04c", error="#dd7d76",
    success="#93b58a", foreground="#e6e0d6", background="#17181c", surface="#1e2026", panel="#282b33", dark=True,
    variables=_variables("#d9a66c", "#e6e0d6"),
)  # fmt: skip
LIGHT = Theme(
    "keepsake-light", primary="#8c5423", secondary="#46657f", accent="#86511f", warning="#875400", error="#a83a34",
    success="#41693a", foreground="#35312b", background="#f7f2e9", surface="#fffbf3", panel="#ece4d6", dark=False,
    variables=_variables("#8c5423", "#35312b"),
)  # fmt: skip
