"""The app's command line: its options, and names checked before anything opens."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from assistant.backend import Backend
from assistant.encoder.encoder import PhotoEncoder
from assistant.encoder.open_encoder import encoder_folder
from assistant.models import local
from assistant.models.photo_budget import PHOTO_TOKENS_HELP
from assistant.opening import MODELS_OWN, add_encoder_option, encoder_opener
from assistant.worker.open_backend import open_backend


@dataclass(frozen=True, slots=True)
class Arguments:
    """What the user asked for on the command line."""

    model: str | None
    memory: Path | None
    encoder: str | None
    demo: bool
    plain: bool
    photo_tokens: int | None = None

    @property
    def open_backend(self) -> Callable[[], Backend]:
        """Opens the language model."""
        return partial(open_backend, self.model, self.photo_tokens)

    @property
    def open_encoder(self) -> Callable[[], PhotoEncoder] | None:
        """Opens the photo encoder; None for the language model's own vision tower."""
        return encoder_opener(self.encoder)

    def check(self) -> None:
        """A misspelt name fails before the app opens: raises ModelError."""
        if self.model and self.model != "fake":
            local.find(self.model)
        if self.encoder != MODELS_OWN:
            encoder_folder(self.encoder)


def parse(argv: Sequence[str] | None) -> Arguments:
    """Read the command line (None: sys.argv). Wrong usage ends the program with code 2."""
    parser = argparse.ArgumentParser(prog="tui.py", description="Keepsake: show it a photo, it remembers yours.")
    parser.add_argument("--model", metavar="NAME", help="which model to use (default: the best one installed)")
    parser.add_argument("--memory", metavar="FILE", type=Path, help="the memory file (default: in Keepsake's folder)")
    add_encoder_option(parser)
    parser.add_argument("--demo", action="store_true", help="open the demo album")
    parser.add_argument("--plain", action="store_true", help="lines of text instead of a screen, for screen readers")
    parser.add_argument("--photo-tokens", type=int, metavar="N", help=PHOTO_TOKENS_HELP)
    wanted = Arguments(**vars(parser.parse_args(argv)))
    return replace(wanted, plain=True) if os.environ.get("TERM") == "dumb" else wanted  # it can show no screen
