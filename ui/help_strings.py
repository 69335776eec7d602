"""The help, the command palette and the tour, in words."""

from __future__ import annotations

TOUR = (
    "This is a demo album; the photo is new. A question is ready: Enter asks it.",
    "It knew Milo from the album. Below the answer are the memories whose words it uses: type /1 to open the first.",
    "A caption may be wrong, and answers build on it. F4 corrects it: change a word, then ctrl+s.",
    "Type /demo off to leave the demo album. Your own memory is as it was.",
    "Now a photo of your own: F2 chooses one, or paste its path.",
    "Say who or what it is: “This is …” and Enter. (Or F3.)",
    "That is all: it is remembered, and comes back when you show it again.",
)
TOUR_KEYS, TOUR_OVER = "   (/tour ends this)", "The tour is over; /tour begins it again."
PALETTE = (
    ("Photo", "Choose a photo from the disk", "/photo"),
    ("Remember", "Say what the photo in view shows", "/remember"),
    ("Caption", "Correct the caption in your own words", "/caption"),
    ("Photo large", "The photo in view on the whole screen", "/large"),
    ("Write again", "The last answer, or the caption, in other words", "/again"),
    ("Change the question", "Take the last question back into the input", "/question"),
    ("Copy", "Copy the last answer", "/copy"),
    ("Pixels", "Whether photos are drawn in pixels here, and how to change that", "/pixels"),
    ("Memories", "Browse what is remembered", "/memories"),
    ("People and things", "Everyone and everything with a name, with all their photos", "/people"),
    ("Tray", "Tell about photos without words", "/tray"),
    ("Import", "Import a folder of photos or a chat", "/import"),
    ("Watch a folder", "Whether one is watched for new photos, and which", "/watch"),
    ("Today", "What there was on this day in earlier years", "/today"),
    ("On this day", "On or off: what there was on this day, when Keepsake opens", "this_day"),
    ("Undo", "Take back the last change of the memory", "/undo"),
    ("Details", "What the last receipt leaves out: ids, counts and bytes", "/details"),
    ("New", "Begin a new conversation", "/new"),
    ("Private", "Begin a private conversation, or end it", "/private"),
    ("Conversations", "Search, read and continue them", "/history"),
    ("Reminders", "What to remind you of when a thing is seen again", "/reminders"),
    ("The same, or not", "What you said of pairs of photos, and taking it back", "/marks"),
    ("Models", "Which one runs, and which can be fetched", "/models"),
    ("Figures", "Show in the status line what the model has read, or hide it", "details"),
    ("Tour", "A tour of two minutes", "/tour"),
    ("Demo album", "A small album to try, in a memory of its own", "/demo"),
    ("Light or dark", "Change to the other of Keepsake's two themes", "light"),
    ("Help", "All keys and commands", "/help"),
    ("Quit", "Leave Keepsake: nothing you told me is lost", "/quit"),
)
"""Title and explanation of each entry, and the command or the action of the app that it runs."""
ANYWHERE = ("light", "/quit")
"""What the palette offers over a dialog, too."""
_BOTH = {
    "/photo PATH": "show a photo; so does its path alone, or @path in a question",
    "/remember WORDS": "remember the photo in view with these words",
    "/watch FOLDER": "import what comes into a folder, while Keepsake is open; /watch off ends it",
    "/forget ID": "forget a memory, also in conversations that mention it; words: list what they find",
    "/details": "what the last receipt leaves out: ids, counts and bytes",
    "/reminders": "what to remind you of when a thing is seen again",
    "/history": "conversations; with words after it, search them",
    "/export FILE": "save this conversation, with its photos, as a page",
    "/new": "begin a new conversation",
    "/demo": "open the demo album, in a memory of its own; /demo off leaves it",
}
"""What a command does that is the same in the app and in plain mode."""


def both(command: str) -> tuple[str, str]:
    """A command's line in the help of the app and of plain mode."""
    return command, _BOTH[command]


HELP: tuple[tuple[str, str], ...] = (
    ("Enter", "send (Shift+Enter or ctrl+j: new line)"),
    ("↑", "in the empty input: what was sent before, to change and send again"),
    ("F1, /help", "this page"),
    ("F2, ctrl+o", "choose a photo"),
    ("F3", "remember the current photo"),
    ("F4", "correct its caption; answers then build on your words"),
    ("F5", "private conversation: nothing is kept; again: it ends"),
    ("F6", "models: which one runs, and which can be fetched"),
    ("F7", "conversations: search, read, continue, save, delete"),
    ("F8", "import a folder of photos or a chat: first what is in it; then how far it is"),
    ("F9", "the photo on the whole screen; z: that of a memory. There o opens it in the system's viewer"),
    ("ctrl+t, /tray", "tell about photos without words, ten at a time"),
    ("ctrl+g", "figures in the status line: what the model has read, how fast it writes; again: hide them"),
    ("F12", "on or off: what Keepsake says when it opens (this day in other years, the tray); /today says it now"),
    ("ctrl+n", "new conversation"),
    ("Esc", "stop what is being written"),
    ("PgUp, PgDn", "scroll the conversation"),
    ("Tab", "go to caption and memories: Enter opens one, f forgets it,"),
    ("", "y: it is the same, n: it is not; in the empty input too, when I ask"),
    ("ctrl+p", "everything else, such as light or dark"),
    ("ctrl+c, ctrl+q", "copy what is selected, quit"),
    ("", ""),
    ("@", "photos and folders, as you type on: Enter or Tab takes one, Esc closes"),
    both("/photo PATH"),
    both("/remember WORDS"),
    ("/memories", "browse the memories; after it words, a place, a time, a photo's path"),
    ("/people", "everyone and everything with a name; after it a name: the photos of one;"),
    ("", "NAME = NEW gives another name, NAME + OTHER: the two are one"),
    ("/import PATH", "as F8 does; so does a folder or a chat's ZIP, dropped or pasted"),
    both("/watch FOLDER"),
    both("/forget ID"),
    ("/1, /2 …", "open the memory with that number, as answers cite it"),
    both("/details"),
    ("/undo", "take back the last remember, edit, merge, forget, y or n"),
    ("/caption", "correct the caption"),
    ("/large", "as F9 does"),
    ("/pixels", "how photos are drawn; /pixels off: never in pixels, on: always, auto: as the terminal says"),
    ("/again, ctrl+r", "the last answer, or the caption, in other words"),
    ("/question, /copy", "change your last question; copy the last answer"),
    ("/models, /private", "as F6 and F5 do"),
    both("/history"),
    both("/export FILE"),
    both("/reminders"),
    ("/marks", "photos of which you said that they are, or are not, the same; e takes one back"),
    both("/new"),
    ("/tour", "a tour of two minutes; again: the tour ends"),
    both("/demo"),
    ("/quit", "leave Keepsake: nothing you told me is lost"),
)
"""What to press or type, and what it does."""
