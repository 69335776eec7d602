"""The authors' files: a small one of the same structure, with its noise, counted and scored by hand."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from benchmark.datasets import covip_files
from benchmark.datasets.covip_questions import read_questions
from benchmark.datasets.covip_scores import score_captions_file
from benchmark.judges.judge import Lexical
from benchmark.world.question import UNKNOWN
from memory.errors import KeepsakeError
from tests.support.covip_release import noisy, released, right, write


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


def test_importing_the_readers_loads_nothing_heavy() -> None:
    code = (
        "import sys, benchmark.datasets.covip_hub, benchmark.datasets.covip_scores\n"
        "print(*{'datasets', 'pyarrow', 'pandas', 'torch'} & set(sys.modules))"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
