"""The last conversation's KV cache on disk, so that the first question after a restart reads its own words only.

llama.cpp's state is an internal layout without a fingerprint: the entry's name holds everything that shaped it, and
the ledger lies beside it. It is as private as the conversation: see `diskcache.py`.
"""

from __future__ import annotations

import ctypes
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from assistant import diskcache
from assistant.ledger import Ledger, Unit


class WarmStart:
    """Of one context of llama.cpp."""

    def __init__(self, folder: Path, made_by: str) -> None:
        """`made_by` names model, version and settings: a state made by anything else is never taken up."""
        self._folder, self._disk = folder, diskcache.talk(folder)
        self._name = hashlib.sha256(f"{diskcache.FORMAT} {made_by}".encode()).hexdigest()[:32]
        self._epoch = diskcache.epoch(folder)

    def forgotten(self) -> bool:
        """Whether something was forgotten, by any process, since this was last asked."""
        before, self._epoch = self._epoch, diskcache.epoch(self._folder)
        return before != self._epoch

    def save(self, llama: Any, ctx: Any, ledger: Ledger) -> bool:
        """Keep the state. False when that is not possible, or something was forgotten at this very moment."""
        size = llama.llama_state_seq_get_size(ctx, 0)
        state = (ctypes.c_uint8 * size)()
        llama.llama_state_seq_get_data(ctx, state, size, 0)
        header = {"epoch": self._epoch, "units": ledger.pack()}
        kept = self._disk.put(self._name, header, memoryview(state).cast("B"))
        if diskcache.epoch(self._folder) != self._epoch:
            self._disk.drop(self._name)
            return False
        return kept

    def restore(self, llama: Any, ctx: Any, units: Sequence[Unit]) -> Ledger:
        """Load the state if it begins as `units` do; returns what the context holds now. The context must be empty."""
        header = self._disk.peek(self._name)
        if header and header["epoch"] == self._epoch and Ledger.unpack(header["units"]).shared(units):
            found = self._disk.get(self._name)
            if found:
                header, body = found
                state = (ctypes.c_uint8 * len(body)).from_buffer_copy(body)
                if llama.llama_state_seq_set_data(ctx, state, len(body), 0):
                    return Ledger.unpack(header["units"])
                llama.llama_memory_clear(llama.llama_get_memory(ctx), True)
        return Ledger()
