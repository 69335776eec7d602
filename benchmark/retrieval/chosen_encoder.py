"""Which photo encoder a command measures: `--encoder` NAME, FOLDER, or "model" for a language model's own tower."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager

from assistant.encoder.encoder import PhotoEncoder
from assistant.opening import MODELS_OWN, encoder_and_model


def add_encoder(parser: argparse.ArgumentParser, *, several: bool) -> None:
    """Add `--encoder`; with `several` it may be given more than once."""
    words = f"an encoder's name or folder, or {MODELS_OWN!r} for the own tower of --model"
    parser.add_argument("--encoder", action="append" if several else "store", metavar="NAME", help=words)


@contextmanager
def opened(name: str | None, model: str) -> Iterator[PhotoEncoder]:
    """The encoder `name` (None: the one that ships), closed in the end. `model` is the language model's name or folder.

    Raises ModelError.
    """
    with encoder_and_model(name, model) as (encoder, _):
        yield encoder
