"""Names of managed objects are in the declaration only: elsewhere a value is a field of a record."""

import ast
from pathlib import Path

import pytest

from tests.support.programs import ROOT

PACKAGE = ROOT / "haproxy_agentx"
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if PACKAGE / "objects" not in path.parents)


def names(source: str) -> list[str]:
    """Return the literals of a module that are the name of an object, or begin as one; no docstring is one."""
    tree = ast.parse(source)
    bare = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    found = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in bare)
    return [node.value for node in found if isinstance(node.value, str | bytes) and _is_name(node.value)]


def _is_name(value: str | bytes) -> bool:
    text = value if isinstance(value, str) else value.decode("latin-1")
    return text.startswith(("hax", "Hax")) and " " not in text


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_object_is_named_outside_the_declaration(path: Path):
    assert names(path.read_text()) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("x = 'haxEventHealth'", ["haxEventHealth"]),
        ("x = {b'haxEventHealth': 1}", [b"haxEventHealth"]),
        ("x = f'haxAgent{x}s'", ["haxAgent"]),
        ("x = 1\n'''haxSourceState; the names are labels'''", []),
        ("x = 'see haxSourceLastError for the reason'", []),
    ],
)
def test_a_name_is_found_and_a_sentence_is_none(source, found):
    assert names(source) == found
