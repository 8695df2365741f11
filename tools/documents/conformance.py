"""The limits of the package that tests name, with their values and tests, for docs/conformance.md."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

from tools.documents.parts import Parts, table

PROJECT = Path(__file__).resolve().parents[2]
TESTS = PROJECT / "tests"
PACKAGE = "haproxy_agentx"
LIMIT = re.compile(r"_?(MAX(_\w+)?|\w+_LIMIT|LIMIT|MOST(_\w+)?)")
SHOWN = 2
"""Tests that a limit's row has at most."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def limits() -> str:
    """Return the table of the limits: name below the package, value, and the first tests that name it."""
    head = ("limit", "value", "tests")
    rows = (
        (f"`{limit}`", f"{_value(limit):,}", ", ".join(f"`{test}`" for test in sorted(tests)[:SHOWN]))
        for limit, tests in sorted(_named().items())
    )
    return table(head, rows)


def _named() -> dict[str, set[str]]:
    """Return the tests by the limit that they name."""
    found: dict[str, set[str]] = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        tree = ast.parse(path.read_text())
        imported = dict(_imported(tree))
        for function in (node for node in ast.walk(tree) if isinstance(node, Function)):
            for limit in _of(function, imported) if function.name.startswith("test_") else ():
                found.setdefault(limit, set()).add(f"{path.relative_to(TESTS)}::{function.name}")
    return found


def _imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield the names that a file has from the package, and what each is there."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == PACKAGE:
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}".removeprefix(f"{PACKAGE}.")


def _of(function: Function, imported: dict[str, str]) -> Iterator[str]:
    """Yield the limits that a test names."""
    for node in ast.walk(function):
        name = imported.get(node.id, "") if isinstance(node, ast.Name) else ""
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in imported:
            name = f"{imported[node.value.id]}.{node.attr}"
        if LIMIT.fullmatch(name.rpartition(".")[2]) and _value(name):
            yield name


def _value(limit: str) -> float:
    """Return the value of a limit; 0 where the name is not a number that its module assigns."""
    module, _, name = limit.rpartition(".")
    path = PROJECT / PACKAGE / Path(*module.split("."))
    path = path.with_suffix(".py") if path.with_suffix(".py").exists() else path / "__init__.py"
    if not path.exists() or not re.search(rf"^{name}\b.*=", path.read_text(), re.MULTILINE):
        return 0
    value = getattr(importlib.import_module(f"{PACKAGE}.{module}"), name)
    return value if isinstance(value, int | float) else 0


PARTS: Parts = {"limits": limits}
"""What is generated, by name."""
