"""The GGUF converter that matches the installed llama.cpp: the one inside llama-cpp-python's own source release.

Fetched once through pip, checked against a pinned sha256 before any of it runs, unpacked into
`home()/converter/<version>`; after that it works offline. Only the converter's Python files are kept: nothing is
compiled here, and nothing here converts (see `export.py`). Fetching ahead of time: `python -m quantize.gguf.converter`.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.metadata
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from memory.errors import KeepsakeError
from memory.paths import home, private_folder

SHA256 = {"0.3.36": "832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e"}
"""The source release of each llama-cpp-python version we vouch for."""
KEPT = ("convert_hf_to_gguf.py", "convert_lora_to_gguf.py", "conversion/", "gguf-py/gguf/")
"""What is unpacked from `vendor/llama.cpp/`."""


def find(sdist: Path | None = None) -> Path:
    """The folder that holds `convert_hf_to_gguf.py`, `conversion/` and `gguf-py/`; brought here when it is missing.

    `sdist` is a source release already on this machine: then nothing is downloaded.
    Raises KeepsakeError when the version is unknown, the network is away, or the release is not the pinned one.
    """
    version = installed()
    folder = home() / "converter" / version
    if folder.exists():
        return folder
    if version not in SHA256:
        known = ", ".join(SHA256)
        raise KeepsakeError(f"llama-cpp-python {version} has no pinned converter: install one of {known}")
    with tempfile.TemporaryDirectory(dir=private_folder(folder.parent)) as scratch:
        unpack(sdist or download(version, Path(scratch)), version, Path(scratch) / "tools", KEPT)
        os.replace(Path(scratch) / "tools", folder)
    return folder


def installed() -> str:
    """The version of llama-cpp-python. Raises KeepsakeError when there is none."""
    try:
        return importlib.metadata.version("llama-cpp-python")
    except importlib.metadata.PackageNotFoundError:
        raise KeepsakeError("llama-cpp-python is not installed: pip install llama-cpp-python") from None


def download(version: str, scratch: Path) -> Path:
    """The release through pip, which checks the hash before it looks inside (it asks the release for its metadata)."""
    wanted = scratch / "wanted.txt"
    wanted.write_text(f"llama-cpp-python=={version} --hash=sha256:{SHA256[version]}\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--retries", "1", "--no-deps", "--require-hashes"]
    command += ["--no-binary", "llama-cpp-python", "--dest", str(scratch), "--requirement", str(wanted)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = list(scratch.glob("*.tar.gz"))
    if done.returncode or not found:
        if "DO NOT MATCH THE HASHES" in done.stderr:
            raise KeepsakeError(f"the source release of llama-cpp-python {version} is not the pinned one: not used")
        why = (done.stderr.strip().splitlines() or ["pip said nothing"])[-1]
        raise KeepsakeError(
            f"cannot fetch the source release of llama-cpp-python {version} ({why}): "
            "go online once, or name the file with --sdist"
        )
    return found[0]


def unpack(sdist: Path, version: str, folder: Path, kept: tuple[str, ...] = ("",)) -> None:
    """Check `sdist` and unpack its llama.cpp into the new `folder`: of that, what begins like one of `kept`."""
    if not sdist.is_file():
        raise KeepsakeError(f"no such file: {sdist}")
    with open(sdist, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != SHA256[version]:
        raise KeepsakeError(f"{sdist.name} is not the pinned source release of llama-cpp-python {version}: not used")
    root = f"llama_cpp_python-{version}/vendor/llama.cpp/"
    with tarfile.open(sdist) as archive:
        for member in archive:
            name = member.name.removeprefix(root)
            if name != member.name and name.startswith(kept):
                archive.extract(member.replace(name=name), folder, filter="data")


def main() -> None:
    """`python -m quantize.gguf.converter [--sdist FILE]`: bring the converter and print where it is."""
    parser = argparse.ArgumentParser(prog="python -m quantize.gguf.converter", description="Fetch the GGUF converter.")
    parser.add_argument("--sdist", type=Path, help="the source release of llama-cpp-python, already here")
    try:
        print(find(parser.parse_args().sdist))
    except KeepsakeError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
