"""The order of the varbinds of each notification, which is permanent: SNMPTT and others go by position."""

from haproxy_agentx.agentx.oid import from_key
from haproxy_agentx.agentx.pdu import SNMP_TRAP_OID, SYS_UP_TIME
from haproxy_agentx.objects import schema
from haproxy_agentx.objects.event_objects import COLUMNS, EVENT_TABLE
from haproxy_agentx.objects.notifications import KEEPALIVED_OBJECTS, varbinds
from haproxy_agentx.vocabulary.event import Kind
from tests.support.events import event_of
from tests.support.programs import ROOT

GOLDEN = ROOT / "tests" / "samples" / "varbind-order.txt"
WHAT_TO_DO = f"""\
The order of the varbinds of a notification is not that of {GOLDEN.relative_to(ROOT)}.
Managers go by position: what stands in that file is never moved, renamed or taken out once it was released.
A new object goes behind the last one of its notification in haproxy_agentx/objects/notification_objects.py; append it
to the file in the same place. Objects behind 'may follow' have no fixed position, as they are there where they apply.
"""


def order() -> str:
    """Return what each notification with all of its objects carries, a line for each varbind after the name."""
    columns = {schema.column_oid(EVENT_TABLE, column): name for name, column in COLUMNS.items()}
    names = {SYS_UP_TIME: "sysUpTime.0", SNMP_TRAP_OID: "snmpTrapOID.0"}
    names |= {oid: name for name, (oid, _) in KEEPALIVED_OBJECTS.items()}
    lines = []
    for kind, notification in zip(Kind, schema.NOTIFICATIONS, strict=True):
        found = varbinds(event_of(kind, tries=1), schema.ROOT, 1, 10**6, 10**6)
        oids = [from_key(one.name) for one in found]
        shown = [names.get(oid) or columns[oid[:-1]] for oid in oids]
        fixed = 2 + len(notification.objects)
        lines += [notification.name, *(f"    {name}" for name in shown[:fixed])]
        lines += ["  may follow:", *(f"    {name}" for name in shown[fixed:])] if shown[fixed:] else []
    return "\n".join(lines) + "\n"


def test_the_order_of_the_varbinds_is_the_frozen_one():
    assert order() == GOLDEN.read_text(), WHAT_TO_DO


def test_the_objects_clause_of_the_module_has_the_same_order():
    blocks = dict(block.split("\n", 1) for block in f"\n{GOLDEN.read_text()}".split("\nhax")[1:])
    for notification in schema.NOTIFICATIONS:
        fixed = blocks[notification.name.removeprefix("hax")].split("  may follow:")[0].split()
        assert tuple(fixed) == ("sysUpTime.0", "snmpTrapOID.0", *notification.objects), WHAT_TO_DO
