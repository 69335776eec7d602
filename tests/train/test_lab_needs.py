"""What a lab run needs is asked of this machine before it begins: devices, their memory, the disk, and the judge."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from memory.errors import KeepsakeError
from train import lab, lab_needs, lab_run, lab_settings, recipe_file
from train.lab_settings import Settings
from train.recipe import Recipe

ROOT = Path(__file__).parents[2]
EIGHT = ROOT / "train" / "recipes" / "qwen3-vl-8b.toml"


def given(**changed: Any) -> Settings:
    """Eight devices of 80 GB, and a judge elsewhere."""
    start: dict[str, Any] = {
        "recipe": EIGHT,
        "devices": 8,
        "device_bytes": 80 * 10**9,
        "launch": ROOT / "train" / "launch" / "ddp.yaml",
        "cores": 64,
        "official": Path("data/covip"),
        "references": Path("data/docci"),
        "judge": None,
    }
    return Settings(**{**start, **changed})


@pytest.mark.parametrize(
    ("devices", "told"),
    [
        ([81559] * 4, "8 devices: this machine has 4, say --devices 4"),
        ([81559] * 7 + [46068], "devices of 80 GB: this machine's have 48, say --device-memory 48"),
        ([81559] * 8, None),
        ([], None),
    ],
)
def test_fewer_or_smaller_devices_than_said_are_named(
    devices: list[int], told: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As nvidia-smi counts them, in MiB. Without it nothing is known, and a dry run says nothing."""
    if devices:
        tool = tmp_path / "nvidia-smi"
        tool.write_text("#!/bin/sh\n" + "".join(f"echo {size}\n" for size in devices), encoding="utf-8")
        tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    found = [one for one in lab_needs.missing(loaded(), given()) if one.startswith(("8 devices", "devices"))]
    assert found == ([told] if told else [])


def test_devices_are_those_that_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Previously the judge was to be started on the device of that number, whichever devices were given to the run."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,3,6,7")
    gspo = loaded().gspo
    assert gspo and lab_settings.servers(gspo, given(devices=4))[0].startswith("CUDA_VISIBLE_DEVICES=7 vllm serve ")
    assert "8 devices: CUDA_VISIBLE_DEVICES names 4" in found_missing()
    steps = lab.steps(loaded(), given(devices=4))
    assert {lab_run.line(step)[:22] for step in steps if step.lane is not None} == {
        f"CUDA_VISIBLE_DEVICES={name}" for name in "236"
    }


def test_a_full_disk_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fourteen bytes for each of 8.76 billion weights."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=30 * 10**9))
    assert any(one.startswith("123 GB on the disk of") and "30 are free" in one for one in found_missing())
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=124 * 10**9))
    assert not any("on the disk of" in one for one in found_missing())


def loaded() -> Recipe:
    return recipe_file.load(EIGHT)


def found_missing() -> list[str]:
    return lab_needs.missing(loaded(), given())


@contextmanager
def served(status: int, body: bytes) -> Iterator[tuple[str, list[str | None]]]:
    """A server with one answer to everything; yields its address and the keys that it was sent."""
    keys: list[str | None] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            keys.append(self.headers.get("Authorization"))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Nothing is printed."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1", keys
        server.shutdown()
        thread.join()


@pytest.mark.allow_hosts(["127.0.0.1"])
@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (200, {"data": [{"id": "m"}, {"id": "other"}]}, None),
        (200, {"data": [{"id": "Qwen3"}]}, "has Qwen3, not m: start it with that model, or name another"),
        (200, ["what"], None),
        (401, {}, "refuses the key .*: set OPENAI_API_KEY"),
        (404, {}, None),
        (503, {}, "fails .*: see its log"),
    ],
)
def test_the_judge_is_asked_before_the_training(
    status: int, body: Any, told: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Previously a server that wants a key counted as one that does not answer, although the key was there; and a
    judge with another model was found out by the first rewards."""
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    with served(status, json.dumps(body).encode()) as (url, keys):
        gspo = loaded().gspo
        assert gspo
        if told is None:
            lab_needs.ask_judge(gspo, given(judge=(url, "m")))
        else:
            with pytest.raises(KeepsakeError, match=told):
                lab_needs.ask_judge(gspo, given(judge=(url, "m")))
        assert keys == ["Bearer secret"]


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_a_judge_that_is_not_there_is_to_be_started() -> None:
    gspo = loaded().gspo
    assert gspo
    with pytest.raises(
        KeepsakeError, match=r"no judge answers at .*: start it, as `CUDA_VISIBLE_DEVICES=7 vllm serve m "
    ):
        lab_needs.ask_judge(gspo, given(judge=("http://127.0.0.1:9/v1", "m")))
