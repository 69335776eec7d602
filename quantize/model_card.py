"""The model card of an export: what it is, where it comes from, how far each form is from it, how to load it.

Everything is taken from the manifest and from what was measured; what nobody said is left out or said to be missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from memory.episode import printable
from quantize.verify import acceptance


def card(manifest: dict[str, Any], found: Sequence[acceptance.Found]) -> str:
    """README.md of the folder, Markdown. `found`: the checkpoint first, then every form that was measured."""
    passed = [f for f in found if manifest["verified"]["forms"][f.name]["files"]]
    failed = [f for f in found[1:] if not f.passed]
    told = manifest["verified"]
    parts = [
        *_head(manifest),
        f"# {printable(manifest['name'])}",
        "A vision-language model for Keepsake, the private photo memory: it is shown photos with what "
        "was said about them, then a new photo, and describes it with what it was told. "
        "Exported by `python -m quantize all`.",
        "## Where it comes from",
        "\n".join(_origin(manifest)),
        "## What is here",
        _files(manifest, passed),
        "## Is it still the model?",
        f"Every form was asked what the app asks: {told['samples']} samples of the benchmark's test split (seed "
        f"{told['seed']}), photos included. The checkpoint (transformers, f32, LoRA unmerged) wrote captions; "
        f"the others read these captions behind the same prompts, {told['positions']} tokens. KL is in nats over the "
        "whole vocabulary, top-1 is the share of tokens where both find the same one likeliest. Captions, Acc+, Acc-, "
        "names and wrong names are of the form's own greedy captions. Speed and memory are of one process on the "
        "machine that exported it.",
        acceptance.table(found),
        "Against the checkpoint, on the same samples:\n\n" + "\n".join(f"- {acceptance.paired(f)}" for f in found[1:]),
        "To pass: " + ", ".join(f"{name} {value:g}" for name, value in told["thresholds"].items()) + ".",
        *(f"`{f.name}` is left out: {'; '.join(f.faults)}." for f in failed),
        "## How to load it",
        _loading(manifest, passed),
        "Do not use it to recognise real people who have not agreed to it.",
    ]
    return "\n\n".join(p for p in parts if p) + "\n"


def _head(manifest: dict[str, Any]) -> list[str]:
    """What the hub reads."""
    lines = [
        "---",
        *(f"{key}: {manifest[of]}" for key, of in (("license", "licence"), ("base_model", "base")) if manifest[of]),
    ]
    return ["\n".join([*lines, "pipeline_tag: image-text-to-text", "---"])]


def _origin(manifest: dict[str, Any]) -> list[str]:
    missing = "not stated"
    recipe = manifest["recipe"] or missing
    if manifest["recipe_sha256"]:
        recipe += f" (sha256 `{manifest['recipe_sha256']}`)"
    if manifest["commit"]:
        recipe += f", at commit `{manifest['commit']}`"
    return [
        f"- **Base:** {manifest['base'] or missing}",
        f"- **Licence:** {manifest['licence'] or 'not stated: ask those who made the base before you pass it on'}",
        f"- **Recipe:** {recipe}",
        f"- **Training data:** {'hash `' + manifest['data'] + '`' if manifest['data'] else missing}",
        f"- **Prompt layout:** {manifest['layout']} (`assistant/prompt.py`)",
    ]


def _files(manifest: dict[str, Any], passed: Sequence[acceptance.Found]) -> str:
    lines = ["| form | files | MB |", "| --- | --- | --- |"]
    for one in passed:
        entry = manifest["verified"]["forms"][one.name]["files"]
        names = [entry["folder"] + "/"] if "folder" in entry else [_name(e) for e in entry.values()]
        lines.append(f"| {one.name} | {', '.join(f'`{n}`' for n in names)} | {one.bytes / 1e6:.1f} |")
    return "\n".join([*lines, "", "`manifest.json` has the sha256 of each; the assistant refuses files that differ."])


def _name(entry: dict[str, Any]) -> str:
    return f"{entry['file']} (package {entry['package']})" if "package" in entry else entry["file"]


def _loading(manifest: dict[str, Any], passed: Sequence[acceptance.Found]) -> str:
    lines = []
    if manifest["files"]:
        language = _name(manifest["files"]["language"])
        lines.append(f"`python tui.py --model FOLDER` takes `{language}`, the smallest GGUF form that passed.")
    if any(f.engine == "mlx" for f in passed):
        lines.append("On a Mac: `python tui.py --model FOLDER/mlx-...`.")
    lines.append("Elsewhere: any llama.cpp with `--mmproj`, or mlx-vlm; the prompt is ChatML, as the template says.")
    return " ".join(lines)
