"""A merge on disk: in pieces, in little memory, and whole or not at all."""

from __future__ import annotations

import errno
import io
import json
import math
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from memory.errors import KeepsakeError
from quantize.merge import lora as merging
from quantize.merge import shards
from quantize.merge.lora import merge
from quantize.merge.shards import PIECE, tensors

HIDDEN = 1024
NAME = "model.layers.{}.mlp.up_proj.weight"
REPORTS_ITS_PEAK = """
import resource, sys
from pathlib import Path
import torch
torch.set_num_threads(1)
from quantize.merge.lora import merge

def peak():
    status = Path("/proc/self/status")  # getrusage would count what this process was before it became Python
    if status.exists():
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if "VmHWM" in line) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

before = peak()
merge(Path(sys.argv[1]), Path(sys.argv[2]), shard_bytes=int(sys.argv[3]))
print(peak() - before)
"""


def checkpoint(folder: Path, layers: int, wide: int, files: int = 1) -> Path:
    """A bf16 model of `layers` matrices (wide, 1024) in `files` files, with a LoRA of rank 2 and other files."""
    torch.manual_seed(0)
    (folder / "adapter").mkdir(parents=True)
    one = torch.randn(wide, HIDDEN).bfloat16()
    names = [NAME.format(i) for i in range(layers)]
    place = {name: f"part-{i * files // layers}.safetensors" for i, name in enumerate(names)}
    for file in sorted(set(place.values())):
        held = {name: (one * (1 + names.index(name))).contiguous() for name in names if place[name] == file}
        save_file(held, folder / (file if files > 1 else "model.safetensors"))
    if files > 1:
        index = {"metadata": {}, "weight_map": place}
        (folder / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")
    stem = "base_model.model.model.layers.{}.mlp.up_proj.lora_{}.weight"
    a = {stem.format(i, "A"): torch.randn(2, HIDDEN) for i in range(layers)}
    b = {stem.format(i, "B"): torch.randn(wide, 2) for i in range(layers)}
    save_file(a | b, folder / "adapter" / "adapter_model.safetensors")
    settings = {"peft_type": "LORA", "r": 2, "lora_alpha": 2, "target_modules": ["up_proj"]}
    (folder / "adapter" / "adapter_config.json").write_text(json.dumps(settings), encoding="utf-8")
    (folder / "config.json").write_text(
        '{"dtype": "bfloat16", "vision_config": {"dtype": "bfloat16"}}', encoding="utf-8"
    )
    for name in (
        "tokenizer.json",
        "more_templates/one.jinja",
        "optimizer.pt",
        ".cache/x",
        "old.gguf",
        "other/config.json",
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("{}", encoding="utf-8")
    return folder


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return {name: tensor for file in folder.glob("*.safetensors") for name, tensor in load_file(file).items()}


def inside(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def quiet(line: str) -> None:
    """For progress nobody reads."""


def test_any_files_in_any_files_out(tmp_path: Path) -> None:
    """One file or several, split anew by size, with an index; nothing but weights is shared out differently."""
    several = checkpoint(tmp_path / "several", layers=5, wide=7, files=3)
    one = checkpoint(tmp_path / "one", layers=5, wide=7)
    a_tensor = 7 * HIDDEN * 2
    said: list[str] = []
    merge(several, tmp_path / "a", progress=said.append)
    merge(one, tmp_path / "b", shard_bytes=2 * a_tensor, progress=said.append)
    rest = ["config.json", "merge.json", "more_templates/one.jinja", "tokenizer.json"]
    assert inside(tmp_path / "a") == sorted([*rest, "model.safetensors"])
    three = [f"model-0000{i}-of-00003.safetensors" for i in (1, 2, 3)]
    assert inside(tmp_path / "b") == sorted([*rest, *three, "model.safetensors.index.json"])
    assert said == ["model.safetensors: 1 of 1"] + [f"{name}: {i} of 3" for i, name in enumerate(three, 1)]
    index = json.loads((tmp_path / "b" / "model.safetensors.index.json").read_text(encoding="utf-8"))
    assert index["metadata"] == {"total_size": 5 * a_tensor}
    assert index["weight_map"] == {NAME.format(i): three[i // 2] for i in range(5)}
    first, second = weights(tmp_path / "a"), weights(tmp_path / "b")
    assert first.keys() == second.keys() == tensors(one).keys()
    assert all(torch.equal(first[name], second[name]) for name in first)
    before, lora = weights(one), load_file(one / "adapter" / "adapter_model.safetensors")
    a, b = (lora[f"base_model.model.model.layers.4.mlp.up_proj.lora_{half}.weight"] for half in "AB")
    assert torch.equal(first[NAME.format(4)], (before[NAME.format(4)].float() + b @ a).bfloat16())


def test_another_dtype_is_written_into_the_config(tmp_path: Path) -> None:
    merge(checkpoint(tmp_path / "base", layers=2, wide=7), tmp_path / "out", dtype="f32", progress=quiet)
    config = json.loads((tmp_path / "out" / "config.json").read_text(encoding="utf-8"))
    assert config["dtype"] == config["vision_config"]["dtype"] == "float32"
    assert {t.dtype for t in weights(tmp_path / "out").values()} == {torch.float32}


def test_tensors_of_every_kind_pass(tmp_path: Path) -> None:
    """Numbers that nothing is computed with, a scalar, an empty one; wide ones begin where their width divides."""
    folder = checkpoint(tmp_path / "base", layers=1, wide=7)
    more = {
        "model.a": torch.arange(5, dtype=torch.uint8),
        "model.scalar": torch.tensor(2.5),
        "model.none": torch.ones(0, 3),
    }
    more |= {"model.wide": torch.arange(3), "model.norm.weight": torch.tensor([1.0, 1e-8, 3.0]).half()}
    save_file(weights(folder) | more, folder / "model.safetensors")
    merge(folder, tmp_path / "as", progress=quiet)
    merge(folder, tmp_path / "f32", dtype="f32", progress=quiet)
    for name, tensor in more.items():
        assert torch.equal(weights(tmp_path / "as")[name], tensor), name
        assert torch.equal(weights(tmp_path / "f32")[name], tensor.float() if tensor.is_floating_point() else tensor)
    for stored in tensors(tmp_path / "f32").values():
        assert stored.start % (stored.size // max(1, math.prod(stored.shape)) or 1) == 0
    (folder / "adapter").rename(tmp_path / "adapter")
    save_file(weights(folder) | {"model.wide": torch.tensor([1e6])}, folder / "model.safetensors")
    with pytest.raises(KeepsakeError, match=r"model\.wide would not be finite in F16"):
        merge(folder, tmp_path / "f16", tmp_path / "adapter", dtype="f16", progress=quiet)


def test_memory_stays_far_below_the_models_size(tmp_path: Path) -> None:
    """300 MB in one file, in two tensors: measured 60 MB, most of it what torch needs to multiply at all."""
    folder = checkpoint(tmp_path / "base", layers=2, wide=75_000)
    size = (folder / "model.safetensors").stat().st_size
    command = [sys.executable, "-c", REPORTS_ITS_PEAK, str(folder), str(tmp_path / "out"), str(10**9)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    peak = int(done.stdout)
    assert size > 300e6
    assert 4 * PIECE < peak < size / 2.5, f"{peak / 1e6:.0f} MB"


def test_killed_it_goes_on_with_what_is_whole(tmp_path: Path) -> None:
    """kill -9 in the middle: no folder under the final name, and finished files are not written again."""
    folder = checkpoint(tmp_path / "base", layers=40, wide=2000)
    out, work = tmp_path / "out", tmp_path / "out.partial"
    command = [sys.executable, "-c", REPORTS_ITS_PEAK, str(folder), str(out), str(2000 * HIDDEN * 2)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as running:
        assert running.stderr is not None
        for _ in range(3):
            assert b" of 40" in running.stderr.readline()
        running.send_signal(signal.SIGKILL)
    assert not out.exists()
    done = json.loads((work / "merge.json").read_text(encoding="utf-8"))["files"]
    assert 3 <= len(done) < 40
    spoilt, *kept = sorted(done)
    written = {name: (work / name).stat().st_mtime_ns for name in done}
    (work / spoilt).write_bytes((work / spoilt).read_bytes()[:-1] + b"\1")
    merged = merge(folder, out, shard_bytes=2000 * HIDDEN * 2, progress=quiet)
    assert not work.exists()
    assert all((out / name).stat().st_mtime_ns == written[name] for name in kept)
    assert len(merged.changes) == 40 and len(weights(out)) == 40
    merge(folder, tmp_path / "straight", progress=quiet)
    straight = weights(tmp_path / "straight")
    assert all(torch.equal(tensor, straight[name]) for name, tensor in weights(out).items())


def test_done_is_done_unless_it_was_touched(tmp_path: Path) -> None:
    folder, out = checkpoint(tmp_path / "base", layers=2, wide=7), tmp_path / "out"
    first = merge(folder, out, progress=quiet)
    written = (out / "model.safetensors").stat().st_mtime_ns
    assert merge(folder, out, progress=quiet) == first
    assert (out / "model.safetensors").stat().st_mtime_ns == written
    with pytest.raises(KeepsakeError, match="holds another merge already: choose a new folder"):
        merge(folder, out, dtype="f32", progress=quiet)
    with open(out / "model.safetensors", "ab") as file:
        file.write(b"x")
    with pytest.raises(KeepsakeError, match=r"model\.safetensors is not as it was merged: delete"):
        merge(folder, out, progress=quiet)
    (out / "merge.json").write_text("{", encoding="utf-8")
    with pytest.raises(KeepsakeError, match=r"merge\.json is damaged"):
        merge(folder, out, progress=quiet)


def test_nothing_that_is_not_ours_is_written_over(tmp_path: Path) -> None:
    folder = checkpoint(tmp_path / "base", layers=2, wide=7)
    for name, line in (("taken", "exists already: choose a new folder"), ("new.partial", "is in the way and not from")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "letter.txt").write_text("dear", encoding="utf-8")
        with pytest.raises(KeepsakeError, match=line):
            merge(folder, tmp_path / name.removesuffix(".partial"), progress=quiet)
        assert inside(tmp_path / name) == ["letter.txt"]
    (tmp_path / "empty").mkdir()
    merge(folder, tmp_path / "empty", progress=quiet)
    assert "model.safetensors" in inside(tmp_path / "empty")


def test_another_merge_left_half_done_is_begun_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, work = checkpoint(tmp_path / "base", layers=2, wide=7), tmp_path / "out.partial"
    with monkeypatch.context() as patch:
        patch.setattr(merging, "_copy_the_rest", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            merge(folder, tmp_path / "out", dtype="f16", shard_bytes=1, progress=quiet)
    assert len(list(work.glob("model-*.safetensors"))) == 2
    merge(folder, tmp_path / "out", progress=quiet)
    assert {t.dtype for t in weights(tmp_path / "out").values()} == {torch.bfloat16}
    assert len(list((tmp_path / "out").glob("*.safetensors"))) == 1


def test_a_full_disk_is_one_line_and_the_rest_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk fills up in the second file; with room again the first one is not written anew."""
    folder, out, work = checkpoint(tmp_path / "base", layers=2, wide=700), tmp_path / "out", tmp_path / "out.partial"

    class Full(io.FileIO):
        def write(self, data: object) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    def fill(line: str) -> None:
        monkeypatch.setattr(shards, "open", Full, raising=False)

    with pytest.raises(
        KeepsakeError, match=r"cannot merge into .*out: No space left on device; what is whole stays"
    ) as caught:
        merge(folder, out, shard_bytes=1, progress=fill)
    monkeypatch.undo()
    assert "\n" not in str(caught.value)
    assert not out.exists()
    assert inside(work) == ["merge.json", "model-00001-of-00002.safetensors"]
    written = (work / "model-00001-of-00002.safetensors").stat().st_mtime_ns
    merge(folder, out, shard_bytes=1, progress=quiet)
    assert (out / "model-00001-of-00002.safetensors").stat().st_mtime_ns == written


def test_too_little_room_is_said_before_anything_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = checkpoint(tmp_path / "base", layers=2, wide=7)
    little = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(merging.shutil, "disk_usage", lambda path: little)
    with pytest.raises(KeepsakeError, match=r"needs 0\.0 GB more, and the disk has 0\.0 GB free"):
        merge(folder, tmp_path / "out", progress=quiet)
    assert not list(tmp_path.rglob("model*.safetensors*.partial"))


Harm = Callable[[Path], object]


@pytest.mark.parametrize(
    ("harm", "line"),
    [
        (lambda f: (f / "part-1.safetensors").unlink(), r"no such file: .*part-1\.safetensors"),
        (lambda f: os.truncate(f / "part-1.safetensors", 9000), r"part-1\.safetensors is no whole safetensors file"),
        (lambda f: (f / "part-1.safetensors").write_bytes(b"version https://git-lfs"), "is no whole safetensors file"),
        (lambda f: shutil.copy(f / "part-0.safetensors", f / "part-1.safetensors"), "has no tensor .*, which model"),
        (lambda f: (f / "model.safetensors.index.json").write_text("[]"), "is no index of safetensors files"),
        (lambda f: (f / "model.safetensors.index.json").unlink(), r"no such file: .*model\.safetensors"),
    ],
)
def test_a_damaged_base_is_named(tmp_path: Path, harm: Harm, line: str) -> None:
    folder = checkpoint(tmp_path / "base", layers=4, wide=7, files=2)
    harm(folder)
    with pytest.raises(KeepsakeError, match=line) as caught:
        merge(folder, tmp_path / "out", progress=quiet)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()
