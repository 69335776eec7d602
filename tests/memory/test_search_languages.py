"""Search measured in eight languages: what is found of what should be, and what is found that should not be.

`-s` prints the table that docs/results.md shows.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from memory import browse
from memory.episode import Episode, Turn
from memory.store import Memory
from tests.support.encoded import named_by_bytes

TABLE = Path(__file__).parents[1] / "data" / "searches_in_eight_languages.tsv"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_words_are_found_in_eight_languages(tmp_path: Path) -> None:
    rows = [line.split("\t") for line in TABLE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    told = {(language, number): words for language, kind, number, words in rows if kind == "told"}
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    with Memory(tmp_path / "memory.db") as memory:  # all languages in one memory, as some people write
        for n, words in enumerate(told.values()):
            memory.add(Episode(named_by_bytes(n), (Turn("user", words),), NOW - timedelta(days=n)))
        for language, _, words, wanted in (row for row in rows if row[1] == "asked"):
            right = {told[language, n] for n in wanted.split(",") if n != "-"}
            found = {memory.get(one.id).words for one in browse.search(memory, words, NOW).entries}
            count = counts[language]
            count[0] += len(right & found)
            count[1] += len(right)
            count[2] += bool(found - right)
            count[3] += 1
            if found != right:
                print(f"{language} {words}: missed {sorted(right - found)}, found too {sorted(found - right)}")
    for language, (hits, of, more, asked) in counts.items():
        print(f"{language}: found {hits} of {of}; something else too in {more} of {asked} searches")
    assert len(counts) == 8 and all(asked >= 11 for *_, asked in counts.values())
    assert all(hits >= 0.9 * of for hits, of, *_ in counts.values())
    assert sum(more for _, _, more, _ in counts.values()) <= 0.05 * sum(asked for *_, asked in counts.values())


@pytest.mark.parametrize(
    ("searched", "right"),
    [
        ("l'aéroport", "Hélène à l'aéroport d'Orly"), ("d’Orly", "Hélène à l'aéroport d'Orly"),
        ("dell'opera", "Alla fine dell'opera"), ("O’Neil", "Met O'Neil at the sea"),
        ("ילדים", "חתונה של אחותי והילדים רוקדים"), ("ספר", "קראתי כשהספר היה חדש"),
        ("مدرسة", "ذهبنا وبالمدرسة حفل"),
    ],
)  # fmt: skip
def test_what_is_written_before_a_word_finds_nothing_else(tmp_path: Path, searched: str, right: str) -> None:
    """ "L'herbe" found every l', and O'Neil every o; two letters before a word of Hebrew hid it."""
    told = (
        "Hélène à l'aéroport d'Orly", "Les œufs cachés dans l’herbe d'Anna", "Alla fine dell'opera",
        "Il gatto dell'amica", "Met O'Neil at the sea", "o pão da tia", "חתונה של אחותי והילדים רוקדים",
        "קראתי כשהספר היה חדש", "ذهبنا وبالمدرسة حفل", "القطة نائمة",
    )  # fmt: skip
    with Memory(tmp_path / "memory.db") as memory:
        for n, words in enumerate(told):
            memory.add(Episode(named_by_bytes(n), (Turn("user", words),), NOW - timedelta(days=n)))
        assert [memory.get(one.id).words for one in browse.search(memory, searched, NOW).entries] == [right]
