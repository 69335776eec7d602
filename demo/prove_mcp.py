"""A session with `python -m assistant mcp` under watch, for `prove-offline`: what a program of the user's would do.

The server is a child process, and the official SDK's own client talks to it over pipes. On Linux the kernel looks at
every system call of the server and kills it when it opens a network socket, C code included.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from assistant.encoder.encoder import PhotoEncoder
from assistant.offline import ROOT
from demo import album, syscalls
from memory.errors import KeepsakeError
from memory.store import Memory

SECONDS = 120.0
"""A session takes a few; one that takes so long has failed."""
WATCHED = """import sys
from demo import syscalls
if syscalls.available():
    syscalls.forbid_sockets_and_writes(writes=False)
"""
SERVE = f"{WATCHED}from assistant.__main__ import main\nsys.exit(main(['mcp', *sys.argv[1:]]))"
ON_PURPOSE = f"{WATCHED}import socket\nsocket.socket()"


@dataclass(frozen=True, slots=True)
class McpEvidence:
    """What a whole session with the server showed: it ended without a use of the network, or there is no evidence."""

    checked: bool
    """False: the package `mcp` is not installed, so there is no server either."""
    tools: int = 0
    memories: int = 0
    """How many memories the server handed out, by words and by photo."""
    killed: int = 0
    """Of one network socket opened on purpose under the same watch, afterwards: how many the kernel stopped."""


def session(encoder: PhotoEncoder, name: str | None) -> McpEvidence:
    """Search by words, recall by photo and list names in a copy of the demo album. Raises KeepsakeError."""
    if importlib.util.find_spec("mcp") is None:
        return McpEvidence(False)
    import anyio

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "memory.db"
        with Memory(file) as memory:
            album.load(memory, encoder)
        options = ["--memory", str(file), *(["--encoder", name] if name else [])]
        try:
            tools, memories = anyio.run(_talk, options)
        except Exception as error:  # the SDK's own kinds, in groups: a server that was killed closes its pipes
            raise KeepsakeError(f"the session with `python -m assistant mcp` failed: {_innermost(error)}") from error
    command = [sys.executable, "-c", ON_PURPOSE]
    tried = subprocess.run(command, cwd=ROOT, env=_environment(), capture_output=True, text=True, check=False)
    return McpEvidence(True, tools, memories, int(syscalls.was_killed(tried)))


async def _talk(options: list[str]) -> tuple[int, int]:
    """A session of the SDK's client; returns how many tools there were, and how many memories came."""
    import anyio
    from mcp.client import Client
    from mcp.client.stdio import StdioServerParameters

    command = StdioServerParameters(command=sys.executable, args=["-c", SERVE, *options], env=_environment(), cwd=ROOT)
    calls: tuple[tuple[str, dict[str, str]], ...] = (
        ("search_memories", {"words": album.QUESTION}),
        ("recall_by_photo", {"photo": str(album.demo_photo())}),
        ("list_people_and_things", {}),
    )
    memories = 0
    with anyio.fail_after(SECONDS):
        async with Client(command) as client:
            tools = (await client.list_tools()).tools
            for tool, arguments in calls:
                answer = await client.call_tool(tool, arguments)
                if answer.is_error:
                    raise KeepsakeError(f"{tool}: {answer.content}")
                memories += len((answer.structured_content or {}).get("memories", ()))
    return len(tools), memories


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def _innermost(error: BaseException) -> str:
    """The first error inside groups of errors, in one line."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return " ".join(str(error).split()) or type(error).__name__
