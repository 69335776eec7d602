"""Rows for trl: prompts are the engine's token by token, the order is the seed's, and bad data is refused early."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from trl.data_utils import prepare_multimodal_messages

from assistant import prompt
from assistant.backend import Message
from assistant.chatml import Mark, pieces
from assistant.models.photo_budget import PhotoBudget
from assistant.photo import from_image
from benchmark.datasets.corpus_writer import CorpusWriter
from benchmark.judges.judge import Lexical
from benchmark.world.question import UNKNOWN
from benchmark.world.sample import Sample
from memory.episode import Photo, Turn
from memory.errors import KeepsakeError
from tests.support import tinyvl
from train import recipe_file
from train.rl import reward
from train.trl import covip_list, dataset, recipe_check
from train.trl.run import _processor

ROOT = Path(__file__).parents[2]
SAMPLES = tinyvl.samples(3)
SIXTEEN = PhotoBudget(16, 16, 1)
"""A square photo has 16 tokens."""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tinyvl.build(tmp_path_factory.mktemp("base") / "model")


@pytest.fixture(scope="module")
def processor(base: Path) -> Any:
    return _processor(str(base))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tinyvl.corpus(tmp_path / "data", 3)


def as_trl(processor: Any, messages: tuple[Message, ...]) -> list[int]:
    """Tokens of a prompt, the way GRPOTrainer makes them of a row."""
    row = prepare_multimodal_messages(dataset.as_row(messages), images=dataset.images(messages, SIXTEEN))
    found = processor.apply_chat_template([row], add_generation_prompt=True, tokenize=True, return_dict=True)
    return found["input_ids"][0]


def as_engine(processor: Any, messages: tuple[Message, ...]) -> list[int]:
    """Tokens of a prompt (16 a photo), piece by piece as `assistant/chatml.py` says and llama.cpp is given them."""
    words = processor.tokenizer
    start, image, end = words.convert_tokens_to_ids(["<|vision_start|>", "<|image_pad|>", "<|vision_end|>"])
    seen = processor.image_processor(dataset.images(messages, SIXTEEN), return_tensors="pt")["image_grid_thw"]
    assert [int(grid.prod()) // 4 for grid in seen] == [16] * len(seen), "256 x 256, scaled into the budget"
    ids: list[int] = []
    for piece in pieces(messages):
        if isinstance(piece, Photo):
            ids += [start, *[image] * 16, end]
        else:
            literal = not isinstance(piece, Mark)
            ids += words(piece.text, add_special_tokens=False, split_special_tokens=literal).input_ids
    return ids


@pytest.mark.parametrize("layout", ["aligned", "reference"])
def test_a_caption_prompt_is_what_the_engine_reads(processor: Any, layout: prompt.Layout) -> None:
    for sample in SAMPLES:
        messages = prompt.caption_messages(sample.context, sample.query, layout)
        assert as_trl(processor, messages) == as_engine(processor, messages)


def test_a_recognition_prompt_is_what_the_engine_reads(processor: Any) -> None:
    messages = prompt.recognise_messages([e.photo for e in SAMPLES[0].context], SAMPLES[0].query)
    assert as_trl(processor, messages) == as_engine(processor, messages)


@settings(max_examples=25)
@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=24))
def test_whatever_was_said(processor: Any, said: str) -> None:
    """Line breaks, spaces and other scripts at the edges of a turn too."""
    first, *others = SAMPLES[0].context
    episodes = (replace(first, turns=(Turn("user", said), Turn("assistant", said[::-1]))), *others)
    messages = prompt.caption_messages(episodes, SAMPLES[0].query)
    assert as_trl(processor, messages) == as_engine(processor, messages)


def test_rows_hold_what_the_renderer_says(data: Path) -> None:
    """Photos in the order of their placeholders; a row is built when it is asked for, also several times at once."""
    gspo = tinyvl.recipe(Path("base"), data).gspo
    assert gspo
    drawn = dataset.Rows(dataset.visits(gspo), gspo.layout)
    table = drawn.dataset()
    assert len(table) == gspo.steps * gspo.prompts == 4
    for row in table[[0, 0, 1, 3]]["visit"]:
        assert table[row]["prompt"] == dataset.as_row(drawn.messages(row))
        seen = [image.tobytes() for image in dataset.images(drawn.messages(row), PhotoBudget())]
        assert len(set(seen)) == 3 and [image.tobytes() for image in table[row]["images"]] == seen
    gold = drawn.dataset(gold=True)[next(i for i, v in enumerate(drawn.visits) if v.kind == "recognition")]
    there = drawn.sample(gold["visit"]).positives
    assert reward.recognition_reward(gold["completion"][0]["content"][0]["text"], there) == 1


def test_every_process_has_the_same_order_and_epochs_differ(data: Path) -> None:
    gspo = tinyvl.recipe(Path("base"), data, steps=30, prompts=4).gspo
    assert gspo
    first, again, other = (dataset.visits(replace(gspo, seed=seed)) for seed in (0, 0, 1))
    assert [(v.kind, v.draft.key) for v in first] == [(v.kind, v.draft.key) for v in again]
    named = dataset.digest(gspo, first)
    assert named == dataset.digest(gspo, again) != dataset.digest(gspo, other)
    (data / "samples.jsonl").write_bytes((data / "samples.jsonl").read_bytes() + b" ")
    assert named != dataset.digest(gspo, first), "the same plan of other data"
    keys = [v.draft.key for v in first]
    assert set(Counter(keys).values()) == {40}, "each as often"
    assert len({tuple(keys[i : i + 3]) for i in range(0, 120, 3)}) > 1, "each epoch in its own order"
    assert 40 <= Counter(v.kind for v in first)["recognition"] <= 80


def test_the_picture_world_is_drawn_in_the_recipes_proportions() -> None:
    """Only the plan: its pictures are not in the repository."""
    gspo = tinyvl.recipe(Path("base"), "", steps=100, prompts=4, recognition_share=0.25, strangers_share=0.5).gspo
    assert gspo
    plan = [(v.kind, *v.draft.key.split("-")[:2]) for v in dataset.visits(gspo)]
    assert 70 <= sum(kind == "recognition" for kind, *_ in plan) <= 130
    assert 170 <= sum(mode == "stranger" for _, mode, _ in plan) <= 230
    assert 120 <= sum(k == "1" for *_, k in plan) <= 200
    assert {mode for _, mode, _ in plan} == {"stranger", *gspo.modes}
    assert len({v.draft.key for v in dataset.visits(gspo)}) == 400


def test_words_that_look_like_structure_never_reach_a_chat_template(tmp_path: Path) -> None:
    """The engine reads them as words; a chat template would let them end the turn."""
    first, *others = SAMPLES[0].context
    wrong = replace(SAMPLES[0], context=(replace(first, turns=(Turn("user", "so <|im_end|>"),)), *others))
    CorpusWriter(tmp_path / "data").accept("0", wrong)
    gspo = tinyvl.recipe(Path("base"), tmp_path / "data").gspo
    assert gspo
    with pytest.raises(KeepsakeError, match=r"sample \w{16}: '<\|im_end\|>' in its words"):
        dataset.visits(gspo)


def listed(sample: Sample, kind: str = "caption", **changed: Any) -> dict[str, Any]:
    """An entry as the authors publish it."""
    asked = [
        [
            {"id": f"Q{n}", "question": q.text, "options": {**dict(zip("ABC", q.options, strict=True)), "D": UNKNOWN}}
            | {"correct_answer": q.answer}
            for n, q in enumerate(questions)
        ]
        for questions in sample.questions
    ]
    said = [f"**Dialogue:**\nUser: {e.turns[0].text}" for e in sample.context]
    names = ["c0.png", "c1.png", "q.png"]
    (there,) = sample.positives
    item = {"accu_reward_method": kind, "images": names, "c_num": 2}
    own = {"dialogues": said, "pos_qas": [asked[there]], "neg_qas": asked[1 - there]}
    return {**item, **(own if kind == "caption" else {"answer": there}), **changed}


@pytest.fixture
def images_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    folder.mkdir()
    for name, photo in zip(("c0", "c1", "q"), [*(e.photo for e in SAMPLES[0].context), SAMPLES[0].query], strict=True):
        (folder / f"{name}.png").write_bytes(photo.data)
    return folder


def write(folder: Path, *items: dict[str, Any]) -> Path:
    path = folder / "train.json"
    path.write_text(json.dumps(items))
    return path


def test_the_authors_list_gives_the_same_prompts_and_rewards(
    tmp_path: Path, images_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sample = SAMPLES[0]
    path = write(tmp_path, listed(sample), listed(sample, "multi_vision"), listed(sample, "vision", answer="yes"))
    found = covip_list.drafts(path, f"{images_folder}/")
    assert [kind for kind, _ in found] == ["caption", "recognition"]
    assert "left out 1 of kind 'vision'" in capsys.readouterr().err
    caption, recognition = (draft.make() for _, draft in found)
    assert [e.photo.sha256 for e in caption.context] == [e.photo.sha256 for e in sample.context]
    assert [e.turns for e in caption.context] == [e.turns for e in sample.context]
    assert (caption.query.sha256, recognition.positives) == (sample.query.sha256, sample.positives)
    gold = " ".join(q.right for q in sample.questions[sample.positives[0]])
    judge = Lexical()
    for text in (gold, "", f"{gold} {sample.questions[1 - sample.positives[0]][0].right}"):
        for variant in ("paper", "keepsake"):
            same = [replace(s, questions=nameless(s)) for s in (caption, sample)]
            ours, theirs = reward.caption_rewards([text] * 2, same, judge, [9] * 2, variant)  # type: ignore[arg-type]
            assert ours == theirs


def nameless(sample: Sample) -> Any:
    """The released questions do not say whom they are about."""
    return tuple(tuple(replace(q, about="", key="") for q in questions) for questions in sample.questions)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"c_num": 3}, "entry 0: 3 images for 3 context items and the query"),
        ({"dialogues": ["one"]}, "entry 0: 1 dialogues for 2 images"),
        ({"images": "c0.png"}, r"Expected `array`, got `str` - at `\$\[0\].images`"),
        ({"accu_reward_method": "multi_vision", "answer": [0, 2]}, r"answer is \[0, 2\], must be indices below 2"),
        ({"dialogues": ["a", "b <|im_end|>"]}, "in its words"),
    ],
)
def test_a_wrong_entry_is_one_line(tmp_path: Path, changed: dict[str, Any], message: str) -> None:
    with pytest.raises(KeepsakeError, match=message) as caught:
        covip_list.drafts(write(tmp_path, listed(SAMPLES[0], **changed)))
    assert "\n" not in str(caught.value)


def test_captions_that_nobody_could_ask_about_are_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    item = listed(SAMPLES[0], pos_qas=["Error"], neg_qas=["Error"])
    assert covip_list.drafts(write(tmp_path, item)) == []
    assert "1 of no questions" in capsys.readouterr().err
    gspo = tinyvl.recipe(Path("base"), tmp_path / "train.json").gspo
    assert gspo
    with pytest.raises(KeepsakeError, match="no sample to train on"):
        dataset.visits(gspo)


def test_training_shows_photos_as_the_app_does(processor: Any) -> None:
    """The photo asked about large, memories small, whatever their shape; the processor leaves their pixels alone.

    Previously every photo of training had up to 256 tokens, while the app gave 512 to the query and 128 to memories.
    """
    shapes = ((623, 467), (320, 569), (750, 300))
    photos = [from_image(Image.effect_noise(size, 90)) for size in shapes]
    sample = SAMPLES[0]
    context = tuple(replace(e, photo=p) for e, p in zip(sample.context, photos, strict=False))
    messages = prompt.caption_messages(context, photos[2])
    seen = dataset.images(messages, PhotoBudget(96, 24, 1))
    assert {image.size for image in seen[:2]} == {(160, 128), (96, 192)} and seen[2].size == (480, 192)
    grids = processor.image_processor(seen, return_tensors="pt")["image_grid_thw"]
    assert [int(grid.prod()) // 4 for grid in grids] == [image.width * image.height // 1024 for image in seen]
    everywhere = dataset.images(prompt.recognise_messages(photos[:2], photos[2]), PhotoBudget(96, 24, 1))
    assert len(everywhere) == 3


def test_the_heading_is_drawn_as_released(tmp_path: Path) -> None:
    """In shares of 50, 25 and 25 %, once for each prompt: a group of completions, on whatever process, shares it.

    Previously paper-exact had one heading, and read the judge's letters more strictly than the authors.
    """
    gspo = recipe_file.load(ROOT / "train" / "recipes" / "qwen3-vl-8b-paper-exact.toml").gspo
    assert (
        gspo
        and gspo.trl
        and gspo.trl.parity == "released"
        and recipe_check.judge(gspo.trl).name.endswith("/compatible")
    )
    drawn = replace(gspo, layout="reference", trl=replace(gspo.trl, data="", judge="lexical"), steps=400, prompts=1)
    listed = dataset.visits(drawn)
    rows, again, plain = (
        dataset.rows_of(g, listed) for g in (drawn, drawn, replace(drawn, trl=replace(drawn.trl, parity="ours")))
    )
    few = SAMPLES[0]
    for each in (rows, again, plain):
        each.sample = lambda i: few  # the photos do not matter here

    def headings(one: dataset.Rows) -> list[str]:
        texts = ["".join(p for p in one.messages(i)[0].parts if isinstance(p, str)) for i in range(400)]
        return [next(h for h in prompt.HEADINGS if f"===== {h} =====" in text) for text in texts]

    found = headings(rows)
    assert found == headings(again) and set(headings(plain)) == {"New Image"}
    shares = [found.count(heading) / 400 for heading in prompt.HEADINGS]
    assert np.abs(np.array(shares) - dataset.DRAW).max() < 0.08
