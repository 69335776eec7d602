"""Reminders: found in what the user said, shown once when the thing is seen, ended without forgetting the episode."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assistant.backends.fake import FakeBackend
from assistant.conversation.conversation import Conversation
from assistant.conversation.events import Event, Recalled, Reminded
from assistant.encoder.encoder import BackendEncoder
from assistant.sight import encode_missing
from benchmark.notes.collection import notes_of
from benchmark.world.dialogue import STATEMENTS
from benchmark.world.sample import words
from demo import album
from memory import instructions, reminders
from memory.__main__ import main
from memory.episode import Episode, Turn
from memory.errors import KeepsakeError
from memory.store import Memory
from tests.support.pictures import coloured

DAY = datetime(2025, 5, 12, 10, tzinfo=UTC)
WATER = "When you see the green bottle again, remind me to water the plants."


def episode(text: str, colour: str = "orange", day: int = 0, reply: str = "") -> Episode:
    turns = (Turn("user", text), *((Turn("assistant", reply),) if reply else ()))
    return Episode(coloured(colour), turns, DAY + timedelta(days=day))


def found(text: str) -> list[str]:
    return [task for task, _ in instructions.tasks(text)]


@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_the_benchmark_s_ways_to_ask_are_found_and_nothing_else_it_says(split: str) -> None:
    told = words(split)
    for name in told["names"]:
        for task in told["reminders"]:
            for form in STATEMENTS["reminder"]:
                asked = form.format(n=name, x=task)
                assert found(f"This is {name}. {asked} It was in June.") == [task], asked
    columns = {"time": "times", "event": "events", "habit": "habits", "note": "notes"}
    for key, column in columns.items():
        for fact in told[column]:
            for form in STATEMENTS[key]:
                assert found(form.format(n="Anna", x=fact, X=fact.capitalize())) == []


@pytest.mark.parametrize(
    ("said", "task"),
    [
        (WATER, "water the plants"),
        ("This is my bottle and when you see it again remind me to water the plants please", "water the plants"),
        ("Remind me to water the plants when I see the green bottle again!", "water the plants"),
        ("Could you please remind me about the invoice whenever this car shows up?", "about the invoice"),
        ("Remind me, next time you see it, to buy milk.", "buy milk"),
        ("If Milo ever turns up again – please remind me: feed him", "feed him"),
        ("If I look at this again, don’t let me forget to call Anna", "call Anna"),
        ("Next time you see Gustav, tell me to water him, ok?", "water him"),
        ("He is old.\nWhen you meet him, you must remind me to say “hi”.", "say “hi”"),
        ("dont let me forget pepper's vet appointment on friday", "pepper's vet appointment on friday"),
        ("grandma's vase, remind me to put flowers in it on sundays", "put flowers in it on sundays"),
        ("When did you see him? Remind me to ask.", "ask"),
        (
            "It leaks. Please remind me not to water him before March, I kill with kindness",
            "not to water him before March",
        ),
        ("Remind me on Friday to ring the depot because the sign lies.", "ring the depot"),
        ("Please you remind me to take the red book.", "take the red book"),
        ("Half done. Don't let me forget to fix the hinge!", "fix the hinge"),
        ("Six litres. REMINDER to self: take the lid off", "take the lid off"),
        ("Whenever this is in a photo, remind me that the keys are at Bo's", "that the keys are at Bo's"),
        ("remind me that the warranty ends in June", "that the warranty ends in June"),
        ("next time: ask me whether I watered it", "whether I watered it"),
        ("tell me to water it next time", "water it"),
        ("warn me next time that it bites", "it bites"),
        ("ping me about the tax when you see this letter", "the tax"),
        ("when you next see Otis, tell me his jab is due", "his jab is due"),
        ("I need to be reminded to call the vet when I see him", "call the vet"),
        ("make sure to remind me to lock up when I show you the shed", "lock up"),
        ("don't forget to remind me about the lid", "about the lid"),
        ("remember to tell me to charge it", "charge it"),
        ("i want you to remind me to sweep the chimney", "sweep the chimney"),
        ("set a reminder to descale the kettle", "descale the kettle"),
        ("reminder to feed the cat", "feed the cat"),
    ],
)
def test_people_ask_in_many_ways(said: str, task: str) -> None:
    assert found(said) == [task]


@pytest.mark.parametrize(
    "said",
    [
        "This reminds me of home when I see it.",
        "When I see these boats they remind me of home.",
        "You remind me of my brother when I see you.",
        "If you see Milo again, don't remind me to feed him.",
        "Don't remind me to feed him when you see him.",
        "They remind me to breathe.",
        "You remind me to breathe.",
        "Don't remind me to ask.",
        "Remind me to buy bulbs, no, don't.",
        "When we get home, remind me to feed the cat.",
        "The sign said: if you see something, say something.",
        "Remind me when you see him.",
        "remind me about Otis",
        "remind me who this is",
        "It was a reminder to be kind.",
        "Reminder to yourself: buy neither.",
        "tell me next time",
        "When you see him, tell me his name.",
        "She always reminded me to eat.",
        "did I ask you to remind me of something",
        "Nobody told me to water it next time.",
        "When you see " + "the very long way " * 30 + "remind me to turn back.",
    ],
)
def test_what_is_no_request_or_needs_no_photo_is_left_alone(said: str) -> None:
    assert found(said) == []


def test_what_people_write_in_notes_is_found_and_nothing_else() -> None:
    """Of the notes corpus: who asks to be reminded is heard, who does not is left alone."""
    written = [note for split in ("train", "dev") for family in notes_of(split) for note in family.written()]
    asked = [n for n in written if n.facts("reminder") and re.search("remind me|me forget", n.text, re.I)]
    heard = [n for n in asked if found(n.text)]
    assert len(asked) >= 100 and len(heard) >= 0.95 * len(asked)
    assert [n.text for n in written if not n.facts("reminder") and found(n.text)] == []


@pytest.mark.parametrize(
    ("said", "only"),
    [
        ("remind me to ask Tom about the muzzle when I see Moose", True),
        ("When you see this again, remind me to water it. Remind me to feed it when you see it.", True),
        ("This is Moose. Remind me to feed him when I see him.", False),
        ("He reminds me of Rex", False),
        ("", False),
    ],
)
def test_words_that_only_instruct(said: str, only: bool) -> None:
    assert instructions.only_instructs(said) is only


def test_a_sentence_made_to_be_slow_is_not() -> None:
    """The patterns backtrack; LONGEST keeps a sentence short enough for the worst of them."""
    began = datetime.now(UTC)
    pieces = ("when see ", "if see - ", "remind me when you see ", "remind me on ", ", because ")
    for piece in (*pieces, "remind me to next time "):
        found((piece * 60)[: instructions.LONGEST])
    assert datetime.now(UTC) - began < timedelta(seconds=2)


def test_only_the_user_s_own_words_count(path: Path) -> None:
    with Memory(path) as memory:
        memory.add(episode("This is my bottle.", reply=WATER))
        assert reminders.standing(memory) == []
        id = memory.add(episode(WATER, "red"))
        [one] = reminders.standing(memory)
        assert (one.task, one.words, one.episode, one.when) == ("water the plants", WATER, id, DAY)


def test_ended_is_ended_and_the_memory_stays(path: Path) -> None:
    with Memory(path) as memory:
        id = memory.add(episode(WATER))
        memory.add(episode(WATER, day=1))
        newer, older = reminders.standing(memory)
        assert newer.episode != older.episode == id
        assert [r.id for r in reminders.standing(memory, {coloured("orange").sha256})] == [newer.id], "one of the same"
        assert reminders.end(memory, newer.id[:6].upper()) == newer
    with Memory(path) as memory:
        assert reminders.standing(memory) == [older] == reminders.standing(memory, {coloured("orange").sha256})
        assert memory.stats()["episodes"] == 2 and memory.verify() == []
        for unknown in (newer.id, "", "zz"):
            with pytest.raises(KeepsakeError, match="no reminder"):
                reminders.end(memory, unknown)
        memory.forget_all([newer.episode])
        with memory.transaction() as db:
            assert db.execute("SELECT count(*) FROM reminders_ended").fetchone() == (0,)


def test_two_that_begin_alike_are_asked_about(path: Path) -> None:
    with Memory(path) as memory:
        memory.add_all(episode(f"When you see it, remind me to do {n}.", day=n) for n in range(40))
        ids = [one.id for one in reminders.standing(memory)]
        shared = next(id[0] for id in ids if sum(other[0] == id[0] for other in ids) > 1)
        with pytest.raises(KeepsakeError, match="reminders have the id"):
            reminders.end(memory, shared)


# In the stream


def reminded(events: list[Event]) -> list[str]:
    return [one.task for event in events if isinstance(event, Reminded) for one in event.reminders]


def test_it_is_said_once_for_each_photo_shown(path: Path) -> None:
    """After the recall and before the caption; not for another photo, and not when the photo is shown again."""
    backend = FakeBackend()
    with Memory(path) as memory:
        memory.add_all([episode(WATER), episode("A red ball.", "red")])
        encode_missing(memory, encoder := BackendEncoder(backend))
        talk = Conversation(backend, memory, encoder)
        first = list(talk.look(coloured("orange")))
        assert reminded(first) == ["water the plants"]
        assert [type(e) for e in first[:2]] == [Recalled, Reminded]
        assert reminded(list(talk.look(coloured("orange")))) == []
        assert reminded(list(talk.look(coloured("red")))) == []
        assert reminded(list(talk.ask("the green bottle?"))) == []
        assert reminded(list(talk.look(coloured("orange")))) == ["water the plants"], "seen again"
        another = Conversation(backend, memory, encoder)
        assert reminded(list(another.ask("the green bottle?"))) == [], "spoken of, not seen"
        assert "water the plants" not in str(backend.calls[2]), "and for the red ball the model reads nothing of it"


def test_what_has_just_been_asked_for_is_for_the_next_time(path: Path) -> None:
    backend = FakeBackend()
    with Memory(path) as memory:
        talk = Conversation(backend, memory, BackendEncoder(backend))
        list(talk.look(coloured("orange")))
        talk.remember(WATER)
        assert reminded(list(talk.look(coloured("orange")))) == []
        another = Conversation(backend, memory, BackendEncoder(backend))
        assert reminded(list(another.look(coloured("orange")))) == ["water the plants"]


def test_an_old_memory_of_the_photo_counts_though_newer_ones_are_recalled(path: Path) -> None:
    """Only the three newest episodes of a photo are recalled, but the instruction in the first still counts."""
    with Memory(path) as memory:
        memory.add_all([episode(WATER), *(episode(f"Again, {n}.", day=n) for n in range(1, 5))])
        encode_missing(memory, encoder := BackendEncoder(FakeBackend()))
        talk = Conversation(FakeBackend(), memory, encoder)
        assert reminded(list(talk.look(coloured("orange")))) == ["water the plants"]
        assert WATER not in [recall.episode.words for recall in talk.recalls]


def test_the_demo_album_has_one(path: Path) -> None:
    with Memory(path) as memory:
        album.load(memory, BackendEncoder(FakeBackend()))
        [one] = reminders.standing(memory)
    assert one.task == "wind the clock" and "Gustav" in one.words


# `python -m memory reminders`


def test_list_and_end(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Memory(path) as memory:
        memory.add(episode(WATER))
        [one] = reminders.standing(memory)
    assert one.id == hashlib.sha256(f"{one.episode}\nwater the plants".encode()).hexdigest()[:8], "scripts keep ids"
    assert main(["reminders"]) == 0
    line = f"{one.id}  water the plants  (2025-05-12, memory {one.episode}: {WATER})\n"
    assert capsys.readouterr().out == line
    assert main(["reminders", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "id": one.id, "task": "water the plants", "words": WATER, "episode": one.episode,
        "when": "2025-05-12T10:00:00+00:00", "day": "2025-05-12",
    }  # fmt: skip
    assert main(["reminders", "--end", one.id]) == 0
    assert capsys.readouterr().out == f"ended: water the plants (its memory, {one.episode}, stays)\n"
    assert main(["reminders", "--end", one.id]) == 1
    assert capsys.readouterr().err.startswith("no reminder has the id")
    assert main(["reminders"]) == 0
    out, err = capsys.readouterr()
    assert out == "" and "no reminders" in err
