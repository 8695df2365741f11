"""An AgentX master that does what a test tells it, right or wrong.

By default it opens sessions and grants everything. ``master.script[wire.OPEN] = refuse(256)`` changes what it does on
a type of PDU; what is in a list is used up one by one, the last stays. Each connection of a subagent is a ``Link``: all
its PDUs are kept in the order of their arrival, and ``expect`` takes the next of a type.
"""

import itertools
import os
import selectors
import socket
import threading
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Literal, TypeVar

from tests.support import wire
from tests.support.wait import HANG, MachineTime
from tests.support.wire import Answer, Frame, Range

T = TypeVar("T")

Reaction = Callable[["Link", Frame], bytes | None]
"""What a master does with a PDU: the octets that it sends, or None for silence."""

SUBAGENT_PDUS = (
    wire.REGISTER, wire.UNREGISTER, wire.NOTIFY, wire.PING, wire.INDEXALLOCATE, wire.INDEXDEALLOCATE,
    wire.ADDAGENTCAPS, wire.REMOVEAGENTCAPS, wire.CLOSE,
)  # fmt: skip


def grant(link: "Link", request: Frame) -> bytes:
    """Answer without error; for an Open with a new session."""
    if request.type == wire.OPEN:
        link.session = next(link.master.sessions)
        return wire.response(request, session=link.session)
    return wire.response(request)


def refuse(error: int, index: int = 0) -> Reaction:
    """Answer with an error."""
    return lambda _link, request: wire.response(request, error, index)


def silence(_link: "Link", _request: Frame) -> None:
    """Do not answer."""


def say(data: bytes) -> Reaction:
    """Answer with these octets, whatever they are."""
    return lambda _link, _request: data


def hang_up(link: "Link", _request: Frame) -> None:
    """Close the connection."""
    link.hang_up()


def late(seconds: float, reaction: Reaction = grant) -> Reaction:
    """React so many seconds later; PDUs that arrive meanwhile are taken."""

    def react(link: "Link", request: Frame) -> None:
        def send() -> None:
            with suppress(OSError):
                link.send(reaction(link, request) or b"")

        timer = threading.Timer(seconds, send)
        timer.daemon = True
        timer.start()
        link.master.timers.append(timer)

    return react


class Link:
    """One connection of a subagent."""

    def __init__(self, master: "ScriptedMaster", connection: socket.socket) -> None:
        self.master = master
        self.session = 0
        self.seen: list[Frame] = []
        self.ended = False
        """The subagent has closed."""
        self._connection = connection
        self._buffer = bytearray()
        self._sending = threading.Lock()
        self._taken: set[int] = set()
        self._packets = itertools.count(7001)

    # What arrives

    def expect(self, *types: int, within: float = 2, packet: int | None = None) -> Frame:
        """Take the first PDU not taken before of these types (any if none), with that packetID if one is given."""
        found = self.look(*types, within=within, packet=packet)
        assert found is not None, f"no PDU of type {types} within {within} s, only {[f.type for f in self.untaken()]}"
        return found

    def look(self, *types: int, within: float = 2, packet: int | None = None) -> Frame | None:
        """Do as ``expect``, and give None when nothing comes."""

        def find() -> Frame | None:
            for at, frame in enumerate(self.seen):
                if at in self._taken or (types and frame.type not in types) or packet not in {None, frame.packet}:
                    continue
                self._taken.add(at)
                return frame
            return None

        return self.master.wait(find, within)

    def expect_end(self, within: float = 2) -> None:
        """Wait until the subagent has closed the connection."""
        assert self.master.wait(lambda: self.ended, within), f"still connected after {within} s"

    def untaken(self) -> list[Frame]:
        return [frame for at, frame in enumerate(self.seen) if at not in self._taken]

    def untaken_responses(self) -> list[Frame]:
        return [frame for frame in self.untaken() if frame.type == wire.RESPONSE]

    # What is sent

    def send(self, data: bytes, *, piece: int = 0) -> None:
        """Send octets, in pieces of that size if one is given."""
        with self._sending:
            for at in range(0, len(data), piece or max(len(data), 1)):
                self._connection.sendall(data[at : at + (piece or len(data))])

    def request(self, kind: int, payload: bytes = b"", *, order: str = ">", **fields: int) -> int:
        """Send a request of this session and give its packetID."""
        packet, frame = self._framed(kind, payload, order, fields)
        self.send(frame)
        return packet

    def requests(self, *asked: tuple[int, bytes]) -> list[int]:
        """Send several requests, kind and payload, at once: the subagent has the last when it has the first."""
        framed = [self._framed(kind, payload, ">", {}) for kind, payload in asked]
        self.send(b"".join(frame for _, frame in framed))
        return [packet for packet, _ in framed]

    def _framed(self, kind: int, payload: bytes, order: str, fields: dict[str, int]) -> tuple[int, bytes]:
        packet = fields.pop("packet", None) or next(self._packets)
        named = {"session": self.session, "transaction": packet + 1_000_000, "packet": packet} | fields
        return packet, wire.frame(kind, payload, order=order, **named)

    def ask(self, kind: int, payload: bytes = b"", *, order: str = ">", within: float = 2, **fields: int) -> Answer:
        """Send a request and give its answer."""
        packet = self.request(kind, payload, order=order, **fields)
        return wire.read_answer(self.expect(wire.RESPONSE, within=within, packet=packet))

    def get(self, *names: str, order: str = ">", within: float = 2) -> Answer:
        return self.ask(wire.GET, wire.ranges(names, order), order=order, within=within)

    def getnext(self, *searches: Range, order: str = ">", within: float = 2) -> Answer:
        return self.ask(wire.GETNEXT, wire.ranges(searches, order), order=order, within=within)

    def getbulk(
        self, non_repeaters: int, repetitions: int, *searches: Range, order: str = ">", within: float = 2
    ) -> Answer:
        counts = non_repeaters.to_bytes(2, _endian(order)) + repetitions.to_bytes(2, _endian(order))
        return self.ask(wire.GETBULK, counts + wire.ranges(searches, order), order=order, within=within)

    def walk(self, start: str, end: str = "", limit: int = 100_000) -> list[wire.VarBind]:
        """GetNext from start to the end of the range, as a master does for a bulk walk."""
        found: list[wire.VarBind] = []
        name = start
        while len(found) < limit:
            (varbind,) = self.getnext((name, end)).varbinds
            if varbind.type == wire.END_OF_MIB_VIEW:
                return found
            found.append(varbind)
            name = varbind.name
        raise AssertionError(f"no end of the walk after {limit} instances")

    def silent(self, within: float = 2) -> None:
        """Prove that nothing that was sent before is answered: the next Response is that of a probe sent now."""
        packet = self.request(wire.GET, wire.ranges(["1.3.6.1.2.1.1.3.0"]))
        probe = self.expect(wire.RESPONSE, within=within)
        assert probe.packet == packet, f"an answer to packet {probe.packet} where silence was due"

    def close(self, reason: int) -> None:
        """Send a Close (6.2.2)."""
        self.request(wire.CLOSE, bytes((reason, 0, 0, 0)))

    def hang_up(self) -> None:
        """Close the connection without a word, as snmpd does."""
        self.master.forget(self)
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._connection.close()

    # The master's thread

    def fileno(self) -> int:
        return self._connection.fileno()

    def pull(self) -> None:
        """Read what is there and react."""
        try:
            data = self._connection.recv(65536)
        except OSError:
            data = b""
        self._buffer += data
        frames = []
        while (frame := wire.take_frame(self._buffer)) is not None:
            frames.append(frame)
        for frame in frames:
            answer = self.master.reaction(frame.type)(self, frame)
            if answer:
                with suppress(OSError):
                    self.send(answer)
            with self.master.changed:
                self.seen.append(frame)
                self.master.changed.notify_all()
        if not data:
            self.master.forget(self)
            self._connection.close()
            with self.master.changed:
                self.ended = True
                self.master.changed.notify_all()


class ScriptedMaster(AbstractContextManager["ScriptedMaster"]):
    """A master that listens at ``path``; ``listening`` False starts it deaf, as before snmpd is up."""

    def __init__(self, path: Path, *, listening: bool = True) -> None:
        self.path = path
        self.script: dict[int, Reaction | list[Reaction]] = {}
        self.reading = True
        """False: nothing is read from any connection."""
        self.links: list[Link] = []
        self.sessions = itertools.count(1001)
        self.changed = threading.Condition()
        self.timers: list[threading.Timer] = []
        self.broken: BaseException | None = None
        self._accepted = 0
        self._listener: socket.socket | None = None
        self._selector = selectors.DefaultSelector()
        self._wake, self._waker = os.pipe()
        self._selector.register(self._wake, selectors.EVENT_READ)
        self._over = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        if listening:
            self.listen()

    def __exit__(self, *_: object) -> None:
        for timer in self.timers:
            timer.cancel()
        self._over = True
        os.write(self._waker, b"x")
        self._thread.join(HANG)
        self.deaf()
        for link in list(self.links):
            with suppress(OSError):
                link._connection.close()
        self._selector.close()
        os.close(self._wake)
        os.close(self._waker)
        assert self.broken is None, f"the subagent sent what is not RFC 2741: {self.broken!r}"

    def listen(self) -> None:
        """Create the socket and accept."""
        self.path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(self.path))
        listener.listen(16)
        self._listener = listener
        self._selector.register(listener, selectors.EVENT_READ)
        os.write(self._waker, b"x")

    def deaf(self) -> None:
        """Stop accepting; the socket's file stays, as after a kill."""
        if self._listener is not None:
            self._selector.unregister(self._listener)
            self._listener.close()
            self._listener = None

    def accept(self, within: float = 5) -> Link:
        """Give the next connection of a subagent."""
        assert self.wait(lambda: len(self.links) > self._accepted, within), f"no connection within {within} s"
        self._accepted += 1
        return self.links[self._accepted - 1]

    def session(self, within: float = 5, registrations: int = 1) -> Link:
        """Accept and wait until so many subtrees are registered."""
        link = self.accept(within)
        link.expect(wire.OPEN, within=within)
        for _ in range(registrations):
            link.expect(wire.REGISTER, within=within)
        return link

    def reaction(self, kind: int) -> Reaction:
        """Give what to do with the next PDU of a type."""
        scripted = self.script.get(kind, grant if kind == wire.OPEN or kind in SUBAGENT_PDUS else silence)
        if isinstance(scripted, list):
            return scripted.pop(0) if len(scripted) > 1 else scripted[0]
        return scripted

    def wait(self, condition: Callable[[], T], within: float) -> T:
        """Wait for a condition that PDUs and connections bring about, and give what it gave."""
        passed = MachineTime()
        with self.changed:
            while not (result := condition()) and passed() < within:
                self.changed.wait(min(within, 0.02))
            return result or condition()

    def forget(self, link: Link) -> None:
        """Read this connection no longer."""
        with suppress(KeyError, ValueError):
            self._selector.unregister(link)

    def stop_reading(self) -> None:
        """From now on read nothing, on any connection."""
        self.reading = False
        for link in self.links:
            self.forget(link)

    def go_on_reading(self) -> None:
        """Read again."""
        self.reading = True
        for link in self.links:
            self._selector.register(link, selectors.EVENT_READ)
        os.write(self._waker, b"x")

    def _run(self) -> None:
        while not self._over:
            try:
                for key, _ in self._selector.select(1):
                    self._handle(key.fileobj)
            except (AssertionError, ValueError, IndexError) as error:
                self.broken = error
                self._over = True

    def _handle(self, what: object) -> None:
        if what == self._wake:
            os.read(self._wake, 1)
        elif isinstance(what, Link):
            what.pull()
        elif self._listener is not None and what is self._listener:
            with suppress(OSError):
                self._welcome(self._listener.accept()[0])

    def _welcome(self, connection: socket.socket) -> None:
        link = Link(self, connection)
        with self.changed:
            self.links.append(link)
            self.changed.notify_all()
        if self.reading:
            self._selector.register(link, selectors.EVENT_READ)


def names(varbinds: Iterable[wire.VarBind]) -> list[str]:
    return [varbind.name for varbind in varbinds]


def _endian(order: str) -> Literal["big", "little"]:
    return "big" if order == ">" else "little"
