"""Notifications (RFC 2741 6.2.10, 7.1.10), item 54 of the conformance list: nothing is lost without a word."""

from collections.abc import Callable

import pytest

from haproxy_agentx.agentx.constants import Tag
from haproxy_agentx.agentx.events import Acknowledged, Closed, Ready, Unanswered
from haproxy_agentx.agentx.oid import key, parse
from haproxy_agentx.agentx.pdu import VarBind
from tests.support import golden, wire
from tests.support.our_agent import Agent
from tests.support.scripted_master import Link, ScriptedMaster, grant, hang_up, refuse, silence
from tests.support.snmpd import Snmpd
from tests.support.wait import eventually

Factory = Callable[..., Agent]
TRAP_OID = "1.3.6.1.6.3.1.1.4.1.0"
COLD_START = "1.3.6.1.6.3.1.1.5.1"
VARBINDS = (
    VarBind(Tag.OBJECT_IDENTIFIER, key(parse(TRAP_OID)), key(parse(COLD_START))),
    VarBind(Tag.OCTET_STRING, key(parse(golden.GOLDEN[0].name)), b"2.6.12"),
)


def acknowledged(agent: Agent) -> list[tuple[object, int]]:
    return [(event.token, event.error) for event in agent.events if isinstance(event, Acknowledged)]


def ready(master: ScriptedMaster, agent: Agent) -> Link:
    link = master.session()
    eventually(lambda: Ready() in agent.events, 2)
    return link


# 6.2.10, 7.1.10: the varbinds travel as they are; the master's Response says that it has them, not that anybody got
# them; it is matched by h.packetID (7.2.2). Catches an answer to the second that is counted for the first.
def test_c54_acknowledged_by_packet(master: ScriptedMaster, agent_factory: Factory):
    master.script[wire.NOTIFY] = silence
    agent = agent_factory(master.path, golden.VIEW)
    link = ready(master, agent)
    for token in ("first", "second", "third"):
        assert agent.call(agent.connection.notify, VARBINDS, token)
    frames = [link.expect(wire.NOTIFY) for _ in range(3)]
    assert {frame.payload for frame in frames} == {
        wire.varbind(TRAP_OID, wire.OID, COLD_START) + wire.varbind(golden.GOLDEN[0].name, wire.OCTETS, b"2.6.12")
    }
    assert {frame.session for frame in frames} == {link.session}
    assert len({frame.packet for frame in frames}) == 3
    assert acknowledged(agent) == []

    for at, error in ((2, 0), (0, wire.PROCESSING_ERROR), (1, 0)):
        link.send(wire.response(frames[at], error))
    eventually(lambda: len(acknowledged(agent)) == 3, 2)
    assert acknowledged(agent) == [("third", 0), ("first", wire.PROCESSING_ERROR), ("second", 0)]


# 7.1.10 (1), (2): processingError; 7.1 (3): notOpen. Catches a notification that counts as sent.
@pytest.mark.parametrize("answer", [hang_up, refuse(wire.NOT_OPEN)], ids=["end", "notOpen"])
def test_c54_never_counted_as_taken_when_it_is_not(master: ScriptedMaster, agent_factory: Factory, answer: object):
    master.script[wire.NOTIFY] = [answer, grant]
    agent = agent_factory(master.path, golden.VIEW, timeout=0.2)
    ready(master, agent)
    assert agent.call(agent.connection.notify, VARBINDS, "kept")

    eventually(lambda: [event for event in agent.events if isinstance(event, Closed)], 2)
    assert ("kept", 0) not in acknowledged(agent)
    eventually(lambda: agent.events.count(Ready()) == 2, 2)
    assert agent.call(agent.connection.notify, VARBINDS, "kept"), "and can be sent again"
    eventually(lambda: ("kept", 0) in acknowledged(agent), 2)


# 6.2.11, 7.1.11: a Ping is answered by a master that lives. net-snmp never sends a Response that is longer than its
# sendMessageMaxSize, which says nothing about the session. Catches one that is torn down for a notification, again and
# again, and takes the answers to all managers with it.
def test_c54_silence_on_a_notify_is_of_that_notify_while_the_master_lives(
    master: ScriptedMaster, agent_factory: Factory
):
    master.script[wire.NOTIFY] = [silence, grant, silence]
    agent = agent_factory(master.path, golden.VIEW, notify_timeout=0.1)
    link = ready(master, agent)
    for token in ("passed over", "taken", "passed over, too"):
        assert agent.call(agent.connection.notify, VARBINDS, token)
    eventually(lambda: len(agent.events) == 4, 2)
    assert Unanswered("passed over") in agent.events
    assert Unanswered("passed over, too") in agent.events
    assert acknowledged(agent) == [("taken", 0)]
    name = golden.GOLDEN[0].name
    assert [varbind.name for varbind in link.get(name).varbinds] == [name], "managers are answered all the while"
    assert len(master.links) == 1
    assert 1 <= len([frame for frame in link.seen if frame.type == wire.PING]) <= 2


# 7.2.2: matched by h.packetID, however late. Catches a notification that is sent again though it was taken.
def test_c54_an_answer_behind_that_to_the_ping_is_one(master: ScriptedMaster, agent_factory: Factory):
    master.script[wire.NOTIFY] = silence
    agent = agent_factory(master.path, golden.VIEW, notify_timeout=0.1)
    link = ready(master, agent)
    assert agent.call(agent.connection.notify, VARBINDS, "late")
    notify = link.expect(wire.NOTIFY)
    eventually(lambda: Unanswered("late") in agent.events, 2)
    for _ in range(2):
        link.send(wire.response(notify))
    eventually(lambda: acknowledged(agent) == [("late", 0)], 2)
    link.silent()
    assert acknowledged(agent) == [("late", 0)], "an answer counts once"


def test_c54_silence_on_a_notify_and_on_the_ping_ends_the_session(master: ScriptedMaster, agent_factory: Factory):
    master.script[wire.NOTIFY] = master.script[wire.PING] = silence
    agent = agent_factory(master.path, golden.VIEW, notify_timeout=0.1, timeout=0.2)
    ready(master, agent)
    assert agent.call(agent.connection.notify, VARBINDS, "kept")
    (closed,) = eventually(lambda: [event for event in agent.events if isinstance(event, Closed)], 2)
    assert "PING" in closed.problem.text
    assert not [event for event in agent.events if isinstance(event, Unanswered)]


def test_c54_refused_while_there_is_no_session(master: ScriptedMaster, agent_factory: Factory):
    master.script[wire.OPEN] = silence
    agent = agent_factory(master.path, golden.VIEW)
    master.accept().expect(wire.OPEN)

    assert not agent.call(agent.connection.notify, VARBINDS, "too early")


def test_c54_snmpd_acknowledges(snmpd: Snmpd, agent_factory: Factory):
    agent = agent_factory(snmpd.agentx, golden.VIEW, timeout=5.0)
    eventually(lambda: Ready() in agent.events, 5)
    for token in range(5):
        assert agent.call(agent.connection.notify, VARBINDS, token)
    assert agent.call(agent.connection.notify, VARBINDS[1:], "without snmpTrapOID")

    eventually(lambda: len(acknowledged(agent)) == 6, 2)
    assert acknowledged(agent) == [*((token, 0) for token in range(5)), ("without snmpTrapOID", wire.PROCESSING_ERROR)]
