"""The first week with photos of one's own: telling, being corrected, lists, import, the tray; `make e2e` runs them.

One app for all tasks, with the real nano and real photographs, told about in sentences as people type them.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from tests.e2e.terminal import DEMO, Terminal, drawn, flowing, kept, running, shell, show
from ui import dialog_strings, strings


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's home with real photographs under names that tell nothing."""
    home = tmp_path_factory.mktemp("week")
    (pictures := home / "Pictures").mkdir()
    for name, photo in (
        ("1.jpg", "bear"),
        ("2.jpg", "new"),
        ("3.jpg", "clock"),
        ("4.jpg", "stranger"),
        ("5.jpg", "vase"),
    ):
        shutil.copy(DEMO / f"{photo}.jpg", pictures / name)
    return home


@pytest.fixture(scope="module")
def warm(home: Path) -> Iterator[Terminal]:
    """One app for all tasks."""
    with running(home) as app:
        app.sees("Welcome to Keepsake.", "0 memories")
        app.idle()
        yield app


def memories(home: Path) -> str:
    return shell(home, "memory", "list")


# -- what is told is kept, what is asked is not -----------------------------------------------------------------------


def test_what_is_told_in_passing_is_remembered(app: Terminal, home: Path) -> None:
    show(app, home / "Pictures" / "1.jpg")
    app.sees(strings.TELL_ME)
    app.say("thats bruno, emmas bear. she got him from aunt klara in graz when she was born")
    app.sees("Remembered, day unknown: “thats bruno, emmas bear.", "○ idle")
    assert "aunt klara" in memories(home)


def test_a_new_view_brings_it_back_and_says_only_what_was_told(app: Terminal, home: Path) -> None:
    show(app, home / "Pictures" / "2.jpg")
    app.sees("the same thing", "“thats bruno, emmas bear. she got him from aunt klara in graz when she was born”")
    app.say("where did she get him?")
    app.until(lambda screen: screen.lower().count("graz") > 1 and "○ idle" in screen, "an answer with Graz")
    app.sees_not("You were together")


def test_a_question_is_not_remembered_and_small_talk_not_echoed(app: Terminal, home: Path) -> None:
    before = memories(home)
    show(app, home / "Pictures" / "2.jpg")
    app.say("who is this?")
    app.until(lambda screen: screen.lower().count("bruno") > 1 and "○ idle" in screen, "an answer about Bruno")
    app.say("thanks!")
    app.sees("You are welcome.", "○ idle")
    assert memories(home) == before


def test_a_correction_is_kept_and_undone(app: Terminal, home: Path) -> None:
    show(app, home / "Pictures" / "2.jpg")
    app.say("no, that's not bruno, it's his brother Teddy")
    app.sees("Remembered, ", "this is not", "○ idle")
    assert "Teddy" in memories(home)
    app.say("/undo")
    app.sees("Taken back, with what you said", "○ idle")
    assert "Teddy" not in memories(home)


def test_n_denies_a_sure_recall_and_what_comes_then_is_kept(app: Terminal, home: Path) -> None:
    show(app, home / "Pictures" / "2.jpg")
    app.press("n")
    app.sees("No: I keep that", "○ idle")
    app.say("This is Rajah, the bear at the Vienna zoo")
    app.sees("Remembered, ", "Rajah, the bear at the Vienna zoo", "○ idle")
    for _ in range(2):
        app.say("/undo")
        app.sees("Taken back: ", "○ idle")


# -- questions ------------------------------------------------------------------------------------------------------


def test_caption_and_answer_agree_about_a_place(app: Terminal, home: Path) -> None:
    show(app, home / "Pictures" / "5.jpg")
    app.say("This vase stands in Grandma's living room in Graz.")
    app.sees("Remembered, ", "○ idle")
    app.say("Where is this?")
    app.until(lambda screen: screen.count("living room in Graz") > 2 and "○ idle" in screen, "an answer with the place")


def test_words_find_memories_while_a_stranger_is_in_view(app: Terminal, home: Path) -> None:
    show(app, home / "Pictures" / "4.jpg")
    app.sees(strings.NO_MATCH)
    app.say("Where did Emma get Bruno?")
    app.until(lambda screen: screen.lower().count("aunt klara in graz") > 0 and "○ idle" in screen, "Bruno's memory")


def test_what_was_never_told_is_not_made_up(app: Terminal, home: Path) -> None:
    show(app, home / "Pictures" / "2.jpg")
    app.say("how much did he cost?")
    app.until(lambda screen: ("not tell me" in screen or "not told me" in screen) and "○ idle" in screen, "no answer")


def test_the_last_answer_again_and_the_last_question_changed(app: Terminal, home: Path) -> None:
    show(app, home / "Pictures" / "2.jpg")
    app.say("who is that?")
    app.sees("▌ who is that?", "in your words:", "○ idle")
    assert re.search(r"who is that\? .*bruno.* in your words:", flowing(app.screen()), re.IGNORECASE)
    app.say("/question")
    app.sees(strings.CHANGE_QUESTION.split(";")[0])
    app.press(*["BSpace"] * 5)
    app.type("this?")
    app.press("Enter")
    app.until(
        lambda screen: "who is this?" in screen and "that?" not in screen and "○ idle" in screen, "the other answer"
    )
    app.press("C-r")
    app.idle()
    app.sees("who is this?")


def test_an_address_is_refused_at_once(app: Terminal) -> None:
    app.say("https://example.com/dog.jpg")
    app.sees("○ idle")
    app.until(lambda screen: "network" in screen.lower() or "address" in screen.lower() or "download" in screen.lower(),
              "why it is refused")  # fmt: skip


# -- the browser, import, tray ----------------------------------------------------------------------------------------


def test_keys_in_a_burst_forget_nothing(app: Terminal, home: Path) -> None:
    before = memories(home)
    app.say("/memories")
    app.sees(dialog_strings.BROWSER)
    app.type("/family")
    app.sees(dialog_strings.BROWSER_NONE["searched"])
    assert memories(home) == before


def test_a_folder_is_imported_with_a_preview_and_taken_back(app: Terminal, home: Path) -> None:
    (folder := home / "trip").mkdir(exist_ok=True)
    for i in range(3):
        drawn(folder / f"IMG_2024081{i}_101500.jpg", 30 + 60 * i)
    before = memories(home)
    app.say(f"/import {folder}")
    app.sees("Import photos", "Enter imports")
    app.answer("Enter", "Imported 3 photos from “trip”", "○ idle")
    app.say("/undo")
    app.sees("○ idle")
    app.until(lambda _: memories(home) == before, "the memory as before")


def test_a_watched_folder_brings_new_photos_into_the_tray(app: Terminal, home: Path) -> None:
    (folder := home / "Camera").mkdir(exist_ok=True)
    app.say(f"/watch {folder}")
    app.sees("Watching “Camera” while Keepsake is open", "○ idle")
    shutil.copy(DEMO / "stranger.jpg", folder / "IMG_20240817_101500.jpg")
    app.sees("1 new photo came in from “Camera”. 1 waits in the tray: ctrl+t.", "○ idle")
    drawn(folder / "Leo at the pond.jpg", 200)
    app.sees("2 new photos came in from “Camera”, 1 with words. 1 waits in the tray", "○ idle")
    app.say("/watch off")
    app.sees("“Camera” is not watched any more")
    assert "2024-08-17" in memories(home) and "Leo at the pond" in memories(home)


def test_the_tray_takes_words_and_no_paths(app: Terminal, home: Path) -> None:
    app.press("C-t")
    app.sees("Tell me about these", "17 August 2024")
    app.paste(str(home / "Pictures" / "4.jpg"))
    app.press("Enter")
    app.sees("“4.jpg” is a path, and says nothing about this photo.")
    app.press("C-u")
    app.type("the neighbours' cat on our wall")
    app.press("Enter")
    app.sees("the last one: no photo waits any more")
    assert "the neighbours' cat on our wall" in memories(home)


def test_a_takeout_brings_its_words_days_and_people(app: Terminal, home: Path) -> None:
    (folder := home / "Takeout" / "Google Photos" / "Photos from 2009").mkdir(parents=True)
    drawn(folder / "IMG_3397-edited.jpg", 90)
    drawn(folder / "IMG_3397.jpg", 95)
    said = {
        "description": "Nora at the pier",
        "photoTakenTime": {"timestamp": "1258375918"},
        "people": [{"name": "Ben"}],
    }
    (folder / "IMG_3397.jpg.supplemental-metadata.json").write_text(json.dumps(said))
    drawn(folder / "Screenshot_20230101-120000_Chrome.png", 150)
    app.say(f"/import {home / 'Takeout'}")
    app.sees("1 photo with a sidecar file", "1 original left out", "1 screenshot", "c: take screenshots, too")
    app.answer("Enter", "Imported 1 photo from “Takeout”, 1 with words", "○ idle")
    assert "2009-11-16" in memories(home) and "Nora at the pier. This is Ben." in memories(home)


def test_the_start_page_shows_this_day_in_an_earlier_year(app: Terminal, home: Path) -> None:
    today = datetime.now().astimezone().date()
    day = today.replace(year=today.year - (4 if (today.month, today.day) == (2, 29) else 1))
    words = "The backpack before the long walk."
    shell(home, "assistant", "remember", str(DEMO / "backpack.jpg"), words, "--when", day.isoformat())
    app.say("/today")
    app.sees("ago today: “The backpack before the long walk.”", "F12")
    with running(home, "--memory", str(kept(home) / "memory.db"), size=(80, 24)) as second:
        second.sees("ago today: “The backpack before the long walk.”")
        second.idle()
        second.press("F12")
        second.sees("Keepsake opens without a word about this day and the tray.")
    app.say("/today on")
    app.sees("When Keepsake opens it says what there was on this day")


def test_the_demo_leaves_the_memory_alone(app: Terminal, home: Path) -> None:
    before = memories(home)
    app.say("/demo")
    app.sees("▣ new.jpg", "by nano", "○ idle")
    assert memories(home) == before
    app.say("/demo off")
    app.sees("○ idle")
    app.until(lambda _: memories(home) == before, "the memory as before")


def test_the_photo_large_and_back(app: Terminal, home: Path) -> None:
    show(app, home / "Pictures" / "2.jpg")
    app.press("F9")
    app.until(lambda screen: "Memories recalled" not in screen, "the photo alone")
    app.press("Escape")
    app.sees("Memories recalled")


# -- from the shell ---------------------------------------------------------------------------------------------------


def test_the_shell_asks_without_a_photo_and_lists_names(home: Path) -> None:
    shell(
        home, "assistant", "remember", str(DEMO / "clock.jpg"), "Grandma's alarm clock. It rang every morning at six."
    )
    asked = json.loads(shell(home, "assistant", "ask", "When did Grandma's clock ring?", "--json"))
    assert "at six" in asked["answer"].lower()
    assert "Bruno" in shell(home, "memory", "people")
