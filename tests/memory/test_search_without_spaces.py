"""Words of languages that put no spaces between them, and in two ways of writing, all in one memory."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from memory import browse
from memory.episode import Episode, Turn
from memory.store import Memory
from tests.support.encoded import named_by_bytes

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TOLD = (
    "祖母と京都の金閣寺で撮った写真",
    "犬のタロが川で泳いでいる",
    "弟の卒業式、雨だった",
    "我们在西湖边吃了小笼包",
    "表妹的婚礼在杭州的饭店",
    "阿嬤做的粽子很好吃",
    "할머니와 제주도에서 귤을 땄다",
    "고양이 나비가 창가에서 잔다",
    "동생 졸업식 날 비가 왔다",
    "คุณยายทำต้มยำกุ้งที่บ้าน",
    "ວັດພຣະແກ້ວກັບແມ່",
    "ဘွားဘွားနဲ့ ရွှေတိဂုံဘုရား",
    "ជីដូនខ្ញុំនៅអង្គរវត្ត",
    "Großmutters Apfelkuchen vom Hochzeitstag",
    "ネコのミケとこたつ",
    "スキー場でころんだ太郎",
    "東京タワーの夜景がきれい",
    "外婆教我包饺子",
)


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Memory]:
    with Memory(Path(tmp_path_factory.mktemp("memory"), "memory.db")) as memory:
        for n, words in enumerate(TOLD):
            memory.add(Episode(named_by_bytes(n), (Turn("user", words),), NOW - timedelta(days=n)))
        yield memory


@pytest.mark.parametrize(
    ("words", "right"),
    [
        ("金閣寺", [0]),
        ("祖母", [0]),
        ("タロ", [1]),
        ("泳いで", [1]),
        ("卒業式", [2]),
        ("西湖", [3]),
        ("小籠包", [3]),
        ("婚禮", [4]),
        ("粽子", [5]),
        ("阿嬷", [5]),
        ("제주도", [6]),
        ("할머니", [6]),
        ("나비", [7]),
        ("졸업식", [8]),
        ("ต้มยำ", [9]),
        ("ยาย", [9]),
        ("ພຣະແກ້ວ", [10]),
        ("ရွှေတိဂုံ", [11]),
        ("អង្គរវត្ត", [12]),
        ("Grossmutter", [13]),
        ("Hochzeit", [13]),
        ("みけ", [14]),
        ("ミケ", [14]),
        ("スキー", [15]),
        ("東京", [16]),
        ("京都", [0]),
        ("夜景", [16]),
        ("饺子", [17]),
        ("餃子", [17]),
        ("太郎", [15]),
        ("귤", [6]),
        ("犬", [1]),
        ("雨", [2]),
        ("鯨", []),
        ("바다", []),
    ],
)
def test_a_word_within_a_sentence_is_found(memory: Memory, words: str, right: list[int]) -> None:
    found = [TOLD.index(memory.get(one.id).words) for one in browse.search(memory, words, NOW).entries]
    assert sorted(found) == right
