"""The user's answers about recalls: a "no" keeps that memory away, a hub cools down, "yes" joins photos."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memory.db.verdict_rows import Verdict
from memory.episode import Episode, Turn
from memory.maintenance.archive import export_archive, import_archive
from memory.search import sightings
from memory.search.gate import Gate
from memory.search.sightings import NewPhoto
from memory.store import Memory
from tests.support.scenes import DAY, episode

GATE = Gate((0.2, 0.0), (0.5, 0.0))
NEW = "ab" * 32
SCORES = st.floats(0, 1)


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    with Memory(tmp_path / "m.db") as opened:
        yield opened
        assert opened.verify() == []


def sha(n: int) -> str:
    return episode(n).photo.sha256


def unit(angle: float, around: int = 0) -> np.ndarray:
    """A photo's one visual token (1, 8), `angle` degrees away from that of `unit(0)`, in the plane number `around`."""
    token = np.zeros((1, 8), np.float32)
    token[0, 0], token[0, 1 + around] = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    return token


def learn(memory: Memory, n: int, tokens: np.ndarray, text: str | None = None, days: int = 0) -> str:
    turns = (Turn("user", text if text is not None else f"thing {n}"),) if text != "" else ()
    memory.add(Episode(episode(n).photo, turns, DAY + timedelta(days=days)), ("s", tokens))
    return sha(n)


def found(memory: Memory, tokens: np.ndarray, photo: str = "", gate: Gate = GATE) -> dict[str, str]:
    """What comes for a new photo, in this order: hash of the remembered photo, and how certain."""
    return {r.episode.photo.sha256: r.certainty for r in memory.recall(NewPhoto("s", tokens, gate, photo), k=9)}


# In recall


def test_a_photo_of_two_things_joins_neither_to_the_other(memory: Memory) -> None:
    """Both come for it; alone, each brings only its own. Two photos of one thing are joined by a new one."""
    milo, boots = learn(memory, 1, unit(0)), learn(memory, 2, unit(90))
    both = np.concatenate([unit(5), unit(85)])
    for other in (milo, boots):
        assert memory.answer(NEW, other, "s", 0.6, True) is None
    recalls = memory.recall(NewPhoto("s", both, GATE, NEW), k=9)
    assert [(r.episode.photo.sha256, r.certainty, r.photos) for r in recalls] == [(milo, "sure", 1), (boots, "sure", 1)]
    assert boots not in found(memory, unit(2)) and milo not in found(memory, unit(88))
    again = learn(memory, 3, unit(50, around=1))
    memory.answer("cd" * 32, milo, "s", 0.9, True)
    memory.answer("cd" * 32, again, "s", 0.6, True)
    [recall] = memory.recall(NewPhoto("s", unit(2), GATE), k=9)
    assert recall.photos == 2, "Milo, on both of his photos"


def test_no_keeps_that_memory_away_from_this_photo_only(memory: Memory) -> None:
    milo, rex = learn(memory, 1, unit(0)), learn(memory, 2, unit(80))
    seen = unit(10)
    assert found(memory, seen, NEW) == {milo: "sure"}
    assert memory.answer(NEW, milo, "s", None, False) is None
    assert found(memory, seen, NEW) == {}
    assert found(memory, seen, "cd" * 32) == found(memory, seen) == {milo: "sure"}
    assert found(memory, unit(75), NEW) == {rex: "sure"}
    taken = memory.take_back_verdict(NEW, milo)
    assert taken and (taken.photo, taken.other, taken.same) == (NEW, milo, False)
    assert found(memory, seen, NEW) == {milo: "sure"} and memory.take_back_verdict(NEW, milo) is None


def test_a_hub_cools_down(memory: Memory) -> None:
    """After one "no" it attracts no stranger that looks no more like it, after two none that looks a bit more."""
    hub, other = learn(memory, 1, unit(0)), learn(memory, 2, unit(90))

    def shown(angle: float, n: int) -> str | None:
        return found(memory, unit(angle, n), f"{n:064x}").get(hub)

    strangers = [(46, 1), (46, 2), (50, 3), (38, 4), (35, 5), (30, 6)]
    assert [shown(*one) for one in strangers] == ["maybe"] * 4 + ["sure"] * 2
    memory.answer(f"{1:064x}", hub, "s", float(np.cos(np.radians(46))), False)
    assert [shown(*one) for one in strangers] == [None, None, None, "maybe", "maybe", "sure"]
    memory.answer(f"{4:064x}", hub, "s", float(np.cos(np.radians(38))), False)
    assert [shown(*one) for one in strangers] == [None] * 6
    assert shown(10, 0) == "sure", "itself, a little turned"
    assert other in found(memory, unit(60)), "another memory is as it was"


def test_the_very_photo_is_sure_whatever_was_said_of_its_like(memory: Memory) -> None:
    milo, bello = learn(memory, 1, unit(0)), learn(memory, 2, unit(40))
    for n in range(9):
        memory.answer(f"{n:064x}", milo, "s", 0.97, False)
    high = Gate.constant(1.1)
    assert found(memory, unit(15), milo, high) == {milo: "sure"} and found(memory, unit(15), gate=high) == {}
    assert [r.why for r in memory.recall(NewPhoto("s", unit(15), high, milo), k=9)] == ["the same photo"]
    memory.answer(bello, milo, "s", None, True)
    (recall,) = memory.recall(NewPhoto("s", unit(15), high, milo), k=9)
    assert (recall.why, recall.photos, [one.photo.sha256 for one in recall.others]) == ("the same photo", 2, [bello])


def test_scores_of_another_space_cool_nothing(memory: Memory) -> None:
    """They are not comparable; that the two are not the same counts in any space."""
    milo = learn(memory, 1, unit(0))
    memory.answer(NEW, milo, "other", 0.99, False)
    assert found(memory, unit(20)) == {milo: "sure"} and found(memory, unit(20), NEW) == {}


def test_yes_brings_it_back_surely(memory: Memory) -> None:
    milo = learn(memory, 1, unit(0))
    view = unit(50)
    assert found(memory, view, NEW) == {milo: "maybe"} and found(memory, unit(65), NEW) == {}
    memory.answer(NEW, milo, "s", float(np.cos(np.radians(50))), True)
    assert found(memory, view, NEW) == {milo: "sure"} and found(memory, unit(65), NEW) == {milo: "sure"}
    assert found(memory, unit(42), "cd" * 32) == {milo: "sure"}, "another view is sure a little sooner"
    assert found(memory, unit(65), "cd" * 32) == {}
    memory.answer("ef" * 32, milo, "s", float(np.cos(np.radians(65))) - 1e-3, True)
    assert found(memory, unit(65), "cd" * 32) == {milo: "maybe"}, "and asked about a little sooner"


def test_a_photo_remembered_after_yes_is_the_same_thing(memory: Memory) -> None:
    """It brings the other, takes no place of its own, and a "no" is about both."""
    milo, anna = learn(memory, 1, unit(0), "This is Milo."), learn(memory, 3, unit(90, 3), "This is Anna.")
    again = learn(memory, 2, unit(60), "", days=3)
    assert found(memory, unit(70)) == {again: "sure"}
    memory.answer(again, milo, "s", 0.5, True)
    recalls = memory.recall(NewPhoto("s", unit(70), GATE), k=9)
    assert [(r.episode.words, r.certainty, r.photos) for r in recalls] == [("This is Milo.", "sure", 2)]
    both = memory.recall(NewPhoto("s", np.concatenate([unit(60), unit(80, 3)])), k=2)
    assert sorted(r.episode.words for r in both) == ["This is Anna.", "This is Milo."]
    memory.answer(NEW, milo, "s", None, False)
    assert found(memory, unit(62), NEW) == {} and anna in found(memory, unit(90, 3), NEW)


def test_a_photo_that_is_not_the_same_keeps_the_other_away_from_its_like(memory: Memory) -> None:
    milo, bello = learn(memory, 1, unit(0)), learn(memory, 2, unit(40))
    assert set(found(memory, unit(30))) == {milo, bello}
    memory.answer(bello, milo, "s", None, False)
    assert set(found(memory, unit(30))) == {bello} and milo in found(memory, unit(5))


def test_a_burst_is_one_memory_in_answers_too(memory: Memory) -> None:
    milo, next_one = learn(memory, 1, unit(0)), learn(memory, 2, unit(3))
    stranger = unit(46, 2)
    assert set(found(memory, stranger, NEW)) == {milo, next_one}
    memory.answer(NEW, milo, "s", 0.7, False)
    assert found(memory, stranger, NEW) == {} == found(memory, unit(46, 3))


@settings(max_examples=50)
@given(answers=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3), st.booleans(), SCORES), max_size=9))
def test_any_answers_leave_recall_working(answers: list[tuple[int, int, bool, float]]) -> None:
    """Whatever was said of whom: what was denied does not come, what was confirmed does, others by the law."""
    with tempfile.TemporaryDirectory() as folder, Memory(Path(folder) / "m.db") as memory:
        for n in range(4):
            learn(memory, n, unit(20 * n, n % 2))
        for one, other, same, score in answers:
            memory.answer(sha(one), sha(other), "s", score, same)
        final = {(one, other): same for one, other, same, _ in answers}
        assert {(v.photo, v.other): v.same for v in memory.verdicts()} == {
            (sha(one), sha(other)): same for (one, other), same in final.items()
        }
        for n in range(6):
            with memory.transaction() as db:
                come = sightings.seen(db, sightings.NewPhoto("s", unit(15), GATE, sha(n)), memory._codes)
            for (one, other), same in final.items():
                if one == n:
                    assert (come[sha(other)].certainty == "sure") if same else (sha(other) not in come)
            memory.recall(NewPhoto("s", unit(15), GATE, sha(n)), k=9)
        assert memory.verify() == []


# In the file


def test_an_answer_is_replaced_listed_and_taken_back(memory: Memory) -> None:
    milo, rex = learn(memory, 1, unit(0)), learn(memory, 2, unit(90))
    memory.answer(NEW, milo, "s", 0.6, False)
    memory.answer(NEW, rex, "s", 0.55, True)
    before = memory.answer(NEW, milo, "s", 0.6, True)
    assert before and before.same is False and before.score == 0.6 and before.space == "s"
    assert {(v.other, v.same) for v in memory.verdicts()} == {(milo, True), (rex, True)}
    memory.answer("cd" * 32, "ef" * 32, "s", 0.5, True)
    assert len(memory.verdicts()) == 2, "the remembered photo is not there"
    for wrong in ((NEW, "short", 0.5), (NEW, milo, 1.5), (NEW, milo, float("nan"))):
        with pytest.raises(ValueError):
            memory.answer(wrong[0], wrong[1], "s", wrong[2], True)


def on_disk(memory: Memory, text: str) -> bool:
    return any(text.encode() in file.read_bytes() for file in memory.path.parent.rglob("*") if file.is_file())


def test_forgetting_either_photo_forgets_the_answer(memory: Memory) -> None:
    """Undo brings it back; in between its hashes are in no file."""
    one, two, three = (learn(memory, n, unit(30 * n)) for n in (1, 2, 3))
    memory.answer(two, one, "s", 0.6, False)
    memory.answer(three, two, "s", 0.6, True)
    memory.answer(NEW, one, "s", 0.7, False)
    stored = set(memory.verdicts())
    ids = [e.id for e in memory.about(two)]
    held = memory.hold(ids)
    receipt = memory.forget_all(ids)
    assert receipt.answers == 2 and "2 answers" in "\n".join(receipt.lines())
    assert {(v.photo, v.other) for v in memory.verdicts()} == {(NEW, one)} and not on_disk(memory, two)
    memory.put_back(held)
    assert set(memory.verdicts()) == stored
    memory.forget_all([e.id for e in memory.about(one)])
    assert {(v.photo, v.other) for v in memory.verdicts()} == {(three, two)} and not on_disk(memory, NEW)


def test_a_photo_that_only_answers_know_is_forgotten_with_its_conversations(memory: Memory) -> None:
    one = learn(memory, 1, unit(0))
    memory.answer(NEW, one, "s", 0.6, False)
    memory.answer(one, one, "s", 1.0, True)
    assert memory.forget_conversations_about(one).answers == 0, "it is still remembered"
    assert memory.forget_conversations_about(NEW).answers == 1 and not on_disk(memory, NEW)


def test_an_edit_keeps_the_answers(memory: Memory) -> None:
    one = learn(memory, 1, unit(0))
    memory.answer(NEW, one, "s", 0.6, False)
    [told] = memory.about(one)
    memory.replace({told.id: Episode(told.photo, (Turn("user", "Milo"),), told.when)})
    assert [(v.photo, v.other) for v in memory.verdicts()] == [(NEW, one)]


def test_answers_travel_in_an_archive(memory: Memory, tmp_path: Path) -> None:
    """The later answer about a pair stays; an archive without answers has the bytes that it always had."""
    one, two = learn(memory, 1, unit(0)), learn(memory, 2, unit(60))
    export_archive(memory, tmp_path / "none.zip")
    memory.answer(NEW, one, "s", 0.625, False)
    memory.answer(two, one, "s", None, True)
    export_archive(memory, tmp_path / "some.zip")
    with Memory(tmp_path / "other.db") as other:
        assert import_archive(other, tmp_path / "none.zip").added == 2 and other.verdicts() == []
        assert import_archive(other, tmp_path / "some.zip").added == 0
        assert other.verdicts() == memory.verdicts() and other.verify() == []
        with other.transaction("IMMEDIATE") as db:
            db.execute("UPDATE verdicts SET same = 1 - same, when_utc = '2031-01-01T00:00:00+00:00'")
        changed = other.verdicts()
        import_archive(other, tmp_path / "some.zip")
        assert other.verdicts() == changed
        export_archive(other, tmp_path / "back.zip")
    import_archive(memory, tmp_path / "back.zip")
    assert memory.verdicts() == changed
    export_archive(memory, tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == (tmp_path / "back.zip").read_bytes()


@pytest.mark.parametrize("damage", ["photo = 'x'", "score = 7", "when_utc = 'yesterday'"])
def test_verify_finds_a_damaged_answer(tmp_path: Path, damage: str) -> None:
    with Memory(tmp_path / "m.db") as memory:
        memory.answer(NEW, learn(memory, 1, unit(0)), "s", 0.5, True)
        assert memory.verify() == []
        with memory.transaction("IMMEDIATE") as db:
            db.execute(f"UPDATE verdicts SET {damage}")
        [problem] = memory.verify()
        assert "answer" in problem and "\n" not in problem


def test_a_verdict_is_a_value() -> None:
    one = Verdict(NEW, NEW, True, None, None, DAY)
    assert one == Verdict(NEW, NEW, True, None, None, DAY.replace(microsecond=5)) and hash(one)
