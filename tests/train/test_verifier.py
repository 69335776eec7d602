"""The verifier's training: what it is shown, and what its loss is of."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")
import torch

from assistant.embedder.text_embedder import SHIPPED as EMBEDDER
from assistant.embedder.wordpiece import WordPiece
from benchmark.grounding.fluent_texts import scenes
from train.embedder import minilm
from train.reader.reader_net import batched
from train.verifier import verifier_examples
from train.verifier.verifier_examples import Pair, memory_text
from train.verifier.verifier_fit import TASK, loss


def test_pairs_of_an_epoch_are_of_both_kinds_and_of_nothing_that_is_measured() -> None:
    pairs = verifier_examples.epoch_pairs(0)
    assert 0.35 < sum(pair.told for pair in pairs) / len(pairs) < 0.6
    held_out = {memory_text(one) for part in ("dev", "test") for scene in scenes(part) for one in scene["memories"]}
    assert held_out and not held_out & {pair.text for pair in pairs}
    assert verifier_examples.epoch_pairs(1) != pairs


def test_a_right_caption_gives_its_sentences_and_an_answer_stands_behind_its_question() -> None:
    scene = {
        "memories": [{"words": "thats rocky, toms dog", "day": "2023-05-06", "place": "Graz"}],
        "texts": [
            {"question": None, "text": "A dog is asleep. Rocky is Tom's.", "label": "right"},
            {"question": "whose is he?", "text": "Yours.", "label": "wrong"},
            {"question": None, "text": "He is Tom's. He is old.", "label": "wrong", "part": "He is old."},
        ],
    }
    told = "thats rocky, toms dog (Photo: 6 May 2023, Graz.)"
    found = list(verifier_examples._of_scene(scene, scene, verifier_examples.random.Random(0)))
    assert found == [
        Pair("A dog is asleep.", told, True),
        Pair("Rocky is Tom's.", told, True),
        Pair("whose is he? Yours.", told, False),
        Pair("He is Tom's.", told, True),
        Pair("He is old.", told, False),
    ]


def test_the_loss_is_that_of_the_first_token() -> None:
    pairs = [Pair("A dog.", "Rocky", True), Pair("A cat.", "Rocky", False)]
    batch = batched(WordPiece(EMBEDDER / minilm.VOCABULARY), pairs)
    logits = torch.full((2, batch.ids.shape[1], 2), 9.0)
    logits[:, 0] = torch.tensor([[-8.0, 8.0], [8.0, -8.0]])
    assert float(loss(logits, batch, pairs)) < 1e-3 < float(loss(logits, batch, pairs[::-1]))
    assert TASK.name == "verifier"
