"""Check whether a model works on this machine, and how fast: compare its files, load it, let it describe one photo.

Photo and prompt are fixed, so that the numbers of two models can be compared. The check says nothing about quality.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

from assistant import prompt
from assistant.backend import Chunk, Options
from assistant.backends.worker import WorkerBackend
from assistant.models import hardware, local, registry
from assistant.photo import from_image
from memory.episode import Photo
from memory.errors import ModelError

NEW_TOKENS = 48
"""Most tokens that the model writes."""


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


def check(name: str, on_step: Callable[[str], None] = lambda _: None) -> Health:
    """Compare a model's files, load it, let it describe a photo. Raises ModelError, ModelStopped.

    `on_step` gets a line about each step before it begins.
    """
    compared = _compare_files(local.find(name), on_step)
    spec = local.load(name)
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
        hardware.memory_needed(registry.weight(spec), registry.kv_bytes(spec)),
        last.prompt_tokens,
        round((last.prompt_tokens - last.cached_tokens) / (first_at - loaded), 1),
        last.new_tokens,
        round((last.new_tokens - 1) / writing, 1) if last.new_tokens > 1 and writing > 0 else None,
        text.strip(),
    )


def _compare_files(folder: Path, on_step: Callable[[str], None]) -> int:
    """Compare the hash of every file with the manifest. Raises ModelError naming the first file that differs.

    Files are read anew: `memory.files.sha256` would believe a hash that it computed before.
    """
    manifest = folder / "manifest.json"
    if not manifest.exists():
        return 0
    entries = json.loads(manifest.read_text(encoding="utf-8"))["files"].values()
    for entry in entries:
        path = local.packaged(entry["package"], entry["file"]) if "package" in entry else folder / entry["file"]
        on_step(f"comparing {path.name}")
        with open(path, "rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != entry["sha256"]:
                raise ModelError(f"{path} is damaged, or not the file this model was made with: fetch it again")
    return len(entries)


def known_photo() -> Photo:
    """A drawing of a house under the sun, 640 x 480, equal to the pixel on every machine."""
    image = Image.new("RGB", (640, 480), (135, 190, 235))
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
