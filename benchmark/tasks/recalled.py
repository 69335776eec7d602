"""Captions as the app asks for them: of a sample's context, only what recall is sure or unsure of is in the prompt.

`capeval` measures the same samples with their whole context in the prompt; the difference is the gate's effect.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from assistant import prompt
from assistant.encoder.encoder import PhotoEncoder
from benchmark.judges.judge import Judge
from benchmark.judges.score import Scores
from benchmark.runner import CachedWriter, Condition, Texts
from benchmark.tasks.capeval import scorer
from benchmark.world.sample import Sample
from memory.search.sightings import NewPhoto
from memory.store import Memory

RECALLED = "caption/recalled"


def recalling(writer: CachedWriter, judge: Judge, encoder: PhotoEncoder) -> Condition:
    """The model captions the photo with what the gate lets through.

    Scores beside those of captions: `kept`, memories of what is in the photo that are in the prompt, and `others`,
    memories of anything else that are in the prompt.
    """
    score = scorer(judge)
    recalled: dict[str, list[int]] = {}

    def indices(sample: Sample) -> list[int]:
        """The context's indices that are recalled, by a memory file of their own."""
        if sample.id not in recalled:
            at = {episode.id: i for i, episode in enumerate(sample.context)}
            with tempfile.TemporaryDirectory() as folder, Memory(Path(folder) / "memory.db") as memory:
                memory.add_all(sample.context)
                for episode in sample.context:
                    memory.put_vectors(episode.photo.sha256, encoder.space, encoder.encode(episode.photo))
                found = memory.recall(NewPhoto(encoder.space, encoder.encode(sample.query), encoder.gate), k=4)
            recalled[sample.id] = sorted(at[r.episode.id] for r in found)
        return recalled[sample.id]

    def write(sample: Sample) -> Texts:
        memories = [sample.context[i] for i in indices(sample)]
        return {"caption": writer.write(prompt.caption_messages(memories, sample.query)),
                "recalled": " ".join(map(str, indices(sample)))}  # fmt: skip

    def scores(texts: Texts, sample: Sample) -> Scores:
        found, right = {int(i) for i in texts["recalled"].split()}, set(sample.positives)
        others = len(sample.context) - len(right)
        return {
            **score(texts, sample),
            "kept": (len(found & right), len(right)),
            "others": (len(found - right), others),
        }

    return Condition(RECALLED, write, scores)
