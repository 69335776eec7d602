"""What people do with the album they have: lists, names, search, other programs; `make e2e` runs them.

One app for all tasks, with the real model and real photographs that were told about from the shell.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.terminal import DEMO, ROOT, Terminal, begin_anew, kept, running, shell
from ui import dialog_strings, people_strings, strings

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


@pytest.fixture
def app(warm: Terminal) -> Terminal:
    """That app, in a new conversation."""
    return begin_anew(warm)


def back(app: Terminal) -> None:
    """Out of what covers the conversation."""
    app.press("Escape")
    app.sees("Caption", "Memories recalled", "offline")


# -- lists and search -------------------------------------------------------------------------------------------------


def test_a_name_in_a_request_lists_its_photos(app: Terminal) -> None:
    app.say("which photos do you have of Milo?")
    app.sees("Photos: Milo", "This is Milo, my daughter's bear.", "1 of 1")
    back(app)
    app.sees("Photos: Milo: 1 photo in the memories, newest first.", "○ idle")


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
    app.sees(people_strings.PEOPLE, "Milo   1 photo, last on 16 August 2025", "Bruno   1 photo", "Gustav   1 photo")
    app.press("Enter")
    app.sees("This is Milo", "1 of 1")
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
