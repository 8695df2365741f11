"""What a trap may do, and why one may do nothing: the decision table of trust. Pure; docs/security.md shows it.

Any local user can send a datagram to the port that traps are listened for at. What a trap may do depends on who sent
it, on its community, on which other source speaks of VRRP, and on whether that source names the instance.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, Flag, auto

from haproxy_agentx.vocabulary.source import Denied, SourceError


class Sender(Enum):
    """Whose socket a datagram came from. The values are the words of docs/security.md."""

    proven = "root or snmpd's user, or an authentic message of SNMPv3"
    foreign = "another user of this machine"
    gone = "not known: the socket was closed when it was looked up"
    unseen = "not known: this machine has no sock_diag for UDP"


class Community(Enum):
    """How the community of a trap compares with the file of the configuration."""

    right = "as in the file"
    wrong = "another community"
    unasked = "no file is configured"


class Speaker(Enum):
    """The best source beside traps that speaks of VRRP."""

    mib = "KEEPALIVED-MIB"
    fifo = "keepalived's FIFO"
    configuration = "services with `vrrp_instance`"
    none = "no other source"


class May(Flag):
    """What a trap may do. Nothing is ``May(0)``."""

    look = auto()
    """KEEPALIVED-MIB is read at once."""
    match = auto()
    """It marks a change of role, which another source or this trap reported, as ``seen``, and helps to explain it."""
    detail = auto()
    """It gives the router id and the initial state of an instance that is known."""
    role = auto()
    """It changes the role of an instance."""
    create = auto()
    """It makes an instance known, permanently."""
    propose = auto()
    """It makes an instance known that is unconfirmed: bounded in number, expiring, never remembered."""


WORDS = {
    May.look: "triggers a reading of KEEPALIVED-MIB",
    May.match: "confirms (`seen`)",
    May.detail: "supplies router id and initial state",
    May.role: "sets the role",
    May.create: "creates the instance",
    May.propose: "proposes the instance",
}


@dataclass(frozen=True, slots=True)
class TrapEvidence:
    """What is known of a trap before it is parsed."""

    sender: Sender
    community: Community = Community.unasked


PROVEN = TrapEvidence(Sender.proven)

ANY_SENDER, ANY_COMMUNITY, ANY_SPEAKER = tuple(Sender), tuple(Community), tuple(Speaker)
ANY_NAME = (True, False)


@dataclass(frozen=True, slots=True)
class TrustRule:
    """A row. ``named`` says whether the speaker (or for none: anything before) names the instance."""

    senders: Sequence[Sender]
    communities: Sequence[Community]
    speakers: Sequence[Speaker]
    named: Sequence[bool]
    may: May
    meaning: str


_TRAPS_ONLY = May.match | May.detail | May.role | May.create

RULES = (
    TrustRule((Sender.foreign,), ANY_COMMUNITY, ANY_SPEAKER, ANY_NAME, May(0), "counted and ignored, unparsed"),
    TrustRule(
        (Sender.gone,), ANY_COMMUNITY, ANY_SPEAKER, ANY_NAME, May(0), "snmpd keeps its socket open, so it was not snmpd"
    ),
    TrustRule(ANY_SENDER, (Community.wrong,), ANY_SPEAKER, ANY_NAME, May(0), "counted and ignored, unparsed"),
    TrustRule(
        (Sender.unseen,),
        (Community.unasked,),
        ANY_SPEAKER,
        ANY_NAME,
        May(0),
        "no evidence at all: load udp_diag, or configure `community_file`",
    ),
    TrustRule(
        (Sender.unseen,),
        (Community.right,),
        (Speaker.none,),
        ANY_NAME,
        May.role | May.propose,
        "the community is the only evidence",
    ),
    TrustRule(
        (Sender.unseen,),
        (Community.right,),
        (Speaker.configuration,),
        (True,),
        May.role | May.propose,
        "the same, for a configured name",
    ),
    TrustRule(
        (Sender.unseen,), (Community.right,), ANY_SPEAKER, ANY_NAME, May.look, "a reason to read the MIB, no more"
    ),
    TrustRule(
        (Sender.proven,),
        ANY_COMMUNITY,
        (Speaker.mib,),
        ANY_NAME,
        May.look | May.match,
        "the MIB is read at once, and decides",
    ),
    TrustRule(
        (Sender.proven,),
        ANY_COMMUNITY,
        (Speaker.fifo,),
        (True,),
        May.look | May.match | May.detail,
        "the FIFO has the role; the trap adds what its lines do not hold",
    ),
    TrustRule(
        (Sender.proven,),
        ANY_COMMUNITY,
        (Speaker.fifo,),
        (False,),
        May.look | May.match,
        "the FIFO comes first: its line is on the way or there is none",
    ),
    TrustRule(
        (Sender.proven,), ANY_COMMUNITY, (Speaker.configuration,), (True,), _TRAPS_ONLY, "traps are the only source"
    ),
    TrustRule(
        (Sender.proven,), ANY_COMMUNITY, (Speaker.configuration,), (False,), May.look, "of an instance of no service"
    ),
    TrustRule((Sender.proven,), ANY_COMMUNITY, (Speaker.none,), ANY_NAME, _TRAPS_ONLY, "traps are the only source"),
)
"""The first row that matches decides. The rows are total: a test walks all combinations."""


def decide(evidence: TrapEvidence, speaker: Speaker, *, named: bool) -> May:
    """Return what a trap may do; nothing where no row matches, which a test excludes."""
    for rule in RULES:
        if (
            evidence.sender in rule.senders
            and evidence.community in rule.communities
            and speaker in rule.speakers
            and named in rule.named
        ):
            return rule.may
    return May(0)


def is_refused(evidence: TrapEvidence) -> bool:
    """Whether a trap with this evidence may do nothing, whatever it says: it need not be parsed."""
    return not any(decide(evidence, speaker, named=named) for speaker in Speaker for named in ANY_NAME)


def unproven(sender: Sender, uid: int | None) -> SourceError:
    """Return why a datagram of this sender is not even parsed."""
    if sender is Sender.foreign:
        return Denied(
            f"a datagram of uid {uid} was ignored: only root and snmpd's user are believed: if it was snmpd, is its"
            " user the owner of agentx.socket (`agentXPerms` in snmpd.conf)?"
        )
    return Denied(
        "a datagram was ignored whose sender has closed its socket, which snmpd does not: to test, use `haproxy-agentx"
        " trap-test`"
    )


def refused(evidence: TrapEvidence, problem: str) -> SourceError:
    """Return why a notification with this evidence is not parsed; ``problem`` is why senders cannot be looked up."""
    if evidence.community is Community.wrong:
        return Denied(
            "a notification with another community was ignored: keepalived.traps.community_file and the trap2sink line"
            " of snmpd.conf differ: write the same community into both"
        )
    return Denied(
        f"a notification was ignored: who sends it cannot be looked up ({problem}): load the kernel module udp_diag, or"
        " configure keepalived.traps.community_file"
    )
