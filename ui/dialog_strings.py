"""What the dialogs and lists say: memories, conversations, reminders, models."""

from __future__ import annotations

from assistant.models.hardware import gigabytes
from assistant.models.registry import ONLY_MACS, ModelRow

LOCKED = "This memory is encrypted"
LOCKED_KEYS = "Enter opens it  ·  Esc leaves Keepsake"
REMEMBER, REMEMBER_WORDS, PLACE = "Remember this photo", "What is it? “This is Milo.”", "Where"
REMEMBER_NO_WORDS, KEEP, CANCEL = "Say who or what this is.", "Keep", "Cancel"
CORRECT, CORRECT_KEYS = "Correct the caption", "ctrl+s saves  ·  Esc leaves it as it was"
EPISODE, EPISODE_KEYS = "A memory", "e: edit  ·  z: photo large  ·  f: forget it  ·  Esc closes"
FORGET, FORGET_KEYS = "Forget this memory?", "y: forget it  ·  n or Esc: keep it"
SAID_BY_ROLE = {"user": "You said", "assistant": "Reply"}
HELP_TITLE, HELP_KEYS = "Keepsake", "Everything stays on this computer  ·  Esc closes"
PICKER, PICKER_KEYS = "Choose a photo · {folder}", "Enter attaches  ·  Backspace: folder above  ·  Esc closes"
LARGE_KEYS, OPENING = "o: open in the system's viewer  ·  Esc closes", "Opening …"
OPENED = (
    "Opened. The viewer's copy is yours alone to read, and goes when Keepsake closes; a viewer may keep a thumbnail."
)
CAREFUL = {
    "private": "This conversation is private: the viewer gets a copy that is not, until F5 or Keepsake ends it, "
    "and may keep a thumbnail of it. o again: open it",
    "encrypted": "Your memory is encrypted: the viewer gets a copy that is not, until Keepsake closes, and may keep a "
    "thumbnail of it. o again: open it",
}
"""What opening a photo elsewhere means, where nothing was to leave Keepsake."""
CONVERT = "must be converted first, outside the app"
FITS = {"yes": "fits", "tight": "tight, close other programs", "no": "too much for this machine"}
FITS_UNKNOWN = "memory unknown"
MODELS_HERE, MODELS_TO_BE_HAD = "On this computer", "Can be fetched"
MODELS_KEYS = "Enter: use it, or ask to fetch it  ·  Esc closes"
FETCH = (
    "{size} come from the Hugging Face hub ({repository}). Keepsake uses the network for nothing else: the hub learns "
    "your address and which model you want, and nothing of your photos, words or memories."
)
FETCH_ASKED, FETCH_KEYS = "Fetch {name}, {size}?", "y: fetch {size}  ·  n or Esc: not now"
FETCHING = "fetching, {percent} %  (Enter stops it)"
MODEL_RUNNING, MODEL_DAMAGED, MODEL_TO_FETCH, SIZE_UNKNOWN = "● running", "damaged", "{size} to fetch", "size unknown"
BROWSER = "Your memories, newest first"
BROWSER_FOUND, BROWSER_PHOTO = "Memories with “{words}”", "Memories that look like this photo"
BROWSER_BEST, BEST = "{found}: the best {n:,}, and more fit", "These {n:,} fit best, and more fit."
BROWSER_INSTEAD = "Showing results for “{instead}”"
BROWSER_SEARCH = "/ words, a place, a time, a photo’s path"
BROWSER_NONE = {"empty": "None yet.", "searched": "None that match. Other words, or fewer, may find more."}
BROWSER_KEYS = (
    "Enter open · z large · e edit · f forget · u undo · g grid · / find · p people · d doubles · s counts · Esc"
)
UNDO_KEY = "u undo"
BROWSER_ONE_KEYS = ("Enter open", "z large", "e edit", "f forget", "g grid", "d doubles")
"""The keys of the browser that need a memory in it."""
BROWSER_SEARCH_KEYS = "Enter goes to what was found · Esc goes back"
BROWSER_DONE = "{line}. u takes it back until Keepsake closes."
EDIT, EDIT_KEYS = "Change this memory", "ctrl+s saves  ·  Tab: day, place  ·  Esc leaves it as it was"
EDIT_EMPTY = "A memory without words cannot be found: f forgets it."
DUPLICATES = "Stored more than once"
DUPLICATES_WHY = "The same photo, or photos of one moment that look the same, with the same words."
DUPLICATES_KEYS = "Enter merges it into one  ·  a: all of them  ·  Esc leaves them"
DUPLICATES_NONE = "No memory is stored twice, of one photo or of photos of one moment that look the same."
STATISTICS, STATISTICS_KEYS = "Your memories in numbers", "Esc closes"
DROP, DROP_KEYS = "Drop what you wrote?", "y: drop it  ·  n or Esc: go on writing"
REMINDERS = "Reminders"
REMINDERS_EMPTY = "None. Say one about a photo: “This is my ficus, remind me to water it.” It comes with the ficus."
REMINDER_ABOUT = "{task}  ({about})"
REMINDERS_KEYS = "e: end one, the memory stays  ·  Esc closes"
MARKS, MARKS_KEYS = "What you said of two photos", "e: take one back  ·  Esc closes"
MARK_SAME, MARK_NOT = "The same", "Not the same"
HISTORY = "Conversations, newest first"
HISTORY_SEARCH = "words that were said (Enter searches)"
HISTORY_EMPTY = "None yet. Private conversations (F5) are never stored here."
HISTORY_NONE = "No conversation has all of these words."
HISTORY_NO_KEYS, CLOSE_KEYS = "Enter searches  ·  Esc closes", "Esc closes"
HISTORY_KEYS = "Enter opens  ·  Tab: search  ·  Esc closes"
CONVERSATION = "Conversation of {when:%d %B %Y}"
CONVERSATION_KEYS = "↑ ↓ scroll  ·  Enter: continue it  ·  e: save as a page  ·  d: delete it  ·  Esc closes"
CONVERSATION_DELETE = "Delete this conversation for good?"
CONVERSATION_DELETE_KEYS = "y: delete it (memories stay)  ·  n or Esc: keep it"
CONVERSATION_OF = "Keepsake, conversation of {when:%d %B %Y}"


MODEL_BEGIN = "begin with this one"


def model_fit(row: ModelRow) -> str:
    """ "needs 4.9 GB of memory: fits" """
    if not row.needs or not row.fits:
        return CONVERT if row.where == "convert" else FITS_UNKNOWN
    needs = f"needs {gigabytes(row.needs)} of memory"
    return needs if row.about.startswith(ONLY_MACS) else f"{needs}: {FITS[row.fits]}"
