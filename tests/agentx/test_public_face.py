"""What haproxy_agentx.agentx exports is what it says, and is loaded when it is asked for."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from haproxy_agentx import agentx
from haproxy_agentx.agentx import column, key, scalar
from haproxy_agentx.agentx.constants import Tag
from haproxy_agentx.agentx.errors import LocalError
from haproxy_agentx.agentx.pdu import SNMP_TRAP_OID, SYS_UP_TIME, VarBind, notification
from haproxy_agentx.agentx.view import MibView
from tests.support import wire
from tests.support.programs import ROOT

NAME = (1, 3, 6, 1, 4, 1, 58999, 1)


def for_type_checkers() -> dict[str, str]:
    """The names that are imported where types are checked, with their modules."""
    tree = ast.parse(Path(agentx.__file__).read_text())
    (block,) = [node for node in tree.body if isinstance(node, ast.If)]
    return {alias.name: node.module for node in block.body for alias in node.names}


def test_each_public_name_is_there():
    assert sorted(agentx.__all__) == sorted(for_type_checkers())
    for name, module in for_type_checkers().items():
        found = getattr(agentx, name)
        assert found is getattr(sys.modules[module], name)


def test_no_other_name_is():
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = agentx.nothing


def test_object_identifiers_load_no_connection():
    code = "import sys; from haproxy_agentx.agentx import key; assert 'asyncio' not in sys.modules; print(key((1, 3)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "b'\\x00\\x00\\x00\\x01\\x00\\x00\\x00\\x03'\n"


def test_a_scalar_has_one_instance_and_is_read_at_each_request():
    counts = iter(range(10))
    view = MibView([scalar(NAME, Tag.COUNTER32, lambda: next(counts))])
    assert [view.get(key((*NAME, 0))) for _ in range(2)] == [
        (wire.COUNTER32, wire.value(wire.COUNTER32, number)) for number in range(2)
    ]
    assert view.get(key((*NAME, 1))) == (wire.NO_SUCH_INSTANCE, b"")


def test_a_column_has_its_rows_in_order_and_may_have_holes():
    view = MibView([column(NAME, Tag.OCTET_STRING, {(2, 1): b"b", (1, 9): b"a", (1, 10): None})])
    assert view.columns[0].rows == [key((1, 9)), key((1, 10)), key((2, 1))]
    assert view.get(key((*NAME, 1, 9))) == (wire.OCTETS, wire.value(wire.OCTETS, b"a"))
    assert view.get(key((*NAME, 1, 10))) == (wire.NO_SUCH_INSTANCE, b"")
    assert view.get(key((*NAME, 2, 1))) == (wire.OCTETS, wire.value(wire.OCTETS, b"b"))


def test_a_column_without_rows():
    assert MibView([column(NAME, Tag.INTEGER, {})]).get(key((*NAME, 1))) == (wire.NO_SUCH_INSTANCE, b"")


def test_what_a_column_cannot_be():
    with pytest.raises(ValueError, match="different lengths"):
        column(NAME, Tag.INTEGER, {(1,): 1, (1, 2): 2})
    with pytest.raises(LocalError):
        column(NAME, Tag.GAUGE32, {(1,): -1})


# 6.2.10: snmpTrapOID.0 first, or second after sysUpTime.0.
def test_a_notification():
    more = VarBind(Tag.INTEGER, key((*NAME, 1)), 7)
    trap = VarBind(Tag.OBJECT_IDENTIFIER, key(SNMP_TRAP_OID), key(NAME))
    assert notification(NAME) == [trap]
    assert notification(NAME, [more], up_time=2**32 + 5) == [VarBind(Tag.TIME_TICKS, key(SYS_UP_TIME), 5), trap, more]
