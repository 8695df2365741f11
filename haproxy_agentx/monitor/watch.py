"""The sources of VRRP knowledge, the node that judges, and what leaves it: run together."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from time import monotonic

from haproxy_agentx.agentx.view import ServedColumn
from haproxy_agentx.config import Config
from haproxy_agentx.delivery.egress_gate import NO_ROUTE_TO_SINKS, EgressGate
from haproxy_agentx.health.event import Event, EventDraft
from haproxy_agentx.health.instances import MAX_INSTANCES
from haproxy_agentx.health.model import Role
from haproxy_agentx.health.probe import Probe
from haproxy_agentx.health.rate_limiter import RateWindow
from haproxy_agentx.monitor import rows
from haproxy_agentx.monitor.event_lines import log_events
from haproxy_agentx.monitor.keeping import Keeping
from haproxy_agentx.monitor.memory import KEEPALIVED, recall_instances
from haproxy_agentx.monitor.node import HaproxyUpdate, Node
from haproxy_agentx.monitor.pairs import OwnNode, Pairs
from haproxy_agentx.monitor.peer_poll import PeerPoll
from haproxy_agentx.monitor.probing import Probing
from haproxy_agentx.monitor.shown_rows import ShownRows
from haproxy_agentx.monitor.snapshot import of_node
from haproxy_agentx.process.reader import HaproxyProcess
from haproxy_agentx.store.indexes import Indexes
from haproxy_agentx.store.journal import Journal
from haproxy_agentx.vocabulary.digest import digest
from haproxy_agentx.vocabulary.endpoint import is_loopback
from haproxy_agentx.vocabulary.source import SourceState
from haproxy_agentx.vocabulary.source_record import Source
from haproxy_agentx.vrrp import kernel
from haproxy_agentx.vrrp.addresses import KernelAddresses
from haproxy_agentx.vrrp.fifo import Fifo
from haproxy_agentx.vrrp.mib_poll import MibPoll
from haproxy_agentx.vrrp.model import FifoLine, Kernel, MibFailure, MibReading
from haproxy_agentx.vrrp.refused import refused
from haproxy_agentx.vrrp.sender import Believed, only_root
from haproxy_agentx.vrrp.trap_listener import TrapListener
from haproxy_agentx.vrrp.traps import Trap
from haproxy_agentx.vrrp.trust import TrapEvidence

log = logging.getLogger(__name__)

TICK = 1.0
"""Seconds after which it is looked again though nothing has reported anything: sources are lost in silence."""

JUDGEMENTS = 20, 1.0
"""How often it is judged at most, in how many seconds: more news in that time, a storm of changes, is judged together.
Each change is counted for all that, as the node queues them."""

REFUSED_EACH = 0.5
"""Seconds between two looks at whether packets from the same addresses may leave."""

SHOWN = 0.1
"""Seconds after which it is shown at the latest how far an event has come: hundreds may leave in a second."""


class Monitor:
    """Watches one configuration until it is cancelled. ``on_change`` is called when rows have come or gone.

    ``processes`` are the HAProxy processes that are read now; ``believed`` returns the uids whose traps are taken.
    """

    def __init__(  # noqa: PLR0913  it composes these
        self,
        config: Config,
        processes: Callable[[], Sequence[HaproxyProcess]],
        indexes: Indexes,
        journal: Journal,
        clocks: rows.Clocks,
        on_change: Callable[[], None],
        believed: Believed = only_root,
        *,
        own: OwnNode | None = None,
    ) -> None:
        hold, sinks = config.notifications.egress_hold, config.notifications.sinks
        self.egress_gate = (
            EgressGate(partial(kernel.reaches, sinks), hold, NO_ROUTE_TO_SINKS)
            if sinks
            else EgressGate(kernel.leads_out, hold)
        )
        self._config = config
        self._processes = processes
        self._indexes = indexes
        self._journal = journal
        self._clocks = clocks
        self._on_change = on_change
        self._woken = asyncio.Event()
        self.begun = asyncio.Event()
        """Set when it takes what the sources say."""
        self._judgements = RateWindow(*JUDGEMENTS)
        self._runs = False
        """Whether ``node`` is there for good. Until then what is seen stays in the readings."""
        self._hears = False
        """Whether snmpd has ever sent a notification here: without its line `trap2sink` none will come."""
        self._refused: frozenset[str] = frozenset()
        self._refused_of: frozenset[str] = frozenset()
        self._refused_at = float("-inf")
        self._shows_soon = False
        self._rows = ShownRows(indexes, config.root, clocks, self._woken.set)
        self._keeping = Keeping(journal, indexes, config.root, {}, self._kept_on_disk)
        self.node = Node((), config.notifications, (), {}, monotonic())
        keepalived = config.keepalived
        self._kernel = KernelAddresses(self._take_kernel)
        self._probings = [
            Probing(service.name, service.probe, self._is_here, self._role, self._take_probe)
            for service in config.services or ()
            if service.probe is not None
        ]
        self._fifo = Fifo(keepalived.fifo, self._take_line, self._take_writer) if keepalived.fifo else None
        v3 = keepalived.snmp.v3 if keepalived.snmp else None
        traps = keepalived.traps.address
        self._traps = (
            TrapListener(
                traps,
                v3,
                self._take_trap,
                community_file=keepalived.traps.community_file,
                believed=believed,
            )
            if traps
            else None
        )
        self._own = own or OwnNode()
        self._peer_polls = [
            PeerPoll(peer, config.root, self._own.run, self._is_virtual, self._take_poll) for peer in config.peers or ()
        ]
        self._poll = MibPoll(keepalived.snmp, self._take_reading, self._take_mib_failure) if keepalived.snmp else None

    @property
    def sources(self) -> list[Source]:
        """Return the sources that are configured, but the HAProxy processes."""
        watched = (self._kernel, self._fifo, self._traps, self._poll)
        return [each.source for each in watched if each is not None]

    @property
    def _haproxy_sources(self) -> list[Source]:
        """The HAProxy processes as sources, and their master processes."""
        return [source for process in self._processes() for source in process.sources]

    @property
    def _listener(self) -> str:
        """Return the key by which it is remembered that notifications come here."""
        return f"traps/{self._config.keepalived.traps.address}"

    @property
    def columns(self) -> list[ServedColumn]:
        """Return the columns of services, members, VRRP instances and events."""
        return self._rows.columns

    async def run(self) -> None:
        """Watch until cancelled."""
        memory = dict(await self._journal.recall())
        if all(each is None for each in (self._fifo, self._traps, self._poll)):
            memory.pop(KEEPALIVED, None)  # the configuration says that there is no keepalived here
        now = monotonic()
        pairs = Pairs(self._own, [poll.peer for poll in self._peer_polls])
        self.node = Node(self._config.services, self._config.notifications, self._awaited(), memory, now, pairs)
        self.node.instances.recall(recall_instances(memory), now)
        pairs.recall(memory, now, time.time())
        self._keeping = Keeping(self._journal, self._indexes, self._config.root, memory, self._kept_on_disk)
        self._hears = self._listener in memory
        self._runs = True
        self.follow()
        self.begun.set()
        self._journal.on_change = self._show_soon
        for process in self._processes():
            process.was_read |= f"process/{process.name}" in memory
        try:
            async with asyncio.TaskGroup() as tasks:
                for each in (self._kernel, self._fifo, self._traps, self._poll, *self._probings, *self._peer_polls):
                    if each is not None:
                        tasks.create_task(each.run())
                tasks.create_task(self._work())
        finally:
            self._close()

    def serves(self, config: Config) -> bool:
        """Whether this monitor is what a configuration wants; HAProxy processes may come and go."""
        return _concerns(config) == _concerns(self._config)

    def follow(self) -> None:
        """Record which HAProxy processes and other sources are configured now."""
        processes = {process.name for process in self._processes()}
        self.node.keep_processes(processes, monotonic())
        names = {source.name for source in (*self.sources, *self._haproxy_sources)}
        self.node.reports.sources.keep(names, monotonic())
        self._woken.set()

    def take_process(self, process: HaproxyProcess) -> None:
        """Record that an HAProxy was read, or could not be."""
        if process.read_at is None or not self._runs:
            return
        if process.trouble and process.trouble_since == process.read_at:
            for probing in self._probings:
                probing.ask_now()
        update = HaproxyUpdate(process.state, process.changes, process.read_at, process.trouble_since)
        self.node.take_process(update, monotonic())
        self._woken.set()

    def maintain(self, seconds: int | None) -> float:
        """Order the maintenance of this node, 0 to end it, None to leave it; return for how many seconds it remains."""
        now = monotonic()
        if seconds is not None:
            self.node.pairs.maintain(now + seconds if seconds else None)
            self._woken.set()
        return self.node.pairs.maintenance_left(now)

    def wake(self) -> None:
        """Look again: numbers of rows have changed."""
        self._woken.set()

    def snapshot(self) -> dict[str, object]:
        """Return what ``haproxy-agentx status`` shows of services and instances."""
        return of_node(self.node, self._clocks.now())

    def _awaited(self) -> list[str]:
        """Return the sources that have to say something before anything is judged."""
        parts = {"fifo": self._fifo, "mib": self._poll}
        names = [f"haproxy/{process.name}" for process in self._processes()]
        return ["kernel", *(name for name, part in parts.items() if part is not None), *names]

    def _note_listening(self) -> None:
        """Record whether traps come here: a change of role keeps what was so when it came."""
        if self._traps is not None:
            self._hears = self._hears or self._traps.source.last_good is not None
            self.node.listening = self._hears and self._traps.source.state is SourceState.ok

    def _take_line(self, line: FifoLine, at: float) -> None:
        self._note_listening()
        if not self.node.take_line(line, at) and self._fifo is not None:
            self._fifo.leave_out(f"a line names one more than {MAX_INSTANCES} VRRP instances", at)
        self._look()

    def _take_writer(self, present: bool, at: float) -> None:  # noqa: FBT001  it is what the FIFO shows
        self._note_listening()
        self.node.take_writer(present, at)
        self._look()

    def _take_trap(self, trap: Trap, at: float, evidence: TrapEvidence) -> None:
        self._note_listening()
        if self.node.take_trap(trap, at, evidence):
            self._look()

    def _take_reading(self, reading: MibReading) -> None:
        self._note_listening()
        self.node.take_reading(reading)
        self._woken.set()

    def _take_mib_failure(self, failure: MibFailure, at: float) -> None:
        self._note_listening()
        self.node.take_mib_failure(failure, at)
        self._woken.set()

    def _take_kernel(self, kernel: Kernel, at: float) -> None:
        self._note_listening()
        self.node.take_kernel(kernel, at)
        self.egress_gate.take_change(at)
        for probing in self._probings:
            probing.ask_now()
        self._look()

    def _take_probe(self, service: str, probe: Probe) -> None:
        self.node.take_probe(service, probe)
        self._woken.set()

    def _take_poll(self, has_news: bool) -> None:  # noqa: FBT001  it is what the poll shows
        if has_news or self.node.pairs.is_settling:
            self._woken.set()

    def _role(self, service: str) -> Role:
        """Return the role of a service now; unknown before it was judged."""
        found = self.node.services.get(service)
        condition = found.tracker.condition if found else None
        return condition.role if condition else Role.unknown

    def _is_here(self, address: str) -> bool | None:
        """Whether an address is this machine's, by the kernel; None where it cannot be asked."""
        if is_loopback(address):
            return True
        kernel = self._kernel.kernel
        return None if kernel is None else address in kernel.addresses

    def _is_virtual(self, host: str) -> bool:
        """Whether an address is one that keepalived moves between the nodes."""
        return host in self.node.instances.addresses()

    def _look(self) -> None:
        """Something has happened in VRRP: see how HAProxy and keepalived are now."""
        self._woken.set()
        if self._poll is not None:
            self._poll.poll_soon()
        if self.node.is_settling():
            self._read_haproxy()

    def _read_haproxy(self) -> None:
        for process in self._processes():
            process.read_now()

    async def _work(self) -> None:
        """Judge when there is news or time has passed, and keep what must be reported before anything else is done."""
        while True:
            await asyncio.sleep((self._judgements.free_at() or 0.0) - monotonic())
            self._woken.clear()
            now, date = monotonic(), time.time()
            self._judgements.report(now)
            self._take_sources(now)
            self.node.connected = self._clocks.stamp(now) is not None
            is_idle = self.node.connected and self._journal.oldest is None
            self.node.can_send = is_idle and self.egress_gate.is_open(now)
            self._note_listening()
            self._keep(self._judge(now, date))
            self._show()
            now = monotonic()
            due = self.node.deadline(now)
            with suppress(TimeoutError):
                async with asyncio.timeout(TICK if due is None else min(TICK, max(0.001, due - now))):
                    await self._woken.wait()

    def _judge(self, now: float, date: float) -> Sequence[EventDraft]:
        """Judge; have read what that waits for: HAProxy, as a trap named a new instance, or the own role."""
        settling = self.node.is_settling()
        drafts = self.node.advance(now, date)
        for service in self.node.services.values():
            service.since_date(now, date)
        for instance in self.node.instances.known.values():
            instance.since_date.of(instance.since, now, date)
        if self.node.is_settling() and not settling:
            self._read_haproxy()
        if self._poll is not None and self._poll.source.state is SourceState.ok and self.node.pairs.is_behind:
            self._poll.poll_soon()
        return drafts

    def _take_sources(self, now: float) -> None:
        if self._kernel.kernel is None:
            self.node.lose_kernel(now)
        if not self.node.instances.shown and self.sources[1:] and kernel.is_vrrp_spoken():
            self.node.instances.shown = True
        self._look_at_refused(now)
        if self._peer_polls and self.node.pairs.traffic.is_due(now):
            self.node.pairs.traffic.strays = kernel.strays()
        digests = [(process.name, process.configuration_digest) for process in self._processes()]
        if all(text for _, text in digests):
            self.node.pairs.configuration = digest(f"{name} {text}" for name, text in digests) if digests else ""
        for source in (*self.sources, *self._haproxy_sources):
            if source.state is SourceState.stale and not source.successes and not source.failures:
                continue  # nobody has looked yet
            self.node.take_source(source.name, source.state.name, source.last_error, now)

    def _look_at_refused(self, now: float) -> None:
        """Ask whether packets may leave from the addresses that this node has as MASTER."""
        instances, kernel = self.node.instances, self._kernel.kernel
        held = instances.mastered() if kernel is not None else frozenset()
        if held == self._refused_of and (not held or now < self._refused_at + REFUSED_EACH):
            return
        self._refused_of, self._refused_at = held, now
        known = self._refused
        self._refused = refused(kernel, held, instances.addresses(), known) if kernel and held else frozenset()
        instances.take_refused(self._refused)

    def _close(self) -> None:
        """Keep what can be reported now: nothing that a source has said is lost with this monitor."""
        self._keep(self.node.close(monotonic(), time.time()), is_last=True)

    def _keep(self, drafts: Sequence[EventDraft], *, is_last: bool = False) -> None:
        seen = {f"process/{process.name}": "1" for process in self._processes() if process.was_read}
        if self._hears:
            seen[self._listener] = "1"
        self._keeping.keep(self.node, drafts, seen, is_last=is_last)

    def _kept_on_disk(self, appended: asyncio.Future[list[Event]]) -> None:
        """Log events that are on disk, and show their rows at once: their notifications are about to leave."""
        log_events(appended)
        self._woken.set()

    def _show_soon(self) -> None:
        if not self._shows_soon:
            self._shows_soon = True
            asyncio.get_running_loop().call_later(SHOWN, self._woken.set)

    def _show(self) -> None:
        """Show rows where they have come or gone."""
        self._shows_soon = False
        if self._rows.show(self.node, self._journal.recent):
            self._on_change()


def _concerns(config: Config) -> tuple[object, ...]:
    return config.keepalived, config.services, config.peers, config.notifications, config.root
