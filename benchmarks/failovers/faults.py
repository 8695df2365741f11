"""The faults that strike the pair, as a table: how each is done and undone, and what may be told of it.

Health that may be told is that of the notifications: what is true for a moment only need not be. Roles are not in
here: what keepalived did is in its log.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

from benchmarks.failovers.pair import Pair, pause

Strike = Callable[[Pair, Random], None]

_UP = frozenset({"active"})
_BY = frozenset({"standby"})
_TAKES = _UP | _BY
"""Of lb2, which takes over and gives back."""
_OWN_HAPROXY = frozenset({"active", "blackhole", "standbyNotReady", "standby"})
"""Of lb1, whose HAProxy is gone: keepalived's script notices within a second, we may be first."""
_NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Fault:
    """``reported`` is the health that may be told of it on lb1 and lb2; ``weight`` how often it strikes.

    ``stopped`` says that keepalived of lb1 ends without a word in its log. ``dead`` that the daemon of lb1 does not run
    for a while: what begins and ends meanwhile is told as one change or not at all. ``needs_mib`` that it would not be
    known while keepalived is not connected to snmpd.
    """

    name: str
    strike: Strike
    reported: tuple[frozenset[str], frozenset[str]]
    weight: int = 2
    stopped: bool = False
    dead: bool = False
    needs_mib: bool = False

    def allowed(self) -> Mapping[str, frozenset[str]]:
        """Give the health that may be told by host."""
        return dict(zip(("lb1", "lb2"), self.reported, strict=True))


def _haproxy(how: str) -> Strike:
    def strike(pair: Pair, chance: Random) -> None:
        pair.lab.ctl("lb1", "haproxy", how)
        pair.wait_held("lb2")
        pause(chance.uniform(0, 2))
        pair.lab.ctl("lb1", "haproxy", "start")

    return strike


def _frozen(host: str) -> Strike:
    def strike(pair: Pair, chance: Random) -> None:
        pair.lab.ctl(host, "haproxy", "freeze")
        pause(chance.uniform(3.5, 5))
        pair.lab.ctl(host, "haproxy", "thaw")

    return strike


def _standby_haproxy(pair: Pair, chance: Random) -> None:
    pair.lab.ctl("lb2", "haproxy", "stop")
    pause(chance.uniform(1, 3))
    pair.lab.ctl("lb2", "haproxy", "start")


def _web(*ports: int) -> Strike:
    def strike(pair: Pair, chance: Random) -> None:
        pair.lab.web_down(*ports)
        pause(chance.uniform(1.5, 4))
        pair.lab.web_up(*ports)

    return strike


def _keepalived(how: str) -> Strike:
    def strike(pair: Pair, chance: Random) -> None:
        pair.lab.ctl("lb1", "keepalived", how)
        pair.wait_held(*(("lb2",) if how == "stop" else ("lb1", "lb2")))
        pause(chance.uniform(1, 3))
        pair.lab.ctl("lb1", "keepalived", "start")

    return strike


def _frozen_keepalived(pair: Pair, chance: Random) -> None:
    pair.lab.ctl("lb1", "keepalived", "freeze")
    pair.wait_held("lb1", "lb2")
    pause(chance.uniform(8, 12))
    pair.lab.ctl("lb1", "keepalived", "thaw")


def _link(pair: Pair, chance: Random) -> None:
    pair.lab.link("lb1", up=False)
    pair.wait_held("lb2")
    pause(chance.uniform(0, 3))
    pair.lab.link("lb1", up=True)


def _apart(pair: Pair, chance: Random) -> None:
    pair.lab.cut(apart=True)
    pair.wait_held("lb1", "lb2")
    pause(chance.uniform(0, 2))
    pair.lab.cut(apart=False)


def _amid(host: str, service: str, first: str, then: str, longest: float) -> Strike:
    """Do something to a service while HAProxy of lb1 is away."""

    def strike(pair: Pair, chance: Random) -> None:
        pair.lab.ctl(host, service, first)
        pause(chance.uniform(0, 0.5))
        pair.lab.ctl("lb1", "haproxy", "stop")
        pause(chance.uniform(0, longest))
        pair.lab.ctl(host, service, then)
        pair.wait_held("lb2")
        pause(chance.uniform(0, 1))
        pair.lab.ctl("lb1", "haproxy", "start")

    return strike


def _restart_then_failover(pair: Pair, chance: Random) -> None:
    pair.lab.ctl("lb2", "snmpd", "restart")
    _haproxy("stop")(pair, chance)


def _reload(service: str) -> Strike:
    def strike(pair: Pair, chance: Random) -> None:
        for host in ("lb1", "lb2"):
            pair.lab.ctl(host, service, "reload")
        pause(chance.uniform(1, 3))

    return strike


FAULTS = (
    Fault("haproxy stopped", _haproxy("stop"), (_OWN_HAPROXY, _TAKES), weight=6),
    Fault("haproxy killed", _haproxy("kill9"), (_OWN_HAPROXY, _TAKES), weight=6),
    Fault("haproxy frozen", _frozen("lb1"), (_UP | {"blackhole"}, _NOTHING), weight=1),
    Fault("haproxy frozen on the standby", _frozen("lb2"), (_NOTHING, _BY | {"standbyNotReady"}), weight=1),
    Fault("haproxy stopped on the standby", _standby_haproxy, (_NOTHING, _BY | {"standbyNotReady"}), weight=1),
    Fault("one server down", _web(8001), (_UP | {"activeDegraded"}, _BY | {"standbyDegraded"}), weight=1),
    Fault(
        "all servers down",
        _web(),
        (_UP | {"activeDegraded", "blackhole"}, _BY | {"standbyDegraded", "standbyNotReady"}),
        weight=1,
    ),
    Fault("keepalived stopped", _keepalived("stop"), (_TAKES | {"stopped"}, _TAKES), weight=4),
    Fault(
        "keepalived killed", _keepalived("kill9"), (_TAKES | {"stopped", "conflict"}, _TAKES), weight=4, stopped=True
    ),
    Fault(
        "keepalived frozen",
        _frozen_keepalived,
        (_TAKES | {"unknown", "conflict"}, _TAKES),
        weight=1,
        needs_mib=True,
    ),
    Fault(
        "link down",
        _link,
        # its HAProxy does not reach the servers either, and finds them again one by one
        (
            _TAKES | {"fault", "standbyNotReady", "standbyDegraded", "activeDegraded", "blackhole"},
            _TAKES,
        ),
        weight=4,
    ),
    Fault("VRRP cut", _apart, (_NOTHING, _TAKES), weight=4),
    Fault("snmpd restarted, then haproxy stopped", _restart_then_failover, (_OWN_HAPROXY, _TAKES)),
    Fault("snmpd stopped amid a failover", _amid("lb1", "snmpd", "stop", "start", 4), (_OWN_HAPROXY, _TAKES)),
    Fault("snmpd killed amid a failover", _amid("lb2", "snmpd", "kill9", "start", 2), (_OWN_HAPROXY, _TAKES)),
    Fault("snmpd frozen amid a failover", _amid("lb1", "snmpd", "freeze", "thaw", 6), (_OWN_HAPROXY, _TAKES)),
    Fault("snmpd reloaded amid a failover", _amid("lb2", "snmpd", "reload", "reload", 1), (_OWN_HAPROXY, _TAKES)),
    Fault(
        "haproxy-agentx killed amid a failover",
        _amid("lb1", "agent", "kill9", "start", 2),
        (_OWN_HAPROXY, _TAKES),
        dead=True,
    ),
    Fault("haproxy reloaded", _reload("haproxy"), (_NOTHING, _NOTHING), weight=1),
    Fault("keepalived reloaded", _reload("keepalived"), (_NOTHING, _NOTHING), weight=1),
)
