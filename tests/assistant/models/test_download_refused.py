"""What a pull refuses, and what stops it: one line, and nothing half fetched in the list."""

from __future__ import annotations

import errno
import io
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assistant.models import download, hub_client, local
from assistant.models.download import pull
from assistant.models.file_choice import RemoteFile
from memory.errors import ModelError
from tests.support.hubserver import HubServer, gguf
from tests.support.tinyhub import LANGUAGE, MB, NAME, left, repo

pytestmark = [pytest.mark.allow_hosts(["127.0.0.1"]), pytest.mark.timeout(60)]


def gate(hub: HubServer) -> None:
    repo(hub).gated = True


def overload(hub: HubServer) -> None:
    hub.faults.status = 503


def foreign(hub: HubServer) -> None:
    repo(hub).architecture = "gemma3"


def disguised(hub: HubServer) -> None:
    repo(hub).files[LANGUAGE] = gguf("gemma3", MB)


def without_mmproj(hub: HubServer) -> None:
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
        (NAME, without_mmproj, r"some/tiny has no mmproj\*\.gguf; it has Tiny-Q4_K_M\.gguf, Tiny-Q8_0\.gguf"),
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


def test_a_name_of_the_hub_is_never_a_path() -> None:
    assert RemoteFile("../../../evil.gguf", 1, None, None).name == "evil.gguf"
