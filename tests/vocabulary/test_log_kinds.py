"""Each log line has one kind, each kind one identifier, and a line that is reworded is noticed here."""

import ast
import re
from collections import Counter

import pytest

from haproxy_agentx.vocabulary.log_kinds import KINDS, LogKind, kind_of
from tests.support.programs import ROOT

PACKAGE = ROOT / "haproxy_agentx"
METHODS = {"info": 0, "warning": 0, "error": 0, "exception": 0, "critical": 0, "log": 1}
"""Where the template of a call is among its arguments."""

LOSS = ("system.log_handler", "log: %d lines are lost")
"""The one line that no call logs."""


def lines():
    """Yield the module, the line and the template of each call that logs."""
    for path in sorted(PACKAGE.rglob("*.py")):
        module = str(path.relative_to(PACKAGE).with_suffix("")).replace("/", ".")
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name("log"), attr=method)) if method in METHODS:
                    template = node.args[METHODS[method]]
                    assert isinstance(template, ast.Constant), (
                        f"{path}:{node.lineno}: a template is a text as it stands"
                    )
                    yield module, node.lineno, template.value


LINES = list(lines())


@pytest.mark.parametrize(("module", "line", "template"), LINES, ids=[f"{module}:{line}" for module, line, _ in LINES])
def test_each_line_has_a_kind(module, line, template):
    found = kind_of(f"haproxy_agentx.{module}", template)
    assert found is not None, f"{module}:{line}: add '{template[:40]}' to KINDS of vocabulary/log_kinds.py"


def test_each_row_is_the_one_of_a_line():
    used = {
        (module, next(opening for opening, _ in KINDS.get(module, ()) if template.startswith(opening)))
        for module, _, template in LINES
        if kind_of(f"haproxy_agentx.{module}", template) is not None
    }
    rows = {(module, opening) for module, known in KINDS.items() for opening, _ in known}
    assert rows - used == {LOSS}


def test_each_kind_has_a_line():
    assert {kind for known in KINDS.values() for _, kind in known} == set(LogKind)


def test_identifiers_are_unique_and_have_the_form_of_the_journal():
    assert all(re.fullmatch("[0-9a-f]{32}", kind.value.id) for kind in LogKind)
    assert [one for one, times in Counter(kind.value.id for kind in LogKind).items() if times > 1] == []
    assert len({kind.value.title for kind in LogKind}) == len(LogKind)


def test_the_document_has_them_all():
    assert {kind.name: kind.value.id for kind in LogKind} == dict(
        re.findall(r"^\| `(\w+)` .*\| `([0-9a-f]{32})` \|$", (ROOT / "docs" / "messages.md").read_text(), re.MULTILINE)
    )


@pytest.mark.parametrize(("logger", "template"), [("haproxy_agentx.daemon", "else"), ("else", "%s"), ("", "")])
def test_what_is_not_known_has_none(logger, template):
    assert kind_of(logger, template) is None
