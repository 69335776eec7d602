"""The answers of a chat server on disk: a file for each request, named by the hash of all that the answer depends on.

A file holds {"model", "text"} and no photo. One that is missing or damaged counts as absent, so its request is sent
again. The folder is for this user only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from assistant.backend import Message
from benchmark.judges.errors import EndpointError
from memory import files
from memory.episode import Photo
from memory.paths import private_folder


def answer_key(model: str, sampling: Sequence[float | int | None], request: Sequence[Message]) -> str:
    """The hash that names an answer's file. Changing what goes into it asks everything again."""
    content = {
        "model": model,
        "sampling": list(sampling),
        "messages": [[m.role, [[p.sha256] if isinstance(p, Photo) else p for p in m.parts]] for m in request],
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def read_answer(folder: Path, key: str) -> str | None:
    """The stored answer, if there is one. Raises EndpointError when the folder cannot be read."""
    try:
        text = json.loads((folder / f"{key}.json").read_bytes())["text"]
    except (FileNotFoundError, ValueError, LookupError, TypeError, RecursionError):
        return None
    except OSError as error:
        raise EndpointError(f"{folder}: its answers cannot be read ({error.strerror})") from error
    return text if isinstance(text, str) else None


def store_answer(folder: Path, key: str, model: str, text: str) -> None:
    """Write an answer's file whole; the folder is made when it is missing. Raises EndpointError."""
    try:
        private_folder(folder)
        files.write_text(folder / f"{key}.json", json.dumps({"model": model, "text": text}))
    except OSError as error:
        hint = "make room, or choose another folder"
        raise EndpointError(f"{folder}: an answer cannot be kept ({error.strerror}); {hint}") from error
