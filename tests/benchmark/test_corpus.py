"""Samples on disk: what is written is what is read, a torn row costs itself only, and a wrong field is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from assistant.photo import from_image
from benchmark.datasets.corpus import PHOTOS, REJECTED, SAMPLES, photos_of, read, rejected
from benchmark.datasets.corpus_writer import CorpusWriter
from benchmark.world.question import Question
from benchmark.world.sample import Sample, Spec, build
from memory.episode import Episode, Photo, Turn
from memory.errors import KeepsakeError

SEEDED = build(Spec("test", 3, 0, 1, "near"))
Row = dict[str, Any]


def noise(seed: int, side: int = 24) -> Photo:
    """A photo of nothing; larger than LOSSLESS_SIDE it is a JPEG."""
    pixels = np.random.default_rng(seed).integers(0, 255, (side, side, 3), np.uint8)
    return from_image(Image.fromarray(pixels), datetime(2024, 5, 1, 8, 30, tzinfo=UTC))


def own() -> Sample:
    """As from one's own photos: no spec, JPEGs, a camera's date, a place, words beyond ASCII."""
    question = Question("Wo war Zoë?", ("im “Hafen”", "zu Hause", "im Zoo"), "A", "Zoë", "place")
    turns = (Turn("user", "Das ist Zoë im “Hafen”."), Turn("assistant", "Schön!"))
    episode = Episode(noise(1, 300), turns, datetime(2024, 5, 1, tzinfo=UTC), "Kiel")
    return Sample((episode,), noise(2, 300), (0,), ((question,),))


def written(folder: Path) -> CorpusWriter:
    corpus = CorpusWriter(folder)
    corpus.accept("a", SEEDED)
    corpus.accept("b", own())
    return corpus


def test_what_is_read_is_what_was_written(tmp_path: Path) -> None:
    written(tmp_path)
    back = list(read(tmp_path))
    assert back == [SEEDED, own()]
    assert [s.id for s in back] == [SEEDED.id, own().id]
    assert build(back[0].spec or Spec("test", 0, 0)) == SEEDED


def test_every_photo_is_there_once_with_its_own_bytes(tmp_path: Path) -> None:
    corpus = written(tmp_path)
    corpus.accept("c", replace(SEEDED, positives=()))
    expected = {f"{p.sha256}.png": p.data for p in photos_of(SEEDED)} | {
        f"{p.sha256}.jpg": p.data for p in photos_of(own())
    }
    assert {p.name: p.read_bytes() for p in (tmp_path / PHOTOS).iterdir()} == expected


@pytest.mark.parametrize("torn", [b'{"id": "', '{"id": "Sète'.encode()[:-2], b"{}"])
def test_half_a_row_is_dropped_and_nothing_else(tmp_path: Path, torn: bytes) -> None:
    written(tmp_path)
    before = (tmp_path / SAMPLES).read_bytes()
    (tmp_path / SAMPLES).write_bytes(before + torn)
    (tmp_path / PHOTOS / ".abc.png.77.partial").write_bytes(b"half a photo")
    corpus = CorpusWriter(tmp_path)
    assert (tmp_path / SAMPLES).read_bytes() == before
    assert corpus.done == {"a", "b"} == corpus.accepted.keys()
    assert corpus.query("b") == own().query
    assert not list((tmp_path / PHOTOS).glob(".*"))


def test_rejected_questions_of_an_unfinished_draft_are_forgotten(tmp_path: Path) -> None:
    """A kill came between them and the row of their sample: the draft is made again, and they would stand twice."""
    corpus = CorpusWriter(tmp_path)
    question = SEEDED.questions[0][0]
    corpus.reject_question("a", "not_visible", "seen", SEEDED.context[0], question)
    corpus.accept("a", SEEDED)
    corpus.reject("b", "near_duplicate", "twice", SEEDED)
    corpus.reject_draft("c", "dialogue_readable", "no words", {"thing": "Rex"}, (noise(5),))
    settled = (tmp_path / REJECTED).read_bytes()
    corpus.reject_question("d", "not_visible", "seen", SEEDED.context[0], question)
    assert CorpusWriter(tmp_path).done == {"a", "b", "c"}
    assert (tmp_path / REJECTED).read_bytes() == settled


def test_what_was_rejected_is_kept_whole_with_the_reason(tmp_path: Path) -> None:
    corpus = CorpusWriter(tmp_path)
    corpus.reject("b", "near_duplicate", "twice", SEEDED)
    [row] = rejected(tmp_path)
    assert (row.key, row.level, row.filter, row.reason) == ("b", "sample", "near_duplicate", "twice")
    (tmp_path / SAMPLES).write_text(json.dumps(row.item) + "\n")
    assert list(read(tmp_path)) == [SEEDED]


@pytest.mark.parametrize(
    ("edit", "named"),
    [
        (lambda r: r.pop("query"), "`query`"),
        (lambda r: r["context"][0].pop("when"), "`when` - at `$.context[0]`"),
        (lambda r: r["context"][0]["turns"][0].update(text=7), "`$.context[0].turns[0].text`"),
        (lambda r: r["context"][0]["turns"][0].update(role="model"), "`$.context[0].turns[0].role`"),
        (lambda r: r["context"][0].update(when="2024-05-01T00:00:00"), "`context[0].when`"),
        (lambda r: r["questions"][0][0].update(answer="D"), "`questions[0][0].answer` is 'D'"),
        (lambda r: r["questions"][0][0].update(options=["x", "y"]), "`$.questions[0][0].options`"),
        (lambda r: r.update(questions=[[], []]), "`questions` has 2 entries for 1 episodes"),
        (lambda r: r.update(positives=[1]), "`positives` has 1, but there are 1 episodes"),
        (lambda r: r["context"][0]["turns"][0].update(text="Other words."), "`id`"),
        (lambda r: r["query"].update(sha256="0" * 64), "`query`"),
        (lambda r: r["context"][0]["photo"].update(sha256="../../secret"), "`context[0].photo`"),
    ],
)
def test_a_wrong_field_is_named_with_its_line(tmp_path: Path, edit: Callable[[Row], object], named: str) -> None:
    written(tmp_path / "data")
    (tmp_path / "secret.png").write_bytes(b"not a photo of the corpus")
    path = tmp_path / "data" / SAMPLES
    first, second = path.read_text(encoding="utf-8").splitlines()
    row = json.loads(second)
    edit(row)
    path.write_text(f"{first}\n{json.dumps(row)}\n", encoding="utf-8")
    with pytest.raises(KeepsakeError) as caught:
        list(read(tmp_path / "data"))
    assert named in str(caught.value) and f"{SAMPLES}, line 2" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_that_is_no_corpus_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(KeepsakeError, match=r"samples\.jsonl is not there: name a folder that"):
        list(read(tmp_path / "nowhere"))
