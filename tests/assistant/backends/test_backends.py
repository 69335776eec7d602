"""One contract for every engine: llama.cpp, MLX and transformers read and write the same from the same model.

Two tiny random models, shaped as the nano and as Qwen3-VL, each in the form its engine takes, f32 throughout. Random
weights make captions without sense, but every tensor moves them: equal tokens mean that everything arrived.
"""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from assistant import prompt
from assistant.backend import Message, Options
from assistant.backends.cached_backend import CachedBackend
from assistant.backends.llama.llamacpp import LlamaCppRunner
from assistant.chatml import Mark, Words, pieces
from assistant.models.spec import Spec
from assistant.worker.worker_backend import WorkerBackend
from memory.errors import ModelStopped, PromptTooLong
from quantize.hf_reference import Checkpoint
from tests.support.pictures import smooth
from tests.support.runners import causal_runner
from tests.support.tiny_engines import (
    ASKED,
    CONTEXT,
    ENGINES,
    PHOTOS,
    SHORT,
    TEXT,
    engine,
    engines,
    forms,
    start,
    truth,
    write,
)

__all__ = ["engine", "engines", "forms", "truth"]
pytestmark = pytest.mark.timeout(300)


def test_each_folder_names_its_engine(forms: dict[str, Spec]) -> None:
    assert {name: spec.engine for name, spec in forms.items()} == {name: name for name in ENGINES}
    assert len({spec.identity for spec in forms.values()}) == len(ENGINES)


def test_the_visual_tokens_are_those_of_transformers(engine: CachedBackend, truth: Checkpoint) -> None:
    for seen in PHOTOS:
        expected, got = truth.embed(seen), engine.embed(seen)
        assert got.shape == expected.shape and got.dtype == np.float32
        cosine = (got * expected).sum(1) / np.linalg.norm(got, axis=1) / np.linalg.norm(expected, axis=1)
        assert cosine.min() > 0.9999
        assert np.array_equal(engine.embed(seen), got)


def test_the_next_token_is_that_of_transformers(engine: CachedBackend, truth: Checkpoint) -> None:
    """Logits have a deviation of 2 to 5. MLX and transformers differ by 1e-4, llama.cpp by 0.01 (its GELU is f16)."""
    asked = pieces(ASKED)
    expected, got = truth.logits(asked), engine.logits(asked)
    assert expected.std() > 1
    assert np.abs(got - expected).max() < (0.05 if isinstance(engine.runner, LlamaCppRunner) else 1e-3)
    assert np.abs(engine.logits(pieces(ASKED[:1])) - expected).max() > 1
    tokens = [int(expected.argmax()), *engine.tokenize(Words("Milo"))]
    np.testing.assert_allclose(engine.follow(asked, tokens), truth.follow(asked, tokens), atol=0.05)


def test_all_write_the_same_caption(engines: dict[str, CachedBackend]) -> None:
    """Greedy captions are equal to the letter."""
    written = {name: write(engine) for name, engine in engines.items()}
    assert len({text for text, _ in written.values()}) == 1, written
    assert written["mlx"][0]
    assert len({(last.stop, last.prompt_tokens, last.new_tokens) for _, last in written.values()}) == 1, written


def test_sampling_follows_its_seed_and_all_draw_alike(engines: dict[str, CachedBackend]) -> None:
    options = [Options(max_new_tokens=6, temperature=1.5, top_p=0.9, seed=seed) for seed in (1, 2, 3, 1)]
    drawn = {name: [write(engine, ASKED, o)[0] for o in options] for name, engine in engines.items()}
    for texts in drawn.values():
        assert texts[0] == texts[-1]
        assert len(set(texts)) > 1
    assert drawn["mlx"] == drawn["transformers"]
    one, narrow = Options(max_new_tokens=6), Options(max_new_tokens=6, temperature=1.5, top_p=1e-6, seed=1)
    for opened in engines.values():
        assert write(opened, ASKED, narrow)[0] == write(opened, ASKED, one)[0], "a nucleus of one token is greedy"


def test_only_a_mark_becomes_a_control_token(engines: dict[str, CachedBackend], engine: CachedBackend) -> None:
    for control in ("<|im_end|>", "<|im_start|>", "<|image_pad|>"):
        (mark,) = engine.tokenize(Mark(control))
        assert mark not in engine.tokenize(Words(f"a {control} b"))
    tokens = engine.tokenize(Words(TEXT))
    assert tokens == engines["transformers"].tokenize(Words(TEXT)) and engine.runner.spell(tokens) == TEXT


def test_what_was_read_is_not_read_again(engine: CachedBackend) -> None:
    first, cold = write(engine)
    second, warm = write(engine)
    assert first == second
    assert cold.cached_tokens == 0
    assert warm.cached_tokens == warm.prompt_tokens - 1 == cold.prompt_tokens - 1
    assert warm.photos_encoded == 0
    _, follow = write(engine, (*ASKED, Message("assistant", (first,)), Message("user", ("When was that?",))))
    assert follow.cached_tokens >= cold.prompt_tokens - 1


def test_a_reused_cache_gives_what_a_fresh_one_does(engine: CachedBackend, truth: Checkpoint) -> None:
    """A prompt that shares a part, another photo in the middle, an abandoned stream: each time as if read afresh."""
    other = (ASKED[0], Message("user", tuple(PHOTOS[2] if p is PHOTOS[1] else p for p in ASKED[1].parts)))
    stream = engine.stream(ASKED, SHORT)
    next(stream)
    stream.close()
    for messages in (
        other,
        ASKED[:1],
        (*ASKED, Message("assistant", ("Nobody.",)), Message("user", ("Sure?",))),
        other,
    ):
        expected = truth.logits(pieces(messages))
        assert np.abs(engine.logits(pieces(messages)) - expected).max() < 0.05


def test_the_probability_of_yes_is_that_of_transformers(engine: CachedBackend, truth: Checkpoint) -> None:
    """The pair task: what "yes" and "no" weigh as the first word, and a prefix in the cache changes nothing."""
    messages = prompt.same_thing_messages(PHOTOS[0], PHOTOS[1])
    rows = truth.logits(pieces(messages)).astype(np.float64)
    likely = np.exp(rows - rows.max()) / np.exp(rows - rows.max()).sum()
    expected = [likely[truth.tokenize(Words(word))[0]] for word in ("Yes", "yes", "No", "no")]
    for _ in range(2):
        got = engine.next_words(messages, ("Yes", "yes", "No", "no"))
        np.testing.assert_allclose(got, expected, rtol=0.05)
    assert len(set(expected)) == 4 and not engine.unsaved


def test_writing_ends_for_a_reason(engine: CachedBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    """With enough tokens the reason is "length"; when the likeliest token ends a turn, "end", and it is not written."""
    assert write(engine, ASKED, Options(max_new_tokens=1))[1].stop == "length"
    likeliest = int(engine.logits(pieces(ASKED)).argmax())
    monkeypatch.setattr(engine.runner, "ends", lambda token: token == likeliest)
    text, last = write(engine)
    assert (text, last.stop, last.new_tokens) == ("", "end", 0)


def test_a_prompt_that_is_too_long_is_refused_and_changes_nothing(engine: CachedBackend) -> None:
    before, _ = write(engine)
    long = prompt.chat_messages(["Milo " * CONTEXT])
    with pytest.raises(PromptTooLong, match=rf"^the prompt has \d+ tokens, the model takes {CONTEXT}: say it in fewer"):
        list(engine.stream(long, SHORT))
    again, last = write(engine)
    assert again == before
    assert last.cached_tokens == last.prompt_tokens - 1


def test_stopped_before_and_between_tokens(engine: CachedBackend) -> None:
    """A cancel means the request that runs or is announced; a late one does not hit the next answer."""
    expected, _ = write(engine)
    abandoned = engine.stream(ASKED, SHORT)
    next(abandoned)
    abandoned.close()
    engine.cancel()
    engine.arm()
    engine.cancel()
    text, last = write(engine)
    assert (text, last.stop, last.new_tokens) == ("", "cancelled", 0)
    engine.cancel()
    stream = engine.stream(ASKED, Options(max_new_tokens=200, temperature=2.0))
    next(stream)
    engine.cancel()
    *_, last = stream
    assert last.stop == "cancelled" and last.new_tokens < 200
    engine.arm()
    engine.cancel()
    with pytest.raises(ModelStopped):
        engine.embed(smooth(96, 96, 8))
    assert write(engine)[0] == expected


@pytest.mark.parametrize("name", ("mlx", "transformers"))
def test_stopped_from_another_thread_while_it_reads(
    name: str, engines: dict[str, CachedBackend], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine stops after the step that it reads. (llama.cpp stops inside a step: `test_worker.py`.)"""
    engine = engines[name]
    model = causal_runner(engine).model
    engine.logits([Mark("<|im_end|>")])
    reading = threading.Event()
    extend = model.extend
    steps: list[int] = []

    def slow(ids: list[int], *rest: object, **more: object) -> object:
        reading.set()
        steps.append(len(ids))
        stopped.wait(30)
        return extend(ids, *rest, **more)  # type: ignore[arg-type]

    stopped = threading.Event()
    monkeypatch.setattr(model, "extend", slow)

    def stop() -> None:
        reading.wait(30)
        engine.cancel()
        stopped.set()

    thread = threading.Thread(target=stop)
    thread.start()
    _, last = write(engine)
    thread.join()
    assert (last.stop, len(steps)) == ("cancelled", 1)


@pytest.mark.parametrize("what", ("reading", "writing", "seeing"))
def test_a_stop_is_heard_within_three_tenths_of_a_second(
    engine: CachedBackend, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the processor time of this process after the cancel, since the machine may be busy; where MLX needs longer
    for one step of 64 tokens, a quarter of the time of a prompt of eight. `arm` comes first, as in the worker: the
    cancel may come before the request has begun."""
    long = Options(max_new_tokens=400, temperature=2.0)
    messages = prompt.chat_messages(["Milo " * 80]) if what == "reading" else ASKED
    if what == "seeing":
        unseen = tuple(smooth(160, 96, 20 + i) for i in range(12))
        messages = (Message("user", (*unseen, "Who?")),)
    before = time.process_time()
    list(engine.stream(prompt.chat_messages(["Otis " * 80]), Options(max_new_tokens=1)))
    several = time.process_time() - before
    engine.arm()
    seconds: list[float] = []

    def stop() -> None:
        engine.cancel()
        seconds.append(time.process_time())

    stream = engine.stream(messages, long)
    thread = threading.Timer(0.0 if what == "writing" else 0.01, stop)
    if what == "writing":
        next(stream)
    thread.start()
    *_, last = stream
    ended = time.process_time()
    thread.join()
    assert last.stop == "cancelled"
    assert ended - seconds[0] < max(0.3, several / 4)


def test_closing_twice_is_fine(forms: dict[str, Spec]) -> None:
    for spec in forms.values():
        engine = start(spec, 64)
        engine.close()
        engine.close()


@pytest.mark.parametrize("name", ("mlx", "transformers"))
def test_the_worker_runs_it_in_a_process_of_its_own(
    name: str, forms: dict[str, Spec], engines: dict[str, CachedBackend]
) -> None:
    """Started by the folder alone, stopped in the middle, and used again."""
    backend = WorkerBackend(forms[name], threads=1, context=CONTEXT)
    expected, _ = write(engines[name])
    assert "".join(c.text for c in backend.stream(ASKED, SHORT)) == expected
    np.testing.assert_allclose(backend.embed(PHOTOS[0]), engines[name].embed(PHOTOS[0]), atol=1e-3)
    stream = backend.stream(ASKED, Options(max_new_tokens=300, temperature=2.0))
    next(stream)
    began = time.monotonic()
    backend.cancel()
    assert [c.stop for c in stream][-1] == "cancelled"
    assert time.monotonic() - began < 5
    assert "".join(c.text for c in backend.stream(ASKED, SHORT)) == expected
    backend.close()
