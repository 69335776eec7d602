"""Photos of one's own as a source: painted things, and what a scripted model says of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from assistant.backend import Message

Reply = Callable[[str, int], str]
WHEN = datetime(2024, 5, 1, tzinfo=UTC)
COLOURS = ("red", "darkred", "green", "darkgreen", "blue", "darkblue", "gold", "orange")


def name_in(text: str) -> str:
    found = re.search(r"calls it (.+?) and tells|told this about (.+?):", text)
    return found[1] or found[2]  # type: ignore[index]


def dialogue(name: str) -> str:
    return (
        f"**Dialogue:**\n\n**User:** This is {name}. We were at the old pier in Kiel.\n**Model:** Lovely.\n"
        f"**User:** {name} and I were fixing the boat, in late March.\nModel: I see.\n"
        f"User: {name} always hums a waltz.\nModel: I will remember."
    )


def questions(name: str) -> str:
    written = [
        {"asks": "place", "question": f"Where was {name}?", "right": "the old pier", "wrong": ["a park", "a shop"]},
        {
            "asks": "time",
            "question": f"When was {name} there?",
            "right": "in late March",
            "wrong": ["in May", "in June"],
        },
        {"asks": "habit", "question": f"What does {name} do?", "right": "hums a waltz", "wrong": ["sings", "whistles"]},
    ]
    return f"Here they are:\n```json\n{json.dumps(written)}\n```"


def well_behaved(text: str, seed: int) -> str:
    """A model that writes what it is asked for, and sees nothing that it should not."""
    if "Write \\boxed" in text or "letter in a box" in text:
        return "\\boxed{D}"
    return questions(name_in(text)) if "multiple-choice" in text else dialogue(name_in(text))


@dataclass(frozen=True)
class Scripted:
    """An endpoint without a server."""

    reply: Reply = well_behaved
    seed: int = 0
    model: str = "writer"
    temperature: float = 0.7
    asked: list[tuple[int, tuple[Message, ...]]] = field(default_factory=list)

    def ask(self, requests: Sequence[tuple[Message, ...]], progress: bool = False) -> list[str]:
        self.asked.extend((self.seed, r) for r in requests)
        return [self.reply(str(r[0].parts[-1]), self.seed) for r in requests]


def paint(path: Path, colours: Sequence[str], seed: int) -> None:
    """A photo with a thing of each colour, somewhere on grainy grey."""
    rng = np.random.default_rng(seed)
    image = Image.fromarray(rng.integers(90, 160, (300, 300, 3), np.uint8))
    pen = ImageDraw.Draw(image)
    for colour in colours:
        x, y = (int(v) for v in rng.integers(10, 190, 2))
        pen.ellipse((x, y, x + 100, y + 90), colour)
        pen.rectangle((x + 40, y + 20, x + 60, y + 100), "white" if seed % 2 else "black")
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)
