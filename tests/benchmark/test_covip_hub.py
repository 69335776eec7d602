"""Datasets as on the Hub, written and read on this machine: columns, splits, pictures, and no word with the network."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets
import pytest
from PIL import Image

from assistant import prompt
from benchmark.datasets import covip_hub
from benchmark.world.question import EVENT_QUESTION, PLACE_QUESTION
from memory.episode import Photo
from memory.errors import KeepsakeError, PhotoError
from tests.support.covip_release import QUERY, colour, shown


def picture(*which: int, size: tuple[int, int] = (8, 6)) -> bytes:
    """A JPEG that lies on its side, as phones write them."""
    out, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", size, colour(*which)).save(out, "JPEG", quality=100, exif=exif)
    return out.getvalue()


def table(n: int = 2, **columns: list[Any]) -> datasets.Dataset:
    """Rows as on the Hub: three memories, a query, and what is right."""
    held = {
        "images_context": [[{"bytes": picture(k, i), "path": None} for i in range(3)] for k in range(n)],
        "dialogues_context": [[f"User: Thing {i}.\nModel: Oh!" for i in range(3)] for _ in range(n)],
        "query_image": [{"bytes": picture(k, QUERY), "path": None} for k in range(n)],
        "answer": [f"the café {k}" for k in range(n)],
        "last_action": [f"feeding gulls {k}" for k in range(n)],
    }
    held = {name: values for name, values in {**held, **columns}.items() if values}
    kinds: dict[str, Any] = {name: datasets.Value("string") for name in ("answer", "last_action")}
    kinds["images_context"] = datasets.List(datasets.Image())
    kinds["dialogues_context"] = datasets.List(datasets.Value("string"))
    kinds["query_image"] = datasets.Image()
    return datasets.Dataset.from_dict(held, datasets.Features({name: kinds[name] for name in held}))


def as_folder(data: datasets.Dataset, folder: Path) -> Path:
    data.save_to_disk(folder)
    return folder


def as_splits(data: datasets.Dataset, folder: Path) -> Path:
    datasets.DatasetDict({"train": table(1), "test": data}).save_to_disk(folder)
    return folder


def as_parquet(data: datasets.Dataset, folder: Path) -> Path:
    (folder / "data").mkdir(parents=True)
    for i in range(len(data)):
        data.select([i]).to_parquet(folder / "data" / f"test-{i:05d}-of-{len(data):05d}.parquet")
    table(1).to_parquet(folder / "data" / "train-00000-of-00001.parquet")
    return folder


def as_one_file(data: datasets.Dataset, folder: Path) -> Path:
    folder.mkdir()
    data.to_parquet(folder / "lsd.parquet")
    return folder / "lsd.parquet"


@pytest.mark.parametrize("store", [as_folder, as_splits, as_parquet, as_one_file])
def test_a_dataset_is_read_from_this_machine(
    tmp_path: Path, store: Callable[[datasets.Dataset, Path], Path], capfd: pytest.CaptureFixture[str]
) -> None:
    """Upright, as our normaliser makes them: the query was stored lying on its side."""
    source = store(table(), tmp_path / "set")
    rows = list(covip_hub.read_hub(source, "lsd"))
    assert [(row.question, row.gold) for row in rows] == [
        (PLACE_QUESTION, "the café 0"),
        (PLACE_QUESTION, "the café 1"),
    ]
    for k, row in enumerate(rows):
        assert (row.sample.query.width, row.sample.query.height) == (6, 8)
        told = [e.photo for e in row.sample.context]
        for photo, i in zip([*told, row.sample.query], (0, 1, 2, QUERY), strict=True):
            assert max(abs(a - b) for a, b in zip(shown(photo), colour(k, i), strict=True)) <= 4
        assert [e.words for e in row.sample.context] == ["Thing 0.", "Thing 1.", "Thing 2."]
        assert (row.sample.positives, row.sample.questions) == ((), ())
        photos = prompt.caption_messages(row.sample.context, row.sample.query)[1].parts
        assert [part for part in photos if isinstance(part, Photo)][:3] == told


@pytest.mark.parametrize(
    ("task", "asked", "gold"),
    [
        ("capeval", prompt.CAPTION_REQUEST, ""),
        ("lar", EVENT_QUESTION, "feeding gulls 0"),
        ("itr", PLACE_QUESTION, "the café 0"),
    ],
)
def test_each_task_has_its_gold_column(tmp_path: Path, task: covip_hub.Task, asked: str, gold: str) -> None:
    row = next(covip_hub.read_hub(as_folder(table(1), tmp_path / "set"), task))
    assert (row.question, row.gold) == (asked, gold)


@pytest.mark.parametrize(
    ("task", "gone"),
    [
        ("lar", "last_action"),
        ("lsd", "answer"),
        ("itr", "answer"),
        ("capeval", "query_image"),
        ("capeval", "images_context"),
        ("lsd", "dialogues_context"),
    ],
)
def test_a_missing_column_is_named_with_those_that_are_there(tmp_path: Path, task: covip_hub.Task, gone: str) -> None:
    data = table(1, **{gone: []})
    source = as_folder(data, tmp_path / "set")
    with pytest.raises(KeepsakeError) as error:
        covip_hub.read_hub(source, task)
    assert str(error.value) == f"{source} as {task}: no column {gone!r}; there are {', '.join(data.column_names)}"


def test_captions_need_no_answers(tmp_path: Path) -> None:
    assert (
        len(list(covip_hub.read_hub(as_folder(table(2, answer=[], last_action=[]), tmp_path / "set"), "capeval"))) == 2
    )


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"dialogues_context": [["a", "b"]]}, "row 0: 3 in 'images_context', 2 in 'dialogues_context'"),
        ({"dialogues_context": [["a", None, "b"]]}, "row 0: 'dialogues_context' should be text, is None"),
        ({"images_context": [None], "dialogues_context": [None]}, "row 0: 'images_context' should be a list, is None"),
        ({"query_image": [None]}, "row 0, query_image: no picture, but None"),
        ({"query_image": [{"bytes": b"no", "path": None}]}, "row 0, query_image: not a picture, or damaged at its"),
    ],
)
def test_what_is_wrong_in_a_row_is_named(tmp_path: Path, columns: dict[str, list[Any]], said: str) -> None:
    file = tmp_path / "set.parquet"
    table(1, **columns).to_parquet(file)
    with pytest.raises(KeepsakeError, match=re.escape(said)) as error:
        list(covip_hub.read_hub(file, "lsd"))
    assert "/picture:" not in str(error.value) and "\n" not in str(error.value)


def test_pictures_may_be_paths(tmp_path: Path) -> None:
    (tmp_path / "here.jpg").write_bytes(picture(0, QUERY))
    paths = [str(tmp_path / "here.jpg"), str(tmp_path / "gone.jpg")]
    table().remove_columns("query_image").add_column("query_image", paths).save_to_disk(tmp_path / "set")
    rows = covip_hub.read_hub(tmp_path / "set", "lsd")
    assert next(rows).sample.query.height == 8
    with pytest.raises(PhotoError, match=r"gone\.jpg: there is no such file"):
        next(rows)


def test_a_split_that_is_not_there_is_named(tmp_path: Path) -> None:
    source = as_splits(table(), tmp_path / "set")
    assert len(list(covip_hub.read_hub(source, "lsd", split="train"))) == 1
    with pytest.raises(KeepsakeError, match=r"set: split dev is not one of train, test$"):
        covip_hub.read_hub(source, "lsd", split="dev")
    datasets.DatasetDict({"a": table(1), "b": table(1)}).save_to_disk(tmp_path / "two")
    with pytest.raises(KeepsakeError, match=r"two: split \? is not one of a, b$"):
        covip_hub.read_hub(tmp_path / "two", "lsd")


def test_what_is_no_dataset_costs_one_line(tmp_path: Path) -> None:
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 no")
    for source in (tmp_path, tmp_path / "broken.parquet"):
        with pytest.raises(KeepsakeError, match=rf"^{re.escape(str(source))}: cannot be read as a dataset \(.+\)$"):
            covip_hub.read_hub(source, "lsd")


def test_the_hub_is_asked_only_when_the_user_says_so(monkeypatch: pytest.MonkeyPatch, own_home: Path) -> None:
    asked: list[tuple[str, str]] = []

    def load(name: str, cache_dir: str) -> datasets.DatasetDict:
        asked.append((name, cache_dir))
        return datasets.DatasetDict({"train": table(1)})

    monkeypatch.setattr(datasets, "load_dataset", load)
    with pytest.raises(KeepsakeError, match=r"^some/lsd: there is no such file or folder; a dataset of the Hub has"):
        covip_hub.read_hub("some/lsd", "lsd")
    assert asked == []
    assert len(list(covip_hub.read_hub("some/lsd", "lsd", download=True))) == 1
    assert asked == [("some/lsd", str(own_home / "datasets"))]


def test_without_the_library_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(KeepsakeError, match=r'pip install "datasets'):
        covip_hub.read_hub(tmp_path, "lsd")
