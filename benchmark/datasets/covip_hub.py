"""The data sets of CoViP's authors: the scenes of CapEval, and the tasks LSD, LAR and ITR (paper section 4).

The `datasets` library reads what lies on this machine: a folder that the library saved, or parquet files. The Hub is
asked only when the caller says so. The data sets hold no questions; `world/question.py` has those of each task.
Pictures go through our own normaliser and never through the library's decoder, which opens more formats than are safe.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from assistant.photo import load_photo
from assistant.prompt import CAPTION_REQUEST
from benchmark.datasets.covip_files import episodes
from benchmark.world.question import EVENT_QUESTION, PLACE_QUESTION
from benchmark.world.sample import Sample
from memory.episode import Photo
from memory.errors import KeepsakeError, PhotoError
from memory.paths import home

if TYPE_CHECKING:
    from datasets import Dataset

Task = Literal["capeval", "lsd", "lar", "itr"]
IMAGES, DIALOGUES, QUERY = "images_context", "dialogues_context", "query_image"
ASKED: dict[Task, tuple[str, str | None]] = {
    "capeval": (CAPTION_REQUEST, None),
    "lsd": (PLACE_QUESTION, "answer"),
    "lar": (EVENT_QUESTION, "last_action"),
    "itr": (PLACE_QUESTION, "answer"),
}
"""What is asked, and the column of the gold answer; CapEval has questions instead (`covip_questions.py`)."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One row: a scene, what is asked about it, and the right answer ("" for CapEval, and where none is given)."""

    sample: Sample
    """Context and query; the data sets do not say which episodes are positives, and hold no questions."""
    question: str
    gold: str


def read_hub(source: Path | str, task: Task, *, split: str | None = None, download: bool = False) -> Iterator[Asked]:
    """The rows of a data set, each read when it is reached.

    `source`: a folder written by `save_to_disk`, a parquet file or a folder of them, or with `download` the data set's
    id on the Hub. `split`: may be left out where there is one split only, or one called "test". The KeepsakeError for a
    missing column names the column and those that there are.
    """
    question, gold = ASKED[task]
    table = _open(source, split, download)
    for column in (IMAGES, DIALOGUES, QUERY, *([gold] if gold else [])):
        if column not in table.column_names:
            there = ", ".join(table.column_names)
            raise KeepsakeError(f"{source} as {task}: no column {column!r}; there are {there}")
    raw = table.with_format("arrow")  # as stored: pictures stay bytes
    return (_asked(raw[i].to_pylist()[0], question, gold, f"{source}, row {i}") for i in range(len(raw)))


def _asked(row: dict[str, Any], question: str, gold: str | None, where: str) -> Asked:
    """One row with its photos read. Raises KeepsakeError."""
    pictures, dialogues = row[IMAGES], row[DIALOGUES]
    for column, value in ((IMAGES, pictures), (DIALOGUES, dialogues)):
        if not isinstance(value, list):
            raise KeepsakeError(f"{where}: {column!r} should be a list, is {value!r:.80}")
    if len(pictures) != len(dialogues):
        raise KeepsakeError(f"{where}: {len(pictures)} in {IMAGES!r}, {len(dialogues)} in {DIALOGUES!r}")
    answer = "" if gold is None or row[gold] is None else row[gold]
    for text, column in [*((d, DIALOGUES) for d in dialogues), (answer, str(gold))]:
        if not isinstance(text, str):
            raise KeepsakeError(f"{where}: {column!r} should be text, is {text!r:.80}")
    context = episodes((_photo(p, f"{where}, {IMAGES} {i}") for i, p in enumerate(pictures)), dialogues)
    return Asked(Sample(context, _photo(row[QUERY], f"{where}, {QUERY}"), ()), question, answer)


def _photo(stored: Any, where: str) -> Photo:
    """The photo of a picture as the library stores it: {"bytes", "path"}, or its bytes or path alone."""
    data, path = (stored.get("bytes"), stored.get("path")) if isinstance(stored, dict) else (stored, stored)
    if isinstance(data, bytes):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "picture"
            file.write_bytes(data)
            return _loaded(file, where)
    if isinstance(path, str):
        return _loaded(path, where)
    raise KeepsakeError(f"{where}: no picture, but {stored!r:.80}")


def _loaded(file: Path | str, where: str) -> Photo:
    """The photo in a file of ours (a Path), or in one that a row names. For other files a PhotoError says `where`."""
    try:
        return load_photo(Path(file))
    except PhotoError as error:
        raise PhotoError(
            f"{where}: {str(error).removeprefix(f'{file}: ' if isinstance(file, Path) else '')}"
        ) from error


def _open(source: Path | str, split: str | None, download: bool) -> Dataset:
    """The split of a data set on this machine, or with `download` on the Hub. Raises KeepsakeError."""
    try:
        import datasets
    except ImportError as error:
        raise KeepsakeError('datasets are read by one more package: pip install "datasets>=5.2,<6"') from error
    path, cache = Path(source), str(home() / "datasets")
    try:
        if not path.exists():
            if not download:
                raise KeepsakeError(
                    f"{source}: there is no such file or folder; a dataset of the Hub has to be asked for"
                )
            published = datasets.load_dataset(str(source), cache_dir=cache)
            return published[_split(published, split, source)]
        parquet: dict[str, list[str]] = {}
        for file in sorted(path.rglob("*.parquet")) if path.is_dir() else [path]:
            parquet.setdefault(file.stem.split("-")[0], []).append(str(file))  # test-00000-of-00003
        if parquet:
            return datasets.Dataset.from_parquet(parquet[_split(parquet, split, source)], cache_dir=cache)
        saved = datasets.load_from_disk(str(path))
        if isinstance(saved, datasets.DatasetDict):
            return saved[_split(saved, split, source)]
        if split and split != str(saved.split):
            raise KeepsakeError(f"{source}: split {split} is not there: the folder holds one set without splits")
        return saved
    except IndexError as error:  # what the library raises for a saved data set without rows
        raise KeepsakeError(f"{source} has no rows") from error
    except (OSError, ValueError, datasets.exceptions.DatasetsError) as error:
        reason = str(error).partition("\n")[0]
        raise KeepsakeError(f"{source}: cannot be read as a dataset ({reason})") from error


def _split(there: Iterable[str], wanted: str | None, source: Path | str) -> str:
    """The wanted split, else "test", else the only one. Raises KeepsakeError."""
    names = list(there)
    chosen = wanted or ("test" if "test" in names else names[0] if len(names) == 1 else None)
    if chosen not in names:
        raise KeepsakeError(f"{source}: split {chosen or '?'} is not one of {', '.join(names)}")
    return chosen
