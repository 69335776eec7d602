"""A chat server that fails, is silent, refuses or is not there: one clear line, and nothing asked twice."""

from __future__ import annotations

import os
import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from benchmark.judges import chat_client as module
from benchmark.judges.chat_client import Endpoint, EndpointError
from tests.support.chatanswers import Serve, echo, failure, impatient, in_turn, serve, words
from tests.support.chatserver import HOST, Reply, free_port, last, says

__all__ = ["impatient", "serve"]


pytestmark = [pytest.mark.allow_hosts([HOST]), pytest.mark.timeout(60)]


def test_after_a_failure_only_what_is_missing_is_asked(serve: Serve, tmp_path: Path) -> None:
    broken = [True]
    server = serve(lambda body: Reply(500, b"boom") if broken[0] and last(body) == "9" else echo(body))
    own = Endpoint(server.url, "m", cache=tmp_path, concurrency=1, attempts=2)
    texts = [str(i) for i in range(12)]
    line = failure(own, *texts)
    assert line.endswith("what was answered is kept, and the same command goes on from there")
    assert [last(body) for body, _ in server.requests] == [*texts[:9], "9", "9"]
    broken[0] = False
    assert own.ask(words(*texts)) == [f"you said {t}" for t in texts]
    assert [last(body) for body, _ in server.requests[11:]] == ["9", "10", "11"]


def test_after_a_failure_nothing_new_is_asked_and_nobody_waits(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others were to wait a quarter of an hour for their second attempt."""
    monkeypatch.setattr(module, "BACKOFF", 1000)
    both = threading.Barrier(2, timeout=20)

    def reply(body: dict[str, Any]) -> Reply:
        both.wait()
        return Reply(500) if last(body) == "0" else Reply(400, b"too long")

    server = serve(reply)
    line = failure(Endpoint(server.url, "m", concurrency=2, timeout=2000), *map(str, range(50)))
    assert "answered HTTP 400 (too long): the server refuses this request" in line
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    "trouble",
    [
        Reply(500, b"boom"),
        Reply(503, b"loading model"),
        Reply(429, headers={"Retry-After": "0"}),
        Reply(429, headers={"Retry-After": "soon"}),
        Reply(200, says("hello").body[:40], missing=60),
        Reply(200, b"not gzip", headers={"Content-Encoding": "gzip"}),
    ],
    ids=["500", "503", "429", "429 without sense", "half a body", "garbled body"],
)
def test_passing_trouble_passes(serve: Serve, trouble: Reply) -> None:
    server = serve(in_turn(trouble, trouble, says("at last")))
    assert Endpoint(server.url, "m", attempts=3).ask(words("a")) == ["at last"]
    assert len(server.requests) == 3


LONG_AGO = "Sat, 28 Nov 2020 21:32:58 GMT"


@pytest.mark.parametrize("after", ["0", LONG_AGO])
def test_the_server_says_how_long_to_wait(serve: Serve, monkeypatch: pytest.MonkeyPatch, after: str) -> None:
    monkeypatch.setattr(module, "BACKOFF", 1000)
    server = serve(in_turn(Reply(429, headers={"Retry-After": after}), says("at last")))
    assert Endpoint(server.url, "m").ask(words("a")) == ["at last"]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [("7", 7), (" 0 ", 0), ("9" * 400, 999_999_999), ("-1", None), ("nan", None), ("", None), ("1.5", None)],
)
def test_odd_waiting_times(asked: str, expected: float | None) -> None:
    assert module._retry_after({"retry-after": asked}) == expected


def test_a_date_is_a_waiting_time() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    assert 80 < (module._retry_after({"retry-after": soon}) or 0) <= 90


def test_lasting_trouble_is_one_clear_line(serve: Serve) -> None:
    server = serve(lambda body: Reply(500, b"<h1>Out of\n\x1b[31m memory</h1>" + b"x" * 9000))
    line = failure(Endpoint(server.url, "m", attempts=3))
    assert line.startswith(f"{server.url} answered HTTP 500 (<h1>Out of [31m memory</h1>xxx")
    assert line.endswith("xxx), 3 attempts: see the server's log, or ask for less at once")
    assert len(server.requests) == 3


def test_a_silent_server_is_given_up(serve: Serve, tmp_path: Path) -> None:
    server = serve(lambda body: Reply(never=True))
    line = failure(Endpoint(server.url, "m", attempts=2, timeout=0.1))
    assert line == (
        f"{server.url} timed out after 0.1 s, 2 attempts: "
        "it is too slow or stuck: ask for less at once, or allow more time"
    )


def test_a_slow_start_is_forgiven(serve: Serve) -> None:
    server = serve(in_turn(Reply(never=True), says("at last")))
    assert Endpoint(server.url, "m", timeout=0.3).ask(words("a")) == ["at last"]


def test_nobody_there() -> None:
    url = f"http://{HOST}:{free_port()}/v1"
    line = failure(Endpoint(url, "m", attempts=3))
    assert line.startswith(f"{url} cannot be reached (") and "refused" in line
    assert line.endswith("), 3 attempts: is the server running there?")


def test_a_body_that_is_always_cut_off(serve: Serve) -> None:
    server = serve(lambda body: Reply(200, b'{"choi', missing=10))
    assert " broke off (" in failure(Endpoint(server.url, "m", attempts=2))
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (
            Reply(404, b'{"error": "no model m"}'),
            'HTTP 404 ({"error": "no model m"}): check that the address ends in /v1',
        ),
        (Reply(401, b"who are you"), "HTTP 401 (who are you): check the key"),
        (Reply(403), "HTTP 403 (no reason given): check the key"),
        (Reply(400, b"context too long"), "HTTP 400 (context too long): the server refuses this request"),
        (Reply(307, headers={"Location": "http://192.0.2.1/"}), "HTTP 307 (no reason given): the server refuses"),
        (Reply(200, b"<!doctype html><title>Ollama"), "gave no chat completion (<!doctype html><title>Ollama): check"),
        (Reply(200, b'{"error": "Unexpected endpoint"}'), 'gave no chat completion ({"error": "Unexpected endpoint"})'),
        (Reply(200, b""), "gave no chat completion (no reason given)"),
        (Reply(200, b"[]"), "gave no chat completion ([])"),
        (Reply(200, b'{"choices": []}'), "gave no chat completion"),
        (Reply(200, b'{"choices": [{"message": {"content": [1]}}]}'), "gave no chat completion"),
        (Reply(200, b"\xff\xfe{"), "gave no chat completion"),
        (Reply(200, b"[" * 100_000), "gave no chat completion"),
    ],
    ids=lambda x: str(x)[:30] if isinstance(x, str) else "",
)
def test_what_asking_again_does_not_mend_is_asked_once(serve: Serve, reply: Reply, expected: str) -> None:
    server = serve(lambda body: reply)
    assert expected in failure(Endpoint(server.url, "m"))
    assert len(server.requests) == 1


def test_a_wrong_path_is_a_404(serve: Serve) -> None:
    server = serve(echo)
    assert "HTTP 404 (no such page): check that the address ends in /v1 and that the server has a model 'm'" in failure(
        Endpoint(server.url.removesuffix("/v1"), "m")
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"url": "localhost:8000/v1"}, r"'localhost:8000/v1' is no server's address: give its base"),
        ({"url": ""}, "is no server's address"),
        ({"url": "ftp://host/v1"}, "is no server's address"),
        ({"url": "http:///v1"}, "is no server's address"),
        ({"url": "http://host:port/v1"}, "is no server's address"),
        ({"url": "http://[::1/v1"}, "is no server's address"),
        ({"url": "http://me:pass@host/v1"}, "^the address of host holds a user, a password or a query"),
        ({"url": "http://host/v1?key=abc"}, "^the address of host holds"),
        ({"key": "abc\n"}, "^the key of the server is empty or holds line breaks"),
        ({"key": ""}, "^the key of the server"),
        ({"key": "ключ"}, "^the key of the server"),
        ({"concurrency": 0}, "must be above 0"),
        ({"attempts": 0}, "must be above 0"),
        ({"timeout": 0}, "must be above 0"),
    ],
    ids=str,
)
def test_nonsense_is_refused_before_anything_is_sent(given: dict[str, Any], expected: str) -> None:
    with pytest.raises(EndpointError, match=expected) as caught:
        Endpoint(**{"url": "http://host/v1", "model": "m", **given})
    assert "abc" not in str(caught.value) and "pass@" not in str(caught.value)


@pytest.mark.parametrize("host", ["ho\x00st", "a" * 70], ids=["zero byte", "too long"])
def test_an_address_nobody_can_have(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    line = failure(Endpoint(f"http://{host}/v1", "m", attempts=1))
    assert "is no address" in line or "cannot be reached" in line


def test_a_cache_that_cannot_be_used_is_one_clear_line(serve: Serve, tmp_path: Path) -> None:
    server = serve(echo)
    (tmp_path / "file").write_text("in the way")
    own = Endpoint(server.url, "m", cache=tmp_path / "file")
    assert failure(own) == f"{own.cache}: its answers cannot be read (Not a directory)"
    own = Endpoint(server.url, "m", cache=tmp_path / "folder")
    own.ask(words("hello"))
    [path] = own.cache.iterdir()
    path.unlink()
    path.mkdir()
    assert failure(own) == f"{own.cache}: its answers cannot be read (Is a directory)"


def test_a_full_disk_is_one_clear_line(serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    monkeypatch.setattr(os, "link", full)  # where a file has no name until it is whole
    own = Endpoint(serve(echo).url, "m", cache=tmp_path)
    expected = f"{tmp_path}: an answer cannot be kept (No space left on device); make room, or choose another folder"
    assert failure(own) == expected
