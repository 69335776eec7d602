"""The interface of a source of samples, and the seeded picture world; `own_photos.py` is the other source.

A source hands out drafts, which are cheap. A sample is drawn or put together only when `Draft.make` is called, so that
a build that goes on after a kill skips what is done. Which samples are good enough is decided by `filters/`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any, Protocol

from benchmark.world.sample import Mode, Sample, Spec, build
from memory.episode import Photo


class Unusable(Exception):
    """A draft that cannot become a sample: the check that failed, the reason, and the item, which a build records."""

    def __init__(self, check: str, reason: str, item: dict[str, Any], photos: tuple[Photo, ...] = ()) -> None:
        super().__init__(reason)
        self.check, self.reason, self.item, self.photos = check, reason, item, photos


@dataclass(frozen=True, slots=True)
class Draft:
    """A sample that can be made."""

    key: str
    """Names the draft: equal in every run of one build, different between drafts."""
    make: Callable[[], Sample]
    """Makes the sample. Raises Unusable."""


class Source(Protocol):
    """Anything that samples can be built from."""

    def drafts(self, positives: int) -> Iterator[Draft]:
        """Drafts of samples whose query shows so many things of the context, in a fixed order; may be endless."""
        ...

    def about(self) -> dict[str, str]:
        """What the data card says about the source, by heading. Asked after the last draft."""
        ...


@dataclass(frozen=True, slots=True)
class PictureWorld:
    """A `Source` of seeded scenes, facts and dialogues: endless, and no model is involved."""

    split: str
    seed: int
    mode: Mode = "near"
    extra: int = 0
    """Episodes beyond two distractors a positive."""

    def drafts(self, positives: int) -> Iterator[Draft]:
        """See `Source`."""
        for i in count():
            spec = Spec(self.split, self.seed, i, positives, self.mode, self.extra)
            yield Draft(f"{self.mode}-{positives}-{i}", partial(build, spec))

    def about(self) -> dict[str, str]:
        """See `Source`."""
        return {
            "Photos": "drawn by code (`benchmark/world/scene.py`) from 3D emoji: Microsoft Fluent Emoji, MIT, see "
            "`benchmark/world/pictures/NOTICE`. They are no photographs.",
            "Dialogues and questions": "made by code from word lists (`benchmark/world/words.toml`): names from Faker "
            "40.54 (MIT), the rest written for this project. No model wrote any of it, and no person is meant.",
            "Distractors": {
                "near": "two of the four concepts of the split that look most like each positive to an image encoder "
                "(EfficientNet-Lite0, `benchmark/world/near.tsv`)",
                "kind": "of the same kind as the positive (animal, food, ...), as far as the split has them",
                "twin": "the positive itself in two other colours: another identity",
                "random": "any concepts of the split",
                "stranger": "any concepts of the split; the query shows things that are not in the context",
            }[self.mode]
            + (f"; {self.extra} more episodes make a long history" if self.extra else "")
            + ".",
            "Splits": f"all concepts and words are of the split {self.split!r}, fixed by family in "
            "`benchmark/world/concepts.tsv` and `benchmark/world/words.toml`: no concept or phrase is in two splits.",
            "Seeded": "everything. The same command writes the same bytes on every machine with these versions.",
        }
