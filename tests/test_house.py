"""The rules of the house: who may import whom, what stays light, and how long a file may be."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import import_graph
from train import recipe_file

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
FLOORS = {
    "memory": (
        "errors paths files text han_variants days episode instructions pictures times relative_days",
        "db",
        "search",
        "forget verification",
        "store",
        "conversations reminders browse tray naming",
        "maintenance",
        "commands",
        "__main__",
    ),
    "assistant": (
        "backend metadata pictures photo chatml prompt grounding offline dialogue",
        "models",
        "encoder",
        "vision",
        "backends",
        "worker",
        "embedder",
        "reader",
        "conversation healthcheck sight progress opening",
        "importing",
        "commands mcp_server",
        "__main__",
    ),
    "benchmark": (
        "world markdown",
        "judges notes",
        "datasets",
        "runner",
        "tasks",
        "suite report speed retrieval security grounding",
        "meaning",
        "__main__",
    ),
    "train": (
        "mixture",
        "recipe recipe_file",
        "run_record resources onnx_graph",
        "encoder embedder",
        "reader",
        "verifier",
        "pretrain",
        "nano2",
        "rl",
        "trl",
        "study lab lab_cli lab_costs lab_files lab_run lab_scores lab_settings lab_needs",
        "__main__",
    ),
    "quantize": (
        "build_cache manifest hf_reference",
        "variants",
        "merge gguf mlx",
        "verify",
        "other_apps",
        "model_card publish",
        "pipeline upload",
        "__main__",
    ),
    "ui": (
        "strings people_strings help_strings recall_strings telling_strings dialog_strings themes input_parser"
        " import_paths html_export arguments",
        "runtime pictures",
        "widgets demo_album start_lines",
        "dialogs imports",
        "controllers",
        "plain",
    ),
}
"""The floors of a room, the lowest first: a part may import its own floor and those below."""
LIMITS = {"lines of a file": 300, "lines of a function": 60, "modules of a folder": 16, "median lines": 120}
LONGER: dict[str, int] = {}
"""Files and functions ("file.py:name") over a limit, with their length: it may only shrink. Give a reason beside it."""
HEAVY = {
    "sqlite_utils",
    "torch",
    "torchvision",
    "transformers",
    "trl",
    "peft",
    "mlx",
    "mlx_vlm",
    "llama_cpp",
    "textual",
    "matplotlib",
    "onnx",
    "onnxruntime",
}
SECURE = {"sqlcipher3", "keyring", "cryptography"}
"""The extra of encrypted memories: loaded when one is opened, and not before."""
OUTSIDE_MEMORY = {"numpy", "platformdirs", "sqlite_utils", "PIL", "pillow_heif"} | SECURE
"""All that the memory needs besides the standard library; PIL to see that stored pictures can be read."""
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


CODE = [p for p in MODULES if room_of(p) != "tests"]
EDGES = import_graph.graph(ROOT, CODE)


def imported(path: Path) -> set[str]:
    """Top-level names that a file imports anywhere in it, functions included."""
    return {name.split(".")[0] for name in import_graph.imports((ROOT / path).read_text(encoding="utf-8"))}


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Functions and methods of a file, with their lines."""
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def test_rooms_import_downwards_only() -> None:
    wrong = [
        f"{path} imports {name}"
        for path in MODULES
        if (room := room_of(path)) in ROOMS
        for name in sorted(imported(path) & set(ROOMS) - ROOMS[room] - {room})
    ]
    assert wrong == []


def test_no_import_goes_in_a_circle() -> None:
    """Neither between modules nor between the parts of a room, whatever hides it."""
    assert import_graph.circles(EDGES) == []
    parts: dict[str, set[str]] = {}
    for name, others in EDGES.items():
        mine = parts.setdefault(".".join(name.split(".")[:2]), set())
        mine |= {".".join(other.split(".")[:2]) for other in others}
    assert import_graph.circles(parts) == []


@pytest.mark.parametrize("room", FLOORS)
def test_floors_import_downwards_only(room: str) -> None:
    height = {part: n for n, floor in enumerate(FLOORS[room]) for part in floor.split()}
    wrong = []
    for name, others in EDGES.items():
        parts = name.split(".")
        if parts[0] != room or len(parts) == 1:
            continue
        assert parts[1] in height, f"{name}: say in FLOORS on which floor it is"
        for other in others:
            below = other.split(".")
            if below[0] == room and len(below) > 1 and height[below[1]] > height[parts[1]]:
                wrong.append(f"{name} imports {other}")
    assert wrong == []


def test_the_lists_of_circles_and_floors_would_notice(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import b\n")
    (tmp_path / "b.py").write_text("def late():\n    from a import x\n")
    assert import_graph.circles(import_graph.graph(tmp_path, [Path("a.py"), Path("b.py")])) == [["a", "b"]]


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


def test_every_module_says_what_it_is() -> None:
    sources = {path: (ROOT / path).read_text(encoding="utf-8") for path in MODULES}
    assert [str(path) for path, source in sources.items() if not ast.get_docstring(ast.parse(source))] == []


def test_nothing_is_too_long() -> None:
    lines = {path: len((ROOT / path).read_text(encoding="utf-8").splitlines()) for path in MODULES}
    long = {str(path): n for path, n in lines.items() if n > LIMITS["lines of a file"]}
    for path in CODE:
        long |= {f"{path}:{name}": n for name, n in functions(path) if n > LIMITS["lines of a function"]}
    assert long == LONGER, "cut it by purpose; what is shorter now is shorter in LONGER, too"
    of_code = sorted(lines[path] for path in CODE)
    assert of_code[len(of_code) // 2] <= LIMITS["median lines"]


def test_folders_are_small_and_names_their_own() -> None:
    """Who looks for a file finds it by its name."""
    folders = Counter(path.parent for path in CODE if path.name != "__init__.py")
    assert {str(f): n for f, n in folders.items() if n > LIMITS["modules of a folder"]} == {}
    rooms: dict[str, set[str]] = {}
    for path in CODE:
        if path.stem not in ("__init__", "__main__", "errors"):
            rooms.setdefault(path.name, set()).add(room_of(path))
    assert {name: found for name, found in rooms.items() if len(found) > 1} == {}


RECIPES = sorted((ROOT / "train" / "recipes").glob("*.toml"))


@pytest.mark.parametrize("path", RECIPES, ids=lambda p: p.name)
def test_recipe_loads_and_refuses_unknown_keys(path: Path, tmp_path: Path) -> None:
    assert recipe_file.load(path).name == path.stem
    for extra, where in (("oops = 1\n", ""), ("[tower]\noops = 1\n", "[tower]")):
        wrong = tmp_path / "wrong.toml"
        wrong.write_text(f'name = "x"\n{extra}')
        with pytest.raises(ValueError, match=rf"wrong\.toml.*{re.escape(where)}.*unknown key 'oops'"):
            recipe_file.load(wrong)


def test_there_are_recipes() -> None:
    assert RECIPES


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


def test_no_file_holds_a_merge_that_was_left_open() -> None:
    """In a docstring Python does not mind."""
    marker = re.compile(rb"^\s*(?:<{7}|>{7}) \S", re.MULTILINE)
    assert [str(path) for path in FILES if marker.search((ROOT / path).read_bytes())] == []
