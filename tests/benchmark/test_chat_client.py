"""Asking a server: everything is asked once, trouble is met with patience or with one clear line, answers stay."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from assistant.backend import Message
from assistant.photo import from_image
from benchmark.judges.chat_client import Endpoint, EndpointError
from tests.support.chatanswers import Serve, echo, failure, impatient, in_turn, serve, words
from tests.support.chatserver import HOST, Reply, free_port, last, says

__all__ = ["impatient", "serve"]


pytestmark = [pytest.mark.allow_hosts([HOST]), pytest.mark.timeout(60)]
ROOT = Path(__file__).parents[2]


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

        def killed(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        def not_reached(path: Path, missing_ok: bool = False) -> None:
            """A killed process cleans nothing up."""

        patch.setattr(Path, "replace", killed)
        patch.setattr(os, "link", killed)  # where a file has no name until it is whole
        patch.setattr(Path, "unlink", not_reached)
        with pytest.raises(KeyboardInterrupt):
            own.ask(words("a"))
    assert all(p.suffix == ".partial" for p in tmp_path.iterdir())
    assert own.ask(words("a")) == ["you said a"] and len(server.requests) == 2


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
