"""Snapshot of the last conversation's KV cache on disk: the first question after a restart reads only its own words.

An engine's state is bytes in a layout of its own, without a fingerprint: so the entry's name is a hash of everything
that shaped the state, and its header says what the cache holds. A snapshot is as private as the conversation: see
`disk_cache.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

from assistant.backends.cache import disk_cache
from assistant.backends.cache.prefix_cache import PrefixCache, Step


class KvSnapshot:
    """The snapshot of one engine with one KV cache."""

    def __init__(
        self, folder: Path, made_by: str, pack: Callable[[], bytes | memoryview], unpack: Callable[[bytes], bool]
    ) -> None:
        """`made_by` names model, version and settings: a state made by anything else is never restored.

        `pack` returns the engine's state. `unpack` puts a state into the engine's empty cache; it returns False, with
        the cache still empty, when the state does not fit.
        """
        self._folder, self._disk, self._pack, self._unpack = folder, disk_cache.conversation_cache(folder), pack, unpack
        self._name = hashlib.sha256(f"{disk_cache.FORMAT} {made_by}".encode()).hexdigest()[:32]
        self._epoch = disk_cache.epoch(folder)

    def epoch_changed(self) -> bool:
        """Whether any process has forgotten something since the last call."""
        before, self._epoch = self._epoch, disk_cache.epoch(self._folder)
        return before != self._epoch

    def save(self, prefix: PrefixCache) -> bool:
        """Write the state, in which `prefix` is cached. False when it cannot be written, or was forgotten meanwhile."""
        saved = self._disk.put(self._name, {"epoch": self._epoch, "steps": prefix.pack()}, self._pack())
        if disk_cache.epoch(self._folder) != self._epoch:
            self._disk.remove(self._name)
            return False
        return saved

    def restore(self, steps: Sequence[Step]) -> PrefixCache:
        """Load the state if it begins with the first of `steps`; returns what the cache then holds.

        The engine's cache must be empty before.
        """
        header = self._disk.peek(self._name)
        if header and header["epoch"] == self._epoch and PrefixCache.unpack(header["steps"]).shared(steps):
            entry = self._disk.get(self._name)
            if entry and self._unpack(entry[1]):
                return PrefixCache.unpack(entry[0]["steps"])
        return PrefixCache()
