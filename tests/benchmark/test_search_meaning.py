"""The questions in other words: none shares a word with its note, no family is on both sides; and what is measured."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from contextlib import closing

import pytest

from benchmark.__main__ import main
from benchmark.meaning import search_meaning
from benchmark.notes.collection import load
from memory.text import terms


def test_no_question_shares_a_word_with_its_note() -> None:
    texts = {family.id: " ".join(note.text for note in family.written()) for family in load()}
    asked = [one for split in search_meaning.SPLITS for one in search_meaning.questions(split)]
    assert len(asked) == len({one.text for one in asked}) == 200
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("CREATE VIRTUAL TABLE t USING fts5 (w, tokenize = 'porter unicode61 remove_diacritics 2')")
        for family, text in asked:
            db.execute("DELETE FROM t")
            db.execute("INSERT INTO t VALUES (?)", (texts[family],))
            shared = [term for term in terms(text) if db.execute("SELECT 1 FROM t WHERE t MATCH ?", (term,)).fetchone()]
            assert terms(text) and not shared, (text, shared)


def test_a_family_is_on_one_side() -> None:
    sides = {split: {one.family for one in search_meaning.questions(split)} for split in search_meaning.SPLITS}
    assert not sides["tune"] & sides["test"]
    sizes = Counter(split for split in search_meaning.SPLITS for _ in search_meaning.questions(split))
    assert min(sizes.values()) >= 95


@pytest.mark.slow
def test_meaning_finds_what_words_do_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["search-meaning", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    for split in search_meaning.SPLITS:
        assert found[split]["gain_at_1"][1] > 0.15 and found[split]["gain_at_5"][1] > 0.15
    own = found[search_meaning.OWN]
    assert own["fused"]["at_1"] > own["words"]["at_1"] + 0.05, "what words find is not lost"
