"""Remember, recall, correct, forget, search, be reminded: one task a test, in one app with the demo album.

The app runs the real embedded model; `make e2e` runs these tasks.
"""

from __future__ import annotations

from pathlib import Path

from tests.e2e.terminal import DEMO, Terminal, drawn, flowing, running, show
from ui import dialog_strings, strings


def leave(app: Terminal) -> None:
    """Leave the browser, which a search opened: Esc leads out of it."""
    app.press("Escape")
    app.sees("Caption", "Memories recalled")


def test_first_run_welcomes_and_plays_the_demo(tmp_path: Path) -> None:
    """From the greeting to an answer that names a friend, without a word typed but /demo and Enter."""
    with running(tmp_path) as app:
        app.sees("Welcome to Keepsake.", "/demo opens a small album", "0 memories", strings.SEES_LITTLE, "○ idle")
        app.say("/demo")
        app.sees(
            "▣ new.jpg",
            "16 August 2025",
            "by nano",
            "Who is this and when did I last see them?",
            "6 memories",
            "○ idle",
        )
        app.press("Enter")
        app.until(lambda screen: screen.count("Milo") > 4 and "○ idle" in screen, "an answer about Milo")
        app.sees("Lisbon.", "offline")


def test_remember_a_photo_then_recall_it_with_its_reason(app: Terminal, home: Path) -> None:
    show(app, home / "Pictures" / "bolt.png")
    app.say("/remember This is Bolt, my kite. We were at the pier in Galway.")
    app.sees("Remembered, ", "“This is Bolt, my kite. We were at the pier in Galway.”")
    app.press("C-n")
    app.sees_not("bolt.png")
    show(app, drawn(home / "again.jpg", 20, (300, 300)))
    app.sees("This is Bolt, my kite.", "the same thing")


def test_remember_with_day_and_place_in_the_dialog(app: Terminal, home: Path) -> None:
    show(app, drawn(home / "lamp.png", 90))
    app.press("F3")
    app.sees("Remember this photo", "What is it?")
    app.type("This is Lumi, our lamp.")
    app.press("Tab")
    app.sees("│  day unknown")
    app.type("31 May")
    app.press("Enter")
    app.sees("'31 May' is not a day: write it as 2025-08-01.")
    app.press(*["BSpace"] * 6)
    app.type("31 May 2025")
    app.press("Tab")
    app.type("Turku")
    app.press("Enter")
    app.sees("Remembered, 31 May 2025 · Turku: “This is Lumi, our lamp.”")
    app.idle()


def test_remember_without_a_photo_says_what_is_missing(app: Terminal) -> None:
    app.say("/remember This is nobody.")
    app.sees(strings.NO_PHOTO)


def test_correct_the_caption_and_the_answer_builds_on_it(app: Terminal) -> None:
    words = "This is Boomer. You were together at the opera house in Zagreb."
    show(app, DEMO / "clock.jpg")
    app.press("F4")
    app.sees("Correct the caption", "ctrl+s saves")
    app.press("F7", "BSpace")
    app.type(words)
    app.press("C-s")
    app.until(
        lambda screen: any(panel.startswith(f"{words} your words") for panel in flowing(screen).splitlines()),
        "nothing but these words as the caption",
    )
    app.idle()
    app.say("Who is this?")
    app.until(lambda screen: screen.count("Boomer") > 1 and "○ idle" in screen, "an answer with the corrected name")


def test_this_is_not_the_same_is_kept_in_one_key(app: Terminal) -> None:
    show(app, DEMO / "new.jpg")
    app.sees("This is Milo, my daughter's bear.")
    app.press("Tab", "Tab")
    app.sees("n Not same")
    app.press("n")
    app.sees("No: I keep that", "○ idle")
    app.say("/undo")
    app.sees("Taken back: your answer", "This is Milo, my daughter's bear.", "○ idle")


def test_a_stranger_is_asked_for_and_then_remembered(app: Terminal, home: Path) -> None:
    show(app, DEMO / "stranger.jpg")
    app.sees(strings.NO_MATCH, strings.TELL_ME)
    app.say("This is Sol, our cat.")
    app.sees("Remembered, ", "“This is Sol, our cat.”", "○ idle")


def test_forget_gives_a_receipt_and_undo_brings_back(app: Terminal, home: Path) -> None:
    app.say("/memories wedding")
    app.sees("Memories with “wedding”", "This is the wedding vase")
    app.press("f")
    app.sees("Forget")
    app.answer("y", "Forgotten: ")
    leave(app)
    app.sees("Forgotten: ", "what was computed from it", "○ idle")
    app.say("/memories wedding")
    app.sees(dialog_strings.BROWSER_NONE["searched"])
    leave(app)
    app.say("/undo")
    app.sees("Brought back: ", "○ idle")
    app.say("/memories wedding")
    app.sees("This is the wedding vase")
    leave(app)


def test_forget_what_is_not_there_is_one_line(app: Terminal) -> None:
    app.say("/forget ffffff")
    app.sees("ffffff", "○ idle")


def test_search_by_words_and_find_nothing(app: Terminal) -> None:
    app.say("/memories Lisbon")
    app.sees("Memories with “Lisbon”", "This is Milo, my daughter's bear.")
    app.sees_not("Gustav")
    leave(app)
    app.say("/memories Timbuktu")
    app.sees(dialog_strings.BROWSER_NONE["searched"])
    leave(app)


def test_ask_without_a_photo_recalls_by_words(app: Terminal) -> None:
    app.say("Where did I see Bruno?")
    app.sees("Here is Bruno, my sister's dog.", "○ idle")


def test_standing_instructions_are_told_listed_and_ended(app: Terminal) -> None:
    show(app, DEMO / "clock.jpg")
    app.sees(strings.REMINDED.format(task="wind the clock"))
    app.say("/reminders")
    app.sees(dialog_strings.REMINDERS, "wind the clock", dialog_strings.REMINDERS_KEYS)
    app.answer("e", dialog_strings.REMINDERS_EMPTY)
    app.press("Escape")
    app.sees(strings.ENDED.format(task="wind the clock"))
