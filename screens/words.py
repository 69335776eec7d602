"""What the app itself says. (What the model is told is in `assistant/prompt.py`.)"""

from __future__ import annotations

WELCOME = """\
Welcome to Keepsake.

Show me a photo (F2, or paste its path) and tell me who or what it is: /remember This is Milo, my sister's dog.
Next time Milo is in a photo, I know him, and answer from what you told me. Nothing leaves this computer.

New here? /demo opens a small album to try it with."""
HELLO = "Show me a photo: F2 chooses one, or paste its path. Or just ask about what you have told me."
NANO = "The built-in model “nano” knows a small world of drawn pictures only; the README says how to use Qwen3-VL."
NO_PHOTO = "There is no photo to remember yet: F2 chooses one."
NO_WORDS = "No memory has these words. Ask with a photo, or use words you said."
STOPPED = "(stopped)"
MARKS = {"cancelled": STOPPED, "length": "(cut at the length limit)"}
HELP: tuple[tuple[str, str], ...] = (
    ("Enter", "send (Shift+Enter or ctrl+j: new line)"),
    ("F2, ctrl+o", "choose a photo"),
    ("F3", "remember the current photo"),
    ("F4", "correct its caption; answers then build on your words"),
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
    ("/demo", "open the demo album"),
    ("/quit", "goodbye: nothing you told me is lost"),
)
"""What to press or type, and what it does."""
