"""Sixty folders that look like models: each is one line of `models list` and of `models check`, and nothing runs."""

from __future__ import annotations

import hashlib
import json
import os
import struct
import sys
from pathlib import Path
from typing import Any

import pytest

from assistant.__main__ import main
from assistant.encoder.open_encoder import open_encoder
from assistant.models import registry
from memory.errors import ModelError
from tests.support.hubserver import gguf

pytestmark = pytest.mark.timeout(120)
DEEP = "[" * 200_000
WEIGHTS = gguf("qwen3vl", 4000, {"qwen3vl.block_count": 28, "qwen3vl.attention.head_count": 16})
TOWER = gguf("clip", 4000)


def manifest(**change: Any) -> dict[str, Any]:
    """A manifest that is right but for a change."""
    files = {
        role: {"file": name, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
        for role, name, data in (("language", "a.gguf", WEIGHTS), ("mmproj", "b.gguf", TOWER))
    }
    return {"name": "mine", "photo": {"side": None, "one_tile": False}, "files": files} | change


def naming(entry: dict[str, Any]) -> dict[str, Any]:
    """A manifest whose language model is another entry."""
    whole = manifest()
    whole["files"]["language"] = {"sha256": "0" * 64, "file": "a.gguf"} | entry
    return whole


PACKAGES = ("antigravity.x", "keepsake_canary.sub", "..", "os/path", 7, [], {"a": 1}, "no_such_package")
FILES = ("../../../etc/passwd", "/etc/passwd", "/dev/zero", "a\0b", "", ".", 5, None, [], {})
WHOLES = (DEEP, '{"a":' * 50_000, "[]", "null", "7", '"x"', "{", "", "\ud800", "{}")
MANIFESTS: dict[str, Any] = {
    **{f"a package {name!r}": naming({"package": name}) for name in PACKAGES},
    **{f"a file {name!r}": naming({"file": name}) for name in FILES},
    "a file of a package outside it": naming({"package": "json", "file": "../os.py"}),
    "a hash that is null": naming({"sha256": None}),
    "an entry that is a list": manifest(files={"language": ["a.gguf"], "mmproj": []}),
    "no files": manifest(files={}),
    "files as a list": manifest(files=[1, 2]),
    "files as a word": manifest(files="a.gguf"),
    "files null": manifest(files=None),
    "photo null": manifest(photo=None),
    "photo a list": manifest(photo=[1]),
    "a side that is a list": manifest(photo={"side": [512]}),
    "a threshold that is a word": manifest(threshold="high"),
    "a threshold that is a list": manifest(threshold=[0.5]),
    "a verification of other keys": manifest(verification={"run": "rm"}),
    "a verification that is a list": manifest(verification=[1]),
    "an object within": manifest(name={"a": 1}),
    **{f"the whole is {text[:9]!r}": text for text in WHOLES},
}
HEADS: dict[str, bytes] = {
    "2^62 blocks": gguf("qwen3vl", 4000, {"x": 1}).replace(b"x", b"y") + b"",
    "no magic": b"GGUFX",
    "nothing": b"",
    "cut short": WEIGHTS[:30],
    "another version": b"GGUF" + struct.pack("<IQQ", 99, 0, 1),
    "2^63 fields": b"GGUF" + struct.pack("<IQQ", 3, 0, 1 << 63),
    "a key of 2^63 bytes": b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 1 << 63),
    "an array of 2^62": b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 1) + b"k" + struct.pack("<IIQ", 9, 4, 1 << 62),
    "arrays in arrays": b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 1) + b"k" + struct.pack("<IIQ", 9, 9, 2) * 40,
    "an unknown type": b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 1) + b"k" + struct.pack("<I", 77),
    "words for numbers": gguf("qwen3vl", 4000, {"qwen3vl.block_count": "many"}),
    "a list for a number": gguf("qwen3vl", 4000, {"qwen3vl.block_count": [1, 2], "qwen3vl.embedding_length": [3]}),
    "an unknown architecture": gguf("evil", 4000),
    "control characters": gguf("\x1b[31m", 4000),
}


def blocks(number: int) -> bytes:
    """A head with a number of 64 bits."""
    key = b"qwen3vl.block_count"
    more = struct.pack("<Q", len(key)) + key + struct.pack("<IQ", 10, number)
    heads = gguf(
        "qwen3vl", 0, {"qwen3vl.attention.head_count": 4_000_000_000, "qwen3vl.embedding_length": 4_000_000_000}
    )
    return heads[:16] + struct.pack("<Q", struct.unpack("<Q", heads[16:24])[0] + 1) + more + heads[24:]


HEADS["2^62 blocks"] = blocks(1 << 62)
CONFIGS: dict[str, bytes] = {
    "a deep configuration": DEEP.encode(),
    "a list for a configuration": b"[]",
    "no heads": b'{"model_type": "qwen3_vl", "num_attention_heads": 0}',
    "words for heads": b'{"model_type": "qwen3_vl", "text_config": {"num_attention_heads": "x", "hidden_size": 2}}',
    "a text_config that is a list": b'{"model_type": "qwen3_vl", "text_config": []}',
}


@pytest.fixture
def hostile(own_home: Path) -> dict[str, str]:
    """All these folders under models/, and what lies in each, by the folder's name."""
    made: dict[str, str] = {}

    def folder(what: str) -> Path:
        name = f"h{len(made):03d}"
        made[name] = what
        path = own_home / "models" / name
        path.mkdir(parents=True)
        return path

    for what, value in MANIFESTS.items():
        path = folder(what)
        text = value if isinstance(value, str) else json.dumps(value)
        (path / "manifest.json").write_bytes(text.encode("utf-8", "surrogatepass"))
        (path / "a.gguf").write_bytes(WEIGHTS)
        (path / "b.gguf").write_bytes(TOWER)
    for what, data in HEADS.items():
        path = folder(what)
        (path / "a.gguf").write_bytes(data)
        (path / "b.gguf").write_bytes(TOWER)
    for what, data in CONFIGS.items():
        path = folder(what)
        (path / "config.json").write_bytes(data)
        (path / "m.safetensors").write_bytes(struct.pack("<Q", 2) + b"{}")
    for what, name in (
        ("a pipe for a manifest", "manifest.json"),
        ("a pipe for a model", "a.gguf"),
        ("a pipe", "config.json"),
    ):
        path = folder(what)
        os.mkfifo(path / name)
        (path / "m.safetensors").write_bytes(struct.pack("<Q", 1 << 62) + b"{}")
    (folder("a device") / "manifest.json").symlink_to("/dev/zero")
    (folder("a weight of 2^62 bytes of header") / "m.safetensors").write_bytes(struct.pack("<Q", 1 << 62))
    return made


def test_the_list_names_each_and_goes_on(
    hostile: dict[str, str], own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dotted package in a manifest imported the package before the dot, which may do anything."""
    assert len(hostile) >= 60
    (tmp_path / "keepsake_canary").mkdir()
    (tmp_path / "keepsake_canary" / "__init__.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(str(tmp_path))
    (own_home / "hashes.json").write_text("null")
    rows = {row.name: row for row in registry.rows()}
    assert set(hostile) < set(rows) and rows["nano"].ready
    for name, what in hostile.items():
        row = rows[name]
        assert row.problem and not row.ready, what
        assert "\n" not in row.problem and len(row.problem) < 600, what
    assert not {"keepsake_canary", "antigravity"} & set(sys.modules)
    assert main(["models", "list"]) == 0


def test_a_check_of_each_is_one_line(hostile: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    for name, what in hostile.items():
        assert main(["models", "check", name]) == 1, what
        told = capsys.readouterr().err.strip().splitlines()
        assert told and "Traceback" not in told[-1] and "Error(" not in told[-1], (what, told)


@pytest.mark.parametrize("text", [DEEP, "null", '{"name": "x"}', '{"name": 1, "file": 2}'])
def test_encoders_too(own_home: Path, text: str) -> None:
    folder = own_home / "encoders" / "mine"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(text)
    with pytest.raises(ModelError) as caught:
        open_encoder("mine")
    assert "\n" not in str(caught.value)
    assert main(["models", "list"]) == 0
    right = {
        "name": "x",
        "output": {"name": "y", "layout": "map"},
        "size": 224,
        "mean": [0, 0, 0],
        "deviation": [1, 1, 1],
    }
    for file in ("../../../etc/passwd", "/etc/passwd"):
        (folder / "manifest.json").write_text(json.dumps(right | {"file": file}))
        with pytest.raises(ModelError, match="no file of this folder"):
            open_encoder("mine")
    os.mkfifo(folder / "net.onnx")
    (folder / "manifest.json").write_text(json.dumps(right | {"file": "net.onnx"}))
    with pytest.raises(ModelError, match="no ordinary file"):
        open_encoder("mine")
