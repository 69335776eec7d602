"""Does a language model tell better than the gate whether two photos show the same thing? Only then may the app ask it.

Memories of six real things are drawn, and every other photo is a query (`memory_draws.py`). A pair is a query and the
remembered photo with the best score. Queries of known things count if that photo is the right one; the strangers among
the queries are hard, since each is compared with the photo most like it. The model says how likely "yes" is
(`assistant/conversation/same_thing.py`). Its two thresholds are fitted to one half of the things, and their effect is
measured on the other half; then the halves change places.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from assistant.backend import Backend, Verification
from assistant.conversation.same_thing import probability_of_yes
from benchmark.retrieval.things.memory_draws import Trials, ask, draw_things
from benchmark.retrieval.things.photo_things import EncodedSet, Progress
from memory.search.gate import Gate

MEMORY, MEMORIES = 6, 40
STRANGERS_SURE = 0.02
"""Largest share of strangers that the model's "yes" may make sure, and of known things that its "no" may drop."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of a query and the remembered photo most like it, one row for each; N rows."""

    thing: np.ndarray
    """What the query shows, (N,)."""
    same: np.ndarray
    """Whether both photos show the same thing, (N,) bool."""
    score: np.ndarray
    """Recall's score (0 to 1), (N,)."""
    likely: np.ndarray
    """The model's probability of "yes" (0 to 1), (N,)."""

    def only(self, mask: np.ndarray) -> Pairs:
        """The rows of a mask (N,)."""
        return Pairs(self.thing[mask], self.same[mask], self.score[mask], self.likely[mask])


@dataclass(frozen=True, slots=True)
class PairRates:
    """How well a model tells pairs apart, and what its answers change, over all pairs."""

    same: int
    strangers: int
    auc_of_scores: float
    """How often recall's score is higher for a pair of one thing than for a stranger's pair; 0.5 is chance."""
    auc_of_model: float
    """The same for the model's probability of "yes"."""
    gate: dict[str, float]
    """Shares of known things and of strangers that are sure, and that are at least "maybe", by the gate alone."""
    checked: dict[str, float]
    """The same shares after the model's answers; each half of the things by thresholds fitted to the other half."""
    verification: Verification
    """The thresholds fitted to all pairs: what `--save` enters into the model's manifest."""

    @property
    def gains(self) -> bool:
        """Whether over 2 % more known things are sure, at most 0.5 % more strangers are, and under 2 % fewer known
        things are at least "maybe"."""
        more, lost = (self.checked[k] - self.gate[k] for k in ("known sure", "known told"))
        return more > 0.02 and lost > -0.02 and self.checked["strangers sure"] <= self.gate["strangers sure"] + 0.005


def draw_pairs(photos: EncodedSet, backend: Backend, each: int, seed: int, progress: Progress) -> Pairs:
    """`each` pairs of one thing and as many with a stranger, at random. Raises ModelStopped, ModelError."""
    rng = np.random.default_rng((seed, 7))
    trials = ask(
        photos, rng, draw_things(rng, np.arange(photos.photos.own), min(MEMORY, photos.photos.own - 1), MEMORIES)
    )
    rows = np.concatenate([_some(rng, trials.right, each), _some(rng, ~trials.known, each)])
    return Pairs(
        trials.thing[rows], trials.right[rows], trials.score[rows], _asked(photos, backend, trials, rows, progress)
    )


def _some(rng: np.random.Generator, mask: np.ndarray, n: int) -> np.ndarray:
    rows = np.flatnonzero(mask)
    return rng.choice(rows, min(n, len(rows)), replace=False)


def _asked(photos: EncodedSet, backend: Backend, trials: Trials, rows: np.ndarray, progress: Progress) -> np.ndarray:
    """The model's probability of "yes" for each row; a pair that comes twice is asked about once."""
    known: dict[tuple[int, int], float] = {}
    for row in rows:
        pair = int(trials.best[row]), int(trials.query[row])
        if pair not in known:
            known[pair] = probability_of_yes(backend, *(photos.photos.photos[i].photo for i in pair))
            if len(known) % 50 == 0:
                progress(f"{backend.name}: {len(known)} pairs asked about, of {len(rows)} at most")
    return np.array([known[int(trials.best[row]), int(trials.query[row])] for row in rows])


def fit(pairs: Pairs) -> Verification:
    """The thresholds at which a share STRANGERS_SURE of strangers becomes sure, and of known things is dropped."""
    sure = float(np.quantile(pairs.likely[~pairs.same], 1 - STRANGERS_SURE, method="higher"))
    nobody = float(np.quantile(pairs.likely[pairs.same], STRANGERS_SURE, method="lower"))
    return Verification(min(float(np.nextafter(sure, 2)), 1.0), min(nobody, sure))


def rates(pairs: Pairs, gate: Gate, photos: int) -> PairRates:
    """What the model's answers change in a memory of `photos` photos."""
    sure, maybe = gate.thresholds(photos)
    before = np.where(pairs.score >= sure, 2, np.where(pairs.score >= maybe, 1, 0))
    after = before.copy()
    half = pairs.thing % 2 == 0
    for mine in (half, ~half):
        after[mine] = _checked(before[mine], pairs.likely[mine], fit(pairs.only(~mine)))
    known, strangers = pairs.same, ~pairs.same
    return PairRates(
        int(known.sum()), int(strangers.sum()), _auc(pairs.score, known), _auc(pairs.likely, known),
        _shares(before, known), _shares(after, known), fit(pairs),
    )  # fmt: skip


def _checked(states: np.ndarray, likely: np.ndarray, verification: Verification) -> np.ndarray:
    """The states (2 sure, 1 maybe, 0 nobody) after the model's answers, by the rule of `PairCheck`."""
    lower = np.where(likely < verification.nobody, states - 1, states)
    return np.where(states == 0, 0, np.where(likely >= verification.sure, 2, lower))


def _shares(states: np.ndarray, known: np.ndarray) -> dict[str, float]:
    groups = (("known", known), ("strangers", ~known))
    levels = (("sure", 2), ("told", 1))
    return {f"{who} {what}": float((states[mask] >= least).mean()) for who, mask in groups for what, least in levels}


def _auc(values: np.ndarray, positive: np.ndarray) -> float:
    """How often a positive's value is higher than a negative's; equal values count half."""
    a, b = values[positive][:, None], values[~positive][None]
    return float(((a > b) + 0.5 * (a == b)).mean())


def as_record(found: PairRates, model: str) -> dict[str, Any]:
    """The result for `--json`."""
    return {"model": model, "gains": found.gains, **asdict(found)}


def table(found: PairRates, model: str) -> str:
    """The result for people."""
    lines = [
        f"{model}: {found.same} pairs of one thing, {found.strangers} with a stranger",
        f"  told apart by recall's score {found.auc_of_scores:.3f}, by the model's word {found.auc_of_model:.3f}",
        f"  {'':18}{'gate alone':>12}{'with model':>12}",
    ]
    lines += [f"  {k:18}{found.gate[k]:>12.1%}{found.checked[k]:>12.1%}" for k in found.gate]
    verdict = "gains: --save lets it check recalls" if found.gains else "does not gain: it stays off"
    return "\n".join([*lines, f"  {verdict}"])
