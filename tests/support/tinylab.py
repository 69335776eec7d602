"""Everything that a lab run needs, so small that two cores do it in minutes: a tiny random Qwen3-VL, the authors' files
in their form (training list, test questions, metadata, rows of LSD, LAR and ITR), described photos, and a recipe.

The samples are drawn ones of the picture world, so that all files are about the same photos. `rule` is that of the
chat judge.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import datasets

from benchmark.world.question import UNKNOWN, Question
from benchmark.world.sample import Sample
from memory.episode import Episode
from tests.support import tinyvl
from tests.support.chatserver import Reply, last, says

RECIPE = """
name = "tiny"
threads = 1
[gspo]
base = "{base}"
group = 4
prompts = 2
updates = 2
steps = 1
max_tokens = 16
save_every = 1
learning_rate = 1e-2
[gspo.lora]
rank = 4
alpha = 8
dropout = 0.0
lm_head = true
[gspo.trl]
data = "{folder}/train.json"
images = "{folder}/images/"
judge = "chat"
judge_url = "{url}"
judge_model = "m"
dtype = "float32"
attention = "flash_attention_2"
[gspo.trl.photos]
query = 4
memory = 4
least = 1
"""


@dataclass(frozen=True, slots=True)
class Lab:
    """Where everything lies."""

    recipe: Path
    official: Path
    references: Path


def write(folder: Path, url: str) -> Lab:
    """Write a lab of four samples into `folder`; `url`: the chat judge's."""
    folder.mkdir()
    samples = tinyvl.samples(4)
    (folder / "images").mkdir()
    files = [[_image(folder, f"{i}-{k}", photo) for k, photo in enumerate(_photos(s))] for i, s in enumerate(samples)]
    _json(folder / "train.json", [item for s, names in zip(samples, files, strict=True) for item in _items(s, names)])
    _json(folder / "QAS_GT_test.json", {f"sample_{i}": _questions(sample) for i, sample in enumerate(samples)})
    rows = [_metadata(sample, names) for sample, names in zip(samples, files, strict=True)]
    (folder / "meta_test_cleaned.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    for task, gold in (("lsd", "answer"), ("lar", "last_action"), ("itr", "answer")):
        _rows(samples, gold).save_to_disk(folder / task)
    described = [{"image_file": names[-1], "description": "A thing. It stands in a room."} for names in files]
    references = folder / "described.jsonl"
    references.write_text("".join(json.dumps(row) + "\n" for row in described), encoding="utf-8")
    recipe = folder / "tiny.toml"
    recipe.write_text(RECIPE.format(base=tinyvl.build(folder / "model"), folder=folder, url=url), encoding="utf-8")
    return Lab(recipe, folder, references)


def rule(body: dict[str, Any]) -> Reply:
    """The judge: a letter, or Correct or Wrong, by the characters of what is asked, so that rewards differ."""
    asked = str(last(body))
    if quoted := re.search(r'^Caption: (".*")\n\nQuestion: (.*)$', asked, re.MULTILINE):
        return says(rf"\boxed{{{letter(json.loads(quoted[1]), quoted[2])}}}")
    return says("Correct" if sum(map(ord, asked)) % 2 else "Wrong")


def letter(caption: str, question: str) -> str:
    """The letter that `rule` gives to a question about a caption."""
    return "ABCD"[sum(map(ord, caption + question)) % 4]


def _photos(sample: Sample) -> list[bytes]:
    """The photos of a sample's context, and the new one last."""
    return [*(e.photo.data for e in sample.context), sample.query.data]


def _image(folder: Path, name: str, data: bytes) -> str:
    kind = "png" if data.startswith(b"\x89PNG") else "jpg"
    (folder / "images" / f"{name}.{kind}").write_bytes(data)
    return f"{name}.{kind}"


def _json(path: Path, data: Any) -> None:
    path.write_text(json.dumps(data), encoding="utf-8")


def _dialogue(episode: Episode) -> str:
    who = {"user": "User", "assistant": "Model"}
    return "\n".join(["**Dialogue:**", *(f"{who[turn.role]}: {turn.text}" for turn in episode.turns)])


def _asked(questions: Sequence[Question]) -> list[dict[str, Any]]:
    """Questions as the authors wrote them."""
    return [
        {
            "id": f"Q{i}",
            "question": q.text,
            "options": {**dict(zip("ABC", q.options, strict=True)), "D": UNKNOWN},
            "correct_answer": q.answer,
        }
        for i, q in enumerate(questions, 1)
    ]


def _items(sample: Sample, names: list[str]) -> list[dict[str, Any]]:
    """A caption item and a recognition item of the training list."""
    right, wrong = (
        [q for i, asked in enumerate(sample.questions) if (i in sample.positives) is positive for q in _asked(asked)]
        for positive in (True, False)
    )
    told = {"dialogues": [_dialogue(e) for e in sample.context], "pos_qas": [right], "neg_qas": wrong}
    caption = {"accu_reward_method": "caption", "images": names, "c_num": len(names) - 1, **told}
    return [caption, {"accu_reward_method": "multi_vision", "images": names, "answer": list(sample.positives)}]


def _questions(sample: Sample) -> dict[str, Any]:
    """An entry of the question file."""
    qas = {f"concept_{i}": {"qa": _asked(questions)} for i, questions in enumerate(sample.questions)}
    return {"qas": qas, "gts": list(sample.positives)}


def _metadata(sample: Sample, names: list[str]) -> dict[str, Any]:
    """A line of the metadata."""
    dialogues = {f"concept_{i}": _dialogue(episode) for i, episode in enumerate(sample.context)}
    return {"imgs": names[-1], "concepts": names[:-1], "dialogues": dialogues}


def _rows(samples: list[Sample], gold: str) -> datasets.Dataset:
    """Rows of a task as on the Hub."""
    text, picture = datasets.Value("string"), datasets.Image()
    features = {
        "images_context": datasets.List(picture),
        "dialogues_context": datasets.List(text),
        "query_image": picture,
        gold: text,
    }
    held = {
        "images_context": [[{"bytes": data, "path": None} for data in _photos(s)[:-1]] for s in samples],
        "dialogues_context": [[_dialogue(e) for e in s.context] for s in samples],
        "query_image": [{"bytes": s.query.data, "path": None} for s in samples],
        gold: [f"at the café {i}" for i in range(len(samples))],
    }
    return datasets.Dataset.from_dict(held, datasets.Features(features))
