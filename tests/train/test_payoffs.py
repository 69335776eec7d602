"""Rewards of pairs, questions and recognition: each outcome by hand, and which strategy pays under which payoffs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from benchmark.judges.judge import Lexical
from benchmark.tasks import capeval
from benchmark.tasks.abstention import Item, items
from benchmark.tasks.pairs import Pair, one_pair
from benchmark.world.dialogue import ABSTENTION
from benchmark.world.sample import Sample, Spec, build
from memory.episode import Photo
from tests.support import tinyvl
from train import run_record
from train.mixture import Mixture, Payoffs
from train.recipe import Gspo, Lora, Trl
from train.recipe_file import from_table
from train.rl.payoffs import answer_reward, pair_reward, recognised
from train.rl.reward import caption_rewards
from train.trl import dataset, run
from train.trl.reward_fn import RewardFunction
from train.trl.samples import messages_of, right_answer

pytestmark = [
    # transformers, trl and peft ask each other by names that have just been deprecated
    pytest.mark.filterwarnings("ignore:.*gradient_checkpointing.*is deprecated:FutureWarning"),
    pytest.mark.filterwarnings("ignore:Setting `save_embedding_layers`:UserWarning"),
]
PHOTO = Photo("0" * 64, b"", 1, 1)
SAME, OTHER = Pair(PHOTO, PHOTO, True), Pair(PHOTO, PHOTO, False)
TOLD = Item("told", "Where were we?", "the pier in Jena", "You were at the pier in Jena.")
FACT = Item("absent fact", "Where were we?", "", "You did not tell me that.")
THING = FACT._replace(kind="absent thing")
DECLINED, ANSWERED = "I do not know.", "You were at the pier in Jena."
LOOP = "We met. We met. We met. We met."


@pytest.mark.parametrize(
    ("text", "pair", "omni", "keepsake"),
    [
        ("Yes.", SAME, 1, 1),
        ("No.", OTHER, 1, 1),
        ("No.", SAME, -0.5, 0),
        ("Yes.", OTHER, -0.5, -1),
        ("They look alike.", SAME, 0, -1),
        ("No, wait: yes", SAME, 1, 1),
        ("", SAME, 0, -1),
        ("Yes. " * 4, SAME, 0, -1),
    ],
)
def test_pairs(text: str, pair: Pair, omni: float, keepsake: float) -> None:
    assert pair_reward(text, pair, 5, "omni").value == omni
    assert pair_reward(text, pair, 5, "keepsake").value == keepsake


@pytest.mark.parametrize(
    ("text", "item", "told", "omni", "keepsake"),
    [
        (ANSWERED, TOLD, True, 1, 1),
        ("You were at sea.", TOLD, False, 0, -1),
        (DECLINED, TOLD, False, -0.5, 0),
        (f"{DECLINED} {ANSWERED}", TOLD, True, -0.5, 0),
        (DECLINED, FACT, False, 1, 1),
        (DECLINED, THING, False, 1, 1),
        (ANSWERED, FACT, False, -0.5, -1),
        (ANSWERED, THING, False, -0.5, -1),
        (LOOP, FACT, False, 0, -1),
        ("  ", TOLD, False, 0, -1),
    ],
)
def test_questions(text: str, item: Item, told: bool, omni: float, keepsake: float) -> None:
    assert answer_reward(text, item, told, 9, "omni").value == omni
    assert answer_reward(text, item, told, 9, "keepsake").value == keepsake


@pytest.mark.parametrize(
    ("box", "positives", "omni", "f1"),
    [
        ("[1]", (1,), 1, 1),
        ("[]", (), 1, 1),
        ("[]", (1,), -0.5, 0),
        ("[0]", (), -0.5, 0),
        ("[0]", (1,), 0, 0),
        ("[0, 1]", (1,), 0, 2 / 3),
    ],
)
def test_recognition(box: str, positives: tuple[int, ...], omni: float, f1: float) -> None:
    text = f"\\boxed{{{box}}}"
    assert recognised(text, positives, 9, "omni").value == omni
    assert recognised(text, positives, 9, "keepsake").value == pytest.approx(f1)
    assert recognised("none", positives, 9, "omni").value == 0
    assert recognised(text, positives, 600, "omni").value == 0, "cut off"


def test_the_filter_can_be_off() -> None:
    assert answer_reward(LOOP, FACT, False, 9, "omni", filtered=False).value == -0.5
    assert pair_reward("Yes. " * 4, SAME, 9, "keepsake", filtered=False).value == 1
    assert pair_reward("", SAME, 9, "keepsake", filtered=False).value == -1


@pytest.mark.parametrize(("payoffs", "pays"), [("keepsake", False), ("omni", True)])
def test_whether_guessing_pays(payoffs: Payoffs, pays: bool) -> None:
    """A model that is right in 45 % of the questions with an answer (62.5 % of all), and sees no difference: with the
    published payoffs answering everything earns more than declining everything; with ours it earns less."""

    def mean(right: float, text: str) -> float:
        due = right * answer_reward(text, TOLD, True, 9, payoffs).value
        due += (1 - right) * answer_reward(text, TOLD, False, 9, payoffs).value
        return 0.625 * due + 0.375 * answer_reward(text, FACT, False, 9, payoffs).value

    assert (mean(0.45, ANSWERED) > mean(0.45, DECLINED)) is pays


def test_an_untold_fact_that_a_caption_makes_up_is_a_leak() -> None:
    """9 others: 8 questions about two other things, and 1 about the untold fact; with their names 11."""
    sample = build(Spec("test", 5, 1, untold=True))
    gold = capeval.gold(sample)
    asked = next(q for q in sample.questions[sample.positives[0]] if q.answer == "D")
    told = f"{gold} {asked.about} {asked.options[0]}."
    kept, invented, silent = caption_rewards([gold, told, ABSTENTION], [sample] * 3, Lexical(), [9] * 3)
    assert (kept.value, silent.value) == (1, 0)
    assert invented.plus == 1 and invented.minus == pytest.approx(1 / 11)


def gspo(**mixture: float) -> Gspo:
    return Gspo(base="a/b", lora=Lora(), steps=30, prompts=4, recognition_share=0.1, mixture=Mixture(**mixture))  # type: ignore[arg-type]


def test_every_kind_has_a_prompt_and_a_right_answer_that_earns_the_most(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Drawn samples of all six kinds through the function that trl calls; pictures are those of the test split."""
    g = gspo(pairs=0.3, questions=0.5, unanswerable=0.6, untold=0.5)
    real = dataset.Spec
    monkeypatch.setattr(dataset, "Spec", lambda split, *rest, **more: real("test", *rest, **more))
    rows = dataset.Rows(dataset.visits(g), g.layout)
    first = {v.kind: i for i, v in reversed(list(enumerate(rows.visits)))}
    assert set(first) == {"caption", "recognition", "pair", "told", "absent fact", "absent thing"}
    rewarded = RewardFunction(rows, Lexical(), g, [], tmp_path)
    best = [right_answer(kind, rows.sample(i)) for kind, i in first.items()]
    assert [r.value for r in rewarded.score(best, list(first.values()), [9] * 6)] == [1] * 6
    twice = ["\\boxed{[9]} no, " + best[list(first).index("recognition")]]
    released = RewardFunction(rows, Lexical(), replace(g, trl=Trl(parity="released")), [], tmp_path)
    for function, earned in ((rewarded, 1), (released, 0)):
        assert [r.value for r in function.score(twice, [first["recognition"]], [9])] == [earned]
    wrong = rewarded.score(["The moon."] * 6, list(first.values()), [9] * 6)
    assert all(r.value <= 0 for r in wrong)
    for kind, i in first.items():
        assert rows.messages(i) == messages_of(kind, rows.sample(i), g.layout)
        assert rows.dataset(gold=True)[i]["completion"][0]["content"][0]["text"] == right_answer(kind, rows.sample(i))
    pair = rows.sample(first["pair"])
    assert len([p for m in rows.messages(first["pair"]) for p in m.parts if isinstance(p, Photo)]) == 2
    assert isinstance(pair, Sample) and items(rows.sample(first["absent thing"]))[0].kind == "absent thing"


def test_without_a_mixture_the_plan_is_the_old_one() -> None:
    """Its digest was written down before there were mixtures: runs can be resumed."""
    g = Gspo(base="a/b", lora=Lora(), steps=30, prompts=4)
    assert dataset.digest(g, dataset.visits(g)) == "7fac98a8b03e6956"


def test_a_mixture_is_refused_where_it_cannot_be() -> None:
    with pytest.raises(ValueError, match=r"\[gspo.mixture\] is for models with a \[gspo.lora\]"):
        from_table({"name": "x", "gspo": {"mixture": {"pairs": 0.1}}}, "x")
    with pytest.raises(ValueError, match="questions and untold must be 0 with data"):
        replace(gspo(questions=0.1), trl=Trl(data="somewhere"))
    assert replace(gspo(pairs=0.1), trl=Trl(data="somewhere")).mixture.pairs == 0.1


def test_pairs_go_through_trl(own_home: Path, tmp_path: Path) -> None:
    """A tiny random Qwen3-VL, one step: what is recorded is what `pair_reward` says, and the log has its mean."""
    torch.set_num_threads(1)
    data = tinyvl.corpus(tmp_path / "data")
    mixed = {"mixture": Mixture(pairs=1.0, payoffs="omni"), "recognition_share": 0.0, "steps": 1}
    recipe = tinyvl.recipe(tinyvl.build(tmp_path / "base"), data, **mixed)
    run.run(recipe, False)
    assert recipe.gspo
    drawn, out = dataset.Rows(dataset.visits(recipe.gspo), "aligned"), run_record.folder(recipe)
    rows = [json.loads(line) for line in (out / "rollouts.jsonl").read_text().splitlines()]
    assert len(rows) == 8 and {row["kind"] for row in rows} == {"pair"}
    for row in rows:
        n = row["tokens"] - 1 if row["tokens"] < recipe.gspo.max_tokens else 512
        assert row["reward"] == pair_reward(row["text"], one_pair(drawn.sample(row["visit"])), n, "omni").value
    logged = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    assert logged[0]["r_pair"] == pytest.approx(sum(row["reward"] for row in rows) / 8)
