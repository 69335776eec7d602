"""The second nano writes in llama.cpp what it writes in torch, where it was trained: the seam adds nothing."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from peft import set_peft_model_state_dict

from assistant import prompt
from assistant.backend import Message, Options
from assistant.backends.llamacpp import LlamaCpp
from assistant.chatml import pieces
from assistant.encoder.open_encoder import open_shipped
from assistant.models import local
from assistant.photo import from_image
from assistant.vision.connector import TOKENS, Connector
from benchmark.world.concepts import concepts
from benchmark.world.scene import Look, draw
from memory.episode import Episode, Photo
from tests.support.episodes import episode
from train.nano2 import run_stages
from train.nano2.adapter_gguf import read_lora
from train.nano2.nano2_settings import Settings
from train.pretrain.language import Reader
from train.pretrain.model import build_model
from train.recipe import Tower

FEW = 12


def scene(code: str, seed: int) -> Photo:
    return from_image(draw([Look(code)], seed).image)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")
def test_captions_are_those_of_torch_to_the_letter() -> None:
    """Greedy, in f32 on both sides; the language model's weights are the packaged ones in both."""
    torch.set_num_threads(1)
    spec = local.load("nano2")
    assert spec.connector and spec.adapter
    model, tokenizer = build_model(spec.language, Tower())
    reader = Reader(model.model.text_model, Settings().rank, Settings().alpha, 1.0, torch.float32)
    lora = read_lora(spec.adapter, run_stages.HEADS, run_stages.KEY_HEADS)
    set_peft_model_state_dict(reader.text, lora)
    reader.eval()
    connector = Connector(spec.connector, open_shipped())
    backend = LlamaCpp(spec, threads=1, context=1024, exact=True)
    codes = [concept.code for concept in concepts("test")[:2]]
    told = ("Milo, from the shelter in Graz.", "Grandma's cup.")
    known = [
        Episode(scene(code, i), episode(words).turns[:1], episode().when)
        for i, (code, words) in enumerate(zip(codes, told, strict=True))
    ]
    try:
        for i, code in enumerate(codes):
            for sure in ([], [known[i]]):
                messages = prompt.caption_messages(known, scene(code, 50 + i), sure=sure)
                ours = "".join(c.text for c in backend.stream(messages, Options(max_new_tokens=FEW)))
                assert ours.strip() == _written(reader, tokenizer, connector, messages)
    finally:
        backend.close()
        connector.close()


@torch.inference_mode()
def _written(reader: Reader, tokenizer, connector: Connector, messages: tuple[Message, ...]) -> str:
    """What torch writes, greedily, one whole pass for each token."""
    rows: list[torch.Tensor] = []
    for piece in pieces(messages):
        if isinstance(piece, Photo):
            tokens = connector.visual_tokens(piece)
            assert tokens.shape[0] == TOKENS
            rows.append(torch.from_numpy(np.ascontiguousarray(tokens)))
        else:
            rows.append(reader.embed(torch.tensor(tokenizer.encode(piece.text, add_special_tokens=False))))
    x, written = torch.cat(rows), []
    while len(written) < FEW:
        n = len(x)
        hidden = reader.read(x, torch.ones(n, n).tril().bool(), torch.arange(n))
        token = int((hidden[-1] @ reader.embed.weight.T).argmax())
        if tokenizer.decode([token]) == "<|im_end|>":
            break
        written.append(token)
        x = torch.cat([x, reader.embed(torch.tensor([token]))])
    return str(tokenizer.decode(written)).strip()
