"""Words of a question bring memories whatever photo is in view, and only where they fit clearly."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant.backends.fake import FakeBackend
from assistant.conversation.conversation import Conversation
from assistant.conversation.events import Recalled
from assistant.conversation.word_recall import MOST, by_words
from assistant.encoder.encoder import BackendEncoder
from assistant.photo import load_photo
from memory.episode import Episode, Turn
from memory.store import Memory
from tests.support.apppilot import picture

TOLD = (
    ("This is Zuri, the zebra. We took her everywhere in Rome.", None),
    ("Grandma's alarm clock, it rang every morning.", "Graz"),
    ("We had breakfast at the lake with Anna.", None),
    ("A photo of the old bridge, it was raining.", None),
)


@pytest.fixture
def memory(memory_file: Path, tmp_path: Path) -> Memory:
    """Four memories of four things."""
    store = Memory(memory_file)
    for n, (words, place) in enumerate(TOLD):
        photo = load_photo(picture(tmp_path / f"{n}.png", ("red", "green", "blue", "black")[n]))
        store.add(Episode(photo, (Turn("user", words),), datetime(2025, 5, n + 1, tzinfo=UTC), place))
    return store


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("Where did we take Zuri?", [0]),
        ("where did we take zuri", [0]),
        ("What was in Graz?", [1]),
        ("when did grandma's alarm clock ring", [1]),
        ("Did Anna like it?", [2]),
        ("Was it raining on the old bridge?", [3]),
        ("What did I tell you about the breakfast?", [2]),
        ("Tell me everything about the bridge", [3]),
        ("What do you know about my grandmother?", []),
        ("what about the lake", [2]),
        ("what did i tell you about the bridge", [3]),
        ("What is this?", []),
        ("What is in the photo?", []),
        ("Where was the breakfast?", []),  # one word, and no name
        ("Is it a clock?", []),
        ("How old is she?", []),
        ("Who is Bruno?", []),
    ],
)
def test_a_name_or_two_telling_words_bring_a_memory(
    memory: Memory, tmp_path: Path, question: str, found: list[int]
) -> None:
    new = load_photo(picture(tmp_path / "new.png", "white"))
    brought = by_words(memory, question, 4, (), new)
    assert [recall.episode.words for recall in brought] == [TOLD[n][0] for n in found]
    again = by_words(memory, question, 4, brought, new)
    assert again == [], "what is in the prompt already needs no new reading"
    assert len(brought) <= MOST
    if found:
        assert by_words(memory, question, 4, (), None)


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("what did i do in wales", True),
        ("who is from wales", True),
        ("what did we do in summer", False),
        ("do you like whales", False),
        ("where was the hill", False),
    ],
)
def test_a_place_in_small_letters_brings_a_memory(
    memory_file: Path, tmp_path: Path, question: str, found: bool
) -> None:
    with Memory(memory_file) as memory:
        photo = load_photo(picture(tmp_path / "kiran.png", "red"))
        words = "thats kiran on the hill in wales, we went there in summer"
        memory.add(Episode(photo, (Turn("user", words),), datetime(2025, 5, 1, tzinfo=UTC)))
        assert bool(by_words(memory, question, 4, (), load_photo(picture(tmp_path / "new.png", "white")))) is found


@pytest.mark.parametrize(
    ("words", "question", "found"),
    [
        ("grandads alarm clock, he gave it to me", "what happened with the clock", True),
        ("that ugly red vase is from Krakow", "do i like the vase?", True),
        ("we left at six, before the alarm clock rang", "what happened with the clock", False),
        ("our old bench, i sat there", "what happened with the bench", True),
        ("our old bench, i sat there", "who slept on the bench", False),
        ("got them from tomasz, he paid way too much", "who is tomasz", True),
        ("thats gregor, my daughter mia knitted him", "what about mia?", True),
        ("thats gregor, my daughter mia knitted him", "what did mia make", True),
        ("thats gregor, my daughter mia knitted him", "what did the daughter make", False),
        ("I carried this red backpack through Norway", "where did we go with the backpack?", True),
        ("We bought this lamp in Rome, at the fair", "where is our lamp from", True),
        ("We bought this lamp in Rome, at the fair", "what did we eat after the fair", False),
        ("we were at the lake this summer", "where did we go the summer before", False),
        ("our dog pepper, terrified of balloons", "who's scared of balloons", True),
        ("our dog pepper, terrified of balloons", "is he scared of balloons", False),
        ("our dog pepper, terrified of balloons", "who is this with the balloons", False),
        ("the clock that was in my nana's hallway", "tell me something about nana", True),
    ],
)
def test_one_word_brings_whom_or_what_is_asked_about_in_small_letters(
    memory_file: Path, tmp_path: Path, words: str, question: str, found: bool
) -> None:
    with Memory(memory_file) as memory:
        memory.add(Episode(load_photo(picture(tmp_path / "a.png", "red")), (Turn("user", words),), datetime.now(UTC)))
        assert bool(by_words(memory, question, 4, (), load_photo(picture(tmp_path / "new.png", "white")))) is found


def test_all_that_was_told_of_somebody_comes_whatever_is_in_view(memory_file: Path, tmp_path: Path) -> None:
    """Before, the bear in view had all words of the question, and so nothing else came."""
    with Memory(memory_file) as memory:
        for n, (words, colour) in enumerate(
            [("Barnaby goes everywhere with Sophie", "red"), ("the backpack Sophie takes to school", "blue")]
        ):
            photo = load_photo(picture(tmp_path / f"{n}.png", colour))
            memory.add(Episode(photo, (Turn("user", words),), datetime.now(UTC)))
        (bear,) = memory.search("Barnaby")
        about = by_words(memory, "what have I told you about Sophie", 4, [bear], bear.episode.photo)
        assert [one.episode.words for one in about] == ["the backpack Sophie takes to school"]
        assert by_words(memory, "where does Sophie go", 4, [bear], bear.episode.photo) == []


@pytest.mark.parametrize("question", ["What other names is it called?", "Is there anything in the pictures?"])
def test_words_that_say_little_bring_nothing_in_any_form(memory: Memory, tmp_path: Path, question: str) -> None:
    """Before, "names" and "called" were two telling words, as "name" and "call" alone were known to say little."""
    photo = load_photo(picture(tmp_path / "other.png", "purple"))
    words = "It has many names, and is called differently in all pictures, or anything."
    memory.add(Episode(photo, (Turn("user", words),), datetime(2025, 5, 9, tzinfo=UTC), None))
    assert by_words(memory, question, 3, (), photo) == []


def test_in_a_conversation_they_join_those_of_the_photo_and_the_prompt_is_read_anew_once(
    memory: Memory, tmp_path: Path
) -> None:
    backend = FakeBackend(["A wall.", "Everywhere in Rome.", "Everywhere in Rome.", "A wall."])
    conversation = Conversation(backend, memory, BackendEncoder(backend))
    photo = load_photo(picture(tmp_path / "new.png", "white"))
    list(conversation.look(photo))
    assert conversation.recalls == ()
    events = list(conversation.ask("Where did we take Zuri?"))
    (recalled,) = (event for event in events if isinstance(event, Recalled))
    assert [r.episode.words for r in recalled.recalls] == [TOLD[0][0]] and "Zuri" in recalled.recalls[0].why
    assert any("Zuri" in part for part in backend.calls[-1][1].parts if isinstance(part, str))
    assert photo in backend.calls[-1][1].parts
    assert not [e for e in conversation.ask("And Zuri, where was she?") if isinstance(e, Recalled)]
    list(conversation.look(photo))
    assert conversation.recalls == (), "they were brought by words, not by the photo"
