"""Errors a user is meant to read. The whole tree of the project:

    KeepsakeError            one clear line: what was wrong, the value, what to do next
    ├── MemoryFileError      the memory file cannot be opened, read or written        (memory)
    ├── UnknownEpisode       no episode has this id                                   (memory)
    ├── PhotoError           a file is missing, not a photo, damaged, or far too big  (assistant)
    ├── ModelError           a model's files are missing, wrong, or cannot be loaded  (assistant)
    │   └── PromptTooLong    the prompt does not fit the model's context              (assistant)
    ├── ModelStopped         the model's process died or was cancelled mid-answer     (assistant)
    └── EndpointError        a chat server cannot be asked, or its answers not kept   (benchmark)
        └── RequestRefused   the server takes this one request not                    (benchmark)

Catch KeepsakeError at the edge (command line, app) and print it. Anything else is a bug: let it crash.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import NoReturn


class KeepsakeError(Exception):
    """Base class: the message is for the user."""


class MemoryFileError(KeepsakeError):
    """The memory file cannot be opened, read or written."""


class UnknownEpisode(KeepsakeError):
    """No episode has this id."""


class PhotoError(KeepsakeError):
    """A file that should be a photo is not usable."""


class ModelError(KeepsakeError):
    """A model's files are missing, wrong, or cannot be loaded."""


class PromptTooLong(ModelError):
    """The prompt does not fit the model's context; nothing was changed."""


class ModelStopped(KeepsakeError):
    """The model's process died, or was cancelled while it answered."""


def exit_with(main: Callable[[], int]) -> NoReturn:
    """Run a command line and end the process with its exit code.

    When whoever reads the output has seen enough (`| head`), the process ends at once, with code 1 and without a word.
    """
    try:
        try:
            code = main()
        finally:
            sys.stdout.flush()  # also what argparse printed: at the process's own end it is too late to catch
    except BrokenPipeError:  # the pipes of the model's process are watched where they are used
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left unwritten would fail once more
        code = 1
    sys.exit(code)
