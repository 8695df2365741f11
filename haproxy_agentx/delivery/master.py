"""What to do about a problem with snmpd, our AgentX master: the engine knows no master and no application. Pure."""

import errno
from collections.abc import Mapping

from haproxy_agentx.agentx.constants import ErrorStatus
from haproxy_agentx.agentx.events import MasterProblem

_MASTER_AGENTX = "does snmpd.conf hold `master agentx` alone on its line"

_BY_ERRNO: Mapping[int, str] = {
    errno.ENOENT: f"is snmpd running, {_MASTER_AGENTX}, and does `agentXSocket` (or -x) name another one?",
    errno.ECONNREFUSED: f"is snmpd running, and {_MASTER_AGENTX}?",
    errno.EACCES: "snmpd.conf needs `agentXPerms 0660 0755 Debian-snmp haproxy-agentx`, and {folder} must be open to "
    "others (chmod 0755)",
}

_BY_ERROR: Mapping[int, str] = {
    ErrorStatus.DUPLICATE_REGISTRATION: "by a second haproxy-agentx or another subagent, or by a line of snmpd.conf "
    "(`proxy`, `pass`, `pass_persist`, `extend` with this OID): remove the other, or set another agentx.priority (the "
    "lower wins)",
    ErrorStatus.REQUEST_DENIED: "see its configuration",
    ErrorStatus.PARSE_ERROR: "is it RFC 2741?",
    ErrorStatus.PROCESSING_ERROR: "see its log",
    ErrorStatus.OPEN_FAILED: "see its log",
}


def explain(problem: MasterProblem, address: str) -> str:
    """Return the line for a problem with the master at ``address``: what, why and, where one is known, the remedy."""
    cause = problem.cause
    if isinstance(cause, TimeoutError | BlockingIOError):
        remedy = "is snmpd frozen or overloaded?"
    elif isinstance(cause, OSError):
        remedy = _BY_ERRNO.get(cause.errno or 0, "").format(folder=address.rpartition("/")[0])
    else:
        remedy = _BY_ERROR.get(cause or 0, "")
    return f"{problem.text}: {remedy}" if remedy else problem.text
