"""The tree of `docs/architecture.md`: one line a file, from the file's own docstring. No tests in here.

`python -m tests.support.house_tree` writes the tree anew.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "architecture.md"
BLOCK = re.compile(r"(?<=^## The tree\n)(.*?^```text\n)(.*?)(?=^```)", re.MULTILINE | re.DOTALL)
WIDTH = 44
"""Columns that a path takes; a longer path moves its sentence to the right."""
ROOMS = ("memory", "assistant", "ui", "demo", "benchmark", "train", "quantize")
OTHERS = {
    "tui.tcss": "How the app looks: Textual's style sheet.",
    "assistant/models/models.toml": "The models Keepsake knows by name: repositories, commits, files, sizes, licences.",
    "demo/album.toml": "What was said about the photos of the demo album, which lie beside it.",
    "benchmark/world/paraphrases.toml": "Wordings that say the same, for the lexical judge.",
    "benchmark/notes/README.md": "The data card of the notes.",
    "benchmark/notes/WRITING.md": "How to write more notes.",
    "benchmark/notes/data/": "The notes, a file for each voice.",
    "benchmark/notes/plain/": "The plain notes, with their data card; `dev.jsonl` is never trained on.",
    "benchmark/notes/values.toml": "Names and places that fill the slots of notes, split.",
    "benchmark/meaning/README.md": "The data card of the questions in other words.",
    "benchmark/meaning/questions.tsv": "Questions in other words, each with the note that answers it, split.",
    "benchmark/report/report.html.j2": "The template of the report.",
    "benchmark/retrieval/things/recall_page.html.j2": "The template of the page about recall of real things.",
    "benchmark/security/injections.toml": "The attempts to steer a model.",
    "benchmark/suite/suite.toml": "What `diagnose` runs, quick and full.",
    "benchmark/world/concepts.tsv": "Every concept, its kind and its split.",
    "benchmark/world/near.tsv": "Which concepts look alike.",
    "benchmark/world/pictures/": "The pictures of the held-out concepts, with their notice.",
    "benchmark/world/words.toml": "Names and phrases, split like the concepts.",
    "train/launch/": "Settings of accelerate for several devices: DDP, FSDP, ZeRO-2 and ZeRO-3.",
    "train/recipes/": "Recipes: the nano's, the Qwen3-VL recipes, the baselines.",
    "train/studies/": "What a study varies.",
    "train/study/results.html.j2": "The template of the page of results.",
    "quantize/verify/thresholds.toml": "What a variant of a model must keep.",
    "train/encoder/projection.npz": "Centre and projection of the photo encoder.",
    "models/encoder/": "The photo encoder that ships: network, manifest, card, notice.",
    "models/embedder/": "The text embedder that ships: network, vocabulary, manifest, card, notice.",
    "models/reader/": "The reader that ships: network, vocabulary, manifest, card, notice.",
    "models/verifier/": "The verifier that ships: network, vocabulary, manifest, card, notice.",
    "models/nano/": "The first embedded model: vision tower and LoRA, manifest, model card, training curve.",
    "models/nano2/": "The embedded model: connector and LoRA, manifest, model card.",
    "docs/": "The pages for readers.",
    "runs/": "Whole runs as scripts: `small.sh` (the nano), `full.sh` (8B), `study.sh`.",
    "tests/": "The tests, in the same folders as the rooms; what tests share is in `tests/support`.",
    "Makefile": "Run, test, lint, types, bench, train, clean.",
    "pyproject.toml": "Dependencies, extras, settings of ruff, mypy and pytest.",
    ".ci/run": "What a build machine runs: `make test`.",
    ".ci/lab": "Beside it: `make test-lab`, a tiny Qwen3-VL through the lab run.",
}
"""What is not Python, or has no docstring: path and sentence. A folder ends with a slash."""


def expected() -> dict[str, str]:
    """Every Python file and package outside the tests, and `OTHERS`: path to sentence."""
    found = dict(OTHERS)
    for path in [*ROOT.glob("*.py"), *(p for room in ROOMS for p in (ROOT / room).rglob("*.py"))]:
        name = path.relative_to(ROOT).as_posix().removesuffix("__init__.py")
        found[name] = sentence_of(path)
    return found


def sentence_of(path: Path) -> str:
    """The first sentence of a module's docstring; "" if there is none."""
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    words = " ".join(docstring.split("\n\n")[0].split())
    end = re.search(r"[.?](?= [^a-z]|$)", words)
    return (words[: end.end()] if end else words).rstrip(":")


def listed() -> list[tuple[str, str]]:
    """Path and sentence of every line of the page's tree. Raises ValueError when the page has no tree."""
    block = BLOCK.search(PAGE.read_text(encoding="utf-8"))
    if not block:
        raise ValueError(f"{PAGE.name} has no block ```text under '## The tree'")
    lines = [line.split(maxsplit=1) for line in block[2].splitlines() if line.strip()]
    return [(words[0], words[1].strip() if len(words) > 1 else "") for words in lines]


def lines() -> Iterator[str]:
    """The tree as it should be: the app first, then room by room, then everything else."""
    sentences = expected()

    def order(path: str) -> tuple[int, str, str]:
        room = path.split("/")[0]
        if room in ROOMS:
            folder, _, name = path.rpartition("/")
            return ROOMS.index(room) + 1, folder, name
        return (0 if path.startswith("tui.") else len(ROOMS) + 1), "", ""

    last: int | None = None
    for path in sorted(sentences, key=order):
        if last not in (None, order(path)[0]):
            yield ""
        last = order(path)[0]
        yield f"{path:<{WIDTH}} {sentences[path]}".rstrip()


def main() -> int:
    """Write the tree into the page."""
    text = PAGE.read_text(encoding="utf-8")
    if not BLOCK.search(text):
        print(f"{PAGE.name} has no block ```text under '## The tree'", file=sys.stderr)
        return 1
    tree = "".join(f"{line}\n" for line in lines())
    PAGE.write_text(BLOCK.sub(lambda found: found[1] + tree, text), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
