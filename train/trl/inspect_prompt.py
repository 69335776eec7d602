"""One prompt of a run as people read it: all its characters, photos as files, completions with their rewards."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from memory.episode import Photo
from memory.errors import KeepsakeError
from memory.files import read_lines
from memory.paths import private_folder
from train.trl.dataset import Rows


def show(rows: Rows, visit: int, out: Path) -> str:
    """One prompt of a run, for people: every character, the photos as files, and what was said to it for which reward.

    Raises KeepsakeError when there is no such prompt.
    """
    if not 0 <= visit < len(rows.visits):
        raise KeepsakeError(f"there is no prompt {visit}: the recipe has 0 to {len(rows.visits) - 1}")
    lines = [f"prompt {visit}: {rows.visits[visit].kind} sample {rows.visits[visit].draft.key}"]
    for message in rows.messages(visit):
        said = (f"[{_saved(out, part)}]" if isinstance(part, Photo) else part for part in message.parts)
        lines += [f"<{message.role}>", "".join(said)]
    for one in told(out):
        if one["visit"] == visit:
            told_for = f"told {one['plus']:.2f}, leaked {one['minus']:.2f}, " if one["kind"] == "caption" else ""
            why = one["degenerate"] or f"{told_for}{one['tokens']} tokens"
            lines += [f"<reward {one['reward']:+.2f} after {one['step']} steps: {why}>", one["text"]]
    return "\n".join(lines)


def told(out: Path) -> Sequence[dict[str, Any]]:
    """Every completion of a run so far."""
    return read_lines(out / "rollouts.jsonl")


def _saved(out: Path, photo: Photo) -> Path:
    ending = "png" if photo.data.startswith(b"\x89PNG") else "jpg"
    path = private_folder(out / "photos") / f"{photo.sha256[:16]}.{ending}"
    path.write_bytes(photo.data)
    return path
