"""The Python sources of the house, by room."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRODUCTION = (
    *("triggers", "orchestrators", "activities", "azure_adapters", "landing_zone"),
    "command_line",
)
OTHERS = ("localcloud", "tests", "tools", "benchmarks")


def production() -> Iterator[Path]:
    """Every module that is deployed."""
    yield ROOT / "function_app.py"
    yield from _below(PRODUCTION)


def everything() -> Iterator[Path]:
    """Every module."""
    yield from production()
    yield from _below(OTHERS)


def parsed(path: Path) -> ast.Module:
    """The module's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def imported(tree: ast.Module) -> Iterator[str]:
    """The names of all modules that a module imports, wherever in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def shown(path: Path) -> str:
    """The path as one would type it at the root."""
    return str(path.relative_to(ROOT))


def _below(rooms: tuple[str, ...]) -> Iterator[Path]:
    for room in rooms:
        yield from sorted((ROOT / room).rglob("*.py"))
