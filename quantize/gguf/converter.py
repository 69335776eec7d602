"""The GGUF converter that matches the installed llama.cpp: the one inside llama-cpp-python's own source release.

It is fetched once through pip, checked against a pinned sha256 before any of it runs, and unpacked into
`home()/converter/<version>`; after that it works offline. Only its Python files are kept, nothing is compiled. The
converter runs in a process of its own (`run`). To fetch it ahead of time: `python -m quantize.gguf.converter`.
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
from collections.abc import Sequence
from pathlib import Path

from memory.errors import KeepsakeError
from memory.paths import home, private_folder

SHA256 = {"0.3.36": "832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e"}
"""The source release of each llama-cpp-python version whose converter has been tested."""
KEPT = ("convert_hf_to_gguf.py", "convert_lora_to_gguf.py", "conversion/", "gguf-py/gguf/")
"""What is unpacked from `vendor/llama.cpp/` of the release."""
WITH_PRE_TOKENIZER = """
import runpy, sys
from conversion.base import TextModel
name, sys.argv = sys.argv[1], sys.argv[2:]
TextModel.get_vocab_base_pre = lambda self, tokenizer: name
runpy.run_path(sys.argv[0], run_name="__main__")
"""
"""Program that runs a converter script for a vocabulary of our own; its arguments: NAME SCRIPT ARGUMENTS.

A GGUF names the way its BPE vocabulary splits text before merging. The converter looks that name up by a hash of a test
sentence's tokens, which knows published vocabularies only, and refuses any other. The program answers NAME ("qwen2")
instead. It is given to Python as text: it must see the converter's modules and none of this project's.
"""


def find(sdist: Path | None = None) -> Path:
    """The folder that holds `convert_hf_to_gguf.py`, `conversion/` and `gguf-py/`; fetched when it is missing.

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


def run(tools: Path, script: str, arguments: Sequence[str], out: Path, pre_tokenizer: str | None = None) -> None:
    """Run a script of the converter in `tools`, which writes the file `out`.

    `pre_tokenizer` names how the vocabulary splits text; None = the script finds out. Raises KeepsakeError with the
    script's last line.
    """
    program = ["-c", WITH_PRE_TOKENIZER, pre_tokenizer] if pre_tokenizer else []
    # -P: the folder of the script or of the caller stays off the path, or its `gguf` would be taken for llama.cpp's
    command = [sys.executable, "-P", *program, str(tools / script), *arguments, "--outfile", str(out)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(tools), str(tools / "gguf-py")))}
    environment |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode or not out.exists():
        raise KeepsakeError((done.stderr.strip().splitlines() or ["the converter gave no reason"])[-1])


def installed() -> str:
    """The version of llama-cpp-python. Raises KeepsakeError when it is not installed."""
    try:
        return importlib.metadata.version("llama-cpp-python")
    except importlib.metadata.PackageNotFoundError:
        raise KeepsakeError("llama-cpp-python is not installed: pip install llama-cpp-python") from None


def download(version: str, scratch: Path) -> Path:
    """Fetch the release into `scratch` with pip, which checks the hash before it asks the release for its metadata."""
    wanted = scratch / "wanted.txt"
    wanted.write_text(f"llama-cpp-python=={version} --hash=sha256:{SHA256[version]}\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--retries", "1", "--no-deps", "--require-hashes"]
    command += ["--no-binary", "llama-cpp-python", "--dest", str(scratch), "--requirement", str(wanted)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = list(scratch.glob("*.tar.gz"))
    if done.returncode or not found:
        if "DO NOT MATCH THE HASHES" in done.stderr:
            raise KeepsakeError(f"the source release of llama-cpp-python {version} is not the pinned one: not used")
        why = (done.stderr.strip().splitlines() or ["pip gave no reason"])[-1]
        raise KeepsakeError(
            f"cannot fetch the source release of llama-cpp-python {version} ({why}): "
            "go online once, or name the file with --sdist"
        )
    return found[0]


def unpack(sdist: Path, version: str, folder: Path, kept: tuple[str, ...] = ("",)) -> None:
    """Check a release and unpack its llama.cpp into the new `folder`: the paths that begin like one of `kept`."""
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
    """`python -m quantize.gguf.converter [--sdist FILE]`: fetch the converter and print its folder."""
    parser = argparse.ArgumentParser(prog="python -m quantize.gguf.converter", description="Fetch the GGUF converter.")
    parser.add_argument("--sdist", type=Path, help="llama-cpp-python's source release, if it is on this machine")
    try:
        print(find(parser.parse_args().sdist))
    except KeepsakeError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
