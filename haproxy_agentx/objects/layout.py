"""Which row of a reading stands where in the tables: computed when rows come or go, kept while they stay.

A number is assigned to its object permanently, so a layout is made in two steps. ``survey`` collects what numbers are
wanted, by scope; the store assigns them; ``arrange`` sorts the rows by them. Both are generators that
pause, because a layout of 50,000 servers takes longer than a manager wants to wait for an answer.
"""

from array import array
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import merge
from itertools import islice
from struct import Struct

from haproxy_agentx.agentx.oid import Key
from haproxy_agentx.haproxy.stat import RowKind, identity

SLICE = 128
"""Rows between two pauses: a few tenths of a millisecond."""

RUN = 512
"""Rows that are sorted at once."""

MAX_NUMBER = 0x7FFFFFFF
"""The largest index (RFC 4181 4.6.1.1: indexes fit an Integer32)."""

_one = Struct(">I").pack
_two = Struct(">2I").pack

Scope = str
Wanted = dict[Scope, dict[str, int]]
"""For each scope the names in it and their first choices, 0 for none."""

Numbers = Mapping[Scope, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one table: instance parts of their names, ascending, and the places of their texts in a reading."""

    parts: list[Key] = field(default_factory=list)
    places: Sequence[int] = field(default_factory=lambda: array("I"))


@dataclass(frozen=True, slots=True)
class Layout:
    """The four tables of one process, and how many rows were left out as no object of these kinds or as its double."""

    rows: Mapping[RowKind, Rows]
    left_out: int


def proxy_scope(process: str) -> Scope:
    """Return the scope in which proxies have their numbers."""
    return f"proxy/{process}"


def member_scope(kind: RowKind, process: str, proxy: str) -> Scope:
    """Return the scope in which the servers or listeners of a proxy have their numbers."""
    return f"{kind.name.lower()}/{process}/{proxy}"


@dataclass(frozen=True, slots=True)
class _Object:
    """What a signature says of identity."""

    proxy: str
    name: str
    kind: RowKind
    proxy_id: int
    member_id: int


_KINDS = {b"%d" % kind: kind for kind in RowKind}


def _object(signature: bytes) -> _Object | None:
    proxy, name, kind, iid, sid = identity(signature)
    if kind not in _KINDS or not proxy or not name:
        return None
    ids = [int(text) if text.isdigit() and len(text) <= 10 else 0 for text in (iid, sid)]  # noqa: PLR2004  32 bits
    return _Object(_text(proxy), _text(name), _KINDS[kind], *ids)


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def survey(process: str, signatures: Sequence[bytes], known: Numbers) -> Generator[None, None, Wanted]:
    """Collect the names of a reading that have no number yet, and their first choices.

    These are HAProxy's own ids, which an ``id`` in haproxy.cfg pins. Pauses between slices.
    """
    wanted: Wanted = {}
    for place, signature in enumerate(signatures):
        found = _object(signature)
        if found is not None:
            _want(wanted, known, proxy_scope(process), found.proxy, found.proxy_id)
            if found.kind in (RowKind.SERVER, RowKind.LISTENER):
                _want(wanted, known, member_scope(found.kind, process, found.proxy), found.name, found.member_id)
        if place % SLICE == SLICE - 1:
            yield
    return wanted


def _want(wanted: Wanted, known: Numbers, scope: Scope, name: str, first: int) -> None:
    if name not in known.get(scope, ()):
        wanted.setdefault(scope, {}).setdefault(name, first if first <= MAX_NUMBER else 0)


def arrange(process: str, signatures: Sequence[bytes], numbers: Numbers) -> Generator[None, None, Layout]:
    """Sort the rows of a reading by their numbers. Pauses between slices.

    Of two rows with one identity the first stays. The parts begin with the proxy: the number of the process is said
    once, for the whole layout.
    """
    entries: dict[RowKind, list[bytes]] = {kind: [] for kind in RowKind}
    for place, signature in enumerate(signatures):
        found = _object(signature)
        if found is not None:
            proxy = numbers[proxy_scope(process)][found.proxy]
            if found.kind in (RowKind.SERVER, RowKind.LISTENER):
                member = numbers[member_scope(found.kind, process, found.proxy)][found.name]
                part = _two(proxy, member)
            else:
                part = _one(proxy)
            entries[found.kind].append(part + _one(place))
        if place % SLICE == SLICE - 1:
            yield
    rows = {}
    for kind in RowKind:
        rows[kind] = yield from _sorted(entries.pop(kind))
    return Layout(rows, len(signatures) - sum(len(table.parts) for table in rows.values()))


def _sorted(entries: list[bytes]) -> Generator[None, None, Rows]:
    """Sort in runs and merge them, with pauses; of equal parts the first place stays.

    An entry is a part and its place in one bytes object: in order as it is, and nothing for the garbage collector.
    """
    runs = []
    for start in range(0, len(entries), RUN):
        runs.append(sorted(entries[start : start + RUN]))
        yield
    parts: list[Key] = []
    places = array("I")
    merged = merge(*runs)
    while piece := list(islice(merged, SLICE)):
        for entry in piece:
            part = entry[:-4]
            if not parts or part != parts[-1]:
                parts.append(part)
                places.append(int.from_bytes(entry[-4:], "big"))
        yield
    return Rows(parts, places)
