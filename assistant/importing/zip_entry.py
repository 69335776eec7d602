"""One photo, or text, out of a ZIP: its bytes, or one line that says what is wrong with it."""

from __future__ import annotations

import zipfile

from assistant.photo import MAX_BYTES, shown
from memory.errors import PhotoError
from memory.maintenance.zip_files import DamagedZip, unpacked


def entry_bytes(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, mend: str, largest: int = MAX_BYTES
) -> bytes:
    """The bytes of an entry, which is called `name` in messages; `mend` says what helps against a damaged one. Raises
    PhotoError for one that is too large, damaged or empty."""
    if info.file_size > MAX_BYTES:
        raise PhotoError(f"{name}: the file is larger than {MAX_BYTES >> 30} GB; save a smaller copy of the photo")
    try:
        data = unpacked(archive, info, largest)
    except DamagedZip as error:
        raise PhotoError(f"{name}: cannot be unpacked ({shown(str(error.__cause__ or error))}); {mend}") from error
    if not data:
        raise PhotoError(f"{name}: the file is empty (0 bytes); copy it again")
    return data
