"""A class name has one meaning in the package."""

import ast
from collections import defaultdict

from tests.support.programs import ROOT


def classes():
    found = defaultdict(list)
    for path in sorted((ROOT / "haproxy_agentx").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                found[node.name].append(f"{path.relative_to(ROOT)}:{node.lineno}")
    return found


def test_a_class_name_has_one_meaning():
    several = {name: places for name, places in classes().items() if len(places) > 1}
    assert several == {}
