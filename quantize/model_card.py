"""The model card of an export: what the model is, its origin, how far each variant is from it, how to load it.

Everything is taken from the manifest and from what was measured; what is not known is left out or said to be missing.
The head that the hub reads is written and read by huggingface_hub, which quotes what YAML would misread.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from assistant.models.photo_budget import read_budget
from benchmark import markdown
from memory.episode import printable
from memory.text import count
from quantize import other_apps
from quantize.verify import acceptance


def card(manifest: dict[str, Any], verdicts: Sequence[acceptance.Verdict]) -> str:
    """README.md of the folder, in Markdown. `verdicts`: the checkpoint's first, then that of every variant measured."""
    passed = [v for v in verdicts if manifest["verified"]["forms"][v.name]["files"]]
    failed = [v for v in verdicts[1:] if not v.passed]
    verified = manifest["verified"]
    parts = [
        _head(manifest),
        f"# {printable(manifest['name'])}",
        "A vision-language model for Keepsake, the private photo memory. Its prompt has past photos with what was said "
        "about them, and a new photo; it describes the new photo with what was said about the past ones. "
        "Exported by `python -m quantize all`.",
        "## Where it comes from",
        "\n".join(_origin(manifest)),
        "## What is here",
        _files(manifest, passed),
        "## Is it still the model?",
        f"Every variant was asked what the app asks: {count(verified['samples'], 'sample')} of the benchmark's test "
        f"split (seed {verified['seed']}), photos included. The checkpoint (transformers, f32, LoRA unmerged) wrote "
        "captions; "
        f"the others read these captions behind the same prompts, {verified['positions']} tokens. KL is in nats over "
        "the whole vocabulary, top-1 is the share of tokens where both find the same one likeliest. Captions, Acc+, "
        "Acc-, names and wrong names are of the variant's own greedy captions. Speed and memory are of one process on "
        "the machine that exported it.",
        acceptance.table(verdicts),
        "Against the checkpoint, on the same samples:\n\n"
        + "\n".join(f"- {acceptance.paired(v)}" for v in verdicts[1:]),
        "To pass: " + ", ".join(f"{name} {value:g}" for name, value in verified["thresholds"].items()) + ".",
        *(f"`{v.name}` is left out: {'; '.join(v.faults)}." for v in failed),
        "## How to load it",
        _loading(manifest, passed),
        "Do not use it to recognise real people who have not agreed to it.",
    ]
    return "\n\n".join(p for p in parts if p) + "\n"


def licence_of(path: Path) -> str | None:
    """The licence in the head of a published model card; None when there is no card, or none in its head."""
    from huggingface_hub import metadata_load
    from yaml import YAMLError

    try:
        head = metadata_load(path) or {}
    except (OSError, ValueError, YAMLError):
        return None
    return head["license"] if isinstance(head.get("license"), str) else None


def _head(manifest: dict[str, Any]) -> str:
    """What the hub reads: licence, base model and task, as YAML between two lines of dashes."""
    from huggingface_hub import ModelCardData

    data = ModelCardData(license=manifest["licence"], base_model=manifest["base"], pipeline_tag="image-text-to-text")
    return f"---\n{data.to_yaml()}\n---"


def _origin(manifest: dict[str, Any]) -> list[str]:
    """Base, licence, recipe, data and prompt layout, a list item each."""
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
        f"- **Prompt layout:** {manifest['layout']} (`assistant/prompt.py`)"
        + ("" if manifest["layout"] == "aligned" else " in training; the app writes its prompts aligned"),
        *_photos(manifest["photo"]),
    ]


def _photos(photo: dict[str, Any]) -> list[str]:
    """How large photos are shown to the model, and how large they were in its training."""
    if "side" not in photo:
        return [f"- **Photos:** {photo['tokens']} visual tokens each, from Keepsake's photo encoder and a connector"]
    if photo["side"]:
        return [f"- **Photos:** each becomes a square of {photo['side']} pixels, {photo['tokens']} visual tokens"]
    used = read_budget(photo)
    if "trained" not in photo:
        return [f"- **Photos:** {used}; how many it was trained with is not stated"]
    trained = read_budget(photo["trained"])
    return [f"- **Photos:** {used}, " + ("as in training" if trained == used else f"in training {trained}")]


def _files(manifest: dict[str, Any], passed: Sequence[acceptance.Verdict]) -> str:
    """The table of variants with their files and sizes."""
    rows = []
    for one in passed:
        entry = manifest["verified"]["forms"][one.name]["files"]
        names = [entry["folder"] + "/"] if "folder" in entry else [_name(e) for e in entry.values()]
        rows.append((one.name, ", ".join(f"`{n}`" for n in names), f"{one.bytes / 1e6:.1f}"))
    told = "`manifest.json` has the sha256 of each; the assistant refuses files that differ."
    return f"{markdown.table(('variant', 'files', 'MB'), rows)}\n\n{told}"


def _name(entry: dict[str, Any]) -> str:
    """A file's name, with its package if it comes from one."""
    return f"{entry['file']} (package {entry['package']})" if "package" in entry else entry["file"]


def _loading(manifest: dict[str, Any], passed: Sequence[acceptance.Verdict]) -> str:
    """How to run the variants that are here."""
    lines = []
    if manifest["files"]:
        language = _name(manifest["files"]["language"])
        lines.append(f"`python tui.py --model FOLDER` takes `{language}`, the smallest GGUF variant that passed.")
    if any(v.engine == "mlx" for v in passed):
        lines.append("On a Mac: `python tui.py --model FOLDER/mlx-...`.")
    if "side" in manifest["photo"]:
        lines.append(
            "Elsewhere: any llama.cpp with `--mmproj`, or mlx-vlm; the prompt is ChatML, as the template says."
        )
    else:
        lines.append("Other programs run the language model, but see no photos: these pass through the connector.")
    return "\n\n".join([" ".join(lines), *other_apps.how_to(manifest)])
