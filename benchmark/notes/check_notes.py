"""What a note must hold to be in the corpus. Every rule gives lines: which note, what is wrong, and what to do."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches

from benchmark.notes import told_words
from benchmark.notes.collection import Family, all_notes
from benchmark.notes.near_duplicates import near_duplicates, same_openings
from benchmark.notes.note import FilledNote, Note, Question
from benchmark.notes.slot_values import SPLITS, all_names
from benchmark.notes.template import slots

CAPTIONS, QUESTIONS, SENTENCES = (2, 2), (4, 8), (1, 7)
"""How many captions, questions and sentences a note has: least, most."""
ANSWERS = {"ask": (2, 3), "untold": (1, 3), "absent": (1, 3)}
UNANSWERABLE, EACH_KIND = 1 / 3, 0.12
"""Least shares of questions that the notes do not answer: of both kinds together, and of each."""
NEW_WORDS = 0.55
"""Largest share of a caption's content words that the note does not hold."""
ABBREVIATION = re.compile(r"(?<=\d)\.|\b(?:Mr|Mrs|Dr|St|ca|approx)\.")
FIRST_PERSON = re.compile(r"\b(?:I|[Mm]y|[Oo]ur|[Ww]e|us|me)\b")
QUOTED = re.compile(r"[\"“].*?[\"”]")
OWN_SPEECH = re.compile(
    r"\b(?:told|asked|remind\w*|tell|show\w*|said to|gave) me\b"
    r"|\bI (?:know|see|have|am|was|should|do|only|cannot|don't|can't|haven't|never)\b"
)
"""How the assistant may speak of itself."""
DOUBLE_STOP = re.compile(r"(?<!\.)\.\.(?!\.)")
TYPO = 0.75
"""Similarity (0 to 1) from which on an answer's word and a note's count as one: notes have typing errors."""
SEEDS = (0, 1, 2)
"""Seeds with which every family is filled, to see that its slots can be."""


def problems(families: Sequence[Family]) -> Iterator[str]:
    """Everything that is wrong with the notes, a line each."""
    for family in families:
        yield from _family(family)
    notes = all_notes(families)
    yield from _shares(notes)
    written = [filled for family in families if not list(_slots(family)) for filled in family.written()]
    yield from near_duplicates(written)
    yield from same_openings(written)


def _family(family: Family) -> Iterator[str]:
    """What is wrong with a note and those that follow it."""
    wrong = list(_slots(family))
    yield from wrong
    if wrong:
        return
    told = ""
    for filled in family.written():
        before, told = told, f"{told}\n{filled.text}"
        yield from _counts(filled.note)
        for line in (*_captions(filled, told), *_answers(filled, told), *_marks(filled), *_later(filled, before)):
            yield f"{filled.note.id} ({filled.note.where}): {line}"
    try:
        for seed in SEEDS:
            for split in SPLITS:
                family.filled(seed, split)
        yield from _refilled(family.filled(SEEDS[0]))
    except ValueError as error:
        yield f"{family.id} ({family.notes[0].where}): {error}"


def _refilled(notes: Sequence[FilledNote]) -> Iterator[str]:
    """Texts that are wrong once the slots are filled anew: "rope four" for {NUM:four} minutes, "On {DAY:9.11.}."."""
    told = ""
    for filled in notes:
        told = f"{told}\n{filled.text}"
        at = f"{filled.note.id} ({filled.note.where})"
        for text in (filled.label, *filled.captions):
            if new := told_words.untold(text, told):
                yield f"{at}: filled anew, the note does not tell {', '.join(new)}: {text}"
        for text in (*filled.captions, *(a for q in filled.questions for a in q.answers)):
            if DOUBLE_STOP.search(text):
                yield f"{at}: two full stops, since the slot ends in one: {text}"


def _slots(family: Family) -> Iterator[str]:
    """Slots that are defined twice or not at all, and marks that make no sense."""
    given = [(kind, value.casefold()) for note in family.notes for kind, value in slots(note.text)]
    for value, n in Counter(value for _, value in given).items():
        if n > 1:
            yield f"{family.id}: {value!r} is a slot {n} times: write {{{value}}}, without a kind, after the first"
    for note in family.notes:
        if any(re.search(r"\}(?:st|nd|rd|th)\b", template) for template in note.templates):
            yield f"{note.id} ({note.where}): write {{NUM:4th}}, not {{NUM:4}}th: the ending belongs to the number"
        if any(list(slots(template)) for template in note.templates[1:]):
            yield f"{note.id} ({note.where}): slots with a kind stand in the note itself; elsewhere write {{Value}}"
            return
    try:
        family.written()
    except (ValueError, KeyError) as error:
        yield f"{family.id} ({family.notes[0].where}): {error}"


def _counts(note: Note) -> Iterator[str]:
    """Numbers of captions, questions, answers and sentences."""
    sentences = len(re.findall(r"[^.!?\n]+(?:[.!?]+|\n|$)", ABBREVIATION.sub("", note.text)))
    rows = [
        (len(note.captions), CAPTIONS, "captions (say:)"),
        (len(note.questions), QUESTIONS, "questions"),
        (sentences, SENTENCES, "sentences"),
        *((len(q.answers), ANSWERS[q.kind], f"answers to {q.text!r}") for q in note.questions),
    ]
    for n, (least, most), what in rows:
        if not least <= n <= most:
            yield f"{note.id} ({note.where}): {n} {what}: {least} to {most} are wanted"
    if len({q.text for q in note.questions}) < len(note.questions):
        yield f"{note.id} ({note.where}): a question stands there twice"
    if not {"ask", "untold", "absent"} <= {q.kind for q in note.questions} and not note.follows:
        yield f"{note.id} ({note.where}): a question of each kind (ask, untold, absent) is wanted"


def _captions(filled: FilledNote, told: str) -> Iterator[str]:
    """Captions tell only what was told, speak of the reminder, and name the thing."""
    for caption in filled.captions:
        if new := told_words.untold(caption, told):
            yield f"the caption tells {', '.join(new)}, the note does not: {caption}"
        if (share := told_words.new_share(caption, told)) > NEW_WORDS:
            yield f"{share:.0%} of the caption's words are not in the note: {caption}"
        for reminder in filled.facts("reminder"):
            missing = set(told_words.content(reminder)) - set(told_words.content(caption))
            if len(missing) > len(set(told_words.content(reminder))) / 2:
                yield f"the caption does not speak the reminder ({reminder}): {caption}"
        if _speaks_as_owner(caption):
            yield f"a caption speaks to the owner, as you and your: {caption}"
    if told_words.untold(filled.label, told):
        yield f"the label tells more than the note: {filled.label}"
    if _speaks_as_owner(filled.label):
        yield f"the label speaks to the owner, as you and your: {filled.label}"


def _speaks_as_owner(text: str) -> bool:
    """Whether a text says "I" or "my" as the owner would, and not as the assistant may."""
    return bool(FIRST_PERSON.search(OWN_SPEECH.sub("", QUOTED.sub("", text))))


def _answers(filled: FilledNote, told: str) -> Iterator[str]:
    """Answers to answerable questions rest on a marked fact; those to others tell nothing new."""
    facts = {w for s in filled.spans for w in told_words.content(filled.text[s.start : s.end])}
    before = set(told_words.content(told)) - set(told_words.content(filled.text))
    for question in filled.questions:
        allowed = f"{told}\n{question.text}"
        for answer in question.answers:
            if new := told_words.untold(answer, allowed):
                yield f"an answer tells {', '.join(new)}, the note does not: {question.text} | {answer}"
            if _speaks_as_owner(answer):
                yield f"an answer speaks to the owner, as you and your: {question.text} | {answer}"
        if question.kind == "ask":
            core = told_words.content(question.answers[0])
            held = told_words.content(told)
            if missing := [w for w in core if not get_close_matches(w, held, n=1, cutoff=TYPO)]:
                yield f"the first answer is in words of the note; not there: {', '.join(missing)} ({question.text})"
            elif not any(get_close_matches(w, facts | before, n=1, cutoff=TYPO) for w in core):
                yield f"no marked fact supports the first answer {question.answers[0]!r} ({question.text})"


def _marks(filled: FilledNote) -> Iterator[str]:
    """Every note has a marked fact, and names stand in slots."""
    if not filled.spans:
        yield "no fact is marked"
    outside = re.sub(r"\{[^}]*\}|\[[a-z]+: |\]", lambda mark: "_" if mark[0][0] == "{" else "", filled.note.text)
    for found in told_words.WORD.finditer(outside):
        name = re.sub(r"['’]s$", "", found[0])
        if name in all_names() and not told_words.SENTENCE_START.search(outside[: found.start()]):
            yield f"the name {name} fills slots elsewhere: make it a slot here too"


def _later(filled: FilledNote, before: str) -> Iterator[str]:
    """A correction lists words of the earlier note, and no caption or answer tells them any more."""
    if filled.stale and not filled.note.follows:
        yield "stale: is for notes that follow another"
    for words in filled.stale:
        if words.lower() not in before.lower():
            yield f"stale: {words!r} does not stand in the earlier note"
        answers = (a for q in filled.questions if q.kind == "ask" for a in q.answers)
        for text in (*filled.captions, *answers):
            if re.search(rf"\b{re.escape(words.lower())}\b", text.lower()):
                yield f"{words!r} is stale, and still told: {text}"


def _shares(notes: Sequence[Note]) -> Iterator[str]:
    """The shares of questions that cannot be answered, over all notes."""
    counts = Counter(q.kind for q in _questions(notes))
    total = counts.total() or 1
    if (counts["untold"] + counts["absent"]) / total < UNANSWERABLE:
        share = (counts["untold"] + counts["absent"]) / total
        yield f"{share:.1%} of the questions are unanswerable: a third is wanted"
    for kind in ("untold", "absent"):
        if counts[kind] / total < EACH_KIND:
            yield f"{counts[kind] / total:.1%} of the questions are {kind}: {EACH_KIND:.0%} are wanted"


def _questions(notes: Iterable[Note]) -> Iterator[Question]:
    return (q for note in notes for q in note.questions)
