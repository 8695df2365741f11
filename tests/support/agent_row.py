"""The record of the scalars, of a daemon of which there is nothing to say."""

from typing import Any

from haproxy_agentx.haproxy.stat import RowKind
from haproxy_agentx.health.model import Health
from haproxy_agentx.health.severity import ProblemSeverity
from haproxy_agentx.objects.agent_objects import AgentRow
from haproxy_agentx.objects.conventions import StoreState
from haproxy_agentx.pair.model import PairState
from haproxy_agentx.vocabulary.event import Counts


def agent_row(**given: Any) -> AgentRow:
    """Return a record with some fields given."""
    fields: dict[str, Any] = {
        "version": "1",
        "started": 0.0,
        "up_time": 0,
        "indexes_void_since": 0.0,
        "store_state": StoreState.ok,
        "store_problem": "",
        "processes": 1,
        "rows": dict.fromkeys(RowKind, 0),
        "inputs_refused": 0,
        "stalls": 0,
        "traps_ignored": 0,
        "health": Health.active,
        "services": dict.fromkeys(Health, 0),
        "events": Counts(),
        "outbox_limit": 1000,
        "outbox_held": "",
        "oldest_event_age": 0,
        "problems": 0,
        "worst_problem": ProblemSeverity.none,
        "problem_text": "",
        "pair": PairState.redundant,
        "maintenance": 0,
        "pair_self": "v=1",
    }
    return AgentRow(**(fields | given))
