"""Histories and gate scores come from a real memory, and ablations drop what their names say."""

from __future__ import annotations

import re

import pytest

from assistant import prompt
from assistant.backend import Message
from assistant.backends.fake import FakeBackend
from benchmark.judges.judge import Lexical
from benchmark.runner import CachedWriter, ask
from benchmark.tasks import capeval, long_context
from benchmark.tasks.long_context import Recaller
from benchmark.world.sample import Sample, Spec, build
from memory.episode import Photo
from tests.support.seer import SeeingBackend, averages, rows

LONG = build(Spec("test", 7, 0, extra=9))
NINE = [build(Spec("test", 7, i, extra=6)) for i in range(3)]
JUDGE = Lexical()


def context_of(message: tuple[Message, ...]) -> list[str]:
    """The hashes of a prompt's memory photos."""
    return [p.sha256 for p in message[-1].parts if isinstance(p, Photo)][:-1]


def test_recall_brings_the_right_memory_out_of_a_history() -> None:
    seer = SeeingBackend([LONG])
    found = rows(long_context.histories(CachedWriter(seer), JUDGE, Recaller(seer)), [LONG])
    assert list(found) == ["history/k1", "history/k4", "history/k8"]
    assert [len(context_of(call)) for call in seer.calls] == [1, 4, 8]
    for results in found.values():
        assert averages(results)["retrieved"] == averages(results)["name_recall"] == 1
        assert averages(results)["misbinding"] == 0
    assert context_of(seer.calls[0]) == [LONG.context[LONG.positives[0]].photo.sha256]


def test_what_is_not_recalled_is_not_retrieved() -> None:
    """Hash embeddings find the right memory by luck only; `retrieved` reports that, whatever the caption says."""
    backend = FakeBackend([capeval.gold(LONG)])
    recaller = Recaller(backend)
    [first, *_] = long_context.histories(CachedWriter(backend), JUDGE, recaller)
    row = ask(first, LONG)
    assert row.score["name_recall"] == [1, 1]
    assert row.score["retrieved"] == [float(next(iter(recaller.ranked(LONG))) in LONG.positives), 1]
    assert sorted(recaller.ranked(LONG)) == list(range(12))
    assert list(recaller.ranked(LONG).values()) == sorted(recaller.ranked(LONG).values(), reverse=True)


def test_each_photo_is_embedded_once() -> None:
    class Counting(FakeBackend):
        seen: list[str]

        def embed(self, photo: Photo):  # type: ignore[no-untyped-def]
            self.seen.append(photo.sha256)
            return super().embed(photo)

    backend = Counting()
    backend.seen = []
    recaller = Recaller(backend)
    for sample in (LONG, LONG, build(Spec("test", 7, 0, extra=6))):
        recaller.ranked(sample)
    assert len(backend.seen) == len(set(backend.seen)) == 13, "the shorter history is the beginning of the longer one"


@pytest.mark.parametrize("mode", ["random", "twin", "stranger"])
def test_gate_rows_hold_both_scores(mode: str) -> None:
    sample = build(Spec("test", 7, 1, mode=mode, extra=3))  # type: ignore[arg-type]
    recaller = Recaller(SeeingBackend([sample]))
    row = ask(long_context.gate(recaller), sample)
    right = [s for i, s in recaller.ranked(sample).items() if i in sample.positives]
    wrong = [s for i, s in recaller.ranked(sample).items() if i not in sample.positives]
    assert row.texts == {"right": f"{right[0]:.4f}" if right else "", "wrong": f"{max(wrong):.4f}"}
    assert re.fullmatch(r"[01]\.\d{4}|", row.texts["right"])
    if mode == "stranger":
        assert row.score == {"recalled": [0, 0], "told_wrong": [0, 1]}
    else:
        assert row.score == {"recalled": [1, 1], "told_wrong": [0, 1]} and float(row.texts["right"]) > 0.99


def test_a_gate_that_lets_a_wrong_memory_through_is_seen() -> None:
    seer = SeeingBackend(NINE)
    seer.threshold = 0.0
    assert averages([ask(long_context.gate(Recaller(seer)), s) for s in NINE])["told_wrong"] == 1


def test_windows_keep_the_newest_and_say_what_they_lost() -> None:
    backend = FakeBackend(["A caption."])
    asked = {c.name.removeprefix("ablation/"): c for c in long_context.ablations(CachedWriter(backend), JUDGE)}
    by_age = [e.photo.sha256 for e in sorted(LONG.context, key=lambda e: e.when)]
    [positive] = [LONG.context[i].photo.sha256 for i in LONG.positives]
    for name, kept in (("window-1", 1), ("window-3", 3), ("forget-oldest", 6)):
        row = ask(asked[name], LONG)
        assert context_of(backend.calls[-1]) == by_age[-kept:]
        assert row.score["kept"] == [float(positive in by_age[-kept:]), 1]
    ask(asked["update"], LONG)
    names = {e.photo.sha256: f.name for e, f in zip(LONG.context, LONG.facts, strict=True)}
    newest = {names[photo]: photo for photo in by_age}
    assert len(newest) < 12, "some things were met again"
    assert context_of(backend.calls[-1]) == [p for p in by_age if p in newest.values()]


def replies(sample: Sample, *answers: str) -> dict[str, tuple[tuple[Message, ...], dict[str, list[float]]]]:
    """Prompt and scores of the conditions with aliases and with coarse dates, for a model with these answers."""
    backend = FakeBackend(answers)
    out = {}
    for condition in long_context.ablations(CachedWriter(backend), JUDGE)[-2:]:
        row = ask(condition, sample)
        out[condition.name] = (backend.calls[-1], row.score)
    return out


def test_replaced_names_never_reach_the_model_and_aliases_score_as_names() -> None:
    for sample in NINE:
        alias = long_context.aliases(sample)
        gold = capeval.gold(sample)
        message, score = replies(sample, long_context.renaming(sample)(gold))["ablation/names-replaced"]
        text = "".join(p for p in message[-1].parts if isinstance(p, str))
        assert [n for n in alias if re.search(rf"\b{n}\b", text)] == []
        assert score == ask(capeval.captioning(CachedWriter(FakeBackend([gold])), JUDGE), sample).score
        assert (score["name_recall"], score["misbinding"]) == ([1, 1], [0, 1])
        usual = prompt.caption_messages(sample.context, sample.query)
        back = {v: k for k, v in alias.items()}
        restored = re.sub(r"Person \d+", lambda m, back=back: back[m[0]], text)  # type: ignore[misc]
        assert restored == "".join(p for p in usual[-1].parts if isinstance(p, str)), "nothing else has changed"
        assert [p for p in message[-1].parts if isinstance(p, Photo)] == [
            p for p in usual[-1].parts if isinstance(p, Photo)
        ]


def test_the_alias_of_another_thing_is_a_misbinding() -> None:
    sample = NINE[0]
    other = next(f.name for i, f in enumerate(sample.facts) if i not in sample.positives)
    _, score = replies(sample, f"This is {long_context.aliases(sample)[other]}. Person 99 too.")[
        "ablation/names-replaced"
    ]
    assert (score["name_recall"], score["misbinding"]) == ([0, 1], [1, 1])


def test_coarse_dates_are_years_and_nothing_else_changes() -> None:
    for sample in NINE:
        message = long_context.coarse_messages(sample)
        usual = prompt.caption_messages(sample.context, sample.query)
        assert message[0] == usual[0]
        episodes = sorted(zip(sample.context, sample.facts, strict=True), key=lambda p: (p[0].when, p[0].id))
        years = [str(e.when.year) for e, _ in episodes]
        old, new = list(usual[-1].parts), list(message[-1].parts)
        assert [p for p in new if isinstance(p, str) and p.startswith("Memory of")] == [
            f"Memory of {y}:\n" for y in years
        ]
        for n, (_, facts) in enumerate(episodes):
            said = str(old[3 * n + 2])
            assert facts.time and facts.time in said
            assert new[3 * n + 1] == old[3 * n + 1]
            assert new[3 * n + 2] == said.replace(facts.time, f"in {years[n]}")
        assert new[-3:] == old[-3:]
