"""Training tasks about natural notes: captions and answers about what people really write, and what they earn.

The photos are those of the token cache, the notes those of a split of the corpus, filled anew at each draw. All rewards
are by words, as the measures of `benchmark/tasks/natural_notes.py` are; a sentence that the app's grounding check would
withhold earns nothing either, so that the model learns to write what is shown.

    caption   told - other - (invented + withheld + first person + overlong) / 2      (each 0 to 1)
              if it says that nothing is known, -1; about a stranger, 1 if it says so, else -1
    answer    1 right, -0.6 declined, -1 wrong; 0.25 if it is right, but the check withholds it, or it is overlong
              to a question without an answer: 1 declined, -1 answered

"Told" is the share of the note's answerable questions that the caption answers, where each reminder counts as one more
question; for a photo of several things, this share is averaged with the share of the things that the caption tells of
at all. "Other" is 1 if it tells of a thing that the photo does not show.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from assistant import prompt
from assistant.backend import Message
from assistant.chatml import pieces
from assistant.grounding.claims import sentences
from assistant.grounding.evidence import grounded_text
from assistant.grounding.quotes.answering_sentence import sentence_at
from assistant.grounding.text_checks import Checks
from benchmark.judges.judge import Judge
from benchmark.notes.note import FilledNote, Question
from benchmark.notes.told_words import untold
from benchmark.tasks.abstention import declines
from benchmark.tasks.natural_notes import (
    FEW,
    REMINDED,
    answers_it,
    content_words,
    told_of,
    words_of,
)
from benchmark.world.scene import Look
from memory.episode import Photo, Recall
from train.nano2.note_trees import Known, caption, draw_families, draw_known, draw_look, draw_request, other_row
from train.pretrain.token_cache import TokenCache, photo_of, row_of
from train.reader.reader_examples import place
from train.recipe import Gspo
from train.rl.reward import MOST_TOKENS, Reward, degenerate
from train.rl.rollout import Rollout

Rng = np.random.Generator
KNOWN, KNOWN_SHARES = (1, 2, 3, 4), (0.15, 0.3, 0.4, 0.15)
"""How many things a memory has, and how often."""
CAPTIONS, GROUPS, EVIDENCE, WITHOUT_PHOTO = 0.45, 0.4, 0.75, 0.12
"""Shares: captions among tasks; photos of several things; prompts with recall's evidence; answers without a photo."""
FOUND = {"ask": 0.85, "untold": 0.3, "absent": 0.05}
"""How often a question of each kind quotes a sentence of the note, as if a reader had found it: the one that answers,
or the likeliest if none does. The shipped reader finds a sentence about as often in notes that it was not trained on
(LOG.md, *The sentence that answers*); it was trained on the train split, and would find too many there."""
ASTRAY = 0.06
"""How often the quoted sentence is not the one that answers."""
TOGETHER = 3
"""Most things in a photo of several things."""
KINDS, KIND_SHARES = ("ask", "untold", "absent"), (0.6, 0.25, 0.15)
MINE = frozenset("i i'm i've i'd i'll me my mine myself we we're we've we'd our ours us".split())
"""Words by which a caption would speak as if it were the user."""
REFUSED, WITHHELD = -0.6, 0.25


@dataclass(frozen=True)
class NoteTask:
    """A prompt about notes: to write a caption, or to answer a question, mostly after a caption."""

    kind: Literal["note caption", "note answer"]
    known: tuple[Known, ...]
    """The things of the memory."""
    shown: tuple[int, ...]
    """Which of `known` the photo shows; without a photo, which of them the prompt tells of; empty for a stranger."""
    query: Photo | None
    messages: tuple[Message, ...]
    gold: str
    asked: Question | None = None

    def score(self, rollouts: Sequence[Rollout], judge: Judge, g: Gspo) -> list[Reward]:
        """The reward of each completion."""
        out = []
        for rollout in rollouts:
            n = MOST_TOKENS + 1 if rollout.truncated else len(rollout.ids)
            why = "empty" if not rollout.text else degenerate(rollout.text, n) if g.degeneration_filter else None
            if why:
                out.append(Reward(-1.0, degenerate=why))
            elif self.asked:
                out.append(Reward(self._answer(rollout.text, self.asked)))
            else:
                out.append(self._caption(rollout.text))
        return out

    @property
    def title(self) -> str:
        """What the photo shows, for people."""
        return ", ".join(self.known[i].note.label for i in self.shown) or "nobody"

    def readable(self, cache: TokenCache) -> str:
        """The prompt for people: every character, and for each photo its row of the cache."""
        found = pieces(self.messages)
        return "".join(f"[photo {row_of(p)}]" if isinstance(p, Photo) else p.text for p in found)

    def _caption(self, text: str) -> Reward:
        told, own = content_words(text), [self._words(k) for k in self.known]
        tells = [len(told & (mine - set().union(*own[:i], *own[i + 1 :]))) >= FEW for i, mine in enumerate(own)]
        other = any(tells[i] for i in range(len(own)) if i not in self.shown)
        silent = declines(text) and not any(tells)  # "he kept it, for you did not tell him" tells something
        if silent or not self.shown:
            right = silent and not self.shown and not other
            return Reward(1.0 if right else -1.0, float(right), float(not right))
        notes = [self.known[i].note for i in self.shown]
        held, asked = told_of(told, notes, absent=False)
        reminders = [content_words(r) for note in notes for r in note.facts("reminder")]
        held += sum(len(told & r) >= REMINDED * len(r) for r in reminders)
        plus = held / ((asked + len(reminders)) or 1.0)
        if len(self.shown) > 1:
            plus = (plus + sum(tells[i] for i in self.shown) / len(self.shown)) / 2
        faults = (
            min(1.0, len(untold(text, self._told)) / 2),
            self._withheld(text, reminders),
            float(any(word.lower().replace("’", "'") in MINE for word in text.split())),
            self._overlong(text),
        )
        minus = float(other) + sum(faults) / 2
        return Reward(plus - minus, plus, minus)

    def _answer(self, text: str, asked: Question) -> float:
        declined = declines(text)
        if asked.kind != "ask":
            return 1.0 if declined else -1.0
        if declined:
            return REFUSED
        if not answers_it(asked, text):
            return -1.0
        return WITHHELD if self._withheld(text) or self._overlong(text) else 1.0

    def _withheld(self, text: str, reminders: Sequence[set[str]] = ()) -> float:
        """The share of sentences that the app would not show; a reminder is shown by the app itself."""
        checked = grounded_text(self._recalls, self.query, self.asked.text if self.asked else None, Checks("told"))
        checked.write(text)
        checked.finish()
        bad = [s for s in checked.grounding.left_out if not _speaks(s, reminders)]
        return len(bad) / max(1, text.count(". ") + 1, len(bad))

    def _overlong(self, text: str) -> float:
        """How far a text exceeds one and a half times the longest right text, and 8 words: 1 from twice that length."""
        right = self.asked.answers if self.asked else [" ".join(self.known[i].note.captions) for i in self.shown]
        words = sum(len(r.split()) for r in right) if not self.asked else max(len(r.split()) for r in right)
        most = 8 + 1.5 * words if self.asked else 8 + 0.75 * words  # `words` counts both captions of a note
        return min(1.0, max(0.0, len(text.split()) / most - 1))

    @cached_property
    def _recalls(self) -> list[Recall]:
        return [
            Recall(episode, 1.0, "in the context", "sure" if i in self.shown else "maybe")
            for i, k in enumerate(self.known)
            for episode in k.episodes
        ]

    @cached_property
    def _told(self) -> str:
        """All that was told about the things shown, and the corpus's captions of them."""
        shown = [self.known[i] for i in self.shown]
        return " ".join(t for k in shown for t in (*(n.text for n in k.shown), k.note.label, *k.note.captions))

    @staticmethod
    def _words(known: Known) -> set[str]:
        return set().union(*(words_of(note) for note in known.shown))


def draw_note_task(rng: Rng, cache: TokenCache, split: str, strangers: float) -> NoteTask:
    """Draw a task about a memory of notes of a split; `strangers` is the share of captions of nothing known."""
    n = int(rng.choice(KNOWN, p=KNOWN_SHARES))
    looks: tuple[Look, ...] = ()
    row = -1
    if n > 1 and rng.random() < GROUPS:
        groups = [group for group in cache.groups if len(group[0]) <= TOGETHER]
        looks, row = groups[int(rng.integers(len(groups)))]
    known: list[Known] = []
    for i, family in enumerate(draw_families(rng, split, max(n, len(looks)))):
        look = looks[i] if i < len(looks) else draw_look(rng, cache, family, [k.look for k in known])
        known.append(draw_known(rng, cache, family, look, split))
    captions = rng.random() < CAPTIONS
    if captions and rng.random() < strangers:
        return _stranger(rng, cache, known)
    shown = list(range(len(looks))) if looks else [int(rng.integers(len(known)))]
    query = photo_of(row if looks else other_row(rng, cache, known[shown[0]]))
    episodes = [e for k in known for e in k.episodes]
    sure = [e for i in shown for e in known[i].episodes] if rng.random() < EVIDENCE else []
    request, there = draw_request(rng), [known[i] for i in shown]
    right = caption(rng, there)
    if captions:
        messages = prompt.caption_messages(episodes, query, request=request, sure=sure)
        return NoteTask("note caption", tuple(known), tuple(shown), query, messages, right)
    one = there[int(rng.integers(len(there)))]
    asked = _draw_question(rng, one)
    question = prompt.asked(asked.text, _draw_found(rng, one.note, asked))
    if rng.random() < WITHOUT_PHOTO:
        messages = prompt.recollect_messages([e for k in there for e in k.episodes], question)
        return NoteTask("note answer", tuple(known), tuple(shown), None, messages, _gold(asked), asked)
    messages = prompt.answer_messages(episodes, query, right, question, request=request, sure=sure)
    return NoteTask("note answer", tuple(known), tuple(shown), query, messages, _gold(asked), asked)


def _stranger(rng: Rng, cache: TokenCache, known: Sequence[Known]) -> NoteTask:
    """Draw a photo of something that nobody told about."""
    there = {k.look.code for k in known}
    code = str(rng.choice([c for c in cache.words if c not in there]))
    query, episodes = photo_of(int(rng.choice(cache.single[Look(code)]))), [e for k in known for e in k.episodes]
    messages = prompt.caption_messages(episodes, query, request=draw_request(rng))
    return NoteTask("note caption", tuple(known), (), query, messages, "I do not know anything in this photo.")


def _draw_question(rng: Rng, known: Known) -> Question:
    kind = str(rng.choice(KINDS, p=KIND_SHARES))
    fitting = [q for q in known.note.questions if q.kind == kind] or list(known.note.questions)
    return fitting[int(rng.integers(len(fitting)))]


def _draw_found(rng: Rng, note: FilledNote, asked: Question) -> str | None:
    """The sentence that a reader might find for a question: the one that answers, another one, or none."""
    if rng.random() >= FOUND[asked.kind]:
        return None
    lines = list(sentences(note.text))
    answer = place(note.text, asked)
    if answer and rng.random() >= ASTRAY:
        return sentence_at(note.text, answer[0])
    wanted = content_words(asked.text)
    shared = [len(wanted & content_words(line)) + rng.random() for line in lines]
    return lines[int(np.argmax(shared))] if lines else None


def _gold(asked: Question) -> str:
    """The shortest answer; for a question without an answer the last text, which is general and surely declines."""
    return asked.answers[0 if asked.kind == "ask" else -1]


def _speaks(sentence: str, reminders: Sequence[set[str]]) -> bool:
    told = content_words(sentence)
    return any(len(told & r) >= REMINDED * len(r) for r in reminders)
