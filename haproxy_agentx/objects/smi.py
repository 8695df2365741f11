"""Pieces of SMIv2 text: clauses, wrapped words, lists, and where a module hangs in the tree. Pure."""

import textwrap
from collections.abc import Iterable, Mapping

from haproxy_agentx.agentx.oid import Oid, dotted

WIDTH = 79
"""Columns of a line of the module."""

_ANCHORS: Mapping[Oid, tuple[str, str]] = {
    (1,): ("iso", ""),
    (1, 3, 6, 1): ("internet", "SNMPv2-SMI"),
    (1, 3, 6, 1, 3): ("experimental", "SNMPv2-SMI"),
    (1, 3, 6, 1, 4, 1): ("enterprises", "SNMPv2-SMI"),
    (1, 3, 6, 1, 4, 1, 8072, 9999, 9999): ("netSnmpPlaypen", "NET-SNMP-MIB"),
}
"""Nodes that other modules define; iso is known without an import."""


def anchor(root: Oid) -> tuple[str, str, Oid]:
    """Return the nearest known node above ``root``, its module, and the sub-identifiers from there to the root.

    Raises ValueError for a root that is not below iso (1).
    """
    for length in range(len(root) - 1, 0, -1):
        if root[:length] in _ANCHORS:
            name, module = _ANCHORS[root[:length]]
            return name, module, root[length:]
    raise ValueError(f"{dotted(root)} is not below iso: choose a root such as 1.3.6.1.4.1.ENTERPRISE.NUMBER")


def quoted(text: str, indent: int) -> str:
    """Return a quoted text on lines of its own. It must be ASCII and hold no double quote (RFC 2578 3.1.1)."""
    if not text.isascii() or '"' in text:
        raise ValueError(f"not a text for a module: {text!r}")
    margin = " " * indent
    return textwrap.fill(
        f'"{text}"',
        WIDTH,
        initial_indent=margin,
        subsequent_indent=margin,
        break_long_words=False,
        break_on_hyphens=False,
    )


def comment(text: str) -> str:
    """Return a comment, wrapped."""
    return textwrap.fill(text, WIDTH, initial_indent="-- ", subsequent_indent="-- ", break_on_hyphens=False)


def section(title: str, text: str) -> str:
    """Return the heading of a part of the module."""
    rule = "-- " + "-" * (WIDTH - 3)
    return f"{rule}\n-- {title}\n{rule}\n{comment(text)}"


def listed(names: Iterable[str], indent: int, separator: str = ",\n") -> str:
    """Return names one below the other."""
    margin = " " * indent
    return separator.join(f"{margin}{name}" for name in names)


def labels(named: Mapping[str, int], indent: int) -> str:
    """Return the named numbers of an enumeration, one below the other."""
    return listed((f"{label}({number})" for label, number in named.items()), indent)
