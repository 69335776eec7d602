"""The demo album in a memory of its own, in a folder that goes with it: the user's own memory is never touched.

The folder lies under Keepsake's. One that a killed program left is deleted when the next one is made.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from assistant.encoder.encoder import PhotoEncoder
from demo import album
from memory.db.database_files import in_use
from memory.errors import MemoryFileError
from memory.paths import home, private_folder
from memory.store import Memory


class DemoMemory:
    """A memory that holds the demo album, until `close`."""

    def __init__(self, encoder: PhotoEncoder) -> None:
        """Raises MemoryFileError, ModelError; then nothing is left."""
        sweep()
        try:
            self.folder = Path(tempfile.mkdtemp(dir=private_folder(_folder())))
        except OSError as error:
            raise MemoryFileError(f"there is no room for the demo album: {error.strerror}: {_folder()}") from error
        try:
            self.memory = Memory(self.folder / "memory.db")
            album.load(self.memory, encoder)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the memory and delete its folder. Calling it twice is fine."""
        if hasattr(self, "memory"):
            self.memory.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def sweep() -> None:
    """Delete what killed programs left; a demo that another program has open stays."""
    for folder in _folder().glob("*/"):
        if not in_use(folder / "memory.db"):
            shutil.rmtree(folder, ignore_errors=True)


def _folder() -> Path:
    return home() / "demo"
