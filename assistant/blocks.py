"""KV blocks that move: a remembered episode is read once, behind the instructions, and later put at any other place.

A key in the cache is turned by its position, and turns add up: moved by d positions, it needs one further turn by d. A
value has no position. What comes out is **not** what one reading gives, since blocks do not see each other: so this is
off, unless a model's manifest asks for it (`python -m benchmark blocks` says whether it may). Blocks are kept in memory
only. llama.cpp's state is an internal layout: before anything is moved, a block read at one place and moved to another
is compared with one read there, and where anything is not as expected everything is read the ordinary way.
"""

from __future__ import annotations

import ctypes
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from assistant import header
from assistant.catalogue import Spec
from assistant.chatml import Piece, Words
from assistant.diskcache import MB
from assistant.ledger import Key, Ledger, Unit
from assistant.photo import from_image
from assistant.prompt import recollect_messages
from memory.episode import Episode, Photo, Turn
from memory.errors import ModelError

HELD_BYTES = 512 * MB
"""Blocks that stay in memory; the last prompt's always do."""
MAGIC, F16 = 0xAF143CD8, 1
FAR = 777
"""Positions that the self-test moves a block by."""
NEAR = 0.005
"""Relative error of the first layer's keys that passes: f16 gives 0.0004, rates that are 1 % off 0.07."""
Span = tuple[int, int]
"""First unit of an episode, and the first behind it."""
Cut = Callable[[int], None]
Read = Callable[[Sequence[Unit]], None]
"""What the engine does: keep so many units; read units behind them. Both change cache and ledger alike."""
LEAD = (
    "Meet Otto! We spent the day sorting old maps.",
    "Hello Otto!",
    "This was at the observatory in Tromso. I remember it was in early March.",
    "I will keep that in mind.",
    "Otto always hums when it rains.",
    "Lovely.",
)
"""A memory of nobody's, in turns: what an episode is read behind that will not be the first one. Read behind nothing,
all look like the first one to the model, which then tells them apart less well (LOG.md)."""


@dataclass(frozen=True, slots=True)
class Rope:
    """How a model turns its keys."""

    head: int
    """Numbers in a key of one head."""
    rates: np.ndarray
    """(P,) radians a position of each pair; 0 = the pair stands still."""
    adjacent: bool
    """A pair is 2j and 2j + 1; else j and j + P."""
    sides: bool
    """M-RoPE: cells hold two more positions, and a token."""

    def pairs(self, keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Both halves of all pairs, (..., P) each, as views of `keys` (..., head)."""
        n = 2 * len(self.rates)
        return (keys[..., 0:n:2], keys[..., 1:n:2]) if self.adjacent else (keys[..., : n // 2], keys[..., n // 2 : n])


def rope(language: Path, kind: int) -> Rope | None:
    """From a GGUF's metadata and llama.cpp's `rope_type`; None for those we do not know (or a file that is damaged)."""
    said = header.facts(language)

    def number(name: str, default: Any = None) -> Any:
        return said.get(f"{said.get('general.architecture')}.{name}", default)

    head = number("attention.key_length") or number("embedding_length", 0) // number("attention.head_count", 1)
    pairs = number("rope.dimension_count", head) // 2
    rates = number("rope.freq_base", 10000.0) ** (-np.arange(pairs) / max(1, pairs))
    if kind == 0:  # LLAMA_ROPE_TYPE_NORM
        return Rope(head, rates, True, False)
    sections = number("rope.dimension_sections")
    if kind == 40 and sections:  # LLAMA_ROPE_TYPE_IMROPE
        at = np.arange(pairs) % sum(sections)
        return Rope(head, np.where(at < 3 * np.asarray(sections)[at % 3], rates, 0.0), False, True)
    return None


def open_blocks(spec: Spec, llama: Any, model: Any, ctx: Any, ledger: Ledger, cut: Cut, read: Read) -> Blocks | None:
    """Where the model's folder asks for them and they are proved to work here. The cache is empty afterwards."""
    if spec.blocks is None:
        return None
    its = rope(spec.language, llama.llama_model_rope_type(model))
    found = Blocks(llama, ctx, its, spec.blocks) if its else None
    return found if found and found.prove(ledger, cut, read) else None


def parse(state: bytearray, rope: Rope) -> tuple[np.ndarray, list[np.ndarray], list[np.ndarray]]:
    """Cells (N,), keys (N, heads, head) and values (N, width) of each layer, as views of a sequence's saved state.

    Raises ValueError when it is laid out in any other way than we know: quantised or transposed, several streams.
    """
    at = 0

    def take(kind: Any, count: int = 1) -> np.ndarray:
        nonlocal at
        found = np.frombuffer(state, kind, count, at)
        at += found.nbytes
        return found

    magic, _, streams, n = take("<u4", 4).tolist()
    names = ["pos", "seqs", *(["x", "y", "token"] if rope.sides else []), "seq"]
    cells = take([(name, "<i4") for name in names], n)
    transposed, layers = take("<u4", 2).tolist()
    if (magic, streams, transposed) != (MAGIC, 1, 0) or (cells["seqs"] != 1).any():
        raise ValueError("a state of another layout")
    rows = []
    for _ in range(2 * layers):
        kind, row = take([("kind", "<i4"), ("row", "<u8")])[0].tolist()
        if kind != F16:
            raise ValueError("keys or values that are not f16")
        rows.append(take("<f2", n * row // 2).reshape(n, row // 2))
    if at != len(state):
        raise ValueError("a state with something behind it")
    return cells, [keys.reshape(n, -1, rope.head) for keys in rows[:layers]], rows[layers:]


def moved(state: bytearray, rope: Rope, by: int) -> bytearray:
    """A copy of a saved state, `by` positions further on: keys are turned in f32 and rounded once."""
    out = bytearray(state)
    cells, keys, _ = parse(out, rope)
    for name in ("pos", "x", "y") if rope.sides else ("pos",):
        cells[name] += by
    cos, sin = (turn(rope.rates * by).astype(np.float32) for turn in (np.cos, np.sin))
    for layer in keys:
        one, other = rope.pairs(layer)
        a, b = one.astype(np.float32), other.astype(np.float32)
        one[...] = a * cos - b * sin
        other[...] = a * sin + b * cos
    return out


def apart(one: bytearray, other: bytearray, rope: Rope) -> np.ndarray:
    """Relative difference of the keys of each layer, (L,)."""
    layers = zip(parse(one, rope)[1], parse(other, rope)[1], strict=True)
    wide = ((a.astype(np.float32), b.astype(np.float32)) for a, b in layers)
    return np.array([np.linalg.norm(a - b) / np.linalg.norm(b) for a, b in wide])


def lead() -> list[Piece]:
    """`LEAD` as the renderer writes a memory."""
    turns = tuple(Turn("assistant" if i % 2 else "user", text) for i, text in enumerate(LEAD))
    ball = from_image(Image.radial_gradient("L").convert("RGB"))
    [*_, asked] = recollect_messages([Episode(ball, turns, datetime(2025, 3, 2, tzinfo=UTC))], "")
    return [part if isinstance(part, Photo) else Words(part) for part in asked.parts[:3]]


def episodes(prompt: Sequence[Piece], ends: Sequence[int]) -> list[Span]:
    """Where the remembered episodes lie: words, a photo, words, one behind the other, with more words after each.

    `ends`: how many units there are up to the end of each piece. The photo that is asked about is followed by
    structure, so it is none. Nothing in the text is looked at: an episode with its rank in it is another episode.
    """
    spans: list[Span] = []
    at = next((i - 1 for i, piece in enumerate(prompt) if isinstance(piece, Photo)), 0)
    while at > 0 and [type(p) for p in prompt[at : at + 4]] == [Words, Photo, Words, Words]:
        spans.append((ends[at - 1], ends[at + 2]))
        at += 3
    return spans


@dataclass(frozen=True, slots=True)
class Block:
    """An episode's cells."""

    state: bytearray
    at: int
    """The position it was read at."""


class Blocks:
    """The blocks of one context, which must have two sequences in one buffer: the second one is for moving."""

    def __init__(self, llama: Any, ctx: Any, rope: Rope, again: int) -> None:
        """`again`: how many units of each episode, a photo being one, are read again at its new place."""
        self._llama, self._ctx, self._rope, self.again = llama, ctx, rope, again
        self.lead: Sequence[Unit] = ()
        """`LEAD`, as the engine lays it out."""
        self.photos: dict[str, Photo] = {}
        """What is to be seen in it."""
        self._held: OrderedDict[tuple[tuple[Key, ...], tuple[Key, ...]], Block] = OrderedDict()

    def prove(self, ledger: Ledger, cut: Cut, read: Read) -> bool:
        """Self-test: whether tokens read at 0 and moved are those read there. Empties the cache.

        The first layer's keys hang on token and place only, so they must be the same. Deeper ones differ by the noise
        of 4-bit weights too (up to 0.4 on the nano); they must be nearer than if they had not been turned.
        """
        states = []
        for position in (0, FAR):
            cut(0)
            ledger.add([Unit(0, 0, position)])
            read([Unit(token) for token in range(1, 9)])
            states.append(self._take(position))
        cut(0)
        try:
            turned = moved(states[0], self._rope, FAR)
            alike = np.array_equal(parse(turned, self._rope)[0], parse(states[1], self._rope)[0])
            after, before = (apart(state, states[1], self._rope) for state in (turned, states[0]))
            return bool(alike and after[0] < NEAR and (after < before).all())
        except ValueError:
            return False

    def place(self, units: Sequence[Unit], spans: Sequence[Span], ledger: Ledger, cut: Cut, read: Read) -> int:
        """Bring the cache to `units` up to the last of `spans`, behind what it shares with them already.

        What fails half-way leaves cache and ledger true: the rest is read. Returns how many tokens were read for it.
        """
        spent = 0

        def fresh(part: Sequence[Unit]) -> None:
            nonlocal spent
            read(part)
            spent += sum(u.n_tokens for u in part)

        wanted = [span for span in spans if span[1] > len(ledger.units)]
        if not wanted:
            return spent
        try:
            before = units[: spans[0][0]]
            blocks = []
            for start, end in wanted:
                context = before if start == len(before) else [*before, *self.lead]
                blocks.append(self._block(context, units[start:end], ledger, cut, fresh))
            cut(wanted[0][0])
            for (start, end), block in zip(wanted, blocks, strict=True):
                fresh(units[len(ledger.units) : start])
                by = ledger.position - block.at
                again = min(start + self.again, end) if by else start
                fresh(units[start:again])
                self._put(moved(block.state, self._rope, by), ledger.position)
                ledger.add(units[again:end])
        except (ValueError, ModelError):  # no room to move in: what is missing is read the ordinary way
            cut(ledger.shared(units))
        self._trim(len(wanted))
        return spent

    def _block(self, context: Sequence[Unit], episode: Sequence[Unit], ledger: Ledger, cut: Cut, read: Read) -> Block:
        """Known, or read now, right behind `context`."""
        key = tuple(u.key for u in context), tuple(u.key for u in episode)
        if key not in self._held:
            cut(ledger.shared(context))
            read(context[len(ledger.units) :])
            at = ledger.position
            read(episode)
            self._held[key] = Block(self._take(at), at)
        self._held.move_to_end(key)
        return self._held[key]

    def _take(self, position: int) -> bytearray:
        """The state of the cells from a position on."""
        llama, cache = self._llama, self._llama.llama_get_memory(self._ctx)
        llama.llama_memory_seq_cp(cache, 0, 1, position, -1)
        state = bytearray(llama.llama_state_seq_get_size(self._ctx, 1))
        llama.llama_state_seq_get_data(self._ctx, _c(state), len(state), 1)
        llama.llama_memory_seq_rm(cache, 1, -1, -1)
        return state

    def _put(self, state: bytearray, position: int) -> None:
        """Add the cells of a state from a position on. Raises ValueError, with the cache as it was."""
        llama, cache = self._llama, self._llama.llama_get_memory(self._ctx)
        done = llama.llama_state_seq_set_data(self._ctx, _c(state), len(state), 1)
        if done:
            llama.llama_memory_seq_cp(cache, 1, 0, position, -1)
        llama.llama_memory_seq_rm(cache, 1, -1, -1)
        if not done:
            raise ValueError("llama.cpp did not take the state")

    def _trim(self, keep: int) -> None:
        """Let go of what was not used for longest, but not of the last `keep`."""
        size = sum(len(block.state) for block in self._held.values())
        while size > HELD_BYTES and len(self._held) > keep:
            size -= len(self._held.popitem(last=False)[1].state)


def _c(state: bytearray) -> Any:
    return (ctypes.c_uint8 * len(state)).from_buffer(state)
