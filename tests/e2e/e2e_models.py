"""Models: another one and back, a damaged one, one to be fetched; `make e2e` runs these tasks."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

from assistant.models import local
from tests.e2e.terminal import DEMO, Terminal, kept, show
from ui import strings


def choose_model(app: Terminal, name: str) -> None:
    """Take a model of the open list, on which the one that runs is highlighted."""
    screen = app.sees("On this computer", "● running", name, "Can be fetched")
    here = re.findall(r"│ +(\S+)  (?:● running|[\d.]+ GB|in use)", screen.partition("Can be fetched")[0])
    running = re.search(r"(\S+)  ● running", screen)
    assert running
    steps = here.index(name) - here.index(running[1])
    app.press(*["Down" if steps > 0 else "Up"] * abs(steps), "Enter")


def test_switch_to_another_model_and_back(app: Terminal, home: Path) -> None:
    folder = kept(home) / "models" / "twin"
    shutil.copytree(local.SHIPPED / local.DEFAULT, folder)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8")) | {"name": "twin"}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    app.press("F6")
    app.sees("Models", "qwen3-vl-4b", "to fetch")
    choose_model(app, "twin")
    app.sees(strings.SWITCHED.format(model="twin"), "○ idle")
    app.press("F6")
    app.sees("twin  ● running")
    choose_model(app, local.DEFAULT)
    app.sees(strings.SWITCHED.format(model=local.DEFAULT), "○ idle")


def test_the_running_model_is_not_loaded_again(app: Terminal) -> None:
    app.press("F6")
    app.sees("● running")
    app.press("Enter")
    app.sees("is running already.")


def test_a_damaged_model_is_refused(app: Terminal, home: Path) -> None:
    folder = kept(home) / "models" / "broken"
    shutil.copytree(local.SHIPPED / local.DEFAULT, folder)
    os.truncate(folder / "connector.npz", 1000)
    app.press("F6")
    choose_model(app, "broken")
    app.sees("connector.npz", "○ idle")
    show(app, DEMO / "dog.jpg")


def test_fetching_asks_first_and_no_means_no(app: Terminal) -> None:
    app.press("F6")
    app.sees("qwen3-vl-2b")
    app.press("End", "Up", "Enter")
    app.sees("come from the Hugging Face hub", "y: fetch")
    app.press("n")
    app.sees_not("y: fetch")
    app.sees("offline")
