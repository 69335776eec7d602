"""What the grounding check found in a text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Grounding:
    """How a shown text came about. Text that was not checked has none."""

    cited: tuple[str, ...] = ()
    """Ids of the episodes in which sentences of the text stand, in the order of recall."""
    quoted: tuple[str, ...] = ()
    """Ids of the episodes that the text quotes, in the user's own words."""
    seen: tuple[str, ...] = ()
    """Sentences that only say what the model sees or, to a question about the world, knows."""
    left_out: tuple[str, ...] = ()
    """Sentences that the model wrote and that nothing supports: they were not shown."""

    @property
    def grounded(self) -> bool:
        """Whether the text is shown as the model wrote it."""
        return not self.left_out and not self.quoted


UNCHECKED = Grounding()
"""Of a text that was not checked: nothing is known."""
