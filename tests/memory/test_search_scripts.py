"""Letters that are written in two ways are found in both, by search and by what is forgotten by its words."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from memory import browse
from memory.db import name_rows, schema
from memory.db.name_rows import NameDecision
from memory.episode import Episode, Photo, Turn
from memory.maintenance import archived_names
from memory.store import Memory
from tests.support.encoded import encoded

WAYS = [
    ("میلو کنار دریا یک ماهی گرفت", "ماهي"),  # Persian letters, typed on an Arabic keyboard
    ("کتاب مادربزرگ روی میز است", "كتاب"),
    ("ميلو في الحديقة", "میلو"),  # and the other way round
    ("یہ کتاب ہے", "يه"),
    ("हिन्दी की किताब", "हिंदी"),
    ("दादी की घड़ी", "घडी"),
    ("चाँद रात में", "चांद"),
    ("แมวนอนบนโซฟา", "เเมว"),
    ("ミロが海で泳いだ", "みろ"),
    ("ハンバーガーを食べた", "はんばーがー"),
    ("Milo’s café", "milo's"),
    ("e\u2011mail from Ben", "e-mail"),
    ("I\u015f\u0131kl\u0131 köprü", "ISIKLI"),
    ("Ёлка на площади", "елка"),
    ("我們在臺北一起過生日", "台北"),  # traditional signs of Chinese and simplified ones
    ("我们在台北一起过生日", "臺北"),
    ("這是米洛和我們的小狗", "这是米洛"),
    ("奶奶的头发是白的", "頭髮"),
    ("爷爷在厨房做面条", "麵條"),
    ("爸爸買了一輛自行車", "自行车"),
    ("国庆节我们去长城", "國慶節我們去長城"),
    ("幹嘛不帶傘", "干嘛"),
    ("东京铁塔", "東京鐵塔"),
    ("วันเกิดยาย ๒๕๖๗", "2567"),
    ("عيد ميلاد نورا ١٢ مارس", "12"),
    ("سال ۱۴۰۲ با مادر", "١٤٠٢"),
    ("আমাদের ১২৩ নম্বর ঘর", "123"),
    ("広島のおじいさん", "廣島"),
    ("渡邉さんの家", "渡辺"),
    ("澤さんと桜", "沢さん"),
    ("澤さんと桜", "櫻"),
]
DAY = datetime(2024, 1, 1, 12, tzinfo=UTC)


def told(words: str, n: int = 0) -> Episode:
    return Episode(Photo(f"{n:064x}", encoded(n), 4, 4), (Turn("user", words),), DAY)


@pytest.mark.parametrize(("words", "asked"), WAYS)
def test_both_ways_of_writing_are_found_and_forgotten(memory_file: Path, words: str, asked: str) -> None:
    with Memory(memory_file) as memory:
        id = memory.add(told(words))
        memory.add(told("nothing of the kind", 1))
        found = browse.search(memory, asked)
        assert [entry.id for entry in found.entries] == [id] and not found.instead
        assert memory.mentioning(asked) == [id]


def test_other_letters_stay_other_letters(memory_file: Path) -> None:
    with Memory(memory_file) as memory:
        memory.add(told("काला घोड़ा"))
        memory.add(told("пёс и мы", 1))
        assert not memory.mentioning("कल") and not memory.mentioning("пес и ми")


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        ("今天我们去了海边游泳", "我们什么时候去海边?"),
        ("今天我们去了海边游泳", "我們什麼時候去海邊?"),
        ("ディズニーランドで花火を見た", "いつ花火を見たの?"),
        ("제주도 여행에서 한라산에 올랐다", "언제 제주도에 갔어?"),
        ("เราไปเที่ยวเชียงใหม่", "เราไปเชียงใหม่เมื่อไหร่"),
    ],
)
def test_a_question_without_spaces_finds_what_it_is_about(memory_file: Path, words: str, asked: str) -> None:
    with Memory(memory_file) as memory:
        id = memory.add(told(words))
        memory.add(told("这是米洛。これはミロです。", 1))
        assert [entry.id for entry in browse.search(memory, asked).entries] == [id]
        assert not browse.search(memory, "飛行機はどこですか").entries and not browse.search(memory, "这是谁?").entries
        assert not memory.search(asked), "what is recalled for an answer has the words"


def test_a_memory_of_before_finds_them_and_keeps_its_names(memory_file: Path) -> None:
    """Version 11 held spellings and names with fewer letters made equal."""
    with Memory(memory_file) as memory:
        id = memory.add(told("میلو کنار دریا"))
        with memory.transaction("IMMEDIATE") as db:
            name_rows.put(db, NameDecision("ميلو", "Milo"))
    with closing(sqlite3.connect(memory_file)) as db, db:
        db.execute("UPDATE spellings SET words = 'میلو کنار دریا'")
        db.execute("UPDATE names SET name = 'میلو'")
        db.execute(f"PRAGMA user_version = {len(schema.MIGRATIONS) - 1}")
    with Memory(memory_file) as memory:
        assert [entry.id for entry in browse.search(memory, "ميلو").entries] == [id]
        assert memory.verify() == []
        with memory.transaction() as db:
            assert [one.name for one in name_rows.every(db)] == ["ميلو"]
        memory.add(told("Zuri", 1))
        memory.forget_words("Zuri")  # the name is still said, in other letters
        with memory.transaction() as db:
            assert [one.name for one in name_rows.every(db)] == ["ميلو"]


def test_names_of_an_older_archive_are_read() -> None:
    line = '{"called": "Milo", "name": "میلو", "photo": null, "when": "2024-01-01T12:00:00+00:00"}\n'
    assert [one.name for one in archived_names.read(line.encode())] == ["ميلو"]
