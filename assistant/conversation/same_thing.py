"""The language model's word on a recall by sight: "Is the same thing in both photos?", read as a probability.

Not what the model writes is read, but how likely "yes" is against "no" as its first word. A model is asked only when
its manifest says so (`Verification`): one that was not measured to gain by it may as well do harm.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from assistant import prompt
from assistant.backend import Backend
from memory.episode import Photo, Recall
from memory.errors import PhotoError
from memory.store import Memory

YES, NO = ("Yes", "yes"), ("No", "no")
"""The words a turn may begin with; the probabilities of one answer's spellings are added."""


def probability_of_yes(backend: Backend, known: Photo, photo: Photo) -> float:
    """How likely the model's answer is "yes" (0 to 1), when it is one of the two. Raises ModelStopped, ModelError."""
    found = backend.next_words(prompt.same_thing_messages(known, photo), (*YES, *NO))
    yes, no = sum(found[: len(YES)]), sum(found[len(YES) :])
    return yes / (yes + no) if yes + no else 0.5


class PairCheck:
    """What a model answered about pairs of photos in one conversation: each pair is asked about once."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._likely: dict[tuple[str, str, str], float] = {}
        """By the model's name and the hashes of the new and the remembered photo."""

    def ask(
        self, backend: Backend | None, photo: Photo, recalls: Sequence[Recall], stopped: Callable[[], bool]
    ) -> bool:
        """Ask about the first recalled photos, unless the user has answered; only a model that has a `Verification`.

        Returns whether there was anything to ask. Raises ModelStopped, ModelError.
        """
        if not backend or not backend.verification:
            return False
        settled = {v.other for v in self._memory.verdicts() if v.photo == photo.sha256} | {photo.sha256}
        known = {r.episode.photo.sha256: r.episode.photo for r in recalls if r.episode.photo.sha256 not in settled}
        asked = False
        for other in list(known.values())[: backend.verification.photos]:
            pair = (backend.name, photo.sha256, other.sha256)
            if pair not in self._likely and not stopped():
                with suppress(PhotoError):  # a damaged photo: the prompt leaves it out, and names it
                    self._likely[pair] = probability_of_yes(backend, other, photo)
                    asked = True
        return asked

    def applied(self, backend: Backend | None, photo: Photo, recalls: Sequence[Recall]) -> list[Recall]:
        """The recalls after the model's word.

        Likely the same: sure. Surely not: "maybe" is dropped, and "sure" becomes "maybe": the user is asked.
        """
        out = []
        for recall in recalls:
            likely = self._likely.get((backend.name, photo.sha256, recall.episode.photo.sha256)) if backend else None
            if backend and backend.verification and likely is not None:
                if likely >= backend.verification.sure:
                    recall = replace(recall, certainty="sure", why=recall.why.removeprefix("maybe "))
                elif likely < backend.verification.nobody:
                    if recall.certainty == "maybe":
                        continue
                    recall = replace(recall, certainty="maybe")
            out.append(recall)
        return out
