"""Open a backend by the name of its model."""

from __future__ import annotations

from dataclasses import replace

from assistant.backend import Backend
from assistant.models.local import load
from assistant.models.photo_budget import MOST_PHOTO_TOKENS
from assistant.worker.worker_backend import WorkerBackend
from memory.errors import ModelError


def open_backend(name: str | None = None, photo_tokens: int | None = None) -> Backend:
    """A backend with its model loaded: in a process of its own, or the `FakeBackend` for "fake". Raises ModelError.

    `photo_tokens`: most visual tokens of the photo that is asked about; None: as the model's folder says.
    """
    if name == "fake":
        from assistant.backends.fake import FakeBackend

        return FakeBackend()
    spec = load(name)
    if photo_tokens:
        if spec.side:
            raise ModelError(
                f"{spec.name} sees every photo as one square: leave --photo-tokens out, or take a Qwen3-VL"
            )
        if not spec.budget.least <= photo_tokens <= MOST_PHOTO_TOKENS:
            span = f"{spec.budget.least} to {MOST_PHOTO_TOKENS}"
            raise ModelError(f"a photo of {photo_tokens} visual tokens: --photo-tokens must be {span}")
        memory = min(spec.budget.memory, photo_tokens)
        spec = replace(spec, budget=replace(spec.budget, query=photo_tokens, memory=memory))
    backend = WorkerBackend(spec)
    backend.start()
    return backend
