"""Habits of this codebase that no linter knows."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.sources import ROOT, everything, imported, parsed, shown

LONGEST_MODULE = 375
LONGEST_FUNCTION = 55


def modules_of_tests() -> Iterator[Path]:
    """Every module of the tests."""
    yield from sorted((ROOT / "tests").rglob("*.py"))


def test_fakes_are_classes_not_mocks() -> None:
    """No test imports a mocking library."""
    found = [
        shown(path)
        for path in modules_of_tests()
        if any(
            name.startswith(("unittest.mock", "mock", "pytest_mock"))
            for name in imported(parsed(path))
        )
    ]
    assert found == []


def test_no_test_replaces_the_inside_of_what_it_tests() -> None:
    """`monkeypatch` may set the environment or the directory, never an attribute."""
    found = [
        f"{shown(path)}:{node.lineno}"
        for path in modules_of_tests()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Attribute)
        and node.attr in {"setattr", "delattr", "setitem", "delitem"}
        and isinstance(node.value, ast.Name)
        and node.value.id == "monkeypatch"
    ]
    assert found == []


def test_modules_are_small() -> None:
    """A long module is several."""
    lengths = {shown(path): len(path.read_bytes().splitlines()) for path in everything()}
    assert {name: length for name, length in lengths.items() if length > LONGEST_MODULE} == {}


def test_functions_are_small() -> None:
    """A function that needs scrolling is several."""
    found = {
        f"{shown(path)}:{node.name}": length
        for path in everything()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or node.lineno) - node.lineno + 1) > LONGEST_FUNCTION
    }
    assert found == {}
