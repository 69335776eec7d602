"""The rules of the house: who may import whom, what stays light, and that the documents tell the truth."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from train import recipe

ROOT = Path(__file__).parent.parent
ROOMS = {
    "memory": set(),
    "assistant": {"memory"},
    "benchmark": {"assistant", "memory"},
    "train": {"benchmark", "assistant", "memory"},
    "quantize": {"benchmark", "assistant", "memory"},
    "ui": {"demo", "assistant", "memory"},
    "demo": {"assistant", "memory"},
    "tui": {"ui", "demo", "assistant", "memory"},
}
"""Each room and the rooms it may import. Arrows point down only."""
HEAVY = {"torch", "torchvision", "transformers", "trl", "peft", "mlx", "mlx_vlm", "llama_cpp", "textual", "matplotlib"}
SECURE = {"sqlcipher3", "keyring", "cryptography"}
"""The extra of encrypted memories: loaded when one is opened, and not before."""
OUTSIDE_MEMORY = {"dateparser", "dateutil", "numpy", "platformdirs"} | SECURE
"""All that the memory needs besides the standard library."""
MOST_LINES = 450
UNTRACKED = {"__pycache__", "build", "dist"}


def house_files() -> Iterator[Path]:
    """Every file of the project, relative to its root; caches and environments are none of it."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [f for f in folders if f not in UNTRACKED and not f.endswith(".egg-info")]
        folders[:] = [f for f in folders if f == ".ci" or not f.startswith(".")]
        yield from ((Path(folder) / name).relative_to(ROOT) for name in names)


FILES = sorted(house_files())
MODULES = [p for p in FILES if p.suffix == ".py"]


def room_of(path: Path) -> str:
    return path.parts[0] if len(path.parts) > 1 else path.stem


def imported(path: Path) -> set[str]:
    """Top-level names that a file imports anywhere in it, functions included."""
    found = set()
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: write imports in full"
            found.add(node.module or "")
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            found |= {a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)}
    return {name.split(".")[0] for name in found}


def test_rooms_import_downwards_only() -> None:
    wrong = [
        f"{path} imports {name}"
        for path in MODULES
        if (room := room_of(path)) in ROOMS
        for name in sorted(imported(path) & set(ROOMS) - ROOMS[room] - {room})
    ]
    assert wrong == []


def test_every_room_is_known() -> None:
    """A new room has to say what it may import."""
    assert {room_of(p) for p in MODULES} - {"tests"} <= set(ROOMS)


def test_every_room_is_packaged() -> None:
    with open(ROOT / "pyproject.toml", "rb") as file:
        listed = tomllib.load(file)["tool"]["setuptools"]
    rooms = {room_of(p) for p in MODULES if len(p.parts) > 1} - {"tests"}
    assert {f"{room}*" for room in rooms} == set(listed["packages"]["find"]["include"])
    assert [p.stem for p in MODULES if len(p.parts) == 1] == listed["py-modules"]


def test_memory_needs_next_to_nothing() -> None:
    found = set().union(*(imported(p) for p in MODULES if room_of(p) == "memory"))
    assert found - {"memory"} - OUTSIDE_MEMORY <= set(sys.stdlib_module_names)


def test_light_rooms_load_nothing_heavy() -> None:
    """Asked of a fresh interpreter: a single careless import costs every start of the app seconds."""
    light = [p for p in MODULES if room_of(p) in ("memory", "assistant")]
    light += [p for p in MODULES if p.as_posix() in ("benchmark/world/sample.py", "benchmark/judges/score.py")]
    names = [".".join(p.with_suffix("").parts).removesuffix(".__init__") for p in light]
    code = (
        f"import importlib, sys\nfor name in {names!r}: importlib.import_module(name)\n"
        f"print(*sorted({HEAVY | SECURE!r} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_module_says_what_it_is_and_stays_short(path: Path) -> None:
    source = (ROOT / path).read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(source)), f"{path} has no docstring"
    assert len(source.splitlines()) <= MOST_LINES


RECIPES = sorted((ROOT / "train" / "recipes").glob("*.toml"))


@pytest.mark.parametrize("path", RECIPES, ids=lambda p: p.name)
def test_recipe_loads_and_refuses_unknown_keys(path: Path, tmp_path: Path) -> None:
    assert recipe.load(path).name == path.stem
    for extra, where in (("oops = 1\n", ""), ("[tower]\noops = 1\n", "[tower]")):
        wrong = tmp_path / "wrong.toml"
        wrong.write_text(f'name = "x"\n{extra}')
        with pytest.raises(ValueError, match=rf"wrong\.toml.*{re.escape(where)}.*unknown key 'oops'"):
            recipe.load(wrong)


def test_there_are_recipes() -> None:
    assert RECIPES


def test_readme_tree_is_the_house() -> None:
    """Under "## The house" stands one line a file: its path, then what it is."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    block = re.search(r"^## The house\n.*?^```\w*\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    assert block, "README.md has no fenced block under '## The house'"
    named = [line.split() for line in block[1].splitlines() if line.strip()]
    assert [words[0] for words in named if not (ROOT / words[0]).exists()] == []
    assert [words[0] for words in named if len(words) < 2] == [], "say what it is"
    needed = {p.as_posix() for p in MODULES if room_of(p) in ROOMS and p.name != "__init__.py"}
    assert needed - {words[0] for words in named} == set()


def test_no_file_knows_the_machine_it_was_written_on() -> None:
    """Neither the folder this clone lies in nor the home of who works on it."""
    here = [re.escape(str(f)) for f in (ROOT.parent, Path.home()) if f != Path(f.anchor)]
    path_of_here = re.compile(rf"(?<![\w.])(?:{'|'.join(here)})/".encode())
    told = []
    for path in FILES:
        data = (ROOT / path).read_bytes()
        if b"\0" not in data[:4096] and path_of_here.search(data):
            told.append(str(path))
    assert told == []
