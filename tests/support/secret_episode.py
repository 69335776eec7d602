"""An episode to be forgotten, with words that stand nowhere else, and its neighbours."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from memory.episode import Episode, Photo, Turn
from tests.support.encoded import encoded

DAY = datetime(2025, 5, 12, 10, tzinfo=UTC)
ENCODED = encoded("encoded", 48, 48, "PNG")


def episode(n: int, text: str, day: int = 0, place: str | None = None, data: bytes = b"") -> Episode:
    data = data or encoded(n, 48, 48, "PNG")
    photo = Photo(hashlib.sha256(data).hexdigest(), data, 48, 48)
    return Episode(photo, (Turn("user", text), Turn("assistant", f"So {text}")), DAY + timedelta(days=day), place)


SECRET = episode(0, "Zanzibarine ate quokkabread", 3, "Xylotown", ENCODED)
