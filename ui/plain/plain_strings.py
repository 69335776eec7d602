"""What plain mode says, beside the words it shares with the app."""

from __future__ import annotations

from ui.help_strings import both

PROMPT = "You: "
TELL_ME = "I don't know what this is. Tell me? “This is …”, and I remember it."
RECALLED_AS, CITES = "Recalled, {n}", "In your words"
MEMORY = "Memory {n}"
SAME_PHOTO = "That memory is of this very photo: /edit changes what you said about it."
NO_NUMBER = "There is no memory with the number {n}: only recalled memories have numbers."
MODELS = "/models NAME lets one of those here answer. Others are fetched by: python -m assistant models pull NAME"
TOUR = (
    "1. This is a demo album. Show it its new photo: /photo {photo}",
    "2. Ask: {question} Below the answer are the numbers of the memories whose words it uses; /1 prints memory 1.",
    "3. A caption may be wrong, and answers build on it: /caption and your own words.",
    "4. /demo off leaves the demo album: your own memory is as it was.",
    "5. Then a photo of your own: /photo and its path. “This is …” says who or what it is, and it is remembered.",
)
HELLO = "Keepsake, plain text. Memories: {n}. Type a photo's path, or a question. /help lists the rest."
READY = "The model {model} is ready."
QUESTION, YES_NO = "Question", "y or n"
NOTE, DONE, PHOTO, RECALLED = "Note", "Done", "Photo", "Recalled"
CAPTION, ANSWER, REMINDER = "Caption", "Answer", "Reminder"
REMEMBERED = "remembered, {what}"
FORGET_WHICH = "Nothing is forgotten yet: /forget ID asks, and forgets one of them."
FORGET = "Forget this memory for good, also in conversations that mention it? yes or no:"
TRAY_HOW = "/tray ID WORDS says what a photo without words shows; /tray ID - never asks about it again."
TRAY_PATH = (
    "That is a path, and says nothing about the photo: nothing is kept. Alone it shows or imports what is there."
)
IMPORTING, IMPORT_SURE = "Importing", "Import {photos}? yes or no:"
DELETE = "Delete it for good? yes or no:"
PRIVATE = "A private conversation: nothing of it is kept, and nothing can be remembered. /private ends it."
DEMO = (
    "The demo album is open, in a memory of its own. Show it a new photo: /photo {photo} and ask: {question} "
    "/demo off leaves it."
)
NEEDS = "{command} needs something after it: /help says what."
NOTHING = "Nothing found."
REMINDERS = "/end ID ends one."
HISTORY = "/open ID goes on with one, /delete ID deletes it."
UNANSWERED = "That was neither yes nor no, and nothing was done. I take it as a line of its own."
END = "Ctrl-D or /quit ends."
BYE = "Goodbye: nothing you told me is lost."
COMMAND_OF_KEY = {
    "F12 turns that off": "/today off turns that off",
    "F12 turns that on again": "/today on turns that on again",
    "F5 ends it": "/private ends it",
    "F8": "/import",
    "ctrl+t": "/tray",
}
"""What a line of the app says of keys, and what plain mode, which has none, says instead."""
HELP: tuple[tuple[str, str], ...] = (
    both("/photo PATH"),
    both("/remember WORDS"),
    ("/caption WORDS", "correct the caption; answers then build on your words"),
    ("/again", "the last answer, or the caption, in other words"),
    ("/question WORDS", "ask this instead of your last question"),
    ("/memories", "list memories; with words after it, search them"),
    ("/1, /2 …", "print the memory with that number, as recalls and answers cite it"),
    ("y, n", "when I ask whether it is the same: your answer"),
    ("/them 1, /not 1", "the new photo shows what memory 1 shows, or does not: I learn from both"),
    ("/marks", "photos of which you said that they are, or are not, the same"),
    ("/unmark ID", "take one of these back"),
    ("/edit ID WORDS", "replace your words by these"),
    ("/import PATH", "import a folder of photos, or the export of a chat: first what is in it, then a question"),
    both("/watch FOLDER"),
    ("/people", "everyone and everything with a name; /people NAME: the memories of one"),
    ("/people NAME = NEW", "give another name; NAME + OTHER: the two are one"),
    ("/tray", "photos without words; /tray ID WORDS tells about one, /tray ID - never asks again"),
    ("/today", "this day in other years, and the tray; /today off: not when Keepsake opens, /today on: again"),
    both("/forget ID"),
    both("/details"),
    ("/undo", "take back the last remember, edit, forget, y or n"),
    both("/reminders"),
    ("/end ID", "end one of the reminders"),
    both("/history"),
    ("/open ID", "read a conversation and go on with it"),
    ("/delete ID", "delete a conversation for good"),
    both("/export FILE"),
    ("/private", "a private conversation: nothing is kept; again: it ends"),
    both("/new"),
    ("/models", "which models are here; with a name after it, another one answers"),
    ("/tour", "what to try first, in five steps"),
    both("/demo"),
    ("/help", "this list"),
    ("Ctrl-C", "stop what is being written"),
    ("/quit, Ctrl-D", "end"),
)
"""What to type in plain mode."""


def without_keys(text: str) -> str:
    """A line of the app for plain mode: with commands where it names keys."""
    for key, command in COMMAND_OF_KEY.items():
        text = text.replace(key, command)
    return text
