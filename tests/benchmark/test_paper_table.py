"""The paper's table: which rows stand in it, beside which others, and what is said where there are none."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmark.__main__ import main
from benchmark.report import paper_table
from benchmark.runner import Result

SCORES = {"acc_neg": [6.0, 6.0], "unread": [0.0, 9.0]}


@pytest.fixture
def rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of rows; a model's identity is "id" and its name."""
    monkeypatch.setattr(
        paper_table.local, "load", lambda name, verify: SimpleNamespace(name=name, identity=f"id-{name}")
    )
    (tmp_path / "rows").mkdir()
    return tmp_path / "rows"


def write(file: Path, *made: Result) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(asdict(one)) + "\n" for one in made), encoding="utf-8")


def caption(sample: str, right: float, positives: int = 1) -> Result:
    return Result("caption", sample, positives, 3, None, {}, {"acc_pos": [right, 3.0], **SCORES}, 1.0)


def answer(way: str, hit: float, error: str | None = None) -> Result:
    score = {} if error else {"hit": [hit, 1.0], "f1": [0.5, 1.0]}
    return Result(f"official/{way}", f"s{hit}{error}", 0, 3, None, {}, score, 1.0, error)


def test_models_stand_side_by_side_by_known_things_and_by_way(rows: Path) -> None:
    for name, right in (("base", 1.0), ("mine", 3.0)):
        judged = f"{name}-id-{name}-QAS_GT_test-chat-m"
        write(rows / f"capeval-{judged}.jsonl", *(caption(s, right, k) for k in (1, 4) for s in (f"a{k}", f"b{k}")))
        for way in ("cag", "direct"):
            write(rows / f"official-lsd-{way}-{name}-id-{name}-chat-m.jsonl", answer(way, right // 3))
    told = paper_table.table(["base", "mine"], rows)
    captions, tasks = told.split("## ")[1:]
    assert captions.startswith("CapEval-QAs (QAS_GT_test-chat-m; base, mine)\n")
    found = re.findall(r"^\| (\d) known, 3 memories \| by the model \| (\w+) \| ([\d.]+)% ", captions, re.MULTILINE)
    assert found == [(k, name, acc) for k in "14" for name, acc in (("base", "33.3"), ("mine", "100.0"))]
    assert "- mine against base, 4 known: Acc+ +66.7 points (+66.7 to +66.7), Acc- +0.0 points" in captions
    found = re.findall(r"^\| (answer at once|own caption first) \| (\w+) \| ([\d.]+)% ", tasks, re.MULTILINE)
    assert found == [
        (w, n, r) for w in ("answer at once", "own caption first") for n, r in (("base", "0.0"), ("mine", "100.0"))
    ]


def test_other_data_other_layouts_and_earlier_exports_stay_apart(rows: Path) -> None:
    """A model that was exported anew is another one: its earlier rows would be taken for those of the new files."""
    write(rows / "capeval-mine-id-mine-QAS_GT_test-chat-m.jsonl", caption("a", 0.0))
    write(rows / "capeval-mine-id-mine-QAS_GT_test-chat-m-reference.jsonl", caption("a", 3.0))
    write(rows / "capeval-mine-old-QAS_GT_test-chat-m.jsonl", *(caption(str(i), 3.0) for i in range(9)))
    sections = paper_table.table(["mine"], rows).split("## ")[1:]
    assert [re.findall(r"by the model \| ([\d.]+)% .* (\d) \|$", s, re.MULTILINE) for s in sections] == [
        [("100.0", "1")],
        [("0.0", "1")],
    ]


def test_failed_rows_are_told(rows: Path) -> None:
    write(rows / "official-itr-cag-mine-id-mine-chat-m.jsonl", answer("cag", 1.0), answer("cag", 0.0, "no memory"))
    told = paper_table.table(["mine"], rows)
    assert "- mine: 1 of 2 rows failed, and count nowhere" in told and "| own caption first | 100.0% " in told


def test_general_captions_are_those_of_this_export(rows: Path) -> None:
    described = Result("detail/references", "s", 0, 0, None, {}, {"told": [3.0, 4.0]}, 1.0)
    for name, identity in (("base", "id-base"), ("mine", "an earlier one")):
        write(rows / name / "general" / "references.jsonl", described)
        (rows / name / "general" / "run.json").write_text(json.dumps({"identity": identity, "judge": "chat:m"}))
    told = paper_table.table(["base", "mine"], rows)
    assert "## general captions (chat:m; base)" in told and "| described photos | 75.0% (75.0 to 75.0%) | 1 |" in told


def test_nothing_measured_is_one_line(rows: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["table", "mine", "--rows", str(rows)]) == 1
    error = f"error: no rows of mine in {rows}: write them with `capeval --questions` and `official`\n"
    assert capsys.readouterr().err == error
    write(rows / "capeval-mine-id-mine-QAS_GT_test-chat-m.jsonl", caption("a", 3.0))
    assert main(["table", "mine", "--rows", str(rows), "--out", str(rows / "new" / "table.md")]) == 0
    assert (rows / "new" / "table.md").read_text(encoding="utf-8") == capsys.readouterr().out
