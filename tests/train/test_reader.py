"""The reader's training: what it is asked, where answers stand, and that the network in ONNX is the one in torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")
import torch

from assistant.embedder.wordpiece import WordPiece
from assistant.encoder.onnx_session import OnnxSession
from assistant.encoder.open_encoder import SHIPPED as ENCODER
from assistant.reader.answer_reader import SHIPPED, AnswerReader, windows
from benchmark.notes.note import Question
from benchmark.notes.plain_notes import plain_notes
from memory.errors import ModelError
from train.__main__ import main
from train.embedder import bert_graph
from train.reader import reader_examples, weight_mean
from train.reader.reader_examples import Example, place
from train.reader.reader_net import SEPARATOR, Batch, ReaderNet, batched, graph

NOTE = "My sister is on the phone. I fell asleep on my foot in Lille."
WHO = Question("ask", "Who was on the phone?", ("your sister",))


def test_an_answer_stands_where_its_words_stand() -> None:
    assert NOTE[slice(*place(NOTE, WHO))] == "My sister"
    assert NOTE[slice(*place(NOTE, Question("ask", "Where?", ("in Lille",))))] == "in Lille"
    by_words = Question("ask", "Who phoned?", ("phone sister",))
    assert NOTE[slice(*place(NOTE, by_words))] == "My sister is on the phone."
    assert place(NOTE, Question("untold", "Which sister?", ("You did not tell me.",))) is None


def test_examples_of_an_epoch_are_of_every_kind_and_other_in_the_next() -> None:
    first, second = reader_examples.epoch_examples(0), reader_examples.epoch_examples(1)
    none = [one for one in first if one.answer is None]
    assert 0.4 < len(none) / len(first) < 0.6
    assert {one.asked.kind for one in none} == {"ask", "untold", "absent"}, (
        "also questions whose sentence was taken out"
    )
    for one in first:
        assert one.answer is None or one.text[slice(*one.answer)].strip()
    assert [one.text for one in first] != [one.text for one in second]
    measured = reader_examples.dev_examples()
    assert len(measured) > 600 and not {one.text for one in measured} & {one.text for one in first}


def test_an_epoch_asks_all_plain_notes_and_none_that_is_measured() -> None:
    drawn = reader_examples.epoch_examples(4)
    texts = {note.text for note in plain_notes("train")}
    plain = drawn[next(n for n, one in enumerate(drawn) if one.text in texts) :]
    whole = [one for one in plain if one.text in texts]
    assert {one.text for one in whole} == texts
    held_out = {note.text for part in ("dev", "test") for note in plain_notes(part)}
    assert not held_out & {one.text for one in drawn}
    assert {one.text for one in reader_examples.plain_dev_examples()} < held_out
    for one in plain:
        assert (one.answer is None) or one.text[slice(*one.answer)] == one.asked.answers[0]
    taken_out = [one for one in plain if one.text not in texts]
    assert 0.05 < len(taken_out) / len(whole) < 0.2
    for one in taken_out:
        assert one.answer is None and one.asked.kind == "ask" and one.text.strip()
    assert 0.75 < share_without_answer(plain) <= 0.8
    assert 0.6 < share_without_answer([one for one in plain if one.question.lower().startswith("when")]) < 0.75


def share_without_answer(examples: list[Example]) -> float:
    """How many questions without an answer there are for each with one."""
    without = sum(one.answer is None for one in examples)
    return without / (len(examples) - without)


def test_a_batch_marks_the_text_and_the_answer_in_it() -> None:
    tokenizer = WordPiece(SHIPPED / "vocab.txt")
    batch = batched(
        tokenizer, [Example("who", NOTE, place(NOTE, WHO), WHO), Example("who phoned us", "Nobody.", None, WHO)]
    )
    pieces = {id: piece for piece, id in tokenizer._ids.items()}
    begin, end = batch.answers[0].tolist()
    assert [pieces[id] for id in batch.ids[0, begin : end + 1].tolist()] == ["my", "sister"]
    assert batch.answers[1].tolist() == [0, 0] and pieces[SEPARATOR] == "[SEP]"
    text = batch.allowed[1].nonzero().flatten().tolist()
    assert [pieces[int(batch.ids[1, n])] for n in text] == ["[CLS]", "nobody", "."]


def test_the_graph_computes_what_the_network_computes(tmp_path: Path) -> None:
    torch.manual_seed(3)
    net = ReaderNet().eval()
    rounded = net.bert.state_dict()
    for name, value in rounded.items():
        if value.dim() == 2 and ("encoder" in name or "word_embeddings" in name):
            bits = bert_graph.WIDE if "attention" in name else bert_graph.NARROW
            codes, scales, zeros = bert_graph.quantised(value.numpy(), bits)
            value.copy_(
                torch.tensor((codes - zeros[:, :, None].astype(np.float32)) * scales[:, :, None]).reshape(value.shape)
            )
    (tmp_path / "net.onnx").write_bytes(graph(net).SerializeToString())
    session = OnnxSession(tmp_path / "net.onnx", "spans")
    tokenizer = WordPiece(SHIPPED / "vocab.txt")
    for question in ("who", "Who was on the phone in Lille?"):
        [window] = windows(tokenizer, question, NOTE)
        batch: Batch = batched(tokenizer, [Example(question, NOTE, None, WHO)])
        with torch.no_grad():
            expected = net(batch)[0].numpy()
        inside = batch.allowed[0].numpy()
        assert np.abs(session.run(np.array([window.ids], np.int64))[0][inside] - expected[inside]).max() < 5e-3


def test_the_mean_of_two_networks_lies_between_them(tmp_path: Path) -> None:
    first, second = ReaderNet(), ReaderNet()
    for n, net in enumerate((first, second)):
        onnx.save(graph(net), tmp_path / f"{n}.onnx")
    paths = [tmp_path / f"{n}.onnx" for n in (0, 1)]
    own, between = (weight_mean.mean(of).state_dict() for of in (paths[:1], paths))
    for name, weight in first.state_dict().items():
        step = 0.08 * float(weight.abs().max())  # half a step of 4 bits is a thirtieth of the range
        used = slice(224) if "position" in name else slice(None)
        assert torch.allclose(own[name][used], weight[used], atol=step), name
        middle = (weight + second.state_dict()[name]) / 2
        assert torch.allclose(between[name][used], middle[used], atol=step), name


def test_a_mean_is_made_of_readers_only(tmp_path: Path) -> None:
    (tmp_path / "text.onnx").write_text("no network")
    with pytest.raises(ModelError, match="no network"):
        weight_mean.mean([tmp_path / "text.onnx"])
    with pytest.raises(ModelError, match="train reader"):
        weight_mean.mean([ENCODER / "lite0.onnx"])


def test_a_course_of_no_epoch_writes_what_it_begins_with(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "written"
    assert main(["reader", "--start", str(SHIPPED / "reader.onnx"), "--epochs", "0", "--out", str(out)]) == 0
    assert "15.0 MB" in capsys.readouterr().out
    question, text = "Who was on the phone?", NOTE
    shipped, written = AnswerReader(SHIPPED).read(question, text), AnswerReader(out).read(question, text)
    assert shipped and written and (written.start, written.end) == (shipped.start, shipped.end)
    assert abs(written.margin - shipped.margin) < 0.5
    assert main(["reader", "--start", str(tmp_path / "none.onnx"), "--epochs", "0", "--out", str(out)]) == 1
    assert "no network" in capsys.readouterr().err
