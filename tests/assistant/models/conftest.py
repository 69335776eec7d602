"""What tests of downloads share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.hubserver import HubServer, Repo, gguf
from tests.support.tinyhub import LANGUAGE, MB, MMPROJ


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    """A hub with one public repository: a language model of 8.5 MB, an mmproj, and files that are no model."""
    other = gguf("qwen3vl", 2 * MB), gguf("clip", MB // 2)
    files = {LANGUAGE: gguf("qwen3vl", 8 * MB + MB // 2), MMPROJ: gguf("clip", 2 * MB), "README.md": b"# tiny"}
    files |= {"Tiny-Q8_0.gguf": other[0], "mmproj-Tiny-Q8_0.gguf": other[1]}
    with HubServer(some__tiny=Repo(files)) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        monkeypatch.delenv("HF_TOKEN", raising=False)
        yield server
