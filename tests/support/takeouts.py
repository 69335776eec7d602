"""Parts of an export of Google Photos, as ZIPs."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

from tests.support.albums import picture

YEAR = "Takeout/Google Photos/Photos from 2018"


def google(description: str) -> bytes:
    """A photo's JSON, taken on 5 April 2018."""
    return json.dumps({"description": description, "photoTakenTime": {"timestamp": "1522917000"}}).encode()


def zipped(path: Path, files: dict[str, int | bytes]) -> Path:
    """A ZIP of photos, given as seeds of their pixels, and of other files."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            if isinstance(data, int):
                file = io.BytesIO()
                picture(data).save(file, "JPEG")
                data = file.getvalue()
            archive.writestr(name, data)
    return path
