"""Rewards under which abstaining pays: of pairs of photos, of questions that may have no answer, and of recognition.

What a completion earns depends on four outcomes, and on whether it answers wrongly or cannot be read:

    TP  a right answer; a pair of one thing called the same       FN  an answer declined; such a pair called different
    TN  a question without an answer declined; other pairs        FP  such a question answered; other pairs called the
        called different                                              same

"omni", as Omni-Persona's authors published (arXiv 2605.09996, training/omni_persona_rlvr/reward.py): TP and TN +1, FN
and FP -0.5, all else 0, a degenerate text 0. Trained with it their 7B declined less (true abstention 22.6 to 7.2 %):
a wrong answer costs nothing and a declined one half a point, so guessing pays.

"keepsake", ours: TP and TN +1, FN 0, FP and wrong answers -1, unreadable and degenerate texts -1: as in our caption
reward, silence about a known thing is better than a wrong fact. Recognition samples of ours keep the set F1 of the
paper; those of "omni" have the four outcomes, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from benchmark.tasks.abstention import Item, declines
from benchmark.tasks.pairs import Pair, said
from train import mixture
from train.rl.reward import Reward, boxed, degenerate, recognition_reward


class Payoffs(NamedTuple):
    """What each outcome earns."""

    right: float
    """An answer where one was due (true positive), silence where none was (true negative)."""
    missed: float
    """Silence where an answer was due (false negative)."""
    false: float
    """An answer where none was due (false positive)."""
    wrong: float
    """An answer was due and given, but a wrong one."""
    unread: float
    degenerate: float


PAYOFFS: dict[mixture.Payoffs, Payoffs] = {
    "keepsake": Payoffs(1.0, 0.0, -1.0, -1.0, -1.0, -1.0),
    "omni": Payoffs(1.0, -0.5, -0.5, 0.0, 0.0, 0.0),
}


def pair_reward(text: str, pair: Pair, tokens: int, name: mixture.Payoffs, filtered: bool = True) -> Reward:
    """The reward of a text of `tokens` tokens about a pair, by its last "yes" or "no"."""
    pay, word = PAYOFFS[name], said(text)
    if why := _degenerate(text, tokens, filtered):
        return Reward(pay.degenerate, degenerate=why)
    if word is None:
        return Reward(pay.unread)
    return Reward(pay.right if word is pair.same else pay.missed if pair.same else pay.false)


def answer_reward(
    text: str, item: Item, told: bool, tokens: int, name: mixture.Payoffs, filtered: bool = True
) -> Reward:
    """The reward of an answer to an item. `told`: whether a judge finds the right fact in the text."""
    pay, declined = PAYOFFS[name], declines(text)
    if why := _degenerate(text, tokens, filtered):
        return Reward(pay.degenerate, degenerate=why)
    if item.kind != "told":
        return Reward(pay.right if declined else pay.false)
    return Reward(pay.missed if declined else pay.right if told else pay.wrong)


def recognised(
    text: str,
    positives: Sequence[int],
    tokens: int,
    name: mixture.Payoffs,
    filtered: bool = True,
    first: bool = False,
) -> Reward:
    """The reward of a recognition sample: the set F1 in "keepsake" (`first`: of the first box, as released), the four
    outcomes in "omni"."""
    if name == "keepsake":
        return Reward(recognition_reward(text, positives, first))
    pay, given = PAYOFFS[name], boxed(text)
    if why := _degenerate(text, tokens, filtered):
        return Reward(pay.degenerate, degenerate=why)
    if given is None:
        return Reward(pay.unread)
    if given == set(positives):
        return Reward(pay.right)
    return Reward(pay.missed if not given else pay.wrong if positives else pay.false)


def _degenerate(text: str, tokens: int, filtered: bool) -> str | None:
    """Why a text is degenerate; if not `filtered`, only an empty one is."""
    return "empty" if not text.strip() else degenerate(text, tokens) if filtered else None
