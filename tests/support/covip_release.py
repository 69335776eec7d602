"""A small copy of the authors' files: of the same structure, with its noise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from assistant.photo import pixels
from benchmark.world.question import UNKNOWN
from memory.episode import Photo

QUERY = 25
"""Stands for the query in `colour`."""
CONCEPTS = (3, 6, 9, 3)


POSITIVES = ([2], [4, 1], [7, 0, 5], [0])


def right(*which: int) -> str:
    """The right answer to question q of concept i of sample k; typographic and accented as in the release."""
    return "Zoë’s café number {}x{}x{}".format(*which)


def question(k: int, i: int, q: int) -> dict[str, Any]:
    options = [right(k, i, q), f"the “wrong” {k}x{i}x{q} one", f"nothing of {k}x{i}x{q}"]
    turned = options[-q:] + options[:-q]
    return {
        "id": f"Q{q + 1}",
        "question": f"Where was Zoë’s {i}?",
        "options": {**dict(zip("ABC", turned, strict=True)), "D": UNKNOWN},
        "correct_answer": "ABC"[turned.index(options[0])],
    }


def released() -> dict[str, Any]:
    """Four samples with K = 1, 2, 3, 1, not in order, three questions a concept."""
    data: dict[str, Any] = {}
    for k in (2, 0, 3, 1):
        qas = {f"concept_{i}": {"qa": [question(k, i, q) for q in range(3)]} for i in range(CONCEPTS[k])}
        data[f"sample_{k}"] = {"qas": qas, "gts": POSITIVES[k]}
    return data


def noisy() -> dict[str, Any]:
    """With what is wrong in the release: 63 questions, 6 of them unusable."""
    data = released()
    data["sample_0"]["qas"]["concept_1"]["qa"][0]["options"]["C"] = data["sample_0"]["qas"]["concept_1"]["qa"][0][
        "options"
    ]["A"]
    data["sample_1"]["qas"]["concept_2"] = "Error"  # stands for three questions
    data["sample_2"]["qas"]["concept_0"]["qa"][1] = "Error"
    data["sample_2"]["qas"]["concept_8"]["qa"][2]["correct_answer"] = "D"
    return data


def write(folder: Path, name: str, data: Any) -> Path:
    path = folder / name
    path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return path


def colour(k: int, i: int) -> tuple[int, int, int]:
    return 20 * k, 10 * i, 200


def shown(photo: Photo) -> tuple[int, ...]:
    return tuple(int(x) for x in pixels(photo)[0, 0])
