"""HOST:PORT, read in one way for all that is configured so. Pure; no message repeats the text."""

import re
from dataclasses import dataclass
from ipaddress import ip_address

PORTS = range(1, 65536)
HOST_PATTERN = r"\[[0-9A-Fa-f:.]{2,45}\]|[0-9.]{7,15}|localhost"
_HOST_AND_PORT = re.compile(f"({HOST_PATTERN}):([0-9]{{1,5}})")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """``host`` is the canonical text of an IP address, without brackets."""

    host: str
    port: int

    @property
    def is_ipv6(self) -> bool:
        """Whether it is an address of IPv6."""
        return ":" in self.host

    @property
    def is_loopback(self) -> bool:
        """Whether it is this machine and can be nothing else."""
        return is_loopback(self.host)


def parse(text: str, remedy: str = "write 127.0.0.1:161 or [::1]:161") -> Endpoint:
    """Read ``127.0.0.1:161``, ``localhost:161`` or ``[::1]:161``. Raises ValueError, with the remedy."""
    match = _HOST_AND_PORT.fullmatch(text)
    try:
        if match and int(match[2]) in PORTS:
            host = "127.0.0.1" if match[1] == "localhost" else match[1].strip("[]")
            return Endpoint(str(ip_address(host)), int(match[2]))
    except ValueError:
        pass
    raise ValueError(f"it is not a numeric address with a port: {remedy}")


def is_loopback(host: str) -> bool:
    """Whether a host is surely this machine: localhost, or a loopback address, IPv6 also in brackets."""
    try:
        return host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
