"""`python -m quantize upload`: send an export that passed to the Hugging Face hub, after a list and a yes.

The only command of this room that opens a network connection. What is sent: the model card, the manifest, the Modelfile
and the files that the manifest names, each compared with its sha256 first; never training data, logs or memories.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from assistant.models.hardware import gigabytes
from memory.commands.argument_types import Commands
from memory.errors import KeepsakeError
from memory.files import sha256
from quantize import manifest, other_apps
from quantize.publish import HUB_NAME

CARD = "README.md"


def add(commands: Commands) -> None:
    """Add the command to the parser of `python -m quantize`."""
    parser = commands.add_parser("upload", help="send an export that passed to the Hugging Face hub; asks first")
    parser.add_argument("out", type=Path, help="folder of the export")
    parser.add_argument("--repo", required=True, metavar="OWNER/NAME", help="where it goes; made if it is missing")
    parser.add_argument("--private", action="store_true", help="a repository that is made is yours alone")
    parser.add_argument("--dry-run", action="store_true", help="list files and print the card, send nothing")
    parser.add_argument("--yes", action="store_true", help="send without asking")


def command(args: argparse.Namespace) -> int:
    """List what would be sent, ask, send. Returns the exit status: 1 when the answer was no."""
    if not HUB_NAME.fullmatch(args.repo):
        raise KeepsakeError(f"{args.repo!r} is no name on the hub: write OWNER/NAME")
    files = listed(args.out)
    for path in files:
        print(f"{gigabytes(path.stat().st_size):>9}  {path.relative_to(args.out)}")
    size = gigabytes(sum(path.stat().st_size for path in files))
    if args.dry_run:
        print(f"\n{CARD}:\n\n{(args.out / CARD).read_text(encoding='utf-8')}")
        print(f"{len(files)} files, {size}, would go to {args.repo}; nothing was sent")
        return 0
    if not os.environ.get("HF_TOKEN"):
        raise KeepsakeError("sending needs a token of yours: set HF_TOKEN to one that may write")
    seen_by = "you alone" if args.private else "everybody, unless it is private already"
    if not args.yes and not _yes(f"Send {len(files)} files, {size}, to {args.repo} (seen by {seen_by})? [y/N] "):
        print("nothing was sent")
        return 1
    print(f"sent: {send(args.out, files, args.repo, private=args.private)}")
    return 0


def listed(out: Path) -> list[Path]:
    """The files that make the export, the card first. Raises KeepsakeError: no export, or a file that is not whole."""
    told = manifest.read(out)
    if not told.get("verified"):
        raise KeepsakeError(f"{out} holds no export that was measured: make it with `python -m quantize all`")
    if not (out / CARD).is_file():
        raise KeepsakeError(f"{out} has no {CARD}: make it again with `python -m quantize all`")
    hashes: dict[str, str] = {}
    for form in told["verified"]["forms"].values():
        files = form["files"] or {}
        if "folder" in files:
            hashes |= {f"{files['folder']}/{name}": digest for name, digest in files["files"].items()}
        else:
            hashes |= {entry["file"]: entry["sha256"] for entry in files.values() if "package" not in entry}
    for name, digest in hashes.items():
        if not (out / name).is_file() or sha256(out / name) != digest:
            raise KeepsakeError(f"{out / name} is missing, or not the file that was measured: make the export again")
    extra = [name for name in (other_apps.MODELFILE,) if (out / name).is_file()]
    return [out / name for name in (CARD, "manifest.json", *extra, *sorted(hashes))]


def send(out: Path, files: list[Path], repo: str, *, private: bool) -> str:
    """Send files in one commit; returns its address. Raises KeepsakeError, and then nothing is half there."""
    import httpx2
    from huggingface_hub import CommitOperationAdd, HfApi, constants, errors

    constants.HF_HUB_DISABLE_TELEMETRY = True
    api = HfApi(os.environ.get("HF_ENDPOINT"), token=os.environ["HF_TOKEN"], headers={"user-agent": "keepsake"})
    operations = [CommitOperationAdd(path.relative_to(out).as_posix(), path) for path in files]
    try:
        api.create_repo(repo, private=private, exist_ok=True)
        return api.create_commit(repo, operations, commit_message=f"{manifest.read(out)['name']}").commit_url
    except errors.HfHubHTTPError as error:
        status = error.response.status_code
        hint = ": HF_TOKEN may not write there" if status in (401, 403) else ""
        raise KeepsakeError(f"the hub answered {status} for {repo}{hint}; nothing was changed there") from error
    except httpx2.TransportError as error:
        kind = type(error).__name__
        raise KeepsakeError(
            f"the hub cannot be reached, or was lost ({kind}): the same command begins again"
        ) from error


def _yes(question: str) -> bool:
    """Whether the answer on the terminal is yes; without a terminal it is no."""
    if not sys.stdin.isatty():
        raise KeepsakeError("nobody is there to ask: add --yes to send, or --dry-run to look")
    return input(question).strip().lower() in ("y", "yes")
