"""Training tasks: what is drawn is what the benchmark asks, what the model reads is what the engine sends, and the
right text earns the most."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch

from assistant import prompt
from assistant.backends.fake import FakeBackend
from assistant.chatml import pieces
from assistant.conversation.conversation import Conversation
from assistant.encoder.encoder import BackendEncoder
from assistant.prompt import Layout
from benchmark.judges.judge import Lexical
from benchmark.tasks import capeval
from benchmark.world import dialogue
from benchmark.world.concepts import concepts
from benchmark.world.question import EACH
from benchmark.world.sample import Mode, Sample
from benchmark.world.scene import TWIN_HUES, Look
from memory.episode import Photo, Recall
from memory.store import Memory
from tests.support.tinynano import Tokenizer
from train.pretrain.token_cache import TokenCache, row_of
from train.recipe import Gspo
from train.rl.rollout import Prompt, Rollout
from train.rl.training_tasks import Task, draw_sample, draw_task

POOL = concepts("test")[:30]
VIEWS = 3
LOOKS = [Look(c.code, hue) for c in POOL for hue in (0, *TWIN_HUES)]
SINGLE = {look: list(range(i * VIEWS, (i + 1) * VIEWS)) for i, look in enumerate(LOOKS)}
SETS = [(Look(POOL[0].code), Look(POOL[1].code, TWIN_HUES[0])), tuple(Look(c.code) for c in POOL[2:5])]
GROUPS = [(looks, len(LOOKS) * VIEWS + i) for i, looks in enumerate(SETS)]
NEAR = {c.code: [o.code for o in (*POOL[i + 1 :], *POOL[:i])][:8] for i, c in enumerate(POOL)}
CACHE = TokenCache(torch.zeros(len(LOOKS) * VIEWS + 2, 2, 4), SINGLE, GROUPS, {c.code: c for c in POOL}, NEAR)
G = Gspo()
MODES: tuple[Mode, ...] = ("random", "near", "kind", "twin")


def drawn(seed: int, k: int = 1, mode: Mode = "random", known: bool = True) -> Sample:
    return draw_sample(np.random.default_rng(seed), CACHE, "train", k, mode, known)


def said(text: str, truncated: bool = False) -> Rollout:
    return Rollout(Prompt(torch.zeros(1), []), (1,) * (len(text.split()) + 1), text, (0.0,), 0.0, truncated)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("k", [1, 2, 3])
def test_a_context_is_the_known_things_and_two_others_for_each(k: int, mode: Mode) -> None:
    for seed in range(12):
        s = drawn(seed, k, mode)
        assert len(s.context) == len(s.facts) == len(s.looks) == len(s.questions) == len(set(s.looks)) == 3 * k
        assert {s.looks[i] for i in s.positives} == set(s.shown) and len(s.positives) == k
        rows = [row_of(e.photo) for e in s.context]
        assert all(row in SINGLE[look] for row, look in zip(rows, s.looks, strict=True))
        query = row_of(s.query)
        assert query not in rows
        assert query in SINGLE[s.shown[0]] if k == 1 else (s.shown, query) in GROUPS
        for e, f, asked in zip(s.context, s.facts, s.questions, strict=True):
            words = e.words
            assert all(
                x in words or x[:1].upper() + x[1:] in words for x in (f.name, f.place, f.time, f.event, f.habit)
            )
            assert len(asked) == EACH and {q.about for q in asked} == {f.name}
            assert f.name in dialogue.words("train")["names"]


@pytest.mark.parametrize("known", [True, False])
def test_the_others_are_of_the_mode(known: bool) -> None:
    for seed in range(12):
        for mode in MODES:
            s = drawn(seed, 1, mode, known)
            (shown,) = s.shown
            others = [look for look in s.looks if look != shown]
            assert len(others) == (2 if known else 3)
            if mode == "twin":
                assert {look.code for look in others} == {shown.code}
            if mode == "near":
                assert {look.code for look in others} <= set(NEAR[shown.code])
            if mode == "kind":
                kinds = [c for c in POOL if c.kind == CACHE.words[shown.code].kind and c.code != shown.code]
                alike = sum(CACHE.words[look.code].kind == CACHE.words[shown.code].kind for look in others)
                assert alike >= min(len(others), len(kinds))


def test_strangers_are_not_in_the_context() -> None:
    for seed in range(12):
        for k in (1, 3):
            s = drawn(seed, k, "random", False)
            assert s.positives == () and not set(s.shown) & set(s.looks) and len(s.context) == 3 * k


def test_a_bank_without_such_photos_says_so() -> None:
    with pytest.raises(ValueError, match="no photo of 4 things"):
        drawn(0, 4)


def test_the_same_dice_draw_the_same_task() -> None:
    g = Gspo(positives=(0.5, 0.25, 0.25))
    first, again, other = (draw_task(np.random.default_rng(seed), CACHE, "train", g) for seed in (1, 1, 2))
    assert first == again and first != other


def test_the_shares_are_the_recipes() -> None:
    g = Gspo(positives=(0.2, 0.5, 0.3), recognition_share=0.3, strangers_share=0.4)
    rng = np.random.default_rng(0)
    tasks = [draw_task(rng, CACHE, "train", g) for _ in range(400)]
    assert np.mean([t.kind == "recognition" for t in tasks]) == pytest.approx(0.3, abs=0.07)
    assert np.mean([not t.sample.positives for t in tasks]) == pytest.approx(0.4, abs=0.07)
    sizes = Counter(len(t.sample.shown) for t in tasks)
    assert [sizes[k] / 400 for k in (1, 2, 3)] == pytest.approx([0.2, 0.5, 0.3], abs=0.07)


def test_the_prompt_is_the_engines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine, given these memories and this photo, sends exactly these messages; as tokens, piece by piece."""
    s = drawn(3, 2)
    backend = FakeBackend()
    with Memory(tmp_path / "memory.db") as memory:
        talk = Conversation(backend, memory, BackendEncoder(backend))
        monkeypatch.setattr(talk, "recall", lambda photo: [Recall(e, 1.0, "") for e in s.context])
        list(talk.look(s.query))
    task = Task("caption", s)
    assert backend.calls == [task.messages]
    words = Tokenizer()
    ids = [i for p in pieces(backend.calls[0]) for i in ([0] * 2 if isinstance(p, Photo) else words.encode(p.text))]
    assert Prompt.of(words, task.messages, 2).ids.tolist() == ids


@pytest.mark.parametrize("layout", ["aligned", "reference"])
def test_the_layout_is_the_recipes(layout: Layout) -> None:
    task = draw_task(np.random.default_rng(4), CACHE, "train", Gspo(layout=layout, recognition_share=0, positives=(1,)))
    assert task.messages == prompt.caption_messages(task.sample.context, task.sample.query, layout)


def test_recognition_numbers_the_photos_of_the_context() -> None:
    s = drawn(5, 3)
    task = Task("recognition", s)
    assert task.messages == prompt.recognise_messages([e.photo for e in s.context], s.query)
    box = f"I see them. \\boxed{{{json.dumps(list(s.positives))}}}"
    rewards = task.score([said(box), said("\\boxed{[]}"), said("no box")], Lexical(), G)
    assert [r.value for r in rewards] == [1.0, 0.0, 0.0]
    stranger = Task("recognition", drawn(5, 3, known=False))
    assert [r.value for r in stranger.score([said("\\boxed{[]}"), said(box)], Lexical(), G)] == [1.0, 0.0]


@pytest.mark.parametrize("k", [1, 2, 3])
def test_the_gold_caption_earns_the_most(k: int) -> None:
    for seed in range(4):
        task = Task("caption", drawn(seed, k))
        gold = capeval.gold(task.sample)
        tries = [
            said(gold),
            said(capeval.everything(task.sample)),
            said(dialogue.ABSTENTION),
            said(gold, truncated=True),
        ]
        best, copied, silent, cut = task.score(tries, Lexical(), G)
        assert best.value == 1.0 and silent.value == 0.0 and cut.value == -1.0
        assert copied.value <= 0.35 and (cut.degenerate or "").startswith("longer")
        stranger = Task("caption", drawn(seed, k, known=False))
        assert [r.value for r in stranger.score([said(dialogue.ABSTENTION)], Lexical(), G)] == [1.0]


def test_people_read_what_the_model_reads() -> None:
    """Every character; and of a photo its row in the bank and what it shows."""
    s = drawn(7, 2)
    task = Task("caption", s)
    text = task.readable(CACHE)
    for piece in pieces(task.messages):
        if isinstance(piece, Photo):
            at = text.index(f"[photo {row_of(piece)}: ")
            looks = s.shown if piece == s.query else [s.looks[[e.photo for e in s.context].index(piece)]]
            seen = text[at : text.index("]", at)]
            assert all(f"{CACHE.words[look.code].word} ({look.code}" in seen for look in looks)
            text = text[:at] + text[text.index("]", at) + 1 :]
    assert text == "".join("" if isinstance(p, Photo) else p.text for p in pieces(task.messages))
