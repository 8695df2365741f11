"""haxPeerTable: the other nodes, and how well they can be read."""

from dataclasses import dataclass

from haproxy_agentx.objects import conventions as tc
from haproxy_agentx.objects import pair_conventions as ptc
from haproxy_agentx.objects.declaration import Column, RowColumn, Table, column
from haproxy_agentx.objects.syntax import COUNTER32, FLAG, GAUGE32, INTEGER32, TEXT, UNSIGNED32
from haproxy_agentx.pair.peer import Peer
from haproxy_agentx.pair.sample import AgentSelf

PEER_INDEX = Column(
    1,
    "haxPeerIndex",
    tc.INDEX,
    "The index of the peer; it is assigned to haxPeerName permanently.",
    access="not-accessible",
)


@dataclass(frozen=True, slots=True)
class PeerRow:
    """A peer at the monotonic time ``now``; ``run`` is that of this agent."""

    peer: Peer
    run: str
    now: float

    @property
    def said(self) -> AgentSelf | None:
        """What it said of itself last."""
        return None if self.peer.answer is None else self.peer.answer.said

    @property
    def reading_age(self) -> int | None:
        """Milliseconds since the last good reading."""
        return None if self.peer.answer is None else int((self.now - self.peer.answer.ended) * 1000)

    @property
    def up_time(self) -> int | None:
        """Seconds for which it has run, if it still does."""
        answer = self.peer.answer
        return None if answer is None else int(answer.said.up + self.now - answer.ended)

    @property
    def last_error_age(self) -> int | None:
        """Seconds since the last failure."""
        return None if self.peer.last_error_at is None else int(self.now - self.peer.last_error_at)


def _scaled(value: float | None, units: int) -> int | None:
    return None if value is None else round(value * units)


PEER_TABLE: Table[RowColumn[PeerRow]] = Table(
    13,
    "haxPeerTable",
    "haxPeerEntry",
    (PEER_INDEX,),
    (
        column(
            2,
            "haxPeerName",
            TEXT,
            lambda row: row.peer.name,
            "The name of the peer, as in the configuration of the subagent.",
        ),
        column(
            3,
            "haxPeerAddress",
            TEXT,
            lambda row: row.peer.address,
            "The address and UDP port of the SNMP agent of the peer.",
        ),
        column(
            4,
            "haxPeerState",
            ptc.PEER_STATE,
            lambda row: row.peer.state(row.now),
            "The result of reading the peer.",
        ),
        column(
            5,
            "haxPeerReadingAge",
            GAUGE32,
            lambda row: row.reading_age,
            "The age of the last good reading. Not instantiated before the first; likewise the objects that a reading "
            "shows.",
            "milliseconds",
        ),
        column(
            6,
            "haxPeerRoundTrip",
            GAUGE32,
            lambda row: _scaled(row.peer.round_trip, 1_000_000),
            "The time that the last good reading took.",
            "microseconds",
        ),
        column(
            7,
            "haxPeerSuccesses",
            COUNTER32,
            lambda row: row.peer.successes,
            "The number of good readings since the subagent started.",
            "readings",
        ),
        column(
            8,
            "haxPeerFailures",
            COUNTER32,
            lambda row: row.peer.failures,
            "The number of failed readings since the subagent started.",
            "readings",
        ),
        column(
            9,
            "haxPeerLastError",
            tc.MESSAGE,
            lambda row: row.peer.last_error,
            "A description of the last failure: what, where, and the remedy. It remains when readings are good again. "
            "An empty string when there was none.",
        ),
        column(
            10,
            "haxPeerLastErrorAge",
            GAUGE32,
            lambda row: row.last_error_age,
            "The age of the last failure. Not instantiated when there was none.",
            "seconds",
        ),
        column(
            11,
            "haxPeerNode",
            TEXT,
            lambda row: None if row.said is None else row.said.node,
            "The name of the host of the peer, as it reports it.",
        ),
        column(
            12,
            "haxPeerAgentVersion",
            TEXT,
            lambda row: None if row.said is None else row.said.version,
            "The haxAgentVersion of the peer.",
        ),
        column(
            13,
            "haxPeerMibRevision",
            TEXT,
            lambda row: None if row.said is None else row.said.mib,
            "The LAST-UPDATED of the revision of this module that the peer implements.",
        ),
        column(
            14,
            "haxPeerReadsUs",
            FLAG,
            lambda row: row.peer.reads(row.run, row.now),
            "Whether the peer reads this node, by what it reports. Not instantiated while the peer cannot be read.",
        ),
        column(
            15,
            "haxPeerClockOffset",
            INTEGER32,
            lambda row: _scaled(row.peer.clock_offset, 1000),
            "The time by which the clock of the peer was ahead of that of this host at the last good reading, with an "
            "error of half of haxPeerRoundTrip. No state depends on it.",
            "milliseconds",
        ),
        column(
            16,
            "haxPeerUpTime",
            GAUGE32,
            lambda row: row.up_time,
            "The time since the subagent of the peer started, if it has not restarted since the last good reading.",
            "seconds",
        ),
        column(
            17,
            "haxPeerLastEvent",
            UNSIGNED32,
            lambda row: None if row.said is None else row.said.last_event,
            "The haxAgentLastEventSequence of the peer.",
        ),
        column(
            18,
            "haxPeerMaintenance",
            FLAG,
            lambda row: row.peer.maintenance(row.now),
            "true(1) while the peer is in maintenance by order of an administrator, for the time that it last "
            "reported.",
        ),
    ),
    "The other nodes that the subagent reads ('peers' of its configuration), and the results. Their SNMP agents are "
    "asked; what they report is shown in haxPairMemberTable. A peer that cannot be read is not known to be down.",
    "One peer.",
)
