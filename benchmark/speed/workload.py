"""What the peers of a speed run are asked: conversations about drawn scenes, and the prompt of each step.

One repeat is about some remembered episodes and a new photo: its caption, two questions, a restart, a third question;
then other photos and words of the same shape (the control), the memories in another order, and a new set of known
memories. Every repeat has photos and words of its own, so that no cache helps by accident.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from PIL import Image

from assistant import prompt
from assistant.backend import Message
from assistant.models.spec import Spec
from assistant.photo import from_image, pixels
from benchmark.world import sample
from memory.episode import Episode, Photo

SEED = 11
LARGE = 512
"""Pixels on a side of the new photo, for models that take any size."""
STEPS = {
    "caption": "caption, empty caches",
    "answer": "the question after the caption (pass 2)",
    "follow": "a follow-up question",
    "restart": "a question after a restart",
    "slot": "the same question, slot restored by the client",
    "control": "control: other photos and words",
    "order": "known memories in another order",
    "set": "a new set of known memories",
    "single": "one pass, no caption",
}
"""The steps of a repeat in order, by their names in a record."""
MAX_TOKENS = {"caption": 32, "answer": 16, "follow": 16}
"""Tokens to write in a step; in other steps one."""


@dataclass(frozen=True, slots=True)
class DrawnConversation:
    """The remembered episodes, the new photo, and three questions about it."""

    episodes: tuple[Episode, ...]
    photo: Photo
    questions: tuple[str, ...]


def draw_conversation(spec: Spec, episodes: int, index: int) -> DrawnConversation:
    """Draw one from the benchmark's scenes and dialogues. Photos get the model's size here, the same for all peers."""
    drawn = sample.build(sample.Spec("test", SEED, index, extra=max(0, episodes - 3)))
    remembered = tuple(replace(e, photo=resized(e.photo, spec.side)) for e in drawn.context[:episodes])
    questions = tuple(q.text for q in drawn.questions[drawn.positives[0]])
    return DrawnConversation(remembered, resized(drawn.query, spec.side or LARGE), questions)


def resized(photo: Photo, side: int | None) -> Photo:
    """A square photo with `side` pixels on a side; None: the photo as it is."""
    if side is None or photo.width == photo.height == side:
        return photo
    return from_image(Image.fromarray(pixels(photo)).resize((side, side), Image.Resampling.LANCZOS))


def step_prompt(
    step: str, ours: DrawnConversation, other: DrawnConversation, new_photo: Photo, answers: Sequence[str]
) -> tuple[Message, ...]:
    """The prompt of a step. `answers` are what this peer wrote so far: caption, answer, second answer."""
    opening = prompt.caption_messages(ours.episodes, ours.photo)
    if step == "single":
        return prompt.direct_messages(ours.episodes, ours.photo, ours.questions[0])
    if step == "control":
        return prompt.answer_messages(other.episodes, other.photo, answers[0], other.questions[0])
    if step == "order":
        return reordered(opening)
    if step == "set":
        return prompt.caption_messages((*ours.episodes[::2], *other.episodes[1::2]), new_photo)
    turns: list[Message] = []
    for text, question in zip(answers, ours.questions, strict=False):
        turns += [Message("assistant", (text,)), Message("user", (question,))]
    rounds = ("caption", "answer", "follow", "restart").index("restart" if step == "slot" else step)
    return (*opening, *turns[: 2 * rounds])


def reordered(messages: Sequence[Message]) -> tuple[Message, ...]:
    """The memories of a caption prompt backwards, to measure what a new order costs.

    The renderer never writes such a prompt: its order is canonical, so that a set of memories always reads alike.
    """
    system, user = messages
    memories, rest = user.parts[:-3], user.parts[-3:]
    backwards = [part for i in range(len(memories) - 3, -1, -3) for part in memories[i : i + 3]]
    return (system, replace(user, parts=(*backwards, *rest)))
