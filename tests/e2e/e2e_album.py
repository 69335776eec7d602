"""What people do with the album they have: lists, names, search, a small screen, other programs; `make e2e` runs them.

One app for all tasks, with the real model and real photographs that were told about from the shell.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.terminal import DEMO, ROOT, Terminal, drawn, kept, running, shell, show
from ui import dialog_strings, help_strings, people_strings, strings

ALBUM = (
    ("bear", "2025-08-16", "This is Milo, my daughter's bear. We were watching the boats at the harbour in Lisbon."),
    ("dog", "2024-04-19", "Here is Bruno, my sister's dog. He stole a biscuit from the ferryman in Oslo."),
    ("clock", "2024-11-30", "Meet Gustav, grandmother's alarm clock. I took this at her house in Bergen."),
    ("vase", "2022-02-21", "The vase from our wedding, full of tulips."),
)
"""Photo, day and words."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's home with four memories, told from the shell."""
    home = tmp_path_factory.mktemp("album")
    for photo, day, words in ALBUM:
        shell(home, "assistant", "remember", str(DEMO / f"{photo}.jpg"), words, "--when", day)
    return home


@pytest.fixture(scope="module")
def warm(home: Path) -> Iterator[Terminal]:
    """One app for all tasks."""
    with running(home) as app:
        app.sees(strings.HELLO, "4 memories", "○ idle")
        yield app


def back(app: Terminal) -> None:
    """Out of what covers the conversation."""
    app.press("Escape")
    app.sees("Caption", "Memories recalled", "offline")


# -- lists and search -------------------------------------------------------------------------------------------------


def test_a_name_in_a_request_lists_its_photos(app: Terminal) -> None:
    app.say("which photos do you have of Milo?")
    app.sees("Photos: Milo", "This is Milo, my daughter's bear.", "1 of 1")
    back(app)
    app.sees("Photos: Milo: 1 memory, newest first.", "○ idle")


def test_a_year_in_a_request_lists_its_photos(app: Terminal) -> None:
    app.say("show me everything from 2024")
    app.sees("Meet Gustav", "Here is Bruno", "of 2")
    app.sees_not("Milo")
    back(app)


def test_search_finds_as_one_types_with_a_wrong_letter(app: Terminal) -> None:
    app.say("/memories")
    app.sees(dialog_strings.BROWSER, "of 4")
    app.type("/bisc")
    app.sees("Here is Bruno", "1 of 1")
    app.press(*["BSpace"] * 4)
    app.type("weding")
    app.sees("The vase from our wedding", "1 of 1")
    app.insist(lambda: app.press("Escape"), "Caption", "Memories recalled")


def test_search_finds_what_was_meant(app: Terminal) -> None:
    app.say("/memories the day we got hitched")
    app.sees("The vase from our wedding")
    back(app)


# -- people and things ------------------------------------------------------------------------------------------------


def test_people_and_things_are_listed_with_their_photos(app: Terminal) -> None:
    app.say("/people")
    app.sees(people_strings.PEOPLE, "Milo   1 photo, last on 16 Aug 2025", "Bruno   1 photo", "Gustav   1 photo")
    app.press("Enter")
    app.sees("This is Milo", "1 of 1")
    app.press("Escape")
    app.sees(people_strings.PEOPLE, "Milo   1 photo")
    back(app)


def test_a_name_is_changed_and_changed_back(app: Terminal, home: Path) -> None:
    app.say("/people")
    app.sees("Milo   1 photo")
    app.press("r")
    app.sees(people_strings.NEW_NAME.format(name="Milo"))
    app.press(*["BSpace"] * 4)
    app.type("Emilio")
    app.press("Enter")
    app.sees("Milo is called Emilio now", "Emilio   1 photo")
    assert "Emilio" in shell(home, "memory", "people")
    app.press("u")
    app.sees("Milo   1 photo")
    back(app)


def test_two_names_are_joined_and_parted(app: Terminal) -> None:
    app.say("/people Milo + Gustav")
    app.sees("Milo and Gustav are one now, called Gustav", "○ idle")
    app.say("/people")
    app.sees("Gustav   2 photos")
    app.press("x")
    app.sees("Two with the name Gustav", people_strings.SPLIT_KEYS)
    app.press("Space", "Tab")
    app.type("Milo")
    app.press("Enter")
    app.sees("Milo is apart from Gustav now", "Milo   1 photo", "Gustav   1 photo")
    back(app)


# -- what is no memory ------------------------------------------------------------------------------------------------


def test_not_this_one_is_no_memory(app: Terminal) -> None:
    show(app, DEMO / "new.jpg")
    app.sees("n:  this is not Milo")
    app.press("n")
    app.sees("No: I keep that", "4 memories", "○ idle")
    app.say("/memories not")
    app.sees(dialog_strings.BROWSER_NONE["searched"])
    back(app)
    app.say("/undo")
    app.sees("Taken back: ", "○ idle")


def test_a_day_in_the_words_is_no_day_of_the_photo(app: Terminal, home: Path) -> None:
    show(app, drawn(home / "cake.png", 60))
    app.say("The cake for Anna, her birthday is on 12 May")
    app.sees("Remembered, day unknown: “The cake for Anna, her birthday is on 12 May”", "5 memories", "○ idle")
    app.say("/undo")
    app.sees("Taken back: ", "4 memories", "○ idle")


def test_a_receipt_is_in_words_and_details_have_the_rest(app: Terminal, home: Path) -> None:
    show(app, drawn(home / "cup.png", 120))
    app.say("This is Moka, our coffee cup.")
    app.sees("Remembered, day unknown: “This is Moka, our coffee cup.”", "○ idle")
    app.say("/memories Moka")
    app.sees("This is Moka", "1 of 1")
    app.press("f")
    app.answer("y", "Forgotten: ")
    app.press("Escape")
    receipt = app.sees("Forgotten: the memory of Moka; its photo; what was computed from it.", "○ idle")
    assert not re.search(r"\b[0-9a-f]{8,}\b", receipt)
    app.say("/details")
    app.until(lambda screen: re.search(r"\b[0-9a-f]{8,}\b", screen), "the id of what was forgotten")


def test_the_tour_begins_and_ends_and_keeps_nothing(app: Terminal, home: Path) -> None:
    app.say("/tour")
    app.sees(help_strings.TOUR[0], "▣ new.jpg", "○ idle")
    app.press("Enter")
    app.sees(help_strings.TOUR[1])
    app.idle()
    app.say("/tour")
    app.sees(strings.DEMO_OVER, "4 memories", "○ idle")


# -- what is typed, pasted and dropped --------------------------------------------------------------------------------


def test_a_quoted_path_with_a_question_after_it(app: Terminal, home: Path) -> None:
    shutil.copy(DEMO / "dog.jpg", photo := home / "the dog.jpg")
    app.paste(f"'{photo}' what did he steal?")
    app.press("Enter")
    app.sees("▣ the dog.jpg", "▌ what did he steal?", "○ idle")
    app.until(lambda screen: screen.count("biscuit") > 1, "the biscuit")


def test_a_dropped_folder_is_offered_for_import(app: Terminal, home: Path) -> None:
    (folder := home / "Lake").mkdir()
    drawn(folder / "IMG_20240811_101500.jpg", 80)
    app.paste(str(folder))
    app.press("Enter")
    app.sees("Import photos", "1 photo", "Enter imports")
    back(app)
    app.sees("4 memories")


def test_a_wall_of_text_is_not_taken(app: Terminal) -> None:
    app.paste("and then we went on to the next island " * 2500)
    app.press("Enter")
    app.sees("it was not taken", "○ idle")
    app.say("/question")
    app.sees_not("next island")


def test_escape_asks_before_it_drops_a_caption(app: Terminal) -> None:
    show(app, DEMO / "clock.jpg")
    app.press("F4")
    app.sees("Correct the caption")
    app.type("wound up by Grandma ")
    app.press("Escape")
    app.sees(dialog_strings.DROP)
    app.answer("n", "wound up by Grandma", gone=[dialog_strings.DROP])
    app.press("Escape")
    app.sees(dialog_strings.DROP)
    app.answer("y", gone=["wound up by Grandma"])


def test_an_answer_is_copied(app: Terminal) -> None:
    app.say("What did Bruno steal?")
    app.sees("biscuit", "○ idle")
    app.say("/copy")
    app.sees("Copied (")


# -- the screen -------------------------------------------------------------------------------------------------------


def test_on_a_small_screen_photo_answer_and_memory_are_in_view(app: Terminal) -> None:
    app.resize(80, 24)
    try:
        show(app, DEMO / "dog.jpg")
        app.say("Who is this?")
        screen = app.sees("▌ Who is this?", "This is your photo", "○ idle")
        photo = [line for line in screen.splitlines() if re.search(r"^│ [^\w\s│]{12}", line)]
        assert len(photo) >= 6, screen
        app.until(lambda screen: screen.count("Bruno") > 2, "caption, answer and memory with Bruno")
    finally:
        app.resize(150, 44)


def test_figures_are_behind_a_key(app: Terminal) -> None:
    app.say("Who is Bruno?")
    app.sees("▌ Who is Bruno?", "○ idle")
    app.sees_not("tok/s")
    app.press("C-g")
    app.sees("tok/s", "context ")
    app.press("C-g")
    app.sees_not("tok/s")


def test_a_photo_of_a_memory_large(app: Terminal) -> None:
    app.say("/memories Bruno")
    app.sees("1 of 1")
    app.press("z")
    app.sees_not("1 of 1")
    app.press("Escape")
    app.sees("1 of 1")
    back(app)


# -- other programs ---------------------------------------------------------------------------------------------------


def test_another_program_recalls_from_the_memory(home: Path) -> None:
    """The client of the official SDK, over pipes, as any program uses it; without --write it can only read."""
    pytest.importorskip("mcp")
    from mcp.client import Client
    from mcp.client.stdio import StdioServerParameters

    env = {**os.environ, "HOME": str(home), "KEEPSAKE_HOME": str(kept(home))}
    server = StdioServerParameters(command=sys.executable, args=["-m", "assistant", "mcp"], env=env, cwd=ROOT)

    async def session() -> tuple[set[str], str]:
        async with Client(server) as client:
            tools = {tool.name for tool in (await client.list_tools()).tools}
            return tools, str(await client.call_tool("search_memories", {"words": "biscuit"}))

    tools, found = asyncio.run(session())
    assert tools == {"search_memories", "recall_by_photo", "list_people_and_things"}
    assert "Bruno" in found and "19 April 2024" in found
