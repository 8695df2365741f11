"""Cutting a stream into PDUs (RFC 2741 6.1)."""

from haproxy_agentx.agentx.constants import HEADER_SIZE
from haproxy_agentx.agentx.errors import FrameError
from haproxy_agentx.agentx.header import Header, decode_header

MAX_PAYLOAD = 1 << 20
"""Octets of payload that are accepted. The longest PDU of net-snmp has 64 KiB; RFC 2741 sets no limit."""


class Framer:
    """Bytes in, whole frames out; any chunking of the same stream gives the same frames.

    Holds at most one incomplete frame. A new connection takes a new framer, so that nothing of the old stream is read.
    """

    def __init__(self, max_payload: int = MAX_PAYLOAD) -> None:
        self._max_payload = max_payload
        self._fresh = b""
        """What was read last, as long as nothing was before it: mostly it is one whole PDU."""
        self._buffer = bytearray()
        self._header: Header | None = None

    @property
    def empty(self) -> bool:
        """Whether the stream stands between two frames."""
        return not self._buffer and not self._fresh

    def feed(self, data: bytes) -> None:
        """Record what was read."""
        if self.empty:
            self._fresh = data
        else:
            self._buffer += self._fresh + data
            self._fresh = b""

    def next_frame(self) -> tuple[Header, bytes] | None:
        """Return the next PDU and its header, or None when more bytes are needed. Raises FrameError."""
        fresh = self._fresh
        if fresh:
            self._fresh = b""
            if len(fresh) >= HEADER_SIZE:
                header = self._checked(fresh)
                if len(fresh) == HEADER_SIZE + header.length:
                    return header, fresh
            self._buffer += fresh
        if self._header is None:
            if len(self._buffer) < HEADER_SIZE:
                return None
            self._header = self._checked(bytes(self._buffer[:HEADER_SIZE]))
        size = HEADER_SIZE + self._header.length
        if len(self._buffer) < size:
            return None
        frame = self._header, bytes(self._buffer[:size])
        del self._buffer[:size]
        self._header = None
        return frame

    def _checked(self, data: bytes) -> Header:
        header = decode_header(data)
        if header.length > self._max_payload:
            raise FrameError(f"a payload of {header.length} octets is above the limit {self._max_payload}")
        return header
