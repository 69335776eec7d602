"""The speed run on the embedded model: its counts are right, and all peers get the same prompts.

No time is tested, since machines are noisy. Tokens read again, photos encoded and equal logits cannot fail by noise.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import numpy as np
import pytest
import torch

from assistant import prompt
from assistant.chatml import pieces
from assistant.models.spec import Spec
from benchmark.__main__ import main
from benchmark.speed import exactness, random_qwen3vl, summary, targets, workload
from benchmark.speed.chat_request import TEMPLATE, as_chat
from benchmark.speed.exactness import Proof
from benchmark.speed.keepsake_peer import Keepsake
from benchmark.speed.llama_cpp_peer import LlamaCppHandler
from benchmark.speed.llama_server_peer import cpu_of
from benchmark.speed.peer import timed
from benchmark.speed.summary import HANDLER, OURS, SERVER, UNCACHED, Row
from benchmark.speed.workload import STEPS
from memory.episode import Photo
from quantize.gguf import export
from tests.support import tinyqwen

pytestmark = pytest.mark.slow

OURS_DOES = [step for step in STEPS if step not in ("slot", "single")]


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The record of the command on two memories, printed and written to a file."""
    folder = tmp_path_factory.mktemp("speed")
    printed = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KEEPSAKE_HOME", str(folder / "home"))
        patch.setattr("sys.stdout", printed)
        out = folder / "new" / "run.json"
        asked = [
            "--model",
            "nano",
            "--episodes",
            "2",
            "--repeats",
            "1",
            "--server",
            "none",
            "--json",
            "--out",
            str(out),
        ]
        assert main(["speed", *asked]) == 0
    found = json.loads(printed.getvalue())
    assert found == json.loads(out.read_text(encoding="utf-8"))
    assert [p.name for p in out.parent.iterdir()] == ["run.json"]
    assert list((folder / "home" / "speed").iterdir()) == [], "nothing of a run stays behind"
    yield found


def test_every_step_is_measured(record: dict[str, Any]) -> None:
    steps = record["steps"]
    assert [s for s in steps if OURS in steps[s]] == OURS_DOES
    assert [s for s in steps if UNCACHED in steps[s]] == ["caption", "answer", "order", "set", "single"]
    for of in (of for step in steps.values() for of in step.values()):
        assert of["n"] == 1 and 0 < of["first"] == of["first_least"] and 0 < of["cpu"] < 60
    assert len(record["rows"]) == len(OURS_DOES) + 5
    assert record["model"] == "nano" and record["threads"] == 1


def test_peers_that_were_not_measured_are_listed_with_the_reason(record: dict[str, Any]) -> None:
    """The stock handler is really asked: it wraps photos into tile tokens that the nano's vocabulary lacks."""
    assert record["absent"] == {
        SERVER: "it was not asked for",
        HANDLER: "its handler cannot read this (llama_decode returned -1)",
    }
    assert not [t for t in record["targets"] if (HANDLER in t["words"] or SERVER in t["words"]) and t["found"]]


def test_what_was_read_before_is_not_read_again(record: dict[str, Any]) -> None:
    """A continuation reuses the whole prompt before it but the last token; other prompts reuse the beginning only."""
    ours = {step: of[OURS] for step, of in record["steps"].items() if OURS in of}
    assert ours["caption"]["cached_tokens"] == 0
    for before, after in (("caption", "answer"), ("answer", "follow"), ("follow", "restart")):
        assert ours[before]["prompt_tokens"] - 1 <= ours[after]["cached_tokens"] < ours[after]["prompt_tokens"]
    for step in ("control", "order"):
        assert 0 < ours[step]["cached_tokens"] < ours[step]["prompt_tokens"] / 2
    assert all(of[UNCACHED]["cached_tokens"] == 0 for of in record["steps"].values() if UNCACHED in of)


def test_the_vision_tower_encodes_a_photo_once(record: dict[str, Any]) -> None:
    """Two memories and a new photo; after restarts too. The control has three photos that were never seen."""
    encoded = {step: of[OURS]["photos_encoded"] for step, of in record["steps"].items() if OURS in of}
    assert encoded == {"caption": 3, "answer": 0, "follow": 0, "restart": 0, "control": 3, "order": 0, "set": 1}
    assert {of[UNCACHED]["photos_encoded"] for of in record["steps"].values() if UNCACHED in of} == {3}


def test_every_path_has_the_logits_of_no_caches(record: dict[str, Any]) -> None:
    assert [p["path"] for p in record["proofs"]] == [
        "photos from disk",
        "pass 2 continues pass 1",
        "conversation from disk",
    ]
    assert all(p["equal"] and p["furthest"] == 0 for p in record["proofs"])


def test_targets_and_table_tell_everything(record: dict[str, Any]) -> None:
    sure = [t for t in record["targets"] if t["words"].startswith(("photos encoded", "paths"))]
    assert len(sure) == 4 and all(t["passed"] for t in sure)
    shown = summary.table(record)
    for words in [*(STEPS[s] for s in record["steps"]), *(t["words"] for t in record["targets"])]:
        assert f"| {words} |" in shown
    assert shown.count("FALLS SHORT") == sum(t["passed"] is False for t in record["targets"])
    for peer, why in record["absent"].items():
        assert f"{peer}: not measured, {why}" in shown


# -- what a number means ----------------------------------------------------------------------------------------


def rows(cpu: float | None = None, **first: float) -> list[Row]:
    """One repeat: OURS, as "caption=2.0", others as "answer_llama_server=3.0"; `cpu`: processor time by time."""
    peers = {p.replace("-", "_").replace(" ", "_"): p for p in (UNCACHED, HANDLER, SERVER)}
    out = []
    for key, seconds in first.items():
        step, _, peer = key.partition("_")
        out.append(
            Row(step, peers.get(peer, OURS), 0, seconds, cpu and seconds * cpu, seconds + 1, cpu and 9.0, 10, 0, 0, 4)
        )
    return out


def verdict(found: list[targets.Target], words: str) -> tuple[float | None, bool | None]:
    [one] = [t for t in found if t.words == words]
    return one.found, one.passed


def test_ratios_and_bars() -> None:
    timed_rows = rows(caption=4, answer=0.2, follow=0.1, restart=0.5, order=3, set=3, control=3, single_no_caches=4)
    timed_rows += rows(
        answer_llama_cpp_python=5, follow_llama_cpp_python=1.9, answer_llama_server=0.1, restart_llama_server=5
    )
    found = targets.targets(timed_rows, [Proof("x", True, 0.0), Proof("y", False, 1.0)])
    assert verdict(found, f"answer, against {HANDLER}") == (25, True)
    assert verdict(found, f"follow-up, against {HANDLER}") == (pytest.approx(19), False)
    assert verdict(found, f"answer, against {SERVER}") == (0.5, False)
    assert verdict(found, f"first question after a restart, against {SERVER}") == (10, True)
    assert verdict(found, f"first question after a restart, against {HANDLER}") == (None, None)
    assert verdict(found, f"control by first caption: {OURS}") == (0.75, False)
    assert verdict(found, "two passes by one pass and the caption's writing") == ((4 + 1 + 0.2) / (4 + 1), True)
    assert verdict(found, "paths with the logits of no caches") == (1, False)
    assert verdict(found, "photos encoded: a new set of known memories") == (0, False)


def test_one_thread_is_judged_by_processor_time() -> None:
    """Keepsake's processor time is a tenth of its time by the clock, the peer's is all of it."""
    quick = rows(0.1, caption=4, answer=1, follow=1, restart=1, order=3, set=3, control=4)
    timed_rows = quick + rows(1, single_no_caches=4, answer_llama_cpp_python=10)
    for threads, passed in ((1, True), (2, False)):
        assert verdict(targets.targets(timed_rows, [], threads), f"answer, against {HANDLER}") == (10, passed)


def test_medians_and_minima() -> None:
    three = [Row("caption", OURS, i, t, None, t + 6, None, 10, 0, i, 4) for i, t in enumerate((3.0, 1.0, 2.5))]
    of = summary.summary(three)["caption"][OURS]
    assert (of["n"], of["first"], of["first_least"], of["cpu"], of["photos_encoded"]) == (3, 2.5, 1.0, None, 2)
    assert of["a_token"] == 2


def test_a_proof_notices_what_differs() -> None:
    fresh = np.array([1.0, 3.0, 2.0], np.float32)
    assert exactness.compare("x", fresh, fresh) == Proof("x", True, 0.0)
    assert exactness.compare("x", fresh[[1, 0, 2]], fresh) == Proof("x", False, 2.0)
    assert not exactness.compare("x", np.nextafter(fresh, 9), fresh).equal, "one bit of a logit"


def test_time_begins_before_and_stops_at_the_first_word() -> None:
    seconds = iter([5.0, 7.5, 9.0])

    def words() -> Iterator[str]:
        yield ""
        yield "Milo"
        yield "."

    answer = timed(words(), lambda: next(seconds))
    assert (answer.text, answer.first_cpu, answer.whole_cpu) == ("Milo.", 2.5, 4) and 0 < answer.first <= answer.whole
    assert timed(iter(()), lambda: None).first_cpu is None
    assert cpu_of(2**22 + 1) is None


# -- what is asked ----------------------------------------------------------------------------------------------


def test_all_peers_read_the_same_text(nano: Spec) -> None:
    """Peers that render by themselves get a template; it writes what the engine reads."""
    from jinja2 import Environment

    about = workload.draw_conversation(nano, 2, 0)
    asked = prompt.answer_messages(about.episodes, about.photo, "This is Milo.", about.questions[0])
    chat = as_chat(asked)
    for message in chat:
        for part in message["content"]:
            if part["type"] == "image_url":
                assert part.pop("image_url")["url"].startswith("data:image/png;base64,")
                part["text"] = "<PHOTO>"
    shown = Environment(trim_blocks=True, lstrip_blocks=True).from_string(TEMPLATE).render(messages=chat)
    assert shown == "".join("<PHOTO>" if isinstance(p, Photo) else p.text for p in pieces(asked))


def test_the_conversation_goes_on_and_other_prompts_do_not(nano: Spec) -> None:
    ours, other, third = (workload.draw_conversation(nano, 3, i) for i in range(3))
    answers = ["A caption.", "An answer.", "Another."]
    prompts = {step: workload.step_prompt(step, ours, other, third.photo, answers) for step in STEPS}
    for before, after in (("caption", "answer"), ("answer", "follow"), ("follow", "restart")):
        assert prompts[after][: len(prompts[before])] == prompts[before]
        assert len(prompts[after]) == len(prompts[before]) + 2
    assert prompts["slot"] == prompts["restart"]
    assert len(set(ours.questions)) == 3

    def photos(step: str) -> list[str]:
        return [p.sha256 for m in prompts[step] for p in m.parts if isinstance(p, Photo)]

    assert not set(photos("control")) & set(photos("caption"))
    assert photos("order") == [*photos("caption")[2::-1], photos("caption")[3]]
    assert sorted(p for p in prompts["order"][1].parts if isinstance(p, str)) == sorted(
        p for p in prompts["caption"][1].parts if isinstance(p, str)
    )
    new = set(photos("set"))
    assert len(new & set(photos("caption"))) == 2 and len(new & set(photos("control"))) == 1
    assert new - set(photos("caption")) - set(photos("control")) == {third.photo.sha256}
    assert all(p.width == p.height == nano.side for p in (ours.photo, ours.episodes[0].photo))
    backwards = prompt.caption_messages(ours.episodes[::-1], ours.photo)
    assert backwards == prompts["caption"], "the renderer's order is canonical"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Spec:
    """A tiny random Qwen3-VL, which every peer can read."""
    torch.set_num_threads(1)
    folder = tinyqwen.build(tmp_path_factory.mktemp("tiny") / "model")
    mmproj = export.export_mmproj(folder, folder.parent / "mmproj.gguf", "f32")
    return Spec("tiny", export.export_language(folder, folder.parent / "language.gguf", "f32", "qwen2"), mmproj)


def test_the_stock_handler_reads_the_same_prompt(tiny: Spec) -> None:
    """Both write the same greedy words, and other words about other photos."""
    ours, other = workload.draw_conversation(tiny, 2, 0), workload.draw_conversation(tiny, 2, 1)
    with closing(Keepsake(tiny, 1, 4096, None)) as engine, closing(LlamaCppHandler(tiny, 1, 4096)) as stock:
        asked = prompt.caption_messages(ours.episodes, ours.photo)
        here, there = engine.answer(asked, 6), stock.answer(asked, 6)
        assert here.text.rstrip("\ufffd") == there.text != ""  # the engine also shows a character that was cut in two
        assert there.first <= there.whole and there.photos_encoded is None
        assert engine.answer(prompt.caption_messages(other.episodes, other.photo), 6).text != here.text


# -- bad input -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--repeats", "0"], "needs --repeats 1"),
        (["--episodes", "1"], "--episodes 2"),
        (["--model", "nobody"], "there is no model named 'nobody'"),
    ],
)
def test_bad_input_is_one_line(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["speed", *arguments]) == 1
    shown = capsys.readouterr()
    assert message in shown.err and shown.err.count("\n") == 1 and not shown.out


def test_without_its_libraries_the_large_model_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(random_qwen3vl, "find_spec", lambda name: None)
    assert main(["speed", "--model", "large"]) == 1
    shown = capsys.readouterr().err
    assert "is built with torch: pip install '.[train]'" in shown and shown.count("\n") == 1


def test_what_the_large_model_writes_reads_back_as_the_same_tokens() -> None:
    """Otherwise a continuation would have to read its own words again; a trained model's does not."""
    words = random_qwen3vl.tokenizer()
    written = [i for i in words.get_vocab().values() if i not in random_qwen3vl.never_written(words)]
    drawn = np.random.default_rng(0).choice(written, 200).tolist()
    assert words(words.decode(drawn))["input_ids"] == drawn and len(written) > 300
    assert not set(words.convert_tokens_to_ids(random_qwen3vl.CONTROL)) & set(written)
