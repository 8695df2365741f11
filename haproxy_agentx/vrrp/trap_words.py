"""Why a datagram at the trap port is refused, or the port cannot be had: what, why, and what to do. Pure."""

import errno

from haproxy_agentx.vocabulary.source import Absent, Denied, Refused, SourceError
from haproxy_agentx.vrrp.trust import Community, Sender, TrapEvidence


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


def no_port(target: str, error: OSError) -> SourceError:
    """Return why the port cannot be opened."""
    if error.errno == errno.EADDRINUSE:
        return Refused(
            f"{target}: the port is taken: a snmptrapd, a second haproxy-agentx or any other program has it, and reads"
            " the community of snmpd.conf: `ss -ulpn` names it; stop it, and enable haproxy-agentx.socket, which"
            " takes the port first"
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return Denied(f"{target}: no permission to open the port ({error.strerror}): give one above 1023")
    return Absent(f"{target}: cannot be opened ({error.strerror}): is there such an address on this machine?")
