"""What the daemon says of itself: the scalars of haxAgent, and what ``haproxy-agentx status`` shows. Only looks."""

import os
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic

from haproxy_agentx import __version__
from haproxy_agentx.agentx.connection import Connection
from haproxy_agentx.agentx.oid import dotted
from haproxy_agentx.config import Config
from haproxy_agentx.haproxy.stat import Kind
from haproxy_agentx.health.model import Health
from haproxy_agentx.journal import Journal
from haproxy_agentx.monitor.watch import Monitor
from haproxy_agentx.outbox import Outbox
from haproxy_agentx.process import HaproxyProcess
from haproxy_agentx.source import SourceState
from haproxy_agentx.source.record import Source
from haproxy_agentx.store import Store
from haproxy_agentx.store.ledger import MAX_QUEUED


@dataclass(frozen=True, slots=True)
class Report:
    """Looks at the parts of a daemon, which come and go at a reload: therefore by functions."""

    config: Callable[[], Config]
    processes: Callable[[], Sequence[HaproxyProcess]]
    monitor: Callable[[], Monitor]
    store: Store
    journal: Journal
    outbox: Outbox
    connection: Connection
    started: float
    """Monotonic seconds."""
    started_date: float

    def scalars(self) -> Mapping[str, bytes]:
        """Give the values of haxAgent."""
        node = self.monitor().node
        counts = self.journal.counts
        by_health = Counter(service.health for service in node.services.values())
        texts = {
            "haxAgentVersion": __version__,
            "haxAgentStartTime": f"{self.started_date:.1f}",
            "haxAgentUpTime": str(int((monotonic() - self.started) * 100)),
            "haxAgentIndexDiscontinuityTime": f"{self.store.created_at:.1f}",
            "haxAgentStoreState": "memoryOnly" if self.store.memory_only else "ok",
            "haxAgentStoreProblem": self.store.problem or "",
            "haxAgentProcesses": str(len(self.processes())),
            "haxHealth": node.health.name,
            "haxAgentServices": str(len(node.services)),
            "haxAgentEventsSent": str(counts.sent),
            "haxAgentEventsAcknowledged": str(counts.acknowledged),
            "haxAgentEventsQueued": str(counts.queued),
            "haxAgentEventsSuppressed": str(counts.suppressed),
            "haxAgentEventsLost": str(counts.lost),
            "haxAgentLastEventSequence": str(counts.last_sequence),
            "haxAgentOutboxLimit": str(MAX_QUEUED),
            "haxAgentOutboxHeld": self.outbox.held,
        }
        for kind in Kind:
            rows = sum(process.rows(kind) for process in self.processes())
            texts[f"haxAgent{kind.name.title()}s"] = str(rows)
        for health in Health:
            name = health.name[0].upper() + health.name[1:]
            texts[f"haxAgentServices{name}"] = str(by_health[health])
        return {name: text.encode(errors="replace") for name, text in texts.items()}

    def snapshot(self) -> dict[str, object]:
        """Give what ``haproxy-agentx status`` shows."""
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
            "store": {"path": config.store, "problem": self.store.problem},
            **self.monitor().snapshot(),
            "sources": [
                *(self._process(process, now) for process in self.processes()),
                *(_source(source, now) for source in self.monitor().sources),
            ],
            "events": {
                "last": counts.last_sequence,
                "queued": counts.queued,
                "acknowledged": counts.acknowledged,
                "suppressed": counts.suppressed,
                "lost": counts.lost,
                "held": self.outbox.held or None,
            },
        }

    @staticmethod
    def _process(process: HaproxyProcess, now: float) -> dict[str, object]:
        return {
            **_source(process.source, now),
            "version": process.info.version if process.info else None,
            "rows": {kind.name.lower(): process.rows(kind) for kind in Kind},
        }


def _source(source: Source, now: float) -> dict[str, object]:
    age = source.age(now)
    return {
        "name": source.name,
        "kind": source.kind,
        "target": source.target,
        "state": source.state.name,
        "age": None if age is None else round(age, 3),
        "failures": source.failures,
        "error": source.last_error if source.state is not SourceState.ok else None,
    }
