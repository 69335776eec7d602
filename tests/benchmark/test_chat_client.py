"""Asking a server: everything is asked once, trouble is met with patience or with one clear line, answers stay."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from assistant.backend import Message
from assistant.photo import from_image
from benchmark.judges import chat_client as module
from benchmark.judges.chat_client import Endpoint, EndpointError, Request
from tests.support.chatserver import HOST, ChatServer, Reply, free_port, last, says

pytestmark = [pytest.mark.allow_hosts([HOST]), pytest.mark.timeout(60)]
Serve = Callable[[Callable[[dict[str, Any]], Reply]], ChatServer]
ROOT = Path(__file__).parents[2]


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


def test_what_is_sent_is_what_vllm_and_llama_server_read(serve: Serve) -> None:
    server = serve(echo)
    noise = np.random.default_rng(0).integers(0, 255, (600, 500, 3), np.uint8)
    small, large = from_image(Image.new("RGB", (8, 6), "red")), from_image(Image.fromarray(noise))
    talk = (
        Message("system", ("Be ", "brief.")),
        Message("user", ("Before: ", small, "Now: ", large, "Who?")),
        Message("assistant", ("Carl.",)),
        Message("user", ("Sure?",)),
    )
    Endpoint(server.url + "/", "some model", key="secret").ask([talk])
    [(body, headers)] = server.requests
    assert headers["authorization"] == "Bearer secret" and headers["content-type"] == "application/json"
    pictures = [p["image_url"]["url"] for p in body["messages"][1]["content"] if p["type"] == "image_url"]
    assert [p.split(",")[0] for p in pictures] == ["data:image/png;base64", "data:image/jpeg;base64"]
    assert [base64.b64decode(p.split(",")[1]) for p in pictures] == [small.data, large.data]
    assert [p.get("text") for p in body["messages"][1]["content"]] == ["Before: ", None, "Now: ", None, "Who?"]
    assert [m["role"] for m in body["messages"]] == ["system", "user", "assistant", "user"]
    assert [body["messages"][i]["content"] for i in (0, 2, 3)] == ["Be brief.", "Carl.", "Sure?"]
    del body["messages"]
    sampling = {"temperature": 0.7, "top_p": 0.8, "top_k": 20, "min_p": 0.0, "seed": 0}
    assert body == {"model": "some model", **sampling}


def test_options_can_be_left_out_or_set(serve: Serve) -> None:
    server = serve(echo)
    Endpoint(server.url, "m", temperature=0, top_p=1, top_k=None, max_tokens=7, seed=3).ask(words("a"))
    [(body, headers)] = server.requests
    del body["messages"]
    assert body == {"model": "m", "temperature": 0, "top_p": 1, "seed": 3, "max_tokens": 7}
    assert "authorization" not in headers


def test_answers_come_in_order_and_many_at_once(serve: Serve) -> None:
    """A request is answered only when three others wait with it; a fifth at a time would be noticed."""
    together, waiting, most = threading.Barrier(4, timeout=20), [0], []
    lock = threading.Lock()

    def reply(body: dict[str, Any]) -> Reply:
        with lock:
            waiting[0] += 1
            most.append(waiting[0])
        together.wait()
        with lock:
            waiting[0] -= 1
        together.wait()
        return echo(body)

    texts = [f"number {i}" for i in range(12)]
    assert Endpoint(serve(reply).url, "m", concurrency=4).ask(words(*texts)) == [f"you said {t}" for t in texts]
    assert max(most) == 4


def test_the_same_is_asked_once(serve: Serve) -> None:
    server = serve(echo)
    assert Endpoint(server.url, "m").ask(words("a", "b", "a")) == ["you said a", "you said b", "you said a"]
    assert sorted(last(body) for body, _ in server.requests) == ["a", "b"]
    assert Endpoint(server.url, "m").ask([]) == []


def test_kept_answers_need_no_server(serve: Serve, tmp_path: Path) -> None:
    server = serve(echo)
    own = Endpoint(server.url, "m", cache=tmp_path / "new" / "answers", attempts=1)
    photo, other = (from_image(Image.new("RGB", (8, 6), colour)) for colour in ("red", "blue"))
    shown = [(Message("user", ("Who is it?", photo)),)]
    first = own.ask(words("a", "b") + shown)
    assert {f.suffix for f in own.cache.iterdir()} == {".json"} and len(list(own.cache.iterdir())) == 3
    server.close()
    assert own.ask(words("a", "b") + shown) == first
    assert own.ask(shown + words("b", "a")) == first[::-1]
    elsewhere = replace(own, url=f"http://{HOST}:{free_port()}/v1", key="k", timeout=5, concurrency=1)
    assert elsewhere.ask(words("b")) == first[1:2]
    for option in (
        {"model": "n"},
        {"seed": 1},
        {"temperature": 0.5},
        {"top_p": 0.5},
        {"top_k": None},
        {"max_tokens": 9},
    ):
        assert "cannot be reached" in failure(replace(own, **option), "a")
    with pytest.raises(EndpointError, match="cannot be reached"):
        own.ask([(Message("user", ("Who is it?", other)),)])
    with pytest.raises(EndpointError, match="cannot be reached"):
        own.ask([(Message("system", ("a",)),)])


@pytest.mark.parametrize(
    "damage", [b"", b'{"text": "you sa', b"[]", b"3", b'{"text": 3}', b'{"model": "m"}', b"\xff\xfe", b"[" * 100_000]
)
def test_a_damaged_answer_is_asked_again_and_mended(serve: Serve, tmp_path: Path, damage: bytes) -> None:
    server = serve(echo)
    own = Endpoint(server.url, "m", cache=tmp_path)
    own.ask(words("a"))
    [path] = tmp_path.iterdir()
    whole = path.read_bytes()
    path.write_bytes(damage)
    assert own.ask(words("a")) == ["you said a"]
    assert len(server.requests) == 2 and path.read_bytes() == whole


def test_an_answer_cut_off_by_a_kill_is_not_there(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(echo)
    own = Endpoint(server.url, "m", cache=tmp_path)
    with monkeypatch.context() as patch:

        def killed(path: Path, target: Path) -> None:
            raise KeyboardInterrupt

        def not_reached(path: Path, missing_ok: bool = False) -> None:
            """A killed process cleans nothing up."""

        patch.setattr(Path, "replace", killed)
        patch.setattr(Path, "unlink", not_reached)
        with pytest.raises(KeyboardInterrupt):
            own.ask(words("a"))
    assert [p.suffix for p in tmp_path.iterdir()] == [".partial"]
    assert own.ask(words("a")) == ["you said a"] and len(server.requests) == 2


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


def test_the_key_stays_secret(serve: Serve, tmp_path: Path) -> None:
    """Some servers repeat the key that they refuse."""
    key = "sk-very-secret"
    server = serve(in_turn(says("hello"), Reply(401, f"Incorrect API key provided: {key}.".encode())))
    own = Endpoint(server.url, "m", key=key, cache=tmp_path)
    own.ask(words("a"))
    assert "(Incorrect API key provided: [key].)" in failure(own, "b")
    assert key not in repr(own)
    assert [f for f in tmp_path.iterdir() if key.encode() in f.read_bytes()] == []


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
    def full(path: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    own = Endpoint(serve(echo).url, "m", cache=tmp_path)
    expected = f"{tmp_path}: an answer cannot be kept (No space left on device); make room, or choose another folder"
    assert failure(own) == expected


@pytest.mark.parametrize(
    ("sent", "expected"),
    [(None, ""), ("", ""), ("half \ud83d", "half ?"), ("Zoë \U0001f431\n\x00", "Zoë \U0001f431\n\x00")],
)
def test_odd_texts_arrive_and_can_be_written(serve: Serve, tmp_path: Path, sent: str | None, expected: str) -> None:
    own = Endpoint(serve(lambda body: says(sent)).url, "m", cache=tmp_path)
    assert own.ask(words("half \ud83d")) == own.ask(words("half \ud83d")) == [expected]
    expected.encode("utf-8")


def test_progress_is_told_on_stderr(serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    own = Endpoint(serve(echo).url, "m")
    own.ask(words(*map(str, range(30))))
    assert capsys.readouterr() == ("", "")
    own.ask(words(*map(str, range(60))), progress=True)
    out, err = capsys.readouterr()
    assert out == "" and [line.split(",")[0] for line in err.splitlines()] == [
        "m: 25 of 60 answers",
        "m: 50 of 60 answers",
    ]


def test_the_environment_changes_nothing(serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Previously a proxy of the environment would have got the photos, and a netrc file would have replaced the key."""
    server = serve(echo)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://{HOST}:{free_port()}")
    (tmp_path / "netrc").write_text(f"machine {HOST} login me password other\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("OPENAI_API_KEY", "from-the-environment")
    Endpoint(server.url, "m", attempts=1, key="own").ask(words("a"))
    Endpoint(server.url, "m", attempts=1).ask(words("a"))
    assert [headers.get("authorization") for _, headers in server.requests] == ["Bearer own", None]


def test_importing_costs_nothing() -> None:
    code = "import benchmark.judges.llm_judge, sys; print(*{'httpx', 'httpx2', 'openai'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")


def test_what_is_kept_holds_the_answer_and_no_photo(serve: Serve, tmp_path: Path) -> None:
    own = Endpoint(serve(lambda body: says("Carl")).url, "m", cache=tmp_path)
    own.ask([(Message("user", ("Who?", from_image(Image.new("RGB", (8, 6))))),)])
    [path] = tmp_path.iterdir()
    assert json.loads(path.read_bytes()) == {"model": "m", "text": "Carl"}
