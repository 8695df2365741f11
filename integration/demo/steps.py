"""The steps of the demonstration. Each waits for what it shows, and fails with the logs of the programs concerned."""

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from rich.console import Console

from integration.demo import screen
from integration.demo.manager import PAIR, Manager, Seen, command
from integration.demo.notices import Notice, StateChange
from integration.netlab import Lab, LabError, wait_for
from integration.netlab.plan import BALANCERS, VIRTUAL

SUBTREE = "haproxyAgentxMIB"
SAMPLE = (
    *("haxHealth", "haxAgentEventsAcknowledged", "haxSourceState", "haxServiceHealth", "haxServiceCauseText"),
    *("haxPairState", "haxPairActiveNode", "haxPeerState"),
    *("haxVrrpState", "haxProcessVersion", "haxFrontendStatus", "haxServerName", "haxServerStatus", "haxEventCause"),
)
"""Of each of these the walk shows one."""

SERVICE = next(iter(VIRTUAL))
"""The service of which everything is shown."""

NORMAL = {"lb1": "active", "lb2": "standby"}

EVENTS = 6
"""Lines of `haproxy-agentx events`."""


class Demo:
    """The steps, on a lab, told on a console."""

    def __init__(self, lab: Lab, console: Console) -> None:
        self.lab = lab
        self.manager = Manager(lab)
        self.show = console.print
        self.width = console.width
        self.colour = console.record or (console.is_terminal and not console.no_color)
        self.times: list[tuple[str, float]] = []
        self.skip = 0
        """Notifications at the sink that are of earlier steps."""

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        """Measure how long something took, tell it now and in the summary."""
        began = time.monotonic()
        yield
        self.times.append((what, time.monotonic() - began))
        self.show(screen.done(*self.times[-1]))

    def begin(self) -> None:
        """Take what is at the sink as old."""
        self.skip = len(self.lab.traps())

    def act(self, host: str, service: str, action: str) -> None:
        """Do something to a service of a host, and show the lab's command for it."""
        self.show(screen.command("netlab", f"ctl {host} {service} {action}"))
        self.lab.ctl(host, service, action)

    def link(self, host: str, *, up: bool) -> None:
        """Plug a host's cable in or pull it, and show the lab's command for it."""
        self.show(screen.command("netlab", f"link {host} {'up' if up else 'down'}"))
        self.lab.link(host, up=up)

    def look(self, pair: Iterable[Seen], *services: str) -> None:
        """Show the pair, and what the client gets."""
        self.show(screen.board(seen for seen in pair if seen.service in (services or (SERVICE,))))
        address = VIRTUAL[SERVICE]
        self.show(screen.answer(address, *self.lab.get(address)))

    def reported(self) -> None:
        """Show what came to the sink in this step."""
        self.show(screen.arrivals(self.manager.arrived(self.skip), SERVICE))

    def await_reported(self, health: Mapping[str, str]) -> None:
        """Wait for our notifications of the health of both services, by host."""
        for host, service in PAIR:
            if host in health:
                self.manager.await_notice(host, service, health[host], self.skip)

    def await_redundancy(self, state: str, what: str) -> None:
        """Wait until both nodes say and report that the pair is in a state."""
        with self.timed(what):
            self.manager.await_redundancy(state)
            self.await_told(state)

    def await_told(self, state: str) -> None:
        """Wait for the notifications of both nodes of a state of both pairs."""
        for host, service in PAIR:
            self.manager.await_told(host, service, state, self.skip)

    def look_at_both(self) -> None:
        """Show what both nodes say of the pair."""
        self.show(screen.redundancy({host: self.manager.redundancy(host).get(SERVICE, {}) for host in BALANCERS}))

    def ask(self, name: str) -> None:
        """Ask each node for a scalar, by its name."""
        for host in BALANCERS:
            self.show(screen.command("client", " ".join(command("snmpget", host, name))))
            self.show(screen.variables(self.manager.named("snmpget", host, name)))

    def keepalived_is_silent(self) -> None:
        """Say that keepalived told nothing in this step. LabError where it did."""
        theirs = [one for one in self.manager.arrived(self.skip) if isinstance(one, StateChange)]
        if theirs:
            raise LabError(f"keepalived was to tell nothing, and told {theirs}\n{self.lab.logs()}")
        self.show(screen.note("keepalived has sent no trap: it sees nothing wrong."))

    # the steps

    def pair(self) -> None:
        """Show who serves."""
        with self.timed("the first health of both services is told on both nodes"):
            pair = self.manager.await_pair("active", "standby")
        self.look(pair, *VIRTUAL)
        self.show(screen.note(("and in one number for each node, the worst of its services:", "dim")))
        self.ask("haxHealth.0")
        with self.timed("the nodes have read each other, over a network of their own"):
            self.manager.await_redundancy("redundant")
        self.look_at_both()
        self.show(screen.note(("and in one number for the site, the same from either node:", "dim")))
        self.ask("haxPair.0")

    def failover(self) -> None:
        """Stop HAProxy on the master."""
        self.begin()
        self.act("lb1", "haproxy", "stop")
        with self.timed("haproxy is stopped on lb1; the client is served by lb2"):
            self.lab.wait_served("lb2", 20)
        with self.timed("then: keepalived's traps and ours, of both nodes, are at the sink"):
            couples = wait_for(self.couples, "a failover of each service, with keepalived's trap", 10, self.lab.logs)
        self.await_redundancy("notRedundant", "then: both nodes say that nobody could take over from lb2")
        pair = self.manager.await_pair("standbyNotReady", "active")
        self.look(pair)
        self.look_at_both()
        self.reported()
        self.show(screen.note(("side by side: joined by instance, state and sysUpTime, both nodes", "dim")))
        self.show(screen.joined(couples))

    def couples(self) -> list[tuple[StateChange, Notice]] | None:
        """Return keepalived's trap and ours for each service on each node, where all are there and belong together."""
        found = self.manager.arrived(self.skip)
        couples = [
            (theirs, ours)
            for host, service in PAIR
            for ours in found
            if isinstance(ours, Notice) and (ours.source, ours.subject) == (host, service)
            for theirs in found
            if isinstance(theirs, StateChange)
            and ours.cells.get("KeepalivedTrap") == "seen"
            and ours.belongs_to(theirs)
        ]
        return couples if len(couples) == len(PAIR) else None

    def back(self) -> None:
        """Start HAProxy on lb1 again: it preempts."""
        self.begin()
        self.act("lb1", "haproxy", "start")
        with self.timed("haproxy is started on lb1; lb1 serves again, lb2 stands by"):
            self.lab.wait_served("lb1", 20)
            pair = self.manager.await_pair("active", "standby")
        self.await_reported(NORMAL)
        self.await_redundancy("redundant", "then: the pair is redundant again")
        self.look(pair)
        self.reported()

    def blackhole(self) -> None:
        """Freeze HAProxy on the master: its process is there, so keepalived's check is content."""
        self.begin()
        self.act("lb1", "haproxy", "freeze")
        with self.timed("haproxy is frozen on lb1; the blackhole is at the sink"):
            self.await_reported({"lb1": "blackhole"})
        self.await_redundancy("notServed", "then: both nodes say that the site is not served")
        self.look(self.manager.await_pair("blackhole", "standby"))
        self.look_at_both()
        self.keepalived_is_silent()
        self.reported()
        self.host_says("lb1", "status")
        self.act("lb1", "haproxy", "thaw")
        self.await_normal("haproxy goes on; that all is well is at the sink", "lb1")

    def standby(self) -> None:
        """Stop HAProxy on the standby."""
        self.begin()
        self.act("lb2", "haproxy", "stop")
        with self.timed("haproxy is stopped on lb2; that redundancy is lost is at the sink"):
            self.await_reported({"lb2": "standbyNotReady"})
        self.await_redundancy("notRedundant", "then: both nodes say that nobody could take over from lb1")
        self.look(self.manager.await_pair("active", "standbyNotReady"))
        self.look_at_both()
        self.keepalived_is_silent()
        self.reported()
        self.act("lb2", "haproxy", "start")
        self.await_normal("haproxy is started on lb2; that all is well is at the sink", "lb2")

    def split(self) -> None:
        """Cut VRRP both ways, and let the nodes hear each other again."""
        self.begin()
        self.show(screen.command("netlab", "cut apart"))
        self.lab.cut(apart=True)
        with self.timed("VRRP is cut both ways; both nodes hold the addresses"):
            wait_for(lambda: self.lab.holders(SERVICE) == list(BALANCERS), "both hold it", 20, self.lab.logs)
        self.await_redundancy("dualActive", "then: both nodes say so, and so does the sink")
        self.look(self.manager.await_pair("active", "active"))
        self.look_at_both()
        self.reported()
        self.begin()
        self.show(screen.command("netlab", "cut together"))
        self.lab.cut(apart=False)
        self.await_normal("VRRP is heard again; that all is well is at the sink", "lb2")
        self.reported()

    def servers(self) -> None:
        """Take the host of all web servers off the network."""
        self.begin()
        self.link("web", up=False)
        with self.timed("no web server can be reached; the outage is at the sink"):
            self.await_reported({"lb1": "blackhole", "lb2": "standbyNotReady"})
        self.await_redundancy("notServed", "then: both nodes say that the site is not served")
        self.look(self.manager.await_pair("blackhole", "standbyNotReady"))
        self.keepalived_is_silent()
        self.reported()

    def normal(self) -> None:
        """Put it back."""
        self.begin()
        self.link("web", up=True)
        self.await_normal("the web servers are back; that all is well is at the sink", *BALANCERS)
        self.look(self.manager.pair(), *VIRTUAL)
        self.look_at_both()
        self.host_says("lb1", "events", "--limit", str(EVENTS))
        for host in BALANCERS:
            self.delivered(host)

    def walk(self) -> None:
        """Walk the whole subtree, by names."""
        self.show(screen.command("client", " ".join(command("snmpbulkwalk", "lb1", SUBTREE))))
        began = time.monotonic()
        found = self.manager.named("snmpbulkwalk", "lb1", SUBTREE)
        self.times.append((f"the whole subtree of lb1 is walked, {len(found):,} objects", time.monotonic() - began))
        shown = [next((line for line in found if line.startswith(f"{name}.")), None) for name in SAMPLE]
        if None in shown:
            raise LabError(f"not all of {SAMPLE} are in the walk of lb1: {shown}\n{self.lab.logs('lb1')}")
        self.show(screen.done(*self.times[-1]))
        self.show(screen.variables(line for line in shown if line))

    # what they share

    def await_normal(self, what: str, *hosts: str) -> None:
        """Wait until the pair is as it was, and until the hosts that were not have told so."""
        with self.timed(what):
            self.manager.await_pair("active", "standby")
            self.await_reported({host: NORMAL[host] for host in hosts})
            self.manager.await_redundancy("redundant")
            self.await_told("redundant")

    def host_says(self, host: str, *arguments: str) -> None:
        """Show what the administrator of a host sees."""
        self.show(screen.command(host, " ".join(("haproxy-agentx", *arguments))))
        self.show(screen.terminal(self.manager.agent(host, *arguments, width=self.width - 4, colour=self.colour)))

    def delivered(self, host: str) -> None:
        """Show that all events of a host have come to the sink, once and in order."""

        def all_there() -> int:
            last = self.manager.counts(host)["LastEventSequence"]
            ours = [one for one in self.manager.arrived() if isinstance(one, Notice) and one.source == host]
            return last if [int(one.cells["Sequence"]) for one in ours] == list(range(1, last + 1)) else 0

        last = wait_for(all_there, f"all events of {host} are at the sink, in order", 10, lambda: self.lab.logs(host))
        counts = self.manager.counts(host)
        self.show(
            screen.note(
                f"{host}: events 1 to {last} are at the sink, once each and in this order; "
                f"{counts['EventsAcknowledged']} acknowledged, {counts['EventsLost']} lost"
            )
        )
