"""The report: its numbers are those of the rows, it says what is broken or missing, and the page is self-contained."""

from __future__ import annotations

import argparse
import json
import re
import sys
from dataclasses import asdict, replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image

from benchmark import runner
from benchmark.report import report
from benchmark.report.run_folder import load_run
from benchmark.report.tables import sections
from benchmark.runner import Condition, Texts
from benchmark.tasks import capeval
from benchmark.world.sample import Mode, Spec, build
from memory.errors import KeepsakeError
from tests.support.reportrows import SAMPLES, SCORE, STRANGERS, caption_of, row, scored, write

HOSTILE = "<script>alert(1)</script><img src=http://evil.example/x.png>"


def command(*args: str | Path) -> int:
    parser = argparse.ArgumentParser()
    report.add_arguments(parser)
    return report.command(parser.parse_args([str(a) for a in args]))


class Reader(HTMLParser):
    """Tables as lists of rows of cell texts, tags with their attributes, and the words between tags."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.cell = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")
            self.cell = True
        elif tag == "small" and self.cell:
            self.tables[-1][-1][-1] += " "

    def handle_endtag(self, tag: str) -> None:
        self.cell &= tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        self.words += data
        if self.cell:
            self.tables[-1][-1][-1] += data


MODES: tuple[Mode, ...] = ("near", "twin")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a small run that has rows for every section."""
    folder = tmp_path_factory.mktemp("runs") / "nano-quick"

    def captions(name: str, shift: int = 0) -> Condition:
        texts: dict[str, Texts] = {
            s.id: {"caption": caption_of(s, i + shift)} for i, s in enumerate([*SAMPLES, *STRANGERS, *others])
        }
        return Condition(name, lambda s: texts[s.id], SCORE)

    def marked(name: str, **score: float) -> Condition:
        return Condition(
            name, lambda s: {"answer": "At the harbour."}, lambda t, s: {m: (x, 1) for m, x in score.items()}
        )

    others = [build(Spec("test", 7, 0, 1, m)) for m in MODES]
    controls = [c for c in capeval.conditions(runner.CachedWriter(None)) if c.name != "caption"]  # type: ignore[arg-type]
    gate = Condition("gate", lambda s: {"right": "0.8" if s.positives else "", "wrong": "0.4"}, lambda t, s: {})
    tasks = [marked(f"lsd/{w}", f1=0.5, hit=x) for w, x in (("direct", 0.0), ("cag", 1.0))]
    part = ("wording/1", "shortcut/blank", "baseline/oracle", "ablation/window-1", "surprise/new")
    out = folder / "rows.jsonl"
    runner.run([captions("caption"), *controls, gate], SAMPLES, 6, out)
    runner.run([captions("caption"), gate], [*STRANGERS, *others], 4, folder / "modes.jsonl")
    one = SAMPLES[:4]
    runner.run(
        [*(captions(c, 1) for c in part), *tasks, marked("detail", hallucinated=0, dazzled=1)],
        one,
        4,
        folder / "x.jsonl",
    )
    for size in (3, 9):
        rows = [
            replace(row("history/k4", i, {"name_recall": (1, 1), "retrieved": (1, 1)}, episodes=size)) for i in (0, 1)
        ]
        write(folder / f"h{size}", rows)
        (folder / f"h{size}" / "rows.jsonl").rename(folder / f"history-{size}.jsonl")
        (folder / f"h{size}").rmdir()
    about = {"model": "nano", "size": "quick", "judge": "lexical", "date": "2026-01-02", "command": "run --size quick"}
    (folder / "run.json").write_text(json.dumps(about), encoding="utf-8")
    assert command(folder) == 0
    return folder.with_name("nano-quick-report")


def test_the_page_holds_all_it_shows(whole: Path) -> None:
    """No script, no address to fetch, no more than 3 MB; the plots lie beside it too."""
    raw = (whole / report.PAGE).read_text(encoding="utf-8")
    page = Reader(raw)
    loaded = [v for _, attrs in page.tags for k, v in attrs.items() if k in ("src", "srcset")]
    assert len(loaded) > 20 and all(v and v.startswith("data:image/") for v in loaded)
    assert all((v or "").startswith("#") for _, attrs in page.tags for k, v in attrs.items() if k == "href")
    assert not {"script", "link", "iframe", "object"} & {tag for tag, _ in page.tags}
    assert not re.search(r"url\(|@import|https?://", raw)
    assert len(raw) < 3_000_000
    names = {p.name for p in whole.iterdir()} - {report.PAGE}
    assert names == {
        f"{n}.png" for n in ("capeval", "misbinding", "abstention", "diagnostics", "shortcuts", "history", "baselines")
    }
    for name in names:
        with Image.open(whole / name) as image:
            assert image.width > 600 and len(image.convert("RGB").getcolors(1 << 20) or []) > 10


def test_the_page_says_what_was_run(whole: Path) -> None:
    page = Reader((whole / report.PAGE).read_text(encoding="utf-8"))
    for said in ("nano", "quick", "lexical", "2026-01-02", "run --size quick", "The controls hold."):
        assert said in page.words
    assert "Not in this run" not in page.words


def test_numbers_are_those_of_the_rows(whole: Path) -> None:
    """With one known thing, captions 0 to 3 are right, with a wrong name, silent, right. Strangers count apart."""
    page = Reader((whole / report.PAGE).read_text(encoding="utf-8"))
    table = next(t for t in page.tables if t[0][:2] == ["In the photo", "Caption"])
    one = next(r for r in table if r[0] == "1 known, 3 memories")
    found = dict(zip(table[0], one, strict=True))
    assert found["Acc+"].startswith("75.0% ") and found["names right"].startswith("75.0% ")
    assert found["Acc-"].startswith("87.5% ")  # 3 of 24 questions about others are answered by the wrong name
    assert found["harmonic mean"] == "80.8%"  # 2 * .75 * .875 / 1.625
    assert found["wrong name ↓"].startswith("25.0% ") and found["n"] == "4"
    modes = next(t for t in page.tables if t[0][0] == "Others in the memories" and "exact" in t[0])
    assert [r[0] for r in modes[1:]] == ["random", "near", "twin", "stranger"]
    assert modes[4][1] == "–" and modes[4][-1] == "2"
    assert "surprise/new" in page.words and "dazzled" in page.words, "what is not known is shown all the same"
    assert "With its own caption first, F1 changes by +0.0 points (+0.0 to +0.0)." in page.words


def small_run(folder: Path, right: int) -> Path:
    """A run of three captions, of which `right` are right."""
    rows = [scored(s, caption_of(s, 0 if i < right else 1)) for i, s in enumerate(SAMPLES[:3])]
    return write(folder, [*rows, *(replace(r, condition="shortcut/blank") for r in rows)], {"model": "nano"})


def test_the_same_rows_make_the_same_page(tmp_path: Path) -> None:
    run = small_run(tmp_path / "run", 1)
    one, two = (report.report([run], tmp_path / name) for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()
    assert (tmp_path / "one" / "shortcuts.png").read_bytes() == (tmp_path / "two" / "shortcuts.png").read_bytes()


def test_runs_side_by_side(tmp_path: Path) -> None:
    """Runs of one model are told apart by their folders, two in folders of one name by numbers."""
    runs = [small_run(tmp_path / name, n) for name, n in (("a", 3), ("b", 1))]
    page = Reader(report.report(runs, tmp_path / "out").read_text("utf-8"))
    table = next(t for t in page.tables if t[0][:2] == ["In the photo", "Caption"])
    found = {r[2]: r[table[0].index("wrong name ↓")].split()[0] for r in table[1:]}
    assert found == {"nano (a)": "0.0%", "nano (b)": "66.7%"}
    assert "was not scored, so nothing in this run proves the scorer" in page.words
    (tmp_path / "c").mkdir()
    same = [runs[0], small_run(tmp_path / "c" / "a", 2)]
    page = Reader(report.report(same, tmp_path / "out").read_text("utf-8"))
    assert "nano (a) 1" in page.words and "nano (a) 2" in page.words


def test_everything_said_is_escaped(tmp_path: Path) -> None:
    """Captions, errors, names of models and measures come from outside."""
    sample = SAMPLES[0]
    caption = f"{HOSTILE} {sample.facts[0].name} {HOSTILE}"
    hostile = replace(
        row("caption", 0, {"name_recall": (0, 1), "misbinding": (1, 1), HOSTILE: (1, 2)}),
        sample=sample.id,
        texts={"caption": caption},
    )
    failed = replace(row(HOSTILE, 1, {}), error=HOSTILE)
    about = {"model": HOSTILE + "$x_$", "command": HOSTILE, HOSTILE: HOSTILE}
    folder = write(tmp_path / "run", [hostile, failed, replace(hostile, condition="baseline/<b>$_$")], about)
    raw = report.report([folder], tmp_path / "out").read_text(encoding="utf-8")
    page = Reader(raw)
    assert page.words.count(HOSTILE) >= 8
    assert "<script" not in raw and "<img src=http" not in raw
    assert not {"script", "b>$_$"} & {tag for tag, _ in page.tags}


def test_failed_and_unfinished_parts_are_said(tmp_path: Path) -> None:
    """A failed row with a good one after it is no failure. Cut-off lines and half-asked samples are named."""
    good = row("caption", 0, {"name_recall": (1, 1)})
    rows = [
        replace(good, error="no", score={}),
        good,
        replace(row("caption", 1, {}), error="the model's process died"),
        row("lsd/cag", 1, {"f1": (1, 1)}),
        row("lsd/cag", 0, {"f1": (1, 1)}),
        row("caption", 2, {"name_recall": (1, 1)}),
    ]
    folder = write(tmp_path / "run", rows, {"planned": {"caption": 30, "lsd/cag": 2}}, end='{"condition": "lsd')
    run = load_run(folder)
    assert (len(run.rows), [r.error for r in run.failed]) == (4, ["the model's process died"])
    assert [re.sub(r"^rows.jsonl stops .*", "stops", note) for note in run.notes] == [
        "stops",
        "1 line cut off or of another form, left out.",
        "caption: 3 of 30 samples done.",
    ]
    said = " ".join(s.text for _, parts in sections([run])["summary"] for s in parts)
    assert "1 of 5 rows failed with an error" in said and "3 of 30" in said
    assert sections([run])["errors"] == [("run", [("caption: the model's process died", 1)])]


def test_a_whole_run_is_not_called_unfinished(tmp_path: Path) -> None:
    """Also when two parts planned the same sample: it counts once, and was planned twice."""
    rows = [row(c, i, {"f1": (1, 1)}) for i in range(3) for c in ("lsd/cag", "lsd/direct")]
    folder = write(tmp_path / "run", rows, {"planned": {"lsd/cag": 6, "lsd/direct": 6}})
    (folder / "again.jsonl").write_bytes((folder / "rows.jsonl").read_bytes())
    run = load_run(folder)
    assert (run.notes, len(run.rows)) == ((), 6)


def test_parts_left_out_are_said(tmp_path: Path) -> None:
    run = load_run(write(tmp_path / "run", [row("caption", 0, {})], {"left out": "zero-shot: no adapter"}))
    assert run.notes == ("Left out: zero-shot: no adapter.",)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (None, "no run at .*gone: name a folder that holds .jsonl rows"),
        ({}, "no run at"),
        ({"rows.jsonl": ""}, "no row of the benchmark in .*gone$"),
        ({"rows.jsonl": '{"a": 1}\n[]\n7\n'}, r"no row of the benchmark in .* \(3 lines of another form\)"),
        ({"rows.jsonl": json.dumps({**asdict(row("caption", 0, {})), "score": 3}) + "\n"}, "1 lines of another form"),
        ({"rows.jsonl": json.dumps(asdict(row("caption", 0, {}))), "run.json": "{"}, r"run\.json is damaged"),
        ({"rows.jsonl": json.dumps(asdict(row("caption", 0, {}))), "run.json": "[]"}, r"run\.json is not what"),
    ],
)
def test_what_cannot_be_read_costs_one_line(tmp_path: Path, files: dict[str, str] | None, said: str) -> None:
    folder = tmp_path / "gone"
    if files is not None:
        folder.mkdir()
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
    with pytest.raises(KeepsakeError, match=said) as caught:
        command(folder, "--out", tmp_path / "out")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_a_missing_library_costs_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(KeepsakeError, match="a report needs jinja2, which is not installed"):
        command(write(tmp_path / "run", [row("caption", 0, {})]))


def test_a_run_of_controls_only_has_a_page(tmp_path: Path) -> None:
    folder = write(tmp_path / "run", [row("control/empty", 0, {"acc_pos": (0, 3), "acc_neg": (6, 6)})])
    assert command(folder, "--out", tmp_path / "out") == 0
    page = Reader((tmp_path / "out" / report.PAGE).read_text(encoding="utf-8"))
    assert "No captions were written in this run." in page.words and "Not in this run: captions." in page.words
