"""Exports of iCloud Photos as Apple sends them on request: parts with lists of their photos and of albums."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date
from pathlib import Path

import pytest

from assistant.importing.import_outcomes import ImportOutcome
from assistant.importing.import_photos import import_all
from assistant.importing.import_source import Choices, Source
from assistant.importing.libraries.apple_lists import DETAILS, details_of
from assistant.importing.photo_tree import files_source
from assistant.importing.sources import open_source
from tests.support.albums import run_import, save

HEAD = "imgName,fileChecksum,favorite,hidden,deleted,originalCreationDate,viewCount,importDate"
IMPORTED = "Monday January 6,2020 9:00 AM GMT"


def row(name: str, taken: str, hidden: str = "no", deleted: str = "no") -> str:
    return f'{name},AfQj57ORF2JIumUCjO+PawZ9nqPg,no,{hidden},{deleted},"{taken}",3,"{IMPORTED}"'


def write(path: Path, *lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def export(root: Path) -> Path:
    """Two parts: the lists of albums lie in the first, some of their photos in the second. At 8 in the morning in
    Greenwich it is the same day in all zones of the world."""
    one, two = root / "iCloud Photos Part 1 of 2", root / "iCloud Photos Part 2 of 2"
    for n, name in enumerate(("IMG_0001.JPG", "IMG_0002.JPG", "IMG_0003.PNG", "IMG_0004.JPG", "IMG_0005.JPG"), 1):
        save(one / "Photos" / name, n)
    save(one / "Photos" / "IMG_0006.JPG", 6, "2018:05:05 10:00:00", "+00:00")
    write(
        one / "Photos" / "Photo Details.csv",
        HEAD,
        row("IMG_0001.JPG", "Saturday July 4,2020 8:21 AM GMT"),
        row("img_0002.jpg", "Friday January 15,2021 8:05 AM GMT"),
        row("IMG_0003.PNG", "Tuesday March 3,2020 12:00 PM GMT", hidden="yes"),
    )
    write(
        one / "Photos" / "Photo Details-1.csv",
        HEAD,
        row("IMG_0004.JPG", "Tuesday March 3,2020 12:00 PM GMT", deleted="yes", hidden="yes"),
        row("IMG_0005.JPG", ""),
        row("IMG_0006.JPG", "Friday May 5,2023 10:00 AM GMT"),
    )
    write(one / "Albums" / "Lake Como.csv", "Images", "IMG_0001.JPG", "IMG_0007.JPG", "IMG_0002.JPG")
    write(one / "Albums" / "Favorites.csv", "imgName", "IMG_0005.JPG")
    write(one / "Albums" / "Hidden.csv", "imgName", "IMG_0003.PNG")
    write(one / "Albums" / "Zoë's birthday.csv", "Images", "IMG_0001.JPG", "IMG_0008.JPG")
    write(one / "Albums" / "notes of mine.csv", "what,where", "a,b")
    write(one / "Albums" / "Empty.csv")
    write(one / "Memories" / "On this day.csv", "imageName", "IMG_0005.JPG")
    save(two / "Photos" / "IMG_0007.JPG", 7)
    save(two / "Photos" / "IMG_0002.JPG", 8)  # another photo of the same name
    save(two / "Photos" / "IMG_0008.JPG", 9)
    write(
        two / "Photos" / "Photo Details-2.csv",
        HEAD,
        row("IMG_0007.JPG", "Sunday December 31,2017 8:00 AM GMT"),
        row("IMG_0002.JPG", "Sunday October 1,2017 8:53 AM GMT"),
    )
    save(two / "Recently Deleted" / "IMG_0009.JPG", 10)
    (two / "Recently Deleted" / "IMG_0009.MOV").write_bytes(b"x")
    return root


def zipped(root: Path) -> Path:
    """Each part in a ZIP of its own, as they are downloaded."""
    target = root.parent / "zips"
    target.mkdir()
    for part in root.iterdir():
        with zipfile.ZipFile(target / f"{part.name}.zip", "w") as archive:
            for file in sorted(part.rglob("*.*")):
                archive.write(file, file.relative_to(root))
    return target


@contextmanager
def looked_at(path: Path) -> Iterator[tuple[Source, dict[str, ImportOutcome]]]:
    with open_source(path) as source:
        yield source, {o.name: o for o in import_all(None, None, source.items, Choices(without_words=True))}


RIGHT = {
    "1/IMG_0001.JPG": ("Lake Como", date(2020, 7, 4), "sidecar"),
    "1/IMG_0002.JPG": ("", date(2021, 1, 15), "sidecar"),  # of two photos of this name: nobody knows which is meant
    "1/IMG_0005.JPG": ("", None, "file"),
    "1/IMG_0006.JPG": ("", date(2018, 5, 5), "camera"),
    "2/IMG_0002.JPG": ("", date(2017, 10, 1), "sidecar"),
    "2/IMG_0007.JPG": ("Lake Como", date(2017, 12, 31), "sidecar"),
    "2/IMG_0008.JPG": ("Zoë's birthday", None, "file"),
}


@pytest.mark.parametrize("form", ["folder", "zips"])
def test_lists_of_apples_give_days_and_albums(tmp_path: Path, form: str) -> None:
    root = export(tmp_path / "export")
    with looked_at(root if form == "folder" else zipped(root)) as (source, found):
        said = {}
        for name, one in found.items():
            assert one.episode
            part = name.partition("Part ")[2][0]
            said[f"{part}/{Path(name).name}"] = (one.episode.words, one.episode.day, one.detail)
        assert said == RIGHT
        assert [Path(other).name for other in source.others] == ["notes of mine.csv"], "lists are no other files"
        assert source.notes[:3] == (
            "5 photos in a list of Apple's: its day counts where the photo says none",
            "2 photos left out, deleted in Apple Photos: IMG_0004.JPG, IMG_0009.JPG",
            "1 photo left out, hidden in Apple Photos: IMG_0003.PNG; to import one, copy it into another folder",
        )
        assert source.unusable == ()
        assert [(Path(name).name, why) for name, why in source.left_out] == [
            ("IMG_0003.PNG", "hidden"),
            ("IMG_0004.JPG", "deleted"),
            ("IMG_0009.JPG", "deleted"),
        ]


def test_json_names_all_that_is_left_out(tmp_path: Path, own_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    summary = run_import(capsys, export(tmp_path / "export"))
    assert summary["imported"] == 7 and (own_home / "memory.db").exists()
    left_out = summary["left_out"]
    assert isinstance(left_out, list) and len(left_out) == 3
    part = "iCloud Photos Part 1 of 2/Photos"
    assert left_out[0] == {"file": f"{part}/IMG_0003.PNG", "why": "hidden in Apple Photos"}


def test_a_part_and_a_watched_folder_are_read_alike(tmp_path: Path) -> None:
    part = export(tmp_path / "export") / "iCloud Photos Part 1 of 2"
    with looked_at(part) as (_, found):
        assert {name: (one.episode.words, str(one.episode.day)) for name, one in found.items() if one.episode} == {
            "Photos/IMG_0001.JPG": ("Lake Como", "2020-07-04"),
            "Photos/IMG_0002.JPG": ("Lake Como", "2021-01-15"),  # in this part it is the only one
            "Photos/IMG_0005.JPG": ("", "None"),
            "Photos/IMG_0006.JPG": ("", "2018-05-05"),
        }
    new = [part / "Photos" / "IMG_0001.JPG", part / "Photos" / "IMG_0003.PNG"]
    (item,) = files_source(part, new).items
    assert (item.name, item.named) == ("Photos/IMG_0001.JPG", "Lake Como")
    save(tmp_path / "Recently Deleted" / "IMG_1.JPG", 1)
    with looked_at(tmp_path / "Recently Deleted") as (source, _):
        assert len(source.items) == 1, "the user names it"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"name,size\nIMG_1.JPG,3\n", "it is damaged, or no list of Apple's"),
        (HEAD.encode()[:-3] + b"\n\xff\xfe\xff,,\n", "it is damaged, or no list of Apple's"),
        (b"imgName\0,deleted\n", "it is damaged, or no list of Apple's"),
        (
            (HEAD + "\n" + row("IMG_1.JPG", "samedi 4 juillet 2020 17:21")).encode(),
            "1 day in it cannot be read, such as",
        ),
    ],
)
def test_a_list_that_cannot_be_read_is_told_and_the_photo_comes_in(tmp_path: Path, data: bytes, says: str) -> None:
    save(tmp_path / "x" / "Photos" / "IMG_1.JPG", 1)
    (tmp_path / "x" / "Photos" / "Photo Details.csv").write_bytes(data)
    with looked_at(tmp_path) as (source, found):
        ((name, why),) = source.unusable
        assert name == "x/Photos/Photo Details.csv" and why.startswith(says)
        (one,) = found.values()
        assert one.episode and one.episode.day is None


@pytest.mark.parametrize(
    ("written", "right"),
    [
        ("Saturday July 4,2020 5:21 PM GMT", "2020-07-04T17:21"),
        ("Saturday July 4,2020 5:21\N{NARROW NO-BREAK SPACE}PM GMT", "2020-07-04T17:21"),
        ("Saturday July 4,2020 12:00 AM GMT", "2020-07-04T00:00"),
        ("Saturday July 4,2020 12:30 PM GMT", "2020-07-04T12:30"),
        ("Monday January 2,2023 4:05 AM GMT", "2023-01-02T04:05"),
        ("Saturday June 18,2022 14:00 PM GMT", "2022-06-18T14:00"),
        ("Saturday June 18,2022 14:00 GMT", "2022-06-18T14:00"),
        ("Monday January 1,2001 12:00 AM GMT", None),  # from where Apple counts
        ("Thursday January 1,1970 12:00 AM GMT", None),
        ("Saturday June 31,2022 2:00 PM GMT", None),
        ("Saturday June 18,2122 2:00 PM GMT", None),
        ("18/06/2022 14:00", None),
        ("", None),
    ],
)
def test_which_moment_a_date_of_apples_is(written: str, right: str | None) -> None:
    details, _ = details_of({"Photo Details.csv": lambda: f"\ufeff{HEAD}\r\n{row('a.jpg', written)}\r\n".encode()})
    taken = details["a.jpg"].taken
    assert (f"{taken.astimezone(UTC):%Y-%m-%dT%H:%M}" if taken else None) == right


def test_rows_of_one_name_that_differ_say_nothing_unsure() -> None:
    """A photo is not left out, and gets no day, because of a row that may be another one's."""
    rows = (
        row("a.jpg", "Saturday July 4,2020 5:21 PM GMT"),
        row("A.JPG", "Sunday July 5,2020 5:21 PM GMT", deleted="yes"),
    )
    lists = {n: (lambda line=line: f"{HEAD}\n{line}".encode()) for n, line in enumerate(rows)}
    details, _ = details_of({f"Photo Details-{n}.csv": read for n, read in lists.items()})
    assert details == {"a.jpg": (None, "")}
    excel = f"{HEAD}\n{rows[1]}".replace(",", ";").replace("July 5;2020", "July 5,2020").encode()
    details, unusable = details_of({"Photo Details.csv": lambda: excel})
    assert details["a.jpg"].left_out == "deleted" and str(details["a.jpg"].taken) and unusable == []


@pytest.mark.parametrize(
    "name", ["Photo Details.csv", "Photo Details-12.csv", "photo details-1.CSV", "Photo Details (1).csv"]
)
def test_names_of_lists(name: str) -> None:
    assert DETAILS.fullmatch(name) and not DETAILS.fullmatch(f"My {name}")
