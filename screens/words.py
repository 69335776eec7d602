"""What the app itself says. (What the model is told is in `assistant/prompt.py`.)"""

from __future__ import annotations

WELCOME = """\
Welcome to Keepsake.

Show me a photo (F2, or paste its path) and tell me who or what it is: /remember This is Milo, my sister's dog.
Next time Milo is in a photo, I know him, and answer from what you told me. Nothing leaves this computer.

New here? /demo opens a small album to try it with."""
HELLO = "Show me a photo: F2 chooses one, or paste its path. Or just ask about what you have told me."
NANO = "The built-in model “nano” knows a small world of drawn pictures only: F6 lists models for real photos."
NOTHING_YET = "Show me a photo, and what it reminds me of appears here."
NO_MATCH = "Nothing in your memory matches. Tell me who or what this is: /remember …"
NO_MATCH_PRIVATE = "Nothing in your memory matches."
NO_CAPTION = "The caption of your photo will be written here."
NEW = "A new conversation. What you told me to remember is still there."
PRIVATE = (
    "A private conversation: nothing of it is kept, neither by me nor by the model's caches. I still know your "
    "memories, and cannot add to them. F5 ends it and clears the screen."
)
PRIVATE_OVER = "The private conversation is over, and nothing of it was kept. This is a new one."
PRIVATE_NO = "Not remembered: this conversation is private, and nothing of it is kept. F5 ends it."
SWITCHED = "{model} answers from now on. The conversation begins again: what the other model read does not carry over."
RUNNING = "{model} is running already."
FETCHING = "Fetching {model}. You can go on; F6 shows how far it is, and stops it."
FETCHED = "{model} is here: F6, then Enter on it, and it answers."
STOPPING = "Stopping the download of {model} …"
BUSY = "{model} is being fetched: one at a time."
CONVERT = "must be converted first, outside the app"
CONVERT_HOW = "{model} must be converted before it runs: python -m assistant models pull {model} says how."
FITS = {"yes": "fits", "tight": "tight, close other programs", "no": "too much for this machine"}
FITS_UNKNOWN = "memory unknown"
MODELS_HERE, MODELS_TO_BE_HAD = "On this computer", "To be had"
MODELS_KEYS = "Enter: use it, or fetch it (asks)  ·  Esc closes"
FETCH = (
    "{size} come from the Hugging Face hub ({repository}). This is all that Keepsake ever uses the network for: the "
    "hub learns your address and which model you want, nothing of your photos, words or memories."
)
DEMO = "The demo album is in your memory. Here is a new photo; press Enter to ask."
NO_PHOTO = "There is no photo to remember yet: F2 chooses one."
NO_WORDS = "No memory has these words. Ask with a photo, or use words you said."
STOPPED = "(stopped)"
MARKS = {"cancelled": STOPPED, "length": "(cut at the length limit)"}
HELP: tuple[tuple[str, str], ...] = (
    ("Enter", "send (Shift+Enter or ctrl+j: new line)"),
    ("F2, ctrl+o", "choose a photo"),
    ("F3", "remember the current photo"),
    ("F4", "correct its caption; answers then build on your words"),
    ("F5", "private conversation: nothing is kept; again: it ends"),
    ("F6", "models: which one runs, and which can be fetched"),
    ("ctrl+n", "new conversation"),
    ("Esc", "stop what is being written"),
    ("PgUp, PgDn", "scroll the conversation"),
    ("Tab", "go to caption and memories: Enter opens one, f forgets it"),
    ("ctrl+p", "everything else, such as light or dark"),
    ("ctrl+c, ctrl+q", "copy what is selected, quit"),
    ("", ""),
    ("/photo PATH", "show a photo; so does its path alone, or @path in a question"),
    ("/remember WORDS", "keep the current photo with these words"),
    ("/memories", "list memories; with words after it, search them"),
    ("/forget ID", "forget a memory for good"),
    ("/caption", "correct the caption"),
    ("/models, /private", "as F6 and F5 do"),
    ("/new", "begin a new conversation"),
    ("/demo", "open the demo album"),
    ("/quit", "goodbye: nothing you told me is lost"),
)
"""What to press or type, and what it does."""
