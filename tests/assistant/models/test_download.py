"""`pull` against a hub on this machine: whole or not at all, resumed after a cut, a stop, a kill; always in words."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from assistant.models import local, registry
from assistant.models.download import Progress, Stopped, pull
from memory.errors import ModelError
from tests.assistant.worker.test_worker import until
from tests.support.hubserver import COMMIT, HubServer, gguf
from tests.support.tinyhub import LANGUAGE, MB, MMPROJ, NAME, left, repo

ROOT = Path(__file__).parents[3]
pytestmark = [pytest.mark.allow_hosts(["127.0.0.1"]), pytest.mark.timeout(60)]


def test_a_model_arrives_whole(hub: HubServer, own_home: Path) -> None:
    heard: list[Progress] = []
    folder = pull(NAME, on_progress=heard.append)
    assert folder == own_home / "models" / "tiny"
    assert sorted(path.name for path in folder.iterdir()) == sorted([LANGUAGE, MMPROJ, "manifest.json"])
    spec = local.load("tiny")
    assert (spec.name, spec.language, spec.mmproj) == ("tiny", folder / LANGUAGE, folder / MMPROJ)
    for file in (LANGUAGE, MMPROJ):
        assert (folder / file).read_bytes() == repo(hub).files[file]
    manifest = json.loads((folder / "manifest.json").read_text())
    assert (manifest["licence"], manifest["source"]) == ("apache-2.0", {"repository": "some/tiny", "revision": COMMIT})
    assert manifest["files"]["language"]["sha256"] == hashlib.sha256(repo(hub).files[LANGUAGE]).hexdigest()
    total = sum(len(repo(hub).files[file]) for file in (LANGUAGE, MMPROJ))
    done = [p.done for p in heard]
    assert done == sorted(done) and done[-1] == total and {p.total for p in heard} == {total}
    assert list((own_home / "downloads").iterdir()) == [own_home / "downloads" / "tiny.lock"]


def test_the_hub_learns_nothing_and_is_asked_nothing_twice(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests hold no token of another program and no versions. What is here is not requested again."""
    monkeypatch.setattr("huggingface_hub.utils._headers.get_token", lambda: "hf_left_by_another_program")
    pull(NAME)
    assert {h["user-agent"] for h in hub.headers} == {"keepsake"}
    assert [h for h in hub.headers if "authorization" in h] == []
    before = len(hub.headers)
    pull(NAME)
    assert len(hub.headers) == before


@pytest.mark.parametrize("reset", [False, True])
def test_a_cut_connection_goes_on_where_it_was(hub: HubServer, reset: bool) -> None:
    hub.faults.cut[LANGUAGE], hub.faults.reset = 5 * MB + 1000, reset
    folder = pull(NAME, on_progress=lambda p: hub.go_on.set() if p.done >= 4 * MB else None)
    first, second = [request for request in hub.requests if request.file == LANGUAGE]
    assert second.headers["range"] == f"bytes={second.start}-" and second.start >= 4 * MB
    assert second.sent == len(repo(hub).files[LANGUAGE]) - second.start and first.sent == 5 * MB + 1000
    assert (folder / LANGUAGE).read_bytes() == repo(hub).files[LANGUAGE]


def test_a_hub_without_ranges_costs_time_only(hub: HubServer) -> None:
    hub.faults.cut[LANGUAGE], hub.faults.no_ranges = 5 * MB, True
    assert (pull(NAME) / LANGUAGE).read_bytes() == repo(hub).files[LANGUAGE]


def test_it_can_be_stopped_and_goes_on(hub: HubServer, own_home: Path) -> None:
    stop = threading.Event()

    def on_progress(progress: Progress) -> None:
        if progress.done >= 3 * MB:
            stop.set()

    with pytest.raises(
        Stopped, match=r"^stopped at \d+ MB of \d+ MB; what came is kept, and fetching it again goes on"
    ):
        pull(NAME, on_progress=on_progress, stop=stop)
    assert left(own_home) == ["Tiny-Q4_K_M"] and not (own_home / "models" / "tiny").exists()
    pull(NAME)
    first, second = [request.start for request in hub.requests if request.file == LANGUAGE]
    assert first == 0 and second >= 3 * MB
    assert local.load("tiny").name == "tiny"


def test_a_new_version_does_not_continue_an_old_file(hub: HubServer) -> None:
    stop = threading.Event()
    with pytest.raises(Stopped):
        pull(NAME, on_progress=lambda p: stop.set() if p.done >= MB else None, stop=stop)
    repo(hub).files[LANGUAGE] = gguf("qwen3vl", 7 * MB)
    repo(hub).commit = "f" * 40
    folder = pull(NAME)
    assert (folder / LANGUAGE).read_bytes() == repo(hub).files[LANGUAGE]
    assert [request.start for request in hub.requests] == [0, 0, 0]


def test_what_arrives_damaged_is_thrown_away(hub: HubServer, own_home: Path) -> None:
    hub.faults.damage.add(MMPROJ)
    with pytest.raises(
        ModelError, match=rf"^{MMPROJ} arrived damaged \(its hash differs\) and was thrown away: fetch it"
    ):
        pull(NAME)
    assert left(own_home) == [] and local.names() == {"nano", "nano2"}
    hub.faults.damage.clear()
    pull(NAME)
    assert hub.sent[LANGUAGE] == len(repo(hub).files[LANGUAGE]), "the good file is not fetched again"


def test_a_damaged_model_is_mended(hub: HubServer) -> None:
    folder = pull(NAME)
    with open(folder / MMPROJ, "r+b") as file:
        file.seek(MB)
        file.write(b"oops")
    with pytest.raises(ModelError, match="damaged"):
        local.load("tiny")
    pull(NAME)
    assert local.load("tiny").mmproj.read_bytes() == repo(hub).files[MMPROJ]
    assert hub.sent == {LANGUAGE: len(repo(hub).files[LANGUAGE]), MMPROJ: 2 * len(repo(hub).files[MMPROJ])}


def test_a_token_is_sent_where_the_user_set_one(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    repo(hub).gated = True
    monkeypatch.setenv("HF_TOKEN", "hf_mine")
    pull(NAME)
    assert {h["authorization"] for h in hub.headers if "authorization" in h} == {"Bearer hf_mine"}


def test_offline_mode_is_respected(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match=r"^offline mode is on \(HF_HUB_OFFLINE\)"):
        pull(NAME)
    assert hub.headers == []


def test_shards_another_quantisation_and_a_file_by_name(hub: HubServer) -> None:
    shards = {f"BF16/Tiny-BF16-0000{i}-of-00002.gguf": gguf("qwen3vl" if i == 1 else "", MB + i) for i in (1, 2)}
    repo(hub).files |= shards
    folder = pull(NAME, "bf16")
    assert folder.name == "tiny-bf16"
    spec = local.load("tiny-bf16")
    assert spec.language.name == "Tiny-BF16-00001-of-00002.gguf"
    assert registry.weight(spec) == 2 * MB + 3 + len(repo(hub).files[MMPROJ])
    (folder / "Tiny-BF16-00002-of-00002.gguf").write_bytes(b"x")
    with pytest.raises(ModelError, match=r"Tiny-BF16-00002-of-00002\.gguf is damaged"):
        local.load("tiny-bf16")
    assert pull("hf:some/tiny:Tiny-Q8_0.gguf").name == "tiny-q8_0"


def start(hub: HubServer, home: Path) -> subprocess.Popen[str]:
    """Start a `pull` in a process of its own, which then hangs in the middle of the language model."""
    hub.faults.hold[LANGUAGE] = 5 * MB + 1000
    environment = {**os.environ, "KEEPSAKE_HOME": str(home), "HF_ENDPOINT": hub.url}
    command = [sys.executable, "-m", "assistant", "models", "pull", NAME]
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)  # a suite in the background ignores it, and hands that on
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    signal.signal(signal.SIGINT, before)
    until(lambda: any(p.stat().st_size >= 4 * MB for p in home.rglob("*.partial")), "4 MB")
    return process


def test_killed_it_goes_on(hub: HubServer, own_home: Path) -> None:
    with start(hub, own_home) as process:
        with pytest.raises(ModelError, match=r"^tiny is being fetched by another process: wait for it, or stop it$"):
            pull(NAME)
        process.kill()
    hub.go_on.set()
    assert process.returncode == -signal.SIGKILL and local.names() == {"nano", "nano2"}
    folder = pull(NAME)
    assert [request.start // MB for request in hub.requests if request.file == LANGUAGE] in ([0, 4], [0, 5])
    assert (folder / LANGUAGE).read_bytes() == repo(hub).files[LANGUAGE]


def test_interrupted_it_says_that_it_goes_on(hub: HubServer, own_home: Path) -> None:
    with start(hub, own_home) as process:
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
    assert process.returncode == 1
    assert (
        said.endswith("stopped; what came is kept, and fetching it again goes on from there\n")
        and "Traceback" not in said
    )
    assert left(own_home) == ["Tiny-Q4_K_M"]
