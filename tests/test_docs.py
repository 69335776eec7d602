"""The documents tell the truth: quoted commands exist, named files are there, links lead somewhere."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from assistant.__main__ import main as assistant
from demo.album import HERE as ALBUM

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PLACEHOLDERS = {"DAY": "2025-08-01", "N": "3", "K": "1"}
"""What stands for something that a parser would refuse as a word."""


def quoted(page: Path) -> Iterator[str]:
    """Every `python ...` of a page: lines of code blocks, and code within a line."""
    text = page.read_text(encoding="utf-8")
    for block in re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        yield from (line.split("  #")[0].strip() for line in block.splitlines() if line.startswith("python "))
    text = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    yield from re.findall(r"`(python [^`]+)`", text)


COMMANDS = sorted({line for page in PAGES for line in quoted(page) if "…" not in line and " -c " not in line})


class Parsed(BaseException):
    """The arguments were understood; the command itself is not run."""


def understood(words: list[str], monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the real parser of a command takes these words."""
    parse = argparse.ArgumentParser.parse_args

    def only_parse(parser: argparse.ArgumentParser, *given: object) -> None:
        parse(parser, *given)  # type: ignore[call-overload]
        raise Parsed

    name = words[2] if words[1] == "-m" else words[1].removesuffix(".py")
    command = import_module(f"{name}.__main__" if words[1] == "-m" else name)
    with monkeypatch.context() as patch:
        patch.setattr(argparse.ArgumentParser, "parse_args", only_parse)
        try:
            command.main([PLACEHOLDERS.get(word, word) for word in words[3 if words[1] == "-m" else 2 :]])
        except Parsed:
            return True
        except SystemExit:
            return False
    raise AssertionError(f"{name} parsed nothing")


@pytest.mark.parametrize("line", COMMANDS)
def test_quoted_commands_are_understood(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """ "list | show ID" are two commands: what stands after a bar takes the place of the end of the first."""
    first, *others = (shlex.split(part) for part in line.replace("[", "").replace("]", "").split(" | "))
    assert understood(first, monkeypatch)
    least = 3 if first[1] == "-m" else 2
    for other in others:
        ways = (first[:end] + other for end in range(len(first) - 1, least - 1, -1))
        assert any(understood(way, monkeypatch) for way in ways), other


def test_commands_are_found_and_wrong_ones_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(COMMANDS) > 30
    for wrong in ("python -m memory lost", "python tui.py --modell x", "python -m assistant ask a.jpg"):
        assert not understood(shlex.split(wrong), monkeypatch)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        file, _, part = target.partition("#")
        if "://" in target:
            continue
        assert (page.parent / file).exists(), target
        if part:
            headings = re.findall(r"^#+ (.*)$", (page.parent / file).read_text(encoding="utf-8"), re.MULTILINE)
            assert part in {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in headings}, target


def test_the_privacy_page_names_every_file(own_home: Path) -> None:
    """All that is under KEEPSAKE_HOME after remembering, asking and forgetting stands in its table."""
    page = (ROOT / "docs" / "privacy.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    named = [name.rstrip("…") for row in rows for name in re.findall(r"`([^`]+)`", row)]
    assert assistant(["remember", str(ALBUM / "koala.jpg"), "This is Milo."]) == 0
    assert assistant(["ask", str(ALBUM / "new.jpg"), "Who is this?"]) == 0
    files = _under(own_home)
    assert assistant(["forget", str(ALBUM / "koala.jpg"), "--yes"]) == 0
    files |= _under(own_home)
    assert {"memory.db", "hashes.json", "logs/model.log", "cache/epoch"} <= files
    assert sorted(file for file in files if not any(file.startswith(name) for name in named)) == []
    assert any(file.startswith("cache/talk/") for file in files), "what is kept for a moment counts as well"


def _under(home: Path) -> set[str]:
    return {f.relative_to(home).as_posix() for f in home.rglob("*") if f.is_file()}
