"""Recall by times, places and words together; bursts; the newest of several episodes of one photo comes first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from assistant import prompt
from memory.__main__ import main
from memory.episode import Episode, Turn
from memory.search import ranking, word_search
from memory.search.gate import Gate
from memory.search.recall import BURST, EPISODES_PER_PHOTO
from memory.search.sightings import NewPhoto
from memory.store import Memory
from tests.support.scenes import episode, scene

ROME = ZoneInfo("Europe/Rome")
NOW = datetime(2026, 11, 23, 12, tzinfo=ROME)  # a Monday


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    with Memory(tmp_path / "m.db") as opened:
        yield opened


def tell(memory: Memory, n: int, text: str, at: str, place: str | None = None, things: list[int] | None = None) -> str:
    """Store an episode of photo n, which shows these things, at this local time."""
    told = Episode(episode(n).photo, (Turn("user", text),), datetime.fromisoformat(at).replace(tzinfo=ROME), place)
    memory.add(told)
    if things is not None:
        memory.put_vectors(told.photo.sha256, "s", scene(things, n))
    return told.id


# Together


def test_words_place_and_time_agree(memory: Memory) -> None:
    both = tell(memory, 1, "we swam in the lake", "2026-07-01", "Lake Como")
    old = tell(memory, 2, "the lake was frozen", "2025-01-10", "Zell")
    near = tell(memory, 3, "Anna lost her hat", "2026-08-31T23:30", "Lake Como")
    tell(memory, 4, "nothing of that", "2026-07-02", "Rome")
    found = memory.search("lake last summer", now=NOW)
    assert [r.episode.id for r in found] == [both, near, old]
    assert [r.why for r in found] == [
        "you said 'lake', at Lake Como, from last summer (June to August 2026)",
        "at Lake Como, from last summer (June to August 2026)",
        "you said 'lake'",
    ]
    assert found[0].score == 1.0 and all(0 < r.score <= 1 for r in found)
    assert [r.score for r in found] == sorted((r.score for r in found), reverse=True)


def test_a_time_alone_brings_what_was_then(memory: Memory) -> None:
    ids = [tell(memory, n, f"told {n}", f"2026-11-{20 + n}T09:00") for n in range(4)]
    assert [(r.episode.id, r.why) for r in memory.search("What did we do yesterday?", now=NOW)] == [
        (ids[2], "from yesterday (22 November 2026)")
    ]
    assert [r.episode.id for r in memory.search("before 2026-11-22", now=NOW)] == [ids[1], ids[0]], "nearest first"
    assert [r.episode.id for r in memory.search("since 2026-11-22", now=NOW)] == [ids[2], ids[3]]
    assert memory.search("in 1999", now=NOW) == []


def test_the_last_time_and_the_first(memory: Memory) -> None:
    ids = [tell(memory, n, "Anna came by" if n else "Anna, Anna, and Anna", f"2026-0{n + 1}-01") for n in range(3)]
    newest = memory.search("When did we see Anna the last time?", now=NOW)
    assert newest[0].episode.id == ids[2] and newest[0].why == "you said 'Anna', the last time"
    assert memory.search("the first time with Anna", now=NOW)[0].episode.id == ids[0]
    assert memory.search("the last time", k=1, now=NOW)[0].episode.id == ids[2]


def test_search_on_the_command_line(capsys: pytest.CaptureFixture[str], own_home: Path) -> None:
    year = datetime.now().year - 1
    with Memory(own_home / "memory.db") as memory:
        tell(memory, 1, "we swam", f"{year}-07-01", "Lake Como")
        tell(memory, 2, "at the lake again", f"{year - 3}-07-01")
    assert main(["search", f"lake in {year}"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 and lines[0].endswith(f"(at Lake Como, from {year})")


# Common words


def test_words_that_nearly_all_say_cost_nothing(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A word in more than COMMON episodes counts only without rarer words; then the newest episodes with it come."""
    ids = [tell(memory, n, f"lovely lake number{n}", f"2026-01-{n + 1:02}") for n in range(12)]
    monkeypatch.setattr(word_search, "COMMON", 10)
    asked: list[str] = []
    memory._file.db.set_trace_callback(asked.append)
    found = memory.search("the lovely lake, number3", k=5)
    memory._file.db.set_trace_callback(None)
    assert [r.episode.id for r in found] == [ids[3]] and found[0].why == "you said 'lovely', 'lake', 'number3'"
    ranked = [q for q in asked if "bm25" in q]
    assert ranked and not any("lake" in q or "lovely" in q for q in ranked), "never ranked"
    assert [r.episode.id for r in memory.search("lovely lake", k=3)] == [ids[11], ids[10], ids[9]]


def test_a_place_where_one_often_is_still_counts(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    """The common name of a place orders what rarer words find, and alone it brings the newest episodes."""
    for n in range(12):
        tell(memory, n, "Anna" if n == 5 else "said", f"2026-01-{n + 1:02}", "Rome")
    tell(memory, 20, "Anna Anna", "2026-02-01", "Porto")
    monkeypatch.setattr(word_search, "COMMON", 10)
    found = memory.search("Anna in Rome")
    assert [(r.episode.place, r.why) for r in found] == [
        ("Rome", "you said 'Anna', at Rome"),
        ("Porto", "you said 'Anna'"),
    ]
    assert [r.episode.when.day for r in memory.search("Rome", k=2)] == [11, 10]


# Bursts and later statements


def test_a_burst_is_one_memory(memory: Memory) -> None:
    """Three photos of one thing, taken seconds apart, take one place of k, and equal words come once."""
    same = scene([1], 1)
    rng = np.random.default_rng(0)
    ids = [tell(memory, n, "This is Milo", f"2026-07-01T12:00:{10 * n:02}") for n in (1, 2, 3)]
    for n in (1, 2, 3):
        noise = 0.02 * np.abs(same).mean() * rng.standard_normal(same.shape)
        memory.put_vectors(episode(n).photo.sha256, "s", same + noise)
    other = tell(memory, 4, "This is Anna", "2026-07-01T12:00:11", things=[2])
    again = tell(memory, 5, "This is Milo", "2026-07-02", things=[1])
    found = [r.episode.id for r in memory.recall(NewPhoto("s", scene([1, 2], 77)), k=3)]
    assert len(found) == 3 and other in found and again in found and len(set(found) & set(ids)) == 1
    assert len(memory.search("Milo")) == 2, "by words too"


def test_another_thing_of_the_same_moment_is_another_memory(memory: Memory) -> None:
    ids = [tell(memory, n, f"thing {n}", "2026-07-01T12:00", things=[n]) for n in (1, 2)]
    assert {r.episode.id for r in memory.recall(NewPhoto("s", scene([1, 2], 77)), k=2)} == set(ids)
    assert len(memory.recall(NewPhoto("s", scene([1, 2], 77)), k=1)) == 1
    for n in (3, 4, 5):  # the same words, but other pictures, or nobody knows
        tell(memory, n, "on the boat", "2026-07-01T12:00", things=[n] if n < 5 else None)
    assert len(memory.search("boat")) == 3


def test_what_was_said_differently_in_a_burst_stays(memory: Memory) -> None:
    same = scene([1], 1)
    ids = [tell(memory, n, f"words {n}", f"2026-07-01T12:00:0{n}") for n in (1, 2)]
    for n in (1, 2):
        memory.put_vectors(episode(n).photo.sha256, "s", same)
    assert [r.episode.id for r in memory.recall(NewPhoto("s", same), k=1)] == [ids[1], ids[0]]
    late = datetime(2026, 7, 1, 12, 0, 3, tzinfo=ROME) + timedelta(seconds=BURST)
    tell(memory, 3, "words 2", late.isoformat()[:19])
    assert len(memory.search("words")) == 3, "the same words half a minute later are a statement of their own"


def test_of_one_photo_what_was_said_later_comes_first_in_the_prompt_too(memory: Memory) -> None:
    """Both stay in the prompt with their dates; of two statements the nano repeats the one it reads first."""
    tell(memory, 1, "His name is Max", "2026-01-01", things=[1])
    tell(memory, 1, "No, his name is Milo", "2026-03-01")
    recalls = memory.recall(NewPhoto("s", scene([1], 1)))
    assert [r.episode.words for r in recalls] == ["No, his name is Milo", "His name is Max"]
    assert [r.episode.words for r in memory.search("name")] == ["No, his name is Milo", "His name is Max"]
    text = "".join(
        part
        for message in prompt.recollect_messages([r.episode for r in recalls], "What is his name?")
        for part in message.parts
        if isinstance(part, str)
    )
    assert 0 < text.index("No, his name is Milo") < text.index("His name is Max")


# Photos without words


def silent(memory: Memory, n: int, at: str, things: list[int]) -> str:
    """Store photo n without words; returns the id."""
    told = Episode(episode(n).photo, (), datetime.fromisoformat(at).replace(tzinfo=ROME))
    return memory.add(told, ("s", scene(things, n)))


def test_what_has_words_comes_before_what_has_none(memory: Memory) -> None:
    """Five photos of the very scene without words once took all four places from the episode that names it."""
    named = tell(memory, 1, "This is Milo", "2026-01-01", things=[1])
    crops = [silent(memory, n, f"2026-07-0{n}", [1, 2]) for n in range(2, 7)]
    found = memory.recall(NewPhoto("s", scene([1, 2], 2), Gate.constant(0.5)), k=4)
    assert found[0].episode.id == named
    assert [r.episode.id in crops for r in found] == [False, True, True, True]
    assert found[0].score < found[1].score, "a score still says how alike it looks"
    assert [r.episode.id for r in memory.recall(NewPhoto("s", scene([1, 2], 2), Gate.constant(0.5)), k=1)] == [named]
    memory.forget_all([named])
    assert len(memory.recall(NewPhoto("s", scene([1, 2], 2), Gate.constant(0.5)), k=4)) == 4, (
        "with nothing else, they come"
    )


def test_a_photo_counts_as_told_when_anything_was_said_of_it(memory: Memory) -> None:
    """The photo's episodes with words come first, and a burst of others does not push them out."""
    first = tell(memory, 1, "This is Milo", "2026-07-01T12:00:00", things=[1])
    for n, words in ((1, ()), (2, ()), (3, ()), (4, (Turn("user", " "), Turn("assistant", "A dog.")))):
        at = datetime(2026, 7, 1, 12, 0, n, tzinfo=ROME)
        memory.add(Episode(episode(n).photo, words, at, f"place {n}"), ("s", scene([1], 1)))
    found = memory.recall(NewPhoto("s", scene([1], 1)), k=1)
    assert len(found) == EPISODES_PER_PHOTO and found[0].episode.id == first


# The gate


def test_what_is_sure_what_is_asked_and_what_stays_away(memory: Memory) -> None:
    """By the gate among as many photos as are remembered."""
    ids = [tell(memory, n, f"thing {n}", f"2026-01-0{n}", things=[n]) for n in (1, 2, 3)]
    scores = {r.episode.id: r.score for r in memory.recall(NewPhoto("s", scene([1], 77)))}
    assert len(scores) == 3 and scores[ids[0]] > 0.9 > scores[ids[1]]
    high, low = scores[ids[0]], max(scores[ids[1]], scores[ids[2]])
    for sure, certainty, why in ((low, "sure", "the same thing"), (high + 0.01, "maybe", "maybe the same thing")):
        gate = Gate((1 - sure - 0.001, 0.0), (1 - (low + high) / 2, 0.0))
        [one] = memory.recall(NewPhoto("s", scene([1], 77), gate))
        assert (one.episode.id, one.certainty, one.why) == (ids[0], certainty, why)
    nobody = Gate.constant(0.9999)
    assert memory.recall(NewPhoto("s", scene([1], 77), nobody)) == []


def test_the_gate_grows_with_the_photos_of_this_space_only(memory: Memory) -> None:
    gate = Gate((0.5, 1.5), (0.5, 1.5))
    tell(memory, 1, "thing 1", "2026-01-01", things=[1])
    for n in range(2, 9):
        memory.add(episode(n))  # without vectors
        memory.add(episode(n + 20), ("other", scene([n], n)))
    assert memory.recall(NewPhoto("s", scene([1], 77), gate))
    for n in range(2, 9):
        memory.put_vectors(episode(n).photo.sha256, "s", scene([n], n))
    assert memory.recall(NewPhoto("s", scene([1], 77))) and not memory.recall(NewPhoto("s", scene([1], 77), gate))


def test_the_gate_does_not_grow_with_photos_nothing_was_said_about(memory: Memory) -> None:
    """Ten thousand imported photos leave the few that were told as easy to recall as before."""
    gate = Gate((0.5, 1.5), (0.5, 1.5))
    tell(memory, 1, "thing 1", "2026-01-01", things=[1])
    for n in range(2, 9):
        memory.add(Episode(episode(n).photo, (), datetime(2026, 1, 1, n, tzinfo=ROME)), ("s", scene([n], n)))
    assert memory.recall(NewPhoto("s", scene([1], 77), gate))
    for n in range(2, 9):
        tell(memory, n, f"thing {n}", "2026-01-02", things=[n])
    assert not memory.recall(NewPhoto("s", scene([1], 77), gate))


@pytest.mark.parametrize("what", ["thing", "place", "thing and place"])
def test_the_reason_says_what_the_photos_have_in_common(
    memory: Memory, monkeypatch: pytest.MonkeyPatch, what: ranking.What
) -> None:
    tell(memory, 1, "This is Milo", "2026-01-01", things=[1])
    monkeypatch.setattr(ranking, "sights", lambda t, counts, *rest: [ranking.Sight(0.6, what)] * len(counts))
    assert [r.why for r in memory.recall(NewPhoto("s", scene([1], 77)))] == [f"the same {what}"]
    assert [r.why for r in memory.recall(NewPhoto("s", scene([1], 77), Gate((0.3, 0), (0.5, 0))))] == [
        f"maybe the same {what}"
    ]
