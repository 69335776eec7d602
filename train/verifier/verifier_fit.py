"""The verifier's training task: does a sentence say what was told?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import cross_entropy

from assistant.grounding.claims import sentences
from assistant.grounding.entailment.entailed import claim_of
from assistant.reader.claim_verifier import ClaimVerifier
from benchmark.grounding.fluent_texts import scenes
from train.reader.course import Task
from train.reader.reader_net import Batch
from train.verifier import verifier_examples
from train.verifier.verifier_examples import Pair, memory_text

SHARES = (0.85, 0.9, 0.95)
"""Shares of the wrong texts that are caught, for the table of an epoch."""


def loss(logits: torch.Tensor, _: Batch, pairs: Sequence[Pair]) -> torch.Tensor:
    """Cross-entropy of the first token's two logits, "not told" and "told", with the pairs' labels."""
    return cross_entropy(logits[:, 0], torch.tensor([int(pair.told) for pair in pairs], device=logits.device))


def rates(folder: Path) -> list[str]:
    """Lines of a report: which share of dev's right texts is kept at the logit that catches each of SHARES of the wrong
    ones, by the network alone."""
    verifier = ClaimVerifier(folder)
    scored: dict[tuple[str, bool], list[float]] = {}
    for scene in scenes("dev"):
        for one in scene["texts"]:
            kind = "answers" if one["question"] else "captions"
            scored.setdefault((kind, one["label"] == "right"), []).append(score(verifier, scene, one))
    lines = []
    for kind in ("captions", "answers"):
        right, wrong = scored[kind, True], sorted(scored[kind, False])
        for share in SHARES:
            least = wrong[int(share * len(wrong))]
            kept = sum(x > least for x in right) / len(right)
            lines.append(f"  {kind}, {share:.0%} of the wrong caught: {kept:.1%} of the right kept (logit {least:.2f})")
    return lines


def score(verifier: ClaimVerifier, scene: dict[str, Any], text: dict[str, Any]) -> float:
    """The lowest logit of a text's sentences; a sentence's logit is the highest that any memory gives it."""
    told = [memory_text(memory) for memory in scene["memories"]]
    claims = [claim_of(part, text["question"] or "") for part in sentences(text["text"])]
    return min(max(verifier.logit(claim, memory) for memory in told) for claim in claims)


TASK = Task("verifier", verifier_examples.epoch_pairs, loss, rates)
