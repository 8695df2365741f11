"""The root of the MIB exists once; everything that names it follows (docs/oid.md)."""

import pytest

from haproxy_agentx.agentx.oid import dotted
from haproxy_agentx.objects.root import ROOT
from tests.support.programs import ROOT as PROJECT
from tests.support.root_literals import HOME, PLAYPEN, texts, wrong

OURS = (*PLAYPEN, 8404)
MOVED = (1, 3, 6, 1, 4, 1, 7)
PARENT, OLD, NEW = dotted(PLAYPEN), dotted(OURS), dotted(MOVED)


def test_code_has_the_root_once_and_documents_have_the_same():
    found = [place for path, text in texts(PROJECT) for place in wrong(path, text, ROOT)]
    assert not found, "\n".join(f"{place.path}:{place.line}: {place.problem}" for place in found)


def test_the_readme_the_mib_and_the_code_are_looked_at():
    paths = {path for path, _ in texts(PROJECT)}
    assert paths >= {"README.md", "mib/HAPROXY-AGENTX-MIB.txt", HOME, "Makefile", "integration/config/haproxy.cfg"}


WRONG = {
    "another number in a document": ("README.md", f"snmpwalk lb1 {PARENT}.8405", OURS),
    "the old number after a move": (
        "README.md",
        f"snmpwalk lb1 {OLD}.1",
        MOVED,
    ),
    "the old name after a move": ("docs/a.md", f"rooted at netSnmpPlaypen.{OURS[-1]}", MOVED),
    "the old parent after a move": ("mib/A.txt", f"::= {{ netSnmpPlaypen {OURS[-1]} }}", MOVED),
    "repeated in code": ("tests/a.py", f'ROOT = "{OLD}"', OURS),
    "repeated in code as a tuple": ("tests/a.py", f"ROOT = {OURS}", OURS),
    "repeated in code after a move": ("tests/a.py", f'ROOT = "{NEW}.1"', MOVED),
    "a tuple after a move": ("tests/a.py", f"ROOT = {(*MOVED, 1)}", MOVED),
}


@pytest.mark.parametrize(("path", "text", "root"), WRONG.values(), ids=WRONG)
def test_a_literal_that_does_not_follow_is_found(path, text, root):
    assert [place.line for place in wrong(path, f"\n{text}\n", root)] == [2]


RIGHT = {
    "a document": ("README.md", f"snmpwalk lb1 {OLD}.1.9", OURS),
    "the playpen itself": ("docs/oid.md", f"netSnmpPlaypen ({PARENT}) is", OURS),
    "the playpen as an anchor": (
        "a.py",
        f'{PLAYPEN}: ("netSnmpPlaypen", "NET-SNMP-MIB"),',
        OURS,
    ),
    "its home": (HOME, f"ROOT: Oid = {OURS}", OURS),
    "a port": ("a.py", "http://lb:8404/stats", OURS),
    "a longer number": ("a.py", f'"{NEW}1"', MOVED),
}


@pytest.mark.parametrize(("path", "text", "root"), RIGHT.values(), ids=RIGHT)
def test_a_literal_that_follows_is_left_alone(path, text, root):
    assert list(wrong(path, text, root)) == []
