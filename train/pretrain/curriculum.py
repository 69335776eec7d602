"""Curriculum of stage 2: the conversations that teach captions, answers and recognition, drawn from the token cache.

Everything is drawn with the given random generator; words and looks are those of one split, and the texts are those of
`benchmark/world/dialogue.py`.
"""

from __future__ import annotations

import json

import numpy as np

from assistant import prompt
from assistant.backend import Message
from benchmark.world import dialogue
from benchmark.world.dialogue import Facts
from benchmark.world.scene import TWIN_HUES, Look
from memory.episode import Episode, Photo
from train.pretrain.token_cache import TokenCache, photo_of, row_of

Rng = np.random.Generator
Branch = tuple[Message, ...]
"""A conversation that ends with an assistant turn."""
Known = tuple[Facts, Episode]
"""A known thing: its facts, and the episode that tells them."""


def draw_tree(rng: Rng, cache: TokenCache, split: str, *, short: bool, rare: bool = False) -> list[Branch]:
    """Draw the branches of a tree: captions with questions after them, or recognition.

    `short`: few episodes, of one turn with the name only; `rare`: fewer photos of strangers.
    """
    if rng.random() < 0.08:
        return _draw_recognition(rng, cache)
    looks = _draw_looks(rng, cache, short)
    full = not short and rng.random() < (0.5 if len(looks) < 7 else 0.15)
    known = _draw_episodes(rng, cache, split, looks, short, full)
    alone, strangers = 7 if short else 2, 1 if short or rare else 2
    queries = _draw_queries(rng, cache, looks, known, alone=alone, strangers=strangers, together=3)
    episodes = [e for _, e in known]
    branches = [_draw_branch(rng, episodes, [known[i] for i in shown], p, short) for p, shown in queries]
    if not short and rng.random() < 0.5:
        f, e = known[int(rng.integers(len(known)))]
        key = str(rng.choice(("place", "time", "habit")))
        question = prompt.recollect_messages(episodes, dialogue.question(rng, key, f.name))
        branches.append((*question, Message("assistant", (dialogue.answer(key, f, e),))))
    return branches


def draw_openings(rng: Rng, cache: TokenCache, split: str, *, rare: bool = False) -> list[Branch]:
    """Draw branches for many photos, each with the first sentence of its caption only, which names what is shown.

    Nearly all that is hard about a caption is decided there, and it takes a third of the tokens. `rare`: fewer photos
    of strangers.
    """
    looks = _draw_looks(rng, cache, False)
    known = _draw_episodes(rng, cache, split, looks, False, bool(rng.random() < 0.3))
    episodes = [e for _, e in known]
    branches = []
    queries = _draw_queries(rng, cache, looks, known, alone=5, strangers=1 if rare else 3, together=6)
    for query, shown in queries:
        opening = dialogue.caption([known[i] for i in shown]).split(".")[0] + "."
        branches.append((*prompt.caption_messages(episodes, query), Message("assistant", (opening,))))
    return branches


def _draw_episodes(rng: Rng, cache: TokenCache, split: str, looks: list[Look], short: bool, full: bool) -> list[Known]:
    """Draw facts and an episode for each look.

    `full`: all facts in six turns; `short`: only the name in one turn; otherwise some facts in one to four turns.
    """
    known: list[Known] = []
    for look, drawn in zip(looks, dialogue.draw_facts(rng, split, len(looks), full=full), strict=True):
        f = Facts(drawn.name) if short else drawn
        n = 1 if short else 6 if full else int(rng.choice((1, 1, 2, 4)))
        turns = dialogue.draw_dialogue(rng, f, cache.words[look.code].word, n)
        place = f.place if f.place and not full and rng.random() < 0.3 else None
        photo = photo_of(_draw_row(rng, cache, look))
        known.append((f, Episode(photo, turns, dialogue.draw_date(rng), place)))
    return known


def _draw_queries(
    rng: Rng, cache: TokenCache, looks: list[Look], known: list[Known], *, alone: int, strangers: int, together: int
) -> list[tuple[Photo, list[int]]]:
    """Draw photos to ask about, each with the indices of the `known` things that it shows.

    `alone` photos show one known thing and `strangers` none; as far as the cache has such photos, up to `together` show
    several known things, and one shows a known thing among strangers.
    """
    out: list[tuple[Photo, list[int]]] = []
    for i in rng.integers(0, len(looks), alone):
        out.append((photo_of(_draw_row(rng, cache, looks[i], known[i][1].photo)), [int(i)]))
    shown = {row: [looks.index(k) for k in group if k in looks] for group, row in cache.groups}
    for several, most in ((True, together), (False, 1)):
        rows = [row for row, indices in shown.items() if indices and (len(indices) > 1) == several]
        if rows:
            picked = rng.choice(rows, min(most, len(rows)), replace=False)
            out += [(photo_of(int(row)), shown[int(row)]) for row in picked]
    for _ in range(strangers):  # abstaining is learnt last, and needs its share
        out.append((photo_of(_draw_row(rng, cache, _draw_stranger(rng, cache, looks))), []))
    return out


def draw_chain(rng: Rng, cache: TokenCache, split: str) -> tuple[list[Branch], list[str]]:
    """Draw a chain, a context that introduces a few things by name again and again: its branches, and the names.

    The repetitions of the names are targets, too (`label_repeats`). A pretrained model can already continue a pattern;
    here the pattern is a photo and then its name. Captions start from this circuit, and stayed at chance without it.
    """
    n = int(rng.integers(2, 5))
    looks = _draw_looks(rng, cache, True)[:n]
    facts = dialogue.draw_facts(rng, split, len(looks), full=False)
    dates = sorted(dialogue.draw_date(rng) for _ in range(int(rng.integers(7, 12))))
    episodes = []
    for date in dates:
        i = int(rng.integers(len(looks)))
        photo = photo_of(_draw_row(rng, cache, looks[i]))
        episodes.append(Episode(photo, dialogue.draw_dialogue(rng, Facts(facts[i].name), None, 1), date))
    introduced = [i for i, f in enumerate(facts[: len(looks)]) if any(f.name in e.words for e in episodes)]
    branches = []
    for i in rng.choice(introduced, 3):
        request = prompt.caption_messages(episodes, photo_of(_draw_row(rng, cache, looks[int(i)])))
        branches.append((*request, Message("assistant", (f"This is {facts[int(i)].name}.",))))
    return branches, [f.name for f in facts]


def _draw_branch(rng: Rng, episodes: list[Episode], known: list[Known], query: Photo, short: bool) -> Branch:
    """Draw the conversation about a photo that shows the `known` things.

    It is a caption, followed by one or two questions unless `short`; now and then a question without a caption.
    """
    if not known and rng.random() < 0.25:
        episodes = []
    messages = prompt.caption_messages(episodes, query)
    f, e = known[int(rng.integers(len(known)))] if known else (None, None)
    if not short and len(known) < 2 and rng.random() < 0.2:
        key = _draw_key(rng, f)
        direct = prompt.direct_messages(episodes, query, dialogue.question(rng, key))
        return (*direct, Message("assistant", (dialogue.answer(key, f, e),)))
    messages = (*messages, Message("assistant", (dialogue.caption(known),)))
    for _ in range(0 if short else int(rng.integers(1, 3))):
        named = f is not None and (len(known) > 1 or rng.random() < 0.3)
        key = str(rng.choice(("place", "time", "habit"))) if named else _draw_key(rng, f)
        question = Message("user", (dialogue.question(rng, key, f.name if named and f else "it"),))
        messages = (*messages, question, Message("assistant", (dialogue.answer(key, f, e),)))
    return messages


def _draw_key(rng: Rng, facts: Facts | None) -> str:
    """Draw what a question asks about: a key of `dialogue.question`."""
    keys = ["name", "place", "time", "event", "habit", "both", "both"] + (
        ["reminder"] * 2 if facts and facts.reminder else []
    )
    return str(rng.choice(keys))


def _draw_looks(rng: Rng, cache: TokenCache, short: bool) -> list[Look]:
    """Draw the looks of a context: at times those of a group photo, often with two others for each.

    The others are recoloured twins, look-alikes, others of the same kind, or any looks.
    """
    codes = list(cache.words)
    sizes, shares = ((2, 3, 4, 5), (0.25,) * 4) if short else ((1, 2, 3, 4, 6), (0.05, 0.15, 0.5, 0.2, 0.1))
    n = int(rng.choice(sizes, p=shares))
    looks = [Look(str(rng.choice(codes)), int(rng.choice((0, 0, 0, *TWIN_HUES))))]
    if rng.random() < (0.25 if short else 0.75) and n > 1:
        looks = list(cache.groups[int(rng.integers(len(cache.groups)))][0])
        n = max(n, len(looks)) if short or rng.random() < 0.4 else 3 * len(looks)
        if not short and rng.random() < 0.4:
            others = cache.groups[int(rng.integers(len(cache.groups)))][0]
            looks += [look for look in others if look not in looks]
    while len(looks) < n:
        base, share = looks[int(rng.integers(len(looks)))], rng.random()
        if share < 0.12:
            new = Look(base.code, int(rng.choice((0, *TWIN_HUES))))
        elif share < 0.4:
            new = Look(str(rng.choice(cache.near[base.code])))
        elif share < 0.55:
            kind = cache.words[base.code].kind
            new = Look(str(rng.choice([c for c in codes if cache.words[c].kind == kind])))
        else:
            new = Look(str(rng.choice(codes)))
        if new not in looks:
            looks.append(new)
    there = (look if look in cache.single else Look(look.code) for look in looks)  # not every cache has every hue
    return list(dict.fromkeys(there))


def _draw_stranger(rng: Rng, cache: TokenCache, looks: list[Look]) -> Look:
    """Draw a look that is not in the context; at times a look-alike of one that is."""
    codes = list(cache.words)
    while True:
        code = str(rng.choice(cache.near[looks[0].code] if rng.random() < 0.2 else codes))
        if all(k.code != code for k in looks):
            return Look(code)


def _draw_row(rng: Rng, cache: TokenCache, look: Look, other_than: Photo | None = None) -> int:
    """Draw the row of a photo that shows a look alone, and is not the photo `other_than`."""
    rows = cache.single[look]
    used = row_of(other_than) if other_than else -1
    return int(rng.choice([r for r in rows if r != used]))


def _draw_recognition(rng: Rng, cache: TokenCache) -> list[Branch]:
    """Draw the branches of a recognition tree: numbered photos without words, and boxed lists of indices as targets."""
    looks = _draw_looks(rng, cache, True)
    order = [looks[i] for i in rng.permutation(len(looks))]
    photos = ((photo_of(_draw_row(rng, cache, look)), dialogue.draw_date(rng)) for look in order)
    known: list[Known] = [(Facts(""), Episode(photo, (), date)) for photo, date in photos]
    branches = []
    for query, shown in _draw_queries(rng, cache, order, known, alone=5, strangers=1, together=2):
        boxed = Message("assistant", (f"\\boxed{{{json.dumps(sorted(shown))}}}",))
        branches.append((*prompt.recognise_messages([e.photo for _, e in known], query), boxed))
    return branches
