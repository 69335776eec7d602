"""What the app itself says. (What the model is told is in `assistant/prompt.py`.)"""

from __future__ import annotations

from collections.abc import Sequence

from assistant.models.hardware import gigabytes
from assistant.models.registry import ModelRow
from memory.episode import Episode, Recall
from ui.input_parser import name_said

WELCOME = """\
Welcome to Keepsake.
Show me a photo (F2, or paste its path) and tell me who or what it is: next time I recognise it, and answer from \
what you told me. Nothing leaves this computer.

New here? /tour shows you around in two minutes; /demo opens a small album to try it with."""
HELLO = "Show me a photo: F2 chooses one, or paste its path. Or just ask about what you have told me."
NANO = "I recall real photos. The built-in model “nano” writes from your words and sees little itself: F6 lists others."
NOTHING_YET = "Show me a photo: the memories that it recalls appear here."
NO_MATCH = "I do not know anybody or anything here. Tell me who or what it is?"
THE_PHOTO = "the same photo"  # the memory's reason for the very photo that is in view
SAME_PHOTO_AS = "This is your photo of {day}:"
SAME_AS, MAYBE_AS = "This is {why} as in your photo of {day}:", "Maybe {why} as in your photo of {day}:"
IS_THIS, IS_THIS_SAME, YES_NO = "Is this {name}?", "Is it?", "y / n"
ASKED_HERE = "{keys}:  {question}   ·   or ask"
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
NEW = "A new conversation. What you told me to remember is still there."
PRIVATE = (
    "A private conversation: neither I nor the model's caches keep anything of it. I can read your memories, but not "
    "add to them. F5 ends the private conversation and clears the screen."
)
PRIVATE_OVER = "The private conversation is over, and nothing of it was kept. This is a new conversation."
ENCRYPTED, NOT_ENCRYPTED = "encrypted", "not encrypted"
LOCKED = "This memory is encrypted"
LOCKED_KEYS = "Enter opens it  ·  Esc leaves Keepsake"
PRIVATE_NO = "Not remembered: this conversation is private, and nothing of it is kept. F5 or /private ends it."
SWITCHED = "{model} answers from now on. The conversation begins again: what the other model read does not carry over."
RUNNING = "{model} is running already."
FETCHING = "Fetching {model}. You can go on; F6 shows the progress, and can stop the download."
FETCHED = "{model} is on this computer now: F6, then Enter on its name, and it answers."
STOPPING = "Stopping the download of {model} …"
BUSY = "{model} is being fetched: only one download at a time."
CONVERT = "must be converted first, outside the app"
CONVERT_HOW = "{model} must be converted before it runs: python -m assistant models pull {model} says how."
FITS = {"yes": "fits", "tight": "tight, close other programs", "no": "too much for this machine"}
FITS_UNKNOWN = "memory unknown"
MODELS_HERE, MODELS_TO_BE_HAD = "On this computer", "Can be fetched"
MODELS_KEYS = "Enter: use it, or ask to fetch it  ·  Esc closes"
FETCH = (
    "{size} come from the Hugging Face hub ({repository}). Keepsake uses the network for nothing else: the hub learns "
    "your address and which model you want, and nothing of your photos, words or memories."
)
TOUR = (
    "This is a demo album; the photo is new. A question is ready: Enter asks it.",
    "It knew Milo from your memory. Below the answer are the memories whose words it uses: /1 opens the first.",
    "A caption may be wrong, and answers build on it. F4, change a word, ctrl+s.",
    "Now a photo of your own: F2 chooses one, or paste its path.",
    "Say who or what it is: “This is …” and Enter. (Or F3.)",
    "That is all: it is remembered, and comes back when you show it again. /demo off forgets the demo album.",
)
TOUR_KEYS, TOUR_OVER = "   (/tour ends this)", "The tour is over; /tour begins it again."
DEMO_ON, DEMO_OFF = "Opening the demo album …", "Forgetting the demo album …"
DEMO_NONE = "The demo album is not in your memory."
DEMO = "The demo album is in your memory. Here is a new photo; press Enter to ask."
NO_COMMAND = "There is no command {command}: /help lists them."
NO_PHOTO = "There is no photo to remember yet: F2 chooses one."
CITES, CITES_KEYS = "in your words: ", "   /{n} opens"
CITES_NONE = "no words of the recalled memories are in this answer"
SAME_PHOTO = "That memory is of this very photo: Enter, then e, changes what you said about it."
FORGETTING, SAVING, MERGING, UNDOING = "Forgetting …", "Saving …", "Merging …", "Undoing …"
UNDO_HOW = (
    "/undo (u in the browser) takes this back until Keepsake closes; until then only this program holds it, no file."
)
UNDO_FORGOTTEN = "Brought back: {ids}, in the memory and in the conversations that mention it."
UNDO_CHANGED = "Restored as before: {ids}."
UNDO_NOW = "Taken back: {ids} is forgotten, and no byte of it kept."
UNDO_NOTHING = "There is nothing to take back: only changes made since Keepsake was opened can be."
EDITED = "Changed: the memory has the id {id} now. The old words are gone, from copies and indices too."
EDITED_TOLD = "Stored conversations still hold the old words ({n} of their parts): /history lists them."
MERGED = "Merged: {n} removed, the one that stays is unchanged."
BROWSER = "Your memories, newest first"
BROWSER_FOUND, BROWSER_PHOTO = "Memories with “{words}”", "Memories that look like this photo"
BROWSER_SEARCH = "/ words, a place, “last summer”, “2024”, a photo’s path"
BROWSER_NONE = {"empty": "None yet.", "searched": "None that match."}
BROWSER_KEYS = "Enter opens · e edits · f forgets · u undoes · g grid · / search · d duplicates · s counts · Esc"
BROWSER_DONE = "{line}. u takes it back until Keepsake closes."
EDIT, EDIT_KEYS = "Change this memory", "ctrl+s saves  ·  Tab: day, place  ·  Esc leaves it as it was"
EDIT_EMPTY = "A memory without words cannot be found: f forgets it."
TWINS = "Stored more than once"
TWINS_WHY = "The same photo, or photos of one moment that look the same, with the same words."
TWINS_KEYS = "Enter merges it into one  ·  a: all of them  ·  Esc leaves them"
TWINS_NONE = "No memory is stored twice: no photo, and no burst of photos, has the same words."
STATISTICS, STATISTICS_KEYS = "Your memories in numbers", "Esc closes"
NO_CAPTION_YET = "There is no finished caption to correct yet."
CAPTION_YOURS = "your words"
REMEMBERING = "Remembering …"
NO_WORDS = "No memory has these words. Ask with a photo, or use words you said."
REMINDED = "You asked: {task} – when this appears."
REMINDERS = "Standing instructions"
MEMORY_NEW = "{file} did not exist: this is a new, empty memory."
REMINDERS_EMPTY = "None. Say one in a memory: “When you see the green bottle again, remind me to water the plants.”"
REMINDERS_KEYS = "e: end one, the memory stays  ·  Esc closes"
ENDED = "Ended: {task}. I do not remind you again; the memory stays."
HISTORY = "Conversations, newest first"
HISTORY_SEARCH = "words that were said (Enter searches)"
HISTORY_EMPTY = "None yet. Private conversations (F5) are never stored here."
HISTORY_NONE = "No conversation has all of these words."
HISTORY_KEYS = "Enter opens  ·  Tab: search  ·  Esc closes"
CONVERSATION = "Conversation of {when:%d %B %Y}"
CONVERSATION_KEYS = "↑ ↓ scroll  ·  Enter: continue it  ·  e: save as a page  ·  d: delete it  ·  Esc closes"
CONVERSATION_DELETE = "Delete this conversation for good?"
CONVERSATION_DELETE_KEYS = "y: delete it (memories stay)  ·  n or Esc: keep it"
CONVERSATION_OF = "Keepsake, conversation of {when:%d %B %Y}"
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
PALETTE = (
    ("Light or dark", "Change to the other of Keepsake's two themes"),
    ("Memories", "Browse what is remembered"),
    ("Conversations", "Search, read and continue them"),
    ("Standing instructions", "What to remind you of when a thing is seen again"),
    ("Undo", "Take back the last change of the memory"),
)
HELP: tuple[tuple[str, str], ...] = (
    ("Enter", "send (Shift+Enter or ctrl+j: new line)"),
    ("↑", "in the empty input: what was sent before, to change and send again"),
    ("F2, ctrl+o", "choose a photo"),
    ("F3", "remember the current photo"),
    ("F4", "correct its caption; answers then build on your words"),
    ("F5", "private conversation: nothing is kept; again: it ends"),
    ("F6", "models: which one runs, and which can be fetched"),
    ("F7", "conversations: search, read, continue, save, delete"),
    ("ctrl+n", "new conversation"),
    ("Esc", "stop what is being written"),
    ("PgUp, PgDn", "scroll the conversation"),
    ("Tab", "go to caption and memories: Enter opens one, f forgets it,"),
    ("", "y: it is the same, n: it is not; in the empty input too, when I ask"),
    ("ctrl+p", "everything else, such as light or dark"),
    ("ctrl+c, ctrl+q", "copy what is selected, quit"),
    ("", ""),
    ("@", "photos and folders, as you type on: Enter or Tab takes one, Esc closes"),
    ("/photo PATH", "show a photo; so does its path alone, or @path in a question"),
    ("/remember WORDS", "remember the current photo with these words"),
    ("/memories", "browse the memories; after it words, a place, a time, a photo's path"),
    ("/forget ID", "forget a memory, also in conversations that mention it"),
    ("/1, /2 …", "open the memory with that number, as answers cite it"),
    ("/undo", "take back the last remember, edit, merge, forget, y or n"),
    ("/caption", "correct the caption"),
    ("/models, /private", "as F6 and F5 do"),
    ("/history", "conversations; with words after it, search them"),
    ("/export FILE", "save this conversation, with its photos, as a page"),
    ("/reminders", "what to remind you of when a thing is seen again"),
    ("/new", "begin a new conversation"),
    ("/tour", "a tour of two minutes; again: the tour ends"),
    ("/demo", "open the demo album; /demo off forgets it again"),
    ("/quit", "leave Keepsake: nothing you told me is lost"),
)
"""What to press or type, and what it does."""

PLAIN_PROMPT = "You: "
PLAIN_TELL_ME = "I don't know what this is. Tell me? “This is …”, and I remember it."
PLAIN_RECALLED_AS, PLAIN_CITES = "Recalled, {n}", "In your words"
PLAIN_MEMORY = "Memory {n}"
PLAIN_SAME_PHOTO = "That memory is of this very photo: /edit changes what you said about it."
PLAIN_NO_NUMBER = "There is no memory with the number {n}: only recalled memories have numbers."
PLAIN_MODELS = "/models NAME lets one of those here answer. Others are fetched by: python -m assistant models pull NAME"
PLAIN_TOUR = (
    "1. This is a demo album. Show it its new photo: /photo {photo}",
    "2. Ask: {question} Below the answer are the numbers of the memories whose words it uses; /1 prints memory 1.",
    "3. A caption may be wrong, and answers build on it: /caption and your own words.",
    "4. Then a photo of your own: /photo and its path. “This is …” says who or what it is, and it is remembered.",
    "5. /demo off forgets the demo album.",
)
PLAIN_HELLO = "Keepsake, plain text. Memories: {n}. Type a photo's path, or a question. /help lists the rest."
PLAIN_READY = "The model {model} is ready."
PLAIN_QUESTION, PLAIN_YES_NO = "Question", "y or n"
PLAIN_NOTE, PLAIN_DONE, PLAIN_PHOTO, PLAIN_RECALLED = "Note", "Done", "Photo", "Recalled"
PLAIN_CAPTION, PLAIN_ANSWER, PLAIN_REMINDER = "Caption", "Answer", "Reminder"
PLAIN_REMEMBERED = "remembered, {what}"
PLAIN_FORGET = "Forget this memory for good, also in conversations that mention it? yes or no:"
PLAIN_DELETE = "Delete it for good? yes or no:"
PLAIN_PRIVATE = "A private conversation: nothing of it is kept, and nothing can be remembered. /private ends it."
PLAIN_DEMO = "The demo album is in your memory. Show it a new photo: /photo {photo} and ask: {question}"
PLAIN_UNKNOWN = "There is no command {command}: /help lists them."
PLAIN_NEEDS = "{command} needs something after it: /help says what."
PLAIN_NOTHING = "Nothing found."
PLAIN_REMINDERS = "/end ID ends one."
PLAIN_HISTORY = "/open ID goes on with one, /delete ID deletes it."
PLAIN_END = "Ctrl-D or /quit ends."
PLAIN_BYE = "Goodbye: nothing you told me is lost."
PLAIN_HELP: tuple[tuple[str, str], ...] = (
    ("/photo PATH", "show a photo; so does its path alone, or @path in a question"),
    ("/remember WORDS", "remember the photo with these words"),
    ("/caption WORDS", "correct the caption; answers then build on your words"),
    ("/memories", "list memories; with words after it, search them"),
    ("/1, /2 …", "print the memory with that number, as recalls and answers cite it"),
    ("y, n", "when I ask whether it is the same: your answer"),
    ("/them 1, /not 1", "the new photo shows what memory 1 shows, or does not: I learn from both"),
    ("/edit ID WORDS", "replace your words by these"),
    ("/forget ID", "forget a memory, also in conversations that mention it"),
    ("/undo", "take back the last remember, edit, forget, y or n"),
    ("/reminders", "what to remind you of when a thing is seen again"),
    ("/end ID", "end one of the reminders"),
    ("/history", "list conversations; with words after it, search them"),
    ("/open ID", "read a conversation and go on with it"),
    ("/delete ID", "delete a conversation for good"),
    ("/export FILE", "save this conversation, with its photos, as a page"),
    ("/private", "a private conversation: nothing is kept; again: it ends"),
    ("/new", "a new conversation"),
    ("/models", "which models are here; with a name after it, another one answers"),
    ("/tour", "what to try first, in five steps"),
    ("/demo", "open the demo album; /demo off forgets it again"),
    ("Ctrl-C", "stop what is being written"),
    ("/quit, Ctrl-D", "end"),
)
"""What to type in plain mode."""


def day(episode: Episode) -> str:
    """ "12 May 2025 · Lisbon" """
    where = f" · {episode.place}" if episode.place else ""
    return f"{episode.when.day} {episode.when:%B %Y}{where}"


def asked_about(recalls: Sequence[Recall]) -> Recall | None:
    """The recall to ask about: the first that is not sure; none when the user has said what is in this very photo."""
    told = any(recall.why == THE_PHOTO for recall in recalls)
    return None if told else next((recall for recall in recalls if recall.certainty == "maybe"), None)


def asked(episode: Episode) -> str:
    """ "Is this Zuri?", by what was said; "Is it?" when no name was said."""
    name = name_said(episode.words)
    return IS_THIS.format(name=name) if name else IS_THIS_SAME


def asked_here(episode: Episode) -> str:
    """The question in the empty input."""
    return ASKED_HERE.format(keys=YES_NO, question=asked(episode))


def headline(recall: Recall) -> str:
    """What a recall says before the words: "This is the same thing as in your photo of 12 May 2025:".

    "" for a recall that is not by sight: its reason comes after the words.
    """
    why = recall.why.removeprefix("maybe ")
    if why == THE_PHOTO:
        return SAME_PHOTO_AS.format(day=day(recall.episode))
    if not why.startswith("the same "):
        return ""
    return (SAME_AS if recall.certainty == "sure" else MAYBE_AS).format(why=why, day=day(recall.episode))


def recalled_as(recall: Recall) -> str:
    """A recall in one line: "This is the same thing as in your photo of 12 May 2025: “This is Zuri.”"."""
    said, head = f"“{recall.episode.words}”", headline(recall)
    return f"{head} {said}" if head else f"{day(recall.episode)}: {said} {recall.why}."


def model_fit(row: ModelRow) -> str:
    """ "needs 4.9 GB of memory: fits" """
    if not row.needs or not row.fits:
        return CONVERT if row.where == "convert" else FITS_UNKNOWN
    return f"needs {gigabytes(row.needs)} of memory: {FITS[row.fits]}"
