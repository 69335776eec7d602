"""`python -m benchmark build`: the same bytes each time, whatever interrupts it, and a report that adds up."""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from benchmark.datasets import build as module
from benchmark.datasets import builder, contact_sheet, corpus
from benchmark.datasets.builder import build
from benchmark.datasets.corpus import PHOTOS, REJECTED, SAMPLES, read
from benchmark.datasets.filters.tools import Tools
from benchmark.datasets.source import PictureWorld
from benchmark.world import sample as sampling
from benchmark.world.concepts import concepts
from benchmark.world.sample import Spec
from memory.episode import Photo
from memory.errors import KeepsakeError

ROOT = Path(__file__).parents[2]
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
