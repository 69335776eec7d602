"""The paper's tasks on published rows: a caption, an answer, and the verdict of a chat judge, in one JSON object."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assistant.backends.fake import FakeBackend
from benchmark.__main__ import main
from benchmark.world.question import EVENT_QUESTION, PLACE_QUESTION
from tests.benchmark.test_covip_hub import as_folder, table
from tests.support.chatserver import ChatServer, Reply, last, says

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


def judge(body: dict[str, Any]) -> Reply:
    """Says yes to one reply and no to the other."""
    asked = str(last(body))
    return says("Correct" if "was at the café 0" in asked.partition("Right answer")[2] else "Wrong")


@pytest.mark.parametrize(("task", "question", "hit"), [("lsd", PLACE_QUESTION, 0.5), ("lar", EVENT_QUESTION, 0.5)])
def test_each_row_is_captioned_asked_and_judged(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    task: str,
    question: str,
    hit: float,
) -> None:
    source = as_folder(table(2), tmp_path / "rows")
    backend = FakeBackend(["Thing 1 again.", "It was at the café 0.", "Thing 2.", "I do not know."])
    monkeypatch.setattr("assistant.backends.llama.llamacpp.open_llamacpp", lambda spec, threads: backend)
    with ChatServer(judge) as server:
        chat = ["--judge", "chat", "--url", server.url, "--judge-model", "m"]
        command = ["official", "--task", task, "--source", str(source), "--out", str(tmp_path), "--json", *chat]
        assert main(command) == 0
        found = json.loads(capsys.readouterr().out)
        assert (found["n"], found["errors"], found["hit"], found["way"]) == (2, 0, hit, "cag")
        assert len(backend.calls) == 4 and backend.calls[1][-1].parts[-1].endswith(question)
        assert main(command) == 0, "the rows are there already"
        assert len(backend.calls) == 4 and json.loads(capsys.readouterr().out) == found
        backend.answers = ["At the café 0.", "At the café 1."]
        assert main([*command, "--direct"]) == 0
        assert json.loads(capsys.readouterr().out)["way"] == "direct"


@pytest.mark.parametrize("layout", ("aligned", "reference"))
def test_prompts_are_laid_out_as_in_training(
    layout: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Previously a model that was trained on the published prompts was measured by ours. The marker of ITR is counted
    as the authors count it: in capitals."""
    backend = FakeBackend(["Thing 1 again.", "SKS! It was at the café 0.", "Thing 2.", "sks"])
    monkeypatch.setattr("assistant.backends.llama.llamacpp.open_llamacpp", lambda spec, threads: backend)
    source = as_folder(table(2), tmp_path / "rows")
    with ChatServer(judge) as server:
        chat = ["--judge", "chat", "--url", server.url, "--judge-model", "m", "--json", "--layout", layout]
        assert main(["official", "--task", "itr", "--source", str(source), "--out", str(tmp_path), *chat]) == 0
    assert (backend.calls[0][0].role == "system") is (layout == "aligned")
    assert json.loads(capsys.readouterr().out)["marker"] == 0.5
    assert [path.stem.endswith("-reference") for path in tmp_path.glob("*.jsonl")] == [layout == "reference"]


def test_the_lexical_judge_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = as_folder(table(1), tmp_path / "rows")
    assert main(["official", "--task", "lsd", "--source", str(source)]) == 1
    assert "use --judge chat --url URL --judge-model MODEL" in capsys.readouterr().err
