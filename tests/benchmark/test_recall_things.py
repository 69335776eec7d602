"""Recall of real things: the scores are those of recall, the rates count what they say, wrong folders are one line."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from assistant import opening
from benchmark.__main__ import main
from benchmark.retrieval.things import memory_draws, recall_page, recall_rates, recall_things
from benchmark.retrieval.things.memory_draws import DrawnMemory, Trials
from benchmark.retrieval.things.photo_things import EncodedSet, encode_all, read_things
from memory.episode import Episode, Turn
from memory.errors import KeepsakeError
from memory.search.gate import Gate
from memory.search.sightings import NewPhoto
from memory.store import Memory
from tests.support.realthings import ColourEncoder, draw_thing, things_folder


def quiet(line: str) -> None:
    """Progress that nobody reads."""


@pytest.fixture
def encoder(monkeypatch: pytest.MonkeyPatch) -> ColourEncoder:
    """The encoder that every command opens."""
    one = ColourEncoder()
    monkeypatch.setattr(opening, "open_encoder", lambda name: one)
    return one


def seen(folder: Path, strangers: Path | None = None) -> EncodedSet:
    return encode_all(ColourEncoder(), read_things(folder, strangers), quiet)


# -- photos -------------------------------------------------------------------------------------------------------


def test_what_is_no_photo_is_left_out_and_named(tmp_path: Path) -> None:
    folder = things_folder(tmp_path / "things", 2, photos=2)
    (folder / "NOTICE.md").write_text("who took them")
    (folder / "thing0" / "notes.txt").write_text("no photo")
    (folder / "thing0" / "damaged.jpg").write_bytes(b"no jpeg")
    (folder / "thing0" / "deeper").mkdir()
    (folder / "empty").mkdir()
    draw_thing(1, 0).save(folder / "thing1" / "again.webp", lossless=True)
    found = read_things(folder)
    assert found.things == ("thing0", "thing1") and found.own == 2
    assert [p.name for p in found.photos] == ["thing0/00.png", "thing0/01.png", "thing1/00.png", "thing1/01.png"]
    reasons = " | ".join(found.skipped)
    for wanted in ("NOTICE.md: lies beside", "notes.txt: no photo", "damaged.jpg: not a picture", "deeper: a folder"):
        assert wanted in reasons
    assert "again.webp: the same picture as thing1/00.png" in reasons and len(found.skipped) == 5


def test_strangers_must_be_other_photos(tmp_path: Path) -> None:
    folder = things_folder(tmp_path / "things", 2)
    other = things_folder(tmp_path / "strangers", 1, first=5)
    both = read_things(folder, other)
    assert both.things == ("thing0", "thing1", "thing5") and both.own == 2 and both.photos[-1].thing == 2
    shutil.copytree(folder / "thing0", other / "copied")
    with pytest.raises(KeepsakeError, match=r"copied/00\.png of .* is also thing0/00\.png"):
        read_things(folder, other)


@pytest.mark.parametrize("strangers", [False, True])
def test_too_few_photos_are_one_line(
    tmp_path: Path, encoder: ColourEncoder, capsys: pytest.CaptureFixture[str], strangers: bool
) -> None:
    folder = things_folder(tmp_path / "things", 2 if strangers else 1)
    (tmp_path / "none").mkdir()
    more = ["--strangers", str(tmp_path / "none")] if strangers else []
    assert main(["recall", "--things", str(folder), *more]) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert main(["recall", "--things", str(tmp_path / "nowhere")]) == 1
    assert "is not a folder" in capsys.readouterr().err


# -- trials -------------------------------------------------------------------------------------------------------


def test_scores_are_those_of_recall(tmp_path: Path) -> None:
    """Photos in a real memory file get the same scores, for known things and for strangers."""
    photos, encoder = seen(things_folder(tmp_path / "things", 7)), ColourEncoder()
    remembered = np.array([0, 5, 10, 15, 20])  # of five things
    drawn = DrawnMemory(photos, remembered)
    with Memory(tmp_path / "memory.db") as memory:
        for i in remembered:
            photo = photos.photos.photos[i].photo
            words = (Turn("user", f"This is number {i}."),)
            memory.add(Episode(photo, words, datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=int(i))))
            memory.put_vectors(photo.sha256, encoder.space, encoder.encode(photo))
        for i in set(range(28)) - set(remembered):
            tokens = encoder.encode(photos.photos.photos[i].photo)
            found = {r.episode.photo.sha256: r.score for r in memory.recall(NewPhoto(encoder.space, tokens), k=5)}
            ours = dict(zip((photos.photos.photos[j].photo.sha256 for j in remembered),
                            drawn.scores(photos.queries[i]), strict=True))  # fmt: skip
            # A photo that scores nothing is not recalled.
            assert {name: found.get(name, 0.0) for name in ours} == pytest.approx(ours, abs=1e-6)


def test_every_other_photo_is_asked(tmp_path: Path) -> None:
    photos = seen(things_folder(tmp_path / "things", 5, photos=3))
    trials = memory_draws.ask(photos, np.random.default_rng(0), [np.array([0, 3]), np.array([4, 1])])
    assert trials.n == 2 and trials.remembered.shape == (2, 2)
    for memory, things in enumerate(({0, 3}, {1, 4})):
        rows = trials.memory == memory
        remembered = set(trials.remembered[memory].tolist())
        assert set(trials.query[rows].tolist()) == set(range(15)) - remembered, "all photos but those of the memory"
        assert {int(t) for t in trials.thing[rows & trials.known]} == things
        assert set(trials.best[rows].tolist()) <= remembered
    known = trials.known
    assert (photos.thing[trials.own[known]] == trials.thing[known]).all() and (trials.own[~known] == -1).all()
    assert (trials.own_score[known] <= trials.score[known]).all() and np.isnan(trials.own_score[~known]).all()


def test_a_folder_of_strangers_has_all_strangers(tmp_path: Path) -> None:
    folder, other = things_folder(tmp_path / "things", 4), things_folder(tmp_path / "other", 2, first=8)
    trials = memory_draws.ask(seen(folder, other), np.random.default_rng(0), [np.array([0, 1])])
    assert set(trials.thing[~trials.known].tolist()) == {4, 5}


def test_thirds_are_left_out_by_turns() -> None:
    things = np.arange(10)
    drawn = [set(t.tolist()) for t in memory_draws.turns(np.random.default_rng(0), things, 6)]
    left_out = [set(things.tolist()) - t for t in drawn]
    assert set.union(*left_out[:3]) == set(things.tolist()) == set.union(*left_out[3:])
    assert {len(t) for t in drawn} == {6} and left_out[:3] != left_out[3:]


# -- rates --------------------------------------------------------------------------------------------------------


def made(known: list[tuple[int, bool, float]], strangers: list[tuple[int, float]], n: int = 3) -> Trials:
    """Trials of (thing, right, score) and of strangers (thing, score)."""
    thing = np.array([t for t, *_ in known] + [t for t, _ in strangers])
    is_known = np.arange(len(thing)) < len(known)
    score = np.array([s for *_, s in known] + [s for _, s in strangers])
    own = np.where(is_known, thing, -1)
    best = np.array([t if right else 99 for t, right, _ in known] + [99] * len(strangers))
    memory = np.zeros(len(thing), int)
    return Trials(n, np.arange(n)[None], memory, np.arange(len(thing)), thing, is_known, best, score, own, score)


def test_rates_count_what_they_say() -> None:
    strangers = [(2 + i % 5, i / 100) for i in range(101)]  # a tenth of them above 0.9
    trials = made([(0, True, 0.95), (0, True, 0.85), (1, False, 0.99), (1, True, 0.91)], strangers)
    times = recall_rates.resampled(7, [np.arange(7)])
    assert recall_rates.right_first(trials, times).value == 0.75
    found = recall_rates.found(trials, times, 0.1)
    assert found and found.threshold == pytest.approx(0.9)
    assert found.share.value == 0.5, "right, and above most strangers"
    said = recall_rates.gate_shares(trials, Gate.constant(0.9), times)
    assert {k: s.value for k, s in said["known"].items()} == {"sure": 0.5, "maybe": 0, "wrong": 0.25, "nobody": 0.25}
    said = recall_rates.gate_shares(trials, Gate((0.03, 0), (0.1, 0)), times)
    assert (said["known"]["sure"].value, said["known"]["maybe"].value) == (0, 0.5)
    assert said["strangers"]["sure"].value == pytest.approx(4 / 101)
    assert said["strangers"]["maybe"].value == pytest.approx(7 / 101)


def test_intervals_are_over_things() -> None:
    """A thousand photos of two things, one always right and one never, tell no more than two things do."""
    trials = made([(0, True, 0.9)] * 500 + [(1, False, 0.9)] * 500, [(2, 0.5), (3, 0.4)])
    times = recall_rates.resampled(4, [np.arange(4)])
    first = recall_rates.right_first(trials, times)
    assert (first.value, first.low, first.high) == (0.5, 0.0, 1.0)
    many = made([(i, i % 2 == 0, 0.9) for i in range(200) for _ in range(5)], [(200, 0.5)])
    narrow = recall_rates.right_first(many, recall_rates.resampled(201, [np.arange(201)]))
    assert 0.4 < narrow.low < 0.5 < narrow.high < 0.6


def test_nothing_to_ask_is_a_dash() -> None:
    trials = made([(0, True, 0.9)], [])
    times = recall_rates.resampled(1, [np.arange(1)])
    assert recall_rates.found(trials, times, 0.1) is None
    assert str(recall_rates.gate_shares(trials, Gate.always(), times)["strangers"]["sure"]) == "–"


# -- the command --------------------------------------------------------------------------------------------------


def test_json_has_the_keys_that_scripts_read(
    tmp_path: Path, encoder: ColourEncoder, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = things_folder(tmp_path / "things", 8)
    assert main(["recall", "--things", str(folder), "--json"]) == 0
    shown = capsys.readouterr()
    record = json.loads(shown.out)
    assert len(encoder.asked) == 32 == len(set(encoder.asked)), "each photo is encoded once"
    assert (record["encoder"], record["things"], record["photos"]) == ("colours", 8, 32)
    assert record["n"] == 40 * 24 and set(record["found"]) == {"3", "6", "all"}
    assert all(set(at) == {"0.02", "0.05", "0.10"} for at in record["found"].values())
    assert record["memories"] == {"3": 3, "6": 6, "all": 5}
    assert record["right_of_six"] > 0.4 and record["right_of_all"] > 0.3, "by chance 0.17 and 0.13"
    assert record["found"]["6"]["0.02"] <= record["found"]["6"]["0.05"] <= record["found"]["6"]["0.10"]
    low, high = record["intervals"]["right_of_all"]
    assert low <= record["right_of_all"] <= high
    assert main(["recall", "--things", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == record, "seeded"


def test_with_strangers_all_things_are_remembered(
    tmp_path: Path, encoder: ColourEncoder, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, other = things_folder(tmp_path / "things", 4), things_folder(tmp_path / "other", 3, first=10)
    assert main(["recall", "--things", str(folder), "--strangers", str(other), "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["memories"] == {"3": 3, "all": 4} and record["right_of_six"] is None
    assert record["strangers"] == {"things": 3, "from": "other things"} and set(record["found"]) == {"3", "all"}


def test_encoders_stand_side_by_side(
    tmp_path: Path, encoder: ColourEncoder, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = things_folder(tmp_path / "things", 4)
    assert main(["recall", "--things", str(folder), "--encoder", "one", "--encoder", "other"]) == 0
    shown = capsys.readouterr().out
    assert [line.split()[:2] for line in shown.splitlines() if line.startswith("3 ")] == [["3", "colours"]] * 4
    assert "things are resampled, not photos" in shown and "a third of the things is left out by turns" in shown


def test_only_one_kind_of_pictures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recall", "--things", str(tmp_path), "--scenes", "200"]) == 1
    assert capsys.readouterr().err == "error: choose one of --scenes, --things and --composites\n"


# -- the page -----------------------------------------------------------------------------------------------------


def test_the_page_shows_the_worst(tmp_path: Path, encoder: ColourEncoder, capsys: pytest.CaptureFixture[str]) -> None:
    """Photos that hardly differ are confused; a loose gate takes strangers for known."""
    encoder.gate = Gate.constant(0.2)
    folder = things_folder(tmp_path / "things", 6, noise=200)
    assert main(["recall", "--things", str(folder), "--json", "--out", str(tmp_path / "page")]) == 0
    page = (tmp_path / "page" / "recall.html").read_text(encoding="utf-8")
    for wanted in ("recalled first, 0.", "the right one, 0.", "taken for this, 0.", "of strangers", "thing3/"):
        assert wanted in page, wanted
    assert "http" not in page.replace("http-equiv", "") and "<script" not in page
    assert page.count("data:image/webp") > 20
    assert capsys.readouterr().err.splitlines()[-1] == f"page: {tmp_path / 'page' / 'recall.html'}"


def test_hubs_come_first() -> None:
    trials = made([], [(1, 0.9), (1, 0.8), (2, 0.7), (3, 0.6), (4, 0.1)])
    trials.best[:] = [7, 7, 7, 8, 8]
    trials.remembered[:] = [7, 8, 9]
    assert recall_page.hubs(trials, 0.5) == [(7, 0.6, [0, 2]), (8, 0.2, [3])]


def test_sizes_are_those_that_fit(tmp_path: Path) -> None:
    found = recall_things.rates("x", Gate.always(), seen(things_folder(tmp_path / "a", 3, photos=2)), 0, quiet)
    assert {size: row.trials.n for size, row in found.sizes.items()} == {"3": 3, "all": 2}
    assert not found.sizes["3"].found and found.sizes["all"].found, "no strangers are left beside three of three"


def test_two_things_in_one_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str], encoder: ColourEncoder) -> None:
    """Counted by layout; the encoder of the tests sees colours only."""
    folder = things_folder(tmp_path / "things", 5)
    assert main(["recall", "--things", str(folder), "--pairs", "5", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert [one["layout"] for one in record["pairs"]] == ["halves", "squares", "large and small"]
    assert all(one["asked"] == 5 and one["both"] + one["one"] + one["wrong"] <= 5 for one in record["pairs"])
    assert main(["recall", "--pairs", "5"]) == 1 and "needs --things" in capsys.readouterr().err
