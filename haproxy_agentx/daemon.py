"""The daemon: what reads, what keeps and what answers, composed.

One event loop does everything but the store's reading and writing, which is done by a process of its own. A task
that ends unexpectedly ends the daemon: the service manager starts it again, which is better than a daemon that lives
and does half its work.
"""

import asyncio
import gc
import logging
import secrets
import signal
import socket
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import chain
from operator import attrgetter
from time import monotonic
from typing import Any

from haproxy_agentx import __version__
from haproxy_agentx.agentx.connection import Connection
from haproxy_agentx.agentx.events import Event, Settings
from haproxy_agentx.agentx.oid import Oid, key
from haproxy_agentx.agentx.responder import Responder
from haproxy_agentx.agentx.view import MibView, ServedColumn
from haproxy_agentx.config import Config, ConfigError, HaproxyConfig
from haproxy_agentx.control.client import control_path
from haproxy_agentx.control.commands import commands
from haproxy_agentx.control.socket import Control
from haproxy_agentx.delivery.master import explain
from haproxy_agentx.delivery.outbox import Outbox
from haproxy_agentx.haproxy.details import master_name
from haproxy_agentx.haproxy.stat import RowKind
from haproxy_agentx.health.event import Event as LoggedEvent
from haproxy_agentx.monitor.pairs import OwnNode
from haproxy_agentx.monitor.rows import PROCESSES, SOURCE, Clocks
from haproxy_agentx.monitor.watch import Monitor
from haproxy_agentx.objects import schema
from haproxy_agentx.objects.notification_size import octets
from haproxy_agentx.objects.notifications import varbinds
from haproxy_agentx.objects.process_columns import ProcessRow
from haproxy_agentx.objects.source_objects import SourceRow
from haproxy_agentx.objects.tables import MakeRow, object_names, row_columns, scalar_columns
from haproxy_agentx.pair.sample import RUN
from haproxy_agentx.process.budget import Budget
from haproxy_agentx.process.reader import HaproxyProcess
from haproxy_agentx.process.running import RunningProcesses
from haproxy_agentx.report import Report
from haproxy_agentx.store.indexes import Indexes
from haproxy_agentx.store.journal import Journal
from haproxy_agentx.store.messages import Listen
from haproxy_agentx.store.process import StoreProcess
from haproxy_agentx.store.witness import Witness
from haproxy_agentx.system import lag, service_manager
from haproxy_agentx.system.lock import AlreadyRunning
from haproxy_agentx.system.loop_failure import Consequence, consequence
from haproxy_agentx.system.memory_limit import memory_limit
from haproxy_agentx.vocabulary.source import SourceState
from haproxy_agentx.vocabulary.source_record import Source
from haproxy_agentx.vrrp.sender import master_uids

log = logging.getLogger(__name__)

CONTROL_WAIT = 1.0
"""Seconds that a start waits for the control socket."""

MONITOR_WAIT = 1.0
"""Seconds that a reload waits for readings that are under way to end, and then for the new monitor to begin."""

_SOURCES = 101
"""The number that the first source of VRRP likes to have: above those of processes."""

_MASTERS = 201
"""Likewise of the first master process of an HAProxy."""

STATUS_INTERVAL = 1.0
"""Seconds in which the service manager learns that the status has changed."""

LIFE_INTERVAL = 5.0
"""Seconds between two signs of life to it."""


class Daemon:
    """Serves ``config`` until stopped; ``load`` reads the configuration again for a reload."""

    def __init__(
        self, config: Config, store: StoreProcess, witness: Witness | None, load: Callable[[], Config]
    ) -> None:
        self._config = config
        self._store = store
        self._load = load
        self._started = monotonic()
        self._run = secrets.token_hex(RUN // 2)
        """The identity of this run, among all runs on all nodes."""
        store.on_gone = self._lose_store
        self._indexes = Indexes(store)
        self._indexes.on_renumbered = self._renumber
        self._journal = Journal(store, witness)
        self._outbox = Outbox(self._journal, self._send, self._egress_obstacle)
        self._fixed: list[ServedColumn] = []
        self._shown: list[list[ServedColumn]] = []
        """The columns of the view that is served."""
        self._names = object_names(config.root)
        allowed = memory_limit()
        self._budget = Budget(allowed.octets, allowed.remedy)
        self._running = RunningProcesses(self._new_process, self._budget.forget)
        self._refused_before = 0
        """Inputs that sources of monitors have refused that were replaced."""
        self._traps_ignored_before = 0
        """Traps that found no room in monitors that were replaced."""
        self._stalls = lag.Stalls()
        self._responder = Responder()
        self._connection = Connection(
            config.agentx.socket,
            _settings(config),
            self._responder,
            self._take_event,
            explain=partial(explain, address=config.agentx.socket),
        )
        self._monitor = self._new_monitor()
        self._monitoring: asyncio.Task[None] | None = None
        self._report = Report(
            config=lambda: self._config,
            processes=self._processes,
            monitor=lambda: self._monitor,
            store=store,
            indexes=self._indexes,
            journal=self._journal,
            outbox=self._outbox,
            connection=self._connection,
            started=self._started,
            started_date=time.time(),
            inputs_refused=self._inputs_refused,
            traps_ignored=lambda: self._traps_ignored_before + self._monitor.node.instances.traps_left_out.number,
            stalls=self._stalls,
        )
        self._snmpd: tuple[tuple[int, int] | None, frozenset[int]] | None = None
        """Whom the AgentX socket was last connected to, and which uids that makes believed."""
        self._stop = asyncio.Event()
        self._hangup = asyncio.Event()
        self._failure: Exception | None = None
        self._other: AlreadyRunning | None = None
        """Another daemon has the lock, as showed after the start."""

    async def run(self) -> None:
        """Serve until SIGTERM or SIGINT; SIGHUP reads the configuration again."""
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._take_failure)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        loop.add_signal_handler(signal.SIGHUP, self._hangup.set)
        asked = commands(
            self._journal,
            self._outbox,
            problem=lambda: self._connection.problem,
            maintain=self._maintain,
        )
        path = control_path(self._config.store)
        control = Control(path, self._report.snapshot, asked, self._bind)
        self._store.attach()
        await self._journal.begin()
        async with asyncio.TaskGroup() as tasks:
            connecting = tasks.create_task(self._connection.run())
            watching = tasks.create_task(self._watch())
            sending = tasks.create_task(self._outbox.run())
            measuring = tasks.create_task(self._stalls.run())
            await self._run_processes(tasks, self._config.haproxy)
            self._monitoring = tasks.create_task(self._monitor.run())
            reloading = tasks.create_task(self._reload_on_hangup(tasks))
            listening = tasks.create_task(control.start())
            await asyncio.wait([listening], timeout=CONTROL_WAIT)
            gc.freeze()  # what lives as long as the daemon is no business of the collector's
            service_manager.notify("READY=1")
            await self._stop.wait()
            service_manager.notify("STOPPING=1")
            if self._failure is not None:
                raise self._failure
            for task in (reloading, watching, listening, measuring, self._monitoring, sending):
                task.cancel()  # before the goodbye, which may take a second, so that nothing new is begun meanwhile
            self._running.cancel()
            await self._connection.stop()
            await control.stop()
            connecting.cancel()
            await self._journal.flush()
            await self._store.close(complete=self._journal.end(), unlink=path)
        if self._other is not None:
            raise self._other

    def _inputs_refused(self) -> int:
        of_monitor = sum(source.left_out for source in self._monitor.sources)
        return self._running.inputs_refused + self._refused_before + of_monitor

    def _processes(self) -> list[HaproxyProcess]:
        return list(self._running)

    async def _run_processes(self, tasks: asyncio.TaskGroup, configs: Sequence[HaproxyConfig]) -> None:
        """Run what is configured, under the numbers that the store has for them and for the other sources."""
        first = {config.name: place for place, config in enumerate(configs, 1)}
        watched = {SOURCE + source.name: _SOURCES + place for place, source in enumerate(self._monitor.sources)}
        masters = [SOURCE + master_name(config.name) for config in configs if config.master_socket is not None]
        watched |= {name: _MASTERS + place for place, name in enumerate(masters)}
        await self._indexes.learn({PROCESSES: {**first, **watched}})
        self._running.follow(tasks, configs, self._indexes.known[PROCESSES])
        self._show_processes()

    def _new_process(self, config: HaproxyConfig, number: int) -> HaproxyProcess:
        return HaproxyProcess(
            config,
            number,
            self._config.root,
            self._indexes,
            self._publish,
            self._take_process,
            self._connection.yield_cpu,
            budget=self._budget,
        )

    def _show_processes(self) -> None:
        """Make the columns of the scalars, of processes and of sources."""
        numbers = self._indexes.known[PROCESSES]
        rows = {process.number: process for process in self._processes()}
        stamp = self._connection.time_stamp
        sources: dict[Oid, MakeRow[SourceRow]] = {
            (number,): partial(_source_row, process.source) for number, process in rows.items()
        }
        masters = (source for process in rows.values() for source in process.sources[1:])
        for source in (*masters, *self._monitor.sources):
            sources[numbers[SOURCE + source.name],] = partial(_source_row, source)
        processes: dict[Oid, MakeRow[ProcessRow]] = {
            (number,): partial(process.row, stamp) for number, process in rows.items()
        }
        root = self._config.root
        self._fixed = [
            *scalar_columns(root, self._report.row),
            *row_columns(root, schema.SOURCE_TABLE, sources),
            *row_columns(root, schema.PROCESS_TABLE, processes),
        ]
        self._publish()

    def _renumber(self, scopes: Collection[str]) -> None:
        """Show rows by the numbers that the store has for them, in place of provisional ones."""
        numbers = self._indexes.known[PROCESSES]
        self._running.renumber(numbers, scopes, is_theirs=PROCESSES in scopes)
        if PROCESSES in scopes:
            self._show_processes()
        self._monitor.wake()

    async def _bind(self, path: str) -> socket.socket:
        """Have the control socket bound by the store process. Raises OSError."""
        reply = await self._store.call(Listen(path))
        if reply.descriptors:
            return socket.socket(fileno=self._store.take_descriptor())
        raise OSError(str(reply.result))

    def _publish(self) -> None:
        """Answer from what is known now."""
        shown = [self._fixed, self._monitor.columns]
        for process in self._processes():
            shown += [process.columns, process.certificates.columns]
        tables = {name: table for process in self._processes() for name, table in process.tables.items()}
        if shown == self._shown:
            view = self._responder.view.over(tables)
        else:
            view = MibView(sorted(chain.from_iterable(shown), key=attrgetter("name")), self._names, tables)
            self._shown = shown
        self._responder.serve(view)

    async def _reload_on_hangup(self, tasks: asyncio.TaskGroup) -> None:
        """Reload at each SIGHUP, one after the other; those that come meanwhile are one, which reads the last file."""
        while await self._hangup.wait():
            self._hangup.clear()
            await self._reload(tasks)

    async def _reload(self, tasks: asyncio.TaskGroup) -> None:
        """Adopt a changed configuration; one with an error changes nothing."""
        service_manager.notify("RELOADING=1")
        log.info("reloading the configuration")
        try:
            config = await asyncio.to_thread(self._load)
        except ConfigError as error:
            log.error("configuration not reloaded: the old one stays in effect:\n%s", error)  # noqa: TRY400  no bug
        else:
            if (config.store, config.agentx) != (self._config.store, self._config.agentx):
                log.warning(
                    "changes of store and agentx are not in effect yet: they need a restart: restart haproxy-agentx"
                )
            if config.root != self._config.root:
                self._running.stop()
            self._config = replace(config, store=self._config.store, agentx=self._config.agentx)
            self._names = object_names(config.root)
            self._report.config_changed()
            await self._follow(tasks, config)
            self._connection.serve_subtrees((key(config.root),))
            log.info("configuration reloaded")
        service_manager.notify("READY=1")

    async def _follow(self, tasks: asyncio.TaskGroup, config: Config) -> None:
        """Run what a new configuration wants; a monitor for which nothing has changed goes on."""
        if self._monitor.serves(config):
            await self._run_processes(tasks, config.haproxy)
            self._monitor.follow()
            return
        async with self._running.unread(MONITOR_WAIT):  # no monitor would see what changes and changes back
            if self._monitoring is not None:
                self._monitoring.cancel()  # what it knows is in the store
                await asyncio.wait([self._monitoring])
            self._refused_before += sum(source.left_out for source in self._monitor.sources)
            self._traps_ignored_before += self._monitor.node.instances.traps_left_out.number
            self._monitor = self._new_monitor()
            await self._run_processes(tasks, config.haproxy)
            self._monitoring = tasks.create_task(self._monitor.run())
            with suppress(TimeoutError):
                await asyncio.wait_for(self._monitor.begun.wait(), MONITOR_WAIT)

    async def _watch(self) -> None:
        """Notify the service manager of the status. That this runs is the sign of life that its watchdog wants."""
        reported, reported_at = "", monotonic()
        while True:
            self._report.look()
            bad = [process.source for process in self._processes() if process.source.state is not SourceState.ok]
            problem = self._connection.problem or next((source.last_error for source in bad if source.failures), None)
            rows = sum(process.rows(kind) for process in self._processes() for kind in RowKind)
            status, now = f"{self._monitor.node.health.name}: {problem or f'serving {rows} rows'}", monotonic()
            if status != reported or now >= reported_at + LIFE_INTERVAL:
                reported, reported_at = status, now
                service_manager.notify("WATCHDOG=1", f"STATUS={status}")
                self._store.mend()
            await asyncio.sleep(STATUS_INTERVAL)

    def _take_failure(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """End the daemon when a callback of the loop fails, as the end of a task does: the master waits for us."""
        follows, failure = consequence(context), context.get("exception")
        if follows is Consequence.state:
            log.warning("a connection failed in the event loop: %s: its source reports what is missing", failure)
            return
        loop.default_exception_handler(context)
        if follows is Consequence.end and isinstance(failure, Exception):
            self._failure = failure
            self._stop.set()

    def _lose_store(self, error: Exception) -> None:
        """End the daemon, as without its store process it cannot be sure of anything that it reports."""
        if isinstance(error, AlreadyRunning):
            self._other = error
        else:
            self._failure = error
        self._stop.set()

    def _take_event(self, event: Event) -> None:
        log.debug("AgentX: %s", event)
        self._outbox.take(event)

    def _take_process(self, process: HaproxyProcess) -> None:
        self._monitor.take_process(process)

    def _new_monitor(self) -> Monitor:
        clocks = Clocks(monotonic, time.time, self._connection.time_stamp)
        return Monitor(
            self._config,
            self._processes,
            self._indexes,
            self._journal,
            clocks,
            self._publish,
            self._believed,
            own=OwnNode(_own_name(self._config), self._run, __version__),
        )

    def _believed(self) -> frozenset[int]:
        """Return the uids whose traps are taken: root's, and of those that are snmpd's."""
        known = self._connection.master
        if self._snmpd is None or self._snmpd[0] != known:
            process, uid = known or (None, None)
            self._snmpd = known, master_uids(self._config.agentx.socket, process, uid)
        return self._snmpd[1]

    def _maintain(self, seconds: int | None) -> float:
        """Order the maintenance of this node by the monitor that runs now."""
        return self._monitor.maintain(seconds)

    def _egress_obstacle(self) -> str | None:
        return self._monitor.egress_gate.obstacle(monotonic())

    def _send(self, event: LoggedEvent, budget: int) -> int:
        """Return an event to the master, with sysUpTime as it was when the event happened (see Outbox)."""
        at = monotonic() if event.moment is None else event.moment
        found = varbinds(event, self._config.root, self._connection.time_stamp(at), budget)
        return octets(found) if self._connection.notify(found, event) else 0


def _settings(config: Config) -> Settings:
    return Settings(
        identity=key(config.root),
        description=f"haproxy-agentx {__version__}: HAProxy statistics",
        subtrees=(key(config.root),),
        priority=config.agentx.priority,
    )


def _source_row(source: Source) -> SourceRow:
    return SourceRow(source, monotonic())


def _own_name(config: Config) -> str:
    """Return the name of this node, that of its host; no peer has it."""
    name = socket.gethostname() or "localhost"
    return name if name not in {peer.name for peer in config.peers or ()} else f"{name} (this node)"
