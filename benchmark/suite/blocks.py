"""The list of blocks in `suite.toml`: groups of conditions, and the samples that they run on."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from benchmark.world.sample import Mode, Spec
from memory.errors import KeepsakeError

SUITE = Path(__file__).parent / "suite.toml"
Size = Literal["quick", "full"]
Group = Literal[
    "caption",
    "capeval",
    "wording",
    "tasks",
    "itr",
    "shortcut",
    "baseline",
    "zero-shot",
    "gate",
    "history",
    "ablation",
    "detail",
    "abstain",
    "pair",
]
"""Names of groups of conditions; `suite.GROUPS` makes the conditions."""
Count = Annotated[int, Meta(ge=0)]
NotEmpty = Meta(min_length=1)


class Block(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Groups of conditions that run on the same samples."""

    name: Annotated[str, Meta(pattern=r"^[\w-]+\Z")]
    """Names the file of the block's rows: letters, digits, - and _."""
    groups: Annotated[tuple[Group, ...], NotEmpty]
    quick: Count
    """Samples of a quick run, for each combination of mode, number of positives and number of episodes."""
    full: Count
    """Samples of a full run, for each of these combinations."""
    modes: Annotated[tuple[Mode, ...], NotEmpty] = ("random",)
    positives: Annotated[tuple[Annotated[int, Meta(ge=1, le=4)], ...], NotEmpty] = (1,)
    episodes: Annotated[tuple[Annotated[int, Meta(ge=0, le=200)], ...], NotEmpty] = (0,)
    """Lengths of the context; 0: three episodes for each positive."""
    reminders: bool = False
    seed: Count = 7
    split: Literal["train", "dev", "test"] = "test"
    untold: bool = False
    """Whether one fact of each thing was never told, and is asked for."""

    def specs(self, size: Size) -> Iterator[Spec]:
        """The specs of all samples. The combinations take turns, so that a half-done block is balanced."""
        for i in range(self.quick if size == "quick" else self.full):
            for mode, k, n in product(self.modes, self.positives, self.episodes):
                yield Spec(self.split, self.seed, i, k, mode, max(0, n - 3 * k), self.reminders, self.untold)


class _Suite(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The content of a suite file."""

    block: tuple[Block, ...]


def load(path: Path = SUITE) -> tuple[Block, ...]:
    """Read the blocks of a file. Raises KeepsakeError, one line with the file, the block, the key and what is wrong."""
    try:
        with open(path, "rb") as file:
            table = tomllib.load(file)
        blocks = msgspec.convert(table, _Suite).block
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise KeepsakeError(f"cannot read the suite {path.name}: {error}") from error
    except msgspec.ValidationError as error:
        raise KeepsakeError(f"{path.name}{_explain(str(error), table)}; see {SUITE.name} for examples") from error
    names = [b.name for b in blocks]
    if twice := sorted({n for n in names if names.count(n) > 1}):
        raise KeepsakeError(f"{path.name}: two blocks are called {twice[0]!r}")
    return blocks


def _explain(error: str, table: dict[str, Any]) -> str:
    """msgspec's "Expected `int` <= 4 - at `$.block[0].positives[1]`" with the block counted from 1, and the value."""
    reason, _, place = error.partition(" - at ")
    value: Any = table
    for key, index in re.findall(r"\.(\w+)|\[(\d+)\]", place):
        value = value[int(index)] if index else value[key]
    inside = re.fullmatch(r"`\$\.block\[(\d+)\]\.?(.*)`", place)
    block = f", block {int(inside[1]) + 1}" if inside else ""
    field = f", {inside[2]} = {value!r}" if inside and inside[2] else ""
    return f"{block}{field}: {reason[0].lower()}{reason[1:]}"
