"""What the photo in view leaves open: what "yes", "no", a name or "wrong" would answer when typed next.

Nothing is shown here. `line_decision.py` decides what a typed line is for; the app and plain mode show it, each in its
way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from assistant.dialogue.acts import Act
from assistant.dialogue.denials import THE_PHOTO, by_sight, called
from assistant.dialogue.photo_subject import subject
from assistant.grounding.quotes.quotation import introducing
from memory.episode import Recall


@dataclass
class InView:
    """The recalls of the photo in view, and what of them the user was asked and has said."""

    recalls: Sequence[Recall] = ()
    about: Recall | None = None
    """The recall that is asked about; y or n answers."""
    offered: Recall | None = None
    """The sure recall that y confirms and n denies, where none is asked about."""
    asking: bool = False
    """Whether the app has just asked who or what is in the photo."""
    denied: bool = False
    """Whether the last answer about a recall was no: what is typed next may say who it is."""
    answer_last: bool = False
    """Whether an answer is the last that was said: "wrong" then speaks of it, and not of what was recalled."""
    confirmed: set[str] = field(default_factory=set)
    """Hashes of recalled photos that show the same as the photo in view by the user's word."""

    @property
    def names_it(self) -> bool:
        """Whether what is typed next may say who or what is in the photo."""
        return self.asking or self.denied

    def answerable(self, same: bool) -> Recall | None:
        """The recall of which a bare "yes" (`same`) or "no" speaks; None, too, where the same "yes" was said before."""
        said = same and self.offered is not None and self.offered.episode.photo.sha256 in self.confirmed
        return self.about or (None if said else self.offered)

    def meant(self, act: Act) -> Recall | None:
        """The recall that a line confirms or denies: "that's not Leo", "yes, that's him"; None: it does neither.

        By a name only a memory can be meant whose words have it.
        """
        if act.verdict is None or (act.verdict and not self.answerable(True)):
            return None
        if act.denied:
            return next(iter(called(self.recalls, act.denied)), None)
        return asked_about(self.recalls) or _named(by_sight(self.recalls), self.recalls)

    def seen(self, recalls: Sequence[Recall], *, new: bool, after_answer: bool) -> None:
        """The photo was looked at, and recalled these. `new`: it came into view; `after_answer`: it was looked at again
        because the user answered about a recall, and not because something was told of it."""
        self.denied = self.denied and after_answer
        if new:
            self.confirmed.clear()
        self.ask(recalls)

    def ask(self, recalls: Sequence[Recall]) -> None:
        """Of these recalls one may be asked about."""
        self.recalls, self.about, self.offered = recalls, asked_about(recalls), offered(recalls)

    def answer_waits(self) -> None:
        """The user has answered, and the answer is not kept yet: nothing is asked meanwhile."""
        self.about = self.offered = None

    def answered(self, sha256: str, same: bool) -> None:
        """The user's answer is kept: the photo shows (`same`) what the recalled photo with this hash shows, or not."""
        self.denied = not same
        (self.confirmed.add if same else self.confirmed.discard)(sha256)

    def begin(self) -> None:
        """A new conversation begins, without a photo."""
        self.ask(())
        self.asking = self.denied = self.answer_last = False


def asked_about(recalls: Sequence[Recall]) -> Recall | None:
    """The recall to ask about: the first that is not sure; none when the user has said what is in this very photo."""
    return None if _told(recalls) else _named((one for one in recalls if one.certainty == "maybe"), recalls)


def offered(recalls: Sequence[Recall]) -> Recall | None:
    """The sure recall by sight that one key denies; none while one is asked about, or when this very photo was told."""
    return None if _told(recalls) or asked_about(recalls) else _named(by_sight(recalls), recalls)


def _told(recalls: Sequence[Recall]) -> bool:
    return any(recall.why == THE_PHOTO for recall in recalls)


def _named(found: Iterable[Recall], recalls: Sequence[Recall]) -> Recall | None:
    """The first of some recalls; of several of one photo that which says what it shows: not "remind me to wind it"."""
    first = next(iter(found), None)
    same = [one for one in recalls if first and one.episode.photo == first.episode.photo]
    if not first or len(same) < 2:
        return first
    named = [one for one in same if subject(one.episode.words)] or same
    shows = introducing([one.episode for one in named])
    return next(one for one in named if one.episode is shows)
