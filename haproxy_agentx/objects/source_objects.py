"""haxSourceTable: the sources that the subagent reads."""

from dataclasses import dataclass

from haproxy_agentx.objects import conventions as tc
from haproxy_agentx.objects.declaration import Column, RowColumn, Table, column
from haproxy_agentx.objects.syntax import COUNTER32, GAUGE32, TEXT
from haproxy_agentx.vocabulary.source_record import Source

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
