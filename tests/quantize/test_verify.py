"""Numbers to verdict: thresholds are read strictly, every fault is a line, rows survive a kill."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from assistant.backend import Chunk, Message, Options
from assistant.chatml import Mark, Piece, Words
from benchmark.world.sample import Sample
from memory.episode import Photo
from memory.errors import KeepsakeError
from quantize.variants import Variant
from quantize.verify import acceptance, verify
from quantize.verify.verify import REFERENCE, SampleRow

GOOD = acceptance.load()
SCORE = {"acc_pos": [4.0, 4.0], "acc_neg": [8.0, 8.0], "name_recall": [1.0, 1.0], "misbinding": [0.0, 1.0]}


def row(index: int = 0, **changed: object) -> SampleRow:
    """A row without a fault: a hundred tokens, all the same."""
    whole = SampleRow(
        index, f"s{index}", "This is Milo at the harbour.", [0.001] * 100, [True] * 100, True, SCORE, 9.0, 10**6, 0.001
    )
    return replace(whole, **changed)  # type: ignore[arg-type]


@pytest.fixture
def variant(tmp_path: Path) -> Variant:
    for name in ("language-Q8_0.gguf", "mmproj.gguf"):
        (tmp_path / name).write_bytes(b"12345")
    return Variant("Q8_0", "llama.cpp", tmp_path / "language-Q8_0.gguf", tmp_path / "mmproj.gguf")


def judge(variant: Variant, rows: Sequence[SampleRow], template: str | None = None) -> acceptance.Verdict:
    return acceptance.judge(variant, rows, [row(r.index) for r in rows], GOOD, template)


def test_what_is_the_same_passes(variant: Variant) -> None:
    found = judge(variant, [row(0), row(1)])
    assert found.passed and found.bytes == 10 and found.positions == 200
    assert (found.top1, found.equal, found.scores["acc_pos"]) == (1, 1, 1)
    assert found.pairs["acc_pos"] == (0, 0, 8)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"same": [False] * 2 + [True] * 98}, "top-1 98.00% of 100 tokens, at least 99.00%"),
        ({"kl": [0.03] * 100}, "mean KL 0.0300 nats, at most 0.02"),
        ({"kl": [0.2] * 6 + [0.0] * 94}, "KL at 95 % 0.2000 nats, at most 0.1"),
        ({"kl": [float("nan")] * 100}, "mean KL nan nats, at most 0.02"),
        ({"score": {**SCORE, "acc_pos": [3.0, 4.0]}}, "Acc+: 1 questions lost, 0 gained, of 4; at most 1.0% net"),
        ({"score": {**SCORE, "acc_neg": [7.0, 8.0]}}, "Acc-: 1 questions lost, 0 gained, of 8; at most 1.0% net"),
        ({"score": {**SCORE, "misbinding": [1.0, 1.0]}}, "wrong names in 1 more captions and 0 fewer, of 1;"),
        ({"same_words": False}, "it splits the prompts into other tokens"),
        ({"photo_error": 0.47}, "visual tokens of a photo are 47.0% off, at most 5.0%"),
    ],
)
def test_every_threshold_is_held_by_itself(variant: Variant, changed: dict[str, object], told: str) -> None:
    found = judge(variant, [row(**changed)])
    assert len([f for f in found.faults if f.startswith(told)]) == 1
    assert not found.passed
    # what is just allowed is no fault
    assert judge(variant, [row(kl=[0.02] * 100, same=[False] + [True] * 99)]).passed


def test_a_template_is_a_fault_of_its_own(variant: Variant) -> None:
    assert judge(variant, [row()], "it carries no chat template").faults == ("it carries no chat template",)


def test_accuracy_is_compared_in_pairs(variant: Variant) -> None:
    """What one caption loses another may win back: both are counted, and the difference decides."""
    lost, won = {**SCORE, "acc_pos": [2.0, 4.0]}, {**SCORE, "acc_pos": [4.0, 4.0]}
    truth = [row(0), row(1, score=lost)]
    found = acceptance.judge(variant, [row(0, score=lost), row(1, score=won)], truth, GOOD, None)
    assert found.pairs["acc_pos"] == (2, 2, 8)
    assert found.passed
    assert acceptance.paired(found).startswith(
        "Q8_0: Acc+ 2 lost, 2 gained, of 8; Acc- 0 lost, 0 gained, of 16; names 0"
    )


def test_the_smallest_that_passes_runs_on_a_laptop(variant: Variant) -> None:
    good = judge(variant, [row()])
    half, tiny = replace(good, name="Q4", bytes=5), replace(good, name="Q2", bytes=2, faults=("top-1",))
    merged = replace(good, name="merged", engine="transformers", bytes=1)
    assert acceptance.smallest([good, half, tiny, merged]) is half
    assert acceptance.smallest([tiny, merged]) is None


def test_the_worst_prompts_come_first_and_say_what_differed() -> None:
    rows = [row(0), row(1, kl=[0.0, 2.5, 0.0], caption="This is Anna at the harbour."), row(2, kl=[0.1])]
    told = acceptance.worst(rows, [row(0), row(1), row(2)], 2)
    assert told[0] == (
        'prompt 1 (s1): KL 2.500 at token 2 of 3; "... This is Anna at the harbour. ..." instead of '
        '"... This is Milo at the harbour. ..."'
    )
    assert told[1].startswith("prompt 2 (s2): KL 0.100 at token 1 of 1; the same caption")


def test_the_table_has_a_line_for_each_variant(variant: Variant) -> None:
    truth = replace(judge(variant, [row()]), name=REFERENCE, engine="transformers", per_second=None)
    lines = acceptance.table([truth, judge(variant, [row(kl=[0.03] * 100)])]).splitlines()
    assert len(lines) == 4 and len({line.count("|") for line in lines}) == 1
    assert "| 0 | 0 | 0 | 100.00% |" in lines[2] and "| – |" in lines[2] and lines[2].endswith("| the reference |")
    assert "| 0.03000 | 0.0300 | 0.030 |" in lines[3] and lines[3].endswith("| fails |")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("top1 = 0.99", "top1 = 99"), "top1 = 99: Expected `float` <= 1.0; it has exactly"),
        (("top1 = 0.99", "top1 = true"), "top1 = True: Expected `float`, got `bool`"),
        (("kl_p95 = 0.1", "kl_p95 = -1"), "kl_p95 = -1: Expected `float` >= 0.0"),
        (("kl_p95 = 0.1", "kl_p95 = nan"), "kl_p95 = nan: Expected `float` >= 0.0"),
        (("kl_p95 = 0.1", 'kl_p95 = "low"'), "kl_p95 = 'low': Expected `float`, got `str`"),
        (("top1 = 0.99", ""), "missing required field `top1`; it has exactly top1, kl_mean, "),
        (("top1 =", "top_1 ="), "unknown field `top_1`"),
        (("top1 =", "top5 = 1\ntop1 ="), "unknown field `top5`; it has exactly top1, kl_mean, "),
        (("top1 =", "top1"), "cannot read the thresholds own.toml"),
    ],
)
def test_thresholds_are_read_strictly(tmp_path: Path, change: tuple[str, str], told: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(acceptance.THRESHOLDS.read_text(encoding="utf-8").replace(*change), encoding="utf-8")
    with pytest.raises(KeepsakeError) as caught:
        acceptance.load(path)
    assert told in str(caught.value) and "\n" not in str(caught.value)


class Parrot:
    """A reader with a vocabulary of characters; it says its line, and its logits hang on what it is asked to follow."""

    def __init__(self, line: str, off: float = 0.0, vocabulary: int = 128) -> None:
        self.line, self.off, self.vocabulary, self.asked = line, off, vocabulary, 0

    def stream(self, messages: Sequence[Message], options: Options) -> Iterator[Chunk]:
        self.asked += 1
        yield Chunk(self.line)
        yield Chunk("", "end", new_tokens=len(self.line))

    def follow(self, prompt: Sequence[Piece], tokens: Sequence[int]) -> np.ndarray:
        logits = np.zeros((len(tokens), self.vocabulary), np.float32)
        logits[np.arange(len(tokens)), tokens] = 3 + self.off * np.arange(len(tokens))
        return logits

    def tokenize(self, piece: Mark | Words) -> list[int]:
        return [min(127, ord(c)) for c in piece.text]

    def embed(self, photo: Photo) -> np.ndarray:
        return np.full((4, 8), 1 + self.off, np.float32)

    def close(self) -> None:
        pass


@pytest.fixture(scope="module")
def samples() -> list[Sample]:
    return verify.draw_samples(2)


def test_every_token_of_the_checkpoints_caption_is_compared(tmp_path: Path, samples: list[Sample]) -> None:
    """The variant says something else, and is asked about the checkpoint's words all the same, end of turn included."""
    truth = verify.measure(Parrot("Milo."), REFERENCE, samples, tmp_path / "t.jsonl")
    rows = verify.measure(Parrot("Anna.", off=0.1), "Q8_0", samples, tmp_path / "q.jsonl")
    assert [len(r.kl) for r in rows] == [len("Milo.<|im_end|>")] * 2
    assert rows[0].kl[0] == 0 and rows[0].kl[1:] == sorted(rows[0].kl[1:]) and rows[0].kl[-1] > 0.1
    assert [r.caption for r in truth + rows] == ["Milo."] * 2 + ["Anna."] * 2
    assert all(r.same_words and all(r.same) and r.peak > 10**7 for r in rows)
    assert [r.photo_error for r in truth + rows] == [0, 0, 0.1, 0.1]


def test_rows_are_kept_and_a_torn_one_is_asked_again(tmp_path: Path, samples: list[Sample]) -> None:
    """A kill costs the row that was being written."""
    verify.measure(Parrot("Milo."), REFERENCE, samples, tmp_path / "t.jsonl")
    path = tmp_path / "q.jsonl"
    whole = verify.measure(Parrot("Milo."), "Q8_0", samples, path)
    path.write_text(path.read_text(encoding="utf-8")[:-40], encoding="utf-8")
    again = Parrot("Milo.")
    rows = verify.measure(again, "Q8_0", samples, path)
    assert again.asked == 1
    assert [replace(r, peak=0, per_second=None) for r in rows] == [replace(r, peak=0, per_second=None) for r in whole]
    third = Parrot("Milo.")
    verify.measure(third, "Q8_0", samples, path)
    assert third.asked == 0


def test_rows_about_other_samples_do_not_count(tmp_path: Path, samples: list[Sample]) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text("\n".join(json.dumps(asdict(row(i))) for i in range(3)), encoding="utf-8")
    assert verify.read(path, samples) == []


def test_another_vocabulary_is_another_model(tmp_path: Path, samples: list[Sample]) -> None:
    verify.measure(Parrot("Milo."), REFERENCE, samples, tmp_path / "t.jsonl")
    with pytest.raises(KeepsakeError, match="Q8_0 has 130 tokens, the checkpoint 128: another model"):
        verify.measure(Parrot("Milo.", vocabulary=130), "Q8_0", samples, tmp_path / "q.jsonl")


def test_silence_is_compared_as_well(tmp_path: Path, samples: list[Sample]) -> None:
    """A checkpoint that says nothing has an end of turn still."""
    rows = verify.measure(Parrot(""), REFERENCE, samples, tmp_path / "t.jsonl")
    assert [len(r.kl) for r in rows] == [len("<|im_end|>")] * 2


def test_an_identity_changes_with_any_file(variant: Variant) -> None:
    before = verify.identity(variant)
    assert before == verify.identity(replace(variant, name="another name"))
    assert variant.mmproj
    variant.mmproj.write_bytes(b"54321")
    assert verify.identity(variant) != before
