"""The daemon's way from HAProxy's text to a Response, without sockets: what the profile and the cost guard run.

Simulated servers are read and arranged as the daemon does it, and a session is opened, to where requests are answered.
"""

from collections.abc import Generator
from typing import TypeVar

from benchmarks.simulated_servers import SimulatedServers
from haproxy_agentx.agentx import pdu as p
from haproxy_agentx.agentx.codec import decode, encode
from haproxy_agentx.agentx.constants import HEADER_SIZE, Tag
from haproxy_agentx.agentx.events import Settings
from haproxy_agentx.agentx.header import decode_header
from haproxy_agentx.agentx.oid import Key, following, key
from haproxy_agentx.agentx.pdu import SearchRange
from haproxy_agentx.agentx.responder import Responder
from haproxy_agentx.agentx.session import AT_ONCE, Session
from haproxy_agentx.agentx.states import State
from haproxy_agentx.agentx.view import MibView
from haproxy_agentx.haproxy.stat import Reading, StatParser
from haproxy_agentx.objects import schema
from haproxy_agentx.objects.layout import Layout, arrange, survey
from haproxy_agentx.objects.root import ROOT
from haproxy_agentx.objects.tables import StatColumns

SLICE = 32 * 1024
SESSION = 7
Result = TypeVar("Result")


def run(work: Generator[None, None, Result]) -> Result:
    """Run work that pauses without a pause."""
    while True:
        try:
            next(work)
        except StopIteration as done:
            result: Result = done.value
            return result


def reading_of(servers: SimulatedServers, previous: Reading | None = None) -> Reading:
    """Read ``show stat`` in slices."""
    text = servers.show_stat()
    parser = StatParser(previous)
    for start in range(0, len(text), SLICE):
        parser.feed(text[start : start + SLICE])
    return parser.finish()


def layout_of(reading: Reading) -> Layout:
    """Arrange the rows by numbers as they come."""
    wanted = run(survey("bench", reading.signatures, {}))
    numbers = {scope: {name: place for place, name in enumerate(names, 1)} for scope, names in wanted.items()}
    return run(arrange("bench", reading.signatures, numbers))


def view_of(layout: Layout, reading: Reading) -> MibView:
    """Make the view of a reading."""
    columns = columns_of(layout, reading)
    return MibView(columns.columns, (), columns.tables(layout, reading))


def columns_of(layout: Layout, reading: Reading) -> StatColumns:
    """Make the columns of a reading's fields and kinds of rows."""
    return StatColumns(ROOT, 1, [kind for kind, rows in layout.rows.items() if rows.parts], reading.fields)


class Walker:
    """A session that is ready, and the requests that a walk of a table sends, recorded."""

    def __init__(self, view: MibView) -> None:
        self.responder = Responder()
        self.responder.serve(view)
        root = key(ROOT)
        self.session = Session(Settings(identity=root, description="bench", subtrees=(root,)), self.responder)
        self.session.open(0.0)
        for packet in (1, 2, 3):
            self.session.receive(encode(p.Response(session_id=SESSION, packet_id=packet)), 0.0)
        if self.session.state is not State.READY:
            raise RuntimeError(f"the session is {self.session.state}")

    def answer(self, frame: bytes) -> bytes:
        """Answer one request as the connection does."""
        session = self.session
        prefetched = session.prefetch.answer(frame)
        if prefetched is not None:
            return prefetched
        answer = session.receive(frame, 0.0)
        while session.deadline() == AT_ONCE:
            answer += session.advance(0.0)
        return answer

    def record(self, names: list[Key], count: int) -> list[bytes]:
        """Walk from ``names`` side by side and give the requests of ``count`` repetitions, or of all there are."""
        end = following(key(ROOT))
        frames: list[bytes] = []
        while len(frames) < count:
            ranges = [SearchRange(name, end) for name in names]
            frame = encode(p.GetNext(session_id=SESSION, packet_id=len(frames) + 10, ranges=ranges))
            answer = self.answer(frame)
            response = decode(decode_header(answer), answer[HEADER_SIZE:])
            if not isinstance(response, p.Response) or response.error:
                raise RuntimeError(f"no answer to {frame.hex()}: {response}")
            frames.append(frame)
            if any(varbind.tag == Tag.END_OF_MIB_VIEW for varbind in response.varbinds):
                break
            names = [varbind.name for varbind in response.varbinds]
        return frames


def server_table() -> Key:
    """Give the name of haxServerEntry."""
    return key((*ROOT, *schema.OBJECTS, *schema.SERVER_TABLE.oid))
