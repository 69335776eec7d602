"""The command palette and the help name all commands and keys that there are, and no others."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from pathlib import Path

import pytest
from textual.command import CommandPalette

from assistant.backends.fake import FakeBackend
from assistant.dialogue.acts import act_of
from memory.store import Memory
from tests.support.apppilot import notes, opened, running, until
from tui import KeepsakeApp
from ui import help_strings
from ui.controllers.app_commands import AppCommands
from ui.dialogs.episode_dialogs import HelpScreen
from ui.plain import plain_strings
from ui.plain.plain_app import PlainApp
from ui.strings import NOTHING_WRITTEN
from ui.telling_strings import small_talk

NEED_WORDS = {"/forget", "/export"}
TEXTUALS = {"ctrl+p", "ctrl+c"}
"""Keys of the framework: the palette, and copying what is selected."""


def commands() -> set[str]:
    """The commands that the app tells apart."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(AppCommands.on_composer_command)))
    values = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    return {value for value in values if isinstance(value, str) and re.fullmatch(r"/[a-z]+", value)}


def keys() -> set[str]:
    """The keys that the app binds."""
    return {key for binding in KeepsakeApp.BINDINGS for key in binding.key.split(",")}


def test_the_help_names_every_command_and_no_other() -> None:
    named = {name for row in help_strings.HELP for name in re.findall(r"(?<![\w/])/[a-z]+", " ".join(row))}
    assert named == commands() and len(named) > 20


def test_the_help_of_plain_mode_names_every_command_and_no_other(memory_file: Path) -> None:
    table = PlainApp(lambda: Memory(memory_file), FakeBackend, None).commands
    named = {name for row in plain_strings.HELP for name in re.findall(r"(?<![\w/])/[a-z]+", " ".join(row))}
    assert named == {*table, "/quit"} and len(named) > 20
    needing = {name for key, _ in plain_strings.HELP for name in re.findall(r"^(/[a-z]+) [A-Z1]|, (/[a-z]+) 1", key)}
    written = {one or other for one, other in needing} - {"/people", "/question", "/watch"}
    assert {name for name, command in table.items() if command.needs} == written, "those three say something alone, too"


def test_the_help_names_every_key_and_no_other() -> None:
    column = " ".join(key for key, _ in help_strings.HELP).lower().replace("esc", "escape")
    named = set(re.findall(r"\b(?:f\d+|ctrl\+\w|escape)", column))
    assert named == keys() | TEXTUALS


def test_the_palette_runs_every_command_that_needs_no_words() -> None:
    runs = [run for _, _, run in help_strings.PALETTE]
    assert {run for run in runs if run.startswith("/")} == commands() - NEED_WORDS
    assert all(hasattr(KeepsakeApp, f"action_{run}") for run in runs if not run.startswith("/"))
    bound = {binding.action for binding in KeepsakeApp.BINDINGS}
    as_command = {run.removeprefix("/") for run in runs} | {"pick", "history", "stop"}
    assert bound <= as_command, "what a key does, the palette does"
    assert set(help_strings.ANYWHERE) <= set(runs) and len(set(runs)) == len(runs)


async def test_an_entry_of_the_palette_does_what_it_says(memory_file: Path) -> None:
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await pilot.press("ctrl+p")
        await opened(app, CommandPalette)
        await pilot.press(*"Write again")
        await until(lambda: app.screen.query("OptionList").first().option_count == 1, "the entry")  # type: ignore[attr-defined]
        await pilot.press("enter")
        await until(lambda: NOTHING_WRITTEN in notes(app, "warning"), "what it says")


async def test_over_a_dialog_the_palette_opens_no_other_dialog(memory_file: Path) -> None:
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await pilot.press("f1")
        await opened(app, HelpScreen)
        assert {one.title for one in app.get_system_commands(app.screen)} == {"Light or dark", "Quit"}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("how do I delete a photo?", "Say “forget …”"),
        ("is there a way to delete everything", "Say “forget …”"),
        ("how can I undo that?", "/undo takes"),
        ("can I import my WhatsApp chats?", "/import FOLDER"),
        ("how do I add a photo", "then say who or what it is"),
        ("how do I change the theme?", "/help (F1)"),
    ],
)
def test_how_to_do_something_is_answered_with_its_way(line: str, says: str) -> None:
    """All were told that /help lists keys and commands."""
    assert act_of(line).kind == "talk"
    assert says in small_talk(line)
