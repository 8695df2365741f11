"""Many agents at once: those that answer are read, whatever the others do."""

import selectors
import socket
import threading

import pytest

from haproxy_agentx.snmp.access import User, V3Access
from haproxy_agentx.snmp.many import RESOLVERS, WHOLE, Asker, resolve
from haproxy_agentx.snmp.walk import MOST, ColumnWalk
from haproxy_agentx.vocabulary.source import Absent, Denied, Invalid, Refused, Unresponsive
from tests.support.farm import Farm
from tests.support.ports import free_udp_port
from tests.support.wait import HANG, Stopwatch

COLUMN = (1, 3, 6, 1, 4, 1, 99, 1)
CELLS = {(*COLUMN, row): row for row in range(1, 251)}


def walk(_host):
    return ColumnWalk([COLUMN])


def test_a_hundred_agents_are_read_at_once():
    hosts = [f"127.1.0.{number}" for number in range(1, 101)]
    with Farm(dict.fromkeys(hosts, CELLS)) as farm:
        found = Asker(b"public", HANG).walk(resolve(hosts, farm.port, 1), walk)
    assert {host: one.cells for host, one in found.items()} == dict.fromkeys(hosts, CELLS)


def test_those_that_do_not_answer_delay_nothing_and_each_says_why():
    hosts = ["127.1.0.1", "127.1.0.2", "127.1.0.3", "127.1.0.4", "127.1.0.5", "no-such-host.invalid"]
    with Farm(dict.fromkeys(hosts[:4], CELLS)) as farm:
        farm.silent.add("127.1.0.2")
        farm.garbage["127.1.0.3"] = b"\x30\x03\x02\x01"
        farm.errors["127.1.0.4"] = 5
        with Stopwatch() as took:
            found = Asker(b"public", 0.6).walk(resolve(hosts, farm.port, HANG), walk)
        assert farm.requests["127.1.0.2"] == 3
    assert [type(found[host]) for host in hosts] == [ColumnWalk, Unresponsive, Invalid, Invalid, Refused, Absent]
    assert "genErr" in str(found["127.1.0.4"])
    assert took.seconds < HANG


def test_a_wrong_community_is_no_answer():
    with Farm({"127.1.0.1": CELLS}) as farm:
        found = Asker(b"wrong", 0.2).walk(resolve(["127.1.0.1"], farm.port, 1), walk)
    assert isinstance(found["127.1.0.1"], Unresponsive)


def test_an_agent_that_answers_without_end_is_left_in_time():
    endless = {(*COLUMN, row): row for row in range(101 * MOST)}
    with Farm({"127.1.0.1": endless}) as farm, Stopwatch() as took:
        found = Asker(b"public", HANG / WHOLE / 4).walk(resolve(["127.1.0.1"], farm.port, 1), walk)
        assert farm.requests["127.1.0.1"] <= MOST
    assert isinstance(found["127.1.0.1"], (Invalid, Unresponsive))
    assert took.seconds < HANG


def test_a_host_is_asked_again_in_the_next_round():
    with Farm({"127.1.0.1": CELLS}) as farm:
        asker, addresses = Asker(b"public", 0.3), resolve(["127.1.0.1"], farm.port, 1)
        farm.silent.add("127.1.0.1")
        assert isinstance(asker.walk(addresses, walk)["127.1.0.1"], Unresponsive)
        farm.silent.clear()
        assert asker.walk(addresses, walk)["127.1.0.1"].cells == CELLS


def test_what_is_no_name_of_a_host_is_known():
    hosts = ["x" * 300 + ".invalid", "\udcff\udcfe", "a..b", "127.1.0.1"]
    found = resolve(hosts, 161, HANG)
    assert [type(found[host]) for host in hosts] == [Absent, Absent, Absent, tuple]


def test_what_else_an_agent_sends_does_not_keep_the_processor_busy(monkeypatch):
    """Catches datagrams behind the last answer, which nobody reads, and of which each wait is told at once."""
    waits = 0
    select = selectors.DefaultSelector.select

    def counted(self, timeout=None):
        nonlocal waits
        waits += threading.current_thread() is threading.main_thread()
        return select(self, timeout)

    monkeypatch.setattr(selectors.DefaultSelector, "select", counted)
    hosts = ["127.1.0.1", "127.1.0.2"]
    with Farm(dict.fromkeys(hosts, CELLS)) as farm:
        farm.silent.add("127.1.0.2")
        farm.garbage["127.1.0.1"] = b"\x30\x03\x02\x01"
        farm.copies = 50
        found = Asker(b"public", 0.6).walk(resolve(hosts, farm.port, HANG), walk)
    assert [type(found[host]) for host in hosts] == [Invalid, Unresponsive]
    assert waits < 30


def test_names_are_not_waited_for_longer_than_the_timeout(monkeypatch):
    hang = threading.Event()
    ask = socket.getaddrinfo

    def slow(host, *arguments, flags=0, **options):
        if not flags and host.startswith("slow"):
            hang.wait(HANG)
        return ask(host, *arguments, flags=flags, **options)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    hosts = [*(f"slow{number}" for number in range(2 * RESOLVERS)), "127.1.0.1"]
    found = resolve(hosts, 161, 0.2)
    hang.set()
    assert isinstance(found["slow0"], Absent)
    assert isinstance(found[f"slow{2 * RESOLVERS - 1}"], Absent)
    assert found["127.1.0.1"][1] == ("127.1.0.1", 161)


# RFC 3414, with the real agent

USER, AUTH, PRIV = "watcher", "authpass-1234", "privpass-1234"
V3 = (f"createUser {USER} SHA-256 {AUTH} AES {PRIV}", f"rouser {USER} authPriv")
UP_TIME = (1, 3, 6, 1, 2, 1, 1, 3)
SOME = (1, 3, 6, 1, 2, 1, 1, 9, 1, 3)
"""sysORDescr, of which snmpd has several rows."""


def user(auth=AUTH, priv=PRIV):
    return User(V3Access(USER, "authPriv", "SHA256", None, "AES", None), auth.encode(), priv.encode())


@pytest.mark.system
def test_v3_authpriv_of_several_agents_before_and_after_a_restart(snmpd_factory):
    agents = [snmpd_factory(V3) for _ in range(2)]
    addresses = {str(agent.port): resolve(["127.0.0.1"], agent.port, 1)["127.0.0.1"] for agent in agents}
    asker = Asker(user(), HANG / WHOLE)
    for turn in range(2):
        for _ in range(2):
            found = asker.walk(addresses, lambda _: ColumnWalk([SOME], [UP_TIME]))
            assert all(isinstance(one, ColumnWalk) and len(one.cells) > 5 for one in found.values()), found
        if not turn:
            agents[0].restart()


@pytest.mark.system
def test_v3_of_two_hosts_with_one_address(snmpd_factory):
    """Catches a host by two names, whose answers to the one come where the other waits."""
    agent = snmpd_factory(V3)
    address = resolve(["127.0.0.1"], agent.port, 1)["127.0.0.1"]
    asker = Asker(user(), HANG / WHOLE)
    for _ in range(3):
        found = asker.walk(dict.fromkeys(("one", "two", "three"), address), lambda _: ColumnWalk([SOME], [UP_TIME]))
        assert all(isinstance(one, ColumnWalk) and len(one.cells) > 5 for one in found.values()), found


@pytest.mark.system
@pytest.mark.parametrize("who", [user(auth="wrongpass-1234"), user(priv="wrongpass-1234")], ids=["auth", "priv"])
def test_a_wrong_passphrase_is_an_error_without_secrets(snmpd_factory, who):
    agent = snmpd_factory(V3)
    found = Asker(who, 1.0).walk(resolve(["127.0.0.1"], agent.port, 1), lambda _: ColumnWalk([COLUMN], [UP_TIME]))
    assert isinstance(found["127.0.0.1"], (Denied, Unresponsive))
    assert "wrongpass" not in str(found["127.0.0.1"])


def test_v3_where_nothing_listens_is_known():
    found = Asker(user(), 1.0).walk(resolve(["127.0.0.1"], free_udp_port(), 1), walk)
    assert isinstance(found["127.0.0.1"], Refused)
