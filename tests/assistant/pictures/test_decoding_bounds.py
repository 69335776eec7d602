"""No picture takes more than seconds, or a gigabyte: what its header claims is weighed before a decoder is asked."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.photo import load_photo
from memory.errors import PhotoError
from tests.support.hostile_pictures import jpeg, jpeg_claiming, jpeg_of_scans, png

ROOT = Path(__file__).parents[3]
REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "a JPEG of 3,000 layers": (lambda: jpeg_of_scans(jpeg(1600, 1200, progressive=True), 3000), "3000 layers"),
    "a PNG that claims more rows than it has bytes": (lambda: png(14_000, 14_000, rows=3), "damaged or cut short"),
    "a JPEG that claims more than it has": (lambda: jpeg_claiming(jpeg(), 14_000, 14_000), "damaged or cut short"),
    "a layered JPEG of 180 megapixels": (
        lambda: jpeg_claiming(jpeg(700, 700, progressive=True), 15_000, 12_000),
        "120 million pixels",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_cost_too_much_is_refused_in_one_line(tmp_path: Path, name: str) -> None:
    """The first of these took 90 s; the others asked for the memory of all pixels that they claim."""
    make, why = REFUSED[name]
    path = tmp_path / "hostile.jpg"
    path.write_bytes(make())
    began, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(PhotoError, match=why) as caught:
        load_photo(path)
    assert time.process_time() - began < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 2_000_000  # kB; a file of 1 GB may be read
    assert str(caught.value).startswith(f"{path}: ") and "\n" not in str(caught.value)


@pytest.mark.slow
@pytest.mark.parametrize(("bits", "colour"), [(8, 6), (16, 0), (16, 2)])
def test_196_megapixels_take_less_than_1_3_gigabytes(tmp_path: Path, bits: int, colour: int) -> None:
    """They took 3.1 GB: the decoded picture, and whole copies of it. Measured in a process of its own."""
    path = tmp_path / "large.png"
    path.write_bytes(png(14_000, 14_000, bits=bits, colour=colour))
    code = (
        "import os, sys; from pathlib import Path; from assistant.photo import load_photo;"
        "from assistant.healthcheck import peak_memory;"
        "print(load_photo(Path(sys.argv[1])).width, peak_memory(os.getpid()))"
    )
    done = subprocess.run([sys.executable, "-c", code, path], cwd=ROOT, capture_output=True, text=True, check=True)
    width, size = map(int, done.stdout.split())
    assert width == 1536 and size < 1_300_000_000
