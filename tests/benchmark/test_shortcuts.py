"""Shortcut tests expose a model that does not look; baselines leave out what their names say, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from assistant import prompt
from assistant.backend import Chunk, Message, Options
from assistant.backends.fake import FakeBackend
from benchmark.judges.judge import Lexical
from benchmark.runner import CachedWriter
from benchmark.tasks import capeval, shortcuts
from benchmark.tasks.long_context import Recaller
from benchmark.world.dialogue import ABSTENTION
from benchmark.world.sample import Spec, build
from memory.episode import Photo
from tests.support.seer import SeeingBackend, averages, rows

SAMPLES = [build(Spec("test", 7, i)) for i in range(4)]
TWO = build(Spec("test", 7, 0, positives=2))
JUDGE = Lexical()


class Leaky(FakeBackend):
    """A model that never looks at photos: it recognises the right thing by the words of the dialogues."""

    def stream(self, messages: Sequence[Message], options: Options) -> Iterator[Chunk]:
        text = "".join(words(tuple(messages)))
        self.answers = [next(capeval.gold(s) for s in SAMPLES if s.context[s.positives[0]].turns[0].text in text)]
        return super().stream(messages, options)


def photos(message: tuple[Message, ...]) -> list[str]:
    return [p.sha256 for m in message for p in m.parts if isinstance(p, Photo)]


def words(message: tuple[Message, ...]) -> list[str]:
    return [p for m in message for p in m.parts if isinstance(p, str)]


def test_a_model_that_looks_follows_the_swap_and_knows_nobody_without_photos() -> None:
    seer = CachedWriter(SeeingBackend(SAMPLES))
    found = rows([capeval.captioning(seer, JUDGE), *shortcuts.shortcuts(seer, JUDGE)], SAMPLES)
    names = {name: averages(r)["name_recall"] for name, r in found.items()}
    assert names == {"caption": 1, "shortcut/no-query": 0, "shortcut/shuffled": 0, "shortcut/blank": 0}
    assert averages(found["shortcut/shuffled"])["follows"] == 1
    assert averages(found["shortcut/shuffled"])["acc_pos"] == 0
    assert {r.texts["caption"] for n in ("no-query", "blank") for r in found[f"shortcut/{n}"]} == {ABSTENTION}


def test_a_model_that_does_not_look_is_exposed() -> None:
    found = rows(shortcuts.shortcuts(CachedWriter(Leaky()), JUDGE), SAMPLES)
    assert {name: averages(r)["name_recall"] for name, r in found.items()} == {
        "shortcut/no-query": 1,
        "shortcut/shuffled": 1,
        "shortcut/blank": 1,
    }
    assert averages(found["shortcut/shuffled"])["follows"] == 0


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_the_shuffle_moves_every_photo_and_the_query_to_others(k: int) -> None:
    for index in range(3):
        sample = build(Spec("test", 7, index, k))
        new = shortcuts.moves(sample)
        assert sorted(new) == sorted(new.values()) == list(range(3 * k))
        assert all(i != j for i, j in new.items())
        assert not {new[i] for i in sample.positives} & set(sample.positives)
        assert new == shortcuts.moves(build(Spec("test", 7, index, k))), "the same on every run"


def test_strangers_are_shuffled_too() -> None:
    sample = build(Spec("test", 7, 0, mode="stranger"))
    assert all(i != j for i, j in shortcuts.moves(sample).items())
    assert shortcuts.follow_scores("Anybody.", sample)["follows"] == (0, 0)


def test_only_photos_change() -> None:
    backend = FakeBackend(["A caption."])
    original = prompt.caption_messages(TWO.context, TWO.query)
    own = photos(original)
    grey = shortcuts.blank(TWO.query).sha256
    for condition in shortcuts.shortcuts(CachedWriter(backend), JUDGE):
        condition.write(TWO)
    no_query, shuffled, blank = backend.calls
    assert [words(m) for m in backend.calls] == [words(original)] * 3
    assert photos(no_query) == [*own[:-1], grey]
    assert photos(blank) == [grey] * 7
    assert sorted(photos(shuffled)) == sorted(own) and photos(shuffled)[-1] == own[-1]
    assert all(a != b for a, b in zip(photos(shuffled)[:-1], own[:-1], strict=True))


def test_baselines_leave_out_what_they_say() -> None:
    backend = FakeBackend(["My caption."])
    recaller = Recaller(SeeingBackend([TWO]))
    read: dict[str, list[tuple[Message, ...]]] = {}
    for condition in shortcuts.baselines(CachedWriter(backend), JUDGE, recaller):
        condition.write(TWO)
        read[condition.name.removeprefix("baseline/")], backend.calls = backend.calls, []
    everything = prompt.caption_messages(TWO.context, TWO.query)
    assert read["oracle"] == [prompt.caption_messages([TWO.context[i] for i in TWO.positives], TWO.query)]
    assert read["no-context"] == [prompt.caption_messages((), TWO.query)]
    [text_only] = read["text-only"]
    assert photos(text_only) == [TWO.query.sha256] and words(text_only) == words(everything)
    *_, caption_only = read["caption-only"]
    assert len(read["caption-only"]) == 7, "a caption for each memory photo, made without context"
    assert read["caption-only"][0] == prompt.caption_messages((), TWO.context[0].photo)
    assert photos(caption_only) == [TWO.query.sha256]
    assert [w for w in words(caption_only) if w != "My caption."] == words(everything)
    assert words(caption_only).count("My caption.") == 6
    assert read["retrieval"] == []


def test_retrieval_tells_what_the_nearest_memories_say() -> None:
    seer = SeeingBackend([*SAMPLES, TWO])
    found = rows(shortcuts.baselines(CachedWriter(seer), JUDGE, Recaller(seer)), [*SAMPLES, TWO])
    assert averages(found["baseline/retrieval"])["exact"] == 1
    assert averages(found["baseline/oracle"])["exact"] == 1
    assert averages(found["baseline/no-context"])["abstained"] == 1
    assert averages(found["baseline/text-only"])["name_recall"] == 0


def test_wordings_change_the_request_only() -> None:
    backend = FakeBackend(["A caption."])
    conditions = shortcuts.wordings(CachedWriter(backend), JUDGE)
    assert [c.name for c in conditions] == [f"wording/{i}" for i in range(1, 6)]
    for condition in conditions:
        condition.write(SAMPLES[0])
    usual = prompt.caption_messages(SAMPLES[0].context, SAMPLES[0].query)
    requests = {m[-1].parts[-1] for m in (usual, *backend.calls)}
    assert len(requests) == 6
    assert all(m[0] == usual[0] and m[1].parts[:-1] == usual[1].parts[:-1] for m in backend.calls)
