"""Search as people type: beginnings, mistyped words, scripts without spaces; forget finds what search finds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from memory import browse
from memory.__main__ import main
from memory.episode import Episode, Turn
from memory.search.near_words import closest
from memory.store import Memory
from memory.text import folded
from tests.support.encoded import named_by_bytes
from tests.support.oldmemory import version_4

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TOLD = (
    "Zebras at the zoo in Vienna",
    "Milo's birthday by the lake",
    "Grandma in Lugano",
    "We sold the red bicycle",
    "Zebra crossing by the school",
)


def episode(n: int, words: str, place: str | None = None) -> Episode:
    photo = named_by_bytes(n)
    return Episode(photo, (Turn("user", words),), NOW - timedelta(days=100 * n), place)


def filled(path: Path, *told: str) -> Memory:
    memory = Memory(path)
    memory.add_all([episode(n, words) for n, words in enumerate(told)])
    return memory


def found(memory: Memory, words: str) -> list[str]:
    return [memory.get(one.id).words for one in browse.search(memory, words, NOW).entries]


@pytest.mark.parametrize(
    ("typed", "finds", "instead"),
    [
        ("zebr", {0, 4}, ""),
        ("ze", {0, 4}, ""),
        ("birthd", {1}, ""),
        ("birtday", {1}, "birthday"),
        ("brithday", {1}, "birthday"),
        ("Luganno", {2}, "Lugano"),
        ("Lugno", {2}, "Lugano"),
        ("bycicle", {3}, "bicycle"),
        ("birtday grandma", {1, 2}, "birthday"),
        ("Timbuktu", set(), ""),
        ("zo", {0}, ""),
        ("sod", set(), ""),
        ("z", set(), ""),
    ],
)
def test_beginnings_and_mistyped_words(tmp_path: Path, typed: str, finds: set[int], instead: str) -> None:
    with filled(tmp_path / "memory.db", *TOLD) as memory:
        finding = browse.search(memory, typed, NOW)
        assert {memory.get(one.id).words for one in finding.entries} == {TOLD[n] for n in finds}
        assert finding.instead == instead and memory.verify() == []


def test_the_very_word_comes_before_a_beginning_and_that_before_a_guess(tmp_path: Path) -> None:
    told = ("The seaside", "Kitten", "The sea", "A mitten here")
    with filled(tmp_path / "memory.db", *told) as memory:
        assert found(memory, "sea") == ["The sea", "The seaside"]
        assert found(memory, "sea ") == ["The sea"], "a finished word is no beginning"
        assert found(memory, "kittem sea") == ["The sea", "The seaside", "Kitten"]
        assert memory.search("seas kittem") == [] or found(memory, "seas")[0] == "The sea", "recall does not guess"
        why = [one.why for one in browse.search(memory, "kittem", NOW).entries]
        assert why == ["you said 'Kitten'"]


def test_guesses_are_the_nearest_words() -> None:
    words = [("birthday", 3), ("birthdays", 1), ("britain", 9), ("lugano", 1), ("lusanne", 1)]
    assert closest("birtday", words) == ["birthday"]
    assert closest("luganno", words) == ["lugano"]
    assert closest("birthday", words) == ["birthdays"], "a word is no guess at itself"
    assert closest("lug", words) == [] and closest("1998", [("1999", 1)]) == []


CASES = (
    ("我们在东京和米洛一起过生日", "东京 米洛 生日 和 东京和米洛"),
    ("제주도에서 밀로와 함께", "제주도 밀로 함께 제주"),
    ("Zoë — 家族旅行 in 京都", "旅行 家族 京都 zoe 族旅"),
    ("วันเกิดของไมโลที่ทะเล", "วันเกิด ทะเล"),
    ("パパと海で", "パパ 海"),
    ("ذهبنا إلى البَحْر مع مُحَمَّد", "البحر محمد الى بحر"),
    ("חג שָׂמֵחַ לסבתא", "שמח סבתא לסבתא"),
    ("Größe der Straße in Łódź", "strasse STRASSE groesse lodz grosse"),
    ("दिल्ली में जन्मदिन", "दिल्ली जन्मदिन"),
)


@pytest.mark.parametrize(("told", "words"), CASES)
def test_search_and_forget_agree_in_every_script(tmp_path: Path, told: str, words: str) -> None:
    guessed = {"groesse", "סבתא", "بحر"}  # another spelling, and a word with a letter put before it: search guesses
    with filled(tmp_path / "memory.db", told, "Something else by the lake", "ハハ 大阪 부산 北京 דבש") as memory:
        for word in words.split():
            assert found(memory, word) == [told], word
            forgets = [memory.get(id).words for id in memory.mentioning(word)]
            assert forgets == ([] if word in guessed else [told]), word
        assert memory.verify() == []


def test_marks_that_make_other_words_stay() -> None:
    assert folded("ハハ") != folded("パパ") and folded("दिल") != folded("दाल")
    assert folded("ﾊﾟﾊﾟ") == folded("パパ") and folded("é") == folded("e\u0301") == "e"


def test_forgotten_words_leave_the_index_of_spellings(own_home: Path) -> None:
    """Also the bytes of its segments, in which FTS5 keeps a word without the letters of the one before it."""
    path = own_home / "memory.db"
    with filled(path, "Zanzibarine ate quokkabread", "A zebra", "東京塔の誕生会") as memory:
        gone = [one.id for word in ("zanzi", "東京塔") for one in browse.search(memory, word, NOW).entries]
        assert len(gone) == 2
        memory.forget_all(gone)
        assert found(memory, "zanzi") == found(memory, "quokkabraed") == found(memory, "京塔") == []
        assert memory.verify() == []
        with memory.transaction() as db:
            assert db.execute("SELECT words FROM spellings").fetchall() == [("a zebra",)]
    blob = b"".join(file.read_bytes().lower() for file in own_home.rglob("*") if file.is_file())
    for word in ("anzibarine", "uokkabread", "京塔", "誕生"):
        assert word.encode() not in blob, word


def test_a_memory_of_before_gets_the_index(tmp_path: Path) -> None:
    path = tmp_path / "m" / "memory.db"
    version_4(path, [episode(n, words) for n, words in enumerate(("東京の海", "A birthday"))])
    with Memory(path) as memory:
        assert found(memory, "東京") == ["東京の海"] and found(memory, "birtday") == ["A birthday"]
        assert memory.verify() == []


def test_a_damaged_index_is_found(tmp_path: Path) -> None:
    with filled(tmp_path / "memory.db", "A zebra") as memory:
        with memory.transaction("IMMEDIATE") as db:
            db.execute("UPDATE spellings SET words = 'a cat'")
        assert any("index of spellings" in problem for problem in memory.verify())


def test_times_and_typos_from_the_shell(own_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with filled(own_home / "memory.db", *TOLD):
        pass
    assert main(["search", "2025"]) == 0
    assert "Lugano" in capsys.readouterr().out
    assert main(["search", "birtday"]) == 0
    out, err = capsys.readouterr()
    assert "Milo's birthday" in out and "showing results for “birthday”" in err


def test_a_search_that_more_memories_fit_says_so(tmp_path: Path) -> None:
    with filled(tmp_path / "memory.db", *(f"The sea, day {n}" for n in range(7))) as memory:
        found = browse.search(memory, "sea", NOW, most=5)
        assert len(found.entries) == 5 and found.more
        assert not browse.search(memory, "sea", NOW, most=7).more
        assert not browse.search(memory, "Timbuktu", NOW).more
