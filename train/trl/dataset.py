"""Dataset for trl: the visits of a run to samples, and the rows that trl's trainers read (`prompt`, `images`).

The order is drawn here, from the recipe's seed, and epochs follow each other in one list: every process of a run has
the same list, and a resumed run goes on at its place in it. Messages come from `assistant/prompt.py`, so that the
model's chat template turns a row into the tokens that the app's engines read. A sample is built when its row is due.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from assistant import prompt
from assistant.backend import Message
from assistant.chatml import large_photo, pieces
from assistant.models.photo_budget import PhotoBudget, resized
from assistant.photo import pixels
from benchmark.datasets.source import Draft
from benchmark.world.sample import Mode, Spec, build
from memory.episode import Photo
from memory.errors import KeepsakeError
from train.recipe import Gspo, Trl
from train.trl.samples import Kind, messages_of, refuse_control, right_answer

DRAW = (0.5, 0.25, 0.25)
"""Shares of the headings of a new photo, as released."""


class Visit(NamedTuple):
    """A prompt of a run: one visit to a sample."""

    kind: Kind
    draft: Draft
    """How the sample is made; its key names the sample."""


class Rows:
    """The visits of a run as rows, each built when it is asked for; the last 32 are cached."""

    def __init__(
        self,
        visits: Sequence[Visit],
        layout: prompt.Layout,
        budget: PhotoBudget | None = None,
        headings: int | None = None,
    ) -> None:
        """`budget`: visual tokens of a photo; None: as the app shows photos. `headings`: the seed by which the new
        photo's heading is drawn for each visit, as published (reference layout); None: it is always the first."""
        self.visits, self.layout, self.budget, self.headings = visits, layout, budget or PhotoBudget(), headings
        self.sample = lru_cache(maxsize=32)(lambda i: self.visits[i].draft.make())
        """The sample of a visit, by the visit's number."""
        self._row = lru_cache(maxsize=32)(self._build)

    def dataset(self, gold: bool = False) -> Any:
        """A `datasets.Dataset` with the columns `visit`, `prompt`, `images` and, if `gold`, `completion`."""
        from datasets import Dataset

        def fill(batch: dict[str, list[int]]) -> dict[str, list[Any]]:
            rows = [self._row(i) for i in batch["visit"]]
            columns: dict[str, list[Any]] = {"visit": batch["visit"]}
            columns |= {"prompt": [row[0] for row in rows], "images": [row[1] for row in rows]}
            return {**columns, "completion": [self._gold(i) for i in batch["visit"]]} if gold else columns

        return Dataset.from_dict({"visit": list(range(len(self.visits)))}).with_transform(fill)

    def messages(self, i: int) -> tuple[Message, ...]:
        """The prompt of a visit, as the app would send it; all completions of a group have this one prompt."""
        drawn = 0 if self.headings is None else np.random.default_rng((self.headings, 11, i)).choice(3, p=DRAW)
        return messages_of(self.visits[i].kind, self.sample(i), self.layout, prompt.HEADINGS[drawn])

    def _build(self, i: int) -> tuple[list[dict[str, Any]], list[Any]]:
        """`prompt` and `images` of a row; the images have the pixels that the app's engines see.

        Raises KeepsakeError when its words contain a control token.
        """
        messages = self.messages(i)
        refuse_control(self.visits[i].draft.key, [p for m in messages for p in m.parts if isinstance(p, str)])
        return as_row(messages), images(messages, self.budget)

    def _gold(self, i: int) -> list[dict[str, Any]]:
        """`completion` of a row: the answer that earns the most, as an assistant's turn."""
        text = right_answer(self.visits[i].kind, self.sample(i))
        return [{"role": "assistant", "content": [{"type": "text", "text": text}]}]


def images(messages: Sequence[Message], budget: PhotoBudget) -> list[Any]:
    """The photos of messages, with the pixels that the app's engines see: the one that is asked about is large."""
    from PIL import Image

    parts = pieces(messages)
    large = large_photo(messages, parts)
    seen = []
    for i, part in enumerate(parts):
        if isinstance(part, Photo):
            most = budget.most(large is not None and i != large)
            seen.append(Image.fromarray(resized(pixels(part), most, budget.least)))
    return seen


def rows_of(gspo: Gspo, listed: Sequence[Visit]) -> Rows:
    """The rows of a recipe's visits."""
    settings = gspo.trl or Trl()
    return Rows(listed, gspo.layout, settings.photos, gspo.seed if settings.parity == "released" else None)


def as_row(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Messages as a chat template reads them, with a placeholder for each photo."""
    return [
        {
            "role": m.role,
            "content": [{"type": "image"} if isinstance(p, Photo) else {"type": "text", "text": p} for p in m.parts],
        }
        for m in messages
    ]


def visits(gspo: Gspo) -> list[Visit]:
    """All visits of a run in their order, `steps` times `prompts`. Raises KeepsakeError when the data is unusable."""
    rng = np.random.default_rng((gspo.seed, 7))
    n, data = gspo.steps * gspo.prompts, (gspo.trl or Trl()).data
    if not data:
        return [_seeded(rng, gspo, i) for i in range(n)]
    if Path(data).suffix == ".json":
        from train.trl import covip_list

        listed = [Visit(kind, draft) for kind, draft in covip_list.drafts(Path(data), (gspo.trl or Trl()).images)]
        order = _epochs(rng, len(listed), n)
        if not gspo.mixture.pairs:
            return [listed[i] for i in order]
        known = [i for i, visit in enumerate(listed) if visit.kind == "recognition"]  # pairs are made of their photos
        share = gspo.mixture.pairs * len(listed) / max(1, len(known))
        pair = rng.random(n) < share
        return [
            Visit("pair", listed[i].draft) if p and listed[i].kind == "recognition" else listed[i]
            for p, i in zip(pair, order, strict=True)
        ]
    drafts = _corpus(Path(data))
    kinds = rng.random(n)
    order = _epochs(rng, len(drafts), n)
    return [Visit(_kind(gspo, k), drafts[i]) for k, i in zip(kinds, order, strict=True)]


def digest(gspo: Gspo, listed: Sequence[Visit]) -> str:
    """A hash (16 hex digits) of a run's data: its visits in order, and the bytes of the file that lists samples."""
    content = hashlib.sha256("\n".join(f"{v.kind} {v.draft.key}" for v in listed).encode())
    data = Path((gspo.trl or Trl()).data)
    if gspo.trl and gspo.trl.data:
        content.update((data if data.is_file() else data / "samples.jsonl").read_bytes())
    return content.hexdigest()[:16]


def _seeded(rng: np.random.Generator, gspo: Gspo, i: int) -> Visit:
    """A visit to a new sample of the picture world's training split; `i` is its number."""
    kind = _kind(gspo, rng.random())
    positives = 1 + int(rng.choice(len(gspo.positives), p=np.array(gspo.positives) / sum(gspo.positives)))
    mode: Mode = gspo.modes[int(rng.integers(len(gspo.modes)))]
    if rng.random() < gspo.strangers_share:
        mode = "stranger"
    untold = kind == "caption" and gspo.mixture.untold > 0 and bool(rng.random() < gspo.mixture.untold)
    if kind in ("pair", "told"):
        positives = 1
    if kind == "told":
        untold = True  # for answerable questions too: a shorter memory must not betray which fact is absent
        kind = _question(rng, gspo)
        mode = "stranger" if kind == "absent thing" else gspo.modes[0] if mode == "stranger" else mode
    spec = Spec("train", gspo.seed, i, positives, mode, untold=untold)
    named = f"{mode}-{positives}-{gspo.seed}-{i}" + ("-untold" if untold else "")
    return Visit(kind, Draft(named, partial(build, spec)))


def _kind(gspo: Gspo, at: float) -> Kind:
    """The kind of a prompt for a random number from 0 to 1; "told" stands for all kinds of questions."""
    kinds: tuple[tuple[Kind, float], ...] = (
        ("recognition", gspo.recognition_share), ("pair", gspo.mixture.pairs), ("told", gspo.mixture.questions)
    )  # fmt: skip
    for kind, share in kinds:
        if at < share:
            return kind
        at -= share
    return "caption"


def _question(rng: np.random.Generator, gspo: Gspo) -> Kind:
    """Draw the kind of a question: told, about an absent thing, or about an absent fact."""
    if rng.random() >= gspo.mixture.unanswerable:
        return "told"
    return "absent thing" if rng.random() < 0.5 else "absent fact"


def _epochs(rng: np.random.Generator, of: int, n: int) -> Iterator[int]:
    """`n` indices below `of`, each epoch in an order of its own. Raises KeepsakeError when `of` is 0."""
    if not of:
        raise KeepsakeError("the data has no sample to train on")
    order = [int(i) for _ in range(-(-n // of)) for i in rng.permutation(of)]
    return iter(order[:n])


def _corpus(folder: Path) -> list[Draft]:
    """The samples of a built corpus that have questions; their photos are read when a sample is made."""
    from benchmark.datasets import corpus

    out = []
    for line, row in corpus.rows(folder):
        if any(row.questions):
            refuse_control(
                row.id, [t.text for e in row.context for t in e.turns] + [e.place or "" for e in row.context]
            )
            out.append(Draft(row.id, partial(corpus.load, folder, line, row)))
    return out
