"""haxAgent: the subagent itself."""

from collections.abc import Mapping
from dataclasses import dataclass

from haproxy_agentx.haproxy.stat import RowKind
from haproxy_agentx.health.model import Health
from haproxy_agentx.health.severity import ProblemSeverity
from haproxy_agentx.objects import conventions as tc
from haproxy_agentx.objects import health_conventions as htc
from haproxy_agentx.objects.declaration import Scalar, scalar
from haproxy_agentx.objects.syntax import COUNTER32, GAUGE32, TEXT, TIMETICKS, UNSIGNED32
from haproxy_agentx.pair.model import PairState
from haproxy_agentx.vocabulary.event import Counts


@dataclass(frozen=True, slots=True)
class AgentRow:
    """What the subagent knows of itself at a moment. Dates are in seconds since 1970."""

    version: str
    started: float
    """A date."""
    up_time: int
    """Hundredths of a second."""
    indexes_void_since: float
    """A date."""
    store_state: tc.StoreState
    store_problem: str
    processes: int
    rows: Mapping[RowKind, int]
    inputs_refused: int
    stalls: int
    traps_ignored: int
    health: Health
    services: Mapping[Health, int]
    """The number of services in each state of health."""
    events: Counts
    outbox_limit: int
    outbox_held: str
    oldest_event_age: int
    """Seconds."""
    problems: int
    worst_problem: ProblemSeverity
    problem_text: str
    pair: PairState
    """The worst state of a service over all its nodes."""
    maintenance: int
    """Seconds for which this node remains in maintenance."""
    pair_self: str
    """What it says of itself to its peers."""


SELF_SCALARS: tuple[Scalar[AgentRow], ...] = (
    scalar(1, "haxAgentVersion", TEXT, lambda row: row.version, "The version of the subagent, haproxy-agentx."),
    scalar(
        2,
        "haxAgentStartTime",
        tc.DATE_AND_TIME,
        lambda row: row.started,
        "The date and time at which the subagent started, by the host's clock.",
    ),
    scalar(
        3,
        "haxAgentUpTime",
        TIMETICKS,
        lambda row: row.up_time,
        "The time since the subagent started, by a clock that never steps. It is not sysUpTime, which counts from the "
        "start of the SNMP master agent.",
    ),
    scalar(
        4,
        "haxAgentIndexDiscontinuityTime",
        tc.DATE_AND_TIME,
        lambda row: row.indexes_void_since,
        "The date and time at which row indexes were last reassigned, because the store that keeps them was created, "
        "lost or unreadable, or at which provisional indexes (HaxIndex) were last assigned or replaced. Indexes that a "
        "manager read before this time are void: it must read the names again. A date and not a TimeStamp, so that it "
        "stays comparable when the master agent or the subagent restarts.",
    ),
    scalar(
        5,
        "haxAgentStoreState",
        tc.STORE_STATE,
        lambda row: row.store_state,
        "Whether row indexes and events survive a restart of the subagent. Health and notifications do not depend on "
        "it.",
    ),
    scalar(
        6,
        "haxAgentStoreProblem",
        tc.MESSAGE,
        lambda row: row.store_problem,
        "A description of what is wrong with the store, and the remedy; an empty string when nothing is.",
    ),
    scalar(
        7, "haxAgentProcesses", GAUGE32, lambda row: row.processes, "The number of rows in haxProcessTable.", "rows"
    ),
    scalar(
        8,
        "haxAgentFrontends",
        GAUGE32,
        lambda row: row.rows[RowKind.FRONTEND],
        "The number of rows in haxFrontendTable.",
        "rows",
    ),
    scalar(
        9,
        "haxAgentBackends",
        GAUGE32,
        lambda row: row.rows[RowKind.BACKEND],
        "The number of rows in haxBackendTable.",
        "rows",
    ),
    scalar(
        10,
        "haxAgentServers",
        GAUGE32,
        lambda row: row.rows[RowKind.SERVER],
        "The number of rows in haxServerTable.",
        "rows",
    ),
    scalar(
        11,
        "haxAgentListeners",
        GAUGE32,
        lambda row: row.rows[RowKind.LISTENER],
        "The number of rows in haxListenerTable.",
        "rows",
    ),
    scalar(
        12,
        "haxAgentInputsRefused",
        COUNTER32,
        lambda row: row.inputs_refused,
        "The number of inputs that were refused because of a limit since the subagent started: answers of HAProxy with "
        "more rows than the memory of the subagent allows, answers and lines that are too long, and lines of "
        "keepalived's FIFO that name more VRRP instances than can be known. haxSourceLastError has the reason and the "
        "remedy.",
        "inputs",
    ),
    scalar(
        13,
        "haxAgentStalls",
        COUNTER32,
        lambda row: row.stalls,
        "The number of times that the subagent did not run for a second or longer since it started, because it was "
        "stopped, the machine paused, or the processor busy. The silence of other programs in such a time is not "
        "counted against them.",
        "stalls",
    ),
    scalar(
        14,
        "haxAgentVrrpTrapsIgnored",
        COUNTER32,
        lambda row: row.traps_ignored,
        "The number of keepalived's notifications that were not used since the subagent started, because as many VRRP "
        "instances were known as notifications alone may make known, or because an instance that only unconfirmed "
        "notifications name changed its role too often. haxVrrpTable may lack an instance, or show an old role.",
        "notifications",
    ),
)


def _services_in(health: Health) -> Scalar[AgentRow]:
    """Return the scalar that counts the services in one state of health."""
    return scalar(
        40 + health,
        f"haxAgentServices{health.name[0].upper()}{health.name[1:]}",
        GAUGE32,
        lambda row: row.services[health],
        f"The number of services whose haxServiceHealth is {health.name}({health.value}).",
        "services",
    )


HEALTH_SCALARS: tuple[Scalar[AgentRow], ...] = (
    scalar(
        20,
        "haxHealth",
        htc.HEALTH,
        lambda row: row.health,
        "The health of this node, which is that of its worst service. It is the one object to poll: 1 and 2 are good, "
        "3 to 7 degraded, 8 and above critical. Where each node of a pair is MASTER of a different address, it is "
        "standby(2) on both while all is well: poll haxServiceHealth there, or haxAgentServicesActive.",
    ),
    scalar(
        21,
        "haxAgentServices",
        GAUGE32,
        lambda row: sum(row.services.values()),
        "The number of rows in haxServiceTable.",
        "rows",
    ),
    *map(_services_in, Health),
)

SURVIVES = "It survives restarts; discontinuities occur when haxAgentIndexDiscontinuityTime changes."
"""What is said of a counter that is kept in the store."""

EVENT_SCALARS: tuple[Scalar[AgentRow], ...] = (
    scalar(
        30,
        "haxAgentEventsSent",
        COUNTER32,
        lambda row: row.events.sent,
        "The number of times that the notification of an event was passed to the master agent, including those "
        "repeated "
        f"because there was no response. {SURVIVES}",
        "notifications",
    ),
    scalar(
        31,
        "haxAgentEventsAcknowledged",
        COUNTER32,
        lambda row: row.events.acknowledged,
        "The number of events whose notification the master agent has acknowledged. It does so when it has sent it; "
        "whether a "
        f"manager has received it is not known. {SURVIVES}",
        "events",
    ),
    scalar(
        32,
        "haxAgentEventsQueued",
        GAUGE32,
        lambda row: row.events.queued,
        "The number of events that wait to be sent or acknowledged. They are on disk, and are sent in order with their "
        "own time.",
        "events",
    ),
    scalar(
        33,
        "haxAgentEventsSuppressed",
        COUNTER32,
        lambda row: row.events.suppressed,
        "The number of changes that were not reported by an event of their own, because there were too many of them; "
        "the next event of the "
        f"same subject holds how many it stands for, in haxEventSuppressed. {SURVIVES}",
        "events",
    ),
    scalar(
        34,
        "haxAgentEventsLost",
        COUNTER32,
        lambda row: row.events.lost,
        "The number of events whose notification was given up: dropped, as more than haxAgentOutboxLimit were waiting, "
        "refused, or "
        f"unanswered (haxEventDelivery). They are in haxEventTable nevertheless. {SURVIVES}",
        "events",
    ),
    scalar(
        35,
        "haxAgentLastEventSequence",
        UNSIGNED32,
        lambda row: row.events.last_sequence,
        "The number of the most recent event, 0 when there was none. A manager that has not received this event should "
        "read haxEventTable.",
    ),
    scalar(
        36,
        "haxAgentOutboxLimit",
        UNSIGNED32,
        lambda row: row.outbox_limit,
        "The maximum number of events that wait to be sent.",
        "events",
    ),
    scalar(
        37,
        "haxAgentOutboxHeld",
        tc.MESSAGE,
        lambda row: row.outbox_held,
        "The reason why events are on hold, such as that no route leads out of the machine, so that notifications "
        "would be lost on their way, or that the master agent refuses notifications; an empty string when events are "
        "not on hold.",
    ),
)

PROBLEM_SCALARS: tuple[Scalar[AgentRow], ...] = (
    scalar(
        70,
        "haxAgentOldestEventAge",
        GAUGE32,
        lambda row: row.oldest_event_age,
        "The time for which the oldest event in haxAgentEventsQueued has waited, 0 when none is queued.",
        "seconds",
    ),
    scalar(
        71,
        "haxAgentProblems",
        GAUGE32,
        lambda row: row.problems,
        "The number of problems with the services and with their monitoring, as `haproxy-agentx status` lists them.",
        "problems",
    ),
    scalar(
        72,
        "haxAgentProblemSeverity",
        tc.PROBLEM_SEVERITY,
        lambda row: row.worst_problem,
        "The severity of the worst problem.",
    ),
    scalar(
        73,
        "haxAgentProblemText",
        tc.MESSAGE,
        lambda row: row.problem_text,
        "A description of the worst problem: what is wrong, why, and the remedy. An empty string when there is none.",
    ),
)
