"""The authors' files: a small one of the same structure, with its noise, counted and scored by hand."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from assistant import prompt
from assistant.photo import pixels
from benchmark.datasets import covip_files
from benchmark.datasets.covip_questions import read_questions
from benchmark.datasets.covip_scores import score_captions_file
from benchmark.judges.judge import Lexical
from benchmark.world.question import UNKNOWN
from memory.episode import Photo, Turn
from memory.errors import KeepsakeError, PhotoError

CONCEPTS = (3, 6, 9, 3)
POSITIVES = ([2], [4, 1], [7, 0, 5], [0])


def right(*which: int) -> str:
    """The right answer to question q of concept i of sample k; typographic and accented as in the release."""
    return "Zoë’s café number {}x{}x{}".format(*which)


def question(k: int, i: int, q: int) -> dict[str, Any]:
    options = [right(k, i, q), f"the “wrong” {k}x{i}x{q} one", f"nothing of {k}x{i}x{q}"]
    turned = options[-q:] + options[:-q]
    return {
        "id": f"Q{q + 1}",
        "question": f"Where was Zoë’s {i}?",
        "options": {**dict(zip("ABC", turned, strict=True)), "D": UNKNOWN},
        "correct_answer": "ABC"[turned.index(options[0])],
    }


def released() -> dict[str, Any]:
    """Four samples with K = 1, 2, 3, 1, not in order, three questions a concept."""
    data: dict[str, Any] = {}
    for k in (2, 0, 3, 1):
        qas = {f"concept_{i}": {"qa": [question(k, i, q) for q in range(3)]} for i in range(CONCEPTS[k])}
        data[f"sample_{k}"] = {"qas": qas, "gts": POSITIVES[k]}
    return data


def noisy() -> dict[str, Any]:
    """With what is wrong in the release: 63 questions, 6 of them unusable."""
    data = released()
    data["sample_0"]["qas"]["concept_1"]["qa"][0]["options"]["C"] = data["sample_0"]["qas"]["concept_1"]["qa"][0][
        "options"
    ]["A"]
    data["sample_1"]["qas"]["concept_2"] = "Error"  # stands for three questions
    data["sample_2"]["qas"]["concept_0"]["qa"][1] = "Error"
    data["sample_2"]["qas"]["concept_8"]["qa"][2]["correct_answer"] = "D"
    return data


def write(folder: Path, name: str, data: Any) -> Path:
    path = folder / name
    path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return path


def test_the_question_file_is_counted(tmp_path: Path) -> None:
    found = read_questions(write(tmp_path, "qas.json", noisy()))
    assert found.counts() == {
        "samples": 4,
        "by_positives": {"1": 2, "2": 1, "3": 1},
        "dialogues": 21,
        "questions": 57,
        "dropped": {"Error": 2, "two options alike": 1, "answer D": 1},
    }
    assert str(found) == (
        "4 samples (2 with K=1, 1 with K=2, 1 with K=3), 21 dialogues, 57 questions; "
        "dropped: 2 Error, 1 answer D, 1 two options alike"
    )
    assert [e.id for e in found.entries] == ["sample_0", "sample_1", "sample_2", "sample_3"]
    assert [e.positives for e in found.entries] == [(2,), (1, 4), (0, 5, 7), (0,)]
    first = found.entries[0]
    assert [len(asked) for asked in first.questions] == [3, 2, 3]
    assert [q.right for q in first.questions[2]] == [right(0, 2, q) for q in range(3)]
    assert [q.answer for q in first.questions[2]] == ["A", "B", "C"]
    assert (first.questions[2][0].text, first.questions[2][0].about) == ("Where was Zoë’s 2?", "")
    assert "dropped: none" in str(read_questions(write(tmp_path, "qas.json", released())))


CAPTIONS = {
    # Two of three told, a wrong option for the third; one of the five questions about others is told.
    "sample_0": f"{right(0, 2, 0)}. {right(0, 2, 1)}! The wrong 0x2x2 one. {right(0, 0, 0)}",
    # All six told (with straight quotes); of one of nine about others two options: no verdict.
    "sample_1": ". ".join(right(1, i, q).replace("’", "'") for i in (1, 4) for q in range(3))
    + f". {right(1, 3, 0)}. The wrong 1x3x0 one.",
    "sample_2": " ",
}


@pytest.mark.parametrize("wrapped", [False, True])
def test_captions_are_scored_as_by_hand(tmp_path: Path, wrapped: bool) -> None:
    """Both forms of the captions file; averages are over questions, not over samples."""
    captions = {k: {"caption": v} if wrapped else v for k, v in {**CAPTIONS, "sample_7": "?"}.items()}
    found = score_captions_file(
        write(tmp_path, "qas.json", noisy()), write(tmp_path, "captions.json", captions), Lexical()
    )
    assert (found["judge"], found["n"], found["questions"]) == ("lexical", 3, 48)
    assert (found["acc_pos"], found["acc_neg"]) == (round(8 / 17, 4), round(29 / 31, 4))
    assert (found["unread"], found["empty"]) == (1, 1)
    assert (found["missing"], found["unknown"]) == (["sample_3"], ["sample_7"])
    assert found["data"]["questions"] == 57
    by_k = {
        k: (r["n"], r["questions"], r["acc_pos"], r["acc_neg"], r["unread"], r["empty"])
        for k, r in found["by_positives"].items()
    }
    assert by_k == {
        "1": (1, 8, round(2 / 3, 4), 0.8, 0, 0),
        "2": (1, 15, 1, round(8 / 9, 4), 1, 0),
        "3": (1, 25, 0, 1, 0, 1),
        "4": (0, 0, None, None, 0, 0),
    }
    assert found["by_positives"]["3"]["harmonic"] == 0 and found["by_positives"]["4"]["harmonic"] is None
    assert found["acc_pos_interval"][0] == 0 and found["acc_pos_interval"][1] == 1
    assert found["by_positives"]["4"]["acc_pos_interval"] is None


def test_captions_of_other_data_are_refused(tmp_path: Path) -> None:
    with pytest.raises(KeepsakeError, match="no caption is of any sample: the questions begin with 'sample_0'"):
        score_captions_file(write(tmp_path, "q.json", released()), write(tmp_path, "c.json", {"a": "b"}), Lexical())


Change = Callable[[dict[str, Any]], Any]


def first_of(data: dict[str, Any]) -> dict[str, Any]:
    item: dict[str, Any] = data["sample_3"]["qas"]["concept_2"]["qa"][0]
    return item


WRONG: dict[str, Change] = {
    "sample_3, concept_2, qa 1: no 'correct_answer'": lambda d: first_of(d).pop("correct_answer"),
    "sample_3, concept_2, qa 1: no 'question'": lambda d: first_of(d).pop("question"),
    "sample_3, concept_2, qa 1: no 'options'": lambda d: first_of(d).pop("options"),
    "sample_3, concept_2, qa 1, options: no 'B'": lambda d: first_of(d)["options"].pop("B"),
    "sample_3, concept_2, qa 1, options: 'B' should be text, is 5": lambda d: first_of(d)["options"].update(B=5),
    f"sample_3, concept_2, qa 1: option D should be {UNKNOWN!r}, is 'No'": lambda d: first_of(d)["options"].update(
        D="No"
    ),
    "sample_3, concept_2, qa 1: 'correct_answer' should be A, B or C, is 'AB'": lambda d: first_of(d).update(
        correct_answer="AB"
    ),
    "sample_3, concept_2, qa 2: None where an object with 'question' should be": lambda d: d["sample_3"]["qas"][
        "concept_2"
    ]["qa"].__setitem__(1, None),
    "sample_3, concept_2: no 'qa'": lambda d: d["sample_3"]["qas"]["concept_2"].pop("qa"),
    "sample_3, concept_2: 'qa' should be a list, is {}": lambda d: d["sample_3"]["qas"]["concept_2"].update(qa={}),
    "sample_3: no 'concept_1'": lambda d: d["sample_3"]["qas"].pop("concept_1"),
    "sample_3: 'thing' where concept_0, concept_1, ... should be": lambda d: d["sample_3"]["qas"].update(thing={}),
    "sample_3: no 'qas'": lambda d: d["sample_3"].pop("qas"),
    "sample_3: no 'gts'": lambda d: d["sample_3"].pop("gts"),
    "sample_3: 'gts' should be a list, is 0": lambda d: d["sample_3"].update(gts=0),
    "sample_3: 'gts' holds 0 positives; 1 to 4 can be scored": lambda d: d["sample_3"].update(gts=[]),
    "sample_2: 'gts' holds 5 positives; 1 to 4 can be scored": lambda d: d["sample_2"].update(gts=[0, 1, 2, 3, 4]),
    "sample_3: 'gts' holds 3: no such concept, or twice": lambda d: d["sample_3"].update(gts=[3]),
    "sample_3: 'gts' holds True: no such concept, or twice": lambda d: d["sample_3"].update(gts=[True]),
    "sample_3: 'gts' holds 1: no such concept, or twice": lambda d: d["sample_3"].update(gts=[1, 1]),
    "'sample_x' where sample_0, sample_1, ... should be": lambda d: d.update(sample_x={}),
    "{} where sample_0, sample_1, ... should be": lambda d: d.clear(),
}


@pytest.mark.parametrize("said", WRONG)
def test_what_is_wrong_with_the_questions_is_named(tmp_path: Path, said: str) -> None:
    data = deepcopy(released())
    WRONG[said](data)
    with pytest.raises(KeepsakeError) as error:
        read_questions(write(tmp_path, "qas.json", data))
    assert str(error.value) == f"qas.json: {said}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "c.json: an empty list, which a failed run leaves behind, where {'sample_0': caption, ...} should be"),
        ('{"sample_1": []}', "c.json: 'sample_1': an empty list, which a failed run leaves behind, where a caption"),
        ('{"sample_1": {"caption": []}}', "c.json: 'sample_1': an empty list, which a failed run leaves behind"),
        ('{"sample_1": {"text": "x"}}', "c.json: 'sample_1': no 'caption'"),
        ('{"sample_1": 5}', "c.json: 'sample_1': 5 where a caption should be"),
        ('{"sample_1": "x', "c.json: not JSON (Unterminated string"),
        ("[" * 200_000, "c.json: not JSON ("),
    ],
)
def test_what_is_wrong_with_captions_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(KeepsakeError) as error:
        covip_files.read_captions(write(tmp_path, "c.json", text))
    assert str(error.value).startswith(said) and "\n" not in str(error.value)


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(KeepsakeError, match=r"gone\.json: cannot be read \(No such file"):
        covip_files.read_captions(tmp_path / "gone.json")
    (tmp_path / "latin.json").write_bytes('{"sample_0": "é"}'.encode("latin-1"))
    with pytest.raises(KeepsakeError, match=r"latin\.json: not a text file in UTF-8"):
        covip_files.read_captions(tmp_path / "latin.json")


def colour(k: int, i: int) -> tuple[int, int, int]:
    return 20 * k, 10 * i, 200


QUERY = 25
"""Stands for the query in `colour`."""


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


def shown(photo: Photo) -> tuple[int, ...]:
    return tuple(int(x) for x in pixels(photo)[0, 0])


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


def test_importing_the_readers_loads_nothing_heavy() -> None:
    code = (
        "import sys, benchmark.datasets.covip_hub, benchmark.datasets.covip_scores\n"
        "print(*{'datasets', 'pyarrow', 'pandas', 'torch'} & set(sys.modules))"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
