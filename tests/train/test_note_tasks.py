"""Rewards on natural notes: what is drawn is what the app asks, the corpus's own texts earn the most, and inventing,
telling of another note, speaking as the user and silence about a known thing cost."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
import torch

from assistant import prompt
from benchmark.judges.judge import Lexical
from benchmark.world.concepts import Concept
from benchmark.world.scene import Look
from memory.episode import Photo
from train.pretrain.token_cache import TokenCache
from train.recipe import Gspo
from train.rl.note_tasks import NoteTask, draw_note_task
from train.rl.reward import Reward
from train.rl.rollout import Prompt, Rollout

LOOKS = tuple(Look(f"thing{i}") for i in range(8))
SINGLE = {look: list(range(3 * i, 3 * i + 3)) for i, look in enumerate(LOOKS)}
WORDS = {look.code: Concept(look.code, "thing", "thing", "train") for look in LOOKS}
GROUPS = [(LOOKS[:2], 24), (LOOKS[2:4], 25), (LOOKS[:3], 26), (LOOKS[:4], 27)]
CACHE = TokenCache(torch.zeros(28, 16, 8), SINGLE, GROUPS, WORDS, {})
G = Gspo()


def task(seed: int, strangers: float = 0.0) -> NoteTask:
    return draw_note_task(np.random.default_rng(seed), CACHE, "train", strangers)


def earned(one: NoteTask, text: str, truncated: bool = False) -> Reward:
    said = Rollout(Prompt(torch.zeros(1), []), (1,) * (len(text.split()) + 1), text, (0.0,), 0.0, truncated)
    return one.score([said], Lexical(), G)[0]


@cache
def drawn(seed: int) -> NoteTask:
    return task(seed)


def some(wanted: str, n: int = 30) -> list[NoteTask]:
    """`n` drawn tasks of a kind: captions of one known thing, or answers to questions of a kind."""
    every = map(drawn, range(2_000))
    if wanted == "caption":
        found = (t for t in every if t.kind == "note caption" and len(t.shown) == 1)
    else:
        found = (t for t in every if t.asked and t.asked.kind == wanted)
    return [t for t, _ in zip(found, range(n), strict=False)]


def test_all_kinds_of_tasks_are_drawn_and_read_as_the_app_asks() -> None:
    kinds: Counter[str] = Counter()
    for seed in range(160):
        one = task(seed, strangers=0.2)
        texts = "".join(p for m in one.messages for p in m.parts if isinstance(p, str))
        photos = [p for m in one.messages for p in m.parts if isinstance(p, Photo)]
        assert texts.startswith(prompt.INSTRUCTION) and one.messages[-1].role == "user"
        assert (photos[-1] == one.query) is (one.query is not None)
        kinds[one.kind if one.shown else "stranger"] += 1
        kinds["evidence"] += "Seen before" in texts
        kinds["several"] += len(one.shown) == 2
        kinds["no photo"] += one.query is None
        if one.asked:
            kinds[one.asked.kind] += 1
            kinds["found"] += (found := "\nI told you: " in texts)
            assert one.query is None or (one.messages[-1].parts == (one.asked.text,)) is not found
            assert prompt.asked(one.asked.text, None) in str(one.messages[-1].parts[-1])
        assert one.title and one.readable(CACHE).count("[photo ") == len(photos)
    assert (
        min(kinds[k] for k in ("note caption", "note answer", "stranger", "evidence", "several", "no photo", "found"))
        > 5
    )
    assert min(kinds[k] for k in ("ask", "untold", "absent")) > 5, kinds
    assert task(7) == drawn(7), "seeded"


def test_the_corpus_s_own_captions_earn_more_than_those_of_other_notes_and_silence() -> None:
    captions = some("caption")
    own = np.array([max(earned(t, c).value for c in t.known[t.shown[0]].note.captions) for t in captions])
    other = np.array([earned(t, o.known[o.shown[0]].note.captions[0]).value for t, o in pairwise(captions)])
    assert own.mean() > 0.5 and np.median(own) > 0.5, own.mean()
    assert other.mean() < -0.2, other.mean()
    for t in captions[:10]:
        assert earned(t, "I do not know anything in this photo.").value == -1
        assert earned(t, t.gold, truncated=True).degenerate


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text + " Bartholomew gave it to Clementine in Vladivostok in 1987.",
        lambda text: "My own. " + text,
        lambda text: text + " It was a very good thing to have had there, and so on and on, one may well say." * 3,
    ],
    ids=["invented", "as the user", "overlong"],
)
def test_a_caption_with_a_fault_earns_less(change) -> None:
    captions = some("caption", 20)
    less = [earned(t, change(t.gold)).value < earned(t, t.gold).value for t in captions]
    assert sum(less) >= 19, less


def test_telling_of_the_wrong_memory_costs_a_whole_point() -> None:
    for t in [t for t in some("caption") if len(t.known) > 2][:12]:
        other = next(k for i, k in enumerate(t.known) if i not in t.shown)
        assert earned(t, other.note.text).minus >= 1


def test_of_several_things_each_is_to_be_told() -> None:
    found = [t for t in map(drawn, range(600)) if t.kind == "note caption" and len(t.shown) > 1]
    assert {len(t.shown) for t in found} == {2, 3}
    for t in found:
        one = t.known[t.shown[0]].note
        assert earned(t, t.gold).plus > earned(t, one.captions[0]).plus
    assert np.mean([earned(t, t.gold).value for t in found]) > 0.5


def test_a_stranger_is_to_be_called_unknown() -> None:
    found = [t for t in (task(seed, 1.0) for seed in range(40)) if not t.shown]
    assert len(found) > 10
    for t in found:
        assert earned(t, t.gold).value == 1
        assert earned(t, t.known[0].note.captions[0]).value == -1


def test_answers_right_refused_and_wrong() -> None:
    right = [earned(t, t.asked.answers[0]).value for t in some("ask") if t.asked]
    assert np.mean(np.array(right) == 1) > 0.75 and min(right) > 0, "what the app withholds earns less"
    for t in some("ask", 20):
        assert earned(t, "You did not tell me that.").value == -0.6
        assert earned(t, "It was a green elephant.").value == -1
        assert t.asked and earned(t, " ".join([t.asked.answers[0], "and so on,"] * 15)).value < 1
    for kind in ("untold", "absent"):
        for t in some(kind, 20):
            assert earned(t, t.gold).value == 1 and earned(t, "Yes, on Sunday.").value == -1


def test_without_the_filter_repetition_is_judged_like_the_rest() -> None:
    one = some("ask", 1)[0]
    said = Rollout(Prompt(torch.zeros(1), []), (1,) * 60, "No. " * 12, (0.0,), 0.0, False)
    assert one.score([said], Lexical(), G)[0].degenerate
    assert not one.score([said], Lexical(), replace(G, degeneration_filter=False))[0].degenerate
