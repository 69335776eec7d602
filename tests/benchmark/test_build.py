"""`python -m benchmark build`: the same bytes each time, whatever interrupts it, and a report that adds up."""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from benchmark.datasets import build as module
from benchmark.datasets import builder, contact_sheet, corpus
from benchmark.datasets.builder import build
from benchmark.datasets.corpus import PHOTOS, REJECTED, SAMPLES, read, rejected
from benchmark.datasets.filters import stages
from benchmark.datasets.filters.tools import Tools
from benchmark.datasets.source import Draft, PictureWorld, Unusable
from benchmark.judges.judge import Lexical, Verdict
from benchmark.world import sample as sampling
from benchmark.world.concepts import concepts
from benchmark.world.question import Question
from benchmark.world.sample import Sample, Spec
from benchmark.world.scene import Look
from memory.episode import Photo
from memory.errors import KeepsakeError

ROOT = Path(__file__).parents[2]
CANDLE = next(c.code for c in concepts("test") if c.word == "candle")
SETTINGS = {"source": "world", "split": "test", "n": 2, "positives": [1], "seed": 5, "judge": "lexical"}


def run(folder: Path, *more: str) -> int:
    """The command line; small, so that it takes a second."""
    parser = argparse.ArgumentParser()
    module.add_arguments(parser)
    given = ["--out", str(folder), "--n", "2", "--positives", "1", "2", "--seed", "5", *more]
    return module.command(parser.parse_args(given))


def content(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build that nothing disturbed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KEEPSAKE_HOME", str(tmp_path_factory.mktemp("home")))
        folder = tmp_path_factory.mktemp("data") / "whole"
        assert run(folder) == 0
    return folder


def test_two_builds_are_the_same_bytes(whole: Path, tmp_path: Path) -> None:
    """Photos, rows, report, card and contact sheet; the second one in another process and another folder."""
    code = "import pathlib, sys\nfrom tests.benchmark import test_build\ntest_build.run(pathlib.Path(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "again")], cwd=ROOT, check=True, capture_output=True)
    assert content(tmp_path / "again") == content(whole)
    assert {SAMPLES, REJECTED, "build.json", "card.md", "sheet.png"} < content(whole).keys()


def test_the_samples_are_those_of_the_seed(whole: Path) -> None:
    expected = [sampling.build(Spec("test", 5, i, k, "near")) for k in (1, 2) for i in range(2)]
    assert list(read(whole)) == expected


@pytest.mark.parametrize("keep", [0, 1, 500, -1, -2])
def test_a_build_goes_on_after_a_cut_off_line(whole: Path, tmp_path: Path, keep: int) -> None:
    """Whatever a kill left of the rows: nothing, a letter, half a row, all but the end of the last one."""
    before = content(whole)
    folder = tmp_path / "data"
    (folder / PHOTOS).mkdir(parents=True)
    (folder / "build.json").write_bytes(before["build.json"])
    (folder / SAMPLES).write_bytes(before[SAMPLES][:keep])
    for name, data in before.items():
        if name.startswith(PHOTOS):
            (folder / name).write_bytes(data)
    run(folder)
    assert content(folder) == before


def test_a_build_goes_on_after_kill_9(whole: Path, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    code = "import pathlib, sys\nfrom tests.benchmark import test_build\ntest_build.run(pathlib.Path(sys.argv[1]))"
    child = subprocess.Popen([sys.executable, "-c", code, str(folder)], cwd=ROOT, stdout=subprocess.DEVNULL)
    while not ((folder / SAMPLES).exists() and (folder / SAMPLES).stat().st_size):
        with pytest.raises(subprocess.TimeoutExpired):  # else it has ended before it was killed
            child.wait(0.02)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert 0 < len((folder / SAMPLES).read_bytes().splitlines()) < 4
    run(folder)
    assert content(folder) == content(whole)


def test_what_is_done_is_not_made_again(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = content(whole)

    def forbidden(*_: object) -> None:
        raise AssertionError("a draft was settled again")

    monkeypatch.setattr(builder, "settle", forbidden)
    assert run(whole) == 0
    assert content(whole) == before


def test_a_folder_belongs_to_one_command(whole: Path, tmp_path: Path) -> None:
    with pytest.raises(
        KeepsakeError, match=r"other settings \(mode, extra\).*repeat: python -m benchmark build --split"
    ):
        run(whole, "--mode", "twin", "--extra", "3")
    (tmp_path / "letters.txt").write_text("mine")
    with pytest.raises(KeepsakeError, match="not empty and holds no build"):
        run(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["letters.txt"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--split", "all"], "--split all is for --photos"),
        (["--url", "http://127.0.0.1:1"], "--photos or --judge chat"),
        (["--photos", "here"], "name a server and its model"),
        (["--judge", "chat"], "name a server and its model"),
        (["--extra", "201"], "--extra 0 to 200"),
        (["--n", "0"], "--n must be at least 1"),
        (["--positives", "2", "2"], "given once"),
    ],
)
def test_wrong_usage_is_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str], given: list[str], said: str) -> None:
    assert run(tmp_path / "data", *given) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "data").exists()


def test_json_says_what_was_built(whole: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(whole, "--json")
    found = json.loads(capsys.readouterr().out)
    assert found == {"folder": str(whole), "kept": 4, "rejected": 0, "questions": 54, "questions_rejected": 0}


# Filters


class Guesses(Lexical):
    """Knows one answer without any caption."""

    def choose(self, asked: Sequence[tuple[str, Question]]) -> list[Verdict]:
        return [Verdict(q.answer if q.text == "Guess?" else "D") for _, q in asked]


GOOD = sampling.build(Spec("test", 5, 0, 1, "near"))
P = GOOD.positives[0]


def asking(*questions: Question) -> Sample:
    """The good sample with these questions about its positive, and none about others."""
    return replace(GOOD, questions=tuple(questions if i == P else () for i in range(3)))


def other(i: int) -> Sample:
    return sampling.build(Spec("test", 5, i, 1, "near"))


FINE = GOOD.questions[P]
TOLD = GOOD.facts[P].place or ""
BAD = {
    "names_unique": replace(GOOD, facts=(GOOD.facts[0],) * 3),
    "dialogue_format": replace(GOOD, context=tuple(replace(e, turns=e.turns[:4]) for e in GOOD.context)),
    "near_duplicate": GOOD,
    "shows_claimed": replace(other(1), positives=tuple(i for i in range(3) if i not in other(1).positives)),
    "asks_enough": replace(other(2), questions=((), (), ())),
}
"""For each filter of samples one that only it rejects, after the good one was kept."""
BAD_QUESTIONS = {
    "fact_in_dialogue": Question("Told?", ("never said here", "x", "y"), "A"),
    "not_visible": Question("Seen?", ("a candle", "x", "y"), "A"),
    "needs_context": Question("Guess?", (TOLD, "x", "y"), "A"),
}


class Listed:
    """A source of given samples."""

    def __init__(self, samples: dict[str, Sample | Unusable]) -> None:
        self.samples = samples

    def drafts(self, positives: int) -> Iterator[Draft]:
        for key, sample in self.samples.items():
            yield Draft(key, partial(self._make, sample))

    def about(self) -> dict[str, str]:
        return {"Photos": "made up."}

    def _make(self, sample: Sample | Unusable) -> Sample:
        if isinstance(sample, Unusable):
            raise sample
        return sample


def candle() -> Sample:
    """A sample that shows a candle and whose user says so, with one question that each filter of questions rejects."""
    sample = other(3)
    p = sample.positives[0]
    shown = (Look(CANDLE),)
    looks = tuple(shown[0] if i == p else look for i, look in enumerate(sample.looks))
    turns = sample.context[p].turns
    said = (replace(turns[0], text=f"{turns[0].text} I held a candle. We were at {TOLD}."), *turns[1:])
    context = tuple(replace(e, turns=said) if i == p else e for i, e in enumerate(sample.context))
    questions = (*BAD_QUESTIONS.values(), sample.questions[p][0])
    return replace(
        sample,
        context=context,
        looks=looks,
        shown=shown,
        questions=tuple(questions if i == p else () for i in range(3)),
    )


def test_each_filter_rejects_what_only_it_can(tmp_path: Path) -> None:
    """Every one of them, switched off, would let one more sample or question through."""
    source = Listed(
        {"good": GOOD, **BAD, "candle": candle(), "lost": Unusable("photo_readable", "torn", {"photo": "a"})}
    )
    report = build(source, Tools(Guesses()), tmp_path / "data", [1], 99, SETTINGS)
    turned_away = list(rejected(tmp_path / "data"))
    assert {r.filter: r.key for r in turned_away if r.level == "sample"} == {name: name for name in BAD}
    assert {r.filter: r.item["question"]["text"] for r in turned_away if r.level == "question"} == {
        name: q.text for name, q in BAD_QUESTIONS.items()
    }
    assert [(r.key, r.filter, r.reason) for r in turned_away if r.level == "source"] == [
        ("lost", "photo_readable", "torn")
    ]
    assert {f.__name__ for f in (*stages.SAMPLE, *stages.QUESTION, *stages.LAST)} == set(BAD) | set(BAD_QUESTIONS)
    kept = list(read(tmp_path / "data"))
    assert [s.id for s in kept] == [GOOD.id, candle().id]
    assert kept[0] == GOOD
    assert kept[1].questions[candle().positives[0]] == (candle().questions[candle().positives[0]][3],)
    table = {f["filter"]: (f["seen"], f["kept"], f["rejected"]) for f in report["filters"]}
    assert table == {
        "photo_readable": (None, None, 1),
        "names_unique": (7, 6, 1),
        "dialogue_format": (6, 5, 1),
        "near_duplicate": (5, 4, 1),
        "shows_claimed": (4, 3, 1),
        "fact_in_dialogue": (13, 12, 1),  # nine of the good sample, four of the candle
        "not_visible": (12, 11, 1),
        "needs_context": (11, 10, 1),
        "asks_enough": (3, 2, 1),
    }
    assert report["samples"] == {"kept": 2, "rejected": 6, "questions": 10, "questions_rejected": 3}


def test_a_near_copy_is_known_after_a_restart(tmp_path: Path) -> None:
    """What filters remember comes back from the files."""
    build(Listed({"good": GOOD}), Tools(), tmp_path / "data", [1], 99, SETTINGS)
    build(Listed({"good": GOOD, "copy": GOOD}), Tools(), tmp_path / "data", [1], 99, SETTINGS)
    assert [(r.key, r.filter) for r in rejected(tmp_path / "data")] == [("copy", "near_duplicate")]


def test_rejected_samples_are_replaced_by_the_next(tmp_path: Path) -> None:
    source = Listed({"bad": BAD["names_unique"], "good": GOOD, "two": other(2), "three": other(3)})
    build(source, Tools(), tmp_path / "data", [1], 2, SETTINGS)
    assert [s.id for s in read(tmp_path / "data")] == [GOOD.id, other(2).id]


def test_a_build_that_gets_nowhere_gives_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builder, "PATIENCE", 3)
    source = Listed({str(i): BAD["names_unique"] for i in range(5)})
    with pytest.raises(KeepsakeError, match="3 drafts in a row were rejected, most by names_unique"):
        build(source, Tools(), tmp_path / "data", [1], 2, SETTINGS)
    assert not list(corpus.rows(tmp_path / "data"))


# Splits


def test_concepts_and_words_of_splits_never_mix(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that stands in train is in no other split: cut-outs, names, cities and phrases."""
    monkeypatch.setattr(sampling, "_photo", lambda rng, looks: Photo(f"{rng.integers(1 << 31):064d}", b"", 1, 1))
    codes: dict[str, set[str]] = {}
    told: dict[str, set[tuple[str, str | None]]] = {}
    for split in ("train", "dev", "test"):
        for mode in sampling.MODES:
            drafts = PictureWorld(split, 5, mode, extra=4).drafts(2)
            for sample in (next(drafts).make() for _ in range(6)):
                codes.setdefault(split, set()).update(look.code for look in (*sample.looks, *sample.shown))
                for f in sample.facts:
                    city = (f.place or "").rpartition(" in ")[2]
                    said = {"name": f.name, "city": city, "event": f.event, "habit": f.habit, "time": f.time}
                    told.setdefault(split, set()).update(said.items())
    for one, another in (("train", "dev"), ("train", "test"), ("dev", "test")):
        assert not codes[one] & codes[another]
        assert not told[one] & told[another]
    assert all(codes[split] <= {c.code for c in concepts(split)} for split in codes)
    assert all(len(codes[split]) > 40 and len(told[split]) > 40 for split in codes)


# The card


def test_the_card_counts_what_is_in_the_folder(whole: Path) -> None:
    text = (whole / "card.md").read_text(encoding="utf-8")
    photos = len(list((whole / PHOTOS).iterdir()))
    assert f"4 samples, 54 questions, {photos} photos." in text
    assert "| 1 | 2 | 3 | near | 6 | 12 |" in text
    assert "| 2 | 2 | 6 | near | 12 | 24 |" in text
    assert "python -m benchmark build --split test --mode near --n 2 --positives 1 2 --seed 5" in text
    assert "| `near_duplicate` | sample | more than 16 of 128 bits apart | 4 | 4 | 0 |" in text
    assert "the lexical judge never guesses" in text
    assert str(whole) not in text and str(whole.parent) not in (whole / "build.json").read_text()


def test_the_card_gives_each_reason_and_no_cell_breaks_its_table(tmp_path: Path) -> None:
    source = Listed({"good": GOOD, "x|y": Unusable("photo_readable", "torn|in\ntwo \x1b[1m", {"photo": "a"})})
    build(source, Tools(), tmp_path / "data", [1], 9, SETTINGS)
    text = (tmp_path / "data" / "card.md").read_text(encoding="utf-8")
    assert "- `photo_readable`: torn\\|in two [1m (x\\|y)" in text


def test_the_sheet_frames_the_positives_green(whole: Path) -> None:
    """On the first row, where each thumbnail's left edge is known."""
    rows = [row for _, row in corpus.rows(whole)]
    with Image.open(whole / "sheet.png") as image:
        pixels = image.convert("RGB")
    y = 2 * contact_sheet.GAP + contact_sheet.LINE + contact_sheet.THUMB // 2
    lefts = [
        3 * contact_sheet.GAP + contact_sheet.QUERY + i * (contact_sheet.THUMB + contact_sheet.GAP) - 2
        for i in range(3)
    ]
    green = [i for i, x in enumerate(lefts) if pixels.getpixel((x, y)) == contact_sheet.GREEN]
    assert tuple(green) == rows[0].positives


def test_the_sheet_shows_each_sample_once_and_all_numbers_of_positives(whole: Path) -> None:
    """Previously one of few samples came twice and another not at all."""
    rows = [row for _, row in corpus.rows(whole)]
    assert contact_sheet.pick_rows(rows) == rows
    many = [replace(row, key=f"{i} {row.key}") for row in rows for i in range(40)]
    picked = contact_sheet.pick_rows(many)
    assert len({row.key for row in picked}) == contact_sheet.ROWS == len(picked)
    assert [len(row.positives) for row in picked] == [1] * 4 + [2] * 4


def test_a_long_history_fits_on_the_sheet(tmp_path: Path) -> None:
    """Of 43 memories twelve are shown, the positive among them, and the rest is counted."""
    settings: dict[str, Any] = {**SETTINGS, "n": 1, "extra": 40}
    build(PictureWorld("test", 5, extra=40), Tools(), tmp_path / "data", [1], 1, settings)
    [row] = [row for _, row in corpus.rows(tmp_path / "data")]
    assert len(row.context) == 43
    shown = contact_sheet._episodes_shown(row)
    assert len(shown) == contact_sheet.MOST and set(row.positives) < set(shown)
    assert "| 1 | 1 | 43 | near | 3 | 126 |" in (tmp_path / "data" / "card.md").read_text(encoding="utf-8")
