"""Photo encoders of the list: shown, fetched from a hub on this machine, opened by name, checked."""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path

import msgspec
import pytest

from assistant.__main__ import main
from assistant.encoder.encoder_manifest import Manifest, read_manifest
from assistant.encoder.open_encoder import encoder_names, is_encoder, open_encoder
from assistant.models import local, registry
from assistant.models.download import pull
from assistant.models.encoder_rows import encoder_rows
from assistant.models.hardware import Machine
from assistant.photo import load_photo
from demo.album import demo_photo
from memory.errors import ModelError
from tests.support import tinyencoder
from tests.support.hubserver import COMMIT, HubServer, Repo

GB = 10**9
LISTED = """
[[encoder]]
name = "tiny"
about = "small"
format = "onnx"
repository = "some/tiny"
licence = "MIT"
network = {{ file = "onnx/net.onnx", bytes = 9{sha256} }}

[encoder.manifest]
size = 64
mean = [127.5, 127.5, 127.5]
deviation = [127.5, 127.5, 127.5]
output = {{ name = "tokens", layout = "tokens", skip = 1 }}
"""


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HubServer:
    """A hub with a tiny encoder, which the list knows."""
    network = (tinyencoder.build(tmp_path / "published", "tokens") / "net.onnx").read_bytes()
    server = HubServer(some__tiny=Repo({"onnx/net.onnx": network, "config.json": b"{}"}))
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    monkeypatch.setattr(registry, "LIST", tmp_path / "models.toml")
    list_it(tmp_path)
    yield server
    server.close()
    registry.listed_encoders.cache_clear()
    registry.listed_models.cache_clear()


def list_it(folder: Path, sha256: str = "") -> None:
    pinned = f', sha256 = "{sha256}"' if sha256 else ""
    (folder / "models.toml").write_text(LISTED.format(sha256=pinned))
    registry.listed_encoders.cache_clear()
    registry.listed_models.cache_clear()


def test_every_encoder_of_the_list_has_a_manifest_that_can_be_read() -> None:
    """And none is for research only."""
    encoders = registry.listed_encoders()
    assert {"dinov2-small", "dinov2-base", "siglip2-base"} <= set(encoders)
    for encoder in encoders.values():
        made = {"name": encoder.name, "file": "net.onnx", **encoder.manifest}
        manifest = msgspec.convert(made, Manifest)
        assert manifest.size % 14 == 0 if "dinov2" in encoder.name else manifest.size == 224
        assert encoder.licence in ("Apache-2.0", "MIT") and encoder.format == "onnx" and encoder.network
        assert re.fullmatch("[0-9a-f]{40}", encoder.revision or "")


def test_encoders_are_no_models_and_models_no_encoders() -> None:
    assert local.names() == {"nano", "nano2"} and set(registry.listed_encoders()).isdisjoint(registry.listed_models())
    assert [row.name for row in registry.rows() if row.kind == "encoder"] == []
    rows = encoder_rows(Machine(16 * GB, 8 * GB))
    assert [row.name for row in rows] == ["default", *registry.listed_encoders()]
    assert {row.kind for row in rows} == {"encoder"} and {row.fits for row in rows} == {"yes"}
    assert (rows[0].where, rows[0].ready, rows[0].licence) == ("ships", True, "Apache-2.0")
    assert is_encoder("default") and not is_encoder("nano") and not is_encoder(str(local.SHIPPED / "nano"))
    assert is_encoder(str(local.SHIPPED / "encoder"))


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_an_encoder_is_fetched_and_opened_by_its_name(hub: HubServer, own_home: Path) -> None:
    folder = pull("tiny")
    assert folder == own_home / "encoders" / "tiny"
    assert sorted(path.name for path in folder.iterdir()) == ["manifest.json", "net.onnx", "source.json"]
    manifest = read_manifest(folder)
    assert (manifest.name, manifest.licence, manifest.source) == ("tiny", "MIT", f"some/tiny @ {COMMIT}")
    assert manifest.sha256 == hashlib.sha256(hub.repos["some/tiny"].files["onnx/net.onnx"]).hexdigest()
    assert encoder_names() == ["default", "tiny"] and is_encoder("tiny") and local.names() == {"nano", "nano2"}
    assert open_encoder("tiny").encode(load_photo(demo_photo())).shape == (16, 8)
    assert [(row.name, row.where) for row in encoder_rows()] == [("default", "ships"), ("tiny", "here")]
    before = len(hub.requests)
    assert pull("tiny") == folder and len(hub.requests) == before
    (folder / "net.onnx").write_bytes(b"damaged")
    os.utime(folder / "net.onnx", (1, 1))
    with pytest.raises(ModelError, match=r"net\.onnx is damaged or not the file of this encoder"):
        open_encoder("tiny")
    assert main(["models", "check", "tiny"]) == 1
    pull("tiny")
    open_encoder("tiny").close()


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_another_file_than_the_listed_one_is_not_fetched(hub: HubServer, tmp_path: Path, own_home: Path) -> None:
    list_it(tmp_path, sha256="0" * 64)
    with pytest.raises(ModelError, match=r"^onnx/net\.onnx of some/tiny is not the file Keepsake knows: nothing was"):
        pull("tiny")
    assert not hub.requests and not (own_home / "encoders").exists()


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_the_command_line_lists_fetches_and_checks(hub: HubServer, capsys: pytest.CaptureFixture[str]) -> None:
    registry.LIST.write_text(registry.LIST.read_text() + "[[model]]\nname='x'\nabout=''\nformat='gguf'\nlicence=''")
    registry.listed_models.cache_clear()
    assert main(["models", "list"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"^Photo encoders, for recall:\ndefault +ships +7 MB .*\ntiny +pull +0 MB", out, re.MULTILINE)
    assert main(["models", "pull", "tiny", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["next"] == "python tui.py --encoder tiny"
    assert main(["models", "check", "tiny", "--json"]) == 0
    health = json.loads(capsys.readouterr().out)
    assert (health["name"], health["compared"], health["tokens"], health["width"]) == ("tiny", 1, 16, 8)
    assert health["photo_seconds"] > 0 and health["space"].startswith("tiny-")
    assert main(["models", "check", "default"]) == 0
    out, err = capsys.readouterr()
    assert re.search(r"^a photo takes \d+ ms of one processor core and becomes 326 tokens of 192", out, re.MULTILINE)
    assert err.splitlines()[0] == "comparing lite0.onnx"


def test_a_damaged_encoder_is_listed_as_broken(own_home: Path) -> None:
    folder = tinyencoder.build(own_home / "encoders" / "mine", "map")
    (folder / "net.onnx").unlink()
    row = next(row for row in encoder_rows() if row.name == "mine")
    assert not row.ready and row.problem and "missing or damaged" in row.problem
    (folder / "manifest.json").write_text("[]")
    assert not next(row for row in encoder_rows() if row.name == "mine").ready and is_encoder("mine")
