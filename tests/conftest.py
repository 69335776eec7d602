"""Every test has its own KEEPSAKE_HOME; no test reaches the network (pytest-socket)."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """All state in a folder of this test."""
    home = tmp_path / "home"
    monkeypatch.setenv("KEEPSAKE_HOME", str(home))
    return home
