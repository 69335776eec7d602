"""A hub on this machine with one small model, for tests of downloads."""

from __future__ import annotations

from pathlib import Path

from tests.support.hubserver import HubServer, Repo

MB = 1 << 20
NAME = "hf:some/tiny"
LANGUAGE, MMPROJ = "Tiny-Q4_K_M.gguf", "mmproj-Tiny-F16.gguf"


def repo(hub: HubServer) -> Repo:
    """The repository of the small model."""
    return hub.repos["some/tiny"]


def left(home: Path) -> list[str]:
    """Files that a pull has left to resume from."""
    return sorted(
        path.name.split(".gguf")[0] for path in (home / "downloads").rglob("*.partial") if path.stat().st_size
    )
