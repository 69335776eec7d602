"""Your own photos as a source: the layout of the folder, and the samples."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from assistant.photo import from_image
from benchmark.datasets import builder
from benchmark.datasets.corpus import SAMPLES, read, rejected
from benchmark.datasets.filters.photo_similarity import pixel_features
from benchmark.datasets.filters.tools import Tools
from benchmark.datasets.own_photos import OwnPhotos
from benchmark.datasets.photo_folder import split_of
from memory.episode import Photo
from memory.errors import KeepsakeError
from tests.support.ownphotos import COLOURS, Reply, Scripted, name_in, paint, well_behaved


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Seven things with two photos each, one with a single photo, and a photo of two of them."""
    folder = tmp_path / "album"
    names = ["Rex", "17", "Nala", "red_mug", "Otto", "Ida", "Max"]
    for i, name in enumerate(names):
        for n in (1, 2):
            paint(folder / name / f"{n}.png", [COLOURS[i]], 10 * i + n)
    paint(folder / "Eva.png", [COLOURS[7]], 99)
    paint(folder / "queries" / "both.png", ["red", "green"], 100)
    (folder / "queries" / "queries.csv").write_text("photo,shows\nboth.png,Rex; Nala\n")
    return folder


def source(album: Path, reply: Reply = well_behaved, **more: object) -> OwnPhotos:
    tools = Tools()
    tools.endpoint = endpoint = Scripted(reply)
    return OwnPhotos(album, endpoint, tools, **more)  # type: ignore[arg-type]


# Samples


def test_each_query_becomes_a_sample_with_the_things_it_shows(album: Path) -> None:
    own = source(album)
    ones = {d.key: d.make() for d in own.drafts(1)}
    assert set(ones) == {f"{t}/2.png" for t in ("Rex", "17", "Nala", "red_mug", "Otto", "Ida", "Max")}
    [two] = [d.make() for d in own.drafts(2)]
    assert {len(s.context) for s in ones.values()} == {3} and len(two.context) == 6
    assert [q[0].about for i, q in enumerate(two.questions) if i in two.positives] in (["Rex", "Nala"], ["Nala", "Rex"])
    for sample in (*ones.values(), two):
        assert len({e.photo.sha256 for e in sample.context} | {sample.query.sha256}) == len(sample.context) + 1
        for episode, asked in zip(sample.context, sample.questions, strict=True):
            assert len(asked) == 3 and all(asked[0].about in q.text for q in asked)
            assert asked[0].about in episode.words and len(episode.turns) == 6
            assert [q.right for q in asked] == ["the old pier", "in late March", "hums a waltz"]
    shown = ones["Rex/2.png"]
    assert shown.questions[shown.positives[0]][0].about == "Rex"
    assert len({d.positives[0] for d in ones.values()}) > 1
    assert len({q.answer for s in ones.values() for of in s.questions for q in of}) == 3


def test_distractors_are_those_that_look_most_alike(album: Path) -> None:
    """Dark red beside red, whatever stands next to it in the folder."""
    own = source(album)
    sample = next(d.make() for d in own.drafts(1) if d.key == "Rex/2.png")
    assert own.things["17"].name in {q[0].about for q in sample.questions}  # COLOURS[1]


def test_an_encoder_chooses_the_distractors_when_there_is_one(album: Path) -> None:
    """By late interaction of its tokens: here Rex looks like Max and Ida to it."""

    class Sees:
        def embed(self, photo: Photo) -> np.ndarray:
            alike = {own.things[k].photos[0].parent.name for k in ("Rex", "Max", "Ida")}
            mine = next(k for k, p in known.items() if p == photo.sha256)
            return np.eye(4, dtype=np.float32)[[3, 0 if mine in alike else 1]]

    own = source(album)
    known = {k: v.episode.photo.sha256 for k, v in own._described[0].items()}
    own.tools.encoder = Sees()
    sample = next(d.make() for d in own.drafts(1) if d.key == "Rex/2.png")
    assert {q[0].about for q in sample.questions} == {"Rex", "Max", "Ida"}


def test_a_long_history_takes_more_of_the_others(album: Path) -> None:
    sample = next(source(album, extra=4).drafts(1)).make()
    assert len(sample.context) == 7 == len({e.id for e in sample.context})


def test_names_come_from_folders_unless_they_are_numbers(album: Path) -> None:
    names = {k: t.name for k, t in source(album).things.items()}
    assert {k: n for k, n in names.items() if k != "17"} == {
        **{k: k for k in ("Rex", "Nala", "Otto", "Ida", "Max", "Eva")},
        "red_mug": "red mug",
    }
    assert names["17"].isalpha() and names["17"] not in names
    assert names == {k: t.name for k, t in source(album).things.items()}


def test_one_seed_one_corpus(album: Path) -> None:
    def made(seed: int) -> list[object]:
        return [d.make() for d in source(album, seed=seed).drafts(1)]

    assert made(1) == made(1) != made(2)


def test_splits_never_share_a_thing(album: Path) -> None:
    for i in range(30):
        paint(album / f"Thing {chr(65 + i % 26)}{'x' * (i // 26)}.png", ["pink"], 200 + i)
    apart = next(k for k in ("17", "red_mug", "Otto", "Ida", "Max", "Eva", "Nala") if split_of(k) != split_of("Rex"))
    (album / "queries" / "queries.csv").write_text(f"photo,shows\nboth.png,Rex;{apart}\n")
    parts = {split: source(album, split=split) for split in ("train", "dev", "test")}
    keys = [set(part.things) for part in parts.values()]
    assert sum(map(len, keys)) == len(set().union(*keys)) == 38 and all(keys)
    for split, part in parts.items():
        assert all(split_of(key) == split for shown in part.queries.values() for key in shown)
        assert album / "queries" / "both.png" not in part.queries  # it belongs nowhere, and is counted
        assert part.across_splits == (split in (split_of("Rex"), split_of(apart)))
    shares = [split_of(str(i)) for i in range(2000)]
    assert 350 < shares.count("test") < 450 and 150 < shares.count("dev") < 250


# What a model writes


def test_garbage_is_asked_again_with_another_seed_and_then_rejected(album: Path, tmp_path: Path) -> None:
    """Otto's dialogue is never readable, Ida's at the second attempt, Max's questions never."""

    def reply(text: str, seed: int) -> str:
        if "letter in a box" not in text:
            asks_questions, name = "multiple-choice" in text, name_in(text)
            if (name == "Otto" and not asks_questions) or (name == "Max" and asks_questions):
                return "Error"
            if name == "Ida" and not asks_questions and seed == 0:
                return "I cannot see a photo."
        return well_behaved(text, seed)

    own = source(album, reply)
    folder = tmp_path / "data"
    settings = {"source": "photos", "split": "all", "judge": "lexical"}
    builder.build(own, own.tools, folder, [1, 2], 99, settings)
    found = {(r.key, r.filter, r.reason) for r in rejected(folder)}
    assert found == {
        ("thing Otto", "dialogue_readable", 'it does not begin with the line "Dialogue:"'),
        ("thing Max", "questions_readable", "it holds no JSON list"),
        ("Otto/2.png", "things_usable", "shows 'Otto': it does not begin with the line \"Dialogue:\""),
        ("Max/2.png", "things_usable", "shows 'Max': it holds no JSON list"),
    }
    assert {r.item["written"] for r in rejected(folder) if r.level == "source" and "written" in r.item} == {"Error"}
    samples = list(read(folder))
    assert len(samples) == 6
    told = {q.about for s in samples for of in s.questions for q in of}
    assert "Ida" in told and not told & {"Otto", "Max"}
    assert "Error" not in (folder / SAMPLES).read_text(encoding="utf-8")
    seeds = [seed for seed, r in own.endpoint.asked if "Ida" in str(r[0].parts[-1]) and "Write" in str(r[0].parts[-1])]  # type: ignore[attr-defined]
    assert seeds == [0, 1, 0]  # its dialogue twice, its questions once
    card = (folder / "card.md").read_text(encoding="utf-8")
    assert "`dialogue_readable`" in card and "invented by the model 'writer'" in card
    assert "| sample | each covers 2% of the photo; found better than others by 0 |  |  | 0 | not run: no model" in card
    assert "colours and thumbnails" in card and "No model wrote" not in card


def test_a_question_that_the_photo_answers_is_dropped(album: Path, tmp_path: Path) -> None:
    def reply(text: str, seed: int) -> str:
        lines = {line[3:]: line[0] for line in text.splitlines() if line[1:3] == ". "}
        return f"\\boxed{{{lines['the old pier']}}}" if "the old pier" in lines else well_behaved(text, seed)

    own = source(album, reply)
    builder.build(own, own.tools, tmp_path / "data", [1], 2, {"source": "photos", "split": "all", "judge": "lexical"})
    for sample in read(tmp_path / "data"):
        counts = [len(q) for q in sample.questions]
        assert [counts[i] for i in sample.positives] == [2] and sum(counts) == 8
    assert {r.filter for r in rejected(tmp_path / "data")} == {"not_visible"}


# The folder


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda f: (f / "Empty").mkdir(), "Empty holds no photo"),
        (lambda f: paint(f / "rex.png", ["red"], 1), "two things called"),
        (lambda f: (f / "queries" / "queries.csv").unlink(), "queries.csv cannot be read"),
        (
            lambda f: (f / "queries" / "queries.csv").write_text("photo,shows\nboth.png,Rx\n"),
            "line 2: there is no thing 'Rx'",
        ),
        (
            lambda f: (f / "queries" / "queries.csv").write_text("photo,shows\nboth.png,Rex;Rex\n"),
            "line 2: both.png shows",
        ),
        (
            lambda f: (f / "queries" / "queries.csv").write_text("photo;shows\nboth.png;Rex\n"),
            "line 2: it needs the columns",
        ),
        (
            lambda f: (f / "queries" / "queries.csv").write_text("photo,shows\n../x.png,Rex\n"),
            "there is no photo x.png",
        ),
    ],
)
def test_a_wrong_layout_is_one_clear_line(album: Path, spoil: Callable[[Path], object], said: str) -> None:
    spoil(album)
    with pytest.raises(KeepsakeError) as caught:
        source(album)
    assert said in str(caught.value) and "\n" not in str(caught.value)


def test_too_few_things_are_counted(album: Path) -> None:
    with pytest.raises(KeepsakeError, match="samples of 2 need 10 things in the split 'all', and 8 are usable"):
        list(source(album, extra=4).drafts(2))


def test_a_damaged_photo_is_a_rejected_one(album: Path, tmp_path: Path) -> None:
    """Whether it would be remembered or be a query."""
    (album / "Otto" / "1.png").write_bytes(b"no picture")
    (album / "Ida" / "2.png").write_bytes(b"no picture")
    own = source(album)
    builder.build(own, own.tools, tmp_path / "data", [1], 99, {"source": "photos", "split": "all", "judge": "lexical"})
    found = {r.key: r.filter for r in rejected(tmp_path / "data")}
    assert found == {"thing Otto": "photo_readable", "Otto/2.png": "things_usable", "Ida/2.png": "photo_readable"}


def test_pixel_features_are_of_length_one_and_know_colours() -> None:
    def of(colour: str) -> np.ndarray:
        image = Image.new("RGB", (80, 60), "grey")
        ImageDraw.Draw(image).ellipse((20, 10, 60, 50), colour)
        return pixel_features(from_image(image))

    red, dark, blue = of("red"), of("firebrick"), of("blue")
    assert red.shape == (256,) and np.linalg.norm(red) == pytest.approx(1)
    assert red @ dark > red @ blue
    assert np.isfinite(pixel_features(from_image(Image.new("RGB", (8, 8), "red")))).all()
