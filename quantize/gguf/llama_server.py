"""llama-server of the source release that llama-cpp-python was built from: a program to compare our speed with.

It is built once with cmake and a C++ compiler into `home()/llama-server/<version>`, with the options that the wheel has
by default; a build that was interrupted goes on. Nothing else in Keepsake uses it.
Command: `python -m quantize.gguf.llama_server`.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from memory.errors import KeepsakeError
from memory.paths import home, private_folder
from quantize.gguf import converter

NAME = "llama-server"
OPTIONS = {
    "CMAKE_BUILD_TYPE": "Release",
    "BUILD_SHARED_LIBS": "OFF",
    "LLAMA_BUILD_TESTS": "OFF",
    "LLAMA_BUILD_EXAMPLES": "OFF",
    "LLAMA_BUILD_APP": "OFF",
    "LLAMA_BUILD_UI": "OFF",
    "LLAMA_USE_PREBUILT_UI": "OFF",
    "LLAMA_OPENSSL": "OFF",
}
"""Settings for cmake: the server alone, without web pages and TLS."""


def find(sdist: Path | None = None, jobs: int = 1) -> Path:
    """The binary, built when it is missing, which takes a quarter of an hour on one core.

    `sdist` is a source release already on this machine: then nothing is downloaded. `jobs` is how many files are
    compiled at once. Raises KeepsakeError when it cannot be fetched or built.
    """
    version = converter.installed()
    folder = home() / NAME / version
    if (folder / NAME).exists():
        return folder / NAME
    if not shutil.which("cmake"):
        raise KeepsakeError(f"{NAME} is built with cmake and a C++ compiler: install them, once")
    if version not in converter.SHA256:
        raise KeepsakeError(f"llama-cpp-python {version} has no pinned source release: no {NAME} of the same source")
    source, build = folder / "source", folder / "build"
    if not source.exists():
        with tempfile.TemporaryDirectory(dir=private_folder(folder)) as scratch:
            release = sdist or converter.download(version, Path(scratch))
            converter.unpack(release, version, Path(scratch) / "source")
            os.replace(Path(scratch) / "source", source)
    print(f"building {NAME} of llama-cpp-python {version}, once", file=sys.stderr)
    _run("cmake", "-S", str(source), "-B", str(build), *(f"-D{name}={value}" for name, value in OPTIONS.items()))
    _run("cmake", "--build", str(build), "--target", NAME, "--parallel", str(jobs))
    os.replace(build / "bin" / NAME, folder / NAME)
    shutil.rmtree(build)
    shutil.rmtree(source)
    return folder / NAME


def _run(*command: str) -> None:
    """Run a command of the build. Raises KeepsakeError with the first line of its output that speaks of an error."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        why = [line for line in done.stdout.splitlines() if "error" in line.lower()] or ["no reason given"]
        raise KeepsakeError(f"{NAME} cannot be built: {why[0].strip()}")


def main() -> None:
    """`python -m quantize.gguf.llama_server [--sdist FILE] [--jobs N]`: build the server and print its path."""
    parser = argparse.ArgumentParser(prog="python -m quantize.gguf.llama_server", description="Build llama-server.")
    parser.add_argument("--sdist", type=Path, help="llama-cpp-python's source release, if it is on this machine")
    parser.add_argument("--jobs", type=int, default=1, help="files compiled at once. Default: %(default)s")
    args = parser.parse_args()
    try:
        print(find(args.sdist, args.jobs))
    except (KeepsakeError, OSError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
