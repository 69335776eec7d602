"""The plain notes: the whole of them is sound, and a line that is not is refused in one clear line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.grounding.claims import sentences
from assistant.grounding.words.tokens import tokens
from benchmark.notes.plain_notes import PlainNote, plain_notes, read
from memory.errors import KeepsakeError

TRAIN, DEV, TEST = plain_notes("train"), plain_notes("dev"), plain_notes("test")


def test_there_are_many_notes_and_no_two_are_alike() -> None:
    assert len(TRAIN) > 2000 and len(DEV) > 150 and len(TEST) > 50
    texts = [note.text.lower() for note in TRAIN + DEV + TEST]
    assert len(set(texts)) == len(texts)
    runs = [{words[n : n + 4] for n in range(len(words) - 3)} for text in texts if (words := tuple(text.split()))]
    train, held_out = runs[: len(TRAIN)], runs[len(TRAIN) :]
    alike = max(len(one & other) / min(len(one), len(other)) for one in held_out for other in train if one and other)
    assert alike < 0.35, "a note that is measured repeats one of train"


@pytest.mark.parametrize("notes", [TRAIN, DEV, TEST])
def test_notes_are_short_and_asked_in_other_words_also_what_they_do_not_tell(notes: tuple[PlainNote, ...]) -> None:
    asked = [question for note in notes for question in note.questions]
    assert all(1 <= len(list(sentences(note.text))) <= 8 and len(note.text) < 600 for note in notes)
    assert all(4 < len(note.questions) < 11 for note in notes)
    assert all(len({question.text for question in note.questions}) == len(note.questions) for note in notes)
    assert 0.35 < sum(question.answer is None for question in asked) / len(asked) < 0.45
    told = [(note, question) for note in notes for question in note.questions if question.answer]
    shared = sum(_shares_a_word(note, question.text, question.answer) for note, question in told if question.answer)
    assert shared / len(told) < 0.35


def _shares_a_word(note: PlainNote, question: str, answer: tuple[int, int]) -> bool:
    """Whether a question has a content word of the sentence that answers it."""
    end = 0
    for line in sentences(note.text):
        end = note.text.index(line, end) + len(line)
        if answer[0] < end:
            said = {t.stem for t in tokens(line) if t.content}
            return any(t.content and t.stem in said for t in tokens(question))
    raise AssertionError(f"no sentence of {note.text!r} holds the answer to {question!r}")


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"text": "Rocky is nine.", "questions": [{"text": "age", "answer": "ten"}]}, "stands in the text 0 times"),
        ({"text": "Rocky is nineteen.", "questions": [{"text": "age", "answer": "nine"}]}, "stands in the text 0"),
        ({"text": "Nine by nine.", "questions": [{"text": "how", "answer": ""}]}, "not once"),
        ({"text": "He, and he.", "questions": [{"text": "who", "answer": "e"}]}, "stands in the text 0 times"),
        ({"text": "It is red, so red.", "questions": [{"text": "colour", "answer": "red"}]}, "stands in the text 2"),
        ({"text": "Rocky is nine.", "questions": []}, "a list of questions"),
        ({"text": "Rocky is nine.", "questions": [{"text": "age"}]}, "'answer'"),
        ({"questions": []}, "'text'"),
        (["Rocky"], "indices"),
    ],
)
def test_a_line_that_is_wrong_is_refused_with_its_number(tmp_path: Path, row: object, why: str) -> None:
    good = {"text": "Rocky is nine.", "questions": [{"text": "age", "answer": "nine"}, {"text": "who", "answer": None}]}
    path = tmp_path / "some.jsonl"
    path.write_text("\n".join(map(json.dumps, (good, row))), encoding="utf-8")
    with pytest.raises(KeepsakeError, match=r"some\.jsonl, line 2: ") as error:
        read(path)
    assert why in str(error.value) and "\n" not in str(error.value)
    path.write_text(json.dumps(good), encoding="utf-8")
    [note] = read(path)
    assert note.text[slice(*(note.questions[0].answer or ()))] == "nine" and note.questions[1].answer is None
