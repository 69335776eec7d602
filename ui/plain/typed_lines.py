"""The lines that the user types in plain mode: one after the other, and those that answer a question by yes or no."""

from __future__ import annotations

from memory.episode import printable
from ui.plain import plain_strings

YES = frozenset("y yes yeah yep yup sure ok okay".split())
NO = frozenset(["n", "no", "nope", "nah", "never mind", "cancel", ""])


class TypedLines:
    """Reads the lines of one session."""

    def __init__(self) -> None:
        self._waiting: list[str] = []
        """A line that answered no question: it is read next."""

    def next(self, prompt: str) -> str:
        """The next line. Raises EOFError where the input ends, and KeyboardInterrupt."""
        return self._waiting.pop() if self._waiting else input(prompt)

    def sure(self, question: str) -> bool | None:
        """Ask a question that yes or no answers; None: something else was typed, which is a line of its own.

        Nothing, or the end of the input, is a no.
        """
        try:
            typed = input(f"{printable(question)} ")
        except (EOFError, KeyboardInterrupt):
            print()
            return False
        said = " ".join(typed.lower().strip(" .,!").removesuffix("please").split()).strip(" ,")
        if said in YES or said in NO:
            return said in YES
        print(plain_strings.UNANSWERED)
        self._waiting.append(typed)
        return None
