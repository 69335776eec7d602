"""`python -m assistant search TEXT`: what `python -m memory search TEXT` finds, and what is found by meaning."""

from __future__ import annotations

import argparse
from pathlib import Path

from assistant.embedder.embed_words import embed_missing
from assistant.embedder.text_embedder import TextEmbedder
from assistant.opening import open_memory
from assistant.progress import progress_line
from memory.__main__ import print_found
from memory.commands.argument_types import Commands, positive


def add(commands: Commands) -> None:
    """Add the command to the assistant's parser."""
    about = "memories that have these words or mean something like them (English), or of a time"
    find = commands.add_parser("search", help=about, description=about)
    find.add_argument("text", metavar="TEXT", help="such as 'when did we get hitched?'")
    find.add_argument("-k", type=positive, default=10, metavar="N", help="at most N memories (default 10)")
    find.add_argument("--memory", type=Path, help="the memory file (default: under KEEPSAKE_HOME)")
    find.add_argument("--json", action="store_true", help="print a JSON object a line on stdout")
    find.set_defaults(run=_search)


def _search(args: argparse.Namespace) -> int:
    """Embed the words that the embedder has not read, with progress, and print what is found. Raises KeepsakeError."""
    with open_memory(args.memory, to_read=True) as memory:
        memory.embedder = embedder = TextEmbedder()
        embed_missing(memory, embedder, progress_line("read for their meaning", "memory", "memories"))
        return print_found(memory, args)
