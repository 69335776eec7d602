"""An export that is killed where it hurts most: while a new folder takes the place of an old one.

Kills at random moments hardly ever strike there, so these strike on purpose.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from quantize import build_cache, manifest, publish, variants
from quantize.variants import Variant
from quantize.verify import acceptance


class Killed(BaseException):
    """As a kill -9 is: nobody catches it."""


def folder(path: Path, text: str) -> Path:
    path.mkdir(parents=True)
    for name in ("config.json", "model.safetensors"):
        (path / name).write_text(text, encoding="utf-8")
    return path


def words(path: Path) -> list[str]:
    return [p.read_text(encoding="utf-8") for p in sorted(path.iterdir())]


def test_an_old_folder_never_lies_half_under_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Previously killed while the old one was being removed: what was left had lost its manifest, and the next run
    refused it as something else than an export."""
    target = folder(tmp_path / "mlx-8bit", "old")
    made = folder(tmp_path / "mlx-8bit.partial", "new")
    remove = shutil.rmtree

    def killed(path: Path, ignore_errors: bool = False) -> None:
        if path.exists():
            (path / "config.json").unlink()
            raise Killed

    monkeypatch.setattr(shutil, "rmtree", killed)
    with pytest.raises(Killed):
        build_cache.replace_folder(made, target)
    assert not target.exists(), "neither half of the old one nor the new one"
    monkeypatch.setattr(shutil, "rmtree", remove)
    build_cache.replace_folder(made, target)
    assert words(target) == ["new", "new"] and [p.name for p in tmp_path.iterdir()] == ["mlx-8bit"]
    build_cache.replace_folder(folder(tmp_path / "made", "newer"), target)
    assert words(target) == ["newer", "newer"] and [p.name for p in tmp_path.iterdir()] == ["mlx-8bit"]


def test_what_a_kill_left_is_no_form_of_the_model(tmp_path: Path) -> None:
    """Previously `verify` took it for one, and failed on it."""
    for name in ("mmproj.gguf", "language-f16.gguf", "language-Q8_0.partial.gguf"):
        (tmp_path / name).write_bytes(b"GGUF")
    for name in ("mlx-8bit", "mlx-4bit.partial", "mlx-6bit.old.partial"):
        folder(tmp_path / name, "{}")
    assert sorted(variant.name for variant in variants.in_export(tmp_path)) == ["f16", "mlx-8bit"]


def test_a_calibrated_threshold_outlives_a_kill_while_files_are_put_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Previously the manifest was gone by then, and with it the threshold and what had to be tidied away."""
    out, work = tmp_path / "out", tmp_path / "out" / "making"
    work.mkdir(parents=True)
    for name in ("mmproj.gguf", "language-f16.gguf"):
        (work / name).write_bytes(name.encode())
    (tmp_path / "config.json").write_text('{"model_type": "qwen3_vl"}', encoding="utf-8")
    variant = Variant("f16", "llama.cpp", work / "language-f16.gguf", work / "mmproj.gguf")
    verdicts = [
        acceptance.Verdict(
            "f16",
            "llama.cpp",
            1,
            1,
            1,
            0.0,
            0.0,
            0.0,
            1.0,
            0.0,
            1.0,
            dict.fromkeys(acceptance.MEASURES),
            {},
            None,
            1,
            (),
        )
    ]
    model = publish.Provenance(tmp_path, publish.origin(tmp_path, None, None, None))
    publish.ship(out, model, [variant], verdicts)
    path = out / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | {"threshold": 0.7}), encoding="utf-8")
    place = publish._place

    def killed(*arguments: object) -> None:
        raise Killed

    monkeypatch.setattr(publish, "_place", killed)
    with pytest.raises(Killed):
        publish.ship(out, model, [variant], verdicts)
    monkeypatch.setattr(publish, "_place", place)
    publish.ship(out, model, [variant], verdicts)
    assert manifest.read(out)["threshold"] == 0.7
