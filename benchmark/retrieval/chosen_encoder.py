"""Which photo encoder a command measures: `--encoder` NAME, FOLDER, or "model" for a language model's own tower."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager

from assistant.encoder.encoder import BackendEncoder, PhotoEncoder
from assistant.encoder.open_encoder import DEFAULT, open_encoder

MODEL = "model"
"""Stands for the vision tower of the language model that `--model` names."""


def add_encoder(parser: argparse.ArgumentParser, *, several: bool) -> None:
    """Add `--encoder`; with `several` it may be given more than once."""
    words = f"an encoder's name or folder, or {MODEL!r} for the own tower of --model"
    parser.add_argument("--encoder", action="append" if several else "store", metavar="NAME", help=words)


@contextmanager
def opened(name: str | None, model: str) -> Iterator[PhotoEncoder]:
    """The encoder `name` (None: the one that ships), closed in the end. `model` is the language model's name or folder.

    Raises ModelError.
    """
    if name == MODEL:
        from assistant.backends.llamacpp import LlamaCpp
        from assistant.models.local import load

        backend = LlamaCpp(load(model))
        try:
            yield BackendEncoder(backend)
        finally:
            backend.close()
        return
    encoder = open_encoder(name or DEFAULT)
    try:
        yield encoder
    finally:
        encoder.close()
