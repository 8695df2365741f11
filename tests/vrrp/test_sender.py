"""Whose datagram it is, asked of the real kernel; and a socket that was opened before."""

import os
import socket
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haproxy_agentx.vrrp import sock_diag
from haproxy_agentx.vrrp.sender import OVERFLOW_UID, Senders, master_uids
from haproxy_agentx.vrrp.sock_diag import DiagUnanswered
from haproxy_agentx.vrrp.trust import Sender
from tests.support.programs import ROOT
from tests.support.unprivileged import NOBODY, unprivileged

ME = os.getuid()


@pytest.fixture
def senders():
    found = Senders()
    found.open()
    assert found.problem == ""
    yield found
    found.close()


def pair(host="127.0.0.1"):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    ours = socket.socket(family, socket.SOCK_DGRAM)
    ours.bind((host, 0))
    return ours, socket.socket(family, socket.SOCK_DGRAM)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("connected", [False, True])
def test_the_owner_of_a_socket_that_sends(senders, host, connected):
    ours, theirs = pair(host)
    with ours, theirs:
        if connected:
            theirs.connect(ours.getsockname())
            theirs.send(b"x")
        else:
            theirs.sendto(b"x", ours.getsockname())
        _, peer = ours.recvfrom(10)
        local = ours.getsockname()[:2]
        assert senders.of(local, peer[:2], lambda: {ME}) == (Sender.proven, ME)
        assert senders.of(local, peer[:2], lambda: {ME + 1}) == (Sender.foreign, ME)
        theirs.close()
        assert senders.of(local, peer[:2], lambda: {ME}) == (Sender.gone, None)


def test_a_socket_of_ipv6_that_sends_to_ipv4(senders):
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours,
        socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as theirs,
    ):
        ours.bind(("127.0.0.1", 0))
        theirs.sendto(b"x", ("::ffff:127.0.0.1", ours.getsockname()[1]))
        _, peer = ours.recvfrom(10)
        assert senders.of(ours.getsockname(), peer, lambda: {ME}) == (Sender.proven, ME)


def test_nobody_is_foreign_whatever_is_believed(senders):
    ours, own = pair()
    own.close()
    with unprivileged():
        theirs = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with ours, theirs:
        theirs.sendto(b"x", ours.getsockname())
        _, peer = ours.recvfrom(10)
        assert senders.of(ours.getsockname(), peer, lambda: {0, NOBODY}) == (Sender.foreign, NOBODY if ME == 0 else ME)


def test_without_sock_diag_nobody_is_known():
    senders = Senders()
    senders.problem = "no"
    assert senders.of(("127.0.0.1", 1), ("127.0.0.1", 2), lambda: {0}) == (Sender.unseen, None)


@given(st.binary(max_size=200))
def test_an_answer_is_a_uid_or_none_or_no_answer(answer):
    try:
        found = sock_diag.read(answer, 7, 1162)
    except DiagUnanswered:
        return
    assert found is None or 0 <= found <= 0xFFFFFFFF


def test_the_owner_of_the_agentx_socket_is_snmpd(tmp_path):
    path = tmp_path / "master"
    path.touch()
    assert master_uids(str(path), os.getpid(), 7) == {0, 7, ME} - {OVERFLOW_UID}
    assert master_uids("tcp:127.0.0.1:705", None, None) == {0}
    assert OVERFLOW_UID not in master_uids(str(path), None, OVERFLOW_UID)


PROGRAM = """
import os, socket, sys
from haproxy_agentx.system.service_manager import inherited_udp
host, port = "127.0.0.1", int(sys.argv[1])
os.environ["LISTEN_PID"] = str(os.getpid() + int(sys.argv[2]))
for _ in range(2):
    found, others = inherited_udp(host, port)
    print(found and found.getsockname(), others)
    if found:
        found.close()
"""


def inherited(port: int, other: int = 0) -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        port = port or sock.getsockname()[1]
        code = "import os, sys; os.dup2(int(sys.argv[1]), 3); os.execv(sys.executable, [sys.executable, *sys.argv[2:]])"
        done = subprocess.run(
            [sys.executable, "-c", code, str(sock.fileno()), "-c", PROGRAM, str(port), str(other)],
            pass_fds=(sock.fileno(),),
            env={**os.environ, "PYTHONPATH": str(ROOT), "LISTEN_FDS": "1"},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.replace(str(sock.getsockname()[1]), "PORT")


def test_a_socket_of_the_service_manager_is_had_again_and_again():
    assert inherited(0) == "('127.0.0.1', PORT) []\n" * 2


def test_a_socket_at_another_place_is_named():
    assert inherited(1) == "None ['127.0.0.1:PORT']\n" * 2


def test_descriptors_for_another_process_are_left_alone():
    assert inherited(0, other=1) == "None []\n" * 2
