"""What the app says about imports, in words and from a report (`import_thread.py`)."""

from __future__ import annotations

from assistant.importing.import_outcomes import Tally
from assistant.importing.import_source import Choices
from assistant.progress import duration
from memory.text import count

TRAY_CHOICES = Choices(without_words=True, screenshots=False)
"""What the app imports unless the user decides otherwise: photos without words wait in the tray, screenshots do not."""
NEEDS_ENCODER = "with --encoder model photos are imported from the shell: python -m assistant import FOLDER"
NO_PHOTOS = "no photo"
IMPORT = "Import photos"
IMPORT_WHERE = "a folder of photos, or a chat of WhatsApp, Telegram or Signal  ·  → completes"
IMPORT_ABOUT = """\
Name a folder with photos, or the export of a chat (WhatsApp, Telegram, Signal). You see first how many photos are in \
it and what would become of them; nothing is imported before you say so.

Your files stay as they are: the memory keeps copies of the photos, and forgets them again with one /undo.
Words come from the chat, from descriptions in the photos, or from the names of files and folders. Photos without any \
wait in the tray until you tell what they show."""
IMPORT_PATH_KEYS = "Enter shows what is in it, and imports nothing yet  ·  Esc closes"
IMPORT_KEY, IMPORT_KEYS = "Enter imports", "k: {watch}  ·  o: another folder  ·  Esc closes"
IMPORT_WATCH = ("watch it, too", "do not watch it")
IMPORT_CHOICES = {
    "without_words": ("w: leave out photos without words", "w: take photos without words, too"),
    "screenshots": ("c: leave out screenshots", "c: take screenshots, too"),
    "keep_places": ("p: drop the camera's places", "p: keep the camera's places"),
}
"""What a key would do: when the choice is made already, and when it is not."""
IMPORT_RUNNING_KEYS = "s stops (what is in stays, and it can go on later)  ·  Esc closes this, the import goes on"
IMPORT_BEGUN = "Importing “{name}” …  F8 shows how far it is, and stops it."
IMPORT_EMPTY = "There are no photos to import in “{name}”."
IMPORT_NOTHING_NEW = "Nothing is new in “{name}”: {known} of its photos are in your memory already."
IMPORT_UNFINISHED = "The import of “{name}” was not finished: F8 and Enter go on with it."
IMPORT_STOPPED = "Stopped: {done} from “{name}” {are} in; F8 goes on with the rest."
IMPORT_DONE = "Imported {photos} from “{name}”{words}."
IMPORT_FAILED = "{why} {photos} imported before stay; F8 goes on from there."
IMPORT_UNDO = " /undo takes the whole import back."
PRIVATE_NO_IMPORT = "Nothing is imported in a private conversation: F5 ends it."
WATCH_BEGUN = (
    "Watching “{name}” while Keepsake is open: photos that come into it are imported and wait in the tray. What is in "
    "it already stays out (F8 imports it). /watch off ends this."
)
WATCH_UNKEPT = "Only until Keepsake closes: beside an encrypted memory nothing is written about it."
WATCHING = "Watching {name}: photos that come into it are imported. /watch off ends this."
WATCH_OFF = "“{name}” is not watched any more. What came in stays."
WATCH_NONE = "No folder is watched: /watch FOLDER imports the photos that come into one, while Keepsake is open."
WATCH_NO_FOLDER = "{name}: there is no such folder to watch; check the name."
WATCH_GONE = "The watched folder “{name}” is not there. When it is back, new photos come in. /watch off ends this."
WATCH_MANY = "{n} photos came into “{name}” while Keepsake was closed: F8 imports them."
WATCH_FAILED = "{why}. “{name}” is not watched any more until Keepsake opens again, or /watch and its path."
WATCH_NEW = "{photos} came in from “{name}”{words}."
WATCH_TRAY = " {n} {wait} in the tray: ctrl+t."
WATCH_UNREAD = " Not read: {files}."
IMPORT_COMPLETED = " {photos} kept before {have} words or a day now."
TRAY_WAITS = " {n} without words {wait} in the tray: ctrl+t, “tell me about these”."
DAYS = {
    "camera": "from the camera",
    "sidecar": "from a sidecar file",
    "name": "from the file's name",
    "chat": "from the chat",
    "file": "unknown",
}
"""Sources of a photo's day, in words."""
NAMED = 3
"""So many of the files that are passed over are named."""


def import_keys(choices: Choices, tally: Tally, *, watch: bool, nothing: bool = False) -> str:
    """The keys below a preview: each says what pressing it now would do. `nothing`: there is nothing to import."""
    names = [name for name in IMPORT_CHOICES if name != "screenshots" or (tally.screenshots and choices.without_words)]
    keys = [] if nothing else [IMPORT_CHOICES[name][not getattr(choices, name)] for name in names]
    begin = [] if nothing and not watch else [IMPORT_KEY]
    return "  ·  ".join([*begin, *keys, IMPORT_KEYS.format(watch=IMPORT_WATCH[watch])])


def watch_news(name: str, new: int, told: int, unread: str) -> str:
    """What a watched folder brought, in one line."""
    words = f", {told} with words" if told else ""
    text = WATCH_NEW.format(photos=count(new, "new photo"), name=name, words=words) if new else ""
    if silent := new - told:
        text += WATCH_TRAY.format(n=silent, wait="waits" if silent == 1 else "wait")
    return (text + (WATCH_UNREAD.format(files=unread) if unread else "")).strip()


def days(tally: Tally) -> str:
    """ "90 from the camera, 6 from the file's name" """
    return ", ".join(f"{n} {DAYS.get(source, source)}" for source, n in tally.dates.most_common())


def passed_over(left_out: tuple[tuple[str, str], ...]) -> list[str]:
    """What is passed over and why, a line each reason, with the names of the first few files."""
    by_reason: dict[str, list[str]] = {}
    for name, why in left_out:
        by_reason.setdefault(why, []).append(name)
    lines = []
    for why, names in sorted(by_reason.items(), key=lambda one: one[0] == NO_PHOTOS):
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        lines.append(f"{why}: {', '.join(names[:NAMED])}{more}")
    return lines


def pace(seconds: float, done: int) -> str:
    """ "8.3 photos a second" """
    return f"{done / seconds:.1f} photos a second" if seconds > 0.5 and done else ""


def left(seconds: float) -> str:
    """ "0:24 min left" """
    return f"{duration(seconds)} left" if seconds >= 1 else ""
