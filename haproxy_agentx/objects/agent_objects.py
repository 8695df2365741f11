"""haxAgent and haxSourceTable: the subagent itself, and the sources that it reads."""

from dataclasses import dataclass

from haproxy_agentx.health.model import Health
from haproxy_agentx.objects import conventions as tc
from haproxy_agentx.objects import health_conventions as htc
from haproxy_agentx.objects.declaration import Column, RowColumn, Scalar, Table, column
from haproxy_agentx.objects.syntax import COUNTER32, GAUGE32, TEXT, TIMETICKS, UNSIGNED32
from haproxy_agentx.vocabulary.source_record import Source

SELF_SCALARS: tuple[Scalar, ...] = (
    Scalar(1, "haxAgentVersion", TEXT, "The version of the subagent, haproxy-agentx."),
    Scalar(
        2,
        "haxAgentStartTime",
        tc.DATE_AND_TIME,
        "The date and time at which the subagent started, by the host's clock.",
    ),
    Scalar(
        3,
        "haxAgentUpTime",
        TIMETICKS,
        "The time since the subagent started, by a clock that never steps. It is not sysUpTime, which counts from the "
        "start of the SNMP master agent.",
    ),
    Scalar(
        4,
        "haxAgentIndexDiscontinuityTime",
        tc.DATE_AND_TIME,
        "The date and time at which row indexes were last reassigned, because the store that keeps them was created, "
        "lost or unreadable, or at which provisional indexes (HaxIndex) were last assigned or replaced. Indexes that a "
        "manager read before this time are void: it must read the names again. A date and not a TimeStamp, so that it "
        "stays comparable when the master agent or the subagent restarts.",
    ),
    Scalar(
        5,
        "haxAgentStoreState",
        tc.STORE_STATE,
        "Whether row indexes and events survive a restart of the subagent. Health and notifications do not depend on "
        "it.",
    ),
    Scalar(
        6,
        "haxAgentStoreProblem",
        tc.MESSAGE,
        "A description of what is wrong with the store, and the remedy; an empty string when nothing is.",
    ),
    Scalar(7, "haxAgentProcesses", GAUGE32, "The number of rows in haxProcessTable.", "rows"),
    Scalar(8, "haxAgentFrontends", GAUGE32, "The number of rows in haxFrontendTable.", "rows"),
    Scalar(9, "haxAgentBackends", GAUGE32, "The number of rows in haxBackendTable.", "rows"),
    Scalar(10, "haxAgentServers", GAUGE32, "The number of rows in haxServerTable.", "rows"),
    Scalar(11, "haxAgentListeners", GAUGE32, "The number of rows in haxListenerTable.", "rows"),
    Scalar(
        12,
        "haxAgentInputsRefused",
        COUNTER32,
        "The number of inputs that were refused because of a limit since the subagent started: answers of HAProxy with "
        "more rows than the memory of the subagent allows, answers and lines that are too long. haxSourceLastError has "
        "the reason and the remedy.",
        "inputs",
    ),
    Scalar(
        13,
        "haxAgentStalls",
        COUNTER32,
        "The number of times that the subagent did not run for a second or longer since it started, because it was "
        "stopped, the machine paused, or the processor busy. The silence of other programs in such a time is not "
        "counted against them.",
        "stalls",
    ),
    Scalar(
        14,
        "haxAgentVrrpTrapsIgnored",
        COUNTER32,
        "The number of keepalived's notifications that were not used since the subagent started, because as many VRRP "
        "instances were known as notifications alone may make known, or because an instance that only unconfirmed "
        "notifications name changed its role too often. haxVrrpTable may lack an instance, or show an old role.",
        "notifications",
    ),
)

HEALTH_SCALARS: tuple[Scalar, ...] = (
    Scalar(
        20,
        "haxHealth",
        htc.HEALTH,
        "The health of this node, which is that of its worst service. It is the one object to poll: 1 and 2 are good, "
        "3 to 7 degraded, 8 and above critical. Where each node of a pair is MASTER of a different address, it is "
        "standby(2) on both while all is well: poll haxServiceHealth there, or haxAgentServicesActive.",
    ),
    Scalar(21, "haxAgentServices", GAUGE32, "The number of rows in haxServiceTable.", "rows"),
    *(
        Scalar(
            40 + health,
            f"haxAgentServices{health.name[0].upper()}{health.name[1:]}",
            GAUGE32,
            f"The number of services whose haxServiceHealth is {health.name}({health.value}).",
            "services",
        )
        for health in Health
    ),
)

SURVIVES = "It survives restarts; discontinuities occur when haxAgentIndexDiscontinuityTime changes."
"""What is said of a counter that is kept in the store."""

EVENT_SCALARS: tuple[Scalar, ...] = (
    Scalar(
        30,
        "haxAgentEventsSent",
        COUNTER32,
        "The number of times that the notification of an event was passed to the master agent, including those "
        "repeated "
        f"because there was no response. {SURVIVES}",
        "notifications",
    ),
    Scalar(
        31,
        "haxAgentEventsAcknowledged",
        COUNTER32,
        "The number of events whose notification the master agent has acknowledged. It does so when it has sent it; "
        "whether a "
        f"manager has received it is not known. {SURVIVES}",
        "events",
    ),
    Scalar(
        32,
        "haxAgentEventsQueued",
        GAUGE32,
        "The number of events that wait to be sent or acknowledged. They are on disk, and are sent in order with their "
        "own time.",
        "events",
    ),
    Scalar(
        33,
        "haxAgentEventsSuppressed",
        COUNTER32,
        "The number of changes that were not reported by an event of their own, because there were too many of them; "
        "the next event of the "
        f"same subject holds how many it stands for, in haxEventSuppressed. {SURVIVES}",
        "events",
    ),
    Scalar(
        34,
        "haxAgentEventsLost",
        COUNTER32,
        "The number of events whose notification was given up: dropped, as more than haxAgentOutboxLimit were waiting, "
        "refused, or "
        f"unanswered (haxEventDelivery). They are in haxEventTable nevertheless. {SURVIVES}",
        "events",
    ),
    Scalar(
        35,
        "haxAgentLastEventSequence",
        UNSIGNED32,
        "The number of the most recent event, 0 when there was none. A manager that has not received this event should "
        "read haxEventTable.",
    ),
    Scalar(36, "haxAgentOutboxLimit", UNSIGNED32, "The maximum number of events that wait to be sent.", "events"),
    Scalar(
        37,
        "haxAgentOutboxHeld",
        tc.MESSAGE,
        "The reason why events are on hold, such as that no route leads out of the machine, so that notifications "
        "would be lost on their way, or that the master agent refuses notifications; an empty string when events are "
        "not on hold.",
    ),
)

PROBLEM_SCALARS: tuple[Scalar, ...] = (
    Scalar(
        70,
        "haxAgentOldestEventAge",
        GAUGE32,
        "The time for which the oldest event in haxAgentEventsQueued has waited, 0 when none is queued.",
        "seconds",
    ),
    Scalar(
        71,
        "haxAgentProblems",
        GAUGE32,
        "The number of problems with the services and with their monitoring, as `haproxy-agentx status` lists them.",
        "problems",
    ),
    Scalar(72, "haxAgentProblemSeverity", tc.PROBLEM_SEVERITY, "The severity of the worst problem."),
    Scalar(
        73,
        "haxAgentProblemText",
        tc.MESSAGE,
        "A description of the worst problem: what is wrong, why, and the remedy. An empty string when there is none.",
    ),
)

SCALARS: tuple[Scalar, ...] = tuple(
    sorted((*SELF_SCALARS, *HEALTH_SCALARS, *EVENT_SCALARS, *PROBLEM_SCALARS), key=lambda scalar: scalar.sub_id)
)

SOURCE_INDEX = Column(
    1,
    "haxSourceIndex",
    tc.INDEX,
    "The index of the source; it is assigned to haxSourceName permanently.",
    access="not-accessible",
)


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source at the monotonic time ``now``, in seconds."""

    source: Source
    now: float

    @property
    def reading_age(self) -> int | None:
        """Milliseconds since the last good reading."""
        age = self.source.age(self.now)
        return None if age is None else int(age * 1000)

    @property
    def last_error_age(self) -> int | None:
        """Seconds since the last failure."""
        at = self.source.last_error_at
        return None if at is None else int(self.now - at)


SOURCE_TABLE: Table[RowColumn[SourceRow]] = Table(
    2,
    "haxSourceTable",
    "haxSourceEntry",
    (SOURCE_INDEX,),
    (
        column(
            2,
            "haxSourceName",
            TEXT,
            lambda row: row.source.name,
            "The name of the source, as in the configuration of the subagent.",
        ),
        column(3, "haxSourceKind", tc.SOURCE_KIND, lambda row: row.source.kind, "The kind of the source."),
        column(
            4,
            "haxSourceTarget",
            TEXT,
            lambda row: row.source.target,
            "The location at which the source is read: a path, an address and port, or a URL, which never holds "
            "credentials.",
        ),
        column(
            5,
            "haxSourceState",
            tc.SOURCE_STATE,
            lambda row: row.source.state,
            "The result of the last attempt to read the source.",
        ),
        column(
            6,
            "haxSourceReadingAge",
            GAUGE32,
            lambda row: row.reading_age,
            "The age of the last good reading; for a source that sends unsolicited, of its last message. Not "
            "instantiated before the first.",
            "milliseconds",
        ),
        column(
            7,
            "haxSourceSuccesses",
            COUNTER32,
            lambda row: row.source.successes,
            "The number of good readings since the subagent started.",
            "readings",
        ),
        column(
            8,
            "haxSourceFailures",
            COUNTER32,
            lambda row: row.source.failures,
            "The number of failed readings since the subagent started.",
            "readings",
        ),
        column(
            9,
            "haxSourceLastError",
            tc.MESSAGE,
            lambda row: row.source.last_error,
            "A description of the last failure: what, where, and the remedy. It remains when readings are good again: "
            "see haxSourceLastErrorAge. An empty string when there was none.",
        ),
        column(
            10,
            "haxSourceLastErrorAge",
            GAUGE32,
            lambda row: row.last_error_age,
            "The age of the last failure. Not instantiated when there was none.",
            "seconds",
        ),
    ),
    "The sources that the subagent reads, and the results. Read this table first when other tables are empty or stale.",
    "One source.",
)
