"""`pull` against a hub on this machine: whole or not at all, resumed after a cut, a stop, a kill; always in words."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.models import download, hub_client, local, registry
from assistant.models.download import Progress, Stopped, pull
from assistant.models.file_choice import RemoteFile
from memory.errors import ModelError
from tests.assistant.test_worker import until
from tests.support.hubserver import COMMIT, HubServer, Repo, gguf

ROOT = Path(__file__).parents[2]
MB = 1 << 20
LANGUAGE, EYES = "Tiny-Q4_K_M.gguf", "mmproj-Tiny-F16.gguf"
NAME = "hf:some/tiny"
pytestmark = [pytest.mark.allow_hosts(["127.0.0.1"]), pytest.mark.timeout(60)]


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    """A hub with one public repository: a language model of 8.5 MB, an mmproj, and files that are no model."""
    other = gguf("qwen3vl", 2 * MB), gguf("clip", MB // 2)
    files = {LANGUAGE: gguf("qwen3vl", 8 * MB + MB // 2), EYES: gguf("clip", 2 * MB), "README.md": b"# tiny"}
    files |= {"Tiny-Q8_0.gguf": other[0], "mmproj-Tiny-Q8_0.gguf": other[1]}
    with HubServer(some__tiny=Repo(files)) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        monkeypatch.delenv("HF_TOKEN", raising=False)
        yield server


def repo(hub: HubServer) -> Repo:
    return hub.repos["some/tiny"]


def left(home: Path) -> list[str]:
    """Files that a pull has left to resume from."""
    return sorted(
        path.name.split(".gguf")[0] for path in (home / "downloads").rglob("*.partial") if path.stat().st_size
    )


def test_a_model_arrives_whole(hub: HubServer, own_home: Path) -> None:
    heard: list[Progress] = []
    folder = pull(NAME, on_progress=heard.append)
    assert folder == own_home / "models" / "tiny"
    assert sorted(path.name for path in folder.iterdir()) == sorted([LANGUAGE, EYES, "manifest.json"])
    spec = local.load("tiny")
    assert (spec.name, spec.language, spec.mmproj) == ("tiny", folder / LANGUAGE, folder / EYES)
    for file in (LANGUAGE, EYES):
        assert (folder / file).read_bytes() == repo(hub).files[file]
    manifest = json.loads((folder / "manifest.json").read_text())
    assert (manifest["licence"], manifest["source"]) == ("apache-2.0", {"repository": "some/tiny", "revision": COMMIT})
    assert manifest["files"]["language"]["sha256"] == hashlib.sha256(repo(hub).files[LANGUAGE]).hexdigest()
    total = sum(len(repo(hub).files[file]) for file in (LANGUAGE, EYES))
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
    hub.faults.damage.add(EYES)
    with pytest.raises(
        ModelError, match=rf"^{EYES} arrived damaged \(its hash differs\) and was thrown away: fetch it"
    ):
        pull(NAME)
    assert left(own_home) == [] and local.names() == {"nano", "nano2"}
    hub.faults.damage.clear()
    pull(NAME)
    assert hub.sent[LANGUAGE] == len(repo(hub).files[LANGUAGE]), "the good file is not fetched again"


def test_a_damaged_model_is_mended(hub: HubServer) -> None:
    folder = pull(NAME)
    with open(folder / EYES, "r+b") as file:
        file.seek(MB)
        file.write(b"oops")
    with pytest.raises(ModelError, match="damaged"):
        local.load("tiny")
    pull(NAME)
    assert local.load("tiny").mmproj.read_bytes() == repo(hub).files[EYES]
    assert hub.sent == {LANGUAGE: len(repo(hub).files[LANGUAGE]), EYES: 2 * len(repo(hub).files[EYES])}


def gate(hub: HubServer) -> None:
    repo(hub).gated = True


def overload(hub: HubServer) -> None:
    hub.faults.status = 503


def foreign(hub: HubServer) -> None:
    repo(hub).architecture = "gemma3"


def disguised(hub: HubServer) -> None:
    repo(hub).files[LANGUAGE] = gguf("gemma3", MB)


def no_eyes(hub: HubServer) -> None:
    repo(hub).files = {name: data for name, data in repo(hub).files.items() if "mmproj" not in name}


@pytest.mark.parametrize(
    ("name", "fault", "said"),
    [
        ("hf:some/other", None, "the hub has no public some/other, or no such file in it"),
        (NAME, gate, "some/tiny wants its terms accepted: open its page on the hub, accept, and set HF_TOKEN"),
        (NAME, overload, "the hub answered 503 for some/tiny; what came is kept"),
        (NAME, HubServer.close, r"the hub cannot be reached, or was lost \(ConnectError\); what came is kept"),
        (NAME, foreign, r"some/tiny is of the architecture 'gemma3'; supported are qwen3vl \(Qwen3-VL\), .*"),
        (NAME, disguised, r"\S+Tiny-Q4_K_M\.gguf is of the architecture 'gemma3'; supported are .*"),
        (NAME, no_eyes, r"some/tiny has no mmproj\*\.gguf; it has Tiny-Q4_K_M\.gguf, Tiny-Q8_0\.gguf"),
        ("hf:some/tiny:Tiny-Q2_K.gguf", None, r"some/tiny has no Tiny-Q2_K\.gguf; it has Tiny-Q4_K_M\.gguf, .*"),
        ("hf:some/ti..ny", None, "'some/ti..ny' cannot be a repository of the hub"),
        (
            "hf:../../etc",
            None,
            r"'hf:../../etc' is not on the list: pull one of qwen3-vl-2b, .* or hf:OWNER/REPOSITORY",
        ),
    ],
)
def test_what_cannot_be_fetched_costs_one_line(
    hub: HubServer, own_home: Path, name: str, fault: Callable[[HubServer], None] | None, said: str
) -> None:
    if fault:
        fault(hub)
    with pytest.raises(ModelError, match=f"^{said}") as error:
        pull(name)
    assert "\n" not in str(error.value)
    assert local.names() == {"nano", "nano2"} and left(own_home) == []


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


def test_room_on_the_disk_is_checked_first(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    small = shutil.disk_usage("/")._replace(free=download.SPARE + 5 * MB)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: small)
    with pytest.raises(ModelError, match=r"^tiny needs 0\.3 GB of disk, .* has 0\.3 GB: make room$"):
        pull(NAME)
    assert hub.requests == []


class Filling(io.FileIO):
    """A file on a disk with room for 4 MB of what is added."""

    def write(self, data: Any) -> int:
        if "a" in self.mode and self.tell() >= 4 * MB:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(data) or 0


def test_a_disk_that_fills_up_keeps_what_came(hub: HubServer, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def filling(path: Path, mode: str) -> Any:
        return Filling(path, mode)

    monkeypatch.setattr(hub_client, "open", filling, raising=False)
    with pytest.raises(ModelError, match=r"^tiny: the disk is full; what came is kept, and fetching it again goes on"):
        pull(NAME)
    assert local.names() == {"nano", "nano2"}
    monkeypatch.undo()
    monkeypatch.setenv("KEEPSAKE_HOME", str(own_home))
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    pull(NAME)
    assert [request.start for request in hub.requests if request.file == LANGUAGE] == [0, 4 * MB]


def test_something_else_of_that_name_is_left_alone(hub: HubServer, own_home: Path) -> None:
    mine = own_home / "models" / "tiny" / "mine.gguf"
    mine.parent.mkdir(parents=True)
    mine.write_bytes(b"mine")
    with pytest.raises(ModelError, match=r"tiny is in the way, and did not come from some/tiny: move or rename it$"):
        pull(NAME)
    assert mine.read_bytes() == b"mine" and hub.headers == []


def test_shards_another_quantisation_and_a_file_by_name(hub: HubServer) -> None:
    shards = {f"BF16/Tiny-BF16-0000{i}-of-00002.gguf": gguf("qwen3vl" if i == 1 else "", MB + i) for i in (1, 2)}
    repo(hub).files |= shards
    folder = pull(NAME, "bf16")
    assert folder.name == "tiny-bf16"
    spec = local.load("tiny-bf16")
    assert spec.language.name == "Tiny-BF16-00001-of-00002.gguf"
    assert registry.weight(spec) == 2 * MB + 3 + len(repo(hub).files[EYES])
    (folder / "Tiny-BF16-00002-of-00002.gguf").write_bytes(b"x")
    with pytest.raises(ModelError, match=r"Tiny-BF16-00002-of-00002\.gguf is damaged"):
        local.load("tiny-bf16")
    assert pull("hf:some/tiny:Tiny-Q8_0.gguf").name == "tiny-q8_0"


def test_a_name_of_the_hub_is_never_a_path() -> None:
    assert RemoteFile("../../../evil.gguf", 1, None, None).name == "evil.gguf"


@pytest.fixture
def listed(hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Replace the registry's list by one with the model "tiny"."""

    def write(sha256: str, **more: str) -> None:
        entry = {
            "name": "tiny",
            "about": "small",
            "format": "gguf",
            "licence": "MIT",
            "repository": "some/tiny",
            **more,
        }
        lines = ["[[model]]", "kv_bytes = 8", *(f'{key} = "{value}"' for key, value in entry.items())]
        if entry["format"] == "gguf":
            lines.append(f'languages.Q4_K_M = {{ file = "{LANGUAGE}", bytes = 9, sha256 = "{sha256}" }}')
            lines.append(f'mmproj.F16 = {{ file = "{EYES}", bytes = 9 }}')
        (tmp_path / "models.toml").write_text("\n".join(lines))
        registry.listed_models.cache_clear()

    monkeypatch.setattr(registry, "LIST", tmp_path / "models.toml")
    yield write
    registry.listed_models.cache_clear()


def test_a_listed_model_is_the_one_on_the_list_or_none(hub: HubServer, listed: Callable[..., None]) -> None:
    """Whatever the hub says: a pinned file is compared before a byte is fetched."""
    listed("0" * 64, revision=COMMIT)
    with pytest.raises(
        ModelError, match=f"^{LANGUAGE} of some/tiny is not the file Keepsake knows: nothing was fetched"
    ):
        pull("tiny")
    assert hub.requests == []
    listed(hashlib.sha256(repo(hub).files[LANGUAGE]).hexdigest(), revision=COMMIT)
    folder = pull("tiny")
    assert json.loads((folder / "manifest.json").read_text())["licence"] == "MIT"
    listed("0" * 64, revision="e" * 40, repository="some/other")
    with pytest.raises(ModelError, match="did not come from some/other"):
        pull("tiny")
    with pytest.raises(ModelError, match=r"^tiny comes as Q4_K_M, not as 'Q8_0'$"):
        pull("tiny", "Q8_0")


def test_a_checkpoint_goes_where_it_is_converted(hub: HubServer, own_home: Path, listed: Callable[..., None]) -> None:
    repo(hub).files = {"config.json": b"{}", "model.safetensors": b"w" * MB, "photo.png": b"p", "x/y.json": b"{}"}
    listed("", format="safetensors")
    folder = pull("tiny")
    assert folder == own_home / "checkpoints" / "tiny"
    assert sorted(path.name for path in folder.iterdir()) == ["config.json", "model.safetensors", "source.json"]
    assert local.names() == {"nano", "nano2"}
    hub.faults.damage.add("config.json")
    (folder / "config.json").write_bytes(b"[]")
    with pytest.raises(ModelError, match=r"^config\.json arrived damaged"):
        pull("tiny")


def test_a_folder_for_mlx_is_one_model(hub: HubServer, listed: Callable[..., None]) -> None:
    """Its manifest is like that of our own exports for MLX."""
    repo(hub).files = {
        "config.json": b"{}",
        "model.safetensors": b"w" * MB,
        "tokenizer.json": b"[]",
        ".gitattributes": b"",
    }
    listed("", format="mlx")
    spec = local.load(str(pull("tiny")))
    assert (spec.name, spec.engine, spec.language) == ("tiny", "mlx", spec.mmproj)
    assert sorted(path.name for path in spec.language.iterdir())[-1] == "tokenizer.json"
    assert registry.weight(spec) == MB and len(spec.space) == 16
    (spec.language / "tokenizer.json").write_bytes(b"{}")
    with pytest.raises(ModelError, match=r"tokenizer\.json is damaged"):
        local.load("tiny")


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
