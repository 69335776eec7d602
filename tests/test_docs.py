"""The documents tell the truth: quoted commands exist, named files are there, links lead somewhere."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from assistant.__main__ import main as assistant
from assistant.commands.printed_results import empty_result
from demo.album import HERE as ALBUM
from tests.support import house_tree

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").glob("*.md"))]
LINKED = [*PAGES, ROOT / "CONTRIBUTING.md"]
ROOMS = ("assistant", "memory", "benchmark", "train", "quantize")
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


def parsed(words: list[str], monkeypatch: pytest.MonkeyPatch) -> argparse.ArgumentParser | None:
    """The real parser of a command, once it has taken these words; None if it refuses them."""
    parse = argparse.ArgumentParser.parse_args
    parsers: list[argparse.ArgumentParser] = []

    def only_parse(parser: argparse.ArgumentParser, *given: object) -> None:
        parsers.append(parser)
        parse(parser, *given)  # type: ignore[call-overload]
        raise Parsed

    name = words[2] if words[1] == "-m" else words[1].removesuffix(".py")
    if words[1] == "-m" and name not in ROOMS:
        return argparse.ArgumentParser() if find_spec(name) else None
    command = import_module(f"{name}.__main__" if words[1] == "-m" else name)
    with monkeypatch.context() as patch:
        patch.setattr(argparse.ArgumentParser, "parse_args", only_parse)
        try:
            command.main([PLACEHOLDERS.get(word, word) for word in words[3 if words[1] == "-m" else 2 :]])
        except Parsed:
            return parsers[0]
        except SystemExit:
            return None
    raise AssertionError(f"{name} parsed nothing")


@pytest.mark.parametrize("line", COMMANDS)
def test_quoted_commands_are_understood(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """ "list | show ID" are two commands: what stands after a bar takes the place of the end of the first."""
    first, *others = (shlex.split(part) for part in line.replace("[", "").replace("]", "").split(" | "))
    assert parsed(first, monkeypatch)
    least = 3 if first[1] == "-m" else 2
    for other in others:
        ways = (first[:end] + other for end in range(len(first) - 1, least - 1, -1))
        assert any(parsed(way, monkeypatch) for way in ways), other


def test_commands_are_found_and_wrong_ones_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(COMMANDS) > 30
    for wrong in ("python -m memory lost", "python tui.py --modell x", "python -m assistant ask a.jpg b c"):
        assert not parsed(shlex.split(wrong), monkeypatch)


@pytest.mark.parametrize("page", LINKED, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        file, _, part = target.partition("#")
        if "://" in target:
            continue
        there = page.parent / file if file else page
        assert there.exists(), target
        if part:
            headings = re.findall(r"^#+ (.*)$", there.read_text(encoding="utf-8"), re.MULTILINE)
            assert part in {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in headings}, target


NAMED = re.compile(r"`([\w./-]+?/[\w./-]*|[\w-]+\.(?:py|md|toml|tcss|sh|tsv))`")
"""What reads as a file or folder of the project: it has a slash, or the ending of one of its kinds."""


@pytest.mark.parametrize("page", LINKED, ids=lambda page: page.name)
def test_named_files_are_there(page: Path) -> None:
    """Files of the project stand with their whole path; `mtmd.py` alone may follow a neighbour of the same folder."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    folder, wrong = ROOT, []
    for name in NAMED.findall(text):
        ours = name.split("/")[0] in {path.name for path in ROOT.iterdir()} or name.endswith((".py", ".toml", ".sh"))
        if (ROOT / name).exists():
            folder = (ROOT / name).parent
        elif ours and not (folder / name).exists() and name not in NOT_IN_THE_CLONE:
            wrong.append(name)
    assert wrong == []


NOT_IN_THE_CLONE = {"bench/page", "models/", "my.toml"}
"""Written by a command, or in the reader's own folder."""


@pytest.mark.parametrize("page", [p for p in PAGES if p != README], ids=lambda page: page.name)
def test_every_page_says_for_whom_it_is(page: Path) -> None:
    """After the title stands a paragraph; its first sentence names the reader."""
    title, first = page.read_text(encoding="utf-8").split("\n\n")[:2]
    assert re.fullmatch(r"# [^\n]+", title)
    sentence = re.split(r"[.:](?:\s|$)", first)[0]
    assert re.search(r"This page is for (people|readers|everybody|anybody) who", sentence), sentence


def test_every_page_is_linked_from_the_readme() -> None:
    text = README.read_text(encoding="utf-8")
    assert [page.name for page in PAGES[1:] if f"](docs/{page.name})" not in text] == []


def test_the_readme_is_short() -> None:
    """A person reads it to its end."""
    assert len(README.read_text(encoding="utf-8").splitlines()) <= 130
    assert README.stat().st_size <= 9000


def test_the_readme_shows_how_to_begin() -> None:
    text = README.read_text(encoding="utf-8")
    for wanted in ("git clone ", "make run", "make test", "make test-all", "docs/screen.png", "cannot"):
        assert wanted in text
    assert (ROOT / "docs" / "screen.png").stat().st_size < 300_000


def test_the_tree_is_the_house() -> None:
    """`python -m tests.support.house_tree` writes it anew."""
    expected, listed = house_tree.expected(), house_tree.listed()
    names = [path for path, _ in listed]
    missing, stale = sorted(set(expected) - set(names)), sorted(set(names) - set(expected))
    gone = [path for path in names if not (ROOT / path).exists()]
    assert (missing, stale, gone) == ([], [], []), "missing, stale, not on disk: run python -m tests.support.house_tree"
    assert len(names) == len(set(names))
    assert [path for path, sentence in listed if not sentence] == [], "these files need a docstring"


KEYS = {
    "remember": ("id",),
    "ask": (*empty_result(), "id", "score", "why", "certainty", "photos", "cited", "quoted", "seen", "left_out"),
    "verify": ("ok", "episodes", "problems"),
    "stats": ("episodes", "photos", "bytes"),
    "capeval": ("n", "acc_pos", "acc_neg", "name_recall", "misbinding", "by_positives"),
}
"""What people script against: the keys that `--json` prints."""


def cli_page() -> str:
    return (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", KEYS)
def test_the_json_keys_are_on_the_page_of_commands(command: str) -> None:
    rows = [line for line in cli_page().splitlines() if re.match(rf"(\| )?`{command}( --json)?`", line)]
    named = {key for row in rows for key in re.findall(r"`(\w+)`", row)}
    assert set(KEYS[command]) <= named


def options(parser: argparse.ArgumentParser, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], set[str]]]:
    """Every command below a parser, with the long names of its options."""
    flags = {name for action in parser._actions for name in action.option_strings[-1:]} - {"--help"}
    yield path, flags
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, below in action.choices.items():
                yield from options(below, (*path, name))


@pytest.mark.parametrize("room", ["tui.py", *ROOMS])
def test_the_page_of_commands_names_every_command_and_option(room: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under the heading of a room stands all that its parser takes."""
    heading = "python tui.py" if room == "tui.py" else f"python -m {room}"
    section = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", cli_page(), re.MULTILINE | re.DOTALL)
    assert section, heading
    words = set(re.findall(r"--?[a-z][\w-]*|[a-z][\w-]*", section[1]))
    begin = ["python", room] if room == "tui.py" else ["python", "-m", room]
    parser = parsed([*begin, *EXAMPLES[room]], monkeypatch)
    assert parser
    wanted = {word for path, flags in options(parser) for word in (*path, *flags)}
    if room == "benchmark":  # a command's options are there only when that command is asked for
        for command in BENCHMARK:
            parser = parsed([*begin, *command.split()], monkeypatch)
            assert parser, command
            wanted |= {flag for _, flags in options(parser) for flag in flags}
    assert sorted(wanted - words) == []


EXAMPLES = {
    "tui.py": [],
    "assistant": ["models", "list"],
    "memory": ["list"],
    "benchmark": ["fetch"],
    "train": ["near"],
    "quantize": ["merge", "x", "--out", "y"],
}
"""Words that the parser of a room takes."""
BENCHMARK = ("build", "capeval", "diagnose", "recall", "report x", "speed", "injection", "calibrate")


def test_the_privacy_page_names_every_file(own_home: Path) -> None:
    """All that is under KEEPSAKE_HOME after remembering, asking and forgetting stands in its table."""
    page = (ROOT / "docs" / "privacy.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    named = [name.rstrip("…") for row in rows for name in re.findall(r"`([^`]+)`", row)]
    assert assistant(["remember", str(ALBUM / "bear.jpg"), "This is Milo."]) == 0
    assert assistant(["ask", str(ALBUM / "new.jpg"), "Who is this?"]) == 0
    files = _under(own_home)
    assert assistant(["forget", str(ALBUM / "bear.jpg"), "--yes"]) == 0
    files |= _under(own_home)
    assert {"memory.db", "hashes.json", "logs/model.log", "cache/epoch"} <= files
    assert sorted(file for file in files if not any(file.startswith(name) for name in named)) == []
    assert any(file.startswith("cache/talk/") for file in files), "what is kept for a moment counts as well"


def _under(home: Path) -> set[str]:
    return {f.relative_to(home).as_posix() for f in home.rglob("*") if f.is_file()}
