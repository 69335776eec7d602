"""The data card of the notes: counts, splits, variety, how they were made and checked, and what they are not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from benchmark import markdown
from benchmark.notes.check_notes import NEW_WORDS
from benchmark.notes.collection import HELD_OUT, Family, all_notes
from benchmark.notes.near_duplicates import MAX_SIMILARITY, similar_pairs
from benchmark.notes.slot_values import LISTED, SPLITS, values
from benchmark.notes.template import slots
from benchmark.notes.variety import Variety, template_texts, variety

HEAD = """# Data card: notes about photos

{notes} notes as people write them about their photos, in {voices} voices, with {questions} questions, of which
{unanswerable} cannot be answered. All were written for this project, one by one, by a language model in the part of
the writer; none comes from a template, a corpus or a person's photos. Nobody in them exists. {twice} of
them were read a second time (`read: 2`), as written and filled with other values, by the same model, later, and mended:
what it found (`LOG.md`) is a lower bound of what was wrong.
Licence: CC0 1.0, for the notes and for `values.toml`; the code beside
them is under the project's licence.

`WRITING.md` says how to write more. `python -m benchmark notes check` holds the rules, `python -m benchmark notes
page` makes a page to browse, `python -m benchmark notes export` prints JSON lines, and `python -m benchmark notes
card --save` writes this page.

## What a note is

What somebody wrote, with its facts marked; two captions that say to the owner what the photo means and tell nothing
else; four to eight questions with answers; what to call the thing in a list. Questions come in three kinds: *ask*
(the note answers it), *untold* (the thing is there, and the fact was never told), *absent* (about something that is
neither in the note nor in its photo). A later note may add to an earlier one or correct it: what is `stale` then must
not be told any more. Names, places, days and numbers are slots: each use fills them with other values of the same
split, in the form in which they were written.
"""
CHECKS = """## What is checked

- Names, numbers, kin, colours, months and places of a caption or an answer stand in the note (or in the one it
  follows), and at most {new:.0%} of a caption's words are new. A check by words: it catches what is invented, and
  proves nothing true.
- The first answer of a question that can be answered is in words of the note, and stands on a marked fact. A reminder
  is spoken by both captions.
- Two notes share at most {alike} % of their runs of three words, names and numbers aside.
- Names that fill slots stand in slots only. Every note is filled with the values of every split.

## What the notes are not

They are one author's idea of {voices} people, in English, most of them in Europe. A model that is good with them is
not proven good with what anybody writes. The photos are not here: a note says what its photo shows, and a picture is
chosen for it.
"""


def counts(families: Sequence[Family]) -> dict[str, Any]:
    """All numbers of the card."""
    notes = all_notes(families)
    asked = Counter(q.kind for note in notes for q in note.questions)
    written = [filled for family in families for filled in family.written()]
    return {
        "notes": len(notes),
        "families": len(families),
        "by_split": {
            s: {
                "notes": sum(len(f.notes) for f in families if f.split == s),
                "questions": sum(len(n.questions) for f in families if f.split == s for n in f.notes),
            }
            for s in SPLITS
        },
        "by_voice": dict(sorted(Counter(note.voice for note in notes).items())),
        "by_kind": dict(Counter(note.kind for note in notes).most_common()),
        "questions": dict(asked),
        "answers": sum(len(q.answers) for note in notes for q in note.questions),
        "facts": dict(Counter(span.kind for filled in written for span in filled.spans).most_common()),
        "slots": dict(Counter(kind for note in notes for kind, _ in slots(note.text)).most_common()),
        "of_two_things": sum(len(note.things) > 1 for note in notes),
        "later_notes": sum(bool(note.follows) for note in notes),
        "corrections": sum(bool(note.stale) for note in notes),
        "reminders": sum("[reminder: " in note.text for note in notes),
        "read_twice": sum(note.read > 1 for note in notes),
        "most_alike": round(max((alike for alike, _, _ in similar_pairs(written)), default=0.0), 3),
        "variety": asdict(variety([filled.text for filled in written])),
        "templates": asdict(variety(template_texts(len(notes)))),
    }


def card(families: Sequence[Family]) -> str:
    """The data card of the notes, in Markdown."""
    c = counts(families)
    total = sum(c["questions"].values())
    unanswerable = c["questions"].get("untold", 0) + c["questions"].get("absent", 0)
    filling = [(kind, *(len(values(split)[kind]) for split in SPLITS)) for kind in LISTED if kind != "P"]
    parts = [
        HEAD.format(
            notes=c["notes"],
            voices=len(c["by_voice"]),
            questions=total,
            twice=c["read_twice"],
            unanswerable=f"{unanswerable} ({unanswerable / max(1, total):.0%})",
        ),
        "## Counts\n",
        _table(
            ["", "n"],
            [
                ("notes", c["notes"]),
                ("families (a note with those that follow it)", c["families"]),
                ("notes about two things or more", c["of_two_things"]),
                ("later notes", c["later_notes"]),
                ("of these, corrections", c["corrections"]),
                ("notes with a reminder", c["reminders"]),
                ("read by a second reader", c["read_twice"]),
                ("questions that the note answers (ask)", c["questions"].get("ask", 0)),
                ("questions about an untold fact", c["questions"].get("untold", 0)),
                ("questions about an absent thing", c["questions"].get("absent", 0)),
                ("answers", c["answers"]),
            ],
        ),
        _table(["split", "notes", "questions"], [(s, n["notes"], n["questions"]) for s, n in c["by_split"].items()]),
        "Voices that are held out whole: " + ", ".join(f"{v} ({s})" for v, s in sorted(HELD_OUT.items())) + ".\n",
        _table(["voice", "notes"], c["by_voice"].items()),
        _table(["what the photo shows", "notes"], c["by_kind"].items()),
        _table(["fact", "marked"], c["facts"].items()),
        _table(["slot", "in notes"], c["slots"].items()),
        _table(["values", *SPLITS], filling),
        "## Variety\n",
        _variety(Variety(**c["variety"]), Variety(**c["templates"])),
        f"The two notes that are most alike share {c['most_alike']:.0%} of their runs of three words.\n",
        CHECKS.format(new=NEW_WORDS, alike=round(100 * MAX_SIMILARITY), voices=len(c["by_voice"])),
    ]
    return "\n".join(parts)


def _variety(notes: Variety, templates: Variety) -> str:
    rows = [
        ("words", f"{notes.words:,}", f"{templates.words:,}"),
        ("texts whose first three words are new", f"{notes.openings:.0%}", f"{templates.openings:.0%}"),
        ("type-token ratio (windows of 1,000 words)", f"{notes.type_token:.2f}", f"{templates.type_token:.2f}"),
        ("sentences of the commonest shape", f"{notes.commonest_shape:.1%}", f"{templates.commonest_shape:.1%}"),
        ("that shape", f"`{notes.shape}`", f"`{templates.shape}`"),
        *(
            (f"words of a text, {name}", of_notes, of_templates)
            for name, of_notes, of_templates in zip(
                ("10th percentile", "median", "90th percentile"),
                notes.words_a_text,
                templates.words_a_text,
                strict=True,
            )
        ),
    ]
    return _table(["", "notes", f"{templates.texts} texts of the old templates"], rows)


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table, and the end of its paragraph."""
    return markdown.table(heads, rows) + "\n"
