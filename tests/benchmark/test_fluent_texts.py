"""The labelled texts of a fluent model: the whole of them is sound, and what is measured is nowhere in training."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pytest

from benchmark.grounding import fluent_rates, fluent_texts
from benchmark.grounding.fluent_texts import Part, scenes
from memory.errors import KeepsakeError


@pytest.mark.parametrize("part", ["train", "dev", "test"])
def test_scenes_have_what_a_check_needs(part: Part) -> None:
    found = scenes(part)
    assert len(found) >= 60 and all(scene["sees"] for scene in found)
    for scene in found:
        assert 1 <= len(scene["memories"]) <= 3 and all(one["words"].strip() for one in scene["memories"]), scene
        assert all(date.fromisoformat(one["day"]) for one in scene["memories"]), scene
        assert {one["label"] for one in scene["texts"]} == {"right", "wrong"}, scene
        assert all(one["text"].strip() and one["question"] != "" for one in scene["texts"]), scene
    texts = [one for scene in found for one in scene["texts"]]
    assert 0.45 < sum(one["label"] == "right" for one in texts) / len(texts) < 0.55
    assert 0.2 < sum(one["question"] is None for one in texts) / len(texts) < 0.5


def test_no_memory_is_in_two_parts() -> None:
    words = {
        part: {one["words"] for scene in scenes(part) for one in scene["memories"]} for part in ("train", "dev", "test")
    }
    assert not words["train"] & (words["dev"] | words["test"]) and not words["dev"] & words["test"]


def test_a_line_that_is_no_json_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fluent_texts, "FOLDER", tmp_path)
    (tmp_path / "some.jsonl").write_text(json.dumps({"scene": "a"}) + "\n{")
    scenes.cache_clear()
    with pytest.raises(KeepsakeError, match=r"some\.jsonl, line 2: "):
        scenes("train")
    scenes.cache_clear()


def test_the_rates_are_said_in_lines() -> None:
    found = fluent_rates.lines("dev", errors=True)
    assert found[0].startswith("dev, captions: wrong ones not shown as they are: ") and len(found) > 4
    caught, refused = (float(re.search(r": ([\d.]+)%", line)[1]) for line in found[2:4])  # type: ignore[index]
    assert caught > 80 and refused < 35, "of answers; by rules alone 72 % of the right ones are refused"
