"""The answer to ``show info`` (HAProxy management guide 9.3): one ``Name: value`` per line, then an empty line.

Which names there are changes with the version, so all are kept as they came (also ``TotalSplicdedBytesOut``, whose
spelling is HAProxy's) and only what distinguishes processes is looked at here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from haproxy_agentx.vocabulary.source import Invalid

LIMIT = 1 << 20
"""Bytes in an answer: HAProxy 3.x sends 2 KiB."""

_END = b"\n\n"
_NAME_LIMIT = 64
_DIGITS = re.compile("[0-9]{1,18}")
_UPTIME = re.compile("([0-9]{1,9})d ([0-9]{1,3})h([0-9]{1,2})m([0-9]{1,2})s")


@dataclass(frozen=True, slots=True)
class Info:
    """One HAProxy process (a worker, when there is a master).

    ``fields`` are all lines by name, in their order. ``start_time`` is in seconds since the epoch, None where this
    version does not report (before 2.5); ``uptime`` in seconds. ``pid`` and ``start_time`` together name the process:
    when either changes, every counter restarted.
    """

    fields: Mapping[str, str]
    pid: int
    version: str
    start_time: int | None
    uptime: int | None
    node: str
    load: tuple[int, int] | None = None
    """Connections, and how many it may have; None where it does not say that."""

    @property
    def identity(self) -> tuple[int, int | None]:
        """What names the process."""
        return self.pid, self.start_time


def parse(answer: bytes) -> Info:
    """Read a whole answer.

    Lines that are not ``Name: value`` are passed over. Raises Invalid when the end is missing (a torn answer), when
    there is no name or process id in it, or when it is over LIMIT.
    """
    if len(answer) > LIMIT:
        raise Invalid(f"show info: the answer has {len(answer)} bytes, more than the limit of {LIMIT}")
    text = answer.replace(b"\r\n", b"\n")
    if not text.endswith(_END):
        raise Invalid(f"show info: the answer is torn after {len(answer)} bytes (no empty line at its end)")
    fields: dict[str, str] = {}
    for line in text.decode("utf-8", "replace").split("\n"):
        name, colon, value = line.partition(":")
        if colon and name and len(name) <= _NAME_LIMIT:
            fields.setdefault(name, value.strip())
    pid = _number(fields.get("Pid"))
    if not fields.get("Name") or not pid:
        beginning = answer[:60].decode("ascii", "replace")
        raise Invalid(f"show info: no Name and Pid in the answer, which begins with {beginning!r}: is this HAProxy?")
    return Info(
        fields=fields,
        pid=pid,
        version=fields.get("Version", ""),
        start_time=_number(fields.get("Start_time_sec")),
        uptime=_uptime(fields),
        node=fields.get("node", ""),
        load=_load(fields),
    )


def _load(fields: Mapping[str, str]) -> tuple[int, int] | None:
    connections, limit = (fields.get(name, "") for name in ("CurrConns", "Maxconn"))
    return (int(connections), int(limit)) if _DIGITS.fullmatch(connections) and _DIGITS.fullmatch(limit) else None


def _number(text: str | None) -> int | None:
    return int(text) if text and _DIGITS.fullmatch(text) else None


def _uptime(fields: Mapping[str, str]) -> int | None:
    """Return ``Uptime_sec``, or what ``Uptime`` (``0d 0h00m02s``) says where that is missing."""
    seconds = _number(fields.get("Uptime_sec"))
    if seconds is None and (parts := _UPTIME.fullmatch(fields.get("Uptime", ""))):
        day, hour, minute, second = map(int, parts.groups())
        return ((day * 24 + hour) * 60 + minute) * 60 + second
    return seconds
