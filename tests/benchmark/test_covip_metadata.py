"""The authors' metadata: joined with the questions by line, photos read when they are needed, dialogues as turns."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from assistant import prompt
from benchmark.datasets import covip_files
from benchmark.datasets.covip_questions import read_questions
from memory.episode import Photo, Turn
from memory.errors import KeepsakeError, PhotoError
from tests.support.covip_release import CONCEPTS, QUERY, colour, noisy, released, shown, write


@pytest.fixture
def meta(tmp_path: Path) -> list[dict[str, Any]]:
    """Rows for the four samples, their pictures under `pictures`."""
    rows = []
    for k, n in enumerate(CONCEPTS):
        folder = tmp_path / "pictures" / "one" / f"sample_{k}"
        (folder / "concepts").mkdir(parents=True)
        for i in (*range(n), QUERY):
            name = "query.png" if i == QUERY else f"concepts/concept_{i}.png"
            Image.new("RGB", (8, 6), colour(k, i)).save(folder / name)
        rows.append(
            {
                "imgs": f"one/sample_{k}/query.png",
                "concepts": [f"one/sample_{k}/concepts/concept_{i}.png" for i in range(n)],
                # Keys in an order that sorting would change.
                "dialogues": {f"x{n - i}": f"**Dialogue:**\nUser: Thing {i}.\nModel: “Oh”!" for i in range(n)},
            }
        )
    return rows


def lines(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.mark.parametrize("prefix", ["pictures", "pictures/", "pictures/o"])
def test_metadata_and_questions_are_joined_by_line(tmp_path: Path, meta: list[dict[str, Any]], prefix: str) -> None:
    """The question file is not in order; paths are put behind the prefix as they are."""
    if prefix.endswith("o"):
        meta = json.loads(lines(meta).replace("\n", ",").rstrip(",").join("[]").replace('"one/', '"ne/'))
    rows = covip_files.read_metadata(write(tmp_path, "meta.jsonl", lines(meta)), f"{tmp_path}/{prefix}")
    questions = read_questions(write(tmp_path, "qas.json", noisy()))
    drawn = list(covip_files.samples(questions, rows))
    assert [s.positives for s in drawn] == [(2,), (1, 4), (0, 5, 7), (0,)]
    for k, sample in enumerate(drawn):
        assert shown(sample.query) == colour(k, QUERY)
        assert [shown(e.photo) for e in sample.context] == [colour(k, i) for i in range(CONCEPTS[k])]
        assert [e.turns for e in sample.context] == [
            (Turn("user", f"Thing {i}."), Turn("assistant", "“Oh”!")) for i in range(CONCEPTS[k])
        ]
        assert sample.questions == questions.entries[k].questions
        parts = prompt.caption_messages(sample.context, sample.query)[1].parts
        told = [part for part in parts if isinstance(part, Photo)]
        assert told == [*(e.photo for e in sample.context), sample.query], "the renderer keeps their order"
    assert len({s.id for s in drawn}) == 4


def test_photos_are_read_when_their_sample_is_reached(tmp_path: Path, meta: list[dict[str, Any]]) -> None:
    rows = covip_files.read_metadata(write(tmp_path, "meta.jsonl", lines(meta)), tmp_path / "pictures")
    (tmp_path / "pictures/one/sample_1/concepts/concept_3.png").unlink()
    drawn = covip_files.samples(read_questions(write(tmp_path, "q.json", released())), rows)
    assert next(drawn).positives == (2,)
    with pytest.raises(PhotoError, match=r"sample_1/concepts/concept_3\.png: there is no such file"):
        next(drawn)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda m: m[1].pop("imgs"), "m.jsonl: line 2 (sample_1): no 'imgs'"),
        (lambda m: m[1].pop("concepts"), "m.jsonl: line 2 (sample_1): no 'concepts'"),
        (lambda m: m[1].pop("dialogues"), "m.jsonl: line 2 (sample_1): no 'dialogues'"),
        (lambda m: m[1].update(imgs=["a"]), "m.jsonl: line 2 (sample_1): 'imgs' should be text, is ['a']"),
        (lambda m: m[1]["concepts"].pop(), "m.jsonl: line 2 (sample_1): 5 concepts, 6 dialogues"),
        (
            lambda m: m[1]["dialogues"].update(x4=[]),
            "m.jsonl: line 2 (sample_1), dialogues: number 3 should be text, is []",
        ),
        (lambda m: m.pop(), "sample_3: the metadata has 3 lines only; is it of the same split?"),
        (lambda m: m.pop(0), "sample_0: questions about 3 concepts, metadata of 6"),
    ],
)
def test_what_is_wrong_with_the_metadata_is_named(
    tmp_path: Path, meta: list[dict[str, Any]], change: Callable[[list[dict[str, Any]]], Any], said: str
) -> None:
    """Before any photo is read."""
    change(meta)
    questions = read_questions(write(tmp_path, "q.json", released()))
    with pytest.raises(KeepsakeError) as error:
        covip_files.samples(questions, covip_files.read_metadata(write(tmp_path, "m.jsonl", lines(meta)), "nowhere/"))
    assert str(error.value) == said


def test_an_empty_line_does_not_shift_the_others(tmp_path: Path, meta: list[dict[str, Any]]) -> None:
    with pytest.raises(KeepsakeError, match=r"m\.jsonl: line 2 \(sample_1\): not JSON"):
        covip_files.read_metadata(write(tmp_path, "m.jsonl", lines(meta).replace("\n", "\n\n", 1)), "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("**Dialogue:**\nUser: Hi.\n\nModel: Yes?\nUser: Bye.", ["u Hi.", "a Yes?", "u Bye."]),
        ("Dialogue: User: Hi.", ["u Hi."]),
        ("**Dialogue**:\n**User:** *waves* hi\n**Model**: Oh", ["u *waves* hi", "a Oh"]),
        ("User: One\ntwo: three\n  model : Four", ["u One\ntwo: three", "a Four"]),
        ("This is Zoë.\nAssistant: Hello!", ["u This is Zoë.", "a Hello!"]),
        ("User: The user: me", ["u The user: me"]),
        ("User: \nModel: ?", ["a ?"]),
        ("", []),
    ],
)
def test_a_dialogue_becomes_turns(text: str, said: list[str]) -> None:
    assert [f"{t.role[0]} {t.text}" for t in covip_files.turns(text)] == said


plain = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters=":*"), min_size=1)


@given(st.lists(plain.map(str.strip).filter(bool), min_size=1, max_size=6))
def test_no_word_of_a_dialogue_is_lost(texts: list[str]) -> None:
    written = "\n".join(f"{('User', 'Model')[i % 2]}: {text}" for i, text in enumerate(texts))
    assert [(t.role, t.text) for t in covip_files.turns(f"**Dialogue:**\n{written}")] == [
        (("user", "assistant")[i % 2], text) for i, text in enumerate(texts)
    ]
