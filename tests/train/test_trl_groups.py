"""Groups of completions: those of one prompt, known by its words and pixels, or the run stops."""

from __future__ import annotations

from typing import Any

import pytest
from PIL import Image

from memory.errors import KeepsakeError
from train.trl import reward_fn
from train.trl.reward_fn import ScoredCompletion, check_groups


def completion(prompt: str, visit: int) -> ScoredCompletion:
    return ScoredCompletion(0, visit, prompt, "caption", "s", "text", 3, 0.0, 0.0, 0.0, None)


def test_a_mixed_group_stops_the_run() -> None:
    check_groups([completion("a", 0)] * 4 + [completion("b", 1)] * 4, 4)
    with pytest.raises(KeepsakeError, match=r"a group of 4 holds answers to the prompts 0 \(a\), .*, 1 \(b\)"):
        check_groups([completion("a", 0)] * 3 + [completion("b", 1)] * 5, 4)
    with pytest.raises(KeepsakeError, match=r"prompts 0 \(a\), 0 \(a\): its"):
        check_groups([completion("a", 0)] * 6, 4)
    with pytest.raises(KeepsakeError):  # one visit, but another wording or another picture
        check_groups([completion("a", 0), completion("c", 0)], 2)


def test_a_prompt_is_known_by_its_words_and_pixels() -> None:
    grey, white = (Image.new("RGB", (4, 4), colour) for colour in ("grey", "white"))

    def name(text: str, image: Any) -> str:
        content = [{"type": "image", "image": image}, {"type": "text", "text": text}]
        return reward_fn.fingerprint([{"role": "user", "content": content}])

    assert name("a", grey) == name("a", grey.copy())
    assert len({name("a", grey), name("b", grey), name("a", white), name("a", grey.resize((2, 8)))}) == 4
