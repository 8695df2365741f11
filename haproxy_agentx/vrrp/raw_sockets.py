"""Whether somebody on this machine has a raw socket for VRRP: keepalived has one while it runs, however it is set up.

/proc/net/raw and raw6 list the raw sockets of the network namespace, unprivileged; the port of a local address is the
protocol there. VRRP is protocol 112 (RFC 9568 5.1.1.4).
"""

from pathlib import Path
from typing import Final

FILES: Final = (Path("/proc/net/raw"), Path("/proc/net/raw6"))
MAX_OCTETS: Final = 64 * 1024
"""Octets of a file that are looked at: some 450 sockets."""

_PROTOCOL: Final = ":0070"


def is_vrrp_spoken() -> bool:
    """Whether there is one; False also where the files cannot be read, which proves nothing."""
    return any(lists_vrrp(_read(file)) for file in FILES)


def lists_vrrp(text: str) -> bool:
    """Whether such a file lists a socket of VRRP."""
    fields = (line.split() for line in text.splitlines()[1:])
    return any(len(each) > 1 and each[1].endswith(_PROTOCOL) for each in fields)


def _read(file: Path) -> str:
    try:
        with file.open(encoding="ascii", errors="replace") as lines:
            return lines.read(MAX_OCTETS)
    except OSError:
        return ""
