"""Captions and answers about what people really write (`capeval --notes`): notes of the corpus, real or drawn photos.

A sample is a memory of a few things, each told about in one note, and a new photo of one or two of them, or of none.
The model captions it, then answers questions about it: one that a note answers, one about a fact that was never told,
one about a thing that is absent. All scores are by words: they prove nothing right, and count the same for every model.
The corpus's own captions and answers are scored beside the model's; what they miss is the scorer's fault.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import numpy as np

from assistant import prompt
from assistant.backend import MaySay
from assistant.grounding.evidence import grounded_text
from assistant.grounding.quotes.answering_sentence import answering_sentence
from assistant.grounding.quotes.reading import Reader
from assistant.grounding.text_checks import Checks
from assistant.reader import answer_reader
from benchmark.judges.score import Scores
from benchmark.notes.collection import notes_of
from benchmark.notes.note import FilledNote, Question
from benchmark.notes.told_words import STOP, words
from benchmark.runner import CachedWriter
from benchmark.tasks.abstention import declines
from memory.episode import Episode, Photo, Recall, Turn

Evidence = Literal["none", "sure"]
FEW = 2
"""How many words of a note, and of no other, a caption must hold to tell of the note."""
REMINDED = 0.6
"""Share of a reminder's words that a caption must hold to speak it."""
View = Callable[[Sequence[int], np.random.Generator], Photo]
"""Draws a photo that shows the things with these numbers, another one each time."""


@dataclass(frozen=True, slots=True)
class NoteSample:
    """A memory of notes, and a photo that shows some of its things."""

    context: tuple[Episode, ...]
    notes: tuple[FilledNote, ...]
    """The note that each episode of the context tells."""
    shown: tuple[int, ...]
    """Indices of the context's things that the photo shows; empty for a stranger."""
    query: Photo
    questions: tuple[Question, ...]
    """One of each kind, about the first thing shown."""


def draw(view: View, things: int, split: str, n: int, seed: int, k: int = 3, shown: int = 1) -> Iterator[NoteSample]:
    """Draw `n` samples of `k` notes of a split; the photo shows `shown` of their things (0: a stranger).

    `view` draws photos of `things` things. Raises ValueError when there are too few of them.
    """
    if things < k + (shown == 0):
        raise ValueError(f"{k} memories need photos of {k + (shown == 0)} things, there are {things}")
    families = notes_of(split)
    for i in range(n):
        rng = np.random.default_rng((seed, k, shown, i))
        chosen = rng.choice(things, k + (shown == 0), replace=False)
        notes = [families[j].filled(int(rng.integers(1 << 31)))[0] for j in rng.choice(len(families), k, replace=False)]
        day = datetime(2023, 1, 1, 12, tzinfo=UTC) + timedelta(days=int(rng.integers(900)))
        context = tuple(
            Episode(view([int(thing)], rng), (Turn("user", note.text),), day + timedelta(days=7 * at))
            for at, (thing, note) in enumerate(zip(chosen[:k], notes, strict=True))
        )
        asked = notes[0].questions
        some = tuple(_one(rng, [q for q in asked if q.kind == kind]) for kind in ("ask", "untold", "absent"))
        query = view([int(one) for one in (chosen[:shown] if shown else chosen[k:])], rng)
        yield NoteSample(context, tuple(notes), tuple(range(shown)), query, some)


def write(
    writer: CachedWriter,
    sample: NoteSample,
    evidence: Evidence,
    request: str,
    check: MaySay | None = None,
    reader: Reader | None = None,
) -> tuple[str, list[str]]:
    """The model's caption of a sample's photo, and its answers to the questions behind it.

    `reader`: finds the sentence that the app quotes to a small model beside the question; None: nothing is quoted.
    `check`: what the model may state as a fact, to get the texts as the app shows them: after the grounding check,
    which puts the user's own words in the place of what no memory supports. None: the texts are not checked.
    """
    sure = [sample.context[i] for i in sample.shown] if evidence == "sure" else []
    opening = prompt.caption_messages(sample.context, sample.query, request=request, sure=sure)
    caption, answers = _shown(sample, writer.write(opening), None, check), []
    for asked in sample.questions:
        question = prompt.asked(asked.text, answering_sentence(asked.text, _recalls(sample), reader))
        messages = prompt.answer_messages(sample.context, sample.query, caption, question, request=request, sure=sure)
        answers.append(_shown(sample, writer.write(messages), asked.text, check))
    return caption, answers


def _shown(sample: NoteSample, text: str, question: str | None, check: MaySay | None) -> str:
    """A caption (`question` None) or answer as the app shows it; unchanged without a check."""
    if check is None:
        return text
    checked = grounded_text(_recalls(sample), sample.query, question, Checks(check, answer_reader.shipped()))
    checked.write(text)
    checked.finish()
    return checked.shown.strip()


def _recalls(sample: NoteSample) -> list[Recall]:
    """The context as recalled episodes: recall is sure of what the photo shows."""
    return [
        Recall(episode, 1.0, "in the context", "sure" if i in sample.shown else "maybe", by_sight=True)
        for i, episode in enumerate(sample.context)
    ]


def gold(sample: NoteSample) -> tuple[str, list[str]]:
    """The corpus's own caption and answers."""
    told = " ".join(sample.notes[i].captions[0] for i in sample.shown)
    return told or "I do not know anything in this photo.", [q.answers[-1] for q in sample.questions]


def score(sample: NoteSample, caption: str, answers: Sequence[str]) -> Scores:
    """Scores as (right, asked) by measure."""
    told, own = content_words(caption), [words_of(note) for note in sample.notes]
    tells = [len(told & (words_ - set().union(*own[:i], *own[i + 1 :]))) >= FEW for i, words_ in enumerate(own)]
    others = [i for i in range(len(own)) if i not in sample.shown]
    scores: Scores = {
        "named": (float(sum(tells[i] for i in sample.shown)), float(len(sample.shown))),
        "named_all": (float(all(tells[i] for i in sample.shown)), float(bool(sample.shown))),
        "wrong": (float(any(tells[i] for i in others)), 1.0),
        "nobody": (float(declines(caption)), 1.0),
        "acc_neg": told_of(told, [sample.notes[i] for i in others], absent=True),
    }
    if sample.shown:
        scores["acc_pos"] = told_of(told, [sample.notes[i] for i in sample.shown], absent=False)
        right = answers_it(sample.questions[0], answers[0])
        scores["answer_right"] = (float(right), 1.0)
        scores["answer_refused"] = (float(declines(answers[0]) and not right), 1.0)
        scores["untold_abstained"] = (float(declines(answers[1])), 1.0)
        scores["absent_abstained"] = (float(declines(answers[2])), 1.0)
        scores["unknown_made_up"] = (float(sum(not declines(a) and not _quotes(a) for a in answers[1:])), 2.0)
        declined = float(declines(answers[1])) + float(declines(answers[2]))
        answered = float(right and not declines(answers[0]))
        scores["true_abstention"] = (declined, 2.0)  # Omni-Persona's, see `tasks/abstention.py`
        scores["calibration"] = (answered + declined, 3.0)
        reminders = [content_words(r) for i in sample.shown for r in sample.notes[i].facts("reminder")]
        if reminders:
            spoken = all(len(told & r) >= REMINDED * len(r) for r in reminders)
            scores["reminder_spoken"] = (float(spoken), 1.0)
    return scores


def told_of(told: set[str], notes: Sequence[FilledNote], *, absent: bool) -> tuple[float, float]:
    """How many answerable questions about some notes a caption answers, or (`absent`) does not; and how many there are.

    A caption answers a question if it holds all words of the question's shortest answer.
    """
    answers = [content_words(q.answers[0]) for note in notes for q in note.questions if q.kind == "ask"]
    held = sum(bool(a) and a <= told for a in answers)
    return float(len(answers) - held if absent else held), float(len(answers))


def answers_it(asked: Question, answer: str) -> bool:
    """Whether an answer holds all words of one of the right answers."""
    told = content_words(answer)
    return any(right and right <= told for right in map(content_words, asked.answers))


def _quotes(text: str) -> bool:
    """Whether the app answered with the user's own words, in the form of `grounding/quotes`."""
    return "“" in text and text.endswith("”")


def words_of(note: FilledNote) -> set[str]:
    """The words of a note: a caption that holds some of them tells of the note."""
    return content_words(" ".join((note.text, note.label, *note.captions)))


def content_words(text: str) -> set[str]:
    """The words of a text that carry content, in small letters, without a possessive ending."""
    found = (word.lower().replace("’", "'").removesuffix("'s") for word in words(text))
    return {word for word in found if word not in STOP}


def _one(rng: np.random.Generator, questions: Sequence[Question]) -> Question:
    return questions[int(rng.integers(len(questions)))]
