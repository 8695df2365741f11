"""HOST:PORT of UDP, read. Pure."""

from dataclasses import dataclass
from ipaddress import ip_address

MAX_PORT = 65535


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
        return ip_address(self.host).is_loopback


def parse(text: str) -> Endpoint:
    """Read ``127.0.0.1:161``, ``localhost:161`` or ``[::1]:161``. Raises ValueError, with a remedy."""
    host, colon, port = text.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or not 0 < int(port[:6]) <= MAX_PORT:
        raise ValueError("it is not HOST:PORT: write it as 127.0.0.1:161")
    if host == "localhost":
        host = "127.0.0.1"
    elif host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ValueError("an IPv6 address has brackets: write it as [::1]:161")
    try:
        return Endpoint(str(ip_address(host)), int(port))
    except ValueError:
        raise ValueError("its host is neither localhost nor an IP address: write it as 127.0.0.1:161") from None
