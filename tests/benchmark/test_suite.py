"""The suite: its list of blocks, a whole run with a stand-in model, and runs that are killed, failed or mixed up."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace as with_fields
from pathlib import Path
from typing import Any, get_args

import pytest
from msgspec.structs import replace

from assistant.backend import Chunk, Message, Options
from assistant.backends.fake import FakeBackend
from assistant.models.spec import Spec as Model
from benchmark.judges.judge import Lexical
from benchmark.runner import CachedWriter, read_results
from benchmark.suite import diagnose, suite
from benchmark.suite.blocks import SUITE, Block, Group, load
from benchmark.suite.suite import GROUPS, Tools, command, parts
from benchmark.tasks.long_context import Recaller
from benchmark.world.sample import Spec, build
from memory.errors import KeepsakeError, ModelError
from tests.support.seer import SeeingBackend

ABOUT = {"model": "fake", "identity": "abc", "judge": "lexical", "size": "quick", "command": "x"}
TINY = Block("tiny", ("capeval", "shortcut"), quick=2, full=3)
PROMISED = {
    "caption",
    "control/gold",
    "control/empty",
    "control/everything",
    *(f"{task}/{way}" for task in ("lsd", "lar", "itr") for way in ("direct", "cag", "reference")),
    *(f"baseline/{b}" for b in ("no-context", "text-only", "caption-only", "retrieval", "oracle", "zero-shot")),
    *(f"shortcut/{s}" for s in ("shuffled", "blank", "no-query")),
    *(f"wording/{i}" for i in range(1, 6)),
    *("abstain/direct", "abstain/cag", "pair"),
    *("gate", "history/k1", "history/k4", "history/k8", "detail", "detail/zero-shot"),
    *(f"ablation/{a}" for a in ("window-1", "window-3", "forget-oldest", "update", "names-replaced", "dates-coarse")),
}


def tools(backend: FakeBackend) -> Tools:
    return Tools(backend, CachedWriter(backend), Lexical(), Recaller(backend), lambda: backend)


def small(block: Block) -> Block:
    """The block with one sample of each combination, and short histories."""
    return replace(block, quick=1, episodes=tuple(min(e, 12) for e in block.episodes[:2]))


def arguments(*args: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    suite.add_arguments(parser)
    return parser.parse_args(args)


def test_every_block_of_the_suite_loads_and_all_that_was_promised_is_in_it() -> None:
    blocks = load()
    assert {c.name for b in blocks for g in b.groups for c in GROUPS[g](tools(FakeBackend()))} == PROMISED
    assert {g for b in blocks for g in b.groups} == set(GROUPS) == set(get_args(Group))
    for block in blocks:
        assert 0 < block.quick <= block.full
        quick, full = list(block.specs("quick")), list(block.specs("full"))
        assert full[: len(quick)] == quick, "a quick run is the beginning of a full one"
        assert len(quick) == block.quick * len(block.modes) * len(block.positives) * len(block.episodes)


def test_specs_are_what_the_block_says() -> None:
    block = Block("x", ("gate",), 1, 2, ("near", "twin"), (1, 2), (0, 12), True, 5, "dev")
    assert list(block.specs("quick")) == [
        Spec("dev", 5, 0, k, mode, extra, True)
        for mode in ("near", "twin")
        for k, extra in ((1, 0), (1, 9), (2, 0), (2, 6))
    ]
    assert [s.index for s in block.specs("full")] == [0] * 8 + [1] * 8


GOOD = '[[block]]\nname = "x"\ngroups = ["gate"]\nquick = 1\nfull = 2\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD + "oops = 1\n", "wrong.toml, block 1: object contains unknown field `oops`; see suite.toml"),
        (GOOD + "oops = [", "cannot read the suite wrong.toml: "),
        ("oops = 1\n" + GOOD, "wrong.toml: object contains unknown field `oops`"),
        (GOOD + GOOD, "two blocks are called 'x'"),
        (GOOD.replace("gate", "gates"), "block 1, groups[0] = 'gates': invalid enum value"),
        (GOOD + 'modes = ["odd"]\n', "block 1, modes[0] = 'odd': invalid enum value"),
        (GOOD + "positives = [1, 5]\n", "block 1, positives[1] = 5: expected `int` <= 4"),
        (GOOD + "positives = 2\n", "block 1, positives = 2: expected `array`"),
        (GOOD + "positives = []\n", "block 1, positives = []: expected `array` of length >= 1"),
        (GOOD + "episodes = [500]\n", "block 1, episodes[0] = 500: expected `int` <= 200"),
        (GOOD + 'split = "all"\n', "block 1, split = 'all': invalid enum value"),
        (GOOD + "seed = -1\n", "block 1, seed = -1: expected `int` >= 0"),
        (GOOD.replace('"x"', '"../x"'), "block 1, name = '../x': expected `str` matching regex"),
        (GOOD.replace("full = 2\n", ""), "block 1: object missing required field `full`"),
        (GOOD + GOOD.replace('"x"', "7"), "block 2, name = 7: expected `str`"),
        (GOOD.replace("[[block]]", "[block]"), "wrong.toml: expected `array`, got `object`"),
        ("", "wrong.toml: object missing required field `block`"),
    ],
)
def test_a_wrong_suite_is_one_clear_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(text)
    with pytest.raises(KeepsakeError) as error:
        load(path)
    assert message in str(error.value) and "\n" not in str(error.value) and str(error.value).count("wrong.toml") == 1


def test_the_whole_suite_runs_end_to_end(tmp_path: Path) -> None:
    """With a stand-in for a perfect model, every condition gives scored rows without an error."""
    blocks = [small(b) for b in load()]
    seer = SeeingBackend([build(spec) for b in blocks for spec in b.specs("quick")])
    todo = parts(blocks, "quick", tools(seer))
    rows = diagnose.diagnose(todo, tmp_path / "run", ABOUT)
    assert {p.name for p in (tmp_path / "run").iterdir()} == {
        "run.json",
        "parts.json",
        *(f"{b.name}.jsonl" for b in blocks),
    }
    everything = [r for some in rows.values() for r in some]
    assert [r.error for r in everything if r.error] == []
    assert {r.condition for r in everything} == PROMISED
    assert all(r.score for r in everything)
    facts = json.loads((tmp_path / "run" / "run.json").read_text())
    assert {k: facts[k] for k in ABOUT} == ABOUT and set(facts) == {*ABOUT, "date", "planned"}
    for condition, n in facts["planned"].items():
        assert len({r.sample for r in everything if r.condition == condition}) == n, condition
    found = diagnose.summary(rows["main"])
    assert found["caption"]["acc_pos"]["value"] == found["control/gold"]["acc_pos"]["value"] == 1
    assert found["shortcut/blank"]["name_recall"]["value"] == 0
    assert diagnose.summary(rows["ablation"])["ablation/names-replaced"]["exact"]["value"] == 1
    assert found["shortcut/shuffled"]["follows"]["value"] == 1
    assert (tmp_path / "run").stat().st_mode & 0o077 == 0


class Killed(FakeBackend):
    """Ctrl-C comes in the middle of an answer, after `after` whole ones."""

    def __init__(self, after: int) -> None:
        super().__init__(["This is Milo."])
        self.after = after

    def stream(self, messages: Sequence[Message], options: Options) -> Iterator[Chunk]:
        for chunk in super().stream(messages, options):
            if len(self.calls) > self.after:
                raise KeyboardInterrupt
            yield chunk


def rows_of(folder: Path) -> dict[tuple[str, str], Any]:
    return {(r.condition, r.sample): (r.texts, r.score) for path in folder.glob("*.jsonl") for r in read_results(path)}


def test_a_killed_run_goes_on_where_it_was(tmp_path: Path) -> None:
    blocks = [TINY, replace(TINY, name="other", seed=8)]
    whole = FakeBackend(["This is Milo."])
    diagnose.diagnose(parts(blocks, "quick", tools(whole)), tmp_path / "whole", ABOUT)
    cut = tmp_path / "cut"
    killed = Killed(after=10)  # of 16; 4 of them a sample
    with pytest.raises(KeyboardInterrupt):
        diagnose.diagnose(parts(blocks, "quick", tools(killed)), cut, ABOUT)
    states = {name: e["state"] for name, e in json.loads((cut / "parts.json").read_text())["parts"].items()}
    assert states == {"tiny": "done", "other": "waiting"}
    assert json.loads((cut / "run.json").read_text())["planned"]["caption"] == 4
    again = FakeBackend(["This is Milo."])
    diagnose.diagnose(parts(blocks, "quick", tools(again)), cut, ABOUT)
    assert rows_of(cut) == rows_of(tmp_path / "whole")
    assert len(again.calls) == 16 - 10 and len(whole.calls) == 16
    idle = FakeBackend(["This is Milo."])
    found = diagnose.diagnose(parts(blocks, "quick", tools(idle)), cut, ABOUT)
    assert idle.calls == [] and len(found["tiny"]) == 2 * 7


def test_quick_rows_count_for_a_full_run(tmp_path: Path) -> None:
    for size, calls in (("quick", 8), ("full", 4), ("quick", 0)):
        backend = FakeBackend(["This is Milo."])
        diagnose.diagnose(parts([TINY], size, tools(backend)), tmp_path, {**ABOUT, "size": size})  # type: ignore[arg-type]
        assert len(backend.calls) == calls
    assert len(rows_of(tmp_path)) == 3 * 7


def test_a_failed_block_is_left_out_and_the_others_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def none() -> FakeBackend:
        raise ModelError("the model has no adapter")

    blocks = [Block("zero", ("zero-shot",), 1, 1), TINY]
    given = with_fields(tools(FakeBackend()), base=none)
    rows = diagnose.diagnose(parts(blocks, "quick", given), tmp_path, ABOUT)
    assert list(rows) == ["tiny"]
    assert capsys.readouterr().err == "zero is left out: the model has no adapter\n"
    facts = json.loads((tmp_path / "run.json").read_text())
    assert facts["left out"] == "zero: the model has no adapter"
    assert facts["planned"]["baseline/zero-shot"] == 0 and facts["planned"]["caption"] == 2
    diagnose.diagnose(parts(blocks, "quick", tools(FakeBackend())), tmp_path, ABOUT)
    assert "left out" not in json.loads((tmp_path / "run.json").read_text()), "tried again, and this time it works"


def test_rows_with_errors_are_tried_again(tmp_path: Path) -> None:
    class Broken(FakeBackend):
        def stream(self, messages: Sequence[Message], options: Options) -> Iterator[Chunk]:
            raise ModelError("no")

    rows = diagnose.diagnose(parts([TINY], "quick", tools(Broken())), tmp_path, ABOUT)
    assert diagnose.summary(rows["tiny"])["caption"] == {"n": 0, "errors": 2}
    rows = diagnose.diagnose(parts([TINY], "quick", tools(FakeBackend())), tmp_path, ABOUT)
    assert diagnose.summary(rows["tiny"])["caption"]["errors"] == 0


@pytest.mark.parametrize(
    ("about", "block", "message"),
    [
        ({"identity": "def"}, TINY, r"another identity \(abc\): give another folder"),
        ({"judge": "chat:x"}, TINY, r"another judge \(lexical\)"),
        ({}, replace(TINY, seed=9), "another 'tiny' part"),
    ],
)
def test_a_folder_holds_one_run(tmp_path: Path, about: dict[str, str], block: Block, message: str) -> None:
    diagnose.diagnose(parts([TINY], "quick", tools(FakeBackend())), tmp_path, ABOUT)
    before = rows_of(tmp_path)
    with pytest.raises(KeepsakeError, match=message):
        diagnose.diagnose(parts([block], "quick", tools(FakeBackend())), tmp_path, {**ABOUT, **about})
    assert rows_of(tmp_path) == before


def test_a_damaged_state_file_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "parts.json").write_text("{")
    with pytest.raises(KeepsakeError, match=r"parts\.json is not readable .*: give another folder with --out"):
        diagnose.diagnose(parts([TINY], "quick", tools(FakeBackend())), tmp_path, ABOUT)


def test_time_left_is_that_of_the_whole_suite(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With a clock that is a minute later at every reading."""
    minutes = iter(range(0, 100000, 60))
    monkeypatch.setattr(diagnose.time, "monotonic", lambda: next(minutes))
    blocks = [TINY, replace(TINY, name="other", seed=8)]
    todo = parts(blocks, "quick", tools(FakeBackend()))
    clock = diagnose.Clock(sum(p.n * p.weight for p in todo))
    for part in todo:
        for _ in clock.watch(part, part.conditions(), tmp_path / "none.jsonl"):
            pass
    assert capsys.readouterr().err.splitlines() == [
        "suite: in tiny, 25% done, about 3 min left",
        "suite: in tiny, 50% done, about 2 min left",
        "suite: in other, 75% done, about 1 min left",
        "suite: in other, 100% done, about 0 min left",
    ]


def test_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], own_home: Path, tmp_path: Path
) -> None:
    """With a stand-in for the model; the base without its adapter is opened for its block only."""
    opened: list[Model] = []

    def backend(spec: Model, threads: int) -> FakeBackend:
        opened.append(spec)
        return FakeBackend(["This is Milo."])

    monkeypatch.setattr("assistant.backends.llama.llamacpp.open_llamacpp", backend)
    text = GOOD.replace("gate", "capeval") + GOOD.replace('"x"', '"zero"').replace("gate", "zero-shot")
    (tmp_path / "own.toml").write_text(text)
    assert command(arguments("--suite", str(tmp_path / "own.toml"), "--json", "--threads", "1")) == 0
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert (found["model"], found["size"], set(found["blocks"])) == ("nano2", "quick", {"x", "zero"})
    assert found["blocks"]["x"]["control/gold"]["acc_pos"]["value"] == 1
    assert [spec.adapter is None for spec in opened] == [False, True]
    [folder] = (own_home / "runs").iterdir()
    facts = json.loads((folder / "run.json").read_text())
    assert facts["command"] == "python -m benchmark diagnose --model nano2 --size quick" and facts["judge"] == "lexical"
    assert str(tmp_path) not in (folder / "run.json").read_text()
    assert command(arguments("--suite", str(tmp_path / "own.toml"), "--only", "x", "--threads", "1")) == 0
    assert "control/empty (n=1): acc_pos 0.000, acc_neg 1.000" in capsys.readouterr().out
    with pytest.raises(KeepsakeError, match=r"own\.toml has no block 'y'"):
        command(arguments("--suite", str(tmp_path / "own.toml"), "--only", "y"))


def test_the_list_of_blocks_is_packaged_beside_its_module() -> None:
    assert SUITE.is_file() and SUITE.parent == Path(suite.__file__).parent
