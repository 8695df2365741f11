"""The answer to ``show proc`` of HAProxy's master process (management guide 9.4): its workers and last reload. Pure."""
# ruff: noqa: N815  -- SMIv2 wants labels in camelCase

import re
from dataclasses import dataclass
from enum import IntEnum

from haproxy_agentx.vocabulary.source import Invalid

LIMIT = 256 * 1024
"""Octets in an answer: some 3,000 workers."""

_HEADER = b"#<PID>"
_FAILED = re.compile(rb"\[failed: (\d{1,10})\]")
_ROW = re.compile(rb"(\d{1,10})\s+(master|worker)\s+(.*)")
_NUMBER = re.compile(rb"\d{1,10}")
_COLUMN = re.compile(rb"<([^>]*)>")


class ReloadResult(IntEnum):
    """HaxReloadResult; the members' names are the labels of the MIB."""

    notReloaded = 1
    succeeded = 2
    failed = 3


@dataclass(frozen=True, slots=True)
class Workers:
    """What the master says. ``result`` is None where this version does not say it."""

    current: tuple[int, ...]
    """Process ids of the workers of the last configuration that was loaded."""
    old: tuple[int, ...]
    """Those of workers from before a reload, or a failed one: HAProxy 3.2 lists the one that serves on here, too."""
    result: ReloadResult | None

    def left_over(self, serving: int) -> int | None:
        """Return how many old workers there are beside the process ``serving``; None when that is none of these."""
        if serving not in (*self.current, *self.old):
            return None
        return sum(pid != serving for pid in self.old)


def parse(answer: bytes) -> Workers:
    """Read an answer. Raise Invalid for one that is torn, or no such answer."""
    header, _, rest = answer.partition(b"\n")
    columns = _COLUMN.findall(header)
    if not header.startswith(_HEADER) or b"reloads" not in columns:
        raise Invalid(f"show proc: no list of processes, but {header[:60].decode('ascii', 'replace')!r}")
    if not answer.endswith(b"\n\n"):
        raise Invalid(f"show proc: the answer is torn after {len(answer)} bytes (no empty line at its end)")
    section = b""
    found: dict[bytes, list[int]] = {b"workers": [], b"old workers": []}
    result, masters = None, 0
    for line in rest.split(b"\n"):
        if line.startswith(b"#"):
            section = line[1:].strip()
        elif row := _ROW.match(line):
            if row[2] == b"master":
                masters += 1
                result = _result(row[3], columns.index(b"reloads") - 2)
            elif section in found:
                found[section].append(int(row[1]))
    if masters != 1:
        raise Invalid(f"show proc: {masters} master processes in the answer")
    return Workers(tuple(found[b"workers"]), tuple(found[b"old workers"]), result)


def _result(rest: bytes, place: int) -> ReloadResult | None:
    """Return what the row of the master says of its last reload; ``place`` is that of the count behind its type."""
    failed = _FAILED.search(rest)
    cells = _FAILED.sub(b"", rest).split()
    if failed is None or place >= len(cells) or not _NUMBER.fullmatch(cells[place]):
        return None
    if int(failed[1]):
        return ReloadResult.failed
    return ReloadResult.succeeded if int(cells[place]) else ReloadResult.notReloaded
