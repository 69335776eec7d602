"""Fetch a model from the Hugging Face hub: resumable, checked by hash, and whole before it gets its name.

Together with `hub_client.py` this is the only part of the assistant that opens a network connection, and only when the
user asks for a model.

Files arrive in home()/downloads/NAME, each under a partial name until its hash is right; then a manifest is written
and the folder moves to home()/models/NAME, home()/encoders/NAME for a photo encoder, or home()/checkpoints/NAME where
the model has to be converted first.
"""

from __future__ import annotations

import hashlib
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.models import gguf_metadata
from assistant.models.file_choice import RemoteFile
from assistant.models.hardware import gigabytes
from assistant.models.hub_client import RESUMABLE, RemoteModel, clear_errors, list_files, size_of, stream_file
from assistant.models.model_files import read_object
from assistant.models.pull_plan import PullPlan, plan_pull
from assistant.models.registry import ListedModel
from memory.errors import ModelError
from memory.files import sha256, write_json
from memory.paths import home, private_folder

SPARE = 256_000_000
"""Bytes of the disk that are left free."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a download is. Bytes over all files."""

    doing: str
    """"fetching FILE" or "checking FILE"."""
    done: int
    total: int


OnProgress = Callable[[Progress], None]


class Stopped(ModelError):
    """The user stopped the download; what came is kept."""


def pull(
    name: str,
    quant: str | None = None,
    mmproj: str | None = None,
    *,
    on_progress: OnProgress = lambda _: None,
    stop: threading.Event | None = None,
) -> Path:
    """Fetch a model of the registry, or "hf:OWNER/REPOSITORY[:FILE.gguf]". Returns its folder.

    `mmproj`: kind of the vision tower ("Q8_0"); None: f16 if there is one.
    Files that are here and whole are not fetched again. `on_progress` is called in this thread; another thread ends the
    download soon, with `Stopped`, by setting `stop`. Raises ModelError: one line that says why, and how to go on.
    """
    plan = plan_pull(name, quant, mmproj)
    target = home() / plan.parent / plan.name
    downloads = private_folder(home() / "downloads")
    with clear_errors(plan), _locked(downloads / f"{plan.name}.lock", plan.name):
        if target.exists() and _is_whole(target, plan):
            return target
        staging = private_folder(downloads / plan.name)
        if target.exists():
            _move_back(target, staging)
        remote = list_files(plan)
        _check_disk(plan, remote, staging)
        _fetch(plan, remote, staging, on_progress, stop or threading.Event())
        _remove_leftovers(remote, staging)
        _write_record(plan, remote, staging)
        private_folder(target.parent)
        staging.rename(target)
        _is_whole(target, plan)  # computes the hashes under their new names: no start has to wait for that
    return target


@contextmanager
def _locked(path: Path, name: str) -> Iterator[None]:
    """One pull of a model at a time. The lock ends with the process, however that ends."""
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


def _is_whole(target: Path, plan: PullPlan) -> bool:
    """Whether a folder holds what `plan` fetches, undamaged. Raises ModelError when another model has the name."""
    try:
        record = read_object(target / plan.record)
        ours = record["source"]["repository"] == plan.repository
        files = [(target / entry["file"], entry["sha256"]) for entry in record["files"].values()]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        ours, files = False, []
    if not ours:
        raise ModelError(f"{target} is in the way, and did not come from {plan.repository}: move or rename it")
    return all(path.exists() and sha256(path) == digest for path, digest in files)


def _move_back(target: Path, staging: Path) -> None:
    """Move a damaged model to where it is repaired; its good files are not fetched again."""
    for path in target.iterdir():
        path.replace(staging / path.name)
    target.rmdir()


def _check_disk(plan: PullPlan, remote: RemoteModel, staging: Path) -> None:
    """Raise ModelError when the disk has no room for what is still to be fetched."""
    here = sum(size_of(staging / file.name) or size_of(file.partial(staging)) for file in remote.files)
    needed, free = remote.bytes - here + SPARE, shutil.disk_usage(staging).free
    if needed > free:
        raise ModelError(f"{plan.name} needs {gigabytes(needed)} of disk, {staging} has {gigabytes(free)}: make room")


def _fetch(plan: PullPlan, remote: RemoteModel, staging: Path, on_progress: OnProgress, stop: threading.Event) -> None:
    """Bring every file into `staging`, its hash checked."""
    done = 0
    for file in remote.files:

        def on_bytes(n: int, file: RemoteFile = file, before: int = done) -> None:
            if stop.is_set():
                raise Stopped(f"stopped at {gigabytes(before + n)} of {gigabytes(remote.bytes)}; {RESUMABLE}")
            on_progress(Progress(f"fetching {file.name}", before + n, remote.bytes))

        path, partial = staging / file.name, file.partial(staging)
        if not _matches(path, file):
            path.unlink(missing_ok=True)
            stream_file(plan, remote.commit, file, partial, on_bytes)
            on_progress(Progress(f"checking {file.name}", done + file.bytes, remote.bytes))
            if not _matches(partial, file):
                partial.unlink()
                raise ModelError(f"{file.name} arrived damaged (its hash differs) and was thrown away: fetch it again")
            partial.replace(path)
        done += file.bytes


def _matches(path: Path, file: RemoteFile) -> bool:
    """Whether a file is what the hub lists: by its sha256, or by git's own hash (SHA-1), which small files have.

    The file is read anew: `memory.files.sha256` would keep hashes of partial files.
    """
    if not path.exists():
        return False
    with open(path, "rb") as data:
        if file.sha256:
            return hashlib.file_digest(data, "sha256").hexdigest() == file.sha256
        content = data.read()
        return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest() == file.blob


def _remove_leftovers(remote: RemoteModel, staging: Path) -> None:
    """Remove what an earlier plan fetched and this one does not."""
    wanted = {file.name for file in remote.files}
    for path in staging.iterdir():
        if path.name not in wanted:
            path.unlink()


def _write_record(plan: PullPlan, remote: RemoteModel, staging: Path) -> None:
    """Write the manifest (or `source.json`) beside the files."""
    roles = [file.name for file in remote.files]
    if plan.format == "gguf":
        gguf_metadata.find_pair(staging)
        roles = ["language", *(f"language-{i + 2}" for i in range(len(roles) - 2)), "mmproj"]
    hashes = [file.sha256 or sha256(staging / file.name) for file in remote.files]
    record = {
        "name": plan.name,
        "photo": {"side": None, "one_tile": False},
        "files": {
            role: {"file": file.name, "sha256": digest, "bytes": file.bytes}
            for role, file, digest in zip(roles, remote.files, hashes, strict=True)
        },
        "licence": remote.licence,
        "source": {"repository": plan.repository, "revision": remote.commit},
    }
    if plan.format == "mlx":  # one folder for everything: the vision tower has no file, and no hash, of its own
        record |= {"engine": "mlx", "space": hashlib.sha256(":".join(hashes).encode()).hexdigest()[:16]}
    if plan.listed and plan.format == "onnx":
        write_json(staging / "manifest.json", _encoder_manifest(plan.listed, remote, hashes[0]))
    write_json(staging / plan.record, record)


def _encoder_manifest(listed: ListedModel, remote: RemoteModel, digest: str) -> dict[str, Any]:
    """The manifest of a photo encoder, as `assistant/encoder/encoder_manifest.py` reads it."""
    return {
        "name": listed.name,
        "file": remote.files[0].name,
        "sha256": digest,
        "licence": listed.licence,
        "source": f"{listed.repository} @ {remote.commit}",
        **listed.manifest,
    }
