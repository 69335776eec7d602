"""Writes a self-contained HTML page from a template, with its plots inside it and beside it as PNG files."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from benchmark.report.plots import Plot, render
from memory.episode import Photo
from memory.errors import KeepsakeError
from memory.files import write_bytes, write_text
from memory.paths import private_folder


@dataclass(frozen=True, slots=True)
class Picture:
    """A plot on the page: data URIs for a light and a dark page, and what it shows in words."""

    light: str
    dark: str
    alt: str


def check_libraries() -> None:
    """Raise KeepsakeError when a library that pages need is not installed."""
    try:
        import jinja2  # noqa: F401
        import matplotlib  # noqa: F401
    except ModuleNotFoundError as missing:
        raise KeepsakeError(
            f"a report needs {missing.name}, which is not installed: pip install jinja2 matplotlib"
        ) from missing


def write_page(template: Path, page: Path, plots: Mapping[str, tuple[Plot, str]], values: Mapping[str, Any]) -> Path:
    """Render a template with `plots` (by file name: plot and its words) and `values`; returns the page's path.

    Everything in the template is escaped. Raises OSError.
    """
    import jinja2

    private_folder(page.parent)
    pictures = {}
    for name, (plot, alt) in plots.items():
        light, dark = render(plot)
        write_bytes(page.with_name(f"{name}.png"), light)
        pictures[name] = Picture(_data_uri(light), _data_uri(dark), alt)
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(template.parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    write_text(page, env.get_template(template.name).render(plots=pictures, **values))
    return page


def _data_uri(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def thumbnail(photo: Photo, side: int) -> str:
    """The photo as a small WebP image in a data URI, at most `side` pixels on a side."""
    with Image.open(io.BytesIO(photo.data)) as image:
        small = image.convert("RGB")
    small.thumbnail((side, side))
    out = io.BytesIO()
    small.save(out, "WEBP", quality=68, method=4)
    return f"data:image/webp;base64,{base64.b64encode(out.getvalue()).decode()}"
