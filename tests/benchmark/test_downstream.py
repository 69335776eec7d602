"""LSD, LAR and ITR: the questions, the three ways of asking, and scores that neither luck nor noise can raise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from assistant.backend import Message
from assistant.backends.fake import FakeBackend
from benchmark.judges.judge import Lexical
from benchmark.runner import CachedWriter, ask
from benchmark.tasks import downstream
from benchmark.tasks.downstream import token_f1
from benchmark.world.question import EVENT_QUESTION, PLACE_QUESTION
from benchmark.world.sample import Spec, build
from memory.episode import Photo
from tests.support.seer import SeeingBackend, averages, rows

THREE = [build(Spec("test", 7, i)) for i in range(3)]
REMINDED = [build(Spec("test", 7, i, reminders=True)) for i in range(3)]
STRANGER = build(Spec("test", 7, 0, mode="stranger", reminders=True))


@pytest.mark.parametrize(
    ("answer", "gold", "f1"),
    [
        ("the harbour in Bergen", "the harbour in Bergen", 1),
        ("You were at the harbour in Bergen.", "the harbour in Bergen", 1),  # a whole sentence, and its full stop
        ("You saw it last in BERGEN!", "the harbour in Bergen", 2 / 3),  # 1 of 1 said, 1 of 2 told
        ("At the harbour in Lima", "the harbour in Bergen", 0.5),  # 1 of 2, 1 of 2
        ("You were at the town hall in Lima.", "the harbour in Bergen", 0),  # small words score nothing
        ("I guess \\boxed{Lima}, no: \\boxed{the harbour in Bergen}", "the harbour in Bergen", 1),
        ("Bergen //boxed{Lima}", "the harbour in Bergen", 0),
        ("", "the harbour in Bergen", 0),
        ("", "", 0),  # the released scorer gives 1
    ],
)
def test_f1_by_hand(answer: str, gold: str, f1: float) -> None:
    assert token_f1(answer, gold) == pytest.approx(f1)


def test_a_model_that_looks_and_remembers_scores_one_in_every_way() -> None:
    found = rows(downstream.lsd_lar(CachedWriter(SeeingBackend(THREE)), Lexical()), THREE)
    ways = ("direct", "cag", "reference")
    assert set(found) == {f"{task}/{way}" for task in ("lsd", "lar") for way in ways}
    assert all(averages(found[f"lsd/{w}"]) == {"f1": 1, "hit": 1, "unread": 0} for w in ways)
    assert all(averages(found[f"lar/{w}"]) == {"hit": 1, "unread": 0} for w in ways)


def test_the_wrong_memory_scores_nothing() -> None:
    for sample in THREE:
        other = sample.facts[next(i for i in range(3) if i not in sample.positives)]
        backend = FakeBackend([f"You were {other.event} at {other.place}."])
        found = rows(downstream.lsd_lar(CachedWriter(backend), Lexical()), [sample])
        assert {averages(r)["hit"] for r in found.values()} == {0}
        assert all(averages(r)["f1"] < 1 for name, r in found.items() if name.startswith("lsd"))


def test_the_question_is_the_same_and_only_one_thing_changes_at_a_time() -> None:
    """The published scripts change the system turn too."""
    backend = FakeBackend(["This is Milo."])
    found = {c.name: c for c in downstream.lsd_lar(CachedWriter(backend), Lexical())}
    calls: dict[str, list[tuple[Message, ...]]] = {}
    for name, condition in found.items():
        condition.write(THREE[0])
        calls[name], backend.calls = backend.calls, []
    [direct], [caption, cag] = calls["lsd/direct"], calls["lsd/cag"]
    assert cag[:2] == caption and cag[2:] == (
        Message("assistant", ("This is Milo.",)),
        Message("user", (PLACE_QUESTION,)),
    )
    assert direct == (caption[0], replace(caption[1], parts=(*caption[1].parts[:-1], f"\n{PLACE_QUESTION}")))
    [other] = calls["lar/cag"]  # its caption is there already
    assert other == (*cag[:3], Message("user", (EVENT_QUESTION,)))
    first, second = calls["lsd/reference"]
    assert [m.role for m in first] == ["user"] and [m.role for m in second] == ["system", "user", "assistant", "user"]
    assert second[-1] == Message("user", (PLACE_QUESTION,))
    assert [p for p in first[0].parts if isinstance(p, Photo)] == [p for p in second[1].parts if isinstance(p, Photo)]


def test_a_reminder_fires_for_the_thing_that_it_is_about() -> None:
    """The stand-in gives reminders in its caption, so it gives none in direct answers."""
    found = rows(downstream.itr(CachedWriter(SeeingBackend(REMINDED))), REMINDED)
    assert {n: averages(r) for n, r in found.items()} == {
        "itr/direct": {"fired": 0, "false_alarm": 0},
        "itr/cag": {"fired": 1, "false_alarm": 0},
        "itr/reference": {"fired": 1, "false_alarm": 0},
    }


def test_a_model_that_is_never_silent_gives_false_alarms() -> None:
    """By the published scorer such a model reaches 100 %."""
    for sample in REMINDED:
        everything = " ".join(f"Remember: {f.reminder}." for f in sample.facts if f.reminder)
        found = rows(downstream.itr(CachedWriter(FakeBackend([everything]))), [sample])
        assert {n: averages(r) for n, r in found.items()} == {
            f"itr/{w}": {"fired": 1, "false_alarm": 1} for w in ("direct", "cag", "reference")
        }


def test_about_a_stranger_only_silence_is_scored() -> None:
    [where, *_] = downstream.lsd_lar(CachedWriter(FakeBackend(["At the harbour."])), Lexical())
    assert ask(where, STRANGER).score == {"f1": [0, 0], "hit": [0, 0]}
    alarms = [f.reminder for f in STRANGER.facts if f.reminder]
    [direct, *_] = downstream.itr(CachedWriter(FakeBackend([f"Please {alarms[0]}."])))
    assert ask(direct, STRANGER).score == {"fired": [0, 0], "false_alarm": [1, len(alarms)]}


def test_a_verdict_that_cannot_be_read_is_counted_apart() -> None:
    class Mumbling(Lexical):
        def check_replies(self, replies: Sequence[tuple[str, str, str]]) -> list[bool | None]:
            return [None for _ in replies]

    found = rows(downstream.lsd_lar(CachedWriter(FakeBackend(["incorrect"])), Mumbling()), THREE)
    assert averages(found["lar/direct"]) == {"hit": 0, "unread": 1}
