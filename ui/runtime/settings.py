"""The user's settings of the app: a small JSON file in Keepsake's folder, written whole at each change.

A file that cannot be read counts as empty; one that cannot be written is told by `put`.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from memory.errors import KeepsakeError
from memory.files import write_text
from memory.paths import home, private_folder


def _file() -> Path:
    return home() / "settings.json"


def _all() -> dict[str, Any]:
    with suppress(OSError, ValueError):
        kept = json.loads(_file().read_text(encoding="utf-8"))
        if isinstance(kept, dict):
            return kept
    return {}


def get(name: str, default: Any = None) -> Any:
    """The value of a setting; `default` where the user has set none."""
    return _all().get(name, default)


def put(name: str, value: Any) -> None:
    """Keep a setting; None removes it. Raises KeepsakeError when the file cannot be written."""
    kept = _all()
    if kept.get(name) == value:
        return
    kept = {key: other for key, other in kept.items() if key != name} | ({} if value is None else {name: value})
    try:
        private_folder(home())
        write_text(_file(), json.dumps(kept, ensure_ascii=False, indent=2) + "\n", private=True)
    except OSError as error:
        raise KeepsakeError(f"the setting cannot be kept: {error.strerror}: {_file()}") from error
