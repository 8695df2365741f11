"""The faults of "How soon" in docs/health.md, as a table: how each strikes the pair and is mended, and its window."""

import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from signal import SIGKILL, SIGSTOP, SIGTERM, Signals

from benchmarks.failovers.pair import Pair
from benchmarks.failovers.traffic import REQUESTED, Inside, close, connected, listening, request
from integration.netlab import control
from integration.netlab.plan import ADDRESSES, BALANCERS, VIRTUAL
from integration.netlab.processes import send

STRUCK = "lb1"
"""Who is MASTER, and struck."""

OTHER = "lb2"

STATISTICS = "/run/haproxy/ro.sock"
HAPROXY = "/etc/haproxy/haproxy.cfg"
MOVED = "/run/haproxy/moved.sock"
PROBED = 8999
"""Port on 127.0.0.1 that the probe of SITE1 connects to."""

MORE = f"""services:
  - name: SITE1
    vrrp_instance: SITE1
    probe: {{url: "tcp://127.0.0.1:{PROBED}", interval: 1s, timeout: 1s, fall: 2}}
  - {{name: SITE2, vrrp_instance: SITE2}}
"""
"""What both nodes have in their configuration for it."""


@dataclass(slots=True)
class Struck:
    """A pair, and what a fault has open in it until it is mended."""

    pair: Pair
    probed: dict[str, list[socket.socket]] = field(default_factory=dict)
    """What the probe of each host connects to."""
    held: list[socket.socket] = field(default_factory=list)
    client: Inside | None = None

    def listen(self) -> None:
        """Have the probes pass."""
        for host in BALANCERS:
            if host not in self.probed:
                self.probed[host] = listening(self.pair.lab.host(host), PROBED)

    def release(self) -> None:
        """Close what is held, and end the client."""
        close(self.held)
        if self.client is not None:
            self.client.__exit__(None, None, None)
            self.client = None

    def close(self) -> None:
        """Close all of it."""
        self.release()
        while self.probed:
            close(self.probed.popitem()[1])


Act = Callable[[Struck], object]


@dataclass(frozen=True, slots=True)
class Fault:
    """How something is broken and mended.

    ``row`` is the first cell of its row of "How soon" in docs/health.md, and ``seconds`` what that row allows with the
    intervals of the lab; ``seconds`` is 0 where nothing may be seen. ``strike`` returns the moment (monotonic) where
    that is not the one before it. ``host`` is the node whose haxHealth changes, ``before`` what goes on before the
    fault.
    """

    name: str
    row: str
    seconds: float
    strike: Act
    mend: Act
    host: str = STRUCK
    before: Act | None = None


def _ctl(service: str, action: str, host: str = STRUCK) -> Act:
    return lambda struck: struck.pair.lab.ctl(host, service, action)


def _signal(service: str, *numbers: Signals) -> Act:
    """Return a strike whose moment is the one before the signals: to find the processes takes a while."""

    def strike(struck: Struck) -> float:
        struck.pair.lab.disturbed = True
        found = control.processes(struck.pair.lab.host(STRUCK), control.find(STRUCK, service))
        whom = control.main_processes(found) if numbers == (SIGTERM,) else found
        at = time.monotonic()
        for number in numbers:
            send(whom, number)
        return at

    return strike


def _both(first: Act, second: Act) -> Act:
    def act(struck: Struck) -> None:
        first(struck)
        second(struck)

    return act


def _web(*ports: int, up: bool) -> Act:
    return lambda struck: (struck.pair.lab.web_up if up else struck.pair.lab.web_down)(*ports)


def _use_up(struck: Struck) -> None:
    for _ in range(12):
        held = socket.socket(socket.AF_UNIX)
        struck.held.append(held)
        held.settimeout(0)
        with suppress(OSError):
            held.connect(str(struck.pair.lab.host(STRUCK).path(STATISTICS)))


def _fill(struck: Struck) -> None:
    struck.held += connected(struck.pair.lab.host("client"), ADDRESSES[STRUCK], 80, 10)


def _say(command: str) -> Act:
    return lambda struck: struck.pair.lab.haproxy(STRUCK, command)


def _move(old: str, new: str) -> Act:
    """Have HAProxy reloaded with its statistics socket elsewhere."""

    def strike(struck: Struck) -> None:
        file = struck.pair.lab.host(STRUCK).path(HAPROXY)
        file.write_text(file.read_text().replace(f"socket {old} ", f"socket {new} "))
        struck.pair.lab.ctl(STRUCK, "haproxy", "reload")

    return strike


def _rename(old: str, new: str) -> Act:
    return lambda struck: struck.pair.lab.exec(STRUCK, "mv", old, new)


def _ask_for_static(struck: Struck) -> None:
    address = VIRTUAL["SITE1"]
    client = Inside(struck.pair.lab.host("client"), lambda: request(address, "/static/"), REQUESTED)
    struck.client = client.__enter__()


def _address(action: str) -> Act:
    command = ("ip", "address", action, f"{VIRTUAL['SITE1']}/24", "dev", "eth0")
    return lambda struck: struck.pair.lab.exec(OTHER, *command)


_CHECKED = (8001, 8002, 8003, 8004)
_HAPROXY = "HAProxy killed or ended"
_KEEPALIVED = "keepalived killed or ended"
_ADDRESS = "an address where the role says that there is none, or the reverse"
_SERVERS = "all or some servers down"
_STATISTICS = "statistics connections used up, socket moved or removed"

FAULTS = (
    Fault("HAProxy killed", _HAPROXY, 0.1, _signal("haproxy", SIGSTOP, SIGKILL), _ctl("haproxy", "start")),
    Fault("HAProxy ended", _HAPROXY, 0.1, _signal("haproxy", SIGTERM), _ctl("haproxy", "restart")),
    Fault("HAProxy frozen", "HAProxy frozen", 5.0, _signal("haproxy", SIGSTOP), _ctl("haproxy", "thaw")),
    Fault("all servers with checks down", _SERVERS, 2.5, _web(*_CHECKED, up=False), _web(*_CHECKED, up=True)),
    Fault("one server down", _SERVERS, 2.5, _web(8001, up=False), _web(8001, up=True)),
    Fault(
        "a server without a check down, clients ask", "all requests end in errors of HAProxy's own", 7.0,
        _web(8005, up=False), _both(_web(8005, up=True), Struck.release),
        before=_ask_for_static,
    ),
    Fault(
        "a frontend at its maxconn", "HAProxy or a frontend at its maxconn", 4.0, _fill,
        _both(Struck.release, _say("set maxconn frontend fe_web 1000")),
        before=_say("set maxconn frontend fe_web 5"),
    ),
    Fault("statistics connections used up", _STATISTICS, 7.0, _use_up, Struck.release),
    Fault(
        "statistics socket removed", _STATISTICS, 7.0,
        _rename(STATISTICS, MOVED), _rename(MOVED, STATISTICS),
    ),
    Fault("statistics socket moved", _STATISTICS, 7.0, _move(STATISTICS, MOVED), _move(MOVED, STATISTICS)),
    Fault("probe fails", "a probe fails", 4.0, lambda struck: close(struck.probed.pop(STRUCK)), Struck.listen),
    Fault("HAProxy reloaded", "", 0.0, _ctl("haproxy", "reload"), lambda _: None),
    Fault(
        "address on a node that is not MASTER", _ADDRESS, 2.0, _address("add"), _address("del"), host=OTHER,
    ),
    Fault(
        "cable pulled", "keepalived changes a role (failover, interface down, check failed)", 1.0,
        lambda struck: struck.pair.lab.link(STRUCK, up=False), lambda struck: struck.pair.lab.link(STRUCK, up=True),
    ),
    Fault("keepalived ended", _KEEPALIVED, 1.0, _signal("keepalived", SIGTERM), _ctl("keepalived", "restart")),
    Fault(
        "keepalived killed", _KEEPALIVED, 1.0,
        _signal("keepalived", SIGSTOP, SIGKILL), _ctl("keepalived", "start"),
    ),
    Fault("keepalived frozen", "keepalived frozen", 10.0, _signal("keepalived", SIGSTOP), _ctl("keepalived", "thaw")),
)  # fmt: skip
"""In an order in which what takes longest to be as before comes last."""
