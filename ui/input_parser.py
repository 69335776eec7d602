"""Parses what the user types, pastes or drops: photo paths, commands, questions. Opens no file."""

from __future__ import annotations

import re
import shlex
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from memory.naming.said import names

PHOTO_SUFFIXES = tuple(".jpg .jpeg .jpe .jfif .png .heic .heif .hif .webp .avif .gif .bmp .tif .tiff".split())
"""Suffixes of photo files, compared in lower case."""

MENTION = re.compile(r"""(?:^|(?<=\s))@(?:"([^"]+)(?:"|$)|'([^']+)(?:'|$)|((?:\\.|[^\s\\])+))""")
"""@path, quoted or not; the closing quote may be missing."""

QUOTED_FIRST = re.compile(r"""('[^']+'|"[^"]+"|\S*\\ (?:\\.|[^\s\\])+)\s+(\S.*)""", re.DOTALL)
"""A quoted or escaped path, and what is asked after it."""

WEB_ADDRESS = re.compile(r"(?:https?|ftp)://|www\.\w", re.IGNORECASE)
"""The beginning of a web address."""

PLACE = re.compile(r"~/|\.{1,2}/|/[^/\s]+/")
"""The beginning of a path that can be neither a plain name nor a command."""


_SAID = re.compile(
    r"(?:\b(?:this|that|these|those|it|he|she|they|here)(?:['’]s| is| are|['’]re| was| were)|\b(?:thats|hes|shes)"
    r"|\bits(?! (?:name|age|birthday)\b)|\bmeet) (.+?)"
    r"(?:[,.;:!?()–—]|$| (?:and|who|whom|which|that|from|at|in|on|by|with|when|while|we|he|she|as|for|again)\b)",
    re.IGNORECASE,
)
"""The name in a sentence that says who or what it is, up to where something is said about its bearer."""
LONGEST_NAME = 40
LONGEST_TEXT = 10_000
"""The most characters of a line that are read: more than that nobody types, and no model here takes it in."""
REPLIES = {"y": True, "yes": True, "n": False, "no": False}
"""Answers to a question, in lower case."""


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
    if text.lower().startswith("file://"):
        text = unquote(urlsplit(text).path)
    try:
        return Path(text).expanduser()
    except RuntimeError:  # "~someone" without such a user
        return Path(text)


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
    """Parse a line: one or several paths, a command, or a question with or without @photo."""
    text = text.strip()
    if paths := photo_paths(text):
        return Typed(paths)
    if len(text) > LONGEST_TEXT:
        return Typed([], too_long=len(text))
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
    mentioned, question = split_mentions(text)
    return Typed(mentioned, question=question)


_TOO = re.compile(r"^(?:actually|really|just|only)\s+|\s+(?:too|again|also|as well)\W*$", re.IGNORECASE)
"""What stands beside a name and is none: "This is Bruno too", "It's actually Lulu"."""


_NOUN = re.compile(r"(?:(?:an?|the|my|our|his|her|their|your|one of|me|us)\s|[^\W\d_]+['’]s?\s|[A-Z])", re.UNICODE)
"""How the name of something begins, where it is not one word: with an article, an owner or a capital letter."""
_NO_NOUN = re.compile(
    r"(?:an?|the|my|our) (?:(?:very|only|main|best|first|last|next|same|exact|real|big|great) )*"
    r"(?:reason|time|day|morning|evening|night|week|month|year|moment|way|idea|shame|pity|bit|lot"
    r"|best|first|last|one|ones|same|only|fault|favou?rite)\b|I\b|[A-Z]\w+day\b",
    re.IGNORECASE,
)
""" "It was the first time", "that was a shame", "this was Sunday": nothing that a photo shows."""
_POINTED = re.compile(r"(?:this|that|these|those|here|thats|meet)\b(?!\s+w)", re.IGNORECASE)
_NO_NAME = frozenset(
    """great good nice lovely beautiful pretty cute funny sweet delicious yummy amazing awesome perfect wonderful cool
    fun sad bad awful terrible horrible ugly old new big small little huge tiny red blue green yellow black white brown
    grey gray pink purple orange where what why how when who not so too very really quite mine ours yours his hers
    theirs all it me us him her them yesterday today tomorrow tonight now then there here later before after still
    always never enough everything everyone nothing something true false right wrong okay ok fine happy sick broken
    gone lost dead alive asleep awake dirty clean empty full cold hot warm expensive cheap special different
    difficult easy hard worth from in at on by with for of to like just only about because since until during one
    two three four five six seven eight nine ten raining snowing sunny cloudy windy""".split()
)
"""Words after "This is" that name nobody: "This is great"."""


def _names_something(sentence: str, name: str) -> bool:
    """Whether what follows "This is" or "She was" names somebody or something: not "1972", "so cute" or "asleep"."""
    if not name[0].isalpha() or name.split()[0].casefold() in _NO_NAME or _NO_NOUN.match(name):
        return False
    short = len(name.split()) <= 2 and not re.match(r"\S+(?:ing|ed)\b", name)
    return bool(_NOUN.match(name) or (short and _POINTED.match(sentence)) or names(name.title()).shown)


def name_said(words: str) -> str:
    """Who or what `words` say is in a photo, said to the person who said it: "Zuri", "your grandmother's clock".

    "" when they do not say it in a sentence such as "This is ...".
    """
    for sentence in re.split(r"(?<=[.!?])\s|\n", words):
        found = _SAID.search(sentence)
        if found and (name := _TOO.sub("", found[1]).strip(" \"'“”")) and _names_something(found[0], name):
            return re.sub(r"\b(my|our)\b", "your", name, flags=re.IGNORECASE) if len(name) <= LONGEST_NAME else ""
    return ""


_THING = re.compile(
    r"(?:(?:a|an|the|my|our|his|her|their)\s|[A-Z]\w*['’]s\s)[^,.;:!?\n–—]*?(?=[,.;:!?\n–—]|$"
    r"|\s(?:is|are|was|were|has|had|from|in|at|on|that|which|who|when|with|to|for|and|of (?:my|our))\b)"
)


def thing_said(words: str) -> str:
    """The thing that a sentence without "This is" begins with: "your blue backpack" of "My blue backpack from Rome".

    "" where the words begin otherwise, or the thing takes too many of them.
    """
    found = _THING.match(
        words[:1].lower() + words[1:] if re.match(r"(?:A|An|The|My|Our|His|Her|Their)\s", words) else words
    )
    thing = found[0].strip() if found else ""
    thing = re.sub(r"\b(my|our)\b", "your", thing, flags=re.IGNORECASE)
    return thing if len(thing.split()) > 1 and len(thing) <= LONGEST_NAME else ""


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
