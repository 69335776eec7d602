"""What an MLX model saves for the next start: the last conversation and photos, exact, private, gone when forgotten.

The policy is `test_disk_cache.py`'s, which tests it on llama.cpp; entries and their bound are tested there too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from assistant import prompt
from assistant.backend import Options
from assistant.backends.cache import disk_cache
from assistant.backends.cached_backend import CachedBackend
from assistant.backends.causal.mlxvlm import open_mlx
from assistant.chatml import Mark, Piece, Words
from assistant.models import local
from assistant.models.photo_budget import PhotoBudget
from assistant.models.spec import Spec
from assistant.photo import from_image
from assistant.worker.worker_backend import WorkerBackend
from memory.episode import Photo
from quantize.mlx import mlx_export
from tests.support import tinyqwen, tinysmolvlm

SHORT = Options(max_new_tokens=3)
Opened = Callable[..., CachedBackend]
pytestmark = pytest.mark.timeout(300)


def photo(seed: int) -> Photo:
    """A photo of smooth random colours that differ in every part of it."""
    spots = np.random.default_rng(seed).integers(0, 255, (5, 4, 3), dtype=np.uint8)
    return from_image(Image.fromarray(spots).resize((128, 96), Image.Resampling.BICUBIC))


def about(*photos: Photo, said: str = "") -> list[Piece]:
    """A question about photos, longer than one step; `said`: a turn more."""
    opening = [Mark("<|im_start|>user\n"), *photos, Words(" Who is this at the harbour?" * 4), Mark("<|im_end|>\n")]
    return [*opening, Mark("<|im_start|>assistant\n"), *([Words(said), Mark("<|im_end|>\n")] if said else [])]


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Spec]:
    """Two tiny random models, as the nano and as Qwen3-VL are built; the second one also in bf16."""
    torch.set_num_threads(1)
    home = tmp_path_factory.mktemp("mlx")
    smol, qwen = tinysmolvlm.build(home / "smolvlm"), tinyqwen.build(home / "qwen")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KEEPSAKE_HOME", str(home))
        made = {"smolvlm": (smol, "f32"), "qwen": (qwen, "f32"), "qwen-bf16": (qwen, "bf16")}
        return {
            name: local.load(str(mlx_export.convert(source, home / f"mlx-{name}", kind)))
            for name, (source, kind) in made.items()
        }


@pytest.fixture(params=("smolvlm", "qwen", "qwen-bf16"))
def spec(request: pytest.FixtureRequest, forms: dict[str, Spec]) -> Spec:
    return forms[request.param]


@pytest.fixture
def opened(forms: dict[str, Spec], tmp_path: Path) -> Iterator[Opened]:
    """Opens a model with a cache, as a start of the app does; closes all at the end."""
    engines: list[CachedBackend] = []

    def open_(spec: Spec = forms["qwen"], *, cached: bool = True) -> CachedBackend:
        engines.append(open_mlx(spec, context=512, cache=tmp_path / "cache" if cached else None))
        return engines[-1]

    yield open_
    for engine in engines:
        engine.close()


def kept(tmp_path: Path) -> dict[str, int]:
    """How many entries of each kind are on disk."""
    found = [f.parent.name for f in (tmp_path / "cache").rglob("*") if f.is_file() and f.name != "epoch"]
    return {name: found.count(name) for name in found}


def test_after_a_restart_all_is_as_it_was_to_the_bit(spec: Spec, opened: Opened, tmp_path: Path) -> None:
    """A conversation that goes on: against an engine that was never closed and keeps nothing. Also many tokens later,
    when the restored cache has grown."""
    asked, further = about(photo(1), photo(2)), about(photo(1), photo(2), said="Milo, in May.")
    lasting = opened(spec, cached=False)
    truth = [lasting.logits(asked), lasting.follow(further, list(range(20, 30)))]
    assert not lasting.unsaved and not lasting.save()
    first = opened(spec)
    assert np.array_equal(first.logits(asked), truth[0]) and first.photos_encoded == 2
    size = first.prefix.tokens
    assert first.unsaved and first.save()
    assert not first.unsaved and not first.save(), "once is enough"
    second = opened(spec)
    assert second.read(further)[1] == size
    assert second.photos_encoded == 0
    assert np.array_equal(second.follow(further, list(range(20, 30))), truth[1])
    third = opened(spec)
    length, cached = third.read(asked)
    assert np.array_equal(third.next_logits(), truth[0]) and (length, cached) == (size, size - 1)
    assert kept(tmp_path) == {"vision": 2, "talk": 1}
    assert all(f.stat().st_mode & 0o777 == 0o600 for f in (tmp_path / "cache").rglob("*") if f.is_file())


def test_a_known_photo_is_never_encoded_again(spec: Spec, opened: Opened) -> None:
    """In another conversation, and for recall: its tokens are those of the first time. Another size is another entry,
    where the model takes any shape."""
    first = opened(spec)
    truth = first.logits(about(photo(2), photo(1)))
    seen = first.embed(photo(1))
    encoded = first.photos_encoded
    assert encoded == (2 if spec.side else 3)
    again = opened(spec)
    assert np.array_equal(again.logits(about(photo(2), photo(1))), truth)
    assert np.array_equal(again.embed(photo(1)), seen)
    assert again.photos_encoded == 0
    again.embed(photo(3))
    assert again.photos_encoded == 1


def test_a_damaged_entry_is_made_again(opened: Opened, tmp_path: Path) -> None:
    """After a changed byte or a cut, the photo is encoded and the conversation read anew, and both are saved."""
    asked = about(photo(1))
    first = opened()
    truth = first.logits(asked)
    first.save()
    files = [f for f in (tmp_path / "cache").rglob("*") if f.is_file()]
    whole = {file: file.read_bytes() for file in files}
    assert len(whole) == 2
    for damage in (lambda b: b[:-1], lambda b: b[:-40] + bytes([b[-40] ^ 1]) + b[-39:], lambda b: b""):
        for file, content in whole.items():
            file.write_bytes(damage(content))
        engine = opened()
        _, cached = engine.read(asked)
        assert np.array_equal(engine.next_logits(), truth)
        assert (cached, engine.photos_encoded) == (0, 1)
        assert engine.save()
        assert {file: file.read_bytes() for file in files} == whole


def test_what_another_model_version_or_photo_made_is_not_taken_up(
    forms: dict[str, Spec], opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = about(photo(1))
    first = opened()
    truth = first.logits(asked)
    first.save()
    spec = forms["qwen"]
    for other in (forms["qwen-bf16"], replace(spec, identity="other"), replace(spec, budget=PhotoBudget(256))):
        engine = opened(other)
        assert (engine.read(asked)[1], engine.photos_encoded) == (0, 1)
    other = opened()
    assert other.read([Words("Hello"), *about(photo(1))])[1] == 0
    assert np.array_equal(other.logits(asked), truth), "what was not taken up is not in the way"
    other = opened()
    assert other.read(about(photo(2)))[1] == len(other.tokenize(about()[0])) + 1, "as far as a photo begins"
    assert other.photos_encoded == 1
    for library in ("mlx", "mlx-vlm", "transformers"):
        with monkeypatch.context() as patch:
            patch.setattr(
                "assistant.backends.causal.mlxvlm.version",
                lambda name, new=library: version(name) + " b" * (name == new),
            )
            engine = opened()
            assert (engine.read(asked)[1], engine.photos_encoded) == (0, 1), library


def test_what_was_forgotten_is_not_kept_by_an_engine_that_runs(opened: Opened, tmp_path: Path) -> None:
    """Another program forgets a photo that this engine has in its KV cache: the engine drops its cache."""
    engine = opened()
    engine.logits(about(photo(1)))
    assert engine.save() and kept(tmp_path) == {"vision": 1, "talk": 1}
    engine.logits(about(photo(1), said="Milo."))
    disk_cache.forget(photo(1).sha256, tmp_path / "cache")
    assert kept(tmp_path) == {}
    assert not engine.save() and not engine.prefix.steps and kept(tmp_path) == {}
    engine.logits(about(photo(2)))
    assert engine.save(), "what comes after is kept as ever"
    (state,) = (tmp_path / "cache" / "talk").iterdir()
    assert photo(1).sha256.encode() not in state.read_bytes()


def test_a_private_conversation_leaves_nothing_on_disk(opened: Opened, tmp_path: Path) -> None:
    engine = opened()
    engine.set_ephemeral(True)
    list(engine.stream(prompt.describe_messages(photo(1)), SHORT))
    assert not engine.save()
    engine.set_ephemeral(False)
    assert not engine.prefix.steps and not engine.save(), "nor later"
    assert not engine.unsaved, "and no second try is made"
    assert kept(tmp_path) == {}
    list(engine.stream(prompt.chat_messages(["Hello"]), SHORT))
    assert engine.save() and kept(tmp_path) == {"talk": 1}
    (state,) = (tmp_path / "cache" / "talk").iterdir()
    assert photo(1).sha256.encode() not in state.read_bytes()


def test_what_is_read_ahead_is_no_conversation(opened: Opened, tmp_path: Path) -> None:
    engine = opened()
    list(engine.stream(prompt.describe_messages(photo(1)), Options(max_new_tokens=0)))
    assert not engine.save() and kept(tmp_path) == {"vision": 1}


def test_no_more_than_its_limit_is_on_disk(opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The least recently used photos go first; a conversation that is too large is not saved; nothing else is lost."""
    monkeypatch.setattr(disk_cache, "VISION_BYTES", 100_000)
    monkeypatch.setattr(disk_cache, "CONVERSATION_BYTES", 100_000)
    engine = opened()
    for seed in range(4):
        truth = engine.logits(about(photo(seed)))
    files = list((tmp_path / "cache" / "vision").iterdir())
    assert 0 < sum(f.stat().st_size for f in files) <= 100_000 and len(files) < 4
    assert not engine.save() and not engine.unsaved
    assert "talk" not in kept(tmp_path)
    again = opened()
    assert np.array_equal(again.logits(about(photo(3))), truth) and again.photos_encoded == 0


def test_a_disk_that_takes_nothing_costs_speed_only(opened: Opened, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("where the folder should be")
    engine = opened()
    truth = engine.logits(about(photo(1)))
    assert not engine.save()
    assert np.array_equal(opened().logits(about(photo(1))), truth)


@pytest.mark.slow
def test_the_worker_goes_on_where_it_was(forms: dict[str, Spec], own_home: Path) -> None:
    """For real: a worker closed and started anew encodes no photo and reads the last token only; an ephemeral one saves
    nothing."""
    asked = prompt.describe_messages(photo(1))

    def session(*, private: bool = False) -> tuple[int, int, str]:
        backend = WorkerBackend(forms["qwen"], threads=1, context=512)
        backend.set_ephemeral(private)
        chunks = list(backend.stream(asked, SHORT))
        backend.close()
        last = chunks[-1]
        return last.photos_encoded, last.prompt_tokens - last.cached_tokens, "".join(c.text for c in chunks)

    encoded, read, text = session(private=True)
    assert encoded == 1 and read > 20
    assert not [f for f in (own_home / "cache").rglob("*") if f.is_file()]
    assert session() == (1, read, text)
    assert session() == (0, 1, text)
