"""Who listens in a network namespace, by /proc/PID/net. Parsers are pure; `listens` reads."""

from itertools import pairwise
from pathlib import Path

LISTENING_UNIX = "00010000"
LISTENING_TCP = "0A"


def listens(leader: int, address: str) -> bool:
    """Tell whether something listens at `unix:PATH`, `udp:PORT` or `tcp:PORT` in the namespace of a process."""
    kind, _, place = address.partition(":")
    tables = [Path(f"/proc/{leader}/net/{name}") for name in ([kind] if kind == "unix" else [kind, f"{kind}6"])]
    text = "".join(table.read_text() for table in tables if table.exists())
    if kind == "unix":
        return unix(text, place)
    return inet(text, int(place), LISTENING_TCP if kind == "tcp" else None)


def unix(text: str, path: str) -> bool:
    """Find a listening socket in the text of /proc/net/unix."""
    rows = (line.split() for line in text.splitlines())
    return any(row[3] == LISTENING_UNIX and row[-1] == path for row in rows if len(row) > 7)


def inet(text: str, port: int, state: str | None) -> bool:
    """Find a socket bound to the port, in the state (None: any), in the text of /proc/net/tcp or udp."""
    rows = (line.split() for line in text.splitlines())
    return any(
        row[1].rpartition(":")[2] == f"{port:04X}" and state in (None, row[3])
        for row in rows
        if len(row) > 3 and ":" in row[1]
    )


def holds(text: str, address: str) -> bool:
    """Find a local address in the text of /proc/net/fib_trie: the kernel's own word on who holds it."""
    lines = [line.strip() for line in text.splitlines()]
    return any(line == f"|-- {address}" and "host LOCAL" in following for line, following in pairwise(lines))
