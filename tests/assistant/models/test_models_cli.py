"""`python -m assistant models`: what is listed, what fits, what a check finds; that only `pull` uses the network."""

from __future__ import annotations

import inspect
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from gguf import GGUFReader, GGUFValueType, GGUFWriter

from assistant import healthcheck
from assistant.__main__ import main
from assistant.models import hardware, local, registry
from assistant.models.hardware import Machine
from assistant.worker.worker_backend import WorkerBackend
from quantize.gguf import export
from tests.support import tinyqwen
from tests.support.hubserver import HubServer, Repo
from tests.support.hubserver import gguf as header_of
from ui.dialog_strings import model_fit

ROOT = Path(__file__).parents[3]
GB = 10**9
NO_NETWORK = """
import socket
def forbidden(*args, **kwargs):
    raise AssertionError("this process went to the network")
class Forbidden(socket.socket):
    __init__ = forbidden
socket.socket, socket.getaddrinfo = Forbidden, forbidden
"""
"""Read by every Python that starts with its folder on the path, the model's process included."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One home for the whole module, so that the model's files are hashed once."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def offline(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Environment variables of a process in which every use of the network fails."""
    folder = tmp_path_factory.mktemp("offline")
    (folder / "sitecustomize.py").write_text(NO_NETWORK)
    return {"PYTHONPATH": str(folder)}


def models(home: Path, *args: object, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "assistant", "models", *map(str, args)]
    full = {**os.environ, "KEEPSAKE_HOME": str(home), **environment}
    return subprocess.run(command, cwd=ROOT, env=full, capture_output=True, text=True, check=False)


def rows(home: Path, **environment: str) -> dict[str, dict[str, Any]]:
    done = models(home, "list", "--json", **environment)
    assert (done.returncode, done.stderr) == (0, "")
    return {row["name"]: row for row in map(json.loads, done.stdout.splitlines())}


def test_the_list_says_where_how_large_and_whether_it_fits(home: Path, offline: dict[str, str]) -> None:
    found = rows(home, **offline)
    assert list(found) == [*registry.listed_models(), "default", *registry.listed_encoders()]
    nano, four, covip = found["nano"], found["qwen3-vl-4b"], found["covip-8b"]
    assert (nano["where"], nano["ready"], nano["folder"]) == ("ships", True, str(ROOT / "models" / "nano"))
    assert nano["size"] == sum(f.stat().st_size for f in catalogue_files())
    assert nano["needs"] == nano["size"] + 8192 * 23_040 + hardware.BUFFERS
    assert (four["where"], four["ready"], four["pinned"], four["licence"]) == ("pull", False, True, "Apache-2.0")
    assert four["needs"] == 2_497_281_664 + 836_180_256 + 8192 * 147_456 + hardware.BUFFERS
    assert (covip["where"], covip["needs"], covip["fits"], covip["pinned"]) == ("convert", None, None, False)
    fits = {row.name: row.fits for row in registry.rows(Machine(8 * GB, 4 * GB))}
    assert [fits[f"qwen3-vl-{n}b"] for n in (2, 4, 8)] == ["yes", "tight", "no"] and fits["nano"] == "yes"
    listing = models(home, "list", **offline).stdout
    assert re.search(r"^nano +ships +0\.1 GB +0\.8 GB +(yes|tight) +Apache-2\.0; ships with", listing, re.MULTILINE)
    assert re.search(r"^qwen3-vl-4b-mlx .*; unverified$", listing, re.MULTILINE)
    if sys.platform != "darwin":
        mlx = [row for row in registry.rows() if row.name.endswith("-mlx")]
        assert mlx and all(row.fits == "no" and "Apple" in row.about for row in mlx)
        assert not any("fits" in model_fit(row) or "too much" in model_fit(row) for row in mlx), "memory is not why"
    assert re.search(
        rf"^This machine has {re.escape(hardware.gigabytes(hardware.this_machine().total))}, .* of it free\.",
        listing,
        re.MULTILINE,
    )


def catalogue_files() -> list[Path]:
    spec = local.load("nano", verify=False)
    return [spec.language, spec.mmproj, *([spec.adapter] if spec.adapter else [])]


def test_where_nothing_can_be_written_files_are_checked_all_the_same(home: Path) -> None:
    (home / "hashes.json").unlink(missing_ok=True)
    (home / "hashes.json").mkdir()  # what even root cannot write to
    assert local.load("nano").name == "nano"
    assert [file.name for file in home.glob("hashes*")] == ["hashes.json"]


def test_what_lies_in_the_home_is_listed_whole_or_broken(tmp_path: Path) -> None:
    for name in ("half", "mine"):
        (tmp_path / "models" / name).mkdir(parents=True)
    (tmp_path / "models" / "mine" / "a.gguf").write_bytes(header_of("qwen3vl", 1000, {"qwen3vl.block_count": 2}))
    (tmp_path / "models" / "mine" / "b.gguf").write_bytes(header_of("clip", 500))
    found = rows(tmp_path)
    assert list(found)[:4] == ["nano2", "half", "mine", "nano"]
    assert (found["half"]["ready"], found["mine"]["ready"], found["mine"]["size"]) == (False, True, 1500)
    assert "needs a manifest.json" in found["half"]["problem"]
    assert re.search(
        r"^half +here +\? +\? +\? +broken: .* it has 0 and 0$", models(tmp_path, "list").stdout, re.MULTILINE
    )


@pytest.mark.parametrize(
    ("needed", "total", "free", "fits"),
    [
        (5 * GB, 16 * GB, 6 * GB, "yes"),
        (5 * GB, 16 * GB, 4 * GB, "tight"),
        (12 * GB, 16 * GB, 12 * GB, "yes"),
        (13 * GB, 16 * GB, 15 * GB, "no"),
        (5 * GB, 16 * GB, None, "yes"),
        (9 * GB, 16 * GB, None, "tight"),
        (7 * GB, 8 * GB, None, "no"),
    ],
)
def test_what_fits(needed: int, total: int, free: int | None, fits: str) -> None:
    """At most three quarters of the memory; "yes" for what is free now, or half where the system does not say."""
    assert hardware.fits(needed, Machine(total, free)) == fits


def test_this_machine_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "meminfo").write_text("MemTotal:  16000000 kB\nMemFree:  1 kB\nMemAvailable:   4000000 kB\n")
    monkeypatch.setattr(hardware, "MEMINFO", tmp_path / "meminfo")
    assert hardware.this_machine().free == 4_096_000_000
    monkeypatch.setattr(hardware, "MEMINFO", tmp_path / "none")
    assert hardware.this_machine().free is None
    assert hardware.this_machine().total == os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def test_the_context_is_the_one_the_app_opens() -> None:
    assert inspect.signature(WorkerBackend).parameters["context"].default == hardware.CONTEXT


def test_the_list_refuses_what_it_does_not_know(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the list itself is in order: names are unique, and every pinned hash has the form of one."""
    listed = list(registry.listed_models().values())
    every = [*listed, *registry.listed_encoders().values()]
    parts = [part for model in every for part in (*model.languages.values(), *model.mmproj.values(), model.network)]
    files = [part for part in parts if part]
    assert all(f.sha256 is None or re.fullmatch("[0-9a-f]{64}", f.sha256) for f in files)
    assert all(re.fullmatch("[0-9a-f]{40}", model.revision) for model in every if model.revision)
    assert [m.name for m in listed if m.pinned] == ["qwen3-vl-2b", "qwen3-vl-4b", "qwen3-vl-8b"]
    assert [m.name for m in registry.listed_encoders().values() if m.pinned] == ["dinov2-small-int8", "siglip2-base"]
    wrong = tmp_path / "models.toml"
    wrong.write_text(registry.LIST.read_text().replace("kv_bytes = 23_040", "kv_bytes = 23_040\noops = 1", 1))
    monkeypatch.setattr(registry, "LIST", wrong)
    registry.listed_models.cache_clear()
    with pytest.raises(TypeError, match="oops"):
        registry.listed_models()
    monkeypatch.undo()
    assert len(registry.listed_models()) == len(listed)


@pytest.mark.timeout(120)
def test_a_check_measures_the_embedded_model(home: Path, offline: dict[str, str]) -> None:
    done = models(home, "check", "nano", "--json", **offline)
    assert done.returncode == 0 and done.stdout.count("\n") == 1
    got = json.loads(done.stdout)
    assert (got["name"], got["compared"]) == ("nano", 3)
    assert got["load_seconds"] > 0 and got["prompt_per_second"] > 0 and got["prompt_tokens"] > 50
    assert 1 <= got["new_tokens"] <= healthcheck.NEW_TOKENS and got["said"]
    assert catalogue_files()[0].stat().st_size < got["peak"] < got["estimate"]
    assert done.stderr.splitlines()[-2:] == ["loading nano", "reading a photo"]


def test_a_check_hashes_anew(own_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that changed under the same size and time is found, whatever hash was cached for it."""
    shutil.copytree(ROOT / "models" / "nano", own_home / "models" / "other")
    path = local.load("other").mmproj
    stat = path.stat()
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert local.load("other").mmproj == path, "the ledger does not notice"
    assert main(["models", "check", "other"]) == 1
    out, err = capsys.readouterr()
    said = f"error: {path} is damaged, or not the file this model was made with: fetch it again"
    assert (out, err.splitlines()) == ("", ["comparing mmproj.gguf", said])


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as it is published: a tiny Qwen3-VL in two shards, its mmproj, no manifest."""
    folder = tmp_path_factory.mktemp("published")
    torch.set_num_threads(1)
    checkpoint = tinyqwen.build(folder / "checkpoint")
    export.export_mmproj(checkpoint, folder / "mmproj-Tiny-F16.gguf")
    whole = export.export_language(checkpoint, folder / "whole", "f16", pre_tokenizer="qwen2")
    reader = GGUFReader(whole)
    writer = GGUFWriter(folder / "Tiny-F16.gguf", "qwen3vl", split_max_tensors=40)
    for field in reader.fields.values():
        if not field.name.startswith("GGUF.") and field.name != "general.architecture":
            inner = field.types[-1] if field.types[0] == GGUFValueType.ARRAY else None
            writer.add_key_value(field.name, field.contents(), field.types[0], sub_type=inner)
    for tensor in reader.tensors:
        writer.add_tensor(tensor.name, tensor.data, raw_dtype=tensor.tensor_type)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    whole.unlink()
    shutil.rmtree(folder / "checkpoint")
    return folder


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_folder_as_published_in_parts_is_accepted(published: Path, home: Path) -> None:
    names = sorted(path.name for path in published.iterdir())
    assert names == ["Tiny-F16-00001-of-00002.gguf", "Tiny-F16-00002-of-00002.gguf", "mmproj-Tiny-F16.gguf"]
    for path in (published, published / names[0]):
        done = models(home, "check", path)
        assert done.returncode == 0, done.stderr
        assert "no manifest to compare with\nloaded in " in done.stdout
    (published / names[1]).rename(published / "elsewhere")
    done = models(home, "check", published)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"error: {published / names[1]} is missing: a model in parts needs all of them\n"


def test_that_pull_uses_the_network_would_be_noticed(home: Path, offline: dict[str, str]) -> None:
    """So the lists and the check above, made without network, say something."""
    done = models(home, "pull", "qwen3-vl-2b", **offline)
    assert done.returncode == 1 and "this process went to the network" in done.stderr


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_pull_shows_how_far_it_is_and_what_comes_next(
    own_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {"Tiny-Q4_K_M.gguf": header_of("qwen3vl", 6_000_000), "mmproj.gguf": header_of("clip", 1_000_000)}
    with HubServer(some__tiny=Repo(files)) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        assert main(["models", "pull", "hf:some/tiny", "--json"]) == 0
        out, err = capsys.readouterr()
        assert main(["models", "pull", "hf:some/tiny"]) == 0
    folder = own_home / "models" / "tiny"
    assert json.loads(out) == {"name": "tiny", "folder": str(folder), "next": "python tui.py --model tiny"}
    lines = err.splitlines()
    assert re.match(r"fetching Tiny-Q4_K_M\.gguf  1 MB of 7 MB  14 %  .*/s$", lines[0])
    assert re.match(r"checking mmproj\.gguf  7 MB of 7 MB  100 %  .*/s$", lines[-1])
    assert len(lines) < 12
    assert capsys.readouterr().out == f"tiny is in {folder}\nnext: python tui.py --model tiny\n"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("pull", "nano"), "error: nano ships with Keepsake: there is nothing to fetch\n"),
        (("pull", "nano9"), "error: 'nano9' is not on the list: pull one of qwen3-vl-2b, "),
        (("pull", "qwen3-vl-2b", "--quant", "Q2_K"), "error: qwen3-vl-2b comes as Q4_K_M, Q8_0, not as 'Q2_K'\n"),
        (("check", "qwen3-vl-2b"), "error: there is no model named 'qwen3-vl-2b': choose one of nano, "),
    ],
)
def test_what_cannot_be_done_costs_one_line(
    args: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", *args]) == 1
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1) and err.startswith(said)
