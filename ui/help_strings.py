"""The help, the command palette and the tour, in words."""

from __future__ import annotations

TOUR = (
    "This is a demo album; the photo is new. A question is ready: Enter asks it.",
    "It knew Milo from your memory. Below the answer are the memories whose words it uses: /1 opens the first.",
    "A caption may be wrong, and answers build on it. F4, change a word, ctrl+s.",
    "/demo off leaves the demo album: your own memory is as it was.",
    "Now a photo of your own: F2 chooses one, or paste its path.",
    "Say who or what it is: “This is …” and Enter. (Or F3.)",
    "That is all: it is remembered, and comes back when you show it again.",
)
TOUR_KEYS, TOUR_OVER = "   (/tour ends this)", "The tour is over; /tour begins it again."
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
    ("F8", "import a folder of photos or a chat: first what is in it; then how far it is"),
    ("F9", "the photo on the whole screen; z: that of a memory. There o opens it in the system's viewer"),
    ("ctrl+t, /tray", "tell about photos without words, ten at a time"),
    ("ctrl+g", "figures in the status line: what the model has read, how fast it writes; again: hide them"),
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
    ("/import PATH", "as F8 does; so does a folder or a chat's ZIP, dropped or pasted"),
    ("/forget ID", "forget a memory, also in conversations that mention it"),
    ("/1, /2 …", "open the memory with that number, as answers cite it"),
    ("/undo", "take back the last remember, edit, merge, forget, y or n"),
    ("/caption", "correct the caption"),
    ("/large", "as F9 does"),
    ("/again, ctrl+r", "the last answer, or the caption, in other words"),
    ("/question, /copy", "change your last question; copy the last answer"),
    ("/models, /private", "as F6 and F5 do"),
    ("/history", "conversations; with words after it, search them"),
    ("/export FILE", "save this conversation, with its photos, as a page"),
    ("/reminders", "what to remind you of when a thing is seen again"),
    ("/new", "begin a new conversation"),
    ("/tour", "a tour of two minutes; again: the tour ends"),
    ("/demo", "open the demo album, in a memory of its own; /demo off leaves it"),
    ("/quit", "leave Keepsake: nothing you told me is lost"),
)
"""What to press or type, and what it does."""
