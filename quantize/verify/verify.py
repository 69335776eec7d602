"""Is a form of the model still the model? Every form is asked what the app asks, and held against the checkpoint.

The checkpoint (transformers, f32, LoRA unmerged) captions samples of the benchmark's test split. Each form then reads
those captions token by token behind the same prompts (photos included): at every position its distribution over the
whole vocabulary is compared. It also writes captions of its own, which the benchmark scores. Each form has a process of
its own, so that memory is its own too. Rows are kept: a run that was cut off goes on.

What is good enough is `acceptance.py`; whether the checkpoint is any good is the benchmark's question.
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
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from assistant import prompt
from assistant.backend import Chunk, Message, Options
from assistant.chatml import Mark, Piece, Words, pieces
from assistant.photo import from_image
from benchmark.judges.judge import Lexical
from benchmark.tasks.capeval import scorer
from benchmark.world.concepts import concepts
from benchmark.world.sample import Sample, Spec, build
from benchmark.world.scene import Look, draw
from memory.episode import Episode, Photo, Turn
from memory.errors import KeepsakeError
from memory.paths import home, private_folder
from quantize.variants import Form, Reader, hashes, open_form

NAMES = ("Milo", "Anna", "Noel", "Ruby")
SIZES = {"quick": 12, "full": 100}
"""Samples."""
SEED = 11
OPTIONS = Options()
"""As the app writes."""
END = Mark("<|im_end|>")
TRUTH = "checkpoint"
VERSION = 1
"""Of the rows: another number leaves the old ones alone."""


@dataclass(frozen=True, slots=True)
class Row:
    """A form on one sample."""

    index: int
    sample: str
    caption: str
    kl: list[float]
    """Nats at each token of the checkpoint's caption, its end of turn included."""
    same: list[bool]
    """Whether the likeliest token is the checkpoint's there."""
    same_words: bool
    """Whether the prompt's words became the same tokens."""
    score: dict[str, list[float]]
    """[right, asked] by measure, of the form's own caption."""
    per_second: float | None
    """Tokens written a second once the prompt was read; None of a reader that gives its text in one piece."""
    peak: int
    """Most bytes in memory so far, of the whole process."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Two readers at one position."""

    kl: float
    """Nats: what is lost by taking the second reader's distribution for the first one's."""
    same_first: bool
    """Whether both find the same token likeliest."""
    share: float
    """The first reader's chance of the second one's choice, relative to its own choice: 1 = the same, or as good."""


def compare(truth: np.ndarray, other: np.ndarray) -> Agreement:
    """Logits (V,) of both."""
    a, b = _log_softmax(truth), _log_softmax(other)
    kl = float((np.exp(a) * (a - b)).sum())
    return Agreement(kl, bool(a.argmax() == b.argmax()), float(np.exp(a[b.argmax()] - a.max())))


def prompts(n: int, side: int = 128) -> list[list[Piece]]:
    """`n` caption requests over one to four memories, each with its photo: two to five photos a prompt."""
    codes = [c.code for c in concepts("test")]
    return [_prompt([codes[(4 * i + j) % len(codes)] for j in range(1 + i % 4)], i, side) for i in range(n)]


def drawn(n: int) -> list[Sample]:
    """The samples of a run: test split, one known thing among three memories, every fourth time two among six."""
    return [build(Spec("test", SEED, i, 2 if i % 4 == 3 else 1)) for i in range(n)]


def run(checkpoint: Path, forms: Sequence[Form], n: int, threads: int = 1) -> dict[str, list[Row]]:
    """The checkpoint and every form on n samples, each in a process of its own: rows by the form's name.

    Raises KeepsakeError when a form cannot be loaded, reads another vocabulary, or its process dies.
    """
    truth = Form(TRUTH, "transformers", checkpoint)
    work, samples = private_folder(home() / "verify" / identity(truth)), drawn(n)
    paths = {form: work / f"{identity(form)}.jsonl" for form in (truth, *forms)}
    if twice := {form.name for form in paths if [f.name for f in paths].count(form.name) > 1}:
        raise KeepsakeError(f"two forms are named {min(twice)}: rename a file, or check them one after the other")
    missing = [form for form in forms if len(read(paths[form], samples)) < n]
    kept = all(_known(paths[truth], sample).exists() for sample in samples)
    if len(read(paths[truth], samples)) < n or (missing and not kept):
        missing.insert(0, truth)
    for form in missing:
        _apart(form, checkpoint, samples, paths[form], threads)
    for path in work.glob("*.npz"):  # large, and the rows say it all
        path.unlink()
    return {form.name: read(path, samples) for form, path in paths.items()}


def identity(form: Form) -> str:
    """Changes with its files, the engine's version, and what is measured."""
    package = {"transformers": "transformers", "llama.cpp": "llama-cpp-python", "mlx": "mlx-vlm"}[form.engine]
    told = [VERSION, SEED, package, importlib.metadata.version(package), hashes(form.files(), form.language)]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]


def measure(reader: Reader, form: str, samples: Sequence[Sample], path: Path) -> list[Row]:
    """A reader on samples: a row each, added to the file `path`; rows that are there are kept.

    The form named `TRUTH` leaves its tokens and logits beside `path`, where all others find them.
    """
    done = {row.index for row in read(path, samples)}
    torn = path.exists() and not path.read_bytes().endswith(b"\n")
    with open(path, "a", encoding="utf-8") as file:
        file.write("\n" * torn)  # else the next row would join the one that a kill cut off
        for i, sample in enumerate(samples):
            known = _known(path, sample)
            if i in done and (form != TRUTH or known.exists()):
                continue
            file.write(json.dumps(asdict(_row(reader, form, i, sample, known)), ensure_ascii=False) + "\n")
            file.flush()
            print(f"{form}: {i + 1} of {len(samples)} prompts", file=sys.stderr)
    return read(path, samples)


def read(path: Path, samples: Sequence[Sample]) -> list[Row]:
    """Whole rows about these samples, the last one of each; a line cut off by a kill is left out."""
    found: dict[int, Row] = {}
    for line in path.read_text(encoding="utf-8", errors="replace").split("\n") if path.exists() else ():
        try:
            row = Row(**json.loads(line))
        except (json.JSONDecodeError, TypeError):
            continue
        if row.index < len(samples) and row.sample == samples[row.index].id:
            found[row.index] = row
    return [found[i] for i in sorted(found)]


def _known(path: Path, sample: Sample) -> Path:
    """The checkpoint's tokens and logits, beside the rows."""
    return path.with_name(f"{sample.id}.npz")


def _row(reader: Reader, form: str, index: int, sample: Sample, known: Path) -> Row:
    messages = prompt.caption_messages(sample.context, sample.query)
    text, stop, speed = _write(reader, messages)
    asked = pieces(messages)
    words = [reader.tokenize(p) for p in asked if not isinstance(p, Photo)]
    if form == TRUTH:
        # one that said nothing at all: its silence is what is compared
        tokens = reader.tokenize(Words(text)) + (reader.tokenize(END) if stop == "end" or not text else [])
        partial = known.with_suffix(".partial.npz")
        np.savez(partial, logits=reader.follow(asked, tokens), tokens=tokens, words=json.dumps(words))
        partial.replace(known)
    truth = np.load(known)
    expected = truth["logits"]
    logits = expected if form == TRUTH else reader.follow(asked, truth["tokens"].tolist())
    if logits.shape != expected.shape:
        raise KeepsakeError(f"{form} has {logits.shape[1]} tokens, the checkpoint {expected.shape[1]}: another model")
    found = [compare(a, b) for a, b in zip(expected, logits, strict=True)]
    score = scorer(Lexical())({"caption": text.strip()}, sample)
    return Row(
        index,
        sample.id,
        text.strip(),
        [round(one.kl, 7) for one in found],
        [one.same_first for one in found],
        words == json.loads(str(truth["words"])),
        {measure: [float(x) for x in pair] for measure, pair in score.items()},
        speed,
        _peak(),
    )


def _write(reader: Reader, messages: Sequence[Message]) -> tuple[str, str | None, float | None]:
    """The reader's own turn, why it stopped, and tokens a second behind the first piece."""
    first, text, last = None, "", Chunk("")
    for last in reader.stream(messages, OPTIONS):
        if first is None and last.stop is None:
            first = time.monotonic()
        text += last.text
    took = None if first is None else time.monotonic() - first
    return text, last.stop, round(last.new_tokens / took, 2) if took else None


def _apart(form: Form, checkpoint: Path, samples: Sequence[Sample], path: Path, threads: int) -> None:
    """`measure` in a new process."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        try:
            pool.submit(_measure, form, checkpoint, samples, path, threads).result()
        except BrokenProcessPool:
            raise KeepsakeError(f"{form.name}: its process died (out of memory?); run again to go on") from None


def _measure(form: Form, checkpoint: Path, samples: Sequence[Sample], path: Path, threads: int) -> None:
    warnings.simplefilter("ignore")  # what libraries tell each other
    reader = open_form(form, checkpoint, threads)
    try:
        measure(reader, form.name, samples, path)
    finally:
        reader.close()


def _peak() -> int:
    """Most memory this process ever held, bytes."""
    status = Path("/proc/self/status")
    if status.exists():  # what getrusage says there includes the parent, as it was when it started this process
        return next(int(line.split()[1]) * 1024 for line in status.read_text().splitlines() if line[:6] == "VmHWM:")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _prompt(codes: Sequence[str], seed: int, side: int) -> list[Piece]:
    episodes = [
        Episode(_photo(code, seed, side), (Turn("user", f"This is {name}."),), datetime(2025, 5, 1 + i, tzinfo=UTC))
        for i, (code, name) in enumerate(zip(codes, NAMES, strict=False))
    ]
    return pieces(prompt.caption_messages(episodes, _photo(codes[seed % len(codes)], seed + 1000, side)))


def _photo(code: str, seed: int, side: int) -> Photo:
    return from_image(draw([Look(code)], seed, side).image)


def _log_softmax(logits: np.ndarray) -> np.ndarray:
    x = logits.astype(np.float64) - logits.max()
    return x - np.log(np.exp(x).sum())
