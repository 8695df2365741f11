"""What haproxy-agentx itself is configured to do, as far as others have to match it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from haproxy_agentx.agentx.constants import MASTER_SOCKET
from haproxy_agentx.agentx.oid import Oid

GROUP = "haproxy-agentx"
FIFO = "/run/haproxy-agentx/vrrp.fifo"


@dataclass(frozen=True, slots=True)
class PeerSetup:
    """Where the snmpd of another node is asked; by a user of SNMPv3 or by a community."""

    name: str
    host: str
    port: int
    is_v3: bool = False


@dataclass(frozen=True, slots=True)
class Setup:
    """What the configuration says. ``community`` is for comparison only: it is shown nowhere."""

    root: Oid
    agentx_socket: str = MASTER_SOCKET
    haproxy_sockets: Sequence[str] = ("/run/haproxy/ro.sock",)
    fifo: str | None = None
    """Path of keepalived's FIFO, None where it is not configured."""
    traps: str | None = None
    """HOST:PORT where keepalived's traps are received, None where they are not."""
    peers: Sequence[PeerSetup] = ()
    """The other nodes that are read."""
    polls_keepalived: bool = False
    community: str | None = field(default=None, repr=False)
