"""Rows and notifications as the net-snmp tools print them with numbers, read back with the labels of our MIB. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from haproxy_agentx.agentx.oid import dotted
from haproxy_agentx.objects import schema
from haproxy_agentx.objects.declaration import Column, Table
from haproxy_agentx.vocabulary.event import Kind
from haproxy_agentx.vrrp.model import VrrpState
from integration.netlab import Trap
from integration.netlab.plan import ROOT
from integration.netlab.traps import VRRP_STATE, VRRP_STATE_CHANGE
from integration.walks import Varbind

UP_TIME = "1.3.6.1.2.1.1.3.0"
NAMES = {
    f"{ROOT}.0.{kind.value}": notification.name for kind, notification in zip(Kind, schema.NOTIFICATIONS, strict=True)
}
"""Of our notifications, by snmpTrapOID."""

Row = dict[str, str]
"""Value by name of the column without what all columns of its table begin with; enumerations by label."""


def entry(table: Table[Column]) -> str:
    """Give the object identifier below which the cells of a table are."""
    return dotted(schema.column_oid(table, table.index)[:-1])


def rows(table: Table[Column], lines: Iterable[str]) -> dict[str, Row]:
    """Gather a walk (`-On`) by row: index -> row. What is not of the table is left out."""
    return _gathered(table, ((name, text) for name, _, text in map(Varbind.parse, lines)))


def _gathered(table: Table[Column], varbinds: Iterable[tuple[str, str]]) -> dict[str, Row]:
    below = f"{entry(table)}."
    columns = {str(column.sub_id): column for column in table.columns}
    gathered: dict[str, Row] = {}
    for name, value in varbinds:
        sub_id, dot, index = name.removeprefix(below).partition(".")
        if dot and name.startswith(below) and (column := columns.get(sub_id)):
            gathered.setdefault(index, {})[_short(table, column)] = label(column, value)
    return gathered


def _short(table: Table[Column], column: Column) -> str:
    return column.name.removeprefix(table.name.removesuffix("Table"))


def label(column: Column, text: str) -> str:
    """Return the label of a value of a column; the text itself where it has none."""
    labels = {str(number): name for name, number in (column.syntax.labels or {}).items()}
    labels |= {"1": "true", "2": "false"} if column.syntax.name == "TruthValue" else {}
    return labels.get(text, text)


def cells(varbinds: Mapping[str, str]) -> Row:
    """Return what a notification of ours says of its event; empty for one of somebody else."""
    return next(iter(_gathered(schema.EVENT_TABLE, varbinds.items()).values()), {})


@dataclass(frozen=True, slots=True)
class UpTime:
    """A moment on the clock of a host's snmpd: hundredths of a second, and as it is printed."""

    ticks: int
    text: str

    @classmethod
    def parse(cls, value: str) -> "UpTime":
        """Read `(1233) 0:00:12.33`."""
        ticks, _, text = value.removeprefix("(").partition(") ")
        return cls(int(ticks), text)


@dataclass(frozen=True, slots=True)
class StateChange:
    """keepalived's vrrpInstanceStateChange. ``time`` is the sink's."""

    time: str
    source: str
    subject: str
    state: str
    up_time: UpTime
    name: str = "vrrpInstanceStateChange"


@dataclass(frozen=True, slots=True)
class Notice:
    """A notification of ours. ``vrrp`` is the vrrpInstanceState that it repeats, where it does."""

    time: str
    source: str
    name: str
    cells: Row
    vrrp: str | None

    @property
    def subject(self) -> str:
        """Name of the service or source."""
        return self.cells["Subject"]

    @property
    def keepalived(self) -> UpTime | None:
        """The sysUpTime of the trap of keepalived that it belongs to."""
        return UpTime.parse(self.cells["KeepalivedUpTime"]) if "KeepalivedUpTime" in self.cells else None

    def belongs_to(self, trap: StateChange) -> bool:
        """Tell whether it and keepalived's trap are of one event: the same instance and state, of the same moment."""
        mine = (self.source, self.subject, self.vrrp, self.keepalived)
        return mine == (trap.source, trap.subject, trap.state, trap.up_time)


def read(traps: Iterable[Trap]) -> Iterator[StateChange | Notice]:
    """Read what came to the sink; what is neither of the two is left out."""
    for trap in traps:
        state = trap.varbinds.get(VRRP_STATE)
        label = VrrpState(int(state)).name if state else None
        if trap.oid == VRRP_STATE_CHANGE and trap.vrrp and label:
            yield StateChange(trap.time, trap.source, trap.vrrp[0], label, UpTime.parse(trap.varbinds[UP_TIME]))
        elif trap.oid in NAMES:
            yield Notice(trap.time, trap.source, NAMES[trap.oid], cells(trap.varbinds), label)
