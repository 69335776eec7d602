"""The text embedder that ships: its tokenizer, what its vectors mean, its files, and the thread that uses it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from assistant.__main__ import main
from assistant.embedder.embed_words import embed_missing
from assistant.embedder.text_embedder import MOST_PARTS, MOST_TOKENS, SHIPPED, TextEmbedder, attach, parts
from assistant.embedder.wordpiece import WordPiece
from assistant.photo import from_image
from memory import browse
from memory.__main__ import main as by_words
from memory.episode import Episode, Photo, Turn
from memory.errors import ModelError
from memory.maintenance import word_vectors
from memory.store import Memory

TEXTS = (
    "Der Hund heißt Zuri, naïve café — “quoted” … 100%!",
    "don't e-mail me@home.org #1 [x] {y} ~z `w` ^ $5 <b>",
    "東京タワー and 中文字, ok? Ünïcödé İstanbul",
    "👩‍👩‍👧 family\u200b zero\u00a0width\ttab\nline \x00 \ufffd control\x07",
    "word" * 30,
    "ΑΒΓ ἀρχή हिन्दी ไทย 한국어 עברית",
    "",
    "   ",
)


@pytest.fixture(scope="module")
def embedder() -> Iterator[TextEmbedder]:
    found = TextEmbedder()
    yield found
    found.close()


def test_the_tokenizer_is_the_original_one() -> None:
    tokenizers = pytest.importorskip("tokenizers")
    original = tokenizers.BertWordPieceTokenizer(str(SHIPPED / "vocab.txt"), lowercase=True)
    ours = WordPiece(SHIPPED / "vocab.txt")
    notes = [line for path in Path("benchmark/notes/data").glob("*.txt") for line in path.read_text().splitlines()]
    for text in (*TEXTS, *notes[::7]):
        assert ours.ids(text, 10_000) == original.encode(text).ids, text


def test_a_long_text_is_cut(embedder: TextEmbedder) -> None:
    assert len(WordPiece(SHIPPED / "vocab.txt").ids("a dog " * 500, MOST_TOKENS)) == MOST_TOKENS
    assert embedder.embed("a dog " * 500).shape == (384,)


def test_like_meanings_have_like_vectors(embedder: TextEmbedder) -> None:
    told = ["Zuri is our dog, she steals sausages.", "The boiler was serviced in March.", "Our wedding in Siena"]
    vectors = np.stack([embedder.embed(one) for one in told])
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    for asked, right in (
        ("the one who barks", 0),
        ("who looked after the heating", 1),
        ("when did we tie the knot", 2),
    ):
        assert int(np.argmax(vectors @ embedder.embed(asked))) == right, asked
    assert np.array_equal(vectors[0], embedder.embed(told[0])), "a vector hangs on its text alone"


def test_what_gets_a_vector() -> None:
    assert parts("Milo at the lake. He swam very far! Wow.\nHome by\nten we were", "Como") == [
        "Milo at the lake. He swam very far! Wow. Home by ten we were Como",
        "Milo at the lake.",
        "He swam very far!",
        "ten we were",
    ]
    assert parts("Milo", None) == ["Milo"] and len(parts("One two three. " * 3, None)) == 2
    assert len(parts(" ".join(f"This is sentence {n}." for n in range(40)), None)) == MOST_PARTS


def test_a_damaged_or_missing_file_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is not the manifest of a text embedder"):
        TextEmbedder(tmp_path)
    folder = tmp_path / "copy"
    shutil.copytree(SHIPPED, folder)
    (folder / "vocab.txt").write_text("[CLS]\n")
    with pytest.raises(ModelError, match=r"vocab\.txt is damaged"):
        TextEmbedder(folder).embed("a dog")
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "extra": 1}))
    with pytest.raises(ModelError, match="extra"):
        TextEmbedder(folder)
    with pytest.raises(ModelError, match="is no vocabulary of BERT"):
        WordPiece(folder / "vocab.txt")
    assert sum(file.stat().st_size for file in SHIPPED.iterdir()) < 16_000_000


def test_words_are_embedded_once_and_a_stopped_run_goes_on(tmp_path: Path) -> None:
    told = ("Zuri is our dog", "The boiler was serviced. Mr Rossi came for it.", "Our wedding in Siena")
    begin = datetime(2025, 1, 1, tzinfo=UTC)
    with Memory(tmp_path / "memory.db") as memory:
        for n, words in enumerate(told):
            photo = from_image(Image.new("RGB", (8, 6), (20 * n, 100, 0)))
            memory.add(Episode(photo, (Turn("user", words),), begin + timedelta(days=n)))
        attach(memory)
        embedder = memory.embedder
        assert embedder is not None
        done: list[tuple[int, int]] = []
        assert not embed_missing(memory, embedder, lambda *one: done.append(one), stop=lambda: bool(done))
        assert done == [(1, 3)]
        assert [one.words for one in word_vectors.missing(memory, embedder.space)] == [told[1], told[0]], "newest first"
        assert embed_missing(memory, embedder, lambda *one: done.append(one))
        assert done[1:] == [(1, 2), (2, 2)] and embed_missing(memory, embedder) and len(done) == 3
        [first, *_] = browse.search(memory, "who looked after the heating?").entries
        assert memory.get(first.id).words == told[1] and memory.verify() == []


def test_the_shell_searches_by_meaning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "memory.db"
    with Memory(path) as memory:
        for n, words in enumerate(("Zuri is our dog", "The boiler was serviced.", "Our wedding in Siena")):
            photo = Photo(f"{n:064x}", b"", 1, 1)
            memory.add(Episode(photo, (Turn("user", words),), datetime(2025, 1, 1 + n, tzinfo=UTC)))
    asked = ["search", "when did we get hitched?", "--memory", str(path)]
    assert by_words(asked) == 0
    found = capsys.readouterr()
    assert found.out == "" and "`python -m assistant search TEXT` also looks for what they mean" in found.err
    assert main([*asked, "--json", "-k", "1"]) == 0
    found = capsys.readouterr()
    row = json.loads(found.out)
    assert row["turns"][0]["text"] == "Our wedding in Siena" and row["why"] == "close in meaning"
    assert "3 of 3 memories read for their meaning" in found.err
    assert main(asked) == 0 and "read for their meaning" not in capsys.readouterr().err
    assert main(["search", "x", "--memory", str(tmp_path / "none.db")]) == 1
