"""How HAProxy is while its statistics cannot be read: evidence beside the channel, and the table that decides. Pure.

A silent channel is not a silent service: the statistics socket can be used up (`stats maxconn`), removed, moved by a
reload, or slow. So three further witnesses are heard, none of which needs a privilege: the process that `show info`
named, the queue of the statistics socket, and the listening sockets of this machine.

The first row that matches decides; an empty cell matches anything. The table is total: that is proven when this module
is imported. Evidence that is missing never makes HAProxy serve: it leaves what the channel itself shows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import product

from haproxy_agentx.vocabulary.source import Absent, Gone, SourceError, Unresponsive


class Channel(Enum):
    """What the attempt to read showed."""

    refused = "the connection is refused"
    absent = "the socket is not there"
    silent = "the socket is silent"
    page = "the statistics page is silent"


class Life(Enum):
    """The process that `show info` named, during the attempt."""

    ended = "it has ended"
    stopped = "it is stopped by a signal or a debugger"
    still = "it lives and has used no processor time"
    running = "it lives and has used processor time"
    lives = "it lives, and was not looked at for long enough to say more"
    unknown = "it cannot be seen, or is not surely the one"


class SocketQueue(Enum):
    """The connections to the channel."""

    used_up = "ours waits to be accepted, and so many are open that they may be used up"
    waiting = "ours waits to be accepted, and HAProxy would have room for it"
    accepted = "none waits"
    unknown = "they cannot be seen"


class Ports(Enum):
    """The listening TCP sockets of this machine, since the last good reading."""

    vanished = "one or more have gone"
    kept = "all are still there"
    unknown = "they cannot be seen, or are not where HAProxy is"


class ProcessStanding(Enum):
    """What it amounts to."""

    gone = "HAProxy does not serve: it has ended"
    frozen = "HAProxy does not serve: it does not run, or accepts nothing"
    silent = "it is not known whether HAProxy serves"


CROWD = 5
"""Open connections to a statistics socket with which they may be used up: HAProxy takes 10 to all of its statistics
sockets together, unless configured otherwise (`stats maxconn`)."""


@dataclass(frozen=True, slots=True)
class SilenceEvidence:
    """All that was seen during an attempt to read that failed."""

    channel: Channel
    life: Life = Life.unknown
    queue: SocketQueue = SocketQueue.unknown
    ports: Ports = Ports.unknown


@dataclass(frozen=True, slots=True)
class StandingRule:
    """A row. ``words`` say what is known, what is not, and what to do: never what would cause an outage."""

    channels: Sequence[Channel]
    lives: Sequence[Life]
    queues: Sequence[SocketQueue]
    ports: Sequence[Ports]
    standing: ProcessStanding
    words: str

    def matches(self, evidence: SilenceEvidence) -> bool:
        """Whether the row applies."""
        return (
            (not self.channels or evidence.channel in self.channels)
            and (not self.lives or evidence.life in self.lives)
            and (not self.queues or evidence.queue in self.queues)
            and (not self.ports or evidence.ports in self.ports)
        )


_CLOSED = (Channel.refused, Channel.absent)
_SILENT = (Channel.silent, Channel.page)
_LIVES = (Life.stopped, Life.still, Life.running, Life.lives)
_COMPARE = "compare `stats socket` of haproxy.cfg with haproxy[].stats here"

UNSEEN = "its process cannot be seen from here: a `probe` of the service would show whether it serves"
"""What is added to the words of the channel itself, which name what it may be."""

RULES: tuple[StandingRule, ...] = (
    StandingRule(
        _CLOSED,
        (Life.ended,),
        (),
        (Ports.kept,),
        ProcessStanding.silent,
        "the process that was read has ended, and no listening socket of this machine has gone: a reload moved the"
        f" statistics socket, or another program listens in its place: {_COMPARE}",
    ),
    StandingRule(_CLOSED, (Life.ended,), (), (), ProcessStanding.gone, "HAProxy's process has ended"),
    StandingRule(
        _CLOSED,
        _LIVES,
        (),
        (),
        ProcessStanding.silent,
        f"HAProxy's process lives: its statistics socket was removed, moved or replaced: {_COMPARE}",
    ),
    StandingRule(_CLOSED, (), (), (), ProcessStanding.gone, ""),
    StandingRule(
        _SILENT,
        (Life.ended,),
        (),
        (Ports.vanished,),
        ProcessStanding.gone,
        "HAProxy's process has ended, and listening sockets have gone with it",
    ),
    StandingRule(
        _SILENT,
        (Life.ended,),
        (),
        (),
        ProcessStanding.silent,
        "the process that was read has ended, and another process holds the statistics socket and does not answer:"
        " a reload is under way or hangs: see HAProxy's log",
    ),
    StandingRule(
        _SILENT,
        (Life.stopped,),
        (),
        (),
        ProcessStanding.frozen,
        "HAProxy is stopped (state T): find out who stopped or debugs it; SIGCONT resumes it",
    ),
    StandingRule(
        (Channel.silent,),
        (Life.still,),
        (SocketQueue.waiting, SocketQueue.accepted),
        (),
        ProcessStanding.frozen,
        "HAProxy's process lives, has used no processor time meanwhile and accepts nothing from its socket: it is"
        " stopped or hangs: check its state (ps, column STAT)",
    ),
    StandingRule(
        (Channel.silent,),
        (Life.running,),
        (SocketQueue.used_up,),
        (),
        ProcessStanding.silent,
        "HAProxy runs, but does not accept a connection, and many others to its statistics socket are open: they are"
        " used up (`stats maxconn`): see what holds them (ss -xp), or raise `stats maxconn`",
    ),
    StandingRule(
        (Channel.silent,),
        (Life.running,),
        (SocketQueue.waiting,),
        (),
        ProcessStanding.silent,
        "HAProxy runs, but does not accept a connection: its statistics connections are used up (a low `stats"
        " maxconn`), or it is overloaded: see what holds them (ss -xp), and check its load",
    ),
    StandingRule(
        (Channel.silent,),
        (Life.running,),
        (),
        (),
        ProcessStanding.silent,
        "HAProxy runs, but does not answer in time: it is overloaded, or `timeout` too short: check its load",
    ),
    StandingRule(
        (Channel.silent,),
        (),
        (SocketQueue.used_up,),
        (),
        ProcessStanding.silent,
        "HAProxy does not accept a connection, and many others to its statistics socket are open: they are used up"
        " (`stats maxconn`), or it hangs: see what holds them (ss -xp), and check the state of its process",
    ),
    StandingRule(
        (Channel.page,),
        (),
        (SocketQueue.waiting,),
        (),
        ProcessStanding.silent,
        "nothing accepts connections to the port of its statistics page: HAProxy is stopped or hangs, or that port's"
        " connections are used up (`maxconn`): check its process, and configure a `probe` of the service",
    ),
    StandingRule(
        _SILENT,
        (),
        (),
        (),
        ProcessStanding.silent,
        UNSEEN,
    ),
)


def rule_of(evidence: SilenceEvidence) -> StandingRule:
    """Return the row that decides."""
    return next(rule for rule in RULES if rule.matches(evidence))


_DECISIONS = {
    case: rule_of(case) for case in (SilenceEvidence(*each) for each in product(Channel, Life, SocketQueue, Ports))
}


def decide(evidence: SilenceEvidence) -> tuple[ProcessStanding, str]:
    """Return how HAProxy is, and the words for it; empty words where the channel has said it all."""
    rule = _DECISIONS[evidence]
    return rule.standing, rule.words


def channel_of(error: SourceError, *, over_http: bool, was_read: bool) -> Channel | None:
    """Return what a failure shows of the channel; None where it is one of reading and not of silence.

    A socket that is not there says something only once it ``was_read``: one that never was may be elsewhere.
    """
    if isinstance(error, Gone):
        return Channel.refused
    if isinstance(error, Unresponsive):
        return Channel.page if over_http else Channel.silent
    if isinstance(error, Absent) and was_read and not over_http:
        return Channel.absent
    return None


def judged(
    error: SourceError, evidence: SilenceEvidence, target: str, timeout: float
) -> tuple[SourceError, ProcessStanding]:
    """Return the failure in the words of all that was seen, and how HAProxy stands. ``timeout`` in seconds."""
    standing, words = decide(evidence)
    if not words:
        return error, standing
    if words == UNSEEN:
        return _worded(error, f"{error}; {words}"), standing
    what = f"no answer within {timeout:g} s" if isinstance(error, Unresponsive) else evidence.channel.value
    return _worded(error, f"{target}: {what}: {words}"), standing


def _worded(error: SourceError, text: str) -> SourceError:
    """Return the same failure in other words."""
    reported = type(error)(text)
    reported.excused = error.excused
    return reported
