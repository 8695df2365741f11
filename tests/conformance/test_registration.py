"""Registration (RFC 2741 6.2.3, 6.2.4, 7.1.4 to 7.1.7), items 14 to 20 of the conformance list."""

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from haproxy_agentx.agentx.events import Ready, RegistrationRefused
from haproxy_agentx.agentx.oid import parse
from haproxy_agentx.agentx.responder import Responder
from haproxy_agentx.agentx.session import Session
from haproxy_agentx.agentx.states import State
from tests.support import golden, wire
from tests.support.golden import GOLDEN, ROOT
from tests.support.keepalived import KEEPALIVED_MIB, VERSION, Keepalived
from tests.support.our_agent import IDENTITY, PEERS_TABLE, QUICK, Agent, events_of, keys, opened, peers_table, view_of
from tests.support.scripted_master import Link, ScriptedMaster, grant, refuse, silence
from tests.support.snmpd import Snmpd
from tests.support.wait import eventually, throughout

Factory = Callable[..., Agent]
FIRST, SECOND, THIRD = (f"{ROOT}.{arc}" for arc in (1, 2, 3))
SCALARS = view_of({f"{name}.1": (wire.GAUGE32, {"0": at}) for at, name in enumerate((FIRST, SECOND, THIRD), 1)})


def reported(agent: Agent) -> str:
    return agent.connection.problem or ""


# 6.2.3: r.timeout, r.priority ("Subagents with no particular knowledge of priority should register with the default
# value of 127"), r.subtree; no context, no range and not INSTANCE_REGISTRATION. Catches a registration that a master
# files elsewhere.
@pytest.mark.parametrize("priority", [127, 100])
def test_c14_each_subtree_is_registered(master: ScriptedMaster, agent_factory: Factory, priority: int):
    agent_factory(master.path, SCALARS, subtrees=[FIRST, SECOND, THIRD], timeout=5.0, priority=priority)
    link = master.accept()

    for subtree in (FIRST, SECOND, THIRD):
        frame = link.expect(wire.REGISTER)
        assert (frame.session, frame.flags) == (link.session, wire.NETWORK)
        assert wire.read_registration(frame) == (5, priority, subtree)


# 7.1.4: a region is ours when the master has said so. Catches 'ready' that is said while a table is missing.
def test_c14_ready_only_when_all_are_acknowledged(master: ScriptedMaster, agent_factory: Factory):
    late_answers: list[tuple[Link, wire.Frame]] = []
    hold_back = lambda link, request: late_answers.append((link, request))  # noqa: E731  a reaction
    master.script[wire.REGISTER] = [grant, hold_back, grant]
    agent = agent_factory(master.path, SCALARS, subtrees=[FIRST, SECOND, THIRD])
    master.session(registrations=3)

    throughout(lambda: Ready() not in agent.events, 0.2, every=0.02)
    for link, request in late_answers:
        link.send(grant(link, request))
    eventually(lambda: Ready() in agent.events, 2)
    assert agent.connection.problem is None


def test_c14_through_snmpd(snmpd: Snmpd, agent_factory: Factory):
    agent_factory(snmpd.agentx, SCALARS, subtrees=[FIRST, SECOND, THIRD], timeout=5.0)

    names = [f"{name}.1.0" for name in (FIRST, SECOND, THIRD)]
    eventually(lambda: [row.value for row in snmpd.get(*names)] == [1, 2, 3], 5)


# 7.1.4 (1): "If this registration would result in duplicate subtrees registered with the same value of r.priority, the
# request fails". Catches a second daemon that steals or silences the tables of the first, and a refusal that nobody
# hears of.
def test_c15_a_duplicate_is_told_and_tried_again(
    master: ScriptedMaster, agent_factory: Factory, caplog: pytest.LogCaptureFixture
):
    master.script[wire.REGISTER] = [refuse(wire.DUPLICATE_REGISTRATION), grant, refuse(wire.DUPLICATE_REGISTRATION)]
    agent = agent_factory(master.path, SCALARS, subtrees=[FIRST, SECOND])
    link = master.session(registrations=2)

    assert link.get(f"{SECOND}.1.0").varbinds == [(f"{SECOND}.1.0", wire.GAUGE32, 2)], "the other one works"
    for _ in range(3):
        assert wire.read_registration(link.expect(wire.REGISTER)).subtree == FIRST
    assert FIRST in reported(agent)
    assert "duplicateRegistration" in reported(agent)
    assert len([record for record in caplog.records if "duplicateRegistration" in record.getMessage()]) == 1
    assert Ready() not in agent.events

    master.script[wire.REGISTER] = grant
    eventually(lambda: Ready() in agent.events, 2)
    assert agent.connection.problem is None


def test_c15_it_is_tried_again_slowly(master: ScriptedMaster, agent_factory: Factory):
    master.script[wire.REGISTER] = refuse(wire.DUPLICATE_REGISTRATION)
    agent_factory(master.path, SCALARS, subtrees=[FIRST], retry_interval=0.3)
    link = master.session()

    throughout(lambda: not link.look(wire.REGISTER, within=0.01), 0.2, every=0.01)
    link.expect(wire.REGISTER)


def test_c15_the_second_takes_over_when_the_first_goes(snmpd: Snmpd, agent_factory: Factory):
    first = agent_factory(snmpd.agentx, peers_table(3), subtrees=[PEERS_TABLE], timeout=5.0)
    name = f"{PEERS_TABLE}.1.1.3"
    eventually(lambda: snmpd.one(name).type == "Counter64", 5)
    second = agent_factory(snmpd.agentx, peers_table(2), subtrees=[PEERS_TABLE], timeout=5.0)
    eventually(lambda: refusals(second), 5)
    assert snmpd.one(name).type == "Counter64", "the first goes on"
    first.stop()

    eventually(lambda: snmpd.one(name).type == "noSuchInstance", 5)
    assert snmpd.one(f"{PEERS_TABLE}.1.1.2").type == "Counter64"


# 6.2.16: the errors that a master may give. Each is another thing for an operator to do. Catches 'registration failed'.
ERRORS = {
    wire.UNSUPPORTED_CONTEXT: "unsupportedContext",
    wire.DUPLICATE_REGISTRATION: "duplicateRegistration",
    wire.PARSE_ERROR: "parseError",
    wire.REQUEST_DENIED: "requestDenied",
    wire.PROCESSING_ERROR: "processingError",
    4711: "4711",
}


def test_c16_each_refusal_has_its_own_words(tmp_path: Path, agent_factory: Factory):
    words = {}
    for error, name in ERRORS.items():
        with ScriptedMaster(tmp_path / f"master{error}") as master:
            master.script[wire.REGISTER] = refuse(error)
            agent = agent_factory(master.path, SCALARS, subtrees=[FIRST])
            refused = eventually(lambda agent=agent: refusals(agent), 2)[0]
            assert refused.subtree == keys([FIRST])[0]
            assert name in refused.problem.text
            words[error] = refused.problem.text

    assert len(set(words.values())) == len(ERRORS)


# 7.1.1: the session is established with the answer to the Open; requests may come from then on, between two
# registrations or before the master's answer to one has been read. Catches a subagent that waits for an answer and
# reads a Get.
def test_c17_a_get_before_the_registration_is_answered(master: ScriptedMaster, agent_factory: Factory):
    master.script[wire.REGISTER] = silence
    agent_factory(master.path, golden.VIEW, timeout=5.0)
    link = master.session()

    assert link.get(GOLDEN[0].name).varbinds == [GOLDEN[0]]
    assert link.walk(ROOT, golden.END) == GOLDEN


# 7.1.5: u.subtree, u.priority and u.range_subid have to match the registration; unknownRegistration says that they do
# not. A change of what is served touches what differs and nothing else. Catches tables that are gone for a moment at
# each reload.
def test_c18_only_what_changes_is_changed(master: ScriptedMaster, agent_factory: Factory):
    master.script[wire.UNREGISTER] = refuse(wire.UNKNOWN_REGISTRATION)
    agent = agent_factory(master.path, SCALARS, subtrees=[FIRST, SECOND], priority=99)
    link = master.session(registrations=2)
    eventually(lambda: Ready() in agent.events, 2)
    agent.call(agent.connection.serve_subtrees, keys([SECOND, THIRD]))

    assert wire.read_registration(link.expect(wire.UNREGISTER)) == (0, 99, FIRST)
    assert wire.read_registration(link.expect(wire.REGISTER)) == (QUICK.timeout // 1, 99, THIRD)
    eventually(lambda: agent.events.count(Ready()) == 2, 2)
    link.silent()
    assert link.look(wire.REGISTER, wire.UNREGISTER, within=0.1) is None


def test_c18_the_change_outlives_the_session(master: ScriptedMaster, agent_factory: Factory):
    agent = agent_factory(master.path, SCALARS, subtrees=[FIRST, SECOND])
    link = master.session(registrations=2)
    agent.call(agent.connection.serve_subtrees, keys([SECOND, THIRD]))
    link.expect(wire.UNREGISTER)
    link.hang_up()
    link = master.accept()

    assert [wire.read_registration(link.expect(wire.REGISTER)).subtree for _ in range(2)] == [SECOND, THIRD]


def test_c18_a_registration_that_is_not_answered_yet_is_taken_back(master: ScriptedMaster, agent_factory: Factory):
    master.script[wire.REGISTER] = silence
    agent = agent_factory(master.path, SCALARS, subtrees=[FIRST], timeout=5.0)
    link = master.session()
    agent.call(agent.connection.serve_subtrees, keys([SECOND]))

    assert wire.read_registration(link.expect(wire.UNREGISTER)).subtree == FIRST
    assert wire.read_registration(link.expect(wire.REGISTER)).subtree == SECOND


# Catches a problem that is shown for good, as nothing is left that could be acknowledged.
def test_c18_ready_when_what_was_refused_is_withdrawn():
    session = Session(replace(QUICK, subtrees=keys([FIRST, SECOND])), Responder())
    output = bytearray(session.open(0))
    while request := wire.take_frame(output):
        refused = request.type == wire.REGISTER and wire.read_registration(request).subtree == FIRST
        error = wire.DUPLICATE_REGISTRATION if refused else 0
        output += session.receive(wire.response(request, error, session=77), 0)
    assert [type(event) for event in events_of(session)] == [RegistrationRefused]
    unregister = wire.take_frame(bytearray(session.serve_subtrees(keys([SECOND]), 0)))
    session.receive(wire.response(unregister, wire.UNKNOWN_REGISTRATION), 0)

    assert events_of(session) == [Ready()]
    assert session.state is State.READY


def test_c18_at_the_end_of_a_session():
    session = opened(Responder())
    session.close(0)
    session.serve_subtrees(keys([SECOND]), 0)
    assert session.state is State.CLOSING
    session.connection_lost("the end")
    session.serve_subtrees(keys([THIRD]), 0)
    assert session.state is State.CLOSED


def test_c18_through_snmpd(snmpd: Snmpd, agent_factory: Factory):
    agent = agent_factory(snmpd.agentx, SCALARS, subtrees=[FIRST, SECOND], timeout=5.0)
    names = [f"{name}.1.0" for name in (FIRST, SECOND, THIRD)]
    eventually(lambda: [row.value for row in snmpd.get(*names)] == [1, 2, None], 5)
    agent.call(agent.connection.serve_subtrees, keys([SECOND, THIRD]))

    eventually(lambda: [row.value for row in snmpd.get(*names)] == [None, 2, 3], 5)


# 7.1.4.1 and 7.1.9 with the other subagent of a load balancer. Catches a registration that is too wide, and a session
# of ours that ends with keepalived's or takes it along.
def test_c19_beside_keepalived(snmpd: Snmpd, agent_factory: Factory, tmp_path: Path):
    agent_factory(snmpd.agentx, golden.VIEW, timeout=5.0)

    def both() -> bool:
        ours, theirs = snmpd.get(GOLDEN[0].name, VERSION)
        return ours.value == "2.6.12" and str(theirs.value).startswith("Keepalived")

    with Keepalived(tmp_path / "keepalived", snmpd.agentx) as keepalived:
        eventually(both, 10)
        theirs = [row.oid for row in snmpd.bulkwalk(KEEPALIVED_MIB)]
        assert len(theirs) > 20
        assert [row.oid for row in snmpd.bulkwalk(ROOT)] == [varbind.name for varbind in GOLDEN]
        together = [row.oid for row in snmpd.bulkwalk("1.3.6.1.4.1")]
        expected = [*(varbind.name for varbind in GOLDEN), *theirs]
        assert [oid for oid in together if oid.startswith((ROOT, KEEPALIVED_MIB))] == sorted(expected, key=parse)

        with Agent(snmpd.agentx, peers_table(2), subtrees=[PEERS_TABLE], timeout=5.0) as other:
            eventually(lambda: snmpd.one(f"{PEERS_TABLE}.1.1.1").type == "Counter64", 5)
            other.stop()
        eventually(both, 1)
        keepalived.restart()
        assert snmpd.one(GOLDEN[0].name).value == "2.6.12"
        eventually(both, 10)
    assert snmpd.one(VERSION).type == "noSuchObject"
    assert snmpd.one(GOLDEN[0].name).value == "2.6.12"


# 7.1.6, 7.1.8: "The master agent adds this agent capabilities information to the sysORTable", and removes it with the
# session. Catches a manager's list of modules without ours, and one that is there twice after a reconnect.
SYS_OR_ID = "1.3.6.1.2.1.1.9.1.2"


def listed(snmpd: Snmpd) -> int:
    return [row.value for row in snmpd.walk(SYS_OR_ID)].count(IDENTITY)


def test_c20_listed_in_sys_or_table(snmpd: Snmpd, agent_factory: Factory):
    agent = agent_factory(snmpd.agentx, golden.VIEW, timeout=5.0)
    eventually(lambda: listed(snmpd) == 1, 5)
    snmpd.restart()
    eventually(lambda: listed(snmpd) == 1, 5)
    agent.stop()

    assert listed(snmpd) == 0


def test_c20_the_capabilities(master: ScriptedMaster, agent_factory: Factory):
    agent_factory(master.path, golden.VIEW)
    link = master.accept()
    frame = link.expect(wire.ADDAGENTCAPS)
    identity, at = wire.read_oid(frame.payload, 0, frame.order)

    assert (frame.session, identity) == (link.session, IDENTITY)
    assert wire.read_octets(frame.payload, at, frame.order) == (b"the engine under test", len(frame.payload))


@pytest.mark.parametrize("error", [wire.REQUEST_DENIED, wire.PROCESSING_ERROR, wire.PARSE_ERROR])
def test_c20_a_refusal_is_not_fatal(
    master: ScriptedMaster, agent_factory: Factory, error: int, caplog: pytest.LogCaptureFixture
):
    master.script[wire.ADDAGENTCAPS] = refuse(error)
    agent = agent_factory(master.path, golden.VIEW)
    link = master.session()

    eventually(lambda: Ready() in agent.events, 2)
    assert link.get(GOLDEN[0].name).varbinds == [GOLDEN[0]]
    assert not [record for record in caplog.records if record.levelno > logging.INFO]


def refusals(agent: Agent) -> list[RegistrationRefused]:
    """What the master has refused."""
    return [event for event in agent.events if isinstance(event, RegistrationRefused)]
