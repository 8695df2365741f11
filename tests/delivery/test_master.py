"""What to do about a problem with the master: in its line, where it is known."""

import errno
import os

import pytest

from haproxy_agentx.agentx.constants import ErrorStatus, meaning
from haproxy_agentx.agentx.dial import unreachable
from haproxy_agentx.agentx.events import MasterProblem
from haproxy_agentx.delivery.master import explain

ADDRESS = "/var/agentx/master"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (FileNotFoundError(errno.ENOENT, ""), "no such socket: is snmpd running, does snmpd.conf hold `master agentx`"),
        (ConnectionRefusedError(errno.ECONNREFUSED, ""), "no process listens there: is snmpd running, and does"),
        (PermissionError(errno.EACCES, ""), f"for uid {os.geteuid()}: snmpd.conf needs `agentXPerms 0660 0755"),
        (PermissionError(errno.EACCES, ""), "and /var/agentx must be open to others"),
        (TimeoutError(), "it does not take the connection: is snmpd frozen or overloaded?"),
        (BlockingIOError(errno.EAGAIN, ""), "it does not take the connection: is snmpd frozen or overloaded?"),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), f"master at {ADDRESS}: Network is unreachable"),
    ],
)
def test_where_the_master_cannot_be_reached(error, words):
    line = explain(unreachable(ADDRESS, error), ADDRESS)
    assert words in line
    assert line.startswith(f"cannot connect to the AgentX master at {ADDRESS}: ")
    assert "\n" not in line


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ErrorStatus.DUPLICATE_REGISTRATION, "(duplicateRegistration): by a second haproxy-agentx or another subagent"),
        (ErrorStatus.DUPLICATE_REGISTRATION, "`pass_persist`"),
        (ErrorStatus.REQUEST_DENIED, "the master does not allow it (requestDenied): see its configuration"),
        (ErrorStatus.PROCESSING_ERROR, "the master failed inside (processingError): see its log"),
    ],
)
def test_what_the_master_refuses(error, words):
    assert words in explain(MasterProblem(meaning(error), int(error)), ADDRESS)


@pytest.mark.parametrize("cause", [None, 0, 4711, int(ErrorStatus.UNSUPPORTED_CONTEXT)])
def test_without_a_remedy_the_line_is_what_happened(cause):
    assert explain(MasterProblem("it is so", cause), ADDRESS) == "it is so"
