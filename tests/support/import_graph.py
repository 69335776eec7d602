"""The imports of the project as a graph: every import counts, also those under TYPE_CHECKING and inside functions."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

Graph = Mapping[str, set[str]]


def module_name(path: Path) -> str:
    """ "memory/db/rows.py" is `memory.db.rows`; a package is named by its folder."""
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def imports(source: str) -> Iterator[str]:
    """Everything that a source file may import: modules, and names that may be modules ("memory.db", "memory.db.rows").

    Raises ValueError for a relative import.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                raise ValueError(f"line {node.lineno}: write imports in full")
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            yield from (a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str))


def graph(root: Path, files: Iterable[Path]) -> Graph:
    """Which module of the project imports which others; a module inside a package counts, not the package above it."""
    paths = {module_name(path): root / path for path in files}
    found: dict[str, set[str]] = {}
    for name, path in paths.items():
        named = set(imports(path.read_text(encoding="utf-8"))) & set(paths)
        # `from memory.db import rows` names the package and the module: the module is what is meant
        inner = {one for one in named if not any(other.startswith(f"{one}.") for other in named)}
        found[name] = inner - {name}
    return found


def circles(edges: Graph) -> list[list[str]]:
    """Groups of nodes that import one another, directly or not (Tarjan's strongly connected components)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in edges.get(node, ()):
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            group = stack[stack.index(node) :]
            del stack[stack.index(node) :]
            if len(group) > 1:
                found.append(sorted(group))

    for node in edges:
        if node not in index:
            visit(node)
    return found
