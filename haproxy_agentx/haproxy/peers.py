"""The answer to ``show peers`` (management guide 9.3): with how many peers nothing is synchronised. Pure."""

import re
from collections.abc import Generator

from haproxy_agentx.vocabulary.source import Invalid

LIMIT = 1 << 20
"""Octets in an answer: some 500 peers, each with ten tables."""

PAUSE = 512
"""Lines between two pauses: half a millisecond."""

_SECTION = re.compile(rb"^\S+: \[[^\]]*\] id=\S+ disabled=(\d+)")
_PEER = re.compile(rb"^  \S+: id=\S+\((remote|local),(active|inactive)\) .*\blast_status=(\S+)")
_ESTABLISHED = (b"active", b"ESTA")


def peers_down(answer: bytes) -> Generator[None, None, int | None]:
    """Return the number of remote peers without an established session; None where there is no remote peer. Pauses.

    Sections that are disabled do not count. Raise Invalid for an answer that is torn or no such answer.
    """
    if not answer.endswith(b"\n\n") and answer != b"\n":
        raise Invalid(f"show peers: the answer is torn after {len(answer)} bytes (no empty line at its end)")
    counts = [0, 0]
    is_enabled = False
    sections = 0
    begin = number = 0
    while begin < len(answer):
        end = answer.index(b"\n", begin)
        line, begin, number = answer[begin:end], end + 1, number + 1
        if section := _SECTION.match(line):
            sections += 1
            is_enabled = section[1] == b"0"
        elif is_enabled and (peer := _PEER.match(line)) and peer[1] == b"remote":
            counts[peer.groups()[1:] == _ESTABLISHED] += 1
        if not number % PAUSE:
            yield
    if answer.strip() and not sections:
        raise Invalid(f"show peers: no section in the answer, which begins with {answer[:60]!r}: is this HAProxy?")
    return counts[False] if any(counts) else None
