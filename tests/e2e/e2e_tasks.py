"""What people do with the app, one task a test, all in one warm app with the real nano; `make e2e` runs them.

What breaks it, or needs an app of its own, is in e2e_trouble.py.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pillow_heif
import pytest
from PIL import Image

from assistant.models import local
from tests.e2e.terminal import DEMO, Terminal, begin_anew, drawn, kept, running, show
from ui import dialog_strings, strings

STORY = "Tell me a long story about a lighthouse keeper and the sea."


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's home with some photos."""
    home = tmp_path_factory.mktemp("home")
    (home / "Pictures").mkdir()
    drawn(home / "Pictures" / "bolt.png", 20)
    shutil.copy(DEMO / "dog.jpg", home / "Pictures" / "dog.jpg")
    return home


@pytest.fixture(scope="module")
def warm(home: Path) -> Iterator[Terminal]:
    """One app for all tasks."""
    with running(home) as app:
        app.sees("Welcome to Keepsake.", "/demo opens a small album", "0 memories", strings.NANO)
        app.idle()
        yield app


@pytest.fixture
def app(warm: Terminal) -> Terminal:
    """That app, in a new conversation."""
    return begin_anew(warm)


def leave(app: Terminal) -> None:
    """Leave the browser, which a search opened: Esc leads out of it."""
    app.press("Escape")
    app.sees("Caption", "Memories recalled")


# -- remember, recall, correct, forget ----------------------------------------------------------------------------


def test_first_run_welcomes_and_plays_the_demo(warm: Terminal) -> None:
    """From the greeting to an answer that names a friend, without a word typed but /demo and Enter."""
    warm.say("/demo")
    warm.sees(
        "▣ new.jpg", "16 August 2025", "by nano", "Who is this and when did I last see them?", "6 memories", "○ idle"
    )
    warm.press("Enter")
    warm.until(lambda screen: screen.count("Milo") > 4 and "○ idle" in screen, "an answer about Milo")
    warm.sees("Lisbon.", "offline")


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
    app.sees("│  unknown")
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
    show(app, DEMO / "clock.jpg")
    app.press("F4")
    app.sees("Correct the caption", "ctrl+s saves")
    app.until(lambda screen: screen.count("You were together") == 2, "the caption in the dialog")
    app.press("F7", "BSpace")
    app.until(lambda screen: screen.count("You were together") == 1, "an empty field")
    app.type("This is Boomer. You were together at the opera house in Zagreb.")
    app.press("C-s")
    app.sees("your words", "This is Boomer.")
    app.idle()
    app.say("Who is this?")
    app.until(lambda screen: screen.count("Boomer") > 1 and "○ idle" in screen, "an answer with the corrected name")


def test_this_is_not_the_same_is_kept_in_one_key(app: Terminal) -> None:
    show(app, DEMO / "new.jpg")
    app.sees("This is Milo, my daughter's bear.")
    app.press("Tab", "Tab")
    app.sees("n Not the same")
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


# -- photos in ----------------------------------------------------------------------------------------------------


def test_choose_a_photo_with_a_preview(app: Terminal, home: Path) -> None:
    show(app, home / "Pictures" / "bolt.png")  # where the last one came from, the next one is looked for
    app.press("F2")
    app.sees("Choose a photo", "bolt.png", "dog.jpg", "Enter attaches")
    app.press("Down")
    app.sees("bolt.png 448 × 448")
    app.press("Down")
    app.sees("dog.jpg 512 × 512")
    app.press("Enter")
    app.sees("▣ dog.jpg  ·  512 × 512", "by nano", "Bruno", "○ idle")


def test_mention_a_photo_in_a_question(app: Terminal) -> None:
    app.say(f"Who is in @{DEMO / 'dog.jpg'}?")
    app.sees("▣ dog.jpg  ·  512 × 512", "Who is in", "by nano", "○ idle")
    app.until(lambda screen: screen.count("Bruno") > 2, "an answer about Bruno")


def test_a_path_with_spaces_and_quotes(app: Terminal, home: Path) -> None:
    """As a shell escapes it, and as a file manager quotes it."""
    photo = drawn(home / 'Anna\'s "big" day.png', 140)
    app.paste(str(photo).replace(" ", "\\ ").replace("'", "\\'").replace('"', '\\"'))
    app.sees('▣ Anna\'s "big" day.png  ·  448 × 448', "○ idle")
    app.paste(f"'{drawn(home / 'two words.png', 150)}' ")
    app.sees("▣ two words.png  ·  448 × 448", "○ idle")


def test_twenty_photos_pasted_at_once(app: Terminal, home: Path) -> None:
    folder = home / "twenty"
    folder.mkdir()
    photos = [drawn(folder / f"{n:02}.jpg", 12 * n, (200, 150)) for n in range(20)]
    app.paste(" ".join(map(str, photos)))
    app.sees("▣ 19.jpg  ·  200 × 150")
    app.sees("by nano", "○ idle")


def test_a_sideways_telephone_photo_is_upright(app: Terminal, home: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the sensor lay on its side
    photo = drawn(home / "IMG_0001.jpg", 30, (400, 300), exif=exif)
    app.paste(str(photo))
    app.sees("▣ IMG_0001.jpg  ·  300 × 400", "○ idle")


def test_heic_and_a_capital_suffix(app: Terminal, home: Path) -> None:
    pillow_heif.register_heif_opener()
    drawn(home / "IMG_0002.HEIC", 40, (320, 240), format="HEIF")
    drawn(home / "DSC_0003.JPG", 50, (330, 240), format="JPEG")
    app.paste(str(home / "IMG_0002.HEIC"))
    app.sees("▣ IMG_0002.HEIC  ·  320 × 240")
    app.paste(str(home / "DSC_0003.JPG"))
    app.sees("▣ DSC_0003.JPG  ·  330 × 240", "○ idle")


def test_forty_megapixels(app: Terminal, home: Path) -> None:
    app.paste(str(drawn(home / "large.jpg", 60, (7300, 5500))))
    app.sees("▣ large.jpg  ·  ", "○ idle")


def test_what_is_no_photo_is_refused_in_one_line_each(app: Terminal, home: Path) -> None:
    """Truncated, text named .jpg, empty, missing: nothing changes but the line."""
    whole = drawn(home / "whole.jpg", 70).read_bytes()
    (home / "half.jpg").write_bytes(whole[: len(whole) // 2])
    (home / "letter.jpg").write_text("Dear Anna,\n")
    (home / "nothing.jpg").write_bytes(b"")
    for name in ("half.jpg", "letter.jpg", "nothing.jpg", "gone.jpg"):
        app.paste(str(home / name))
        app.sees(name)
        app.sees_not(f"▣ {name}")
    app.sees("○ idle")


# -- the conversation ---------------------------------------------------------------------------------------------


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
        app.sees("Conversation", "Caption", "Memories recalled", "nano")
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
    app.sees("Conversation", "Caption", "○ idle")
    assert app.screen(colours=True) != dark


# -- what is kept -------------------------------------------------------------------------------------------------


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


# -- models -------------------------------------------------------------------------------------------------------


def choose_model(app: Terminal, name: str) -> None:
    """Take a model of the open list, on which the one that runs is highlighted."""
    screen = app.sees("On this computer", "● running", name, "Can be fetched")
    here = re.findall(r"│ +(\S+)  (?:● running|[\d.]+ GB|in use)", screen.partition("Can be fetched")[0])
    running = re.search(r"(\S+)  ● running", screen)
    assert running
    steps = here.index(name) - here.index(running[1])
    app.press(*["Down" if steps > 0 else "Up"] * abs(steps), "Enter")


def test_switch_to_another_model_and_back(app: Terminal, home: Path) -> None:
    folder = kept(home) / "models" / "twin"
    shutil.copytree(local.SHIPPED / local.DEFAULT, folder)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8")) | {"name": "twin"}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    app.press("F6")
    app.sees("Models", "qwen3-vl-4b", "to fetch")
    choose_model(app, "twin")
    app.sees(strings.SWITCHED.format(model="twin"), "○ idle")
    app.press("F6")
    app.sees("twin  ● running")
    choose_model(app, local.DEFAULT)
    app.sees(strings.SWITCHED.format(model=local.DEFAULT), "○ idle")


def test_the_running_model_is_not_loaded_again(app: Terminal) -> None:
    app.press("F6")
    app.sees("● running")
    app.press("Enter")
    app.sees("is running already.")


def test_a_damaged_model_is_refused(app: Terminal, home: Path) -> None:
    folder = kept(home) / "models" / "broken"
    shutil.copytree(local.SHIPPED / local.DEFAULT, folder)
    os.truncate(folder / "connector.npz", 1000)
    app.press("F6")
    choose_model(app, "broken")
    app.sees("connector.npz", "○ idle")
    show(app, DEMO / "dog.jpg")


def test_fetching_asks_first_and_no_means_no(app: Terminal) -> None:
    app.press("F6")
    app.sees("qwen3-vl-2b")
    app.press("End", "Up", "Enter")
    app.sees("come from the Hugging Face hub", "y: fetch")
    app.press("n")
    app.sees_not("y: fetch")
    app.sees("offline")
