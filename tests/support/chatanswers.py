"""Chat servers that end with the test, and what they answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest

from assistant.backend import Message
from benchmark.judges import chat_client as module
from benchmark.judges.chat_client import Endpoint, EndpointError, Request
from tests.support.chatserver import ChatServer, Reply, last, says

Serve = Callable[[Callable[[dict[str, Any]], Reply]], ChatServer]


def words(*texts: str) -> list[Request]:
    return [(Message("user", (text,)),) for text in texts]


def echo(body: dict[str, Any]) -> Reply:
    return says(f"you said {last(body)}")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BACKOFF", 0.01)


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start servers that end with the test."""
    running: list[ChatServer] = []

    def start(reply: Callable[[dict[str, Any]], Reply]) -> ChatServer:
        running.append(ChatServer(reply))
        return running[-1]

    yield start
    for server in running:
        server.close()


def in_turn(*replies: Reply) -> Callable[[dict[str, Any]], Reply]:
    """The first request gets the first reply, and so on; the last one stays."""
    number = count()
    return lambda body: replies[min(next(number), len(replies) - 1)]


def failure(endpoint: Endpoint, *texts: str) -> str:
    """The one line an asking ends with."""
    with pytest.raises(EndpointError) as caught:
        endpoint.ask(words(*(texts or ("hello",))))
    line = str(caught.value)
    assert "\n" not in line and len(line) < 600
    return line
