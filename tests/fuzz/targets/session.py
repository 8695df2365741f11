"""A whole session under whatever a master says (RFC 2741 7).

Data: how far the session has come, the size of the pieces, then what it receives. No exception, and no event that it
was not asked for; what it says parses; and it says the same, if not in the same order, when it all comes in pieces,
with answers prepared ahead in between. (A request that takes long is overtaken, and forgotten when the session ends.)
"""

from collections import Counter

from haproxy_agentx.agentx.constants import PduType, Tag
from haproxy_agentx.agentx.events import Acknowledged, Closed, Event, Ready, RegistrationRefused, Unanswered
from haproxy_agentx.agentx.pdu import VarBind
from haproxy_agentx.agentx.responder import Responder
from haproxy_agentx.agentx.session import AT_ONCE, Session
from haproxy_agentx.agentx.states import State
from tests.fuzz.octets import Octets, pieces
from tests.support import golden, wire
from tests.support.golden import GOLDEN, ROOT, TABLE
from tests.support.golden_pdus import HEX
from tests.support.our_agent import QUICK, events_of, let_pass, opened

NUMBER = 77
FRESH, OPEN, NOTIFYING, LEAVING, ASKING = range(5)
_ALLOWED: dict[int, tuple[type[Event], ...]] = {
    FRESH: (Closed, Ready, RegistrationRefused),
    OPEN: (Closed,),
    NOTIFYING: (Closed, Acknowledged),
    LEAVING: (Closed,),
    ASKING: (Closed, Acknowledged, Unanswered),
}
"""ASKING: the notification is overdue, and a Ping asks whether the master lives."""


def _said(kind: int, payload: bytes = b"", *, packet: int = 1, **more: int) -> bytes:
    return wire.frame(kind, payload, session=NUMBER, packet=packet, **more)


def _walk(names: list[str]) -> bytes:
    return b"".join(_said(wire.GETNEXT, wire.ranges([(name, golden.END)]), packet=at) for at, name in enumerate(names))


_GRANTED = b"".join(_said(wire.RESPONSE, bytes(8), packet=packet) for packet in (1, 2, 3))
_REFUSALS = b"".join(_said(wire.RESPONSE, b"\0\0\0\0\1\7\0\0", packet=packet) for packet in (2, 3))
_PDUS = {kind: data[:4] + b"\0\0\0\x4d" + data[8:] for kind, data in ((k, bytes.fromhex(HEX[k])) for k in HEX)}

SEEDS = {
    "all requests": bytes((OPEN, 0)) + b"".join(pdu for kind, pdu in _PDUS.items() if kind != PduType.CLOSE),
    "a close": bytes((OPEN, 3)) + _PDUS[PduType.CLOSE],
    "a walk in PDUs": bytes((OPEN, 56)) + _walk([ROOT, *[varbind.name for varbind in GOLDEN]]),
    "a walk, octet by octet": bytes((OPEN, 1)) + _walk([varbind.name for varbind in GOLDEN[:4]]),
    "two columns": bytes((OPEN, 0)) + _said(wire.GETBULK, b"\0\0\0\x09" + wire.ranges([f"{TABLE}.3", f"{TABLE}.4"])),
    "a slow request": bytes((OPEN, 0)) + _said(wire.GET, wire.ranges([f"{TABLE}.3.1.1"] * 70)) + _walk([ROOT]),
    "little-endian": bytes((OPEN, 9)) + _said(wire.GETNEXT, wire.ranges([ROOT], "<"), order="<"),
    "a context": bytes((OPEN, 0)) + _said(wire.GET, wire.octets(b"x") + wire.ranges([ROOT]), flags=wire.CONTEXT),
    "half a payload": bytes((OPEN, 0)) + _said(wire.GET, b"\4\2\0\0") + _said(wire.PING),
    "an answer to nothing": bytes((OPEN, 0)) + _said(wire.RESPONSE, bytes(8), packet=99),
    "a foreign session": bytes((OPEN, 0)) + wire.frame(wire.GET, wire.ranges([ROOT]), session=1),
    "not AgentX": bytes((OPEN, 2)) + b"HTTP/1.0 400 Bad Request\r\n\r\n",
    "all is granted": bytes((FRESH, 5)) + _GRANTED + _PDUS[PduType.GET_NEXT],
    "it is refused": bytes((FRESH, 0)) + _said(wire.RESPONSE, bytes(8)) + _REFUSALS,
    "no session": bytes((FRESH, 0)) + _said(wire.RESPONSE, b"\0\0\0\0\1\0\0\0"),
    "taken": bytes((NOTIFYING, 0)) + _said(wire.RESPONSE, bytes(8), packet=4),
    "not open": bytes((NOTIFYING, 4)) + _said(wire.RESPONSE, b"\0\0\0\0\1\1\0\0", packet=4),
    "passed over": bytes((ASKING, 0)) + _said(wire.RESPONSE, bytes(8), packet=5),
    "taken late": bytes((ASKING, 3)) + b"".join(_said(wire.RESPONSE, bytes(8), packet=packet) for packet in (5, 4, 4)),
    "goodbye": bytes((LEAVING, 0)) + _said(wire.GET, wire.ranges([ROOT])) + _said(wire.RESPONSE, bytes(8), packet=4),
}


def come_to(stage: int) -> Session:
    """Give a session that has come that far."""
    responder = Responder()
    responder.serve(golden.VIEW)
    if stage == FRESH:
        return Session(QUICK, responder)
    session = opened(responder, NUMBER)
    if stage in (NOTIFYING, ASKING):
        assert session.notify([VarBind(Tag.INTEGER, golden.VIEW.columns[0].name, 1)], "token", 0)
    if stage == ASKING:
        let_pass(session, QUICK.notify_timeout)
    elif stage == LEAVING:
        session.close(0)
    return session


def hear(stage: int, stream: bytes, size: int) -> tuple[list[wire.Frame], list[Event], State]:
    """Give all that a session says and tells, and where it stands then."""
    session = come_to(stage)
    said = [session.open(0) if stage == FRESH else b""]
    for piece in pieces(stream, size):
        if session.state is State.CLOSED:
            break
        said.append(session.receive(piece, 0))
        if size:
            said.append(session.advance(0))
    while session.deadline() == AT_ONCE:
        said.append(session.advance(0))
    state, events = session.state, events_of(session)
    let_pass(session, (session.deadline() or 0) + 1)
    session.connection_lost("the end")
    assert session.state is State.CLOSED
    rest = bytearray().join(said)
    frames = []
    while frame := wire.take_frame(rest):
        frames.append(frame)
    assert not rest
    return sorted(frames), events, state


def target(data: bytes) -> None:
    octets = Octets(data)
    stage, size, stream = octets.number() % len(_ALLOWED), octets.number(), octets.rest()
    said, events, state = hear(stage, stream, 0)
    in_pieces, *outcome = hear(stage, stream, size or 16)
    assert [events, state] == outcome
    assert said == in_pieces or (state is State.CLOSED and not Counter(said) - Counter(in_pieces))
    assert all(isinstance(event, _ALLOWED[stage]) for event in events)
    assert [isinstance(event, Closed) for event in events].count(True) == (state is State.CLOSED)
    for frame in said:
        if frame.type == wire.RESPONSE:
            wire.read_answer(frame)
