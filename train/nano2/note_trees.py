"""Conversations from the notes corpus: what people really write about their photos, asked about in their words.

A memory holds a few notes, each filled with other names and days at every use; the photos are those of the token cache.
Captions and answers are the corpus's own. In more than half of the cases the prompt carries recall's evidence, as it
does in the app when a recall is sure; in the others the model has to see for itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache

import numpy as np

from assistant import prompt
from assistant.backend import Message
from benchmark.notes.collection import Family, notes_of
from benchmark.notes.note import FilledNote, Question
from benchmark.world import dialogue
from benchmark.world.scene import Look
from memory.episode import Episode, Photo, Turn
from train.pretrain.token_cache import TokenCache, photo_of, row_of

Rng = np.random.Generator
Branch = tuple[Message, ...]
REQUESTS = (prompt.CAPTION_REQUEST, *prompt.OTHER_REQUESTS)
EVIDENCE, DIRECT, STRANGER, GROUP, RECOLLECTED = 0.6, 0.12, 0.75, 0.5, 0.3
"""Shares: branches with recall's evidence, questions without a caption; trees with a stranger, with a group photo, with
a question about a memory and no new photo."""
REMINDING = 3
"""How many times as often as others a family of notes with a reminder is drawn."""
ASKED = 3
"""Conversations that share one caption, which is read once, and go on with a question or two of their own."""
KINDS = {
    "pet": ("animal",),
    "animal": ("animal",),
    "plant": ("plant",),
    "food": ("food",),
    "vehicle": ("vehicle", "thing"),
    "person": ("person",),
    "place": ("place",),
    "journey": ("place", "vehicle"),
}
"""Which kinds of concepts may illustrate a kind of note; all other notes get things."""
NOBODY = (dialogue.ABSTENTION, "You have not told me about anything in this photo.", "I do not know this one.")
UNTOLD = (dialogue.NO_ANSWER, "You did not tell me that.", "I do not know: you never told me.")


@dataclass(frozen=True, slots=True)
class Known:
    """A thing of a memory: its look, the episodes that tell of it, and the last note told, whose captions hold now."""

    look: Look
    episodes: tuple[Episode, ...]
    note: FilledNote
    shown: tuple[FilledNote, ...]
    """All notes that were told, the earliest first."""


def draw_note_tree(rng: Rng, cache: TokenCache, split: str) -> list[Branch]:
    """Draw the branches of one memory of notes: captions followed by questions, photos of groups, a stranger."""
    n = int(rng.choice((1, 2, 3, 4), p=(0.15, 0.3, 0.35, 0.2)))
    group = cache.groups[int(rng.integers(len(cache.groups)))][0] if n > 1 and rng.random() < GROUP else ()
    looks = list(group[:4])
    families = draw_families(rng, split, max(n, len(looks)))
    known: list[Known] = []
    for i, family in enumerate(families):
        look = looks[i] if i < len(looks) else draw_look(rng, cache, family, [k.look for k in known])
        known.append(draw_known(rng, cache, family, look, split))
    episodes = [e for k in known for e in k.episodes]
    branches: list[Branch] = []
    for i in rng.permutation(len(known))[:3]:
        branches += _draw_branches(rng, episodes, [known[i]], photo_of(other_row(rng, cache, known[i])))
    by_look = {k.look: k for k in known}
    rows = [(row, looks) for looks, row in cache.groups if group and set(looks) <= set(by_look)]
    for at in rng.permutation(len(rows))[:2]:
        row, there = rows[at]
        branches += _draw_branches(rng, episodes, [by_look[look] for look in there], photo_of(row))
    if rng.random() < STRANGER:
        branches.append(_draw_stranger(rng, cache, episodes, known))
    if rng.random() < RECOLLECTED:
        one = known[int(rng.integers(len(known)))]
        asked = _draw_question(rng, one)
        branches.append((*prompt.recollect_messages(one.episodes, asked.text), _answer(rng, asked)))
    return branches


@lru_cache
def _families(split: str) -> tuple[np.ndarray, np.ndarray]:
    """The families of notes of a split, and how likely each is told."""
    families = notes_of(split)
    weights = np.array([REMINDING if any("[reminder: " in n.text for n in f.notes) else 1 for f in families], float)
    return np.array(families, object), weights / weights.sum()


def draw_families(rng: Rng, split: str, n: int) -> list[Family]:
    """Draw n different families of notes of a split; those with reminders come more often."""
    families, likely = _families(split)
    return list(rng.choice(families, n, replace=False, p=likely))


def draw_known(rng: Rng, cache: TokenCache, family: Family, look: Look, split: str) -> Known:
    """Fill a family of notes, tell them about photos of one look, and keep what holds after the last note told."""
    filled = family.filled(int(rng.integers(1 << 31)), split)
    told = filled[: 1 + int(rng.integers(len(filled)))] if rng.random() < 0.3 else filled
    when, rows = dialogue.draw_date(rng), cache.single[look]
    row = int(rng.choice(rows))
    episodes = []
    for i, note in enumerate(told):
        turns = [Turn("user", note.text)]
        if rng.random() < 0.2:
            turns.append(Turn("assistant", str(rng.choice(("Good to know.", "Thank you, I will remember.", "Noted.")))))
        row = row if i == 0 or rng.random() < 0.5 else int(rng.choice(rows))
        day = None if rng.random() < 0.2 else when.date()
        episodes.append(replace(Episode(photo_of(row), tuple(turns), when), day=day))
        when += timedelta(days=int(rng.integers(1, 300)))
    return Known(look, tuple(episodes), told[-1], told)


def _draw_branches(rng: Rng, episodes: list[Episode], shown: list[Known], query: Photo) -> list[Branch]:
    """Draw conversations about a photo of `shown`: one caption with questions behind it, or a question alone."""
    sure = [e for k in shown for e in k.episodes] if rng.random() < EVIDENCE else []
    if len(shown) == 1 and rng.random() < DIRECT:
        asked = _draw_question(rng, shown[0])
        direct = prompt.direct_messages(episodes, query, asked.text, sure=sure)
        return [(*direct, _answer(rng, asked))]
    opening = prompt.caption_messages(episodes, query, request=draw_request(rng), sure=sure)
    opening = (*opening, Message("assistant", (caption(rng, shown),)))
    branches = []
    for _ in range(ASKED):
        messages = opening
        for _ in range(int(rng.choice((1, 2), p=(0.7, 0.3)))):
            asked = _draw_question(rng, shown[int(rng.integers(len(shown)))])
            messages = (*messages, Message("user", (asked.text,)), _answer(rng, asked))
        branches.append(messages)
    return branches


def caption(rng: Rng, shown: list[Known]) -> str:
    """The caption of a photo: one of the note's two; for several things all their names first, then what each is."""
    told = [str(rng.choice(k.note.captions)) for k in shown]
    if len(shown) == 1:
        return told[0]
    names = [k.note.label for k in shown]
    return " ".join((f"{_upper(', '.join(names[:-1]))} and {names[-1]}.", *told))


def _draw_stranger(rng: Rng, cache: TokenCache, episodes: list[Episode], known: list[Known]) -> Branch:
    """Draw a photo of something that nobody told about, and perhaps a question about it."""
    there = {k.look.code for k in known}
    code = str(rng.choice([c for c in cache.words if c not in there]))
    query = photo_of(int(rng.choice(cache.single[Look(code)])))
    memory = episodes if rng.random() < 0.8 else []
    messages = prompt.caption_messages(memory, query, request=draw_request(rng))
    messages = (*messages, Message("assistant", (NOBODY[0],)))
    if rng.random() < 0.6:
        asked = _draw_question(rng, known[int(rng.integers(len(known)))])
        messages = (*messages, Message("user", (asked.text,)), Message("assistant", (str(rng.choice(UNTOLD)),)))
    return messages


def draw_request(rng: Rng) -> str:
    """Draw a caption request: the app's own wording in two of five cases, else any wording."""
    return REQUESTS[0] if rng.random() < 0.4 else str(rng.choice(REQUESTS))


def _draw_question(rng: Rng, known: Known) -> Question:
    """Draw a question about the last note told; not quite half of them have an answer."""
    kind = str(rng.choice(("ask", "untold", "absent"), p=(0.46, 0.34, 0.2)))
    fitting = [q for q in known.note.questions if q.kind == kind] or list(known.note.questions)
    return fitting[int(rng.integers(len(fitting)))]


def _answer(rng: Rng, asked: Question) -> Message:
    """One of a question's answers; the shortest one in a third of the cases."""
    if len(asked.answers) == 1 or rng.random() < 0.33:
        return Message("assistant", (_upper(asked.answers[0]),))
    return Message("assistant", (asked.answers[1 + int(rng.integers(len(asked.answers) - 1))],))


def draw_look(rng: Rng, cache: TokenCache, family: Family, taken: list[Look]) -> Look:
    """A look that is not taken; in most cases one of the kind that the note is about."""
    kinds = KINDS.get(family.notes[0].kind, ("thing",))
    fitting = [look for look in cache.single if cache.words[look.code].kind in kinds and look not in taken]
    free = fitting if fitting and rng.random() < 0.7 else [look for look in cache.single if look not in taken]
    return free[int(rng.integers(len(free)))]


def other_row(rng: Rng, cache: TokenCache, known: Known) -> int:
    """The row of a photo of a known thing: one that no episode has, if there is one."""
    used = {row_of(e.photo) for e in known.episodes}
    rows = [row for row in cache.single[known.look] if row not in used] or cache.single[known.look]
    return int(rng.choice(rows))


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
