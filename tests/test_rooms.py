"""The house's rules that import-linter cannot say: no circles between files, and which doors the terminal app may use."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOORS = re.compile(
    r"engine\.(?:shop|jobs|findings|say|errors|paths|cells|desks\.sentences|\w+\.(?:queries|sheets)"
    r"|importing\.(?:desk|report)|reviews\.corrections|demo)"
)
"""What the app may import: the ground, sentences, the desks' queries and sheets, and doors by which a desk is told something."""


def modules() -> dict[str, Path]:
    """Every module of the program by name."""
    found = {}
    for top in ("engine", "tui", "sample_data"):
        for path in (ROOT / top).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def running(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes below `node` that are ever run: what stands under TYPE_CHECKING is not."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from running(child)


def imported(path: Path, known: dict[str, Path]) -> set[str]:
    """The modules of the program that a file imports, at its top or anywhere in it."""
    found: set[str] = set()
    for node in running(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in known else node.module for name in names}
    return {name for name in found if name in known}


def circle(graph: dict[str, set[str]]) -> list[str]:
    """The modules of one circle, empty when there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_no_two_files_need_each_other() -> None:
    known = modules()
    assert circle({name: imported(path, known) - {name} for name, path in known.items()}) == []


def test_a_circle_is_seen_wherever_the_import_stands(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def f():\n    import b\n", encoding="utf-8")
    (tmp_path / "b.py").write_text("if TYPE_CHECKING:\n    import c\nfrom a import f\n", encoding="utf-8")
    (tmp_path / "c.py").write_text("import b\n", encoding="utf-8")
    known = {name: tmp_path / f"{name}.py" for name in "abc"}
    graph = {name: imported(path, known) for name, path in known.items()}
    assert graph == {"a": {"b"}, "b": {"a"}, "c": {"b"}} and set(circle(graph)) == {"a", "b"}


@pytest.mark.parametrize("module", sorted(name for name in modules() if name.startswith("tui")))
def test_the_app_uses_the_front_doors_only(module: str) -> None:
    known = modules()
    inside = {name for name in imported(known[module], known) if not name.startswith("tui")}
    assert not {name for name in inside if not DOORS.fullmatch(name)}
