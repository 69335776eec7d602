"""Check whether a model, or a photo encoder, works on this machine, and how fast: its files, and one photo.

Photo and prompt are fixed, so that the numbers of two models can be compared. The check says nothing about quality.
"""

from __future__ import annotations

import hashlib
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

from assistant import prompt
from assistant.backend import Chunk, Options
from assistant.encoder.encoder_manifest import read_manifest
from assistant.encoder.onnx_encoder import OnnxEncoder
from assistant.encoder.open_encoder import encoder_folder
from assistant.models import hardware, local, registry
from assistant.models.model_files import inside, packaged, read_object
from assistant.models.spec import Spec
from assistant.photo import from_image
from assistant.worker.worker_backend import WorkerBackend
from memory.episode import Photo
from memory.errors import ModelError

NEW_TOKENS = 48
"""Most tokens that the model writes."""
FINE = 1024
"""Visual tokens of a photo from which on, by llama.cpp's authors, a Qwen3-VL sees small things."""
PHOTOS = 9
"""Photos that an encoder is timed with."""


@dataclass(frozen=True, slots=True)
class Health:
    """The results of a check. Sizes in bytes, times in seconds."""

    name: str
    compared: int
    """Files whose sha256 was compared with the manifest's; 0 for a folder without manifest."""
    load_seconds: float
    peak: int
    """Most memory that the model's process used, the mapped weights included."""
    estimate: int
    """Memory that `models list` estimates, with a full context."""
    prompt_tokens: int
    prompt_per_second: float
    """Tokens of the prompt, photo included, divided by the time to the first word."""
    new_tokens: int
    new_per_second: float | None
    """None when the model wrote fewer than two tokens."""
    said: str
    """What the model wrote."""
    photos: str
    """How large the model sees a photo, and how that differs from its training."""


@dataclass(frozen=True, slots=True)
class EncoderHealth:
    """The results of a photo encoder's check. Times in seconds."""

    name: str
    space: str
    compared: int
    """Files whose sha256 was compared with the manifest's."""
    load_seconds: float
    photo_seconds: float
    """Processor time of one photo: the median of PHOTOS."""
    tokens: int
    """Tokens of a photo."""
    width: int
    """Numbers in a token's vector."""


def check_encoder(name: str, on_step: Callable[[str], None] = lambda _: None) -> EncoderHealth:
    """Compare an encoder's files, open it, let it encode a photo. Raises ModelError."""
    folder = encoder_folder(name)
    manifest = read_manifest(folder)
    files = [(manifest.file, manifest.sha256), (manifest.projection, manifest.projection_sha256)]
    compared = [(inside(folder, file), digest) for file, digest in files if file and digest]
    for path, digest in compared:
        _compare(path, digest, on_step)
    on_step(f"opening {manifest.name}")
    began = time.monotonic()
    encoder = OnnxEncoder(folder)
    loaded, seconds = time.monotonic() - began, []
    on_step("encoding a photo")
    tokens = encoder.encode(known_photo())  # the first run makes the engine's buffers
    for i in range(PHOTOS):
        photo = known_photo(i + 1)
        before = time.process_time()
        encoder.encode(photo)
        seconds.append(time.process_time() - before)
    encoder.close()
    median = round(sorted(seconds)[PHOTOS // 2], 4)
    return EncoderHealth(encoder.name, encoder.space, len(compared), round(loaded, 2), median, *tokens.shape)


def check(name: str, on_step: Callable[[str], None] = lambda _: None) -> Health:
    """Compare a model's files, load it, let it describe a photo. Raises ModelError, ModelStopped.

    `on_step` gets a line about each step before it begins.
    """
    try:
        compared = _compare_files(local.find(name), on_step)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{name}: its manifest.json is not a model manifest: {error}") from error
    spec = local.load(name)
    needs = hardware.memory_needed(registry.weight(spec), registry.kv_bytes(spec))
    on_step(f"loading {spec.name}")
    backend = WorkerBackend(spec)
    try:
        began = time.monotonic()
        backend.start()
        loaded = time.monotonic()
        on_step("reading a photo")
        text, last, first_at = "", Chunk(""), 0.0
        for last in backend.stream(prompt.caption_messages((), known_photo()), Options(max_new_tokens=NEW_TOKENS)):
            first_at = first_at or time.monotonic()
            text += last.text
        ended = time.monotonic()
        peak = peak_memory(backend.pid)
    finally:
        backend.close()
    writing = ended - first_at
    return Health(
        spec.name,
        compared,
        round(loaded - began, 2),
        peak,
        needs,
        last.prompt_tokens,
        round((last.prompt_tokens - last.cached_tokens) / (first_at - loaded), 1),
        last.new_tokens,
        round((last.new_tokens - 1) / writing, 1) if last.new_tokens > 1 and writing > 0 else None,
        text.strip(),
        _photos(spec),
    )


def _photos(spec: Spec) -> str:
    """How large a photo is seen, and what this machine has room for."""
    needed = hardware.memory_needed(registry.weight(spec), registry.kv_bytes(spec))
    roomy = not spec.side and spec.budget.query < FINE and hardware.fits(needed, hardware.this_machine()) == "yes"
    return spec.photos + (f"; this machine has room for {FINE:,} (--photo-tokens {FINE})" if roomy else "")


def _compare_files(folder: Path, on_step: Callable[[str], None]) -> int:
    """Compare the hash of every file with the manifest. Raises ModelError naming the first file that differs.

    Files are read anew: `memory.files.sha256` would believe a hash that it computed before.
    """
    manifest = folder / "manifest.json"
    if not manifest.exists():
        return 0
    entries = list(read_object(manifest)["files"].values())
    for entry in entries:
        path = packaged(entry["package"], entry["file"]) if "package" in entry else inside(folder, entry["file"])
        _compare(path, entry["sha256"], on_step)
    return len(entries)


def _compare(path: Path, digest: str, on_step: Callable[[str], None]) -> None:
    on_step(f"comparing {path.name}")
    if not path.exists():
        raise ModelError(f"{path} is missing: fetch it again")
    with open(path, "rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != digest:
            raise ModelError(f"{path} is damaged, or not the file this model was made with: fetch it again")


def known_photo(shade: int = 0) -> Photo:
    """A drawing of a house under the sun, 640 x 480, equal to the pixel on every machine.

    Another `shade` of the sky (levels of blue) makes another photo.
    """
    image = Image.new("RGB", (640, 480), (135, 190, 235 - shade))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 330, 640, 480), fill=(90, 160, 80))
    draw.rectangle((210, 210, 430, 380), fill=(200, 80, 60))
    draw.polygon([(190, 210), (450, 210), (320, 110)], fill=(110, 60, 50))
    draw.rectangle((300, 290, 345, 380), fill=(80, 50, 30))
    draw.ellipse((500, 40, 590, 130), fill=(250, 220, 70))
    return from_image(image)


def peak_memory(pid: int | None) -> int:
    """Most bytes that a process had in memory; what it has now, where the system keeps no peak (macOS)."""
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    done = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return int(done.stdout or 0) * 1024
