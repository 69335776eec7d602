"""Quantised copies: what comes out of each kind, what a measurement of the model changes, and nothing half left.

The model is a tiny random Qwen3-VL: rows of 256 and 384 and 640, so that K-types fit some layers and not others.
"""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from gguf import GGUFReader
from gguf.quants import dequantize

from assistant.backends.llama.llamacpp import open_llamacpp
from assistant.models.spec import Spec
from benchmark.world.sample import Sample, build
from benchmark.world.sample import Spec as Drawn
from memory.errors import KeepsakeError
from quantize.gguf import export, imatrix, mixed_precision
from tests.support import tinyqwen


def short(i: int, seed: int) -> Sample:
    """A sample whose pictures are in the repository, one turn a memory."""
    whole = build(Drawn("test", seed, i))
    return replace(whole, context=tuple(replace(e, turns=e.turns[:1]) for e in whole.context))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Language model, vision tower and importance matrix of one checkpoint."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("tiny")
    tinyqwen.build(folder / "model")
    export.export_language(folder / "model", folder / "language.gguf", "f32", pre_tokenizer="qwen2")
    export.export_mmproj(folder / "model", folder / "mmproj.gguf")
    export.export_mmproj(folder / "model", folder / "mmproj-q8.gguf", "q8_0")
    with pytest.MonkeyPatch.context() as patch:  # dev pictures are not in the repository
        patch.setattr(imatrix, "sample", short)
        imatrix.gather(folder / "model", folder / "im.gguf", 2)
        yield folder


def types(path: Path) -> dict[str, str]:
    """Type of each tensor in layers of the kind, and of the embeddings."""
    return {name: t.tensor_type.name for name, t in export.tensors(path).items() if len(t.shape) > 1}


def weighted_errors(folder: Path, path: Path) -> dict[str, float]:
    """What rounding does to each layer's output, in squares: (W - W') on inputs as they were gathered."""
    inputs, whole, rounded = (
        imatrix.read(folder / "im.gguf").values,
        export.tensors(folder / "language.gguf"),
        export.tensors(path),
    )
    return {
        name: float(((whole[name].data - dequantize(rounded[name].data, rounded[name].tensor_type)) ** 2 @ x).sum())
        for name, x in inputs.items()
    }


def test_rows_that_256_does_not_divide_get_other_types(folder: Path, tmp_path: Path) -> None:
    """attn_output has rows of 384, ffn_down of 640, the rest of 256."""
    found = {
        k: types(export.quantise(folder / "language.gguf", tmp_path / k, k)) for k in (*export.QUANTISED, *export.ROUGH)
    }
    seen = {k: [t["blk.3.attn_q.weight"], t["blk.3.attn_output.weight"]] for k, t in found.items()}
    assert seen == {
        "Q8_0": ["Q8_0", "Q8_0"],
        "Q6_K": ["Q6_K", "Q8_0"],
        "Q5_K_M": ["Q5_K", "Q5_1"],
        "Q4_K_M": ["Q4_K", "Q5_0"],
        "Q2_K": ["Q2_K", "Q4_0"],
    }
    assert found["Q4_K_M"]["token_embd.weight"] == "Q6_K"
    sizes = [(tmp_path / kind).stat().st_size for kind in found]
    assert sizes == sorted(sizes, reverse=True)


def test_the_smallest_kinds_want_the_importance_matrix(folder: Path, tmp_path: Path) -> None:
    """They lose too much without one, and are not made then."""
    sizes = [export.quantise(folder / "language.gguf", tmp_path / "Q4_K_M", "Q4_K_M").stat().st_size]
    for kind in export.SMALLER:
        path = export.quantise(folder / "language.gguf", tmp_path / kind, kind, imatrix=folder / "im.gguf")
        sizes.append(path.stat().st_size)
        with pytest.raises(KeepsakeError, match=f"{kind} needs an importance matrix"):
            export.quantise(folder / "language.gguf", tmp_path / "x.gguf", kind)
    assert sizes == sorted(sizes, reverse=True)
    assert types(tmp_path / "IQ4_XS")["blk.3.attn_q.weight"] == "IQ4_XS"
    assert types(tmp_path / "Q3_K_M")["blk.3.attn_q.weight"] == "Q3_K"


def test_the_importance_matrix_spares_what_the_inputs_need(folder: Path, tmp_path: Path) -> None:
    """Each layer's error on its own inputs falls, and the file says where the matrix is from."""
    plain = export.quantise(folder / "language.gguf", tmp_path / "plain.gguf", "Q4_K_M")
    weighted = export.quantise(
        folder / "language.gguf", tmp_path / "weighted.gguf", "Q4_K_M", imatrix=folder / "im.gguf"
    )
    names = [name for name, kind in types(plain).items() if kind != "Q8_0"]
    before, after = weighted_errors(folder, plain), weighted_errors(folder, weighted)
    gains = [after[name] / before[name] for name in names]
    assert types(plain) == types(weighted)
    assert max(gains) < 1.02
    assert float(np.median(gains)) < 0.95
    facts = GGUFReader(weighted).fields
    assert "keepsake dev" in facts["quantize.imatrix.dataset"].contents()
    assert facts["quantize.imatrix.entries_count"].contents() == 6 * 7 + 1
    assert facts["quantize.imatrix.chunks_count"].contents() == 2


def test_the_first_pattern_that_fits_names_the_type(folder: Path, tmp_path: Path) -> None:
    wanted = {r"^blk\.(0|5)\.attn_v\.weight$": "Q8_0", "attn_": "q5_0", "token_embd": "F16"}
    found = types(export.quantise(folder / "language.gguf", tmp_path / "x.gguf", "Q4_K_M", types=wanted))
    assert [found[f"blk.{i}.attn_v.weight"] for i in range(6)] == ["Q8_0", *["Q5_0"] * 4, "Q8_0"]
    assert {found[f"blk.{i}.attn_output.weight"] for i in range(6)} == {"Q5_0"}
    assert (found["token_embd.weight"], found["blk.3.ffn_up.weight"]) == ("F16", "Q4_K")


def test_what_does_not_fit_the_model_is_one_line(folder: Path, tmp_path: Path) -> None:
    language, out = folder / "language.gguf", tmp_path / "x.gguf"
    with pytest.raises(KeepsakeError, match="unknown type 'Q9' for attn_q"):
        export.quantise(language, out, "Q8_0", types={"attn_q": "Q9"})
    with pytest.raises(KeepsakeError, match=r"no tensor is named like blk\\\.99: "):
        export.quantise(language, out, "Q8_0", types={r"blk\.99": "Q8_0"})
    other = imatrix.read(folder / "im.gguf")
    del other.sums["blk.2.ffn_up.weight"]
    with pytest.raises(KeepsakeError, match=r"of another model: it has 0 numbers for blk\.2\.ffn_up\.weight, .* 256"):
        export.quantise(language, out, "Q8_0", imatrix=imatrix.write(other, tmp_path / "im"))
    other.add("blk.2.ffn_up.weight", np.ones((1, 255)))
    with pytest.raises(KeepsakeError, match="it has 255 numbers"):
        export.quantise(language, out, "Q8_0", imatrix=imatrix.write(other, tmp_path / "im"))
    with pytest.raises(KeepsakeError, match=r"mmproj\.gguf is not an importance matrix"):
        export.quantise(language, out, "Q8_0", imatrix=folder / "mmproj.gguf")
    with pytest.raises(KeepsakeError, match=r"cannot write .*: File exists"):
        export.quantise(language, tmp_path / "im" / "x.gguf", "Q8_0")
    assert [p.name for p in tmp_path.iterdir()] == ["im"]


def test_llama_cpps_own_reason_is_told(folder: Path, tmp_path: Path) -> None:
    """Its errors, not its warnings about types that do not fit."""
    small = export.quantise(folder / "language.gguf", tmp_path / "small.gguf", "Q4_K_M")
    with pytest.raises(KeepsakeError, match=r"cannot quantise small\.gguf: .*requantizing from type q\w+ is disabled"):
        export.quantise(small, tmp_path / "x.gguf", "Q2_K")
    assert [p.name for p in tmp_path.iterdir()] == ["small.gguf"]


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """Files of this process may not grow beyond `size` bytes: what a full disk does to a writer."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("missing", [1, 100_000, 2_000_000])
def test_a_full_disk_leaves_nothing_under_the_name(folder: Path, tmp_path: Path, missing: int) -> None:
    """Wherever it gets full; an old file under that name stays as it was."""
    out = export.quantise(folder / "language.gguf", tmp_path / "x.gguf", "Q8_0")
    whole = out.read_bytes()
    with (
        room_for(len(whole) - missing),
        pytest.raises(KeepsakeError, match=r"cannot quantise language.*; is the disk full\?"),
    ):
        export.quantise(folder / "language.gguf", out, "Q8_0")
    assert out.read_bytes() == whole
    assert [p.name for p in tmp_path.iterdir()] == ["x.gguf"]


def test_a_vision_tower_of_eight_bits_sees_the_same(folder: Path) -> None:
    """f16 unless asked; tokens have a deviation of 3.7."""
    kinds = [types(folder / name)["v.blk.0.attn_qkv.weight"] for name in ("mmproj.gguf", "mmproj-q8.gguf")]
    assert kinds == ["F16", "Q8_0"]
    sizes = [(folder / name).stat().st_size for name in ("mmproj.gguf", "mmproj-q8.gguf")]
    assert sizes[1] < 0.7 * sizes[0]
    seen = []
    for name in ("mmproj.gguf", "mmproj-q8.gguf"):
        backend = open_llamacpp(Spec("tiny", folder / "language.gguf", folder / name))
        seen.append(backend.embed(short(0, 3).query))
        backend.close()
    assert 0.001 < np.abs(seen[0] - seen[1]).mean() < 0.1 * seen[0].std()


def test_bits_go_where_they_save_most_within_the_budget() -> None:
    """Three groups of the same size, the first ten thousand times as touchy as the last."""
    steps = {"low": (100, 1.0), "middle": (120, 0.25), "high": (200, 0.01)}
    choices = {
        group: [mixed_precision.Choice(kind, size, weight * loss) for kind, (size, loss) in steps.items()]
        for group, weight in (("a", 1.0), ("b", 0.1), ("c", 0.0001))
    }
    choices["d"] = [mixed_precision.Choice("low", 10, 0.0), mixed_precision.Choice("high", 20, 0.0)]
    found = {budget: mixed_precision.choose(choices, budget) for budget in (310, 330, 350, 370, 430, 1000)}
    kinds = {budget: [*types.values()] for budget, types in found.items()}
    assert kinds == {
        310: ["low", "low", "low", "low"],
        330: ["middle", "low", "low", "low"],
        350: ["middle", "middle", "low", "low"],
        370: ["middle", "middle", "middle", "low"],
        430: ["high", "middle", "low", "low"],
        1000: ["high", "high", "high", "low"],
    }
    with pytest.raises(KeepsakeError, match="no mix fits into 309 bytes: the smallest has 310"):
        mixed_precision.choose(choices, 309)


def test_every_tensor_is_in_one_group() -> None:
    names = [f"blk.{i}.{kind}.weight" for i in range(30) for kind in ("attn_q", "ffn_up")] + ["token_embd.weight"]
    found = mixed_precision.groups(names)
    assert len(found) == 3
    assert [sum(bool(mixed_precision.re.search(p, name)) for p in found) for name in names] == [1] * 61


@pytest.mark.slow
def test_a_mix_is_measured_once_and_fits_into_its_budget(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = Spec("tiny", folder / "language.gguf", folder / "mmproj.gguf")
    quantise = export.quantise

    def interrupted(src: Path, dst: Path, kind: str, *rest: object) -> Path:
        if len(capsys.readouterr().err) and kind == "Q8_0":
            raise KeyboardInterrupt
        return quantise(src, dst, kind, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(export, "quantise", interrupted)
    with pytest.raises(KeyboardInterrupt):
        mixed_precision.make_mix(spec, tmp_path / "mix.toml", folder / "im.gguf", n=1)
    monkeypatch.undo()
    monkeypatch.setattr(imatrix, "sample", short)
    assert {p.name for p in tmp_path.iterdir()} <= {"home", "mix.measured.json"}, "nothing but what was measured"
    mixed_precision.make_mix(spec, tmp_path / "mix.toml", folder / "im.gguf", n=1)
    assert "1 of 8 groups" not in capsys.readouterr().err, "it goes on where it was"
    types = mixed_precision.read(tmp_path / "mix.toml")
    assert len(types) == 8
    kinds = [{}, types]
    sizes = [
        quantise(folder / "language.gguf", tmp_path / "x", "Q4_K_M", imatrix=folder / "im.gguf", types=t).stat().st_size
        for t in kinds
    ]
    assert 0.97 * sizes[0] < sizes[1] <= sizes[0]
    assert [p.name for p in tmp_path.glob("mix*")] == ["mix.toml"]
    (tmp_path / "bad.toml").write_text("types = 3")
    with pytest.raises(KeepsakeError, match=r"bad\.toml is not a mix"):
        mixed_precision.read(tmp_path / "bad.toml")
