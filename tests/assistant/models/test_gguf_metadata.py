"""GGUF headers, true and broken, and which files of a folder are taken for a model."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from assistant.models import gguf_metadata, local
from assistant.models.spec import Spec
from memory.errors import ModelError
from tests.support.hubserver import gguf

QWEN3VL_2B: dict[str, str | int | list[int]] = {
    "qwen3vl.block_count": 28,
    "qwen3vl.embedding_length": 2048,
    "qwen3vl.attention.head_count": 16,
    "qwen3vl.attention.head_count_kv": 8,
    "qwen3vl.attention.key_length": 128,
    "qwen3vl.attention.value_length": 128,
    "qwen3vl.rope.dimension_sections": [24, 20, 20, 0],
}
"""As llama.cpp prints them of the published 2B."""


def put(folder: Path, **files: bytes) -> Path:
    for name, data in files.items():
        (folder / f"{name}.gguf").write_bytes(data)
    return folder


def test_facts_of_a_published_model(tmp_path: Path) -> None:
    put(tmp_path, two=gguf("qwen3vl", 4096, QWEN3VL_2B))
    metadata = gguf_metadata.read_metadata(tmp_path / "two.gguf")
    assert metadata == {"general.architecture": "qwen3vl", **QWEN3VL_2B}
    assert gguf_metadata.kv_bytes(tmp_path / "two.gguf") == 114_688, "112 KiB a token"


def test_facts_of_the_embedded_model(nano: Spec) -> None:
    """Real files of two converters. 30 layers, 3 KV heads of 64 (576 / 9, which no key says)."""
    assert gguf_metadata.read_metadata(nano.language)["general.architecture"] == "llama"
    assert gguf_metadata.read_metadata(nano.mmproj)["general.architecture"] == gguf_metadata.VISION_TOWER
    assert gguf_metadata.kv_bytes(nano.language) == 30 * 3 * 64 * 2 * 2


def test_heads_that_differ_by_layer_are_added_up(tmp_path: Path) -> None:
    said: dict[str, str | int | list[int]] = {"x.attention.head_count_kv": [2, 0, 4], "x.attention.key_length": 10}
    put(tmp_path, x=gguf("x", 0, {**said, "x.attention.value_length": 20, "x.block_count": 3}))
    assert gguf_metadata.kv_bytes(tmp_path / "x.gguf") == (2 + 0 + 4) * 30 * 2


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is not a GGUF file"),
        (b"PK\x03\x04 a zip", "is not a GGUF file"),
        (b"GGUF\x03", "is damaged at its beginning, or cut short"),
        (gguf("qwen3vl")[:40], "is damaged at its beginning, or cut short"),
        (b"GGUF" + struct.pack("<IQQ", 1, 0, 0), "is damaged"),
        (b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 1 << 60), "is damaged"),
        (b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 1) + b"k" + struct.pack("<I", 99), "is damaged"),
        (b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 1) + b"k" + struct.pack("<IIQ", 9, 4, 1 << 50), "is damaged"),
    ],
)
def test_a_broken_header_is_refused_at_once(tmp_path: Path, data: bytes, said: str) -> None:
    put(tmp_path, broken=data)
    with pytest.raises(ModelError, match=rf"^\S+broken\.gguf {said}"):
        gguf_metadata.read_metadata(tmp_path / "broken.gguf")


def test_a_folder_as_published(tmp_path: Path) -> None:
    """Files are told apart by their metadata: some publishers put "mmproj" at the end of the name."""
    put(tmp_path, Qwen3VL=gguf("qwen3vl"), Qwen3VL_mmproj=gguf("clip"))
    assert gguf_metadata.find_pair(tmp_path) == (tmp_path / "Qwen3VL.gguf", tmp_path / "Qwen3VL_mmproj.gguf")
    assert local.load(str(tmp_path)).name == tmp_path.name


def test_a_model_in_parts(tmp_path: Path) -> None:
    parts = [f"Big-0000{i}-of-00003" for i in (1, 2, 3)]
    put(tmp_path, **{parts[0]: gguf("qwen3vl"), parts[1]: b"GGUF two", parts[2]: b"GGUF three"}, mmproj=gguf("clip"))
    before = local.load(str(tmp_path))
    assert before.language.name == f"{parts[0]}.gguf"
    assert [p.name for p in gguf_metadata.shards(before.language)] == [f"{part}.gguf" for part in parts]
    put(tmp_path, **{parts[2]: b"GGUF other"})
    assert local.load(str(tmp_path)).identity != before.identity, "every part counts"
    assert local.load(str(tmp_path / f"{parts[1]}.gguf")).language == before.language
    (tmp_path / f"{parts[2]}.gguf").unlink()
    with pytest.raises(ModelError, match=rf"{parts[2]}\.gguf is missing: a model in parts needs all of them$"):
        local.load(str(tmp_path))


def test_one_of_several_is_chosen_by_its_path(tmp_path: Path) -> None:
    put(tmp_path, small=gguf("qwen3vl", 100), large=gguf("qwen3vl", 200), mmproj=gguf("clip"))
    with pytest.raises(ModelError, match=r"it has 2 and 1$"):
        local.load(str(tmp_path))
    spec = local.load(str(tmp_path / "large.gguf"))
    assert (spec.name, spec.language, spec.mmproj) == ("large", tmp_path / "large.gguf", tmp_path / "mmproj.gguf")
    put(tmp_path, mmproj_too=gguf("clip"))
    with pytest.raises(ModelError, match=r"it has 1 and 2$"):
        local.load(str(tmp_path / "large.gguf"))


@pytest.mark.parametrize("architecture", ["gemma3", "qwen2", "clip2", ""])
def test_another_architecture_is_refused_with_what_is_supported(tmp_path: Path, architecture: str) -> None:
    put(tmp_path, other=gguf(architecture), mmproj=gguf("clip"))
    said = rf"^\S+other\.gguf is of the architecture '{architecture}'; supported are qwen3vl \(Qwen3-VL\), .*SmolLM2"
    with pytest.raises(ModelError, match=said):
        local.load(str(tmp_path))
