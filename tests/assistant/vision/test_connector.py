"""Photos that enter a language model through the photo encoder and a connector."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from assistant import prompt
from assistant.backend import Options
from assistant.backends.cached_backend import CachedBackend
from assistant.backends.fake import FakeBackend
from assistant.backends.llama.llamacpp import open_llamacpp
from assistant.chatml import pieces
from assistant.conversation.conversation import Conversation
from assistant.conversation.conversation_state import opened
from assistant.encoder.encoder import BackendEncoder
from assistant.encoder.onnx_encoder import OnnxEncoder
from assistant.encoder.open_encoder import open_shipped
from assistant.models import local
from assistant.models.spec import Spec
from assistant.photo import from_image
from assistant.sight import remember
from assistant.vision import connector as c
from assistant.vision.connector import Connector
from memory.episode import Episode, Photo, Recall, Turn
from memory.errors import ModelError
from memory.store import Memory
from tests.support.episodes import episode

FEW = Options(max_new_tokens=24)


@pytest.fixture(scope="module")
def spec() -> Spec:
    return local.load("nano2")


@pytest.fixture(scope="module")
def backend(spec: Spec) -> Iterator[CachedBackend]:
    engine = open_llamacpp(spec, threads=1, context=2048)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def encoder() -> Iterator[OnnxEncoder]:
    opened_encoder = open_shipped()
    yield opened_encoder
    opened_encoder.close()


def photo(colour: tuple[int, int, int], size: tuple[int, int] = (400, 300)) -> Photo:
    image = Image.new("RGB", size, (120, 120, 120))
    image.paste(colour, (size[0] // 4, size[1] // 4, size[0] // 2, size[1] // 2))
    return from_image(image)


def test_cells_share_out_every_token_and_every_colour() -> None:
    """What is described is neither lost nor counted twice, and a cell takes what lies in it."""
    rng = np.random.default_rng(0)
    tokens = rng.standard_normal((81, 5)).astype(np.float32)
    image = Image.fromarray(rng.integers(0, 256, (90, 90, 3), np.uint8), "RGB")
    cells = c.features(tokens, image)
    lengths = np.linalg.norm(tokens, axis=1)
    assert cells.shape == (c.TOKENS, 5 + 1 + c.SHADES**3)
    assert np.allclose(cells[:, :5].sum(0), tokens.sum(0), atol=1e-4)
    assert np.allclose(cells[:, 5].sum(), lengths.sum(), atol=1e-3)
    assert np.allclose(cells[:, 6:].sum(), lengths.sum(), atol=1e-3), "every dot counts once"
    corner = np.zeros((9, 9, 5), np.float32)
    corner[0, 0] = 1
    first = c.features(corner.reshape(81, 5), image)[:, 0]
    assert first[0] == pytest.approx(1) and np.allclose(first[1:], 0)


def test_a_histogram_puts_a_colour_where_it_belongs() -> None:
    tokens = np.ones((81, 1), np.float32)
    red = c.features(tokens, Image.new("RGB", (36, 36), (255, 0, 0)))[0, 2:].reshape(3, 3, 3)
    assert red[2, 0, 0] == pytest.approx(red.sum())
    between = c.features(tokens, Image.new("RGB", (36, 36), (85, 0, 0)))[0, 2:].reshape(3, 3, 3)
    assert between[0, 0, 0] == pytest.approx(between[1, 0, 0], rel=0.02), "halfway between two shades"


def test_a_photo_has_its_tokens_whatever_its_shape(spec: Spec, encoder: OnnxEncoder) -> None:
    assert spec.connector
    connector = Connector(spec.connector, encoder)
    for size in ((400, 300), (30, 700), (8, 8)):
        tokens = connector.visual_tokens(photo((200, 30, 30), size))
        assert tokens.shape == (c.TOKENS, connector.hidden) and tokens.dtype == np.float32 and np.isfinite(tokens).all()


def test_a_connector_of_another_encoder_is_refused(spec: Spec, encoder: OnnxEncoder, tmp_path: Path) -> None:
    assert spec.connector
    with np.load(spec.connector) as arrays:
        parts = dict(arrays)
    np.savez(tmp_path / "other.npz", **{**parts, "space": "dinov2-0123"})
    with pytest.raises(ModelError, match="made for the encoder dinov2-0123, not for lite0-"):
        Connector(tmp_path / "other.npz", encoder)
    del parts["bias"]
    np.savez(tmp_path / "half.npz", **parts)
    (tmp_path / "text.npz").write_text("hello", encoding="utf-8")
    for name in ("half", "text", "missing"):
        with pytest.raises(ModelError, match=f"{name}.npz is no connector"):
            Connector(tmp_path / f"{name}.npz", encoder)


def test_a_connector_of_another_width_is_refused(spec: Spec, tmp_path: Path) -> None:
    assert spec.connector
    with np.load(spec.connector) as arrays:
        parts = dict(arrays)
    np.savez(tmp_path / "narrow.npz", **{**parts, "matrix": parts["matrix"][:, :64], "bias": parts["bias"][:64]})
    with pytest.raises(ModelError, match=r"narrow.npz makes visual tokens of 64 numbers, the language model reads 576"):
        open_llamacpp(replace(spec, connector=tmp_path / "narrow.npz"), threads=1, context=512)


def test_the_engine_reads_the_tokens_of_the_photo(backend: CachedBackend) -> None:
    """Another photo gives other logits, the same photo the same; a photo is encoded once."""
    encoded = backend.photos_encoded
    one, other = (pieces(prompt.caption_messages((), photo(colour))) for colour in ((200, 30, 30), (30, 200, 30)))
    first, second, again = backend.logits(one), backend.logits(other), backend.logits(one)
    assert np.abs(first - second).max() > 0.1
    assert np.abs(first - again).max() < 0.05
    assert backend.photos_encoded == encoded + 2


def test_a_follow_up_reads_only_its_own_words(backend: CachedBackend) -> None:
    known = [episode("This is Milo, my fox.")]
    caption = [*backend.stream(prompt.caption_messages(known, photo((90, 90, 200))), FEW)]
    text = "".join(chunk.text for chunk in caption)
    asked = prompt.answer_messages(known, photo((90, 90, 200)), text, "What is it called?")
    last = [*backend.stream(asked, FEW)][-1]
    assert last.cached_tokens > 0.6 * last.prompt_tokens


def recall(words: str, n: int, certainty: str = "sure", by_sight: bool = True) -> Recall:
    one = replace(episode(words, n), turns=(Turn("user", words),))
    return Recall(one, 0.9, "", certainty, by_sight=by_sight)  # type: ignore[arg-type]


class Told:
    """A backend of which only what it was trained on is asked."""

    def __init__(self, evidence: bool) -> None:
        self.evidence = evidence


def shown(recalls: list[Recall], evidence: bool) -> str:
    query = photo((1, 2, 3))

    def opening(episodes: list[Episode], sure: list[Episode] = []) -> tuple:  # noqa: B006
        return prompt.caption_messages(episodes, query, sure=sure)

    messages = opened(opening, recalls, Told(evidence))  # type: ignore[arg-type]
    return "".join(part for part in messages[-1].parts if isinstance(part, str))


def test_only_what_sight_is_sure_of_is_evidence_and_only_for_a_model_that_reads_it() -> None:
    words = "My grandfather's watch, which he wore on the night train to Trieste in 1962."
    recalls = [recall(words, 0), recall("A red cup.", 1, "maybe"), recall("The blue cup.", 2, by_sight=False)]
    text = shown(recalls, evidence=True)
    assert 'Seen before, in the memory beginning "My grandfather\'s watch, which he wore on the".' in text
    assert 'cup."' not in text
    assert "Seen before" not in shown(recalls, evidence=False)
    assert "Seen before" not in shown(recalls[1:], evidence=True)
    two = shown([recall(words, 0), recall("A red cup.", 1)], evidence=True)
    assert "Seen before, in memories beginning" in two and '"A red cup."' in two
    assert two.index("New photo") < two.index("Seen before") < two.index(prompt.CAPTION_REQUEST)


def test_a_conversation_gives_the_evidence_in_all_that_the_model_reads(tmp_path: Path) -> None:
    """Read ahead, caption and answer begin alike, or what was read ahead is read again."""
    known, backend = photo((200, 30, 30)), FakeBackend(["It is Milo."])
    backend.evidence = True
    with Memory(tmp_path / "memory.db") as memory:
        encoder = BackendEncoder(backend)
        remember(memory, encoder, known, "Milo, from the shelter in Graz.")
        talk = Conversation(backend, memory, encoder)
        talk.prefill(known, lambda: True)
        list(talk.look(known))
        list(talk.ask("Who is it?"))
    ahead, caption, answer = backend.prefills[-1], *backend.calls
    line = '\nSeen before, in the memory beginning "Milo, from the shelter in Graz.".'
    assert ahead[-1].parts[-1] == line
    assert caption[: len(ahead) - 1] == ahead[:-1] and caption[-1].parts[: len(ahead[-1].parts)] == ahead[-1].parts
    assert answer[: len(caption)] == caption
