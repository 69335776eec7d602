"""`python -m quantize all`: a checkpoint to every form that laptops run, measured, and those that pass made
ready.

merge, GGUF f16, importance matrix, quantised copies, mmproj, MLX folders, verify, model card and manifest. All of it is
made in `OUT/making`, where the assistant does not look; what passes is linked into `OUT`. A step is skipped
when its result is there and was made from the same (`build_cache.py`), so that a run goes on after any
interruption.
"""

from __future__ import annotations

import importlib.metadata
from dataclasses import dataclass
from pathlib import Path

from assistant.models.local import packaged
from assistant.models.spec import Spec
from memory.errors import KeepsakeError
from memory.files import sha256
from quantize import manifest, publish, variants
from quantize.build_cache import build_if_stale, contents
from quantize.gguf import chat_template, converter, export, imatrix, mixed_precision
from quantize.mlx import mlx_export
from quantize.variants import Form
from quantize.verify import acceptance, verify

F16, MIX = "f16", "keepsake"
KINDS = (*export.QUANTISED, MIX)
"""What is made of a language model unless somebody chooses."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to make of a checkpoint."""

    checkpoint: Path
    out: Path
    kinds: tuple[str, ...] = KINDS
    """Language models: some of `KINDS`, or f16."""
    mlx: tuple[str, ...] = ()
    """Kinds of `to_mlx`."""
    vision: str = "f16"
    package: str | None = None
    """PACKAGE/FILE of a GGUF that the LoRA also goes on unmerged."""
    pre_tokenizer: str | None = None
    dtype: str | None = None
    """Of the merged weights; None = each as it is."""
    samples: int = verify.SIZES["quick"]
    threads: int = 1
    matrix: bool = True
    """Whether quantised kinds use an importance matrix. Not with a `package`: on a base that was quantised once, types
    with a minimum find its grid again and round the LoRA away (LOG.md)."""
    licence: str | None = None
    base: str | None = None
    run: Path | None = None
    """run.json of the training, or its recipe."""


def run(plan: Plan) -> tuple[list[acceptance.Found], dict[str, list[verify.Row]]]:
    """Do it all; ships what passes. Returns what was found of every form, the checkpoint first, and the rows.

    Raises KeepsakeError for what cannot be exported. Whether anything passed is for the caller to see.
    """
    variants.config(plan.checkpoint)
    if not (plan.kinds or plan.mlx or plan.package):
        raise KeepsakeError("nothing to make: name --kinds, --mlx or --package")
    limits = acceptance.load()
    origin = publish.origin(plan.checkpoint, plan.base, plan.licence, plan.run)
    candidates = make(plan)
    measured = [*candidates]
    if (plan.checkpoint / "adapter").exists():
        measured.insert(0, Form("merged", "transformers", plan.out / "making" / "merged"))
    found, rows = check(plan.checkpoint, measured, plan.samples, limits, plan.threads)
    passed = [form for form in candidates if any(f.name == form.name and f.passed for f in found)]
    if passed:
        publish.ship(plan.out, plan.checkpoint, passed, found, origin, plan.package)
    return found, rows


def check(
    checkpoint: Path, measured: list[Form], samples: int, limits: acceptance.Thresholds, threads: int = 1
) -> tuple[list[acceptance.Found], dict[str, list[verify.Row]]]:
    """Measure forms against the checkpoint and judge them. The checkpoint comes first."""
    rows = verify.run(checkpoint, measured, samples, threads)
    whole = Form(verify.TRUTH, "transformers", checkpoint)
    truth = rows[verify.TRUTH]
    found = [acceptance.judge(whole, truth, truth, limits, None)]
    for form in measured:
        found.append(acceptance.judge(form, rows[form.name], truth, limits, chat_template.fault(form, checkpoint)))
    return found, rows


def make(plan: Plan) -> list[Form]:
    """Every form for laptops that was asked for, in `OUT/making`."""
    unknown = [k for k in plan.kinds if k not in (F16, *KINDS)] + [k for k in plan.mlx if k not in mlx_export.KINDS]
    if unknown:
        known = f"{', '.join((F16, *KINDS))}; for MLX {', '.join(mlx_export.KINDS)}"
        raise KeepsakeError(f"unknown kind {unknown[0]!r}: use some of {known}")
    work, lora = plan.out / "making", plan.checkpoint / "adapter"
    source = variants.hashes(variants.folder_files(plan.checkpoint), plan.checkpoint)
    whole = plan.checkpoint
    if lora.exists():
        from quantize.merge.lora import merge

        inputs = {"weights": source, "dtype": plan.dtype}
        whole = build_if_stale(work / "merged", inputs, lambda out: merge(plan.checkpoint, out, dtype=plan.dtype))
    weights = contents(whole) if lora.exists() else source
    found: list[Form] = []
    if plan.kinds or plan.package:
        found += _ggufs(plan, work, whole, weights, source)
    for kind in plan.mlx:
        inputs = {"weights": weights, "kind": kind, "mlx-vlm": importlib.metadata.version("mlx-vlm")}
        folder = build_if_stale(
            work / f"mlx-{kind}", inputs, lambda out, kind=kind: mlx_export.convert(whole, out, kind)
        )
        found.append(Form(folder.name, "mlx", folder))
    return found


def _ggufs(plan: Plan, work: Path, whole: Path, weights: dict[str, str], source: dict[str, str]) -> list[Form]:
    """mmproj, LoRA and language models for llama.cpp."""
    engine = {"llama-cpp-python": importlib.metadata.version("llama-cpp-python"), "words": plan.pre_tokenizer}
    converter.find()
    eyes = build_if_stale(
        work / "mmproj.gguf",
        {"weights": weights, "vision": plan.vision, **engine},
        lambda out: export.export_mmproj(whole, out, plan.vision),
    )
    found = []
    if plan.package and (plan.checkpoint / "adapter").exists():
        package, _, file = plan.package.partition("/")
        lora = build_if_stale(
            work / "adapter.gguf",
            {"weights": source, "vision": plan.vision, **engine},
            lambda out: export.export_adapter(plan.checkpoint / "adapter", plan.checkpoint, out, plan.vision),
        )
        found.append(Form("base + adapter", "llama.cpp", packaged(package, file), eyes, lora))
    if not plan.kinds:
        return found
    full = build_if_stale(
        work / f"language-{F16}.gguf",
        {"weights": weights, **engine},
        lambda out: export.export_language(whole, out, F16, plan.pre_tokenizer),
    )
    matrix = None
    if plan.matrix and not plan.package and plan.kinds != (F16,):
        matrix = build_if_stale(
            work / "imatrix.gguf",
            {"weights": source, "samples": imatrix.SAMPLES, "seed": imatrix.SEED},
            lambda out: imatrix.gather(plan.checkpoint, out, imatrix.SAMPLES),
        )
    for kind in plan.kinds:
        path = full if kind == F16 else _quantised(plan, kind, full, eyes, matrix, engine)
        found.append(Form(kind, "llama.cpp", path, eyes))
    return found


def _quantised(
    plan: Plan, kind: str, full: Path, eyes: Path, matrix: Path | None, engine: dict[str, str | None]
) -> Path:
    """One smaller copy of the language model `full`."""
    inputs = {"f16": sha256(full), "imatrix": matrix and sha256(matrix), **engine}
    base, types = kind, None
    if kind == MIX:
        seen = manifest.photo(plan.checkpoint)
        spec = Spec(plan.out.name, full, eyes, side=seen["side"], one_tile=seen["one_tile"])
        chosen = build_if_stale(
            full.with_name(f"{MIX}.toml"),
            {**inputs, "mmproj": sha256(eyes), "prompts": mixed_precision.PROMPTS, "seed": mixed_precision.SEED},
            lambda out: mixed_precision.plan(spec, out, matrix, n=mixed_precision.PROMPTS, threads=plan.threads),
        )
        base, types = "Q4_K_M", mixed_precision.read(chosen)
    return build_if_stale(
        full.with_name(f"language-{kind}.gguf"),
        {**inputs, "kind": kind, "types": types},
        lambda out: export.quantise(full, out, base, plan.threads, matrix, types),
    )
