"""The reader that ships: where it finds answers, when it finds none, long texts, and its files."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from assistant.embedder.wordpiece import WordPiece
from assistant.reader.answer_reader import MOST_TOKENS, SHIPPED, AnswerReader, shipped, windows
from memory.errors import ModelError

NOTE = "Zuri the zebra. Anna got her for her 4th birthday from aunt Klara, we took her everywhere in Rome."


@pytest.fixture(scope="module")
def reader() -> AnswerReader:
    return AnswerReader()


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("who did Anna get her from", "aunt Klara"),
        ("Where did we take her?", "Rome"),
        ("What was the occasion?", "4th birthday"),
    ],
)
def test_an_answer_is_found_in_the_words(reader: AnswerReader, question: str, answer: str) -> None:
    found = reader.read(question, NOTE)
    assert found and answer in NOTE[found.start : found.end] and found.margin > 0


@pytest.mark.parametrize(
    "question", ["What did the boiler cost?", "How far is it to the station?", "who broke the vase"]
)
def test_what_the_words_do_not_speak_of_is_not_answered(reader: AnswerReader, question: str) -> None:
    found = reader.read(question, NOTE)
    assert found and found.margin < -3


def test_an_answer_deep_in_a_long_text_is_found(reader: AnswerReader) -> None:
    filling = "It rained again and we stayed in and played cards until it was dark. " * 40
    text = f"{filling}The key is under the third pot. {filling}"
    tokenizer = WordPiece(SHIPPED / "vocab.txt")
    parts = list(windows(tokenizer, "Where is the key?", text))
    assert len(parts) > 5 and all(len(one.ids) <= MOST_TOKENS for one in parts)
    covered = {place for one in parts for place in one.places}
    assert len(covered) == len(text.split()), "every word is in a window"
    found = reader.read("Where is the key?", text)
    assert found and "third pot" in text[found.start : found.end]


def test_words_without_an_answer_or_without_words(reader: AnswerReader) -> None:
    assert reader.read("Who?", "") is None and reader.read("Who?", " \n ") is None
    assert reader.read("", NOTE) and reader.read("?" * 5000, "东京 🦓 [SEP] [CLS]")


def test_a_damaged_or_missing_file_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is not the manifest of a reader"):
        AnswerReader(tmp_path)
    folder = tmp_path / "copy"
    shutil.copytree(SHIPPED, folder)
    (folder / "reader.onnx").write_bytes(b"no network")
    with pytest.raises(ModelError, match=r"reader\.onnx is damaged"):
        AnswerReader(folder).read("Who?", NOTE)
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "extra": 1}))
    with pytest.raises(ModelError, match="extra"):
        AnswerReader(folder)
    assert shipped() is shipped() is not None
    assert sum(file.stat().st_size for file in SHIPPED.iterdir()) < 16_000_000
