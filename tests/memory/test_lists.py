"""Requests for a list: recognised among other lines, with what limits them, and the memories that they mean."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assistant.__main__ import main
from memory.episode import Episode, Photo, Recall, Turn
from memory.naming.lists import photo_lists
from memory.naming.lists.list_requests import request
from memory.store import Memory
from tests.support.encoded import encoded

ASKED = Path(__file__).parent / "lists_asked.txt"
VIEWED = Path(__file__).parent / "more_of_this.txt"
DAY = datetime(2024, 5, 12, 12, tzinfo=UTC)
NOW = datetime(2026, 11, 29, 12)


@pytest.mark.parametrize(
    "line", [line for line in ASKED.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
)
def test_lists_are_told_from_questions_and_from_telling(line: str) -> None:
    """205 lines, labelled by hand. The patterns were written with them in view: they prove no more than that."""
    text, wanted, words, time = (part.strip() for part in line.split("|"))
    found = request(text, NOW)
    assert (found is not None) == (wanted == "yes")
    if found:
        assert (found.words, bool(found.why)) == (words, bool(time))


def test_one_bare_photo_asks_for_a_list_in_the_search_field_only() -> None:
    """A person may say "a photo of Anna" of the photo in view, but hardly "photos of Anna"."""
    assert request("photo of Anna") is None
    for wanted in (request("photo of Anna", field=True), request("photos of Anna")):
        assert wanted and wanted.title == "Photos: Anna"
    assert request("Anna", field=True) is None


@pytest.mark.parametrize(
    "line", [line for line in VIEWED.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
)
def test_requests_for_more_of_what_is_in_view_are_told_from_others(line: str) -> None:
    """Previously "Any more of him?" was answered with a quotation."""
    text, wanted = (part.strip() for part in line.split("|"))
    found = request(text, NOW)
    assert bool(found and found.here) == (wanted == "yes")


@pytest.fixture
def memory_of(memory_file: Path) -> dict[str, str]:
    """Ids by the words of a small memory."""
    told = (
        (1, "This is Anna at the lake.", 0),
        (2, "Anna and Leo in Rome.", 40),
        (3, "The lighthouse in Rome, Georgia.", 400),
        (4, "On the train.", 401),
        (5, "This is Leo.", 500),
    )
    with Memory(memory_file) as memory:
        ids = {}
        for n, words, days in told:
            photo = Photo(f"{n:064x}", encoded(n), 4, 4)
            ids[words] = memory.add(Episode(photo, (Turn("user", words),), DAY + timedelta(days=days)))
        memory.answer(f"{4:064x}", f"{1:064x}", "s", 0.6, True)  # Anna is on the train
    return ids


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("show me photos of Anna", ["On the train.", "Anna and Leo in Rome.", "This is Anna at the lake."]),
        ("show me photos of Anna and Leo", ["Anna and Leo in Rome."]),
        ("list my photos of Rome", ["The lighthouse in Rome, Georgia.", "Anna and Leo in Rome."]),
        ("Show me everything from 2024", ["Anna and Leo in Rome.", "This is Anna at the lake."]),
        ("which photos of Anna do we have from 2025", ["On the train."]),
        ("show me photos of Mount Everest", []),
        ("what's the last photo of Anna", ["On the train."]),
        ("show me the oldest photo of Anna", ["This is Anna at the lake."]),
        ("find the one from Rome with the lighthouse", ["The lighthouse in Rome, Georgia."]),
    ],
)
def test_a_list_has_what_was_asked_for_newest_first(
    memory_file: Path, memory_of: dict[str, str], question: str, words: list[str]
) -> None:
    wanted = request(question, NOW)
    assert wanted
    with Memory(memory_file) as memory:
        assert [entry.id for entry in photo_lists.listed(memory, wanted)] == [memory_of[one] for one in words]


def test_a_number_belongs_to_the_thing_before_it(memory_file: Path) -> None:
    with Memory(memory_file) as memory:
        for n, words in enumerate(["The clock. Box 12, with 3 cups.", "The vase from Delft, box 3.", "My bike."]):
            memory.add(Episode(Photo(f"{n:064x}", encoded(n), 4, 4), (Turn("user", words),), DAY))
        for question in ("what is in box 3?", "show me photos of box 3"):
            wanted = request(question, NOW)
            assert wanted and [memory.get(entry.id).words for entry in photo_lists.listed(memory, wanted)] == [
                "The vase from Delft, box 3."
            ]


def test_beside_the_first_stand_those_of_unknown_days(memory_file: Path, memory_of: dict[str, str]) -> None:
    wanted = request("Which was the first photo of Anna?", NOW) or request("the first photo of Anna?", NOW)
    assert wanted and wanted.title == "Photos: Anna, the first"
    with Memory(memory_file) as memory:
        undated = Episode(Photo(f"{7:064x}", encoded(7), 4, 4), (Turn("user", "This is Anna asleep."),), DAY, day=None)
        id = memory.add(undated)
        assert [one.id for one in photo_lists.listed(memory, wanted)] == [memory_of["This is Anna at the lake."], id]


def test_more_of_him_means_what_the_photo_in_view_shows(memory_file: Path, memory_of: dict[str, str]) -> None:
    """A thing with a name by its name, wherever it is; one without a name by its photos."""
    wanted = request("Any more of her?")
    assert wanted and wanted.title == "Photos: like this one"
    with Memory(memory_file) as memory:
        anna, train = memory.get(memory_of["This is Anna at the lake."]), memory.get(memory_of["On the train."])
        lighthouse = memory.get(memory_of["The lighthouse in Rome, Georgia."])
        seen = [Recall(lighthouse, 0.9, "the same thing", by_sight=True), Recall(anna, 0.5, "maybe", by_sight=True)]

        def listed(photo: str, *recalls: Recall) -> tuple[str, list[str]]:
            meant = photo_lists.of_view(memory, wanted, photo, recalls)
            return meant.title, [memory.get(entry.id).words for entry in photo_lists.listed(memory, meant)]

        assert listed("new", *seen[1:]) == ("Photos: Anna", [train.words, "Anna and Leo in Rome.", anna.words])
        assert listed(train.photo.sha256, *seen)[0] == "Photos: Anna"
        assert listed("new", *seen) == ("Photos: like this one", [lighthouse.words])
        assert listed("new") == ("Photos: like this one", [])
        told = Episode(Photo(f"{9:064x}", encoded(9), 4, 4), (Turn("user", "Taken at noon."),), DAY)
        memory.add(told)
        mine = Recall(told, 1.0, "the same photo", by_sight=True)
        assert listed(told.photo.sha256, mine, *seen) == ("Photos: like this one", [lighthouse.words, told.words])


def test_ask_without_a_photo_prints_the_list(
    memory_file: Path, memory_of: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    at = ["--memory", str(memory_file)]
    assert main(["ask", "Which photos do you have of Anna and Leo?", *at]) == 0
    id = memory_of["Anna and Leo in Rome."]
    assert capsys.readouterr().out.splitlines() == [
        "Photos: Anna and Leo: 1 photo",
        f"{id}  21 June 2024: Anna and Leo in Rome.",
    ]
    assert main(["ask", "show me photos of Leo", "--json", *at]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [row["id"] for row in found["recalled"]][-1] == id and found["caption"] is None
    assert main(["ask", "show me photos of Nessie", *at]) == 0
    assert capsys.readouterr().out == "Photos: Nessie: no memory fits\n"


def test_what_was_told_on_a_day_is_listed_whatever_the_day_of_its_photo(memory_file: Path) -> None:
    with Memory(memory_file) as memory:
        for n, (words, days) in enumerate([("Anna at the lake.", 1), ("Leo at home.", 0)]):
            photo, told = Photo(f"{n:064x}", encoded(n), 4, 4), NOW.astimezone() - timedelta(days=days)
            memory.add(Episode(photo, (Turn("user", words),), DAY, day=DAY.date(), told=told))
        wanted = request("what did I tell you yesterday", NOW)
        assert wanted and wanted.title.startswith("Photos: told yesterday (")
        assert [memory.get(entry.id).words for entry in photo_lists.listed(memory, wanted)] == ["Anna at the lake."]
        assert photo_lists.undated(memory, wanted) == 0


@pytest.mark.parametrize(
    ("asked", "right"),
    [
        ("which pets do I have photos of?", {1, 2, 3, 11}),
        ("which animals have I shown you?", {1, 2, 3, 4, 11}),
        ("show me the dogs", {1, 2}),
        ("photos of cats", {3, 11}),
        ("photos of things from Lyon", {10}),
        ("search boots", {10}),
        ("which people do i have photos of?", {7, 8, 9}),
        ("photos of my family", {8}),
        ("what toys do I have pictures of?", {5}),
        ("any pics of shoes?", {10}),
        ("list my pets in Rome", {2}),
    ],
)
def test_lists_of_a_category(memory_file: Path, asked: str, right: set[int]) -> None:
    """ "Pets" is in no memory's words; of a dog that is only named in one photo, another photo says it is one."""
    told = {
        1: "This is Pippa, my dog.",
        2: "Pippa in Rome",
        3: "the neighbour's kitten",
        4: "This is Rajah, the tiger at the zoo",
        5: "my teddy bear",
        6: "Mum gave me this clock",
        7: "This is Anna at the lake",
        8: "my sister Clara with her bike",
        9: "our teacher in Hoi An",
        10: "The boots I wore in Lyon",
        11: "Neighbours cat. I think he is called Gustl",
    }
    with Memory(memory_file) as memory:
        ids = {}
        for n, words in told.items():
            ids[memory.add(Episode(Photo(f"{n:064x}", encoded(n), 4, 4), (Turn("user", words),), DAY))] = n
        wanted = request(asked, NOW)
        assert wanted
        assert {ids[entry.id] for entry in photo_lists.listed(memory, wanted)} == right


def test_what_has_no_day_is_counted_where_a_time_finds_nothing(
    memory_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Memory(memory_file) as memory:
        for n, words in enumerate(["The boots I wore in Lyon", "Pippa in Lyon", "Pippa in Rome"]):
            day = DAY.date() if n == 1 else None
            memory.add(Episode(Photo(f"{n:064x}", encoded(n), 4, 4), (Turn("user", words),), DAY, day=day))
        for asked, undated in (("Lyon from 1999", 1), ("Rome from 2024", 1), ("Oslo from 2024", 0), ("Oslo", 0)):
            wanted = request(f"list my photos of {asked}", NOW)
            assert wanted and not photo_lists.listed(memory, wanted)
            assert photo_lists.undated(memory, wanted) == undated
    assert main(["ask", "list my photos of Lyon from 1999", "--memory", str(memory_file)]) == 0
    assert "no memory fits; the day of 1 photo is not known" in capsys.readouterr().out
