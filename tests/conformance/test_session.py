"""The session from Open to Close (RFC 2741 6.2.1, 6.2.2, 7.1), items 1 to 13 of the conformance list."""

import ast
import logging
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

import haproxy_agentx.agentx
from haproxy_agentx.agentx.backoff import Backoff
from haproxy_agentx.agentx.clock import UpTime
from haproxy_agentx.agentx.connection import Pace
from haproxy_agentx.agentx.events import Closed, Ready, RegistrationRefused, Settings
from haproxy_agentx.agentx.responder import Responder
from haproxy_agentx.agentx.session import Session
from haproxy_agentx.agentx.states import State
from tests.support import golden, wire
from tests.support.fake_haproxy import full_queue
from tests.support.golden import GOLDEN, ROOT
from tests.support.our_agent import IDENTITY, QUICK, Agent, let_pass, opened
from tests.support.programs import script
from tests.support.scripted_master import Link, ScriptedMaster, grant, hang_up, late, refuse, say, silence
from tests.support.snmpd import Snmpd
from tests.support.wait import eventually, throughout

Factory = Callable[..., Agent]
GARBAGE = {
    "not AgentX": say(b"HTTP/1.0 400 Bad Request\r\n\r\n"),
    "another version": lambda _link, request: wire.frame(wire.RESPONSE, bytes(8), packet=request.packet, version=2),
    "a huge payload": lambda _link, request: wire.frame(wire.RESPONSE, packet=request.packet, length=0xFFFFFFFC),
}


def closings(agent: Agent) -> list[Closed]:
    return [event for event in agent.events if isinstance(event, Closed)]


# 6.2.1: o.timeout, o.id ("identifies the subagent") and o.descr ("a DisplayString describing the subagent", RFC 2579:
# at most 255 octets); 6.1: version 1, sessionID of no meaning, for which 0 is customary. Catches an Open that a strict
# master refuses.
def test_c01_open(master: ScriptedMaster, agent_factory: Factory):
    agent_factory(master.path, golden.VIEW, timeout=5.0, description="x" * 300)
    frame = master.accept().expect(wire.OPEN)

    assert (frame.session, frame.flags) == (0, wire.NETWORK)
    assert wire.read_opening(frame) == (5, IDENTITY, b"x" * 255)


# 7.1.1: openFailed and parseError are what a master says to an Open that it does not grant; 7.2.2 drops what cannot be
# parsed. Catches a subagent that registers without a session, and one that fills the log and the master's queue.
@pytest.mark.parametrize("error", [wire.OPEN_FAILED, wire.PARSE_ERROR, wire.PROCESSING_ERROR, 999])
def test_c02_a_refused_open_ends_the_connection(
    master: ScriptedMaster, agent_factory: Factory, error: int, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO)
    master.script[wire.OPEN] = refuse(error)
    agent = agent_factory(master.path, golden.VIEW)
    for _ in range(3):
        link = master.accept()
        link.expect(wire.OPEN)
        link.expect_end()
        assert link.untaken() == [], "nothing after a refusal"

    assert len(set(reported(caplog))) == len(reported(caplog)) == 1, "said once, not at each try"
    assert agent.connection.problem in reported(caplog)[0]


@pytest.mark.parametrize("what", GARBAGE)
def test_c02_garbage_for_an_answer_ends_the_connection(
    master: ScriptedMaster, agent_factory: Factory, what: str, caplog: pytest.LogCaptureFixture
):
    master.script[wire.OPEN] = GARBAGE[what]
    agent_factory(master.path, golden.VIEW)
    for _ in range(3):
        link = master.accept()
        link.expect(wire.OPEN)
        link.expect_end()
        assert link.untaken() == []

    assert len(reported(caplog)) == 1
    master.script[wire.OPEN] = grant
    eventually(lambda: master.links[-1].look(wire.REGISTER, within=0.2), 3)


def test_c02_the_back_off_doubles_from_half_a_second_to_thirty_with_jitter():
    pace = Pace()
    backoff = Backoff(pace.first, pace.refused_most)
    delays = [backoff.next() for _ in range(12)]

    for delay, most in zip(delays, [0.5, 1, 2, 4, 8, 16, *[30] * 6], strict=True):
        assert most / 2 <= delay <= most
    assert len(set(delays[6:])) > 1, "hosts do not come in step"
    backoff.reset()
    assert backoff.next() <= pace.first


def test_c02_a_master_that_hangs_up_at_once_is_tried_less_and_less_often(
    master: ScriptedMaster, agent_factory: Factory
):
    master.script[wire.OPEN] = hang_up
    agent_factory(master.path, golden.VIEW, pace=Pace(first=0.02, absent_most=1, refused_most=1))
    for _ in range(6):
        master.accept()

    throughout(lambda: len(master.links) <= 7, 0.3)


# 7.1.11 in spirit: no answer means no session. Catches a late answer that is taken for that of the next connection,
# with the session number of a session that the master has forgotten.
def test_c03_no_answer_to_open(master: ScriptedMaster, agent_factory: Factory):
    master.script[wire.OPEN] = [late(0.5), grant]
    agent = agent_factory(master.path, golden.VIEW, timeout=0.3)

    first = master.accept()
    first.expect_end()
    second = master.session()
    eventually(lambda: first.session, 2)  # the late answer has left, to a connection that is closed

    assert second.session != first.session
    assert second.get(GOLDEN[0].name).varbinds == [GOLDEN[0]]
    assert [frame.type for frame in first.seen] == [wire.OPEN]
    assert len(closings(agent)) == 1


# 7.1.8: "The master agent does not maintain state for closed sessions." Catches a buffer, packet number or session
# number that lives on and shifts every answer by one, which is what kills pyagentx3.
def test_c04_a_new_connection_begins_with_nothing(master: ScriptedMaster, agent_factory: Factory):
    agent = agent_factory(master.path, golden.VIEW)
    first = master.session()
    half = wire.frame(wire.GET, wire.ranges([ROOT] * 9), session=first.session, packet=1)
    first.send(half[:-20])
    first.hang_up()
    second = master.session()

    for link in (first, second):
        opening, *others = (frame for frame in link.seen if frame.type != wire.RESPONSE)
        assert (opening.type, opening.session, opening.packet) == (wire.OPEN, 0, first.seen[0].packet)
        assert {frame.session for frame in others} == {link.session}
    assert second.get(GOLDEN[0].name).varbinds == [GOLDEN[0]]
    assert second.untaken_responses() == []
    eventually(lambda: sum(isinstance(event, Ready) for event in agent.events) == 2, 2)


# 6.2.2: reasons 1 to 6. The session is over; a Close of the master's has no Response that a subagent would owe (7.1.8
# speaks of the master's). Whatever the reason, we come back: after shutdown the master returns, after the others it may
# have changed its mind, and the back-off keeps us from being a nuisance. Catches a subagent that stays away for ever.
@pytest.mark.parametrize("reason", range(1, 8))
def test_c05_closed_by_the_master(master: ScriptedMaster, link: Link, reason: int):
    link.close(reason)

    link.expect_end()
    assert link.untaken_responses() == []
    assert master.session().get(GOLDEN[0].name).varbinds == [GOLDEN[0]]


def test_c05_each_reason_is_told(master: ScriptedMaster, agent_factory: Factory):
    agent = agent_factory(master.path, golden.VIEW)
    for reason in range(1, 7):
        master.session().close(reason)
        eventually(lambda reason=reason: len(closings(agent)) == reason, 2)

    assert len({closed.problem.text for closed in closings(agent)}) == 6
    assert all(closed.refused for closed in closings(agent))


def test_c05_snmpd_stops_without_a_word(snmpd: Snmpd, agent_factory: Factory):
    agent = serve(snmpd, agent_factory)
    snmpd.stop()

    (closed,) = eventually(lambda: closings(agent), 2)
    assert not closed.refused


# 6.2.2, 7.1.8: reasonShutdown(5) is what a subagent says that goes; the master answers. Catches tables that snmpd goes
# on to offer for six seconds per request, and a daemon that does not stop because its master does not answer.
def test_c06_our_shutdown(master: ScriptedMaster, agent_factory: Factory):
    agent = agent_factory(master.path, golden.VIEW)
    link = master.session()
    agent.stop()

    assert wire.read_close(link.expect(wire.CLOSE)) == 5
    link.expect_end()
    assert closings(agent)[-1].problem.text == "stopped"
    assert len(master.links) == 1


def test_c06_nobody_answers_our_close(master: ScriptedMaster, agent_factory: Factory):
    assert Settings(identity=b"", description="", subtrees=()).close_timeout == 1
    master.script[wire.CLOSE] = silence
    agent = agent_factory(master.path, golden.VIEW, close_timeout=0.2)
    link = master.session()
    agent.stop()

    link.expect(wire.CLOSE)
    link.expect_end(within=1)
    assert not agent.running, "stop has to end run"
    assert len(master.links) == 1


@pytest.mark.parametrize("listening", [True, False], ids=["before it is open", "with no master"])
def test_c06_stopped_without_a_session(tmp_path: Path, agent_factory: Factory, listening: bool):
    with ScriptedMaster(tmp_path / "master", listening=listening) as master:
        master.script[wire.OPEN] = silence
        agent = agent_factory(master.path, golden.VIEW, timeout=5.0)
        if listening:
            master.accept().expect(wire.OPEN)
        agent.stop()

        assert not agent.running, "stop has to end run"


def test_c06_snmpd_drops_the_tables_at_once(snmpd: Snmpd, agent_factory: Factory):
    agent = serve(snmpd, agent_factory)
    agent.stop()

    assert snmpd.one(GOLDEN[0].name).type == "noSuchObject"


# 7.1.9, 7.1.11: "it eventually must initiate a new AgentX session, re-register its MIB regions, etc." Catches the fixed
# pause of 15 s that others make, and a registration that is left over and refuses the new one.
@pytest.mark.parametrize("how", ["restart", "kill -9"])
def test_c07_snmpd_comes_back(snmpd: Snmpd, agent_factory: Factory, how: str):
    agent = agent_factory(snmpd.agentx, golden.VIEW, pace=Pace(), timeout=5.0)
    eventually(lambda: snmpd.one(GOLDEN[0].name).type == "STRING", 5)
    snmpd.stop() if how == "restart" else snmpd.kill9()
    eventually(lambda: closings(agent), 2)
    snmpd.start()

    eventually(lambda: snmpd.one(GOLDEN[0].name).type == "STRING", 5)
    assert [row.oid for row in snmpd.bulkwalk(ROOT)] == [varbind.name for varbind in GOLDEN]
    assert not [event for event in agent.events if isinstance(event, RegistrationRefused)]


def test_c07_hup_keeps_the_session(snmpd: Snmpd, agent_factory: Factory):
    agent = serve(snmpd, agent_factory)
    snmpd.hup()
    eventually(lambda: "Reconfiguring daemon" in snmpd.log.read_text(), 5)
    eventually(snmpd.answers, 5)

    assert snmpd.one(GOLDEN[0].name).type == "STRING"
    assert closings(agent) == []


# Where the master may be is told in words that an operator can act upon, once, and it is tried again by itself. Catches
# a subagent that has to be started after snmpd.
def test_c08_no_socket_yet(tmp_path: Path, agent_factory: Factory):
    with ScriptedMaster(tmp_path / "master", listening=False) as master:
        agent = agent_factory(master.path, golden.VIEW)
        eventually(lambda: "no such socket" in agent.connection.problem, 2)
        master.listen()
        master.session()
        eventually(lambda: agent.connection.problem is None, 2)


def test_c08_nobody_listens(tmp_path: Path, agent_factory: Factory):
    with ScriptedMaster(tmp_path / "master") as master:
        master.deaf()
        agent = agent_factory(master.path, golden.VIEW)
        eventually(lambda: "no process listens" in agent.connection.problem, 2)
        master.listen()  # at the same path, with another inode
        master.session()
        eventually(lambda: agent.connection.problem is None, 2)


def test_c08_replaced_while_connected(snmpd_factory: Callable[..., Snmpd], agent_factory: Factory):
    snmpd = snmpd_factory()
    serve(snmpd, agent_factory)
    inode = snmpd.agentx.stat().st_ino
    (snmpd.folder / "keeps the inode number from being used again").hardlink_to(snmpd.agentx)
    snmpd.restart()

    eventually(lambda: snmpd.one(GOLDEN[0].name).type == "STRING", 5)
    assert snmpd.agentx.stat().st_ino != inode


@pytest.mark.system
def test_c08_permission_denied(tmp_path: Path):
    other = [65534] if os.geteuid() == 0 else []  # root may connect to anything
    log = tmp_path / "log"
    with TemporaryDirectory() as folder, Snmpd(Path(folder) / "snmpd") as snmpd:
        Path(folder).chmod(0o755)
        snmpd.agentx.chmod(0o600 if other else 0)
        with script("tests/support/our_agent.py", snmpd.agentx, 1, *other, log=log) as agent:
            eventually(lambda: "permission denied" in log.read_text() or not agent.alive, 10)
            assert "permission denied for uid" in log.read_text(), log.read_text()
            snmpd.agentx.chmod(0o666)
            eventually(lambda: snmpd.one("1.3.6.1.4.1.58999.1.1.1.1.1.1").type == "Counter64", 5)
            assert log.read_text().count("permission denied") == 1


def test_c08_tcp_to_the_loopback(agent_factory: Factory, snmpd_factory: Callable[..., Snmpd]):
    snmpd = snmpd_factory(tcp=True)
    agent_factory(f"tcp:127.0.0.1:{snmpd.agentx_port}", golden.VIEW, timeout=5.0)

    eventually(lambda: snmpd.one(GOLDEN[0].name).type == "STRING", 5)


# 7.2.2: "If the received PDU is an agentx-Response-PDU: ... If there are any errors parsing or interpreting the PDU, it
# is silently dropped. Otherwise the response is matched to the original request via h.packetID". Catches answers to
# answers, which between two such programs never end.
@pytest.mark.parametrize("error", [0, wire.NOT_OPEN, wire.PARSE_ERROR])
def test_c09_an_answer_to_nothing_is_dropped(link: Link, error: int):
    stray = wire.Frame(wire.PING, wire.NETWORK, link.session, 0, 0xDEAD, b"")
    link.send(wire.response(stray, error))
    link.send(wire.response(stray._replace(session=link.session + 1), error))
    link.send(wire.frame(wire.RESPONSE, b"\xff\xff\xff\xff", session=link.session, packet=0xDEAD))

    link.silent()
    assert not link.ended


def test_c09_matched_by_packet_alone(master: ScriptedMaster, agent_factory: Factory):
    """The other fields of an answer may be anything: a transactionID "has no significance" (6.2.16)."""
    master.script[wire.REGISTER] = lambda _link, request: wire.response(
        request._replace(transaction=0xBEEF, session=0xBEEF)
    )
    agent = agent_factory(master.path, golden.VIEW)
    master.session()

    eventually(lambda: Ready() in agent.events, 2)


def test_c09_an_answer_counts_once():
    session = Session(QUICK, Responder())
    request = wire.take_frame(bytearray(session.open(0)))
    for number in (5, 6):
        session.receive(wire.response(request, session=number), 0)

    assert session.session_id == 5


# 6.2.16: packetIDs match answers to requests, so no two that wait may have the same; 32 bits (6.1). Catches an answer
# that is taken for that of another request when the number wraps.
def test_c10_packet_ids_are_unique_and_wrap():
    session = opened(Responder(), ping_interval=1, timeout=200)
    session._pending._last = 2**32 - 4
    packets = []
    for now in range(1, 10):
        frame = wire.take_frame(bytearray(let_pass(session, now)))
        assert frame.type == wire.PING
        packets.append(frame.packet)
        session._pending._last = packets[0] - 1 if now == 5 else session._pending._last  # round once more

    assert len(set(packets)) == 9
    assert packets[0] == 2**32 - 3
    assert min(packets) < 8


# 7.2.2: "header fields are identical to the received request PDU". Catches an answer that the master cannot place.
@pytest.mark.parametrize("kind", [wire.GET, wire.GETNEXT, wire.GETBULK, wire.TESTSET, wire.COMMITSET, wire.UNDOSET])
def test_c10_the_transaction_is_echoed(link: Link, kind: int):
    for transaction, packet in ((0, 1), (2**32 - 1, 2**32 - 1), (7, 7)):
        body = {wire.GETBULK: b"\0\0\0\1", wire.TESTSET: b""}.get(kind, b"")
        body += wire.ranges([(ROOT, golden.END)]) if kind in {wire.GET, wire.GETNEXT, wire.GETBULK} else b""
        link.request(kind, body, transaction=transaction, packet=packet)
        frame = link.expect(wire.RESPONSE, packet=packet)
        assert (frame.session, frame.transaction) == (link.session, transaction)


# 7.1.11: "If a subagent does not receive a response to its pings ... then it eventually must initiate a new AgentX
# session". Catches a master that lives, has forgotten us, and leaves us waiting for requests for ever.
def test_c11_pings(master: ScriptedMaster, agent_factory: Factory):
    assert Settings(identity=b"", description="", subtrees=()).ping_interval == 15
    agent_factory(master.path, golden.VIEW, ping_interval=0.05)
    link = master.session()
    for _ in range(3):
        ping = link.expect(wire.PING)
        assert (ping.session, ping.payload) == (link.session, b"")


@pytest.mark.parametrize("answer", [silence, refuse(wire.NOT_OPEN)], ids=["silence", "notOpen"])
def test_c11_a_missed_ping_opens_a_new_session(master: ScriptedMaster, agent_factory: Factory, answer: object):
    master.script[wire.PING] = [grant, answer, grant]
    agent_factory(master.path, golden.VIEW, ping_interval=0.05, timeout=0.2)
    first = master.session()
    first.expect_end()
    second = master.session()

    assert second.session != first.session
    assert second.get(GOLDEN[0].name).varbinds == [GOLDEN[0]]


def test_c11_a_frozen_snmpd(snmpd: Snmpd, agent_factory: Factory):
    agent = agent_factory(snmpd.agentx, golden.VIEW, ping_interval=0.1, timeout=0.5)
    eventually(lambda: snmpd.one(GOLDEN[0].name).type == "STRING", 5)
    snmpd.freeze()
    eventually(lambda: closings(agent), 3)
    snmpd.thaw()

    eventually(lambda: snmpd.one(GOLDEN[0].name).type == "STRING", 5)


# 7.2.2 (3): "if h.sessionID does not correspond to a currently established session, res.error is set to `notOpen'", (4)
# "the received PDU is not processed further". Catches the answer for another session's request, and a Close that was
# not for us.
@pytest.mark.parametrize("kind", [wire.GET, wire.GETNEXT, wire.GETBULK, wire.TESTSET, wire.COMMITSET, wire.UNDOSET])
@pytest.mark.parametrize("order", ["<", ">"])
def test_c12_a_foreign_session_is_not_open(link: Link, kind: int, order: str):
    body = {wire.GETBULK: b"\0\0\0\0", wire.TESTSET: b""}.get(kind, b"")
    body += wire.ranges([GOLDEN[0].name], order) if kind in {wire.GET, wire.GETNEXT, wire.GETBULK} else b""

    packet = link.request(kind, body, session=link.session + 1, order=order)
    frame = link.expect(wire.RESPONSE, packet=packet)

    assert frame.session == link.session + 1
    assert wire.read_answer(frame)[1:] == (wire.NOT_OPEN, 0, [])


def test_c12_a_walk_does_not_cross_over(link: Link):
    """The prefetched answers of a walk are for its own session only."""
    name = link.getnext((GOLDEN[0].name, "")).varbinds[0].name
    payload = wire.ranges([(name, "")])

    assert link.ask(wire.GETNEXT, payload, session=link.session ^ 1).error == wire.NOT_OPEN
    assert link.ask(wire.GETNEXT, payload).varbinds == [GOLDEN[2]]


def test_c12_a_close_of_a_foreign_session_is_not_ours(link: Link):
    link.ask(wire.CLOSE, b"\5\0\0\0", session=link.session + 1)

    assert link.get(GOLDEN[0].name).varbinds == [GOLDEN[0]]


def test_c12_nothing_is_answered_before_the_session_is_open(master: ScriptedMaster, agent_factory: Factory):
    master.script[wire.OPEN] = silence
    agent_factory(master.path, golden.VIEW, timeout=5.0)
    link = master.accept()
    link.expect(wire.OPEN)

    assert link.get(GOLDEN[0].name)[1:] == (wire.NOT_OPEN, 0, [])


# A master that is frozen takes no connection once its queue is full. Catches a connection that is none, which counts as
# a refusal, so that the way back takes half a minute.
def test_c11_a_master_whose_queue_is_full(agent_factory: Factory):
    with TemporaryDirectory() as folder, full_queue(Path(folder) / "master"):
        agent = agent_factory(Path(folder) / "master", golden.VIEW)
        eventually(lambda: "does not take the connection" in (agent.connection.problem or ""), 2)
        assert agent.events == []


# No clause: an hour's step of the wall clock must not end a session or hold up a ping. Catches time.time() in the
# engine.
def test_c13_the_engine_knows_no_wall_clock():
    folder = Path(haproxy_agentx.agentx.__file__).parent
    for module in folder.glob("*.py"):
        for node in ast.walk(ast.parse(module.read_text())):
            names = {getattr(node, field, None) for field in ("id", "attr", "name", "module")}
            assert not names & {"datetime", "localtime", "gmtime", "time_ns", "strftime"}, module
            assert not (isinstance(node, ast.Attribute) and node.attr == "time" and node.value.id == "time"), module
            assert not (isinstance(node, ast.ImportFrom) and "time" in [alias.name for alias in node.names]), module


def test_c13_a_session_goes_by_the_clock_that_it_is_given():
    session = Session(replace(QUICK, timeout=5.0), Responder())
    session.open(1000.0)
    let_pass(session, 1004.9)
    assert session.state is State.OPENING
    let_pass(session, 1005.0)
    assert session.state is State.CLOSED
    assert session.deadline() is None


# Catches 'the master has not answered' of a process that was stopped itself.
def test_c13_the_time_in_which_we_were_late_is_given_to_the_master():
    session = Session(replace(QUICK, timeout=5.0), Responder())
    session.open(1000.0)
    let_pass(session, 1002.0)
    session.advance(4602.0)
    assert session.state is State.OPENING
    assert 4602.0 < session.deadline() < 4602.1, "what has come meanwhile is read first"
    let_pass(session, 4604.6)
    assert session.state is State.OPENING
    let_pass(session, 4605.1)
    assert session.state is State.CLOSED


# RFC 2579, TimeStamp: it changes when something has happened and when the master begins anew, and at no other time.
# Catches stamps that move with the lateness of the master's answers, which managers take for discontinuities.
def test_c13_a_time_stamp_stays():
    up_time = UpTime()
    assert up_time.at(1000.0) is None
    up_time.learn(50_000, 1000.0)
    assert (up_time.at(990.0), up_time.at(400.0)) == (49_000, 0)
    for ticks, now in [(51_499, 1015.3), (53_002, 1030.01), (54_500, 1049.0), (56_000, 1060.0)]:
        up_time.learn(ticks, now)
        assert up_time.at(990.0) == 49_000
    wraps = 1000.0 + ((1 << 32) - 50_000) / 100
    up_time.learn(500, wraps + 5.2)
    assert (up_time.at(990.0), up_time.at(wraps + 1)) == (49_000, 100)
    up_time.learn(300, wraps + 1000.0)  # snmpd was restarted
    assert (up_time.at(990.0), up_time.at(wraps + 999.0)) == (0, 200)
    up_time.learn(50, wraps + 1001.0)  # and again, a few seconds later
    assert up_time.at(wraps + 1001.5) == 100


def test_c13_the_time_stamps_of_a_session(master: ScriptedMaster, agent_factory: Factory):
    agent = agent_factory(master.path, golden.VIEW, ping_interval=0.05)
    link = master.session()
    link.expect(wire.PING)
    moment = time.monotonic() - 10
    stamp = agent.call(agent.connection.time_stamp, moment)
    for _ in range(5):
        link.expect(wire.PING)
        assert agent.call(agent.connection.time_stamp, moment) == stamp


def serve(snmpd: Snmpd, agent_factory: Factory) -> Agent:
    """Start our agent on the golden tree and wait until snmpd asks it."""
    agent = agent_factory(snmpd.agentx, golden.VIEW, timeout=5.0)
    eventually(lambda: snmpd.one(GOLDEN[0].name).type == "STRING", 5)
    return agent


def reported(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the connection has logged as a problem."""
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
