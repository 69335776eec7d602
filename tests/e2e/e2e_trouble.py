"""What goes wrong around the app, and what stands on its screen then: real processes, real kills, real full disks.

Each task has an app, and a home, of its own; `make e2e` runs them.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from pathlib import Path

from tests.e2e.terminal import DEMO, flowing, kept, running, shell
from ui import dialog_strings, strings
from ui.plain import plain_strings

LIMITED = "import os, resource, sys; n = int(sys.argv[1]); resource.setrlimit(resource.RLIMIT_FSIZE, (n, n)); "
LIMITED += "os.execv(sys.argv[2], sys.argv[2:])"
"""A disk that takes no file larger than so many bytes."""
PASSPHRASE = "four words are enough"


def test_the_model_is_killed_while_it_answers(tmp_path: Path) -> None:
    """kill -9: one line, the photo and its caption stay, and the next question is answered."""
    with running(tmp_path, "--demo") as app:
        app.sees("Who is this and when did I last see them?", "by nano", "○ idle")
        os.kill(before := app.model(), signal.SIGSTOP)  # so that it cannot have answered yet
        app.press("Enter")
        app.sees("● answering")
        time.sleep(5)  # the reader reads first, and a model that ends before it is asked is started anew
        os.kill(before, signal.SIGKILL)
        app.sees("the model stopped", "▣ new.jpg", "○ idle")
        app.say("Who is this?")
        app.until(lambda screen: re.search(r"Who is this\? .*Milo", flowing(screen)), "an answer after all")
        app.idle()
        assert app.model() != before


def test_the_app_is_killed_and_started_again(tmp_path: Path) -> None:
    """kill -9 while a text is written: what was remembered is there, and the model's process is gone too."""
    with running(tmp_path) as app:
        app.sees("○ idle")
        app.paste(str(DEMO / "dog.jpg"))
        app.sees("by nano", "○ idle")
        app.say("/remember This is Bruno the dog.")
        app.sees("Remembered, ", "1 memory", "○ idle")
        app.say("Who is this?")
        app.sees("● answering")
        os.kill(app.pid, signal.SIGKILL)
        app.ended()
    with running(tmp_path) as app:
        app.sees(strings.HELLO, "1 memory", "○ idle")
        app.say("/memories")
        app.sees("This is Bruno the dog.")
        app.press("Escape")
        app.sees_not(dialog_strings.BROWSER)
        app.say("/history")
        app.sees(dialog_strings.HISTORY, "▣ This is Bruno the dog.")
    assert "all is well" in shell(tmp_path, "memory", "verify")


def test_the_disk_is_full(tmp_path: Path) -> None:
    """What could not be kept is said in one line; what was kept before is whole."""
    shell(tmp_path, "assistant", "remember", str(DEMO / "dog.jpg"), "This is Bruno the dog.")
    with running(tmp_path, within=[sys.executable, "-c", LIMITED, "40000"]) as app:
        app.sees("1 memory", "○ idle")
        app.paste(str(DEMO / "clock.jpg"))
        app.sees("▣ clock.jpg", "by nano", "○ idle")
        app.say("/remember This is Gustav, my clock. " + "It rang all night. " * 20)
        app.sees("memory.db", "○ idle")
        app.sees("1 memory")
    assert "all is well with 1 episode" in shell(tmp_path, "memory", "verify")


def test_a_home_that_cannot_be_written_ends_in_one_line(tmp_path: Path) -> None:
    """A file stands where the folder should be: that stops root too, for whom nothing is read-only."""
    kept(tmp_path).write_text("in the way")
    with running(tmp_path) as app:
        code, screen = app.ended()
        assert code == 1 and "Traceback" not in screen and "keepsake" in screen


def test_two_apps_on_one_memory(tmp_path: Path) -> None:
    """What one remembers the other recalls, at once."""
    with running(tmp_path) as one, running(tmp_path) as two:
        one.sees("○ idle")
        two.sees("○ idle")
        one.paste(str(DEMO / "dog.jpg"))
        one.sees("by nano", "○ idle")
        one.say("/remember This is Bruno the dog.")
        one.sees("Remembered, ", "○ idle")
        two.paste(str(DEMO / "dog.jpg"))
        two.sees("This is Bruno the dog.", "This is your photo", "○ idle")
        two.say("/remember She likes rain.")
        two.sees("Remembered, ", "○ idle")
        one.say("/memories")
        one.sees("She likes rain.", "This is Bruno the dog.")


def test_an_encrypted_memory_asks_for_its_passphrase(tmp_path: Path) -> None:
    """A wrong one is refused, the right one opens; Esc leaves with one line."""
    shell(tmp_path, "assistant", "remember", str(DEMO / "dog.jpg"), "This is Bruno the dog.")
    shell(tmp_path, "memory", "encrypt", input=f"{PASSPHRASE}\n{PASSPHRASE}\n")
    assert b"Bruno" not in (kept(tmp_path) / "memory.db").read_bytes()
    with running(tmp_path) as app:
        app.sees(dialog_strings.LOCKED, dialog_strings.LOCKED_KEYS)
        app.say("a guess")
        app.sees("That is not it.")
        app.say(PASSPHRASE)
        app.sees(strings.HELLO, "1 memory  ·  encrypted", "○ idle")
        app.press("C-q")
        assert app.ended()[0] == 0
    with running(tmp_path) as app:
        app.sees(dialog_strings.LOCKED)
        app.press("Escape")
        code, screen = app.ended()
        assert code == 1 and "without the keychain" in screen and "Traceback" not in screen


def test_plain_lines_instead_of_a_screen(tmp_path: Path) -> None:
    with running(tmp_path, "--plain") as app:
        app.sees(plain_strings.HELLO.format(n=0), "You:")
        app.say(str(DEMO / "dog.jpg"))
        app.sees("Photo: dog.jpg, 512 × 512", "Caption: ")
        app.say("/remember This is Bruno the dog.")
        app.sees("Done: remembered, ")
        app.say("/nonsense")
        app.sees(strings.no_command("/nonsense"))
        app.press("C-d")
        code, screen = app.ended()
        assert code == 0 and plain_strings.BYE in screen


def test_no_color_means_none(tmp_path: Path) -> None:
    with running(tmp_path, "--demo", NO_COLOR="1") as app:
        app.sees("▣ new.jpg", "by nano", "○ idle")
        hues = {code for code in _colours(app.screen(colours=True)) if len(set(code)) > 1}
        assert hues == set(), "shades of grey only"


def test_what_cannot_be_opened_ends_in_one_line(tmp_path: Path) -> None:
    """A memory that is none; a model whose name is spelt wrong."""
    kept(tmp_path).mkdir()
    (kept(tmp_path) / "memory.db").write_text("not a memory at all, but a letter" * 100)
    with running(tmp_path) as app:
        code, screen = app.ended()
        assert code == 1 and "memory.db" in screen and "Traceback" not in screen
    with running(tmp_path / "other", "--model", "nobody") as app:
        code, screen = app.ended()
        assert code == 1 and "there is no model named 'nobody'" in screen and "Traceback" not in screen


def test_nothing_leaves_the_computer(tmp_path: Path) -> None:
    """The proof that anyone can run."""
    evidence = shell(tmp_path, "assistant", "prove-offline")
    assert "This is Milo." in evidence and "proved: no use of the network" in evidence


def _colours(screen: str) -> set[tuple[str, ...]]:
    """Red, green and blue of all colours in a screen's escape sequences."""
    return {tuple(found) for found in re.findall(r"[34]8;2;(\d+);(\d+);(\d+)", screen)}
