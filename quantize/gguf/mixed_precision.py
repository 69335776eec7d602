"""The `keepsake` mix: bits where a measurement says they matter, in no more bytes than Q4_K_M takes.

One group of tensors at a time (a kind of layer, or the embeddings) is rounded to 4.5 bits, the rest stays as it is: how
far do the words of right captions move, photos and all? Then every group starts at the lowest rung of its ladder, and
the next step goes where it saves the most nats a byte, until the budget is spent.
Not a search over mixes: losses are taken to add up, and every further bit to quarter them. Nor the rounding error of
the weights, which misleads: it is smallest where a LoRA is rounded away (see `LADDERS`).
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
from memory.files import sha256
from quantize import build_cache
from quantize.gguf import export
from quantize.gguf import imatrix as importance
from quantize.verify.verify import compare

LADDERS = {256: ("Q3_K", "Q4_K", "Q5_K", "Q6_K", "Q8_0"), 32: ("IQ4_NL", "Q5_0", "Q8_0")}
"""Types by what divides a row, from few bits to many. Q4_1 and Q5_1 are left out: with an importance matrix they find
the grid of a base that was 4-bit once (the nano's), and round to it: a quarter of the LoRA was left."""
PROBE = {256: "Q4_K", 32: "IQ4_NL"}
"""What a group is measured with: 4.5 bits a weight both."""
PROMPTS, SEED = 4, 17
"""Dev samples that a group is measured on; another seed than the importance matrix has."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A type that a group may become."""

    kind: str
    bytes: int
    nats: float
    """Lost a word, by the reckoning above."""


def plan(
    spec: Spec, out: Path, imatrix: Path | None = None, budget: int | None = None, n: int = PROMPTS, threads: int = 1
) -> Path:
    """Measure the groups of the f16 or f32 model `spec`, choose, and write the mix `out` (TOML): see `read`.

    `imatrix`: the importance matrix it will be quantised with. `budget`: most bytes of what is quantised; None = those
    of Q4_K_M. A run that was cut off goes on. Raises KeepsakeError.
    """
    weights = {
        name: t for name, t in export.tensors(spec.language).items() if name.endswith(".weight") and _divisor([t])
    }
    patterns = groups(weights)
    with tempfile.TemporaryDirectory(dir=out.parent) as scratch:
        if budget is None:
            path = export.quantise(spec.language, Path(scratch) / "whole.gguf", "Q4_K_M", threads, imatrix)
            budget = sum(t.n_bytes for name, t in export.tensors(path).items() if name in weights)
            path.unlink()
        nats = _measure(spec, weights, patterns, out, imatrix, n, Path(scratch), threads)
    types = choose({p: _choices(_of(p, weights), nats[p]) for p in patterns}, budget)
    lines = [f"# {spec.name}: {n} prompts, at most {budget} bytes", "[types]"]
    lines += [f"{json.dumps(pattern)} = {json.dumps(kind)}" for pattern, kind in types.items()]
    lines += ["", "[nats]  # lost by each group alone at 4.5 bits a weight"]
    lines += [f"{json.dumps(pattern)} = {nats[pattern]:.3g}" for pattern in types]
    build_cache.write(out, "\n".join(lines) + "\n")
    _kept(out).unlink(missing_ok=True)
    return out


def read(path: Path) -> dict[str, str]:
    """Regex to type, as `gguf.quantise` takes them. Raises KeepsakeError when the file is no mix."""
    try:
        types = tomllib.loads(path.read_text(encoding="utf-8"))["types"]
        return {str(pattern): str(kind) for pattern, kind in types.items()}
    except (OSError, tomllib.TOMLDecodeError, KeyError, AttributeError) as error:
        raise KeepsakeError(f"{path} is not a mix: it needs a table [types] of patterns and types") from error


def groups(names: Iterable[str]) -> list[str]:
    """Regexes: each kind of layer, at every depth, and each tensor that is in no layer."""
    found = {re.sub(r"^blk\.\d+", "", name): name.startswith("blk.") for name in names}
    return [("" if layer else "^") + re.escape(name) + "$" for name, layer in found.items()]


def choose(choices: Mapping[str, Sequence[Choice]], budget: int) -> dict[str, str]:
    """A type for each group, at most `budget` bytes together: always the step that saves the most nats a byte.

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


def _choices(group: Sequence[Any], nats: float) -> list[Choice]:
    """The group's ladder; `nats` is what its probe lost."""
    from gguf import GGML_QUANT_SIZES, GGMLQuantizationType

    elements = sum(int(np.prod(tensor.shape)) for tensor in group)
    found = []
    for kind in LADDERS[_divisor(group)]:
        block, size = GGML_QUANT_SIZES[GGMLQuantizationType[kind]]
        found.append(Choice(kind, elements // block * size, nats * 4 ** (4.5 - 8 * size / block)))
    return found


def _divisor(group: Iterable[Any]) -> int:
    """What divides the rows of all tensors: 256 or 32, or 0 where one is not to be quantised."""
    fits = [
        d for d in LADDERS if all(len(t.shape) > 1 and "_norm" not in t.name and t.shape[0] % d == 0 for t in group)
    ]
    return fits[0] if fits else 0


def _of(pattern: str, weights: Mapping[str, Any]) -> list[Any]:
    return [tensor for name, tensor in weights.items() if re.search(pattern, name)]


def _measure(
    spec: Spec,
    weights: Mapping[str, Any],
    patterns: Sequence[str],
    out: Path,
    imatrix: Path | None,
    n: int,
    scratch: Path,
    threads: int,
) -> dict[str, float]:
    """Mean nats a caption's word that each group costs at 4.5 bits; what was measured is kept until `out` is there."""
    key = f"{sha256(spec.language)} {sha256(spec.mmproj)} {imatrix and sha256(imatrix)} {n}"
    kept: dict[str, Any] = json.loads(_kept(out).read_text(encoding="utf-8")) if _kept(out).exists() else {}
    nats: dict[str, float] = kept["nats"] if kept.get("of") == key else {}
    if nats.keys() == set(patterns):
        return nats
    expected = list(_follow(spec, n, threads))
    for i, pattern in enumerate(patterns):
        if pattern in nats:
            continue
        types = {pattern: PROBE[_divisor(_of(pattern, weights))], "weight": "F16"}
        path = export.quantise(spec.language, scratch / "probe.gguf", "Q8_0", threads, imatrix, types)
        found = _follow(replace(spec, language=path), n, threads)
        nats[pattern] = float(np.mean([k for a, b in zip(expected, found, strict=True) for k in _kl(a, b)]))
        build_cache.write(_kept(out), json.dumps({"of": key, "nats": nats}))
        print(f"{i + 1} of {len(patterns)} groups: {pattern} loses {nats[pattern]:.5f} nats", file=sys.stderr)
    return nats


def _follow(spec: Spec, n: int, threads: int) -> Iterator[np.ndarray]:
    """Logits (N, V) along the right caption of each sample."""
    from assistant.backends.llamacpp import LlamaCpp

    reader = LlamaCpp(spec, threads)
    try:
        for asked, caption in prompts(n):
            yield reader.follow(asked, reader.tokenize(caption))
    finally:
        reader.close()


def prompts(n: int, seed: int = SEED) -> Iterator[tuple[list[Piece], Words]]:
    """Caption requests of the dev split, each with the right caption."""
    for asked in (importance.sample(i, seed) for i in range(n)):
        yield pieces(prompt.caption_messages(asked.context, asked.query)), Words(gold(asked))


def _kl(expected: np.ndarray, found: np.ndarray) -> Iterator[float]:
    return (compare(a, b).kl for a, b in zip(expected, found, strict=True))


def _kept(out: Path) -> Path:
    return out.with_suffix(".measured.json")
