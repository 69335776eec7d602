"""The second nano's training: scenes, connector, notes as conversations, and what is written at the end."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from assistant import prompt
from assistant.models import local
from benchmark.notes.collection import notes_of
from benchmark.world.concepts import Concept
from benchmark.world.scene import Look
from memory.episode import Photo
from memory.errors import KeepsakeError
from train.nano2 import adapter_gguf, composite_scenes, connector_fit, note_trees, notes_language, run_stages
from train.nano2.composite_scenes import Plan, Scenes
from train.nano2.connector_fit import Fitted, Targets
from train.nano2.nano2_settings import Settings
from train.pretrain.token_cache import TokenCache, row_of

NO_PICTURES = run_stages.Options([], [], "connector", "nano", False)
LOOKS = tuple(Look(f"thing{i}") for i in range(8))
VIEWS = 3


@pytest.fixture
def cache() -> TokenCache:
    """Eight looks with three photos each, and photos of two of them together."""
    single = {look: list(range(VIEWS * i, VIEWS * i + VIEWS)) for i, look in enumerate(LOOKS)}
    groups = [(LOOKS[:2], 24), (LOOKS[:2], 25), ((LOOKS[2], LOOKS[5]), 26)]
    words = {look.code: Concept(look.code, "thing", "thing", "train") for look in LOOKS}
    near = {look.code: [other.code for other in LOOKS if other != look] for look in LOOKS}
    return TokenCache(torch.zeros(27, 16, 8), single, groups, words, near)


def test_a_memory_of_notes_asks_about_what_its_photo_shows(cache: TokenCache) -> None:
    """Over many draws: captions are the note's own, answers are those of its questions, photos show what is told."""
    texts = {"stranger": 0, "evidence": 0, "several": 0, "unknown day": 0}
    for seed in range(150):
        for branch in note_trees.draw_note_tree(np.random.default_rng(seed), cache, "train"):
            words = "".join(part for m in branch for part in m.parts if isinstance(part, str))
            photos = [part for m in branch for part in m.parts if isinstance(part, Photo)]
            assert branch[-1].role == "assistant" and branch[-1].parts[0]
            texts["stranger"] += note_trees.NOBODY[0] in words
            texts["unknown day"] += "day unknown" in words
            begun = words.partition("Seen before")[2]
            if begun:
                texts["evidence"] += 1
                quoted = begun.split('"')[1]
                assert quoted in words.partition("New photo")[0], "evidence names a memory that is there"
            query = photos[-1]
            told = {row_of(p) for p in photos[:-1]}
            looks = {look for look, rows in cache.single.items() if told & set(rows)}
            group = next((set(g) for g, row in cache.groups if row == row_of(query)), None)
            if group:
                texts["several"] += 1
                assert group <= looks
            elif begun:
                assert any(row_of(query) in cache.single[look] for look in looks)
    assert all(n > 10 for n in texts.values()), texts


def test_several_things_are_named_before_anything_is_told_of_them(cache: TokenCache) -> None:
    rng = np.random.default_rng(1)
    families = notes_of("train")[:2]
    known = [note_trees.draw_known(rng, cache, f, LOOKS[i], "train") for i, f in enumerate(families)]
    text = note_trees.caption(rng, known)
    first = text.partition(". ")[0]
    assert known[0].note.label.casefold() in first.casefold() and known[1].note.label in first
    assert any(c in text for c in known[0].note.captions) and any(c in text for c in known[1].note.captions)


def test_days_of_notes_are_days_or_unknown(cache: TokenCache) -> None:
    rng = np.random.default_rng(3)
    days = [
        e.day
        for family in notes_of("train")[:60]
        for e in note_trees.draw_known(rng, cache, family, LOOKS[0], "train").episodes
    ]
    assert None in days and all(d is None or isinstance(d, date) for d in days)


def test_the_connector_learns_looks_and_leaves_empty_cells_empty() -> None:
    """On made-up cells: a look's cells point to its target, empty ones to nothing, and a saved one gives the same."""
    rng = np.random.default_rng(0)
    prints, wide = rng.standard_normal((6, 12)).astype(np.float32), 24
    wanted = Targets(torch.from_numpy(rng.standard_normal((6, wide)).astype(np.float32)) * 3, torch.zeros(wide))
    n = 400
    cells = rng.standard_normal((n, 16, 40)).astype(np.float32) * 0.05
    cover, ids = np.zeros((n, 4, 16), np.float32), np.full((n, 4), -1)
    for i in range(n):
        look = int(rng.integers(6))
        ids[i, 0], cover[i, 0, :8] = look, 1
        cells[i, :8, :12] += prints[look]
    settings = Settings(fit_steps=60, fit_batch=32)
    fitted = connector_fit.fit(settings, Scenes(cells.astype(np.float16), cover, ids), wanted)
    tokens = fitted.tokens(torch.from_numpy(cells))
    near = torch.nn.functional.normalize(tokens[:, 0], dim=-1) @ torch.nn.functional.normalize(wanted.looks, dim=-1).T
    assert (near.argmax(1) == torch.from_numpy(ids[:, 0])).float().mean() > 0.95
    assert tokens[:, 12:].norm(dim=-1).mean() < 0.3 * tokens[:, :8].norm(dim=-1).mean()


def test_the_matrix_behind_the_connector_is_folded_in() -> None:
    fitted = Fitted(torch.randn(7, 5), torch.randn(5))
    adapt, cells = torch.randn(5, 5), torch.randn(2, 16, 7)
    assert torch.allclose(fitted.adapted(adapt).tokens(cells), fitted.tokens(cells) @ adapt.T, atol=1e-4)


def test_a_lora_read_from_gguf_and_written_again_is_the_same(tmp_path: Path) -> None:
    adapter = local.load("nano").adapter
    assert adapter
    state = adapter_gguf.read_lora(adapter, run_stages.HEADS, run_stages.KEY_HEADS)
    adapter_gguf.write_lora(state, tmp_path / "again.gguf", run_stages.HEADS, run_stages.KEY_HEADS, Settings().alpha)
    again = adapter_gguf.read_lora(tmp_path / "again.gguf", run_stages.HEADS, run_stages.KEY_HEADS)
    assert state.keys() == again.keys() and len(state) == 30 * 7 * 2
    assert all(torch.equal(state[key], again[key]) for key in state)
    with pytest.raises(KeepsakeError, match="not a LoRA's weight"):
        adapter_gguf.read_lora(local.load("nano").mmproj, run_stages.HEADS, run_stages.KEY_HEADS)


def test_scenes_are_planned_drawn_once_and_read_again(tmp_path: Path) -> None:
    pictures, rooms = tmp_path / "cut", tmp_path / "rooms"
    pictures.mkdir()
    rooms.mkdir()
    for i in range(3):
        cut = Image.new("RGBA", (120, 100), (0, 0, 0, 0))
        cut.paste((40 * i, 200, 90, 255), (20, 20, 100, 80))
        cut.save(pictures / f"cup{i}.png")
    Image.new("RGBA", (120, 100), (9, 9, 9, 255)).save(pictures / "square.png")  # nothing is transparent
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(pictures / "small.png")
    Image.new("RGB", (300, 200), (120, 90, 60)).save(rooms / "room.jpg")
    files = composite_scenes.cut_outs([pictures])
    assert [f.name for f in files] == ["cup0.png", "cup1.png", "cup2.png"]
    drawn = Plan(tuple(Look(str(f)) for f in files), ((0,), (1,), (2,), (0, 1), (0, 1), ()), 1, 2)
    scenes = composite_scenes.load_or_draw(Settings(), drawn, [rooms], tmp_path / "scenes.npz")
    assert scenes.cells.shape == (6, 16, 220) and scenes.ids[3].tolist() == [0, 1, -1, -1]
    assert scenes.cover[0, 0].sum() > 1 and scenes.cover[5].sum() == 0
    again = composite_scenes.load_or_draw(Settings(), drawn, [], tmp_path / "scenes.npz")
    assert np.array_equal(scenes.cells, again.cells)
    with pytest.raises(KeepsakeError, match="other scenes"):
        composite_scenes.load_or_draw(
            Settings(), Plan(drawn.looks, drawn.scenes[:3], 1, 0), [], tmp_path / "scenes.npz"
        )
    with pytest.raises(KeepsakeError, match="no photographs"):
        composite_scenes.load_or_draw(Settings(), drawn, [pictures], tmp_path / "new.npz")
    fitted = Fitted(torch.randn(220, 8), torch.zeros(8))
    cache = notes_language.token_cache(drawn, scenes, fitted)
    pair = (drawn.looks[0], drawn.looks[1])
    assert cache.single[drawn.looks[1]] == [1] and cache.groups == [(pair, 3), (pair, 4)]
    assert cache.words[drawn.looks[0].code].word == "thing", "a name with a number is no word"


def test_the_last_stage_needs_those_before(tmp_path: Path) -> None:
    with pytest.raises(KeepsakeError, match="run the language stage first"):
        run_stages.finish(tmp_path, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    with pytest.raises(KeepsakeError, match="give --cutouts and --grounds"):
        run_stages.run(Settings(), NO_PICTURES, tmp_path, tmp_path / "out", "cpu")


def test_six_wordings_of_the_request_are_trained() -> None:
    assert len(set(note_trees.REQUESTS)) == 6 and note_trees.REQUESTS[0] == prompt.CAPTION_REQUEST
