"""What runs the model of an opened backend, by its own type: for tests of what only one engine has."""

from __future__ import annotations

from assistant.backends.cached_backend import CachedBackend
from assistant.backends.causal.causal_runner import CausalRunner
from assistant.backends.llama.llamacpp import LlamaCppRunner
from assistant.backends.llama.mtmd import VisionEncoder


def llama_runner(backend: CachedBackend) -> LlamaCppRunner:
    assert isinstance(backend.runner, LlamaCppRunner)
    return backend.runner


def causal_runner(backend: CachedBackend) -> CausalRunner:
    assert isinstance(backend.runner, CausalRunner)
    return backend.runner


def tower(backend: CachedBackend) -> VisionEncoder:
    """The vision tower that llama.cpp runs."""
    vision = llama_runner(backend).vision
    assert isinstance(vision, VisionEncoder)
    return vision
