"""Is an exported variant still the model? Every variant is asked what the app asks, and compared with the checkpoint.

The checkpoint (transformers, f32, LoRA unmerged) captions samples of the benchmark's test split. Each variant then
reads those captions token by token behind the same prompts (photos included): at every position its distribution over
the whole vocabulary is compared. Each also writes captions of its own, which the benchmark scores. Each variant runs in
a process of its own, so that its memory can be measured. Rows are saved, and an interrupted run goes on.

`acceptance.py` decides what is good enough; whether the checkpoint is any good is the benchmark's question.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import multiprocessing
import resource
import sys
import time
import warnings
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from assistant import prompt
from assistant.backend import Chunk, Message, Options
from assistant.chatml import Mark, Words, pieces
from assistant.photo import from_image, pixels
from benchmark.judges.judge import Lexical
from benchmark.tasks.capeval import scorer
from benchmark.world.sample import Sample, Spec, build
from memory.episode import Photo
from memory.errors import KeepsakeError
from memory.files import append_lines
from memory.paths import home, private_folder
from quantize.manifest import photo_settings
from quantize.variants import Reader, Variant, compare, hashes, open_variant

SIZES = {"quick": 12, "full": 100}
"""Samples of a run, by the name of its size."""
SEED = 11
OPTIONS = Options()
"""Captions are written with the app's own options."""
END = Mark("<|im_end|>")
REFERENCE = "checkpoint"
"""The name of the variant that all others are compared with."""
ORDINARY = ((500, 375), (375, 500), (500, 333), (623, 467), (320, 569), (750, 300), (333, 501), (400, 400))
"""Sizes in pixels of query photos, as cameras, screens and chats make them; none but the last has sides of one length.
Memories have half of them: several photos must not make the reference, which has no cache, read for hours."""
VERSION = 2
"""Version of the rows: with another number, rows that were saved before are not used."""


@dataclass(frozen=True, slots=True)
class SampleRow:
    """How a variant did on one sample. The names of the fields are those of the saved rows."""

    index: int
    sample: str
    """The sample's id."""
    caption: str
    """The variant's own caption."""
    kl: list[float]
    """KL divergence in nats at each token of the checkpoint's caption, the end of turn included."""
    same: list[bool]
    """Whether the variant finds the same token likeliest, at each of these tokens."""
    same_words: bool
    """Whether it splits the prompt's text into the same tokens."""
    score: dict[str, list[float]]
    """The benchmark's [right, asked] of the variant's own caption, by measure."""
    per_second: float | None
    """Tokens written a second once the prompt was read; None for a reader that gives its text in one chunk."""
    peak: int
    """The most memory that the process has held so far, in bytes."""
    photo_error: float
    """Relative error of the query's visual tokens, 0 to 1; 1 too where their number differs."""


def draw_samples(n: int, any_shape: bool = False) -> list[Sample]:
    """The samples of a run: test split, one known concept among three memories, every fourth time two among six.

    `any_shape`: the model takes photos as they are, so that they get ordinary sizes; else each becomes one square.
    """
    drawn = [build(Spec("test", SEED, i, 2 if i % 4 == 3 else 1)) for i in range(n)]
    return [_ordinary(sample, i) for i, sample in enumerate(drawn)] if any_shape else drawn


def _ordinary(sample: Sample, index: int) -> Sample:
    """The sample with photos of `ORDINARY` sizes: each drawn square with its edges drawn out on two sides."""

    def widened(photo: Photo, number: int, part: int) -> Photo:
        width, height = (side // part for side in ORDINARY[(index + number) % len(ORDINARY)])
        inner = min(width, height)
        square = np.asarray(Image.fromarray(pixels(photo)).resize((inner, inner), Image.Resampling.BICUBIC))
        left, top = (width - inner) // 2, (height - inner) // 2
        margins = ((top, height - inner - top), (left, width - inner - left), (0, 0))
        return from_image(Image.fromarray(np.pad(square, margins, "edge")))

    context = tuple(replace(e, photo=widened(e.photo, i + 1, 2)) for i, e in enumerate(sample.context))
    return replace(sample, context=context, query=widened(sample.query, 0, 1))


def run(checkpoint: Path, variants: Sequence[Variant], n: int, threads: int = 1) -> dict[str, list[SampleRow]]:
    """Measure the checkpoint and every variant on n samples, each in a process of its own: rows by variant's name.

    Raises KeepsakeError when a variant cannot be loaded, has another vocabulary, or its process dies.
    """
    reference = Variant(REFERENCE, "transformers", checkpoint)
    work, samples = (
        private_folder(home() / "verify" / identity(reference)),
        draw_samples(n, photo_settings(checkpoint).get("side") is None),
    )
    paths = {variant: work / f"{identity(variant)}.jsonl" for variant in (reference, *variants)}
    if twice := {variant.name for variant in paths if [v.name for v in paths].count(variant.name) > 1}:
        raise KeepsakeError(f"two variants are named {min(twice)}: rename a file, or check them one after the other")
    missing = [variant for variant in variants if len(read(paths[variant], samples)) < n]
    logits_saved = all(_reference_file(paths[reference], sample).exists() for sample in samples)
    if len(read(paths[reference], samples)) < n or (missing and not logits_saved):
        missing.insert(0, reference)
    for variant in missing:
        _measure_in_new_process(variant, checkpoint, samples, paths[variant], threads)
    for path in work.glob("*.npz"):  # large, and no longer needed: the rows are complete
        path.unlink()
    return {variant.name: read(path, samples) for variant, path in paths.items()}


def identity(variant: Variant) -> str:
    """A hash of the variant's files, its engine's version, and what is measured."""
    package = {"transformers": "transformers", "llama.cpp": "llama-cpp-python", "mlx": "mlx-vlm"}[variant.engine]
    version = importlib.metadata.version(package)
    parts = [VERSION, SEED, package, version, hashes(variant.files(), variant.language)]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def measure(reader: Reader, name: str, samples: Sequence[Sample], path: Path) -> list[SampleRow]:
    """Measure a reader on samples; a row for each is added to the file `path`, unless it is there.

    The reader named `REFERENCE` saves its tokens and logits beside `path`, where all others find them.
    """
    done = {row.index for row in read(path, samples)}
    for i, sample in enumerate(samples):
        expected = _reference_file(path, sample)
        if i in done and (name != REFERENCE or expected.exists()):
            continue
        append_lines(path, [asdict(_row(reader, name, i, sample, expected))])
        print(f"{name}: {i + 1} of {len(samples)} prompts", file=sys.stderr)
    return read(path, samples)


def read(path: Path, samples: Sequence[Sample]) -> list[SampleRow]:
    """The saved rows about these samples, the last one of each; a line that a kill cut off is left out."""
    rows: dict[int, SampleRow] = {}
    for line in path.read_text(encoding="utf-8", errors="replace").split("\n") if path.exists() else ():
        try:
            row = SampleRow(**json.loads(line))
        except (json.JSONDecodeError, TypeError):
            continue
        if row.index < len(samples) and row.sample == samples[row.index].id:
            rows[row.index] = row
    return [rows[i] for i in sorted(rows)]


def _reference_file(path: Path, sample: Sample) -> Path:
    """Where the checkpoint's tokens and logits for a sample are saved: beside the file of rows `path`."""
    return path.with_name(f"{sample.id}.npz")


def _row(reader: Reader, name: str, index: int, sample: Sample, reference: Path) -> SampleRow:
    """Measure a reader on one sample. `reference` is the file that the checkpoint writes and all others read."""
    messages = prompt.caption_messages(sample.context, sample.query)
    text, stop, speed = _write_caption(reader, messages)
    asked = pieces(messages)
    words = [reader.tokenize(p) for p in asked if not isinstance(p, Photo)]
    seen = reader.embed(sample.query)
    if name == REFERENCE:
        # of a checkpoint that wrote nothing, the end of turn is compared
        tokens = reader.tokenize(Words(text)) + (reader.tokenize(END) if stop == "end" or not text else [])
        partial = reference.with_suffix(".partial.npz")
        np.savez(partial, logits=reader.follow(asked, tokens), tokens=tokens, words=json.dumps(words), seen=seen)
        partial.replace(reference)
    saved = np.load(reference)
    expected = saved["logits"]
    logits = expected if name == REFERENCE else reader.follow(asked, saved["tokens"].tolist())
    if logits.shape != expected.shape:
        raise KeepsakeError(f"{name} has {logits.shape[1]} tokens, the checkpoint {expected.shape[1]}: another model")
    agreements = [compare(a, b) for a, b in zip(expected, logits, strict=True)]
    score = scorer(Lexical())({"caption": text.strip()}, sample)
    return SampleRow(
        index,
        sample.id,
        text.strip(),
        [round(one.kl, 7) for one in agreements],
        [one.same_first for one in agreements],
        words == json.loads(str(saved["words"])),
        {measure: [float(x) for x in pair] for measure, pair in score.items()},
        speed,
        _peak_memory(),
        _photo_error(seen, saved["seen"]),
    )


def _photo_error(seen: np.ndarray, expected: np.ndarray) -> float:
    """How far visual tokens (T, D) are from the checkpoint's, as a share of their length; at most 1."""
    if seen.shape != expected.shape:
        return 1.0
    return round(min(1.0, float(np.linalg.norm(seen - expected) / np.linalg.norm(expected))), 6)


def _write_caption(reader: Reader, messages: Sequence[Message]) -> tuple[str, str | None, float | None]:
    """The reader's own turn, why it stopped, and tokens a second after the first chunk."""
    first, text, last = None, "", Chunk("")
    for last in reader.stream(messages, OPTIONS):
        if first is None and last.stop is None:
            first = time.monotonic()
        text += last.text
    took = None if first is None else time.monotonic() - first
    return text, last.stop, round(last.new_tokens / took, 2) if took else None


def _measure_in_new_process(
    variant: Variant, checkpoint: Path, samples: Sequence[Sample], path: Path, threads: int
) -> None:
    """`_measure` in a process of its own. Raises KeepsakeError when the process dies."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        try:
            pool.submit(_measure, variant, checkpoint, samples, path, threads).result()
        except BrokenProcessPool:
            raise KeepsakeError(f"{variant.name}: its process died (out of memory?); run again to go on") from None


def _measure(variant: Variant, checkpoint: Path, samples: Sequence[Sample], path: Path, threads: int) -> None:
    """Load a variant and measure it."""
    warnings.simplefilter("ignore")  # of libraries about each other
    reader = open_variant(variant, checkpoint, threads)
    try:
        measure(reader, variant.name, samples, path)
    finally:
        reader.close()


def _peak_memory() -> int:
    """The most memory that this process ever held, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():  # getrusage would include the parent's memory, as it was when it started this process
        return next(int(line.split()[1]) * 1024 for line in status.read_text().splitlines() if line[:6] == "VmHWM:")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
