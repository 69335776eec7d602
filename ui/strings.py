"""What the app itself says in its main view. (What the model is told is in `assistant/prompt.py`.)"""

from __future__ import annotations

from collections.abc import Sequence

WELCOME = """\
Welcome to Keepsake.
Show me a photo (F2, or paste its path) and tell me who or what it is: next time I recognise it, and answer from \
what you told me. Nothing leaves this computer.

New here? /tour shows you around in two minutes; /demo opens a small album to try it with."""
HELLO = "Show me a photo: F2 chooses one, or paste its path. Or just ask about what you have told me."
SEES_LITTLE = "I recall real photos. The model here writes from your words and sees little itself: F6 lists others."
NOTHING_YET = "Show me a photo: the memories that it recalls appear here."
NO_MATCH = "I do not know anybody or anything here. Tell me who or what it is?"
ANSWERING = "Keeping your answer …"
ANSWERED_YES = "{question} Yes: I keep that, and know it better next time."
ANSWERED_NO = "{question} No: I keep that, and do not bring that memory back for this photo."
ANSWER_LATE = "That memory is not in view any more: nothing was kept."
UNDO_ANSWERED = "Taken back: your answer about a photo that is the same, or not."
TELL_ME = "I don't know what this is – tell me? “This is …” and Enter, and I remember it. Or F3, for day and place too."
COMPOSER = "Ask, or paste the path of a photo   ·   /help"
COMPLETION = "{shown} of {found}  ·  ↑ ↓  ·  Enter takes it  ·  Esc"
TELL_ME_HERE = "This is …   (I remember it)   ·   or ask"
NO_MATCH_PRIVATE = "I do not know anybody or anything here."
ENCODING_AGAIN = "Looking again at your photos: {done} of {total}"
SEEN = "I have looked again at your photos ({total}), and know them when I see them."
WRITING, WAITING = "writing …", "waits for the model …"
CAPTION, CAPTION_IF_SAME = "Caption", "Caption, if it is the same"
NO_CAPTION = "The caption of your photo will be written here."
CAPTION_FAILED = "There is no caption."
NOTHING_WRITTEN = "Nothing has been written yet that could be written again."
NO_QUESTION = "You have asked nothing yet: there is no question to change."
NO_ANSWER = "Nothing has been written yet that could be copied."
WRITING_NOW = "Something is being written: Esc stops it."
COPIED = "Copied ({n} letters), if your terminal lets programs copy: else select it with the mouse, and ctrl+c."
CHANGE_QUESTION = "Your last question is in the input again; sent, it takes the place of the old one."
NEW = "A new conversation. What you told me to remember is still there."
PRIVATE = (
    "A private conversation: neither I nor the model's caches keep anything of it. I can read your memories, but not "
    "add to them. F5 ends the private conversation and clears the screen."
)
PRIVATE_OVER = "The private conversation is over, and nothing of it was kept. This is a new conversation."
ENCRYPTED, NOT_ENCRYPTED = "encrypted", "not encrypted"
PRIVATE_NO = "Not remembered: this conversation is private, and nothing of it is kept. F5 or /private ends it."
SWITCHED = "{model} answers from now on. The conversation begins again: what the other model read does not carry over."
RUNNING = "{model} is running already."
FETCHING = "Fetching {model}. You can go on; F6 shows the progress, and can stop the download."
FETCHED = "{model} is on this computer now: F6, then Enter on its name, and it answers."
STOPPING = "Stopping the download of {model} …"
BUSY = "{model} is being fetched: only one download at a time."
CONVERT_HOW = "{model} must be converted before it runs: python -m assistant models pull {model} says how."
DEMO_OFF = "Forgetting the demo album …"
DEMO_NONE = "The demo album is not open, and not in your memory."
DEMO = (
    "This is the demo album, in a memory of its own: your memories stay as they are, and what you try here goes "
    "with it. /demo off leaves it. Here is a new photo; press Enter to ask."
)
DEMO_OVER = "The demo album is closed and deleted. This is your own memory again, as it was."
DEMO_HERE = "DEMO ALBUM, /demo off leaves it"
DEMO_NO_IMPORT = "Nothing is imported into the demo album: /demo off goes back to your own memory."
NO_COMMAND = "There is no command {command}: /help lists them."
NO_SEARCH = "There is no command {command}: /memories WORDS searches your memories, and a question finds them, too."
TOO_LONG = (
    "That text has {n:,} characters, and I read up to {most:,} at once: it was not taken. Send me the sentences that "
    "matter."
)
NO_PHOTO_LARGE = "There is no photo in view yet: F2 chooses one."
DRAWN_IN = "Photos are drawn in {how} here (setting: {wanted}); /pixels on, /pixels off or /pixels auto changes that."
PIXELS, CELLS = "pixels", "the terminal's own characters"
NO_PHOTO = "There is no photo to remember yet: F2 chooses one."
CITES, CITES_KEYS = "in your words: ", "   /{n} opens"
SEEN_TOO = "  · partly seen, not remembered"
SAME_PHOTO = "That memory is of this very photo: Enter, then e, changes what you said about it."
FORGET_WHICH = "Nothing is forgotten yet: choose the memory and press f, which asks first."
FORGET_NOTHING_HERE = (
    "No memory is in view. Show its photo, or say what it is about: “forget the boots”. /undo takes back the last"
    " change."
)
FORGETTING, SAVING, MERGING, UNDOING = "Forgetting …", "Saving …", "Merging …", "Undoing …"
UNDO_HOW = (
    "/undo (u in the browser) takes this back until Keepsake closes; until then only this program holds it, no file. "
    "/details shows ids and counts."
)
DETAILS_NONE = "Nothing was forgotten or changed since Keepsake was opened."
UNDO_FORGOTTEN = "Brought back: {what}, in the memory and in the conversations that mention it."
UNDO_CHANGED = "Restored as before: {what}."
UNDO_NOW = "Taken back: {what} is forgotten, and no byte of it kept."
UNDO_IMPORT = "Taken back: the import of {photos}. The files on the disk are untouched."
TRAY_WAITS_HERE = "{n} in the tray: ctrl+t"
UNDO_TRAY = "Taken back: your words about {photos}; the tray asks again."
UNDO_LEFT = "Taken back: {photos} may be asked about again."
UNDO_ELSEWHERE = "The last change was not made here: /undo in the conversation takes it back."
UNDO_NOTHING = "There is nothing to take back: only changes made since Keepsake was opened can be."
EDITED = "Changed: {what}. The old words are gone, from copies and indices too."
EDITED_TOLD = "Stored conversations still hold the old words ({n} of their parts): /history lists them."
MERGED = "Merged: {n} removed, the one that stays is unchanged."
NO_CAPTION_YET = "There is no finished caption to correct yet."
CAPTION_YOURS = "your words"
REMEMBERING = "Remembering …"
NO_WORDS = "No memory has these words. Ask with a photo, or use words you said."
REMINDED = "You asked to be reminded: {task}."
MEMORY_NEW = "{file} did not exist: this is a new, empty memory."
ENDED = "Ended: {task}. I do not remind you again; the memory stays."
PHOTO = "photo"
CAPTIONED = {"caption": "Caption", "correction": "Your caption"}
REMEMBERED_THEN = "Remembered: “{words}”"
RECALLED_THEN = "recalled in this conversation"
NO_WORDS_SAID = "(no words)"
RESUMED = "This conversation goes on where it ended."
DELETING, LOOKING, EXPORTING = "Deleting …", "Looking it up …", "Saving …"
EXPORTED = "Saved as {file}: anyone who has that file can read the conversation and see its photos."
EXPORT_EXISTS = "{file} exists already: choose another name."
EXPORT_FAILED = "Cannot write {file}: {why}."
EXPORT_HOW = "Name a file: /export conversation.html"
NOTHING_KEPT = "Nothing has been said yet in this conversation: there is nothing to save."
PRIVATE_EXPORT = "This conversation is private, and nothing of it is kept: there is nothing to save."
WEBPAGE_NOTE = "Saved by Keepsake. Captions and answers were written by a model and may be wrong."
SAID_BY = {
    "caption": "Caption, by the model",
    "correction": "Caption, in your words",
    "question": "You",
    "answer": "The model",
    "remembered": "You, to be remembered",
}
STOPPED = "(stopped)"
MARKS = {"cancelled": STOPPED, "length": "(cut at the length limit)"}


def seen_only(sentences: Sequence[str]) -> str:
    """What of an answer the model sees in the photo, or knows of the world, and no memory tells."""
    return f"from the model itself, not remembered: {' '.join(sentences)}"


def no_command(name: str) -> str:
    """What is said to a command that does not exist."""
    return (NO_SEARCH if name in ("/search", "/find") else NO_COMMAND).format(command=name)
