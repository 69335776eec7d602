"""llama.cpp as other machines run it: the installed package with a CPU library for any processor, not for this one.

What is installed is built for the processor it was built on (AVX-512, AMX, bf16 where they are). Here its CPU library
is built a second time from the same pinned source for a common processor (x86: AVX2), and put into a copy of the
package: tests run with it by `PYTHONPATH=$(python -m tests.support.portable_llama)`. Built once, about a minute.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from memory.errors import KeepsakeError
from memory.paths import home, private_folder
from quantize.gguf import converter

OPTIONS = {
    "CMAKE_BUILD_TYPE": "Release",
    "BUILD_SHARED_LIBS": "ON",
    "GGML_NATIVE": "OFF",
    "LLAMA_BUILD_COMMON": "OFF",
    "LLAMA_BUILD_APP": "OFF",
}
TARGET = "ggml-cpu"


def build() -> Path:
    """The folder that holds the other `llama_cpp`; built when it is missing. Raises KeepsakeError."""
    version = converter.installed()
    folder = home() / "portable" / version
    if folder.exists():
        return folder
    if not shutil.which("cmake"):
        raise KeepsakeError("the portable llama.cpp is built with cmake and a C++ compiler: install them, once")
    with tempfile.TemporaryDirectory(dir=private_folder(folder.parent)) as scratch:
        source, made, package = (Path(scratch) / name for name in ("source", "made", "package"))
        converter.unpack(converter.download(version, Path(scratch)), version, source)
        _run("cmake", "-S", source, "-B", made, *(f"-D{name}={value}" for name, value in OPTIONS.items()))
        _run("cmake", "--build", made, "--target", TARGET, "--parallel", os.cpu_count() or 1)
        found = importlib.util.find_spec("llama_cpp")
        assert found and found.origin
        shutil.copytree(Path(found.origin).parent, package / "llama_cpp")
        [library] = {path.resolve() for path in made.rglob(f"lib{TARGET}.*") if path.suffix != ".a"}
        for path in (package / "llama_cpp" / "lib").glob(f"lib{TARGET}.*"):
            shutil.copyfile(library, path)
        os.replace(package, folder)
    return folder


def _run(*command: object) -> None:
    words = [*map(str, command)]
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise KeepsakeError(f"the portable llama.cpp cannot be built:\n{done.stdout[-2000:]}")


if __name__ == "__main__":
    try:
        print(build())
    except KeepsakeError as error:
        sys.exit(f"error: {error}")
