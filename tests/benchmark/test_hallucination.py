"""Plain descriptions: things named that are not in the photo, things missed, and words of a person's description."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from assistant import prompt
from assistant.backend import Message
from assistant.backends.fake import FakeBackend
from benchmark.judges.chat_client import Endpoint
from benchmark.judges.judge import Judge, Lexical
from benchmark.judges.llm_judge import LlmJudge
from benchmark.runner import CachedWriter, ask
from benchmark.tasks import hallucination
from benchmark.world.concepts import concepts
from benchmark.world.sample import Sample, Spec, build
from benchmark.world.scene import Look
from memory.errors import KeepsakeError, PhotoError
from tests.support.chatserver import ChatServer, Reply, last, says

ANY = build(Spec("test", 7, 0))


def showing(*words: str) -> Sample:
    """A sample that claims these concepts for its query photo."""
    codes = {c.word: c.code for c in concepts("test")}
    return replace(ANY, shown=tuple(Look(codes[w]) for w in words))


@pytest.mark.parametrize(
    ("caption", "shown", "hallucinated", "missed", "specific"),
    [
        ("A koala next to a crab.", ("koala", "crab"), (0, 2), (0, 2), (2, 2)),
        ("A koala and two giraffes.", ("koala", "crab"), (1, 2), (1, 2), (1, 2)),
        ("Two koalas. The koala sleeps.", ("koala",), (0, 1), (0, 1), (1, 1)),
        ("Some animal.", ("koala",), (0, 0), (0, 1), (0, 1)),  # its kind: found, not called by its word
        ("An apple on a wall.", ("red apple",), (0, 1), (0, 1), (1, 1)),
        ("A green apple.", ("red apple",), (1, 1), (1, 1), (0, 1)),
        ("A man beside a tractor.", ("man farmer", "tractor"), (0, 2), (0, 2), (2, 2)),
        ("A woman’s hat. A woman's boot.", ("woman’s hat",), (1, 2), (0, 1), (1, 1)),
        ("Keys, carbs, and a donkeyed crabber.", ("key",), (0, 1), (0, 1), (1, 1)),  # whole words only
        ("", ("koala",), (0, 0), (1, 1), (0, 1)),
    ],
)
def test_counts_by_hand(
    caption: str,
    shown: tuple[str, ...],
    hallucinated: tuple[int, int],
    missed: tuple[int, int],
    specific: tuple[int, int],
) -> None:
    expected = {"hallucinated": hallucinated, "missed": missed, "specific": specific}
    assert hallucination.chair(caption, showing(*shown)) == expected


def test_the_description_is_asked_for_plainly() -> None:
    """The prompt has no memory and no instruction."""
    backend = FakeBackend(["A koala."])
    row = ask(hallucination.detail(CachedWriter(backend)), ANY)
    assert (row.condition, row.texts) == ("detail", {"caption": "A koala."})
    assert backend.calls == [prompt.describe_messages(ANY.query)]
    assert backend.calls[0] == (Message("user", (ANY.query, "\nDescribe this photo: what is in it?")),)


def album(folder: Path, *lines: object) -> Path:
    (folder / "images").mkdir()
    Image.new("RGB", (8, 8), "red").save(folder / "images" / "a.png")
    Image.new("RGB", (8, 8), "blue").save(folder / "b.png")
    path = folder / "described.jsonl"
    path.write_text(
        "\n".join(x if isinstance(x, str) else json.dumps(x, ensure_ascii=False) for x in lines) + "\n",
        encoding="utf-8",
    )
    return path


A = {"example_id": "1", "image_file": "a.png", "description": "A red wall in Bergen.\u2028It is old."}
B = {"image_file": "b.png", "description": "The blue sea."}


def test_references_are_read_and_covered(tmp_path: Path) -> None:
    found = hallucination.read_references(album(tmp_path, A, "", B), most=9)
    assert [text for _, text in found] == [A["description"], B["description"]]
    assert [s.query.sha256 for s, _ in found] != [found[0][0].query.sha256] * 2
    condition = hallucination.against_references(
        CachedWriter(FakeBackend(["A red house, old."])), {s.id: t for s, t in found}
    )
    row = ask(condition, found[0][0])
    # red wall bergen it's small words out: {red, wall, bergen, is, old}; said {red, house, old}
    assert (row.condition, row.score) == ("detail/references", {"covered": [2, 5], "beyond": [1, 3]})
    assert row.spec is None


def by_last_word(body: dict[str, Any]) -> Reply:
    """A judge: a reply is right if the last word of the right answer is in it; of "house" it cannot say."""
    right, reply = (json.loads(line.partition(": ")[2]) for line in str(last(body)).split("\n")[-2:])
    word = right.rstrip(".!").split()[-1]
    return says("Hard to say" if word == "house" else "Correct." if word in reply else "Wrong")


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_a_chat_judge_compares_sentences(tmp_path: Path) -> None:
    """What the person told and the model says, and what the model says and the person told; the lexical judge is not
    asked, since it knows drawn scenes only."""
    [(sample, text)] = hallucination.read_references(album(tmp_path, A), most=9)
    caption = "It looks old. An old house! By the wall in Bergen. It rains."
    with ChatServer(by_last_word) as server:
        judges: tuple[Judge, ...] = (LlmJudge(Endpoint(server.url, "m")), Lexical())
        for judge in judges:
            condition = hallucination.against_references(CachedWriter(FakeBackend([caption])), {sample.id: text}, judge)
            scores = ask(condition, sample).score
            if judge.name == Lexical.name:
                assert set(scores) == {"covered", "beyond"} and len(server.requests) == 6
            else:
                assert (scores["told"], scores["borne_out"], scores["unread"]) == ([2, 2], [2, 4], [1, 6])


def test_only_so_many_references_are_taken(tmp_path: Path) -> None:
    assert len(hallucination.read_references(album(tmp_path, A, B), most=1)) == 1


def test_described_photos_are_those_of_the_test_split(tmp_path: Path) -> None:
    """DOCCI's list holds all its splits; previously its first lines were taken, whatever their split."""
    listed = album(tmp_path, {**A, "split": "train"}, {**B, "split": "test"})
    assert [text for _, text in hallucination.read_references(listed, most=9)] == [B["description"]]
    (tmp_path / "other").mkdir()
    none = album(tmp_path / "other", {**A, "split": "train"}, B)
    assert len(hallucination.read_references(none, most=9)) == 2


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ({"image_file": "a.png"}, r"described\.jsonl, line 2: needs the field 'description'"),
        ({"description": "x", "image": "a.png"}, r"line 2: needs the field 'image_file'"),
        ({"image_file": 3, "description": "x"}, r"line 2: needs the field 'image_file'"),
        ([1], r"line 2: needs the field 'image_file'"),
        ("{oops", r"line 2: not JSON"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: object, message: str) -> None:
    with pytest.raises(KeepsakeError, match=message):
        hallucination.read_references(album(tmp_path, A, line), most=9)


def test_a_missing_file_or_photo_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeepsakeError, match=r"cannot read the descriptions none\.jsonl"):
        hallucination.read_references(tmp_path / "none.jsonl", 9)
    with pytest.raises(PhotoError, match=r"c\.png"):
        hallucination.read_references(album(tmp_path, {"image_file": "c.png", "description": "x"}), 9)
