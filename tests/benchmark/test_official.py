"""The paper's tasks on published rows: a caption, an answer, and the verdict of a chat judge, in one JSON object."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import datasets
import pytest

from assistant.backend import Options
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


def test_rows_without_an_answer_are_counted_and_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Previously an empty answer counted as a miss, and one that was missing ended the command. Two rows of the same
    photos and words count once, and that is said."""
    monkeypatch.setattr(
        "assistant.backends.llama.llamacpp.open_llamacpp", lambda spec, threads: FakeBackend(["A."] * 9)
    )
    rows = datasets.concatenate_datasets([table(2), table(1), table(3, answer=["x", "", None]).select([1, 2])])
    source = as_folder(rows, tmp_path / "rows")
    with ChatServer(judge) as server:
        chat = ["--judge", "chat", "--url", server.url, "--judge-model", "m", "--json", "--out", str(tmp_path)]
        assert main(["official", "--task", "lsd", "--source", str(source), *chat]) == 0
        told = capsys.readouterr()
        assert json.loads(told.out)["n"] == 2
        assert "2 of 5 rows have no answer and are left out\n1 rows have the photos and words of another" in told.err
        assert main(["official", "--task", "lsd", "--source", str(source), "--split", "val", *chat]) == 1
        assert "split val is not there" in capsys.readouterr().err, "previously it was not looked at"
        empty = as_folder(table(1).select([]), tmp_path / "empty")
        assert main(["official", "--task", "lsd", "--source", str(empty), *chat]) == 1
        assert capsys.readouterr().err.endswith(f"error: {empty} has no rows\n")
        with pytest.raises(SystemExit):
            main(["official", "--task", "lsd", "--source", str(source), "--n", "-1", *chat])


def test_direct_questions_are_laid_out_as_in_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Previously `--direct` asked aligned, whatever `--layout` said. Texts may be as long as the authors'."""
    backend = FakeBackend(["At the café 0."])
    monkeypatch.setattr("assistant.backends.llama.llamacpp.open_llamacpp", lambda spec, threads: backend)
    seen: list[Options] = []
    stream = backend.stream
    monkeypatch.setattr(backend, "stream", lambda messages, options: seen.append(options) or stream(messages, options))
    source = as_folder(table(1), tmp_path / "rows")
    with ChatServer(judge) as server:
        chat = ["--judge", "chat", "--url", server.url, "--judge-model", "m", "--layout", "reference", "--direct"]
        assert main(["official", "--task", "lsd", "--source", str(source), "--out", str(tmp_path), *chat]) == 0
    ((asked,),) = backend.calls
    assert asked.role == "user" and asked.parts[0] == "===== Dialogue 1 =====\n"
    assert asked.parts[-1] == f"\n{PLACE_QUESTION}" and seen[0].max_new_tokens == 1024


def test_a_judge_that_is_lost_ends_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Previously each further row waited for it and became an error, and the command ended well: a lab run went on to
    the next measure. A request that the judge refuses is a row, as before."""
    backend = FakeBackend(["A."] * 9)
    monkeypatch.setattr("assistant.backends.llama.llamacpp.open_llamacpp", lambda spec, threads: backend)
    monkeypatch.setattr("benchmark.judges.chat_client.BACKOFF", 0)
    source = as_folder(table(3), tmp_path / "rows")
    status = 500
    with ChatServer(lambda body: Reply(status=status)) as server:
        chat = ["--judge", "chat", "--url", server.url, "--judge-model", "m", "--json", "--out", str(tmp_path)]
        assert main(["official", "--task", "lsd", "--source", str(source), *chat]) == 1
        assert "answered HTTP 500" in capsys.readouterr().err and len(backend.calls) == 2
        status = 400
        assert main(["official", "--task", "lsd", "--source", str(source), *chat]) == 0
        assert json.loads(capsys.readouterr().out)["errors"] == 3
