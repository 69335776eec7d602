"""Models on this disk: what is missing or damaged in a folder is named, and a wrong name gets those there are."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from assistant.models import local
from assistant.worker.open_backend import open_backend
from memory.errors import ModelError


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(local.find("nano"), folder)
    assert local.load(str(folder)).mmproj == folder / "mmproj.gguf"
    data = bytearray((folder / "mmproj.gguf").read_bytes())
    data[-1] ^= 1
    (folder / "mmproj.gguf").write_bytes(data)
    with pytest.raises(ModelError, match=r"mine/mmproj\.gguf is damaged or not the file .* \(sha256 differs\)"):
        open_backend(str(folder))
    (folder / "mmproj.gguf").unlink()
    with pytest.raises(ModelError, match=r"mine/mmproj\.gguf is missing"):
        local.load(str(folder))


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"name": "x", "files": []}', '{"name": "x", "files": {"a": 1}}'])
def test_a_manifest_that_is_none_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(ModelError, match=r"manifest\.json is not a model manifest"):
        local.load(str(tmp_path))


def test_an_unknown_model_is_answered_with_those_there_are(own_home: Path) -> None:
    (own_home / "models" / "mine").mkdir(parents=True)
    with pytest.raises(ModelError, match="no model named 'nanoo': choose one of mine, nano, nano2, or give its folder"):
        local.load("nanoo")
    with pytest.raises(ModelError, match=r"mine needs a manifest\.json, or one language model .* it has 0 and 0"):
        local.load("mine")
