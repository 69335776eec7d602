"""The last conversation's KV cache on disk, so that the first question after a restart reads its own words only.

An engine's state is bytes here, an internal layout without a fingerprint: the entry's name holds everything that shaped
it, and the ledger lies beside it. It is as private as the conversation: see `disk_cache.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

from assistant.backends import disk_cache
from assistant.backends.prefix_cache import PrefixCache, Step


class KvSnapshot:
    """Of one engine with one KV cache."""

    def __init__(
        self, folder: Path, made_by: str, pack: Callable[[], bytes | memoryview], unpack: Callable[[bytes], bool]
    ) -> None:
        """`made_by` names model, version and settings: a state made by anything else is never taken up.

        `pack`: the engine's state. `unpack`: put one into its empty cache; False: it does not fit, the cache is empty.
        """
        self._folder, self._disk, self._pack, self._unpack = folder, disk_cache.talk(folder), pack, unpack
        self._name = hashlib.sha256(f"{disk_cache.FORMAT} {made_by}".encode()).hexdigest()[:32]
        self._epoch = disk_cache.epoch(folder)

    def forgotten(self) -> bool:
        """Whether something was forgotten, by any process, since this was last asked."""
        before, self._epoch = self._epoch, disk_cache.epoch(self._folder)
        return before != self._epoch

    def save(self, ledger: PrefixCache) -> bool:
        """Keep the state. False when that is not possible, or something was forgotten at this very moment."""
        kept = self._disk.put(self._name, {"epoch": self._epoch, "steps": ledger.pack()}, self._pack())
        if disk_cache.epoch(self._folder) != self._epoch:
            self._disk.drop(self._name)
            return False
        return kept

    def restore(self, steps: Sequence[Step]) -> PrefixCache:
        """Load the state if it begins with the first of `steps`; returns what the cache then
        holds. The cache must be empty."""
        header = self._disk.peek(self._name)
        if header and header["epoch"] == self._epoch and PrefixCache.unpack(header["steps"]).shared(steps):
            found = self._disk.get(self._name)
            if found and self._unpack(found[1]):
                return PrefixCache.unpack(found[0]["steps"])
        return PrefixCache()
