"""The hub's HTTP client with bounds on answers: a list of files that is too long, or comes too slowly, is an error.

Files themselves are bounded by the size that the list promised (`hub_client.py`).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import cache
from typing import Any

LONGEST = 1 << 25
"""Bytes of the longest list of files."""
SECONDS = 60.0
"""The longest time that a list may take."""


@cache
def bound_answers() -> None:
    """Let the hub's library use this client from now on."""
    import httpx2
    from huggingface_hub import set_client_factory
    from huggingface_hub.utils import _http

    class Bounded(httpx2.SyncByteStream):
        """The body of an answer, which raises ReadError when it passes a bound."""

        def __init__(self, stream: Any) -> None:
            self._stream = stream

        def __iter__(self) -> Iterator[bytes]:
            size, until = 0, time.monotonic() + SECONDS
            for piece in self._stream:
                size += len(piece)
                if size > LONGEST or time.monotonic() > until:
                    raise httpx2.ReadError("an answer without end")
                yield piece

        def close(self) -> None:
            self._stream.close()

    def bounded(response: Any) -> None:
        if response.status_code >= 300 or response.request.url.path.startswith("/api/"):
            response.stream = Bounded(response.stream)

    def client() -> httpx2.Client:
        made = _http.default_client_factory()
        made.event_hooks = {**made.event_hooks, "response": [bounded]}
        made.max_redirects = 5
        return made

    set_client_factory(client)
