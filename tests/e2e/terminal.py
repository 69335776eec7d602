"""The app as a person meets it: `python tui.py` in a terminal of its own (tmux). Keys in, what is on the screen out.

No tests in here: they are in the files e2e_*.py, and only `make e2e` collects them. Nothing is mocked, and
nothing waits for the clock: a key is followed by waiting for what has to appear.
"""

from __future__ import annotations

import math
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from ui import dialog_strings, strings

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "demo"
STORY = "Tell me a long story about a lighthouse keeper and the sea."
FRAME = re.compile("[\u2500-\u259f]+")
"""Lines of frames, half cells of photos, scroll bars."""
_numbers = count()


def patience() -> float:
    """Seconds for anything to appear: the model takes some for a photo, and longer where other programs wait too."""
    return 40.0 * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


class Terminal:
    """One program in one terminal. `home` is its user's home, with Keepsake's folder in it."""

    def __init__(self, home: Path, command: Sequence[str], size: tuple[int, int], env: dict[str, str]) -> None:
        if not shutil.which("tmux"):
            pytest.exit("make e2e needs tmux: install it (apt install tmux, brew install tmux)", 2)
        self.size = size
        self._server = ("tmux", "-L", f"keepsake-e2e-{os.getpid()}-{next(_numbers)}", "-f", os.devnull)
        variables = {"HOME": str(home), "KEEPSAKE_HOME": str(kept(home)), "COLORTERM": "truecolor", **env}
        unset = ["-u", "COLUMNS", "-u", "LINES", "-u", "NO_COLOR"]  # the first two: pytest's readline exports its own
        line = shlex.join(["env", *unset, *(f"{name}={value}" for name, value in variables.items()), *command])
        keep = ["set", "-g", "remain-on-exit", "on", ";", "set", "-s", "escape-time", "0", ";"]
        new = [
            "new-session",
            "-d",
            "-s",
            "e2e",
            "-x",
            str(size[0]),
            "-y",
            str(size[1]),
            "-c",
            str(ROOT),
            f"exec {line}",
        ]
        self._tmux("start-server", ";", *keep, *new)

    # -- keys in ------------------------------------------------------------------------------------------------

    def press(self, *keys: str) -> None:
        """Keys by tmux's names: "Enter", "F4", "C-n"."""
        self._tmux("send-keys", "-t", "e2e", *keys)

    def type(self, text: str) -> None:
        """Letter by letter, as from a keyboard."""
        self._tmux("send-keys", "-t", "e2e", "-l", "--", text)

    def say(self, text: str) -> None:
        """Type it and press Enter."""
        self.type(text)
        self.press("Enter")

    def answer(self, key: str, *texts: str, gone: Sequence[str] = ()) -> str:
        """Press a key on a question until all `texts` are there, and those of `gone` are not: a key that comes with
        the question is ignored."""
        return self.insist(lambda: self.press(key), *texts, gone=gone)

    def insist(self, act: Callable[[], object], *texts: str, gone: Sequence[str] = ()) -> str:
        """Do something, again every few seconds, until all `texts` are on the screen and none of `gone` is."""

        def there(screen: str) -> bool:
            shown = f"{screen}\n{flowing(screen)}"
            return all(text in shown for text in texts) and not any(text in shown for text in gone)

        return self.again(act, there, f"{texts}, and none of {gone}")

    def again(self, act: Callable[[], object], condition: Callable[[str], object], what: str) -> str:
        """Do something, again every few seconds, until a condition on the screen holds."""
        acted = -math.inf

        def there(screen: str) -> bool:
            nonlocal acted
            if condition(screen):
                return True
            if time.monotonic() - acted > 4:
                acted = time.monotonic()
                act()
            return False

        return self.until(there, what)

    def paste(self, text: str) -> None:
        """As a terminal pastes, and as it hands over files that are dropped on it."""
        self._tmux("load-buffer", "-b", "dropped", "-", input=text)
        self._tmux("paste-buffer", "-p", "-d", "-r", "-b", "dropped", "-t", "e2e")

    def resize(self, width: int, height: int) -> None:
        """Another size, at once."""
        self.size = (width, height)
        self._tmux("resize-window", "-t", "e2e", "-x", str(width), "-y", str(height))

    # -- screen out ---------------------------------------------------------------------------------------------

    def screen(self, *, colours: bool = False) -> str:
        """What stands there now."""
        return self._tmux("capture-pane", "-t", "e2e", "-p", *(["-e"] if colours else []))

    def until(self, condition: Callable[[str], object], what: str) -> str:
        """Wait for a condition on the screen, and return the screen; show it when the condition never comes."""
        end = time.monotonic() + patience()
        while True:
            over = time.monotonic() > end or not self.alive  # asked first: what it said last has to be seen
            if condition(screen := self.screen()):
                return screen
            if over:
                size = "{} × {}".format(*self.size)
                raise AssertionError(f"never came: {what}; on the screen of {size} stood\n{screen}")
            time.sleep(0.05)

    def sees(self, *texts: str) -> str:
        """Wait until all of these are on the screen, wrapped or not."""
        return self.until(lambda screen: all(text in f"{screen}\n{flowing(screen)}" for text in texts), repr(texts))

    def sees_not(self, *texts: str) -> str:
        """Wait until none of these is."""
        return self.until(lambda screen: not any(text in flowing(screen) for text in texts), f"none of {texts}")

    def idle(self) -> str:
        """Wait until nothing is going on."""
        return self.sees("○ idle")

    def ended(self) -> tuple[int, str]:
        """Wait for the program's end: its exit code, and what it left on the terminal."""
        screen, end = self.until(lambda _: not self.alive, "the end of the program"), time.monotonic() + patience()
        while not (how := self._is("#{pane_dead_status},#{pane_dead_signal}").split(","))[0]:
            if how[1] or time.monotonic() > end:  # killed; or never told, by a tmux before 3.3
                return -1, screen
            time.sleep(0.05)  # the terminal is left first, and only then the end is known
            os.kill(int(self._is("#{pid}")), signal.SIGCHLD)  # tmux 3.3a can miss its own, and never look
        # tmux says below that the program has ended, which moves the first line up and out of sight
        return int(how[0]), self._tmux("capture-pane", "-t", "e2e", "-p", "-S", "-1")

    def control(self) -> subprocess.Popen[bytes]:
        """tmux's control mode: its commands in; out come "%output" lines, as soon as the program writes."""
        command = [*self._server, "-C", "attach", "-t", "e2e"]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    # -- processes ----------------------------------------------------------------------------------------------

    @property
    def alive(self) -> bool:
        """Whether the program still runs."""
        return self._is("#{pane_dead}") == "0"

    @property
    def pid(self) -> int:
        """The app's process."""
        return int(self._is("#{pane_pid}"))

    def model(self) -> int:
        """The process of its model; waits until it is there."""
        found: list[str] = []

        def there(_: str) -> bool:
            done = subprocess.run(
                ["pgrep", "-P", str(self.pid), "-f", "assistant.worker.worker_process"], capture_output=True, text=True
            )
            found[:] = done.stdout.split()
            return bool(found)

        self.until(there, "the model's process")
        return int(found[0])

    def close(self) -> None:
        """However it stands: leave nothing running."""
        if self.alive:
            os.kill(self.pid, signal.SIGKILL)
        self._tmux("kill-server")

    def _is(self, what: str) -> str:
        return self._tmux("display-message", "-p", "-t", "e2e", what).strip()

    def _tmux(self, *arguments: str, input: str | None = None) -> str:
        done = subprocess.run([*self._server, *arguments], input=input, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"tmux {arguments[0]}: {done.stderr}"
        return done.stdout


@contextmanager
def running(
    home: Path, *arguments: str, size: tuple[int, int] = (150, 44), within: Sequence[str] = (), **env: str
) -> Iterator[Terminal]:
    """`python tui.py` with these arguments and variables, `within` another command that starts it."""
    terminal = Terminal(home, [*within, sys.executable, "tui.py", *arguments], size, env)
    try:
        yield terminal
    finally:
        terminal.close()


def begin_anew(app: Terminal) -> Terminal:
    """That app in a new conversation, without the dialogs that a failed task left open."""
    while "Esc " in (left := app.screen()) or "Cancel" in left:
        key = "y" if dialog_strings.DROP in left else "Escape"
        app.again(lambda key=key: app.press(key), lambda screen, left=left: screen != left, "one dialog less")
    app.press("C-u")  # what a failed task left in the input
    mark = f"/task{next(_numbers)}"  # the page before is gone when this is; one that is just being left takes it along
    app.insist(lambda: app.say(mark), f"There is no command {mark}:")
    app.press("C-n")
    app.sees_not(mark)
    app.sees(strings.NEW, "○ idle")
    return app


def show(app: Terminal, photo: Path) -> str:
    """Paste a photo's path and wait for what the app makes of it."""
    app.paste(str(photo))
    return app.sees(f"▣ {photo.name}  ·", "by nano", "○ idle")


def kept(home: Path) -> Path:
    """Keepsake's folder of this user."""
    return home / "keepsake"


def shell(home: Path, *arguments: str, input: str = "") -> str:
    """`python -m …`, in the same home, with `input` to read: what it wrote. It has to succeed."""
    env = {**os.environ, "HOME": str(home), "KEEPSAKE_HOME": str(kept(home))}
    command = [sys.executable, "-m", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=env, input=input, capture_output=True, text=True, timeout=patience())
    assert done.returncode == 0, done.stderr
    return done.stdout


def flowing(screen: str) -> str:
    """The text of each panel without its frame and line breaks: a sentence is found wherever it was wrapped."""
    columns: dict[int, list[str]] = {}
    for line in screen.splitlines():
        for place, piece in enumerate(re.split("│+", line)):
            columns.setdefault(place, []).append(FRAME.sub(" ", piece))
    return "\n".join(" ".join(" ".join(pieces).split()) for pieces in columns.values())


def drawn(path: Path, hue: int, size: tuple[int, int] = (448, 448), **options: object) -> Path:
    """A photo of a thing nobody knows: a coloured shape; `hue`, 0-255, tells it from others. Format by suffix."""
    photo = Image.new("HSV", (448, 448), ((hue + 128) % 256, 90, 200)).convert("RGB")
    inside = Image.new("HSV", (1, 1), (hue, 255, 180)).convert("RGB").getpixel((0, 0))
    pen = ImageDraw.Draw(photo)
    pen.polygon([(60 + hue // 2, 60), (400, 200), (224, 420 - hue // 3)], fill=inside)
    photo.resize(size).save(path, **options)
    return path
