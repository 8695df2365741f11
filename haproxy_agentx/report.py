"""What the daemon says of itself: the scalars of haxAgent, and what ``haproxy-agentx status`` shows. Only looks."""

import logging
import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import ceil
from time import monotonic

from haproxy_agentx import __version__
from haproxy_agentx.agentx.connection import Connection
from haproxy_agentx.agentx.oid import dotted
from haproxy_agentx.config import Config
from haproxy_agentx.config.secret_files import Exposure, exposures
from haproxy_agentx.control.problems import LATELY, Problem, problems, worst
from haproxy_agentx.delivery.outbox import Outbox
from haproxy_agentx.haproxy.stat import RowKind
from haproxy_agentx.health.event import Event
from haproxy_agentx.monitor.pairs import Pairs
from haproxy_agentx.monitor.watch import Monitor
from haproxy_agentx.objects.agent_objects import AgentRow
from haproxy_agentx.objects.conventions import StoreState
from haproxy_agentx.objects.root import LAST_UPDATED
from haproxy_agentx.pair.sample import AgentSelf, self_line
from haproxy_agentx.process.reader import HaproxyProcess
from haproxy_agentx.store.indexes import Indexes
from haproxy_agentx.store.journal import Journal
from haproxy_agentx.store.ledger import MAX_QUEUED
from haproxy_agentx.store.process import StoreProcess
from haproxy_agentx.system.lag import Stalls
from haproxy_agentx.vocabulary.event import Delivery
from haproxy_agentx.vocabulary.source import SourceState
from haproxy_agentx.vocabulary.source_record import Source

log = logging.getLogger(__name__)

EXPOSURE_INTERVAL = 30.0
"""Seconds between two looks at who can read and write the files with secrets."""

_GIVEN_UP = frozenset({Delivery.unanswered, Delivery.refused, Delivery.dropped})


@dataclass(slots=True)
class OldestEvent:
    """How long the oldest event has waited, by the monotonic clock from when it was first seen. Pure."""

    _sequence: int = 0
    _since: float = 0.0

    def age(self, oldest: Event | None, date: float, now: float) -> float:
        """Return the seconds that ``oldest`` has waited at ``date`` and monotonic ``now``; 0 when nothing waits.

        The date of the event counts once, when it has become the oldest: a later step of the wall clock does not.
        """
        if oldest is None:
            self._sequence = 0
            return 0.0
        if oldest.sequence != self._sequence:
            self._sequence = oldest.sequence
            self._since = now - max(0.0, date - oldest.draft.at)
        return now - self._since


@dataclass(slots=True)
class Report:
    """Looks at the parts of a daemon, which come and go at a reload: therefore by functions.

    ``look`` is called once a second and finds the problems; ``row`` answers SNMP from what it found.
    """

    config: Callable[[], Config]
    processes: Callable[[], Sequence[HaproxyProcess]]
    monitor: Callable[[], Monitor]
    store: StoreProcess
    indexes: Indexes
    journal: Journal
    outbox: Outbox
    connection: Connection
    started: float
    """Monotonic seconds."""
    started_date: float
    inputs_refused: Callable[[], int]
    """Inputs of sources that were refused because of a limit."""
    traps_ignored: Callable[[], int]
    """Traps whose VRRP instance or change of role found no room."""
    stalls: Stalls
    problems: list[Problem] = field(default_factory=list)
    """As ``look`` found them last."""
    _oldest: OldestEvent = field(default_factory=OldestEvent)
    _exposures: tuple[Exposure, ...] = ()
    _exposures_due: float = 0.0

    def look(self) -> None:
        """Find the problems anew; log files with secrets that others have become able to read or write."""
        now = monotonic()
        if now >= self._exposures_due:
            self._exposures_due = now + EXPOSURE_INTERVAL
            found = exposures(self.config())
            for exposure in found:
                if exposure not in self._exposures:
                    log.warning("%s", exposure.text)
            self._exposures = found
        self.problems = problems(self._facts())

    def config_changed(self) -> None:
        """Have the files of a new configuration looked at with the next ``look``."""
        self._exposures_due = 0.0

    def row(self) -> AgentRow:
        """Return what the scalars of haxAgent show."""
        node, processes = self.monitor().node, self.processes()
        return AgentRow(
            version=__version__,
            started=self.started_date,
            up_time=int((monotonic() - self.started) * 100),
            indexes_void_since=self._voided_at(),
            store_state=self._store_state(),
            store_problem=self.store.problem or "",
            processes=len(processes),
            rows={kind: sum(process.rows(kind) for process in processes) for kind in RowKind},
            inputs_refused=self.inputs_refused(),
            stalls=self.stalls.count,
            traps_ignored=self.traps_ignored(),
            health=node.health,
            services=Counter(service.health for service in node.services.values()),
            events=self.journal.counts,
            outbox_limit=MAX_QUEUED,
            outbox_held=self.outbox.on_hold,
            oldest_event_age=int(self._oldest_age()),
            problems=len(self.problems),
            worst_problem=worst(self.problems),
            problem_text=self.problems[0].text if self.problems else "",
            pair=node.pairs.state,
            maintenance=ceil(node.pairs.maintenance_left(monotonic())),
            pair_self=self._pair_self(node.pairs),
        )

    def _pair_self(self, pairs: Pairs) -> str:
        """Return what this agent says of itself to its peers."""
        now = monotonic()
        said = AgentSelf(
            run=pairs.node.run,
            version=__version__,
            mib=LAST_UPDATED,
            up=now - self.started,
            date=time.time(),
            last_event=self.journal.counts.last_sequence,
            node=pairs.node.name,
            maintenance=pairs.maintenance_left(now),
            reads=pairs.reads(now),
        )
        return self_line(said)

    def snapshot(self) -> dict[str, object]:
        """Return what ``haproxy-agentx status`` shows."""
        facts = self._facts()
        found = [{"severity": problem.severity.name, "text": problem.text} for problem in problems(facts)]
        return {**facts, "problems": found}

    def _facts(self) -> dict[str, object]:
        now = monotonic()
        config = self.config()
        counts = self.journal.counts
        return {
            "version": __version__,
            "pid": os.getpid(),
            "uptime": round(now - self.started, 3),
            "time": time.time(),
            "root": dotted(config.root),
            "agentx": {"socket": config.agentx.socket, "problem": self.connection.problem},
            "store": {"path": config.store, "state": self._store_state().name, "problem": self.store.problem},
            **self.monitor().snapshot(),
            "sources": [
                *(self._process(process, now) for process in self.processes()),
                *(_source(master, now) for process in self.processes() for master in process.sources[1:]),
                *(_source(source, now) for source in self.monitor().sources),
            ],
            "events": {
                "last": counts.last_sequence,
                "queued": counts.queued,
                "acknowledged": counts.acknowledged,
                "suppressed": counts.suppressed,
                "lost": counts.lost,
                "held": self.outbox.on_hold or None,
                "oldest_age": round(self._oldest_age(), 3),
                "given_up": self._given_up(),
                "shortened_to": self.outbox.shortened_to,
            },
            "exposed": [
                {"what": one.what, "why": one.why, "remedy": one.remedy, "writable": one.writable}
                for one in self._exposures
            ],
        }

    def _oldest_age(self) -> float:
        return self._oldest.age(self.journal.oldest, time.time(), monotonic())

    def _given_up(self) -> int:
        """Return the number of events of the last hour whose notification was given up."""
        since = time.time() - LATELY
        return sum(event.delivery in _GIVEN_UP and event.draft.at >= since for event in self.journal.recent)

    def _store_state(self) -> StoreState:
        if self.store.hangs:
            return StoreState.hangs
        return StoreState.memoryOnly if self.store.status.memory_only else StoreState.ok

    def _voided_at(self) -> float:
        return max(self.store.status.created_at, self.indexes.voided_at) or self.started_date

    @staticmethod
    def _process(process: HaproxyProcess, now: float) -> dict[str, object]:
        return {
            **_source(process.source, now),
            "version": process.info.version if process.info else None,
            "configuration_digest": process.configuration_digest,
            **process.details,
            "rows": {kind.name.lower(): process.rows(kind) for kind in RowKind},
        }


def _source(source: Source, now: float) -> dict[str, object]:
    age = source.age(now)
    return {
        "name": source.name,
        "kind": source.kind.name,
        "target": source.target,
        "state": source.state.name,
        "age": None if age is None else round(age, 3),
        "failures": source.failures,
        "error": source.last_error if source.state is not SourceState.ok else None,
        "refused": source.refused,
        "refusal": source.last_error if source.refused else None,
        "messages": source.messages,
        "message_age": None if source.message_at is None else round(now - source.message_at, 3),
    }
