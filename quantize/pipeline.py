"""`python -m quantize all`: every variant of a checkpoint that laptops run, made, measured, and shipped if it passes.

What is made stands in one list of steps: merge, mmproj, GGUF f16, importance matrix, quantised copies, MLX folders. The
steps write into `OUT/making`, where the assistant does not look. A step whose result is fresh is skipped
(`build_cache.py`), so that an interrupted run goes on. Variants that pass are linked into `OUT`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from assistant.models import hf_config
from assistant.models.model_files import packaged
from memory.errors import KeepsakeError
from quantize import build_cache, manifest, publish, variants
from quantize.build_cache import Step
from quantize.gguf import chat_template, converter, export, imatrix, mixed_precision
from quantize.mlx import mlx_export
from quantize.variants import Variant
from quantize.verify import acceptance, verify

F16, MIX = "f16", "keepsake"
KINDS = (*export.QUANTISED, *export.SMALLER, MIX)
"""Kinds of language models for llama.cpp besides f16."""


def default_kinds(matrix: bool) -> tuple[str, ...]:
    """The kinds that are made unless the user chooses. `matrix`: whether an importance matrix may be used."""
    return KINDS if matrix else tuple(kind for kind in KINDS if kind not in export.SMALLER)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to make of a checkpoint."""

    checkpoint: Path
    out: Path
    kinds: tuple[str, ...] = default_kinds(matrix=True)
    """Language models for llama.cpp: some of `KINDS`, or f16."""
    mlx: tuple[str, ...] = ()
    """MLX folders: some of `mlx_export.KINDS`."""
    vision: str = "f16"
    """Dtype of the vision tower, and of the LoRA."""
    more_vision: tuple[str, ...] = ()
    """Further kinds of the vision tower, each measured with the first of `kinds`."""
    package: str | None = None
    """PACKAGE/FILE of a GGUF in a Python package that the LoRA also goes on unmerged."""
    pre_tokenizer: str | None = None
    """llama.cpp's name for how the vocabulary splits text; None = the converter finds out."""
    dtype: str | None = None
    """Dtype of the merged weights; None keeps each weight's dtype."""
    samples: int = verify.SIZES["quick"]
    """Samples that every variant is measured on."""
    threads: int = 1
    matrix: bool = True
    """Whether quantised kinds use an importance matrix. Never with a `package`: on a base that was quantised once,
    types with a minimum find its grid again and round the LoRA away (LOG.md)."""
    licence: str | None = None
    base: str | None = None
    """The hub's name of the model that the checkpoint was trained from."""
    run: Path | None = None
    """run.json of the training, or its recipe."""
    photos: Path | None = None
    """A recipe whose photo sizes a model without training is shown, to be compared with one that has had it."""

    @property
    def lora(self) -> Path | None:
        """The folder of the checkpoint's LoRA, if it has one."""
        folder = self.checkpoint / "adapter"
        return folder if folder.exists() else None

    @property
    def whole(self) -> Path:
        """The model without a LoRA beside it: the merged copy, or the checkpoint itself."""
        return self.made("merged") if self.lora else self.checkpoint

    @property
    def imatrix(self) -> Path | None:
        """The importance matrix for the quantised kinds, if they use one."""
        used = self.matrix and not self.package and self.kinds != (F16,)
        return self.made("imatrix.gguf") if used else None

    def made(self, name: str) -> Path:
        """Where the result of a step lies until it is shipped."""
        return self.out / "making" / name

    def mmproj(self, vision: str) -> Path:
        """The GGUF of a kind of vision tower; or the connector, of which there is one kind."""
        return self.made(export.vision_file(self.checkpoint) if vision == self.vision else f"mmproj-{vision}.gguf")

    def language(self, kind: str) -> Path:
        """The GGUF of a kind of language model."""
        return self.made(f"language-{kind}.gguf")


def run(plan: Plan) -> tuple[list[acceptance.Verdict], dict[str, list[verify.SampleRow]]]:
    """Make, measure and judge every variant of the plan, and ship those that pass.

    Returns the verdicts, the checkpoint's first, and the rows by variant's name. That nothing passes is no error.
    Raises KeepsakeError for a checkpoint that cannot be exported.
    """
    variants.read_config(plan.checkpoint)
    _refuse_unknown_kinds(plan)
    limits = acceptance.load()
    provenance = _provenance(plan)
    variants.refuse_partial(plan.checkpoint)
    if plan.kinds or plan.package:
        converter.find()
    candidates = variants_of(plan)
    build_cache.run(steps(plan))
    measured = [*candidates]
    if plan.lora:
        measured.insert(0, Variant("merged", "transformers", plan.whole))
    verdicts, rows = check(plan.checkpoint, measured, plan.samples, limits, plan.threads)
    passed = [variant for variant in candidates if any(v.name == variant.name and v.passed for v in verdicts)]
    if passed:
        publish.ship(plan.out, provenance, passed, verdicts)
    return verdicts, rows


def _provenance(plan: Plan) -> publish.Provenance:
    """What the files of a plan tell of the model. Raises KeepsakeError for one that cannot be read."""
    return publish.Provenance(
        plan.checkpoint,
        publish.origin(plan.checkpoint, plan.base, plan.licence, plan.run),
        package=plan.package,
        trained=manifest.trained_budget(plan.run),
        shown=manifest.trained_budget(plan.photos),
        layout=manifest.trained_layout(plan.run),
    )


def check(
    checkpoint: Path, measured: list[Variant], samples: int, limits: acceptance.Thresholds, threads: int = 1
) -> tuple[list[acceptance.Verdict], dict[str, list[verify.SampleRow]]]:
    """Measure variants against the checkpoint and judge them. The checkpoint's verdict comes first."""
    rows = verify.run(checkpoint, measured, samples, threads)
    reference = rows[verify.REFERENCE]
    itself = Variant(verify.REFERENCE, "transformers", checkpoint)
    verdicts = [acceptance.judge(itself, reference, reference, limits, None)]
    for variant in measured:
        template = chat_template.fault(variant, checkpoint)
        verdicts.append(acceptance.judge(variant, rows[variant.name], reference, limits, template))
    return verdicts, rows


def variants_of(plan: Plan) -> list[Variant]:
    """The variants for laptops that the steps of a plan make."""
    mmproj = plan.mmproj(plan.vision)
    found = []
    if plan.package and plan.lora:
        package, _, file = plan.package.partition("/")
        base = packaged(package, file)
        found.append(Variant("base + adapter", "llama.cpp", base, mmproj, plan.made("adapter.gguf")))
    found += [Variant(kind, "llama.cpp", plan.language(kind), mmproj) for kind in plan.kinds]
    for vision in plan.more_vision if plan.kinds else ():  # with the most exact language model: what is lost is its own
        name = f"{plan.kinds[0]} + mmproj {vision}"
        found.append(Variant(name, "llama.cpp", plan.language(plan.kinds[0]), plan.mmproj(vision)))
    found += [Variant(f"mlx-{kind}", "mlx", plan.made(f"mlx-{kind}")) for kind in plan.mlx]
    return found


def steps(plan: Plan) -> list[Step]:
    """All that is made of a checkpoint, in order. The inputs of a step decide whether its result is still fresh:
    changing their keys would make every export that was begun start anew."""
    source = variants.hashes(variants.model_files(plan.checkpoint), plan.checkpoint)
    weights = plan.whole if plan.lora else source
    return [*_merge_steps(plan, source), *_gguf_steps(plan, source, weights), *_mlx_steps(plan, weights)]


def _merge_steps(plan: Plan, source: Mapping[str, str]) -> list[Step]:
    """The merged copy of a checkpoint that has a LoRA. `source`: the checkpoint's hashes."""

    def merged(out: Path) -> None:
        from quantize.merge.lora import merge

        merge(plan.checkpoint, out, dtype=plan.dtype)

    return [Step(plan.whole, {"weights": source, "dtype": plan.dtype}, merged)] if plan.lora else []


def _gguf_steps(plan: Plan, source: Mapping[str, str], weights: Mapping[str, str] | Path) -> list[Step]:
    """mmproj, LoRA, importance matrix and language models for llama.cpp.

    `source`: the checkpoint's hashes; `weights`: the hashes or the folder of the model without LoRA.
    """
    if not (plan.kinds or plan.package):
        return []
    tools = {"llama-cpp-python": converter.installed(), "words": plan.pre_tokenizer}
    listed = [
        Step(
            plan.mmproj(vision),
            {"weights": weights, "vision": vision, **tools},
            partial(lambda vision, out: export.export_vision(plan.whole, out, vision), vision),
        )
        for vision in (plan.vision, *plan.more_vision)
    ]
    if plan.package and (lora := plan.lora):
        listed.append(
            Step(
                plan.made("adapter.gguf"),
                {"weights": source, "vision": plan.vision, **tools},
                lambda out: export.export_adapter(lora, plan.checkpoint, out, plan.vision),
            )
        )
    if not plan.kinds:
        return listed
    listed.append(
        Step(
            plan.language(F16),
            {"weights": weights, **tools},
            lambda out: export.export_language(plan.whole, out, F16, plan.pre_tokenizer),
        )
    )
    if plan.imatrix:
        listed.append(
            Step(
                plan.imatrix,
                {"weights": source, "samples": imatrix.SAMPLES, "seed": imatrix.SEED},
                lambda out: imatrix.gather(plan.checkpoint, out, imatrix.SAMPLES),
            )
        )
    for kind in plan.kinds:
        if kind != F16:
            listed += _quantised_steps(plan, kind, tools)
    return listed


def _quantised_steps(plan: Plan, kind: str, tools: Mapping[str, Any]) -> list[Step]:
    """One smaller copy of the f16 language model; before it, for `MIX`, the choice of types."""
    full, mmproj = plan.language(F16), plan.mmproj(plan.vision)
    inputs = {"f16": full, "imatrix": plan.imatrix, **tools}
    if kind != MIX:
        return [
            Step(
                plan.language(kind),
                {**inputs, "kind": kind, "types": None},
                lambda out: export.quantise(full, out, kind, plan.threads, plan.imatrix),
            )
        ]
    spec = variants.spec_of(Variant(plan.out.name, "llama.cpp", full, mmproj), plan.checkpoint)
    mix = plan.made(f"{MIX}.toml")
    sampled = {"prompts": mixed_precision.PROMPTS, "seed": mixed_precision.SEED}

    def types() -> dict[str, str]:
        return mixed_precision.read(mix)

    return [
        Step(
            mix,
            {**inputs, "mmproj": mmproj, **sampled},
            lambda out: mixed_precision.make_mix(
                spec, out, plan.imatrix, n=mixed_precision.PROMPTS, threads=plan.threads
            ),
        ),
        Step(
            plan.language(kind),
            {**inputs, "kind": kind, "types": types},
            lambda out: export.quantise(full, out, "Q4_K_M", plan.threads, plan.imatrix, types()),
        ),
    ]


def _mlx_steps(plan: Plan, weights: Mapping[str, str] | Path) -> list[Step]:
    """An MLX folder of each kind. `weights`: the hashes or the folder of the model without LoRA."""
    return [
        Step(
            plan.made(f"mlx-{kind}"),
            {"weights": weights, "kind": kind, "mlx-vlm": mlx_export.installed()},
            partial(mlx_export.convert, plan.whole, kind=kind),
        )
        for kind in plan.mlx
    ]


def _refuse_unknown_kinds(plan: Plan) -> None:
    """Raise KeepsakeError for a plan that names an unknown kind, or nothing to make."""
    if plan.more_vision and hf_config.connector(plan.checkpoint):
        raise KeepsakeError(
            f"{plan.checkpoint} has a connector and no vision tower: name one dtype for --vision, that of the LoRA"
        )
    if not (plan.kinds or plan.mlx or plan.package):
        raise KeepsakeError("nothing to make: name --kinds, --mlx or --package")
    smaller = [kind for kind in plan.kinds if kind in export.SMALLER]
    if smaller and not plan.imatrix:
        why = "with --package there is none" if plan.package else "leave --no-imatrix out"
        raise KeepsakeError(f"{smaller[0]} needs an importance matrix: {why}, or choose other --kinds")
    measured = [plan.imatrix, plan.made(f"{MIX}.toml") if MIX in plan.kinds else None]
    if any(result and not result.exists() for result in measured):
        imatrix.sample(0, imatrix.SEED)  # whose pictures may be missing: better now than after merging
    unknown = [k for k in plan.kinds if k not in (F16, *KINDS)] + [k for k in plan.mlx if k not in mlx_export.KINDS]
    if unknown:
        known = f"{', '.join((F16, *KINDS))}; for MLX {', '.join(mlx_export.KINDS)}"
        raise KeepsakeError(f"unknown kind {unknown[0]!r}: use some of {known}")
