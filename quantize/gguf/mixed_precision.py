"""The `keepsake` mix: bits where a measurement says they matter, in no more bytes than Q4_K_M takes.

One group of tensors at a time (a kind of layer, or the embeddings) is rounded to 4.5 bits while the rest stays whole,
and the change of the logits along right captions, photos included, is measured. Then every group starts at the lowest
rung of its ladder, and the next step goes where it saves the most nats a byte, until the budget is spent.
This is no search over mixes: losses are taken to add up, and every further bit to quarter them. Nor is it guided by the
rounding error of the weights, which misleads: it is smallest where a LoRA is rounded away (see `LADDERS`).
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from assistant import prompt
from assistant.chatml import Piece, Words, pieces
from assistant.models.spec import Spec
from benchmark.tasks.capeval import gold
from memory.errors import KeepsakeError
from memory.files import sha256, write_text
from quantize.gguf import export
from quantize.gguf import imatrix as importance
from quantize.variants import compare

LADDERS = {256: ("Q3_K", "Q4_K", "Q5_K", "Q6_K", "Q8_0"), 32: ("IQ4_NL", "Q5_0", "Q8_0")}
"""Types by what divides a row, from few bits to many. Q4_1 and Q5_1 are left out: with an importance matrix they find
the grid of a base that was 4-bit once (the nano's), and round to it: a quarter of the LoRA was left."""
PROBE = {256: "Q4_K", 32: "IQ4_NL"}
"""The type that a group is measured with, by what divides its rows: 4.5 bits a weight both."""
PROMPTS, SEED = 4, 17
"""Dev samples that a group is measured on; their seed is not the importance matrix's."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A type that a group of tensors may be given."""

    kind: str
    bytes: int
    """Size of the whole group in this type."""
    nats: float
    """KL divergence a token that the type costs, by the reckoning above."""


@dataclass(frozen=True, slots=True)
class _Measured:
    """A model whose groups are measured."""

    spec: Spec
    imatrix: Path | None
    prompts: int
    """Samples to measure on."""
    threads: int

    @property
    def key(self) -> str:
        """What the measurements depend on."""
        matrix = self.imatrix and sha256(self.imatrix)
        return f"{sha256(self.spec.language)} {sha256(self.spec.mmproj)} {matrix} {self.prompts}"


def make_mix(spec: Spec, out: Path, imatrix: Path | None = None, n: int = PROMPTS, threads: int = 1) -> Path:
    """Measure the groups of the f16 or f32 model `spec`, choose their types, and write the mix `out` (TOML; `read`).

    All quantised tensors together take at most as many bytes as in Q4_K_M. `imatrix`: the importance matrix that the
    model will be quantised with. `n`: samples to measure on. An interrupted run goes on. Raises KeepsakeError.
    """
    weights = {
        name: t for name, t in export.tensors(spec.language).items() if name.endswith(".weight") and _divisor([t])
    }
    patterns = groups(weights)
    with tempfile.TemporaryDirectory(dir=out.parent) as scratch:
        path = export.quantise(spec.language, Path(scratch) / "whole.gguf", "Q4_K_M", threads, imatrix)
        budget = sum(t.n_bytes for name, t in export.tensors(path).items() if name in weights)
        path.unlink()
        model = _Measured(spec, imatrix, n, threads)
        nats = _measure(model, {p: _matching(p, weights) for p in patterns}, Path(scratch), _progress_file(out))
    types = choose({p: _choices(_matching(p, weights), nats[p]) for p in patterns}, budget)
    lines = [f"# {spec.name}: {n} prompts, at most {budget} bytes", "[types]"]
    lines += [f"{json.dumps(pattern)} = {json.dumps(kind)}" for pattern, kind in types.items()]
    lines += ["", "[nats]  # lost by each group alone at 4.5 bits a weight"]
    lines += [f"{json.dumps(pattern)} = {nats[pattern]:.3g}" for pattern in types]
    write_text(out, "\n".join(lines) + "\n")
    _progress_file(out).unlink(missing_ok=True)
    return out


def read(path: Path) -> dict[str, str]:
    """Regex to type, as `export.quantise` takes them. Raises KeepsakeError when the file is no mix."""
    try:
        types = tomllib.loads(path.read_text(encoding="utf-8"))["types"]
        return {str(pattern): str(kind) for pattern, kind in types.items()}
    except (OSError, tomllib.TOMLDecodeError, KeyError, AttributeError) as error:
        raise KeepsakeError(f"{path} is not a mix: it needs a table [types] of patterns and types") from error


def groups(names: Iterable[str]) -> list[str]:
    """Regexes that part the tensors: each kind of layer at every depth, and each tensor that is in no layer."""
    kinds = {re.sub(r"^blk\.\d+", "", name): name.startswith("blk.") for name in names}
    return [("" if layer else "^") + re.escape(name) + "$" for name, layer in kinds.items()]


def choose(choices: Mapping[str, Sequence[Choice]], budget: int) -> dict[str, str]:
    """A type for each group, at most `budget` bytes together: greedily, the step that saves the most nats a byte.

    Raises KeepsakeError when the smallest types are too many bytes already.
    """
    taken = {pattern: min(of, key=lambda choice: (choice.bytes, choice.nats)) for pattern, of in choices.items()}
    while (left := budget - sum(choice.bytes for choice in taken.values())) >= 0:
        better = [
            ((now.nats - to.nats) / (to.bytes - now.bytes), pattern, to)
            for pattern, now in taken.items()
            for to in choices[pattern]
            if 0 < to.bytes - now.bytes <= left and to.nats < now.nats
        ]
        if not better:
            return {pattern: choice.kind for pattern, choice in taken.items()}
        _, pattern, to = max(better, key=lambda step: step[0])
        taken[pattern] = to
    raise KeepsakeError(f"no mix fits into {budget} bytes: the smallest has {budget - left}")


def prompts(n: int) -> Iterator[tuple[list[Piece], Words]]:
    """Caption requests of the dev split, each with its right caption."""
    for asked in (importance.sample(i, SEED) for i in range(n)):
        yield pieces(prompt.caption_messages(asked.context, asked.query)), Words(gold(asked))


def _choices(group: Sequence[Any], nats: float) -> list[Choice]:
    """The types of a group's ladder; `nats` is what its probe lost."""
    from gguf import GGML_QUANT_SIZES, GGMLQuantizationType

    elements = sum(int(np.prod(tensor.shape)) for tensor in group)
    choices = []
    for kind in LADDERS[_divisor(group)]:
        block, size = GGML_QUANT_SIZES[GGMLQuantizationType[kind]]
        choices.append(Choice(kind, elements // block * size, nats * 4 ** (4.5 - 8 * size / block)))
    return choices


def _divisor(group: Iterable[Any]) -> int:
    """What divides the rows of all tensors: 256 or 32, or 0 where one of them cannot be quantised."""
    fits = [
        d for d in LADDERS if all(len(t.shape) > 1 and "_norm" not in t.name and t.shape[0] % d == 0 for t in group)
    ]
    return fits[0] if fits else 0


def _matching(pattern: str, weights: Mapping[str, Any]) -> list[Any]:
    """The tensors whose names a regex matches."""
    return [tensor for name, tensor in weights.items() if re.search(pattern, name)]


def _measure(model: _Measured, parts: Mapping[str, Sequence[Any]], scratch: Path, progress: Path) -> dict[str, float]:
    """Mean KL divergence in nats a token that each group of tensors, by its pattern, costs at 4.5 bits.

    Saved in the file `progress` after every group.
    """
    spec, n, key = model.spec, model.prompts, model.key
    saved: dict[str, Any] = json.loads(progress.read_text(encoding="utf-8")) if progress.exists() else {}
    nats: dict[str, float] = saved["nats"] if saved.get("of") == key else {}
    if nats.keys() == set(parts):
        return nats
    expected = list(_logits(spec, n, model.threads))
    for i, (pattern, tensors) in enumerate(parts.items()):
        if pattern in nats:
            continue
        types = {pattern: PROBE[_divisor(tensors)], "weight": "F16"}
        probe = export.quantise(spec.language, scratch / "probe.gguf", "Q8_0", model.threads, model.imatrix, types)
        found = _logits(replace(spec, language=probe), n, model.threads)
        nats[pattern] = float(np.mean([kl for a, b in zip(expected, found, strict=True) for kl in _kl(a, b)]))
        write_text(progress, json.dumps({"of": key, "nats": nats}))
        print(f"{i + 1} of {len(parts)} groups: {pattern} loses {nats[pattern]:.5f} nats", file=sys.stderr)
    return nats


def _logits(spec: Spec, n: int, threads: int) -> Iterator[np.ndarray]:
    """Logits (N, V) along the right caption of each sample."""
    from assistant.backends.llama.llamacpp import open_llamacpp

    reader = open_llamacpp(spec, threads)
    try:
        for asked, caption in prompts(n):
            yield reader.follow(asked, reader.tokenize(caption))
    finally:
        reader.close()


def _kl(expected: np.ndarray, found: np.ndarray) -> Iterator[float]:
    """KL divergence in nats at each position, of logits (N, V)."""
    return (compare(a, b).kl for a, b in zip(expected, found, strict=True))


def _progress_file(out: Path) -> Path:
    """Where the losses measured so far are saved."""
    return out.with_suffix(".measured.json")
