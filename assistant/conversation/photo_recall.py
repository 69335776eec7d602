"""What a photo brings back in one conversation: recall by sight, then the model's word and the user's on each pair."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from assistant import sight
from assistant.backend import Backend
from assistant.conversation.conversation_state import Answer
from assistant.conversation.same_thing import PairCheck
from assistant.dialogue import denials
from assistant.encoder.encoder import PhotoEncoder
from memory.episode import Photo, Recall
from memory.store import Memory


class PhotoRecall:
    """Recalls by sight, and what was said about them since the conversation began."""

    def __init__(self, memory: Memory, encoder: PhotoEncoder) -> None:
        self._memory, self._encoder = memory, encoder
        self._checked = PairCheck(memory)
        self._said: dict[tuple[str, str], bool] = {}
        """Answers that are not kept: hashes of the new and the remembered photo, and whether they show the same."""

    def find(self, photo: Photo, backend: Backend | None) -> list[Recall]:
        """Episodes that belong to `photo`, surely or maybe, best first. Raises PhotoError, ModelError."""
        found = self._checked.applied(backend, photo, sight.recall(self._memory, self._encoder, photo))
        said = {other: same for (new, other), same in self._said.items() if new == photo.sha256}
        # A photo without words tells nothing: the user is asked what this is, as if none were known.
        found = [r for r in found if r.episode.words and said.get(r.episode.photo.sha256, True)]
        return [replace(r, certainty="sure") if said.get(r.episode.photo.sha256) else r for r in found]

    def verify(
        self, photo: Photo, recalls: Sequence[Recall], backend: Backend | None, stopped: Callable[[], bool]
    ) -> bool:
        """Ask a model that can whether the recalled photos show the same thing as `photo`; `find` heeds its answers.

        Returns whether there was anything to ask. Raises ModelStopped, ModelError.
        """
        return self._checked.ask(backend, photo, recalls, stopped)

    def confirm(
        self, photo: Photo, other: Photo, same: bool, backend: Backend | None, *, keep: bool, denied: str
    ) -> tuple[tuple[Answer, ...], list[Recall]]:
        """Take the user's word on whether `photo` shows what `other` shows; see `Conversation.confirm`.

        Returns the answers that the memory keeps now, in their order, and the recalls after them.
        """
        answers, new, said = list[Answer](), [other.sha256], set[str]()
        recalls = self.find(photo, backend)
        while new:
            scores = {r.episode.photo.sha256: min(max(r.score, 0.0), 1.0) for r in recalls}
            for name in new:
                pair = (photo.sha256, name)
                if keep:
                    answers.append((*pair, self._memory.answer(*pair, self._encoder.space, scores.get(name), same)))
                else:
                    self._said[pair] = same
            recalls, said = self.find(photo, backend), said | {*new}
            more = denials.called(recalls, denied) if denied and not same else []
            new = sorted({r.episode.photo.sha256 for r in more} - said)
        return tuple(answers), recalls
