"""haxAgent and haxSourceTable: what the subagent tells about itself and about where its knowledge comes from."""

from haproxy_agentx.objects import conventions as tc
from haproxy_agentx.objects.declaration import Column, Scalar, Table
from haproxy_agentx.objects.syntax import COUNTER32, GAUGE32, TEXT, TIMETICKS

SCALARS: tuple[Scalar, ...] = (
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
        "When row indexes last began anew, because the store that keeps them was made, lost or unreadable. What a "
        "manager knows by index from before this time is void: it has to read the names again. A date and not a "
        "TimeStamp, so that it stays comparable when the master agent or the subagent restarts.",
    ),
    Scalar(
        5,
        "haxAgentStoreState",
        tc.STORE_STATE,
        "Whether row indexes will survive a restart of the subagent.",
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
)

RESERVED_SCALARS = (
    (20, "haxHealth, the worst service of this node"),
    (21, "to 29: counts of services by state"),
    (30, "to 34: events sent, acknowledged, queued, suppressed, lost"),
    (35, "the sequence number of the last event"),
)
"""Numbers under haxAgent that are kept free, and for what; the module says so."""

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
        Column(2, "haxSourceName", TEXT, "", "Name of the source in the configuration of the subagent."),
        Column(3, "haxSourceKind", tc.SOURCE_KIND, "", "What the source is."),
        Column(
            4,
            "haxSourceTarget",
            TEXT,
            "",
            "Where it is read: the path of a socket, or a URL, which never holds credentials.",
        ),
        Column(5, "haxSourceState", tc.SOURCE_STATE, "", "How the last attempt to read it went."),
        Column(
            6,
            "haxSourceReadingAge",
            GAUGE32,
            "",
            "Age of the last good reading. No instance before the first.",
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
