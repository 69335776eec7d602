"""Fetch a model from the Hugging Face hub: resumable, checked, and whole before it has its name.

The only part of the assistant that opens a network connection, and only when it is asked to. The hub's library finds
and streams the files. Its `hf_hub_download` (2.4) throws a partial file away when it is killed, and its Xet transfer
neither resumes nor is seen by a guard on Python's sockets: so partial files are kept by us, and plain HTTP is used.

Files arrive in home()/downloads/NAME, each under a partial name until its hash is right; then a manifest is written
and the folder moves to home()/models/NAME, or home()/checkpoints/NAME where it has to be converted first.
"""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.models import gguf_metadata
from assistant.models.hardware import gigabytes
from assistant.models.pull_plan import Part, PullPlan, choose, read
from memory.errors import ModelError
from memory.files import sha256
from memory.paths import home, private_folder

CHUNK = 1 << 20
"""Bytes between two looks at `stop`, and the most that a kill costs."""
SPARE = 256_000_000
"""Bytes of the disk that are left alone."""
AGENT = "keepsake"
"""All that the hub is told of us."""
AGAIN = "what came is kept, the same command goes on from there"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is. Bytes over all files."""

    doing: str
    """"fetching FILE" or "checking FILE"."""
    done: int
    total: int


Tell = Callable[[Progress], None]


class Stopped(ModelError):
    """The user stopped it; what came is kept."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the hub has of an order, at one commit."""

    commit: str
    licence: str
    parts: tuple[Part, ...]

    @property
    def bytes(self) -> int:
        """Of all files."""
        return sum(part.bytes for part in self.parts)


def pull(
    name: str, quant: str | None = None, *, tell: Tell = lambda _: None, stop: threading.Event | None = None
) -> Path:
    """Fetch a model of the list, or "hf:OWNER/REPOSITORY[:FILE.gguf]". Returns its folder.

    What is here and whole is not fetched. `tell` hears of progress, in this thread; setting `stop` from another one
    ends it soon with `Stopped`. Raises ModelError: one line that says why, and how to go on.
    """
    order = read(name, quant)
    target = home() / ("checkpoints" if order.engine == "safetensors" else "models") / order.name
    downloads = private_folder(home() / "downloads")
    with _plain_words(order), _alone(downloads / f"{order.name}.lock", order.name):
        if target.exists() and _whole(target, order):
            return target
        staging = private_folder(downloads / order.name)
        if target.exists():
            _take_back(target, staging)
        found = _ask(order)
        _room(order, found, staging)
        _fetch(order, found, staging, tell, stop or threading.Event())
        _describe(order, found, staging)
        private_folder(target.parent)
        staging.rename(target)
        _whole(target, order)  # under their new names the hashes enter the ledger: no start has to wait for them
    return target


@contextmanager
def _plain_words(order: PullPlan) -> Iterator[None]:
    """Every way a download can end badly, in one line."""
    import httpx2
    from huggingface_hub import constants, errors

    constants.HF_HUB_DISABLE_TELEMETRY = True
    constants.DOWNLOAD_CHUNK_SIZE = CHUNK
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # its retries would write over our progress
    try:
        yield
    except errors.OfflineModeIsEnabled as error:
        raise ModelError("offline mode is on (HF_HUB_OFFLINE): unset it to fetch a model") from error
    except errors.GatedRepoError as error:
        raise ModelError(
            f"{order.repository} wants its terms accepted: open its page on the hub, accept, and set HF_TOKEN"
        ) from error
    except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError, errors.EntryNotFoundError) as error:
        at = f" at {order.revision}" if order.revision else ""
        raise ModelError(f"the hub has no public {order.repository}{at}, or no such file in it") from error
    except errors.HfHubHTTPError as error:
        raise ModelError(f"the hub answered {error.response.status_code} for {order.repository}; {AGAIN}") from error
    except errors.HFValidationError as error:
        raise ModelError(f"{order.repository!r} cannot be a repository of the hub") from error
    except httpx2.TransportError as error:
        raise ModelError(f"the hub cannot be reached, or was lost ({type(error).__name__}); {AGAIN}") from error
    except OSError as error:
        full = error.errno == errno.ENOSPC
        reason = "the disk is full" if full else error.strerror or str(error).partition("\n")[0]
        raise ModelError(f"{order.name}: {reason}; {AGAIN}") from error


@contextmanager
def _alone(path: Path, name: str) -> Iterator[None]:
    """One pull of a model at a time. The lock goes with the process, however it ends."""
    from filelock import FileLock, Timeout

    lock = FileLock(path, timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise ModelError(f"{name} is being fetched by another process: wait for it, or stop it") from error
    try:
        yield
    finally:
        lock.release()


def _whole(target: Path, order: PullPlan) -> bool:
    """Is it what this command fetched, and undamaged? Raises ModelError when something else has the name."""
    try:
        manifest = json.loads((target / order.record).read_text(encoding="utf-8"))
        ours = manifest["source"]["repository"] == order.repository
        files = [(target / entry["file"], entry["sha256"]) for entry in manifest["files"].values()]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        ours, files = False, []
    if not ours:
        raise ModelError(f"{target} is in the way, and did not come from {order.repository}: move or rename it")
    return all(path.exists() and sha256(path) == digest for path, digest in files)


def _take_back(target: Path, staging: Path) -> None:
    """Bring a damaged model back to where it is mended; its good files are not fetched again."""
    for path in target.iterdir():
        path.replace(staging / path.name)
    target.rmdir()


def _token() -> str | None:
    """Only where the user set one here; never the one that another program left on the machine."""
    return os.environ.get("HF_TOKEN") or None


def _ask(order: PullPlan) -> Found:
    from huggingface_hub import HfApi

    api = HfApi(os.environ.get("HF_ENDPOINT"), token=_token() or False, headers={"user-agent": AGENT})
    info = api.model_info(order.repository, revision=order.revision, files_metadata=True, timeout=20)
    kind = (info.gguf or {}).get("architecture")
    if kind and kind not in gguf_metadata.SUPPORTED:
        raise ModelError(f"{order.repository} is of the architecture {kind!r}; {gguf_metadata.supported()}")
    there = [Part(s.rfilename, s.size or 0, s.lfs.sha256 if s.lfs else None, s.blob_id) for s in info.siblings or []]
    licence = order.listed.licence if order.listed else getattr(info.card_data, "license", None) or "not stated"
    return Found(info.sha or "main", str(licence), tuple(choose(order, there)))


def _room(order: PullPlan, found: Found, staging: Path) -> None:
    here = sum(_size(staging / part.name) or _size(part.partial(staging)) for part in found.parts)
    wanted, free = found.bytes - here + SPARE, shutil.disk_usage(staging).free
    if wanted > free:
        raise ModelError(f"{order.name} needs {gigabytes(wanted)} of disk, {staging} has {gigabytes(free)}: make room")


def _fetch(order: PullPlan, found: Found, staging: Path, tell: Tell, stop: threading.Event) -> None:
    """Bring every file into `staging`, hash checked."""
    done = 0
    for part in found.parts:

        def come(n: int, part: Part = part, before: int = done) -> None:
            if stop.is_set():
                raise Stopped(f"stopped at {gigabytes(before + n)} of {gigabytes(found.bytes)}; {AGAIN}")
            tell(Progress(f"fetching {part.name}", before + n, found.bytes))

        path, partial = staging / part.name, part.partial(staging)
        if not _right(path, part):
            path.unlink(missing_ok=True)
            _stream(order, found.commit, part, partial, come)
            tell(Progress(f"checking {part.name}", done + part.bytes, found.bytes))
            if not _right(partial, part):
                partial.unlink()
                raise ModelError(f"{part.name} arrived damaged (its hash differs) and was thrown away: fetch it again")
            partial.replace(path)
        done += part.bytes


def _stream(order: PullPlan, commit: str, part: Part, partial: Path, come: Callable[[int], None]) -> None:
    """Bring the partial file to its full size, from where it stands."""
    import httpx2
    from huggingface_hub import hf_hub_url
    from huggingface_hub.file_download import http_get

    class Bar:
        """What `http_get` counts with."""

        def __init__(self, *_: Any, initial: int = 0, **__: Any) -> None:
            self.n = initial

        def __enter__(self) -> Bar:
            return self

        def __exit__(self, *_: object) -> None:
            return None

        def update(self, n: int) -> None:
            self.n += n
            come(self.n)

    bar: Any = Bar
    if _size(partial) > part.bytes:
        partial.unlink()
    url = hf_hub_url(order.repository, part.remote, revision=commit, endpoint=os.environ.get("HF_ENDPOINT"))
    headers = {"user-agent": AGENT, "accept-encoding": "identity"}  # compressed, a range would not be one of the file
    if token := _token():
        headers["authorization"] = f"Bearer {token}"
    while True:
        had = _size(partial)
        try:
            with open(partial, "ab") as file:
                http_get(url, file, resume_size=had, headers=headers, expected_size=part.bytes, tqdm_class=bar)
            return
        except httpx2.NetworkError:
            if _size(partial) == had:
                raise


def _right(path: Path, part: Part) -> bool:
    """Is the file what the hub says: by sha256, or by git's hash where it is small?"""
    if not path.exists():
        return False
    with open(path, "rb") as file:
        if part.sha256:
            return hashlib.file_digest(file, "sha256").hexdigest() == part.sha256
        content = file.read()
        return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest() == part.blob


def _describe(order: PullPlan, found: Found, staging: Path) -> None:
    """Write the record beside the files; what else lies there is left from an older order, and goes."""
    for path in staging.iterdir():
        if path.name not in {part.name for part in found.parts}:
            path.unlink()
    roles = [part.name for part in found.parts]
    if order.engine == "gguf":
        gguf_metadata.pair(staging)
        roles = ["language", *(f"language-{i + 2}" for i in range(len(roles) - 2)), "mmproj"]
    hashes = [part.sha256 or sha256(staging / part.name) for part in found.parts]
    told = {
        "name": order.name,
        "photo": {"side": None, "one_tile": False},
        "files": {
            role: {"file": part.name, "sha256": digest, "bytes": part.bytes}
            for role, part, digest in zip(roles, found.parts, hashes, strict=True)
        },
        "licence": found.licence,
        "source": {"repository": order.repository, "revision": found.commit},
    }
    if order.engine == "mlx":  # one folder for everything: the vision tower has no file, and no hash, of its own
        told |= {"engine": "mlx", "space": hashlib.sha256(":".join(hashes).encode()).hexdigest()[:16]}
    partial = staging / "record.partial"
    partial.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    partial.replace(staging / order.record)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
