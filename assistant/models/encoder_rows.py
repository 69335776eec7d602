"""The photo encoders as lines of `models list`: the one that ships, those on this machine, and those to be had."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from assistant.models import hardware, local, registry
from assistant.models.model_files import inside, read_object
from assistant.models.registry import ListedModel, ModelRow
from memory.errors import ModelError
from memory.paths import home

BUFFERS = 100_000_000
"""Bytes of the engine beside the weights. It holds the weights twice while it opens them."""


def encoder_rows(machine: hardware.Machine | None = None) -> list[ModelRow]:
    """Every encoder on this machine, then those of the list that are not here yet. `machine`: this one by default."""
    machine = machine or hardware.this_machine()
    pulled = sorted((home() / "encoders").glob("*/manifest.json"))
    present = [_present(path.parent, machine) for path in (local.SHIPPED / local.ENCODER / "manifest.json", *pulled)]
    here = {row.name for row in present}
    absent = [_absent(one, machine) for one in registry.listed_encoders().values() if one.name not in here]
    return [*present, *absent]


def memory_needed(size: int) -> int:
    """Bytes that an encoder of `size` bytes needs while it runs."""
    return 2 * size + BUFFERS


def _present(folder: Path, machine: hardware.Machine) -> ModelRow:
    """An encoder on this machine; its name is what `--encoder` takes."""
    ships = folder.parent == local.SHIPPED
    where: Any = "ships" if ships else "here"
    name = "default" if ships else folder.name
    listed = registry.listed_encoders().get(name)
    about = "recall of real photos; ships with Keepsake" if ships else listed.about if listed else ""
    try:
        manifest = read_object(folder / "manifest.json")
        network = inside(folder, manifest["file"])
        size, licence = network.stat().st_size, str(manifest.get("licence", "not stated"))
    except (ModelError, OSError, KeyError, ValueError, TypeError, AttributeError) as error:
        problem = f"its files are missing or damaged ({error})"
        return ModelRow(
            name, where, False, None, None, None, "", about, False, str(folder), problem=problem, kind="encoder"
        )
    needs = memory_needed(size)
    fits = hardware.fits(needs, machine)
    return ModelRow(
        name, where, True, fits, needs, size, licence, about, False, str(folder), network.name, kind="encoder"
    )


def _absent(encoder: ListedModel, machine: hardware.Machine) -> ModelRow:
    needs = memory_needed(encoder.size)
    fits, licence = hardware.fits(needs, machine), encoder.licence
    return ModelRow(
        encoder.name, "pull", False, fits, needs, encoder.size, licence, encoder.about, encoder.pinned, kind="encoder"
    )
