"""What the photo in view leaves open, in plain mode: what "yes", "no", a name or "wrong" would answer when typed next.

Nothing is printed here: `printer.py` says it, `plain_tellings.py` reads what is typed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from memory.episode import Recall
from ui import recall_strings


@dataclass
class InView:
    """The recalls of the photo in view, and what of them the user was asked and has said."""

    recalls: Sequence[Recall] = ()
    about: Recall | None = None
    """The recall that is asked about; y or n answers."""
    asking: bool = False
    """Whether the app has just asked who or what is in the photo."""
    denied: bool = False
    """Whether the last answer about a recall was no: what is typed next may say who it is."""
    answer_last: bool = False
    """Whether an answer is the last that was said: "wrong" then speaks of it, and not of what was recalled."""
    confirmed: set[str] = field(default_factory=set)
    """Hashes of recalled photos that are the same by the user's word, in this session."""

    @property
    def names_it(self) -> bool:
        """Whether what is typed next may say who or what is in the photo."""
        return self.asking or self.denied

    @property
    def offered(self) -> Recall | None:
        """The sure recall that y confirms and n denies."""
        return recall_strings.offered(self.recalls)

    def answerable(self, same: bool) -> Recall | None:
        """The sure recall of which the user may say that it is the same, or not; None when that was said already."""
        offered = self.offered
        return None if offered and same and offered.episode.photo.sha256 in self.confirmed else offered

    def seen(self, recalls: Sequence[Recall], *, may_ask: bool, after_answer: bool) -> None:
        """The photo was looked at, and recalled these. `may_ask`: where it recalled nobody, the app asks who it is.
        `after_answer`: it was looked at again because the user answered about a recall."""
        self.denied = self.denied and after_answer
        self.asking = may_ask and not recalls
        self.ask(recalls)

    def ask(self, recalls: Sequence[Recall]) -> None:
        """Of these recalls one may be asked about."""
        self.recalls, self.about = recalls, recall_strings.asked_about(recalls)

    def answered(self, sha256: str, same: bool) -> None:
        """The user said whether the photo shows what the recalled photo with this hash shows."""
        self.denied = not same
        (self.confirmed.add if same else self.confirmed.discard)(sha256)

    def begin(self) -> None:
        """A new conversation begins, without a photo."""
        self.recalls, self.about = (), None
        self.asking = self.denied = self.answer_last = False
