"""Watches a pair: what both nodes say of it, by GET and by notification, and what is seen from outside."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path

from benchmarks.ask import get
from benchmarks.failovers.pair import Pair
from benchmarks.failovers.sink import Sink, pair_state_of
from benchmarks.failovers.traffic import SNMP, Inside, request
from benchmarks.redundancy.claims import Claim, Seen
from haproxy_agentx.objects import schema
from haproxy_agentx.objects.pair_objects import PAIR_SCALARS
from haproxy_agentx.pair.model import PairState
from integration.netlab.plan import BALANCERS, VIRTUAL
from integration.netlab.sockets import holds

PAIR = ".".join(map(str, (*schema.scalar_oid(next(one for one in PAIR_SCALARS if one.name == "haxPair")), 0)))
ASKED = 0.1
"""Seconds between two GETs of haxPair.0 of a node, and between two looks from outside."""

ANSWERED = 0.3
"""Seconds in which the client is answered."""


class Watch:
    """``asked`` has what haxPair.0 of each host has been, each change with its time."""

    def __init__(self, pair: Pair, sink: Sink) -> None:
        self.asked: dict[str, list[Claim]] = {host: [] for host in BALANCERS}
        self.seen = Seen()
        self.looking = threading.Lock()
        """Of who reads or changes ``seen``."""
        self._hosts = {host: pair.lab.host(host) for host in BALANCERS}
        self._sink = sink
        self._read = 0
        self._notified: list[Claim] = []

    def state(self, host: str) -> PairState | None:
        """Return what haxPair.0 was when it was last answered."""
        return self.asked[host][-1].state if self.asked[host] else None

    @property
    def notified(self) -> list[Claim]:
        """What has been reported to the sink."""
        arrived = self._sink.datagrams[self._read :]
        self._read += len(arrived)
        for datagram in arrived:
            if found := pair_state_of(datagram):
                service, state = found
                at = datagram.at / 1e9 - (time.time() - time.monotonic())
                with suppress(KeyError):  # a service that is no longer compared
                    self._notified.append(Claim(at, datagram.host, "notification", PairState[state], service))
        return self._notified

    @property
    def claims(self) -> list[Claim]:
        """All that was said."""
        return [*self.notified, *(claim for each in self.asked.values() for claim in each)]

    def ask(self, host: str) -> None:
        """Ask for haxPair.0, in the network of the host."""
        found = get(SNMP, PAIR)
        if isinstance(found, int) and self.state(host) != found:
            self.asked[host].append(Claim(time.monotonic(), host, "GET", PairState(found)))

    def look_at_holders(self) -> None:
        """Look at who holds which address, by the kernels' own word."""
        began = time.monotonic()
        tables = [Path(f"/proc/{host.leader.pid}/net/fib_trie").read_text() for host in self._hosts.values()]
        ended = time.monotonic()
        for service, address in VIRTUAL.items():
            is_so = sum(holds(table, address) for table in tables) > 1
            self._saw(PairState.dualActive, service, is_so=is_so, began=began, ended=ended)

    def look_at_answers(self, service: str) -> None:
        """Look whether the client is served, in its network."""
        began = time.monotonic()
        is_served = request(VIRTUAL[service], "/", ANSWERED)
        self._saw(PairState.notServed, service, is_so=not is_served, began=began, ended=time.monotonic())

    def _saw(self, state: PairState, service: str, *, is_so: bool, began: float, ended: float) -> None:
        with self.looking:
            self.seen.look(state, service, is_so=is_so, began=began, ended=ended)


@contextmanager
def watched(pair: Pair) -> Iterator[Watch]:
    """Watch a pair. Its sink is ours meanwhile."""
    pair.lab.ctl("sink", "traps", "stop")
    with ExitStack() as stack:
        sink = stack.enter_context(Sink(Path(f"/proc/{pair.lab.host('sink').leader.pid}/ns/net")))
        watch = Watch(pair, sink)
        for host in BALANCERS:
            stack.enter_context(Inside(pair.lab.host(host), partial(watch.ask, host), ASKED))
        stack.enter_context(Inside(pair.lab.host("client"), watch.look_at_holders, ASKED))
        for service in VIRTUAL:
            look = partial(watch.look_at_answers, service)
            stack.enter_context(Inside(pair.lab.host("client"), look, ASKED))
        yield watch
