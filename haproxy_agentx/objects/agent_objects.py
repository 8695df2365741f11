"""haxAgent and haxSourceTable: what the subagent tells about itself and about where its knowledge comes from."""

from haproxy_agentx.health.model import Health
from haproxy_agentx.objects import conventions as tc
from haproxy_agentx.objects import health_conventions as htc
from haproxy_agentx.objects.declaration import Column, Scalar, Table
from haproxy_agentx.objects.syntax import COUNTER32, GAUGE32, TEXT, TIMETICKS, UNSIGNED32

SELF_SCALARS: tuple[Scalar, ...] = (
    Scalar(1, "haxAgentVersion", TEXT, "Version of the subagent, haproxy-agentx."),
    Scalar(2, "haxAgentStartTime", tc.DATE_AND_TIME, "When the subagent started, by the host's clock."),
    Scalar(
        3,
        "haxAgentUpTime",
        TIMETICKS,
        "Time since the subagent started, by a clock that never steps. It is not sysUpTime, which counts from the "
        "start of the SNMP master agent.",
    ),
    Scalar(
        4,
        "haxAgentIndexDiscontinuityTime",
        tc.DATE_AND_TIME,
        "When row indexes last began anew, because the store that keeps them was made, lost or unreadable, or when "
        "provisional indexes (HaxIndex) were last assigned or replaced. What a "
        "manager knows by index from before this time is void: it has to read the names again. A date and not a "
        "TimeStamp, so that it stays comparable when the master agent or the subagent restarts.",
    ),
    Scalar(
        5,
        "haxAgentStoreState",
        tc.STORE_STATE,
        "Whether row indexes and events will survive a restart of the subagent. Health and notifications do not "
        "depend on it.",
    ),
    Scalar(
        6,
        "haxAgentStoreProblem",
        tc.MESSAGE,
        "What is wrong with the store and what to do about it, in words; empty when nothing is.",
    ),
    Scalar(7, "haxAgentProcesses", GAUGE32, "Rows of haxProcessTable.", "rows"),
    Scalar(8, "haxAgentFrontends", GAUGE32, "Rows of haxFrontendTable.", "rows"),
    Scalar(9, "haxAgentBackends", GAUGE32, "Rows of haxBackendTable.", "rows"),
    Scalar(10, "haxAgentServers", GAUGE32, "Rows of haxServerTable.", "rows"),
    Scalar(11, "haxAgentListeners", GAUGE32, "Rows of haxListenerTable.", "rows"),
    Scalar(
        12,
        "haxAgentInputsRefused",
        COUNTER32,
        "The number of inputs that were refused because of a limit since the subagent started: answers of HAProxy with "
        "more rows than the memory of the subagent allows, answers and lines that are too long. haxSourceLastError "
        "has the reason and the remedy.",
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
)

HEALTH_SCALARS: tuple[Scalar, ...] = (
    Scalar(
        20,
        "haxHealth",
        htc.HEALTH,
        "Health of this node: that of its worst service. One object to poll: 1 and 2 are fine, 3 to 7 degraded, 8 and "
        "above wrong. Where each node of a pair is MASTER of another address, this is standby(2) on both while all is "
        "well: poll haxServiceHealth there, or count services by haxAgentServicesActive.",
    ),
    Scalar(21, "haxAgentServices", GAUGE32, "Rows of haxServiceTable.", "rows"),
    *(
        Scalar(
            40 + health,
            f"haxAgentServices{health.name[0].upper()}{health.name[1:]}",
            GAUGE32,
            f"Services whose haxServiceHealth is {health.name}({health.value}).",
            "services",
        )
        for health in Health
    ),
)

SURVIVES = "It survives restarts, and begins anew when haxAgentIndexDiscontinuityTime changes."
"""What is said of a counter that is kept in the store."""

EVENT_SCALARS: tuple[Scalar, ...] = (
    Scalar(
        30,
        "haxAgentEventsSent",
        COUNTER32,
        "Times that the notification of an event was given to the master agent, counting those that were given again "
        f"as there was no answer. {SURVIVES}",
        "notifications",
    ),
    Scalar(
        31,
        "haxAgentEventsAcknowledged",
        COUNTER32,
        "Events whose notification the master agent has acknowledged. It does so when it has sent it; whether a "
        f"manager has got it, nobody is told. {SURVIVES}",
        "events",
    ),
    Scalar(
        32,
        "haxAgentEventsQueued",
        GAUGE32,
        "Events that wait to be sent or acknowledged. They are on disk, and are sent in order with their own time.",
        "events",
    ),
    Scalar(
        33,
        "haxAgentEventsSuppressed",
        COUNTER32,
        "Changes that were not told by an event of their own, as there were too many of them; the next event of the "
        f"same subject says how many it stands for, in haxEventSuppressed. {SURVIVES}",
        "events",
    ),
    Scalar(
        34,
        "haxAgentEventsLost",
        COUNTER32,
        "Events whose notification was given up: dropped, as more than haxAgentOutboxLimit were waiting, refused, or "
        f"unanswered (haxEventDelivery). They are in haxEventTable all the same. {SURVIVES}",
        "events",
    ),
    Scalar(
        35,
        "haxAgentLastEventSequence",
        UNSIGNED32,
        "Number of the last event, 0 when there was none. A manager that has not got this one looks at haxEventTable.",
    ),
    Scalar(36, "haxAgentOutboxLimit", UNSIGNED32, "How many events may wait to be sent.", "events"),
    Scalar(
        37,
        "haxAgentOutboxHeld",
        tc.MESSAGE,
        "Why events are on hold, in words, such as that no route leads out of the machine, so that what is sent would "
        "be lost on its way, or that the master agent refuses notifications; empty when they are not.",
    ),
)

PROBLEM_SCALARS: tuple[Scalar, ...] = (
    Scalar(
        70,
        "haxAgentOldestEventAge",
        GAUGE32,
        "The time that the oldest event in haxAgentEventsQueued has waited, 0 when none is queued.",
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
        "The worst problem in words: what is wrong, why, and the remedy. An empty string when there is none.",
    ),
)

SCALARS: tuple[Scalar, ...] = tuple(
    sorted((*SELF_SCALARS, *HEALTH_SCALARS, *EVENT_SCALARS, *PROBLEM_SCALARS), key=lambda scalar: scalar.sub_id)
)

SOURCE_INDEX = Column(
    1,
    "haxSourceIndex",
    tc.INDEX,
    "",
    "Number of the source; it belongs to haxSourceName for ever.",
    access="not-accessible",
)

SOURCE_TABLE = Table(
    2,
    "haxSourceTable",
    "haxSourceEntry",
    (SOURCE_INDEX,),
    (
        Column(2, "haxSourceName", TEXT, "", "Name of the source, as in the configuration of the subagent."),
        Column(3, "haxSourceKind", tc.SOURCE_KIND, "", "What the source is."),
        Column(
            4,
            "haxSourceTarget",
            TEXT,
            "",
            "Where it is read: a path, an address and port, or a URL, which never holds credentials.",
        ),
        Column(5, "haxSourceState", tc.SOURCE_STATE, "", "How the last attempt to read it went."),
        Column(
            6,
            "haxSourceReadingAge",
            GAUGE32,
            "",
            "Age of the last good reading; of a source that speaks up by itself, of what it said last. No instance "
            "before the first.",
            "milliseconds",
        ),
        Column(7, "haxSourceSuccesses", COUNTER32, "", "Good readings since the subagent started.", "readings"),
        Column(8, "haxSourceFailures", COUNTER32, "", "Failed readings since the subagent started.", "readings"),
        Column(
            9,
            "haxSourceLastError",
            tc.MESSAGE,
            "",
            "The last failure in words: what, where, and what to do. It stays when readings are good again, so look "
            "at its age. Empty when there was none.",
        ),
        Column(
            10,
            "haxSourceLastErrorAge",
            GAUGE32,
            "",
            "Age of the last failure. No instance when there was none.",
            "seconds",
        ),
    ),
    "The sources that the subagent reads, and how that goes. Look here first when other tables are empty or old.",
    "One source.",
)
