"""mlx-vlm as a peer of the speed run, on a tiny random Qwen3-VL: it reads the same prompts, and its caches are on.

No time is tested (see `test_speed.py`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from assistant.backend import Message
from assistant.models import local
from assistant.models.spec import Spec
from assistant.photo import from_image
from benchmark.__main__ import main
from benchmark.speed import exactness, measure, summary, workload
from benchmark.speed.keepsake_peer import Keepsake
from benchmark.speed.mlx_peer import MlxVlm
from benchmark.speed.summary import HANDLER, MLX, OURS, SERVER, UNCACHED
from memory.errors import ModelError
from quantize.mlx import mlx_export
from tests.support import tinyqwen

pytestmark = pytest.mark.slow

STEPS = [step for step in workload.STEPS if step not in ("slot", "single")]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Spec]:
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("tiny")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KEEPSAKE_HOME", str(folder / "home"))
        yield local.load(str(mlx_export.convert(tinyqwen.build(folder / "checkpoint"), folder / "mlx", "f32")))


@pytest.fixture(scope="module")
def record(tiny: Spec, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A whole run on two memories, with small photos and short dialogues, since MLX is slow on a CPU."""
    draw = workload.draw_conversation

    def draw_small(spec: Spec, episodes: int, index: int) -> workload.DrawnConversation:
        drawn = draw(replace(spec, side=64), episodes, index)
        return replace(drawn, episodes=tuple(replace(e, turns=e.turns[:1]) for e in drawn.episodes))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measure, "draw_conversation", draw_small)
        patch.setattr(exactness, "draw_conversation", draw_small)
        patch.setenv("KEEPSAKE_HOME", str(tmp_path_factory.mktemp("run")))
        return measure.run(tiny, 2, 1, 1, "none")


def about(colour: str, said: str = "") -> tuple[Message, ...]:
    """A question about a photo; with the answer `said`, one question more."""
    photo = from_image(Image.new("RGB", (96, 64), colour))
    asked = (Message("user", (photo, "What did I tell you about this boat?")),)
    return asked if not said else (*asked, Message("assistant", (said,)), Message("user", ("And who painted it?",)))


def whole(text: str) -> str:
    """The text without incomplete characters, which random weights write and mlx-vlm leaves out."""
    return text.replace("\ufffd", "")


def test_it_writes_what_our_engine_writes(tiny: Spec, tmp_path: Path) -> None:
    """Also when only the photo changes and all tokens stay equal, and after the cache came back from disk."""
    with closing(Keepsake(tiny, 1, 4096, None)) as ours, closing(MlxVlm(tiny, tmp_path)) as theirs:
        written = {}
        for colour in ("navy", "yellow"):
            here, there = ours.answer(about(colour), 8), theirs.answer(about(colour), 8)
            assert whole(here.text) == whole(there.text) != ""
            assert (here.prompt_tokens, here.new_tokens) == (there.prompt_tokens, there.new_tokens)
            assert there.new_tokens == 8 and there.cached_tokens == 0
            assert there.photos_encoded is None and 0 < there.first <= there.whole
            written[colour] = whole(here.text)
        assert written["navy"] != written["yellow"]
        further = about("navy", "Anna painted the blue boat.")  # the prompt cache holds yellow, as the same tokens
        want = ours.answer(further, 8)
        kept = theirs.answer(further, 8)
        theirs.restart()
        restored = theirs.answer(further, 8)
        for got in (kept, restored):
            assert whole(got.text) == whole(want.text) != ""
        assert 0 < (restored.cached_tokens or 0) < (restored.prompt_tokens or 0)


def test_every_step_is_measured_on_the_same_prompts(record: dict[str, Any]) -> None:
    steps = record["steps"]
    assert record["absent"] == {} and set(record["versions"]) == {"python", "mlx", "mlx-vlm"}
    assert [s for s in steps if MLX in steps[s]] == [s for s in steps if OURS in steps[s]] == STEPS
    first = [steps["caption"][peer]["prompt_tokens"] for peer in (OURS, UNCACHED, MLX)]
    assert first == [first[0]] * 3
    assert steps["set"][OURS]["prompt_tokens"] == steps["set"][MLX]["prompt_tokens"]


def test_what_each_reads_again(record: dict[str, Any]) -> None:
    """Both continue a conversation, also from disk after a restart. With other photos or another order mlx-vlm reads
    everything; Keepsake still has each photo's visual tokens on disk."""
    cached = {step: of[MLX]["cached_tokens"] for step, of in record["steps"].items() if MLX in of}
    for before, after in (("caption", "answer"), ("answer", "follow")):
        assert cached[after] >= record["steps"][before][MLX]["prompt_tokens"] - 1
    assert cached["restart"] > cached["answer"]
    assert {cached[step] for step in ("caption", "control", "order", "set")} == {0}
    ours = {step: of[OURS]["cached_tokens"] for step, of in record["steps"].items() if OURS in of}
    assert ours["restart"] >= record["steps"]["follow"][OURS]["prompt_tokens"] - 1
    encoded = {step: of[OURS]["photos_encoded"] for step, of in record["steps"].items() if OURS in of}
    assert encoded == {"caption": 3, "answer": 0, "follow": 0, "restart": 0, "control": 3, "order": 0, "set": 1}
    assert [(p["path"], p["equal"]) for p in record["proofs"]] == [
        (path, True) for path in ("photos from disk", "pass 2 continues pass 1", "conversation from disk")
    ]


def test_the_table_shows_this_peer_only(record: dict[str, Any]) -> None:
    shown = summary.table(record)
    assert f"|  | {OURS} | {UNCACHED} | {MLX} |" in shown
    assert f"| answer, against {MLX} | reported |" in shown and f"| control by first caption: {MLX} |" in shown
    assert HANDLER not in shown and SERVER not in shown


def test_what_it_cannot_compare_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"model_type": "smolvlm"}))
    with pytest.raises(ModelError, match=r"^it is compared on Qwen3-VL models, this is a smolvlm$"):
        MlxVlm(Spec("other", folder, folder), tmp_path / "disk")
    assert main(["speed", "--model", str(tinyqwen.build(tmp_path / "checkpoint"))]) == 1
    shown = capsys.readouterr().err
    assert "checkpoint runs on transformers: speed compares" in shown and shown.count("error") == 1
