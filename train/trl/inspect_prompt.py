"""A prompt of a run in a form that people read: all its characters, photos as files, completions with their rewards."""

from __future__ import annotations

from pathlib import Path

from memory.episode import Photo
from memory.errors import KeepsakeError
from memory.files import read_lines, write_bytes
from memory.paths import private_folder
from train.trl.dataset import Rows


def show(rows: Rows, visit: int, out: Path) -> str:
    """The prompt of a visit as text, and below it the completions so far; photos are written into the folder `out`.

    Raises KeepsakeError when there is no such visit.
    """
    if not 0 <= visit < len(rows.visits):
        raise KeepsakeError(f"there is no prompt {visit}: the recipe has 0 to {len(rows.visits) - 1}")
    lines = [f"prompt {visit}: {rows.visits[visit].kind} sample {rows.visits[visit].draft.key}"]
    for message in rows.messages(visit):
        parts = (f"[{_write(out, part)}]" if isinstance(part, Photo) else part for part in message.parts)
        lines += [f"<{message.role}>", "".join(parts)]
    for row in read_lines(out / "rollouts.jsonl"):
        if row["visit"] == visit:
            sigmas = f"told {row['plus']:.2f}, leaked {row['minus']:.2f}, " if row["kind"] == "caption" else ""
            why = row["degenerate"] or f"{sigmas}{row['tokens']} tokens"
            lines += [f"<reward {row['reward']:+.2f} after {row['step']} steps: {why}>", row["text"]]
    return "\n".join(lines)


def _write(out: Path, photo: Photo) -> Path:
    """Write a photo into `out`; returns its path."""
    ending = "png" if photo.data.startswith(b"\x89PNG") else "jpg"
    path = private_folder(out / "photos") / f"{photo.sha256[:16]}.{ending}"
    write_bytes(path, photo.data)
    return path
