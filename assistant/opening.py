"""What a command opens: the memory, the photo encoder, and a language model only where one is needed.

`--encoder model` makes a language model's own vision tower the encoder, for research; then the model is loaded for
recall, too.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from assistant.backend import Backend
from assistant.conversation.events import unreadable_line
from assistant.encoder.encoder import BackendEncoder, PhotoEncoder
from assistant.encoder.open_encoder import open_encoder
from assistant.progress import progress_line
from assistant.sight import encode_missing
from memory.db.keys import ask_here
from memory.episode import Episode
from memory.paths import memory_file
from memory.store import Memory

MODELS_OWN = "model"
"""The name of the encoder that is the language model's own vision tower."""
ENCODER_HELP = (
    "the photo encoder: its folder, the name of one that was fetched, or 'model' for the language model's own tower "
    "(default: the one that ships with Keepsake)"
)


def add_encoder_option(parser: argparse.ArgumentParser) -> None:
    """Add --encoder."""
    parser.add_argument("--encoder", metavar="NAME", help=ENCODER_HELP)


def encoder_opener(name: str | None) -> Callable[[], PhotoEncoder] | None:
    """A function that opens the encoder of this name; None for the language model's own tower."""
    return None if name == MODELS_OWN else lambda: open_encoder(name)


@contextmanager
def encoder_and_model(
    encoder: str | None, model: str | None, *, generates: bool = False, photo_tokens: int | None = None
) -> Iterator[tuple[PhotoEncoder, Backend | None]]:
    """Open the encoder, and the language model if it `generates` or is the encoder; close both at the end.

    `photo_tokens`: most visual tokens of the photo that is asked about; None: as the model's folder says.
    Raises ModelError.
    """
    opener, backend = encoder_opener(encoder), None
    own = opener() if opener else None
    try:
        if generates or own is None:
            from assistant.worker.open_backend import open_backend  # a recall needs no model

            backend = open_backend(model, photo_tokens)
        yield own or BackendEncoder(_opened(backend)), backend
    finally:
        if own:
            own.close()
        if backend:
            backend.close()


def _opened(backend: Backend | None) -> Backend:
    assert backend is not None
    return backend


def open_memory(path: Path | None, backend: Backend | None = None, *, to_read: bool = False) -> Memory:
    """Open the memory for a command (None: the default file; `to_read`: see `memory_file`).

    For an encrypted memory the passphrase is asked for on the terminal, and `backend` keeps nothing on disk.
    """
    memory = Memory(memory_file(path, to_read=to_read), ask=ask_here)
    if backend and memory.encrypted:
        backend.set_ephemeral(True)
    return memory


def encode_with_progress(memory: Memory, encoder: PhotoEncoder) -> None:
    """Encode the photos that this encoder has not seen, with progress on stderr; a stopped command goes on from there.

    Photos of an older Keepsake, of another encoder, or from an archive have no tokens of this encoder.
    """

    def unreadable(episode: Episode) -> None:
        print(f"\n{unreadable_line(episode)}" if sys.stderr.isatty() else unreadable_line(episode), file=sys.stderr)

    encode_missing(memory, encoder, progress_line("looked at again"), unreadable=unreadable)
