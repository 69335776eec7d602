"""The conversation: stopped, resized, refused, in another language, kept, private; `make e2e` runs these tasks."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from assistant.models import local
from tests.e2e.terminal import DEMO, STORY, Terminal, kept, show
from ui import dialog_strings, strings


def test_cancel_while_the_prompt_is_read(app: Terminal) -> None:
    app.paste(str(DEMO / "bear.jpg"))
    app.until(lambda screen: "● recalling" in screen or "● writing" in screen, "the model at work")
    app.press("Escape")
    app.sees("stopped", "○ idle")


def test_cancel_in_the_answer(app: Terminal) -> None:
    """Also when the model hangs: it is held still, so that the answer cannot be over before the key."""
    app.say(STORY)
    app.sees("● answering")
    os.kill(app.model(), signal.SIGSTOP)
    app.press("Escape")
    app.sees("(stopped)", "○ idle")
    app.say("Are you there?")
    app.sees("▌ Are you there?", "○ idle")


def test_resize_while_words_stream(app: Terminal) -> None:
    app.say(STORY)
    app.sees("● answering")
    for size in ((60, 20), (200, 50), (150, 44)):
        app.resize(*size)
        app.sees("Conversation", "nano")
    app.press("Escape")
    app.idle()


def test_an_empty_question_asks_nothing(app: Terminal) -> None:
    app.press("Enter", "Space", "Enter")
    app.say("x")
    assert app.sees("▌ x", "○ idle").count("▌") == 1


def test_a_text_longer_than_anybody_types_is_refused(app: Terminal) -> None:
    app.paste("and then we went on to the next island " * 1500)
    app.press("Enter")
    app.sees("That text has 58,500 characters", "it was not taken", "○ idle")


def test_another_language(app: Terminal) -> None:
    app.say("Wo war ich mit Bruno? 我和谁在一起")
    app.sees("Wo war ich mit Bruno? 我和谁在一起", "Bruno, my sister", "○ idle")


def test_an_unknown_command_is_one_line(app: Terminal) -> None:
    app.say("/rember x")
    app.sees("There is no command /rember: /help lists them.")


def test_help_lists_keys_and_commands(app: Terminal) -> None:
    app.press("F1")
    app.sees("Keepsake", "F4", "correct its caption", "/remember WORDS", "Everything stays on this computer")
    app.press("Escape")
    app.sees_not("Everything stays on this computer")


def test_light_and_dark(app: Terminal) -> None:
    dark = app.screen(colours=True)
    app.press("C-p")
    app.sees("Search for commands")
    app.type("light or dark")
    app.sees("Change to the other of Keepsake")
    app.press("Enter")
    app.sees_not("Change to the other of Keepsake")
    app.sees("Conversation", "○ idle")
    assert app.screen(colours=True) != dark


# -- what is kept -----------------------------------------------------------------------------------------------------


def test_reopen_a_conversation_and_save_it_as_a_page(app: Terminal, home: Path) -> None:
    show(app, DEMO / "dog.jpg")
    app.say("Where was the dog last seen?")
    app.sees("▌ Where was the dog last seen?")
    app.idle()
    app.say(f"/export {home / 'talk.html'}")
    app.sees("Saved as", "anyone who has that file can read the conversation")
    page = (home / "talk.html").read_text(encoding="utf-8")
    assert "Where was the dog last seen?" in page and "data:image" in page
    app.press("C-n")
    app.sees_not("▌ Where was the dog")
    app.say("/history dog last")
    app.sees(dialog_strings.HISTORY, "Where was the dog last seen?")
    app.press("Enter")
    app.sees("Conversation of", "Enter: continue it")
    app.answer("Enter", strings.RESUMED, "▌ Where was the dog last seen?", "○ idle")


def test_a_private_conversation_leaves_nothing(app: Terminal, home: Path) -> None:
    """Not in any byte of Keepsake's folder."""
    app.press("F5")
    app.sees(strings.PRIVATE, f"{local.DEFAULT}  ·  private")
    app.say("Does Zebedee Quillfeather like marmalade?")
    app.sees("▌ Does Zebedee Quillfeather", "○ idle")
    app.say("/remember This is Zebedee.")
    app.sees(strings.PRIVATE_NO)
    app.say("/export zebedee.html")
    app.sees(strings.PRIVATE_EXPORT)
    app.press("F5")
    app.sees(strings.PRIVATE_OVER, "○ idle")
    left = [file for file in kept(home).rglob("*") if file.is_file() and b"Quillfeather" in file.read_bytes()]
    assert left == []
    app.say("/history Quillfeather")
    app.sees(dialog_strings.HISTORY_NONE)
    app.press("Escape")
