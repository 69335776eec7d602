"""CapEval: rows on disk survive a kill, errors are rows too, and the output ends with one JSON object."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from assistant import prompt
from assistant.backend import Chunk, Message, Options
from assistant.backends.fake import FakeBackend
from assistant.encoder.encoder import BackendEncoder
from benchmark import runner
from benchmark.__main__ import main
from benchmark.judges.judge import Lexical
from benchmark.runner import CachedWriter
from benchmark.suite import capeval_cli
from benchmark.tasks import capeval, recalled
from benchmark.world.dialogue import ABSTENTION, caption
from benchmark.world.sample import Sample, Spec, build, samples
from memory.episode import Photo
from memory.errors import ModelError
from memory.search.gate import Gate
from tests.support import tinylab
from tests.support.chatserver import ChatServer, Reply, says

THREE = list(samples("test", 3, 7))
KEYS = {"n", "acc_pos", "acc_neg", "name_recall", "misbinding"}


def gold(sample: Sample) -> str:
    return caption([(sample.facts[i], sample.context[i]) for i in sample.positives])


class Answering(FakeBackend):
    """Answers each sample with its entry in the table; for `None` the model fails."""

    def __init__(self, table: dict[str, str | None]) -> None:
        super().__init__()
        self.table = table

    def stream(self, messages: Sequence[Message], options: Options) -> Iterator[Chunk]:
        sample = next(s for s in THREE if prompt.caption_messages(s.context, s.query) == tuple(messages))
        answer = self.table[sample.id]
        if answer is None:
            raise ModelError("the photo is damaged")
        self.answers = [answer]
        return super().stream(messages, options)


GOLD: dict[str, str | None] = {s.id: gold(s) for s in THREE}


def run(backend: FakeBackend, out: Path) -> dict[str, Any]:
    return capeval.summary(runner.run([capeval.captioning(CachedWriter(backend), Lexical())], THREE, 3, out))


def test_a_run_captions_every_sample_once(tmp_path: Path) -> None:
    out = tmp_path / "runs" / "rows.jsonl"
    backend = Answering(GOLD)
    found = run(backend, out)
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    said = [(r["condition"], r["sample"], r["positives"], r["episodes"], r["texts"]) for r in rows]
    assert said == [("caption", s.id, 1, 3, {"caption": GOLD[s.id]}) for s in THREE]
    assert [build(Spec(**r["spec"])).id for r in rows] == [s.id for s in THREE]
    assert (found["n"], found["acc_pos"], found["misbinding"], found["errors"], found["abstained"]) == (3, 1, 0, 0, 0)
    assert run(backend, out) == found
    assert len(backend.calls) == 3, "what is done is not done again"


@pytest.mark.parametrize("left", ["", '{"condition": "', '{"condition": "x", "texts": {"caption": "Sète'])
def test_a_run_goes_on_after_a_cut_off_line(tmp_path: Path, left: str) -> None:
    """The run was killed while it wrote the second row, even within a character. The next row must not join the broken
    line."""
    out = tmp_path / "rows.jsonl"
    whole = run(Answering(GOLD), out)
    first = out.read_bytes().splitlines(keepends=True)[0]
    out.write_bytes(first + left.encode().replace(b"\xa8te", b""))
    backend = Answering(GOLD)
    assert run(backend, out) == whole
    assert len(backend.calls) == 2
    assert run(backend, out) == whole
    assert len(backend.calls) == 2


def test_a_caption_with_odd_line_ends_is_one_row(tmp_path: Path) -> None:
    out = tmp_path / "rows.jsonl"
    odd = "a\u2028b\u0085c\nd"
    backend = Answering({s.id: odd for s in THREE})
    run(backend, out)
    run(backend, out)
    assert len(backend.calls) == 3


def test_a_failure_is_a_row(tmp_path: Path) -> None:
    out = tmp_path / "rows.jsonl"
    found = run(Answering({**GOLD, THREE[0].id: None, THREE[1].id: ABSTENTION}), out)
    first = json.loads(out.read_text(encoding="utf-8").splitlines()[0])
    assert (first["sample"], first["texts"], first["score"]) == (THREE[0].id, {}, {})
    assert first["error"] == "the photo is damaged"
    assert (found["n"], found["errors"], found["abstained"], found["name_recall"]) == (2, 1, 0.5, 0.5)


def capeval_command(monkeypatch: pytest.MonkeyPatch, backend: FakeBackend, *args: str) -> int:
    """Run the command with this backend in place of the model that it would load."""
    monkeypatch.setattr("assistant.backends.llama.llamacpp.open_llamacpp", lambda spec, threads: backend)
    return main(["capeval", "--n", "2", *args])


@pytest.mark.parametrize("mode", ["random", "stranger"])
def test_json_is_one_object_with_the_promised_keys(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], own_home: Path, mode: str
) -> None:
    """Strangers have no positives; their rates must not be NaN, which is no JSON."""
    assert (
        capeval_command(monkeypatch, FakeBackend([ABSTENTION]), "--json", "--positives", "1", "2", "--mode", mode) == 0
    )
    said = capsys.readouterr()
    found = json.loads(said.out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert set(found) > KEYS and list(found)[-1] == "by_positives"
    assert set(found["by_positives"]) == {"1", "2"}
    assert all(set(part) > KEYS and part["n"] == 2 for part in found["by_positives"].values())
    assert (found["acc_neg"], found["misbinding"], found["abstained"]) == (1, 0, 1)
    assert (found["acc_pos"], found["name_recall"]) == ((None, None) if mode == "stranger" else (0, 0))
    assert said.err.count("rows: ") == 1
    assert len(list((own_home / "runs").glob("capeval-nano2-*.jsonl"))) == 1


def test_numbers_for_people(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    class Broken(FakeBackend):
        def stream(self, messages: Sequence[Message], options: Options) -> Iterator[Chunk]:
            raise ModelError("no")

    assert capeval_command(monkeypatch, FakeBackend([ABSTENTION]), "--mode", "stranger") == 0
    assert "names –, wrong name 0.0% [0.0%, 0.0%], Acc+ –, Acc- 100.0%" in capsys.readouterr().out
    assert capeval_command(monkeypatch, Broken(), "--seed", "8") == 0
    assert "n=0: names –, wrong name –, Acc+ –, Acc- –" in capsys.readouterr().out


def test_what_is_missing_costs_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """A model that does not exist, and a split whose pictures are missing."""
    assert main(["capeval", "--model", "nanoo"]) == 1
    assert capsys.readouterr().err.startswith("error: there is no model named 'nanoo'")
    assert main(["capeval", "--split", "dev", "--n", "1"]) == 1
    assert re.fullmatch(r"error: picture .*: python -m benchmark fetch\n", capsys.readouterr().err)


def test_samples_on_disk_are_captioned_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """One run covers all numbers of positives that `build` wrote."""
    folder = tmp_path / "own"
    assert main(["build", "--n", "2", "--positives", "1", "2", "--out", str(folder)]) == 0
    capsys.readouterr()
    assert capeval_command(monkeypatch, FakeBackend([ABSTENTION]), "--data", str(folder), "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert {k: part["n"] for k, part in found["by_positives"].items()} == {"1": 2, "2": 2}
    assert set(found["controls"]) == {"control/empty", "control/everything"}
    assert (found["acc_pos"], found["acc_neg"]) == (0, 1)


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_the_authors_questions_want_a_chat_judge(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The lexical judge gave near-perfect captions Acc+ 0.83: an option such as "Last winter" counted for anybody."""
    options = {"A": "the harbour", "B": "the lake", "C": "the park", "D": "The answer cannot be determined"}
    qa = [{"id": f"Q{i}", "question": "Where?", "options": options, "correct_answer": "A"} for i in range(3)]
    concepts = {"concept_0": {"qa": qa}, "concept_1": {"qa": qa}}
    (tmp_path / "qas.json").write_text(json.dumps({"sample_0": {"qas": concepts, "gts": [0]}}))
    (tmp_path / "captions.json").write_text(json.dumps({"sample_0": "We were at the harbour."}))
    command = ["capeval", "--questions", str(tmp_path / "qas.json")]
    with_captions = [*command, "--captions", str(tmp_path / "captions.json"), "--json"]
    assert main(with_captions) == 1
    told = capsys.readouterr().err
    assert "use the chat judge, --judge chat --url URL --judge-model MODEL" in told and told.count("\n") == 1

    def harbour(body: dict[str, Any]) -> Reply:
        return says(r"\boxed{A}")

    with ChatServer(harbour) as server:
        chat = ["--judge", "chat", "--url", server.url, "--judge-model", "m"]
        assert main([*with_captions, *chat]) == 0
        found = json.loads(capsys.readouterr().out)
        assert (found["acc_pos"], found["acc_neg"], found["judge"]) == (1, 0, "chat:m")
        assert main([*command, *chat]) == 1
        assert "needs --captions, or --metadata and --images" in capsys.readouterr().err


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_all_of_the_authors_samples_are_scored(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Previously 300 of their 1,386, unless --n said more."""
    monkeypatch.setattr(capeval_cli, "SAMPLES", 1)
    with ChatServer(lambda body: says(r"\boxed{A}")) as server:
        made = tinylab.write(tmp_path / "lab", server.url)
        files = ["--questions", str(made.official / "QAS_GT_test.json"), "--images", f"{made.official / 'images'}/"]
        files += ["--metadata", str(made.official / "meta_test_cleaned.jsonl"), "--out", str(tmp_path), "--json"]
        chat = ["--judge", "chat", "--url", server.url, "--judge-model", "m"]
        for more, n in (([], 4), (["--n", "2"], 2)):
            backend = FakeBackend(["A thing."])
            monkeypatch.setattr("assistant.backends.llama.llamacpp.open_llamacpp", lambda spec, threads: backend)  # noqa: B023
            assert main(["capeval", *files, *chat, *more]) == 0
            assert json.loads(capsys.readouterr().out.splitlines()[-1])["n"] == n


def test_a_chat_judge_needs_an_address(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["capeval", "--judge", "chat"]) == 1
    assert capsys.readouterr().err == "error: a chat judge needs --url and --judge-model\n"


def test_a_chat_judge_is_compared_with_the_lexical_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A server that always answers D agrees with the lexical judge on a caption that tells nothing."""
    said = []

    class Server:
        def __init__(self, url: str, model: str, key: str | None, cache: Path) -> None:
            said.append((url, model, key, cache.name))
            self.model = model

        def ask(self, requests: Sequence[object], progress: bool = False) -> list[str]:
            return [r"\boxed{D}" for _ in requests]

    monkeypatch.setattr("benchmark.judges.chat_client.Endpoint", Server)
    monkeypatch.setenv("OPENAI_API_KEY", " secret\n")
    chosen = ["--judge", "chat", "--url", "http://127.0.0.1:1/v1", "--judge-model", "maker/m"]
    assert capeval_command(monkeypatch, FakeBackend([ABSTENTION]), "--json", *chosen) == 0
    out = capsys.readouterr().out
    found = json.loads(out)
    assert said == [("http://127.0.0.1:1/v1", "maker/m", "secret", "judged")] and "secret" not in out
    assert (found["agreement"]["equal"], found["agreement"]["n"]) == (1, 18)
    assert found["controls"]["control/gold"]["acc_pos"] == 0
    assert capeval_command(monkeypatch, FakeBackend([ABSTENTION]), *chosen) == 0
    assert "give the same letter in 100.0% of 18 questions" in capsys.readouterr().out


def test_a_missing_extra_costs_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError("No module named 'msgspec'", name="msgspec")

    monkeypatch.setattr("benchmark.__main__.import_module", missing)
    assert main(["build"]) == 1
    assert capsys.readouterr().err == "error: build needs msgspec: pip install '.[benchmark]' in the clone\n"


def test_only_what_recall_lets_through_is_in_the_prompt(tmp_path: Path) -> None:
    """By a tower that knows photos by their hash: nothing is recalled of a new photo, all of a photo that was seen."""
    backend = FakeBackend(["Nothing."])
    encoder = BackendEncoder(backend)
    condition = recalled.recalling(CachedWriter(backend), Lexical(), encoder)
    (row,) = runner.run([condition], THREE[:1], 1, tmp_path / "rows.jsonl")
    assert backend.calls == [prompt.caption_messages([], THREE[0].query)]
    assert row.score["kept"] == [0, 1] and row.score["others"] == [0, len(THREE[0].context) - 1]
    backend.threshold, encoder.gate = 0.0, Gate.always()
    every = recalled.recalling(CachedWriter(backend), Lexical(), encoder)
    (row,) = runner.run([every], THREE[:1], 1, tmp_path / "all.jsonl")
    assert sum(score[0] for name, score in row.score.items() if name in ("kept", "others")) >= 1
    assert len([part for part in backend.calls[-1][1].parts if isinstance(part, Photo)]) > 1
