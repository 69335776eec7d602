"""Verifying a memory: every row, the indexes and the snapshots are read and checked."""

from __future__ import annotations

from memory.db import database_files, snapshots, word_index
from memory.db.checks import CHECKS
from memory.db.memory_file import MemoryFile
from memory.errors import MemoryFileError
from memory.search import meaning, vector_index


def problems(file: MemoryFile) -> list[str]:
    """Problems of an open memory, one line each; none when all is well. A wrong vector index is made anew."""
    found: list[str] = []
    for check in (*CHECKS, meaning.check, None):
        try:
            if check is None:
                found += _repaired_indexes(file)
                continue
            # SQLite checks an index of words by a statement that writes, and lets no reader wait to become a writer.
            writes = check is word_index.check and not file.read_only
            with file.transaction("IMMEDIATE" if writes else "DEFERRED") as db:
                found += check(db)
        except MemoryFileError as error:
            if "locked" in str(error.__cause__):  # another program writes: that is no damage
                raise
            if file.read_only and "readonly" in str(error.__cause__):
                continue  # the index of words cannot be checked here
            found.append(str(error))
        except (ValueError, UnicodeError) as error:
            found.append(f"a stored value is not what it should be: {error}")
    for kept in database_files.snapshots(file.path):
        if wrong := snapshots.problem(kept.file, file.key):
            found.append(f"snapshot {kept.file.name}: {wrong}")
    return found


def _repaired_indexes(file: MemoryFile) -> list[str]:
    """Make a vector index anew that does not agree with its photos; a line for each."""
    with file.transaction() as db:
        spaces = vector_index.wrong(db)
    if spaces:
        with file.transaction("IMMEDIATE") as db:
            for space in spaces:
                vector_index.build(db, space)
    return [f"the vector index for {space} did not agree with its photos: it was made anew" for space in spaces]
