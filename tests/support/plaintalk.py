"""A conversation in plain mode, by lines."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.backends.fake import FakeBackend
from memory.store import Memory
from tests.support.apppilot import FakeEncoder
from ui.plain.plain_app import PlainApp
from ui.runtime import settings
from ui.start_lines import SETTING

Talk = Callable[..., list[str]]


@pytest.fixture
def talk(memory_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Talk:
    """Say these lines, then Ctrl-D; returns the lines that were printed. A line may be a function of those so far."""

    def run(backend: FakeBackend, *said: str | Callable[[str], str], code: int = 0, demo: bool = False) -> list[str]:
        rest, printed = list(said), [""]

        def typed(prompt: str) -> str:
            printed[0] += capsys.readouterr().out + prompt
            if not rest:
                raise EOFError
            line = rest.pop(0)
            line = line if isinstance(line, str) else line(printed[0])
            printed[0] += f"{line}\n"
            return line

        if settings.get(SETTING) is None:  # what a test reads does not depend on the day on which it runs
            settings.put(SETTING, False)
        monkeypatch.setattr("builtins.input", typed)
        before = signal.getsignal(signal.SIGINT)
        assert PlainApp(lambda: Memory(memory_file), lambda: backend, lambda: FakeEncoder(backend)).run(demo) == code
        assert signal.getsignal(signal.SIGINT) is before
        text = printed[0] + capsys.readouterr().out
        assert all(c.isprintable() or c == "\n" for c in text)
        return text.splitlines()

    return run
