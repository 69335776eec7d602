"""Parses what the user types, pastes or drops: photo paths, commands, questions. Opens no file."""

from __future__ import annotations

import re
import shlex
import unicodedata
from contextlib import suppress
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import unquote, urlsplit

from assistant.dialogue.spoken_commands import command_of

PHOTO_SUFFIXES = tuple(".jpg .jpeg .jpe .jfif .png .heic .heif .hif .webp .avif .gif .bmp .tif .tiff".split())
"""Suffixes of photo files, compared in lower case."""

MENTION = re.compile(r"""(?:^|(?<=\s))@(?:"([^"]+)(?:"|$)|'([^']+)(?:'|$)|((?:\\.|[^\s\\])+))""")
"""@path, quoted or not; the closing quote may be missing."""

QUOTED_FIRST = re.compile(r"""('[^']+'|"[^"]+"|\S*\\ (?:\\.|[^\s\\])+)\s+(\S.*)""", re.DOTALL)
"""A quoted or escaped path, and what is asked after it."""

PLACE = re.compile(r"~/|\.{1,2}/|/[^/\s]+/")
"""The beginning of a path that can be neither a plain name nor a command."""
ENDING = re.compile(rf"(?:{'|'.join(map(re.escape, PHOTO_SUFFIXES))})(?![^\W_])", re.IGNORECASE)
"""The end of a photo's name."""
BEGINNING = re.compile(r"""(?:^|(?<=\s))(?:["'“«<]?(?:~/|\$\{?HOME\}?/|\.{1,2}/|/|file://))""", re.IGNORECASE)
"""The beginning of a path that stands behind words, quoted or not."""
MARKS = "\"'“”«»<>"
"""What people and programs put around a path."""
LONGEST_TEXT = 10_000
"""The most characters of a line that are read: more than that nobody types, and no model here takes it in."""

ID = re.compile(r"(?!(?:19|20)\d\d$)[0-9a-fA-F]{4,}")
"""What is taken for the beginning of a memory's id, and not for words or a year."""


def is_photo(path: Path) -> bool:
    """Whether the file name has the suffix of a photo."""
    return path.suffix.lower() in PHOTO_SUFFIXES


def to_path(text: str) -> Path:
    """The path in `text`, as a shell, a file manager or a person writes it: quoted, escaped, file://, with ~."""
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        text = _unquoted(text)
    elif "\\" in text and not _exists(Path(text)):
        text = re.sub(r"\\(.)", r"\1", text)
    if text.startswith(("$HOME/", "${HOME}/")):
        text = f"~{text[text.index('/') :]}"
    if text.lower().startswith("file://"):
        text = unquote(urlsplit(text).path)
    try:
        path = Path(text).expanduser()
    except RuntimeError:  # "~someone" without such a user
        path = Path(text)
    if not text.isascii() and not _exists(path):  # a Mac writes accents apart
        forms = (Path(unicodedata.normalize(form, str(path))) for form in ("NFC", "NFD"))
        return next((one for one in forms if _exists(one)), path)
    return path


def photo_paths(text: str) -> list[Path]:
    """The photos that `text` as a whole names: one, or several dropped together; empty for a sentence.

    A missing file counts when it is clearly written as a path, so that the user is told that it does not exist.
    """
    text = text.strip()
    if not text:
        return []
    if len(lines := [to_path(line) for line in text.splitlines() if line.strip()]) > 1:  # as some file managers paste
        return lines if all(is_photo(path) and _exists(path) for path in lines) else []
    whole = to_path(text)
    if is_photo(whole) and _exists(whole):
        return [whole]
    try:
        words = shlex.split(text)
    except ValueError:  # an apostrophe, as in "what's this"
        return []
    several = [to_path(word) for word in words]
    if len(several) > 1 and all(is_photo(path) and _exists(path) for path in several):
        return several
    # "/photo x.jpg" is a command; a path with plain spaces has a folder before the first of them.
    shape = r"""['"]?(/|~|\.{1,2}/|file://)""" if len(several) == 1 else r"(/[^\s/]+/|~/|\.{1,2}/)"
    one_suffix = sum(word.lower().endswith(PHOTO_SUFFIXES) for word in text.split()) <= 1
    return [whole] if is_photo(whole) and re.match(shape, text, re.I) and one_suffix else []


def split_mentions(text: str) -> tuple[list[Path], str]:
    """Photos named as @path anywhere in `text`, and the text without them. "@anna" stays text."""
    found: list[Path] = []

    def take(match: re.Match[str]) -> str:
        named = match[1] or match[2] or match[3]
        path, end = to_path(named), ""
        if not is_photo(path):  # "who is in @rex.png?"
            name = named.rstrip("?!.,;:)")
            path, end = to_path(name), named[len(name) :]
        if not is_photo(path):
            return match[0]
        found.append(path)
        return end

    rest = MENTION.sub(take, text)
    return found, re.sub(" {2,}", " ", rest).strip()


class Typed(NamedTuple):
    """The meaning of a typed line."""

    photos: list[Path]
    command: str = ""
    """The command with its slash, such as /remember; "" when there is none."""
    rest: str = ""
    """The text after the command."""
    question: str = ""
    too_long: int = 0
    """The number of its characters, where the line is longer than what is read."""


def read(text: str) -> Typed:
    """Parse a line: one or several paths, a command or what means one ("take that back"), or a question with or without
    @photo."""
    text = text.strip()
    if paths := photo_paths(text):
        return Typed(paths)
    if len(text) > LONGEST_TEXT:
        return Typed([], too_long=len(text))
    if there := _photo_in(text):
        return there
    found = QUOTED_FIRST.match(text)
    quoted = to_path(found[1]) if found else Path()
    if found and is_photo(quoted) and (PLACE.match(found[1].strip("'\"")) or _exists(quoted)):
        return Typed([quoted], question=found[2].strip())
    name, _, rest = (part.strip() for part in text.partition(" "))
    if PLACE.match(name):  # no command: a photo with a question after it, or a wrong path, which the caller reports
        photo = to_path(name)
        return Typed([photo], question=rest) if is_photo(photo) else Typed([to_path(text)])
    if text.startswith("/"):
        return Typed([], name, rest)
    if meant := command_of(text):
        return Typed([], meant.name, meant.rest, meant.said)
    mentioned, question = split_mentions(text)
    return Typed(mentioned, question=question)


def _photo_in(text: str) -> Typed | None:
    """The photo that lies there, at the beginning or at the end of a line, and the question beside it."""
    if BEGINNING.match(text):
        for end in sorted((match.end() for match in ENDING.finditer(text)), reverse=True):
            if path := _that_exists(text[:end], text[end : end + 1]):
                return Typed([path], question=text[end:].lstrip(MARKS).lstrip(" ,:;\n\t"))
    if text and not text.startswith("/"):
        for match in BEGINNING.finditer(text):
            if match.start() and (path := _that_exists(text[match.start() :], "")):
                return Typed([path], question=text[: match.start()].rstrip(" ,:;\n\t"))
    return None


def _that_exists(written: str, behind: str) -> Path | None:
    """A photo that is there, however its path was quoted. `behind`: the sign after it, which may close a quote."""
    ways = [written.strip(MARKS), written + behind if behind in MARKS else written]
    for way in ways:
        found = to_path(way)
        if is_photo(found) and _exists(found):
            return found
    return None


def _unquoted(text: str) -> str:
    """`text` without its quotes. Terminals drop "my cat's.jpg" as 'my cat'\\''s.jpg', as a shell does."""
    if not _exists(Path(text[1:-1])):
        with suppress(ValueError):
            words = shlex.split(text)
            if len(words) == 1:
                return words[0]
    return text[1:-1]


def _exists(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # far too long, or a null byte: no path
        return False


def parse_people_command(rest: str) -> tuple[str, Literal["", "rename", "join"], str]:
    """What follows /people: a name, what is to be done with it ("": show it), and the other name.

    `NAME = NEW` renames, `NAME + OTHER` joins the two.
    """
    name, sign, other = (part.strip() for part in re.findall(r"([^=+]*)([=+]?)(.*)", rest, re.DOTALL)[0])
    if name and other:
        return name, "join" if sign == "+" else "rename", other
    return rest.strip(), "", ""
