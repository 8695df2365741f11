"""KEEPALIVED-MIB (1.3.6.1.4.1.9586.100.5): which objects are read, and what they say. Pure.

Rows are positions in keepalived's configuration file and shift when it is edited, so cells of several requests belong
together only when the names at their rows are still the same: ``settled`` says what to ask for to know.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from ipaddress import ip_address

from haproxy_agentx.agentx.oid import Oid
from haproxy_agentx.snmp.message import Missing, Value, VarBind
from haproxy_agentx.vocabulary.source import Invalid
from haproxy_agentx.vrrp.model import Address, MibInstance, MibReading, MibScript, VrrpState

BASE: Oid = (1, 3, 6, 1, 4, 1, 9586, 100, 5)
VERSION: Oid = (*BASE, 1, 1)
ROUTER_ID: Oid = (*BASE, 1, 2)
SCALARS = (VERSION, ROUTER_ID)

_INSTANCE: Oid = (*BASE, 2, 3, 1)
NAME: Oid = (*_INSTANCE, 2)
ROUTER_NUMBER: Oid = (*_INSTANCE, 3)
STATE: Oid = (*_INSTANCE, 4)
INITIAL_STATE: Oid = (*_INSTANCE, 5)
WANTED_STATE: Oid = (*_INSTANCE, 6)
BASE_PRIORITY: Oid = (*_INSTANCE, 7)
EFFECTIVE_PRIORITY: Oid = (*_INSTANCE, 8)
INTERFACE: Oid = (*_INSTANCE, 10)
ADVERTISEMENT_INTERVAL: Oid = (*_INSTANCE, 12)
PREEMPT: Oid = (*_INSTANCE, 13)
PREEMPT_DELAY: Oid = (*_INSTANCE, 14)
SYNC_GROUP: Oid = (*_INSTANCE, 18)
ACCEPT: Oid = (*_INSTANCE, 27)
VRRP_VERSION: Oid = (*_INSTANCE, 30)
GROUP_NAME: Oid = (*BASE, 2, 1, 1, 2)
TRACKED_INTERFACE: Oid = (*BASE, 2, 4, 1, 1)
TRACKED_SCRIPT: Oid = (*BASE, 2, 5, 1, 2)
ADDRESS_VALUE: Oid = (*BASE, 2, 6, 1, 3)
ADDRESS_INTERFACE: Oid = (*BASE, 2, 6, 1, 8)
ADDRESS_STATUS: Oid = (*BASE, 2, 6, 1, 10)
SCRIPT_NAME: Oid = (*BASE, 2, 9, 1, 2)
SCRIPT_INTERVAL: Oid = (*BASE, 2, 9, 1, 4)
SCRIPT_RESULT: Oid = (*BASE, 2, 9, 1, 6)
SCRIPT_RISE: Oid = (*BASE, 2, 9, 1, 7)
SCRIPT_FALL: Oid = (*BASE, 2, 9, 1, 8)
GROUP_TRACKED_INTERFACE: Oid = (*BASE, 2, 14, 1, 1)
COLUMNS = (
    NAME, ROUTER_NUMBER, STATE, INITIAL_STATE, WANTED_STATE, BASE_PRIORITY, EFFECTIVE_PRIORITY, INTERFACE,
    ADVERTISEMENT_INTERVAL, PREEMPT, PREEMPT_DELAY, SYNC_GROUP, ACCEPT, VRRP_VERSION, GROUP_NAME, TRACKED_INTERFACE,
    TRACKED_SCRIPT, ADDRESS_VALUE, ADDRESS_INTERFACE, ADDRESS_STATUS, SCRIPT_NAME, SCRIPT_INTERVAL, SCRIPT_RESULT,
    SCRIPT_RISE, SCRIPT_FALL, GROUP_TRACKED_INTERFACE,
)  # fmt: skip

MAX_TEXT = 255
"""Octets in a DisplayString (RFC 2579 2)."""

ADDRESS_SET = 1
"""vrrpAddressStatus set(1)."""

NO_PREEMPT = 2
"""vrrpInstancePreempt noPreempt(2)."""

NO_ACCEPT = 2
"""vrrpInstanceAccept false(2): packets to the addresses are dropped. With VRRPv2 it is 0, whatever is configured."""

VERSION_3 = 3
"""vrrpInstanceVrrpVersion vrrpv3(3), whose intervals are in centiseconds; those of vrrpv2(2) are in seconds."""

OWNER = 255
"""Priority of the owner of the address, whose packets are never dropped (RFC 9568 6.4.3)."""

STATIC = 0
"""vrrpInstanceIndex of what belongs to no instance: static addresses."""

RESULTS = {2: False, 3: True, 5: False}
"""vrrpScriptResult: bad(2) good(3) initfailed(5); init(1) and disabled(4) of older versions say nothing."""

_MAKERS = (
    (NAME, (STATE, ROUTER_NUMBER, INITIAL_STATE, WANTED_STATE, BASE_PRIORITY, EFFECTIVE_PRIORITY)),
    (ADDRESS_VALUE, (ADDRESS_STATUS, ADDRESS_INTERFACE)),
)
"""The column that makes a row, and others of its table: what has only those has lost its row, and is torn."""

Cells = Mapping[Oid, Value]


def read(cells: Cells, began: float, ended: float) -> MibReading:
    """Read the cells of SCALARS and COLUMNS. Without instances it has none.

    An instance is made by its name and its state, an address by its value; any other cell may be absent, and then says
    nothing. Raise Invalid where a cell that is there is of the wrong type or of no row, which is also what a change of
    keepalived's configuration while it was read looks like. A state that this MIB does not know is read as unknown(4).
    """
    columns = _by_column(cells)
    scripts = {_text(columns, SCRIPT_NAME, row): _result(columns, row) for row in columns[SCRIPT_NAME]}
    times = {_text(columns, SCRIPT_NAME, row): _takes(columns, row) for row in columns[SCRIPT_NAME]}
    watched = _of_groups(columns)
    rows = sorted(row[0] for row in columns[NAME] if len(row) == 1)
    if len(rows) != len(columns[NAME]):
        raise Invalid("KEEPALIVED-MIB: a row of vrrpInstanceTable has more than one index")
    for column, others in _MAKERS:
        for at in (at for other in others for at in columns[other] if at not in columns[column]):
            raise _torn(column, at)
    addresses = _grouped(columns, ADDRESS_VALUE, rows)
    tracked = _grouped(columns, TRACKED_SCRIPT, rows)
    links = _grouped(columns, TRACKED_INTERFACE, rows)
    return MibReading(
        router_id=_text_if(columns, ROUTER_ID, (0,)),
        version=_text_if(columns, VERSION, (0,)),
        instances=tuple(
            _instance(
                columns,
                row,
                tuple(_address(columns, at) for at in addresses.get(row, ())),
                tuple(_script(columns, at, scripts, times) for at in tracked.get(row, ())),
                (*(_text(columns, TRACKED_INTERFACE, at) for at in links.get(row, ())), *watched(row)),
            )
            for row in rows
        ),
        began=began,
        ended=ended,
    )


def has_instances(cells: Cells) -> bool:
    """Whether vrrpInstanceTable has a row. That it has none proves nothing: its process may hang or be gone."""
    return any(name[: len(NAME)] == NAME for name in cells)


def settled(cells: Cells) -> tuple[Oid, ...]:
    """Return the names of two objects: the last row's name and the one of the row behind it, which is not there.

    When both are answered as ``unchanged`` wants, no row was added or removed while the rest was read.
    """
    rows = [name for name in cells if name[: len(NAME)] == NAME]
    last = max(rows) if rows else (*NAME, 0)
    return last, (*last[:-1], last[-1] + 1)


def unchanged(cells: Cells, varbinds: Sequence[VarBind]) -> bool:
    """Whether the answer to a Get of ``settled`` is what ``cells`` say."""
    return tuple(name for name, _ in varbinds) == settled(cells) and all(
        cells.get(name) == (None if isinstance(value, Missing) else value) for name, value in varbinds
    )


def _by_column(cells: Cells) -> dict[Oid, dict[Oid, Value]]:
    columns: dict[Oid, dict[Oid, Value]] = {column: {} for column in (*SCALARS, *COLUMNS)}
    for name, value in cells.items():
        # the columns of the tables have two sub-identifiers more than the scalars
        for length in (len(NAME), len(VERSION)):
            if name[:length] in columns:
                columns[name[:length]][name[length:]] = value
                break
    return columns


def _instance(
    columns: Mapping[Oid, Cells],
    row: int,
    addresses: tuple[Address, ...],
    scripts: tuple[MibScript, ...],
    tracked: tuple[str, ...],
) -> MibInstance:
    at = (row,)
    name = _text(columns, NAME, at)
    if not name:
        raise Invalid(f"KEEPALIVED-MIB: the instance in row {row} has no name")
    interval = _number_if(columns, ADVERTISEMENT_INTERVAL, at)
    version = _number_if(columns, VRRP_VERSION, at)
    priority = _number_if(columns, EFFECTIVE_PRIORITY, at)
    return MibInstance(
        row=row,
        name=name,
        router_number=_number_if(columns, ROUTER_NUMBER, at),
        state=_known(_number(columns, STATE, at)),
        initial=_state_if(columns, INITIAL_STATE, at),
        wanted=_state_if(columns, WANTED_STATE, at),
        base_priority=_number_if(columns, BASE_PRIORITY, at),
        effective_priority=priority,
        interface=_text_if(columns, INTERFACE, at),
        addresses=addresses,
        scripts=scripts,
        sync_group=_text_if(columns, SYNC_GROUP, at),
        preempts=_number_if(columns, PREEMPT, at) != NO_PREEMPT,
        preempt_delay=float(_number_if(columns, PREEMPT_DELAY, at) or 0),
        advertises_each=None if not interval or version is None else interval / (100 if version == VERSION_3 else 1),
        accepts=_number_if(columns, ACCEPT, at) != NO_ACCEPT or priority == OWNER,
        tracked=tracked,
    )


def _of_groups(columns: Mapping[Oid, Cells]) -> Callable[[int], tuple[str, ...]]:
    """Return a function from the row of an instance to the interfaces that its sync group tracks."""
    names = {_text(columns, GROUP_NAME, at): at[0] for at in columns[GROUP_NAME] if len(at) == 1}
    tracked: dict[int, list[str]] = {}
    for at in sorted(columns[GROUP_TRACKED_INTERFACE]):
        tracked.setdefault(at[0] if at else STATIC, []).append(_text(columns, GROUP_TRACKED_INTERFACE, at))
    return lambda row: tuple(tracked.get(names.get(_text_if(columns, SYNC_GROUP, (row,)), STATIC), ()))


def _grouped(columns: Mapping[Oid, Cells], column: Oid, rows: Sequence[int]) -> dict[int, list[Oid]]:
    """Return the indexes in a column whose rows have two indexes, by the first one: the row of the instance."""
    found: dict[int, list[Oid]] = {}
    known = frozenset(rows)
    for at in _in_order(columns[column]):
        if at[0] not in known:
            raise _torn(column, at)
        found.setdefault(at[0], []).append(at)
    return found


def _in_order(cells: Cells) -> Iterator[Oid]:
    for at in sorted(cells):
        if len(at) != len(("instance", "place")):
            raise Invalid("KEEPALIVED-MIB: a row below an instance does not have two indexes")
        if at[0] != STATIC:
            yield at


def _address(columns: Mapping[Oid, Cells], at: Oid) -> Address:
    value = columns[ADDRESS_VALUE][at]
    try:
        # InetAddress (RFC 4001): its length is its type's
        ip = str(ip_address(value)) if isinstance(value, bytes) else ""
    except ValueError:
        ip = ""
    if not ip:
        raise Invalid("KEEPALIVED-MIB: a value of vrrpAddressValue is no address")
    return Address(ip, _number_if(columns, ADDRESS_STATUS, at) == ADDRESS_SET, _text_if(columns, ADDRESS_INTERFACE, at))


def _script(
    columns: Mapping[Oid, Cells], at: Oid, results: Mapping[str, bool | None], times: Mapping[str, float]
) -> MibScript:
    name = _text(columns, TRACKED_SCRIPT, at)
    return MibScript(name, results.get(name), times.get(name, 0.0))


def _result(columns: Mapping[Oid, Cells], at: Oid) -> bool | None:
    return RESULTS.get(_number_if(columns, SCRIPT_RESULT, at) or 0)


def _takes(columns: Mapping[Oid, Cells], at: Oid) -> float:
    """Return the seconds that a script takes to notice, 0 where that is not known."""
    interval, often = _number_if(columns, SCRIPT_INTERVAL, at), (SCRIPT_RISE, SCRIPT_FALL)
    return float((interval or 0) * max((_number_if(columns, column, at) or 1) for column in often))


def _state_if(columns: Mapping[Oid, Cells], column: Oid, at: Oid) -> VrrpState | None:
    number = _number_if(columns, column, at)
    return None if number is None else _known(number)


def _known(number: int) -> VrrpState:
    return VrrpState(number) if number in VrrpState.__members__.values() else VrrpState.unknown


def _number_if(columns: Mapping[Oid, Cells], column: Oid, at: Oid) -> int | None:
    """Return a number, None where the cell is absent."""
    return _number(columns, column, at) if at in columns[column] else None


def _text_if(columns: Mapping[Oid, Cells], column: Oid, at: Oid) -> str:
    """Return a text, an empty one where the cell is absent."""
    return _text(columns, column, at) if at in columns[column] else ""


def _number(columns: Mapping[Oid, Cells], column: Oid, at: Oid) -> int:
    value = columns[column].get(at)
    if not isinstance(value, int):
        raise _torn(column, at)
    return value


def _text(columns: Mapping[Oid, Cells], column: Oid, at: Oid) -> str:
    value = columns[column].get(at)
    if not isinstance(value, bytes):
        raise _torn(column, at)
    return value[:MAX_TEXT].decode("utf-8", "replace")


def _torn(column: Oid, at: Oid) -> Invalid:
    written = ".".join(map(str, (*column, *at)))
    return Invalid(f"KEEPALIVED-MIB: {written} does not fit to its row: keepalived's configuration changed meanwhile?")
