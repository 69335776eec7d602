"""Talk to the Hugging Face hub: list a repository's files, stream one of them, and word what can go wrong.

The hub's library finds and streams the files. Its `hf_hub_download` (2.4) throws a partial file away when it is killed,
and its Xet transfer neither resumes nor can be watched through Python's sockets: so partial files are ours, and plain
HTTP is used.
"""

from __future__ import annotations

import errno
import logging
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.models import gguf_metadata
from assistant.models.bounded_http import bound_answers
from assistant.models.file_choice import RemoteFile
from assistant.models.pull_plan import PullPlan, choose_files
from memory.errors import ModelError

CHUNK = 1 << 20
"""Bytes between two calls of `on_bytes`, and the most that a kill costs."""
AGENT = "keepsake"
"""User agent: all that the hub learns about us."""
RESUMABLE = "what came is kept, and fetching it again goes on from there"


class TooMuch(ModelError):
    """A server sends more than it promised."""


@dataclass(frozen=True, slots=True)
class RemoteModel:
    """The files to fetch of a repository, at one commit."""

    commit: str
    licence: str
    files: tuple[RemoteFile, ...]

    @property
    def bytes(self) -> int:
        """Size of all files together."""
        return sum(file.bytes for file in self.files)


@contextmanager
def clear_errors(plan: PullPlan) -> Iterator[None]:
    """Turn every error of the hub, the network and the disk into a ModelError of one line."""
    import httpx2
    from huggingface_hub import constants, errors

    bound_answers()
    constants.HF_HUB_DISABLE_TELEMETRY = True
    constants.DOWNLOAD_CHUNK_SIZE = CHUNK
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # its retries would write over our progress
    try:
        yield
    except errors.OfflineModeIsEnabled as error:
        raise ModelError("offline mode is on (HF_HUB_OFFLINE): unset it to fetch a model") from error
    except errors.GatedRepoError as error:
        raise ModelError(
            f"{plan.repository} wants its terms accepted: open its page on the hub, accept, and set HF_TOKEN"
        ) from error
    except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError, errors.EntryNotFoundError) as error:
        at = f" at {plan.revision}" if plan.revision else ""
        raise ModelError(f"the hub has no public {plan.repository}{at}, or no such file in it") from error
    except errors.HfHubHTTPError as error:
        status = error.response.status_code
        raise ModelError(f"the hub answered {status} for {plan.repository}; {RESUMABLE}") from error
    except errors.HFValidationError as error:
        raise ModelError(f"{plan.repository!r} cannot be a repository of the hub") from error
    except httpx2.TooManyRedirects as error:
        raise ModelError(f"the hub sends from one address to the next without end; {RESUMABLE}") from error
    except httpx2.DecodingError as error:
        raise ModelError(f"the hub's answer cannot be unpacked; {RESUMABLE}") from error
    except httpx2.TransportError as error:
        raise ModelError(f"the hub cannot be reached, or was lost ({type(error).__name__}); {RESUMABLE}") from error
    except OSError as error:
        full = error.errno == errno.ENOSPC
        reason = "the disk is full" if full else error.strerror or str(error).partition("\n")[0]
        raise ModelError(f"{plan.name}: {reason}; {RESUMABLE}") from error


def list_files(plan: PullPlan) -> RemoteModel:
    """Ask the hub for the files that `plan` names. Raises ModelError when they are not there, or not supported."""
    import httpx2
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HFValidationError

    api = HfApi(_endpoint(), token=_token() or False, headers={"user-agent": AGENT})
    try:
        info = api.model_info(plan.repository, revision=plan.revision, files_metadata=True, timeout=20)
        listed = [_listed(sibling) for sibling in info.siblings or []]
        architecture = (info.gguf or {}).get("architecture")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        if isinstance(error, (httpx2.HTTPError, OSError, HFValidationError)):
            raise
        page = "a page to log in to this network may stand in its place: open any page in a browser, then try again"
        raise ModelError(f"what answered for {plan.repository} is no list of files of the hub; {page}") from error
    if architecture and architecture not in gguf_metadata.SUPPORTED:
        raise ModelError(f"{plan.repository} is of the architecture {architecture!r}; {gguf_metadata.supported()}")
    licence = plan.listed.licence if plan.listed else getattr(info.card_data, "license", None) or "not stated"
    return RemoteModel(info.sha or "main", str(licence), tuple(choose_files(plan, listed)))


def _listed(sibling: Any) -> RemoteFile:
    """A file of the hub's list. Raises ValueError, TypeError when the entry is no file."""
    size, name = sibling.size or 0, sibling.rfilename
    sha256 = sibling.lfs.sha256 if sibling.lfs else None
    if not isinstance(name, str) or not isinstance(size, int) or not 0 <= size < 1 << 50:
        raise ValueError(f"no file of a list: {name!r}, {size!r}")
    if sha256 is not None and not re.fullmatch("[0-9a-f]{64}", sha256):
        raise ValueError(f"no hash: {sha256!r}")
    return RemoteFile(name, size, sha256, sibling.blob_id)


def stream_file(plan: PullPlan, commit: str, file: RemoteFile, partial: Path, on_bytes: Callable[[int], None]) -> None:
    """Bring a partial file to its full size, from where it stands. `on_bytes` gets the size after each chunk."""
    import httpx2
    from huggingface_hub import hf_hub_url
    from huggingface_hub.file_download import http_get

    class ProgressBar:
        """The part of tqdm that `http_get` uses."""

        def __init__(self, *_: Any, initial: int = 0, **__: Any) -> None:
            self.n = initial

        def __enter__(self) -> ProgressBar:
            return self

        def __exit__(self, *_: object) -> None:
            return None

        def update(self, n: int) -> None:
            self.n += n
            if self.n > file.bytes:  # before it is written
                raise TooMuch(
                    f"{file.name}: more came than the {file.bytes} bytes that were promised; it was thrown away"
                )
            on_bytes(self.n)

    bar: Any = ProgressBar
    if size_of(partial) > file.bytes:
        partial.unlink()
    url = hf_hub_url(plan.repository, file.remote, revision=commit, endpoint=_endpoint())
    headers = {"user-agent": AGENT, "accept-encoding": "identity"}  # else a range would count compressed bytes
    if token := _token():
        headers["authorization"] = f"Bearer {token}"
    while True:
        before = size_of(partial)
        try:
            with open(partial, "ab") as out:
                http_get(url, out, resume_size=before, headers=headers, expected_size=file.bytes, tqdm_class=bar)
            return
        except TooMuch:
            partial.unlink(missing_ok=True)
            raise
        except httpx2.NetworkError:
            if size_of(partial) == before:
                raise


def size_of(path: Path) -> int:
    """Bytes of a file; 0 for one that is missing."""
    return path.stat().st_size if path.exists() else 0


def _endpoint() -> str | None:
    return os.environ.get("HF_ENDPOINT")


def _token() -> str | None:
    """The token in the user's environment; never one that another program left on the machine."""
    return os.environ.get("HF_TOKEN") or None
