"""The commands of plain mode: what the app has in screens, by lines."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from assistant.backends.fake import FakeBackend
from assistant.photo import load_photo
from memory import conversations, reminders
from memory.episode import Episode, Turn
from memory.store import Memory
from memory.tray import waiting_photos as tray
from tests.support.apppilot import picture
from tests.support.plaintalk import Talk, talk
from ui import dialog_strings, help_strings, strings, telling_strings
from ui.imports import tray_strings
from ui.plain import plain_strings

ROOT = Path(__file__).parents[2]

__all__ = ["talk"]


def test_models_are_listed_and_changed(talk: Talk) -> None:
    lines = talk(FakeBackend(), "/models", "/models nosuch", "hello?", "/models fake", "hello?")
    assert any(line.startswith("nano: On this computer.") for line in lines) and plain_strings.MODELS in lines
    assert any(line.startswith("Note: ") and "nosuch" in line for line in lines)
    assert f"Done: {strings.SWITCHED.format(model='fake')}" in lines and lines.count("Answer: A photo.") == 2


def test_every_command_of_the_app_is_here() -> None:
    """But for /caption without words, a dialog, /copy: here the terminal copies, /large and /pixels: no photos."""
    app = {name for key, _ in help_strings.HELP for name in re.findall(r"/[a-z]+", key)}
    here = {name for key, _ in plain_strings.HELP for name in re.findall(r"/[a-z]+", key)}
    assert app - {"/copy", "/large", "/pixels"} <= here


def test_a_search_without_a_command_for_it_names_the_one_there_is(talk: Talk) -> None:
    lines = talk(FakeBackend(), "/search Portugal", "/nosuch", "/{brace}")
    assert f"Note: {strings.no_command('/search')}" in lines and "/memories WORDS" in strings.no_command("/search")
    assert f"Note: {strings.no_command('/nosuch')}" in lines and "/help" in strings.no_command("/nosuch")
    assert f"Note: {strings.no_command('/{brace}')}" in lines, "previously plain mode ended with a traceback"


def test_a_list_says_that_more_fit(talk: Talk, memory_file: Path, photos: Path) -> None:
    with Memory(memory_file) as memory:
        photo = load_photo(picture(photos / "sea.png", "blue"))
        days = [datetime(2020 + n // 12, 1 + n % 12, 1, tzinfo=UTC) for n in range(102)]
        memory.add_all([Episode(photo, (Turn("user", f"The sea, number {n}"),), day) for n, day in enumerate(days)])
        memory.add(Episode(load_photo(picture(photos / "hat.png", "red")), (Turn("user", "My hat"),), days[0]))
    assert dialog_strings.BEST.format(n=100) in talk(FakeBackend(), "/memories sea")
    assert not any("more fit" in line for line in talk(FakeBackend(), "/memories hat"))


def test_a_line_far_too_long_is_one_line(talk: Talk) -> None:
    lines = talk(fake := FakeBackend(), "word " * 20_000)
    assert sum("That text has 99,999 characters" in line for line in lines) == 1
    assert not any(line.startswith("Answer:") for line in lines) and fake.calls == []


def an_id(printed: str) -> str:
    return re.findall(r"^([0-9a-f]{8,16}): ", printed, re.MULTILINE)[-1]


def test_reminders_are_said_listed_and_ended(talk: Talk, memory_file: Path, photos: Path) -> None:
    milo, asked = str(photos / "MILO 1.JPG"), "When you see this again, remind me to buy soap."
    lines = talk(FakeBackend(), milo, f"/remember {asked}", "/new", milo)
    assert lines.count("Reminder: You asked to be reminded: buy soap.") == 1
    lines = talk(FakeBackend(), "/reminders", lambda told: f"/end {an_id(told)}", "/end 0", "/reminders", milo)
    assert "Done: Ended: buy soap. I do not remind you again; the memory stays." in lines
    assert dialog_strings.REMINDERS_EMPTY in lines and not any(line.startswith("Reminder:") for line in lines)
    with Memory(memory_file) as memory:
        assert reminders.standing(memory) == [] and memory.stats()["episodes"] == 1


def test_a_reminder_says_whom_it_is_about_where_its_sentence_does_not(
    talk: Talk, memory_file: Path, photos: Path
) -> None:
    milo, rex = str(photos / "MILO 1.JPG"), str(photos / "rex.png")
    talk(FakeBackend(), milo, "/remember This is Gustav, my ficus.", "/remember Remind me to water him on Sundays.")
    talk(FakeBackend(), rex, "/remember My blue backpack from Rome. Remind me to wash it.")
    talk(FakeBackend(), rex, "/remember Remind me to lend Tom my backpack.")
    lines = [line.partition(": ")[2] for line in talk(FakeBackend(), "/reminders")]
    assert any(line.startswith("water him on Sundays  (Gustav). ") for line in lines)
    assert any(line.startswith("wash it  (your blue backpack). ") for line in lines)
    assert any(line.startswith("lend Tom my backpack. ") for line in lines), "the sentence names it"


def test_a_photo_looked_at_again_without_a_memory_reminds_no_second_time(talk: Talk, photos: Path) -> None:
    """Forgetting what is in view begins the conversation anew about the same photo: that is no new sighting."""
    milo, asked = str(photos / "MILO 1.JPG"), "When you see this again, remind me to buy soap."
    talk(FakeBackend(), milo, f"/remember {asked}", "/remember Milo it is")
    lines = talk(FakeBackend(), milo, "/memories Milo", lambda told: f"/forget {an_id(told)}", "yes")
    assert sum(line.startswith("Caption:") for line in lines) == 2
    assert sum(line.startswith("Reminder:") for line in lines) == 1


def test_forget_asks_first(talk: Talk, memory_file: Path, photos: Path) -> None:
    kept = (str(photos / "MILO 1.JPG"), "/remember This is Milo.", "/memories milo")
    lines = talk(FakeBackend(), *kept, lambda told: f"/forget {an_id(told)}", "no", "/forget ffff00")
    assert "Note: no memory has the id 'ffff00': see `python -m memory list`" in lines
    with Memory(memory_file) as memory:
        assert memory.stats()["episodes"] == 1
    lines = talk(FakeBackend(), "/memories", lambda told: f"/forget {an_id(told)}", "yes", "/details", "/memories")
    assert any("of visual tokens" in line for line in lines)
    assert any(line.startswith("Done: Forgotten: the memory of Milo; its photo") for line in lines)
    assert any("Deleted from 1 kept conversation" in line for line in lines) and plain_strings.NOTHING in lines
    with Memory(memory_file) as memory:
        assert memory.stats()["episodes"] == 0 and conversations.titles(memory) == []


def test_a_wish_to_forget_in_other_words_than_were_told_may_mean_what_is_in_view(talk: Talk, photos: Path) -> None:
    """ "Forget the bear", told as a teddy, listed only what was told of "beer"."""
    talk(FakeBackend(), str(photos / "rex.png"), "/remember Tom spilled beer on it")
    lines = talk(FakeBackend(), str(photos / "MILO 1.JPG"), "/remember old teddy from leo", "forget the bear")
    which = lines.index(plain_strings.FORGET_WHICH)
    listed = lines[lines.index("You: forget the bear") + 1 : which]
    assert [line.rpartition(": ")[2] for line in listed] == [
        "Showing results for “beer”", "“old teddy from leo”", "“Tom spilled beer on it”"
    ]  # fmt: skip


def test_conversations_are_listed_continued_saved_and_deleted(talk: Talk, tmp_path: Path, photos: Path) -> None:
    backend = FakeBackend(["A dog.", "It is Rex.", "Sure."])
    talk(backend, str(photos / "rex.png"), "who is this?")
    page = tmp_path / "page.html"
    lines = talk(
        backend, "/history elephants", "/history rex", lambda told: f"/open {an_id(told)}", "sure?", f"/export {page}",
        "/history", lambda told: f"/delete {an_id(told)}", "", lambda told: f"/delete {an_id(told)}", "y", "/history",
    )  # fmt: skip
    assert [m.parts for m in backend.calls[-1][-4:]] == [("A dog.",), ("who is this?",), ("It is Rex.",), ("sure?",)]
    start = lines.index("Photo: 64 × 48")
    assert lines[start : start + 5] == [
        "Photo: 64 × 48", "Caption, by the model: A dog.", "You: who is this?", "The model: It is Rex.",
        "Done: This conversation goes on where it ended.",
    ]  # fmt: skip
    assert "sure?" in page.read_text(encoding="utf-8") and f"Done: Saved as {page}" in "\n".join(lines)
    assert sum("Deleted from 1 kept conversation: photos, questions" in line for line in lines) == 1
    assert lines[-3] == plain_strings.NOTHING


def test_private_keeps_nothing(talk: Talk, memory_file: Path, photos: Path) -> None:
    backend = FakeBackend()
    lines = talk(
        backend, "/private", str(photos / "rex.png"), "/remember Rex", "hi?", "/export x.html", "/private", "/history"
    )
    assert f"Done: {plain_strings.PRIVATE}" in lines and f"Done: {strings.NEW}" in lines
    assert f"Note: {strings.PRIVATE_NO}" in lines and f"Note: {strings.PRIVATE_EXPORT}" in lines
    assert plain_strings.NOTHING in lines and not backend.private
    with Memory(memory_file) as memory:
        assert memory.stats()["episodes"] == 0


def test_import_by_lines(talk: Talk, memory_file: Path, photos: Path) -> None:
    """What is in a folder comes before the question; no is a no; a folder's path alone is enough."""
    lines = talk(FakeBackend(), f"/import {photos}", "no", str(photos), "yes", f"/import {photos}", "/undo")
    assert lines.count("Import 2 photos? yes or no: no") == lines.count("Import 2 photos? yes or no: yes") == 1
    assert any(line.startswith("2 new: ") for line in lines)
    assert any(line.startswith("Done: Imported 2 photos from “album”") for line in lines)
    assert any(line.startswith("Done: Nothing is new in “album”") for line in lines)
    assert any("the import of 2 photos" in line for line in lines)
    with Memory(memory_file) as memory:
        assert memory.stats()["episodes"] == 0


def test_the_tray_by_lines(talk: Talk, memory_file: Path, photos: Path) -> None:
    with Memory(memory_file) as memory:
        for name in ("MILO 1.JPG", "rex.png"):
            memory.add(Episode(load_photo(photos / name), (), datetime(2025, 5, 12, 12, tzinfo=UTC)))
        one, other = memory.ids()
    lines = talk(FakeBackend(), "/tray", f"/tray {one[:8]} This is Rex.", f"/tray {other} -", "/tray", "/undo", "/tray")
    assert "2 photos wait for words" in lines and any(line.startswith(f"{one}: 12 May 2025, ") for line in lines)
    assert "Kept for 1 photo: “This is Rex.”" in lines and "Not asked about again: 1 photo." in lines
    assert any(line.startswith("No photo waits") for line in lines)
    assert "1 photo waits for words" in lines, "after the undo"
    with Memory(memory_file) as memory:
        assert sorted(episode.words for episode in memory.episodes()) == ["", "This is Rex."]


def test_the_tray_is_shut_in_a_private_conversation(talk: Talk, memory_file: Path, photos: Path) -> None:
    """Before, plain mode kept the words there; the app never did."""
    with Memory(memory_file) as memory:
        memory.add(Episode(load_photo(photos / "rex.png"), (), datetime(2025, 5, 12, 12, tzinfo=UTC)))
        (one,) = memory.ids()
    lines = talk(FakeBackend(), "/private", "/tray", f"/tray {one} This is Rex.")
    assert lines.count(plain_strings.without_keys(tray_strings.PRIVATE_NO_TRAY)) == 2
    with Memory(memory_file) as memory:
        assert [episode.words for episode in memory.episodes()] == [""]


def test_ids_of_the_tray_stay_good_and_paths_are_no_words(talk: Talk, memory_file: Path, photos: Path) -> None:
    """Words give a memory another id: the one that was listed is known all the same."""
    with Memory(memory_file) as memory:
        for name in ("MILO 1.JPG", "rex.png"):
            memory.add(Episode(load_photo(photos / name), (), datetime(2025, 5, 12, 12, tzinfo=UTC), day=None))
        one, other = memory.ids()
    told, path = f"/tray {one[:8]} This is Rex.", f"/tray {other} '{photos / 'MILO 1.JPG'}'"
    lines = talk(FakeBackend(), "/memories", "/tray", told, f"/tray {one} Rex again", path, "/tray zz")
    assert lines.count(f"{other}: day unknown (file of 12 May 2025): no words yet") == 1, "not “” in a list"
    with Memory(memory_file) as memory:
        [rex] = [episode for episode in memory.episodes() if episode.words]
        assert tray.waiting(memory) == 1
    assert f"You told about this photo already: “This is Rex.”  (/edit {rex.id[:8]} WORDS changes that.)" in lines
    assert plain_strings.TRAY_PATH in lines
    assert "No photo in the tray has the id zz: /tray lists those that wait." in lines


def test_names_and_lists_by_lines(talk: Talk, memory_file: Path, photos: Path) -> None:
    with Memory(memory_file) as memory:
        for n, words in enumerate(("This is Zuri, the zebra Anna got", "Zuri in the garden", "This is Annie")):
            photo = load_photo(picture(photos / f"{n}.png", f"#{n * 40:02x}4080"))
            memory.add(Episode(photo, (Turn("user", words),), datetime(2024, 5, 12 + n, 12, tzinfo=UTC)))
    lines = talk(
        FakeBackend(),
        "/people",
        "/people Zuri = Zurika",
        "/people zurika",
        "/people Annie + Anna",
        "/undo",
        "Show me all photos of Zurika",
        "Which photos do you have of Leo?",
        "/people nobody",
    )
    assert "Zuri: 2 photos, last on 13 May 2024" in lines
    assert "Zuri is called Zurika now" in lines and "Annie and Anna are one now, called Anna" in lines
    assert any("Taken back: what was decided about Annie." in line for line in lines)
    assert "Photos: Zurika: 2 memories, newest first." in lines
    assert "Photos: Leo: no memory fits." in lines
    assert any("nobody and nothing is called 'nobody'" in line for line in lines)


def test_more_of_what_is_in_view_is_a_list_by_lines(talk: Talk, memory_file: Path, photos: Path) -> None:
    """Previously the answer was a quotation of the memory that was on the screen already."""
    with Memory(memory_file) as memory:
        for n, words in enumerate(("Leo at the lake", "This is Milo.")):
            photo = load_photo(picture(photos / f"{n}.png", f"#{n * 40:02x}4080"))
            memory.add(Episode(photo, (Turn("user", words),), datetime(2024, 5, 12 + n, 12, tzinfo=UTC)))
    milo = str(photos / "MILO 1.JPG")
    lines = talk(FakeBackend(), milo, "Any more of him?", "This is Milo.", "got any others of him?", "more like this")
    assert lines.count("Photos: Milo: 2 memories, newest first.") == 2
    assert lines.count("Photos: like this one: no memory fits.") == 1
    assert not any(line.startswith("Answer:") for line in lines)


def test_undo_takes_back_the_last_thing(talk: Talk, memory_file: Path, photos: Path) -> None:
    milo = str(photos / "MILO 1.JPG")
    lines = talk(FakeBackend(), "/undo", milo, "/remember This is Milo.", "/undo", "/memories")
    assert f"Note: {strings.UNDO_NOTHING}" in lines and plain_strings.NOTHING in lines
    lines = talk(
        FakeBackend(), milo, "/remember This is Milo.", "/memories", lambda told: f"/edit {an_id(told)} This is Max.",
        "/memories", "/edit z x", "/edit", "/undo", lambda told: f"/forget {an_id(told.split('This is Max')[0])}", "y",
        "/undo", "/undo",
    )  # fmt: skip
    assert any(line.endswith("“This is Max.”") for line in lines) and "Note: /edit needs something" in "\n".join(lines)
    for text in ("Restored as before", "Brought back"):
        assert sum(text in line for line in lines) == 1
    with Memory(memory_file) as memory:
        assert memory.episodes() == [] and memory.verify() == []


def test_wrong_in_a_new_conversation_speaks_of_no_earlier_answer(talk: Talk) -> None:
    told = f"Note: {telling_strings.WHAT_THEN}"
    assert told in talk(FakeBackend(), "hello?", "that's wrong")
    assert told not in talk(FakeBackend(), "hello?", "/new", "that's wrong")
