"""A single SNMP GET, without a program: to see within a millisecond that something is answered."""

import socket

TIMEOUT = 0.5
NO_INSTANCE = 0x80
"""Tags from here on are noSuchObject, noSuchInstance and endOfMibView (RFC 3416 3)."""


def get(port: int, oid: str) -> int | bytes | None:
    """Ask 127.0.0.1, community public. A number is an int; None is no instance, no answer or an error."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(TIMEOUT)
        asking.connect(("127.0.0.1", port))
        try:
            asking.send(_message(oid))
            return _value(asking.recv(65536))
        except OSError:
            return None


def _block(tag: int, content: bytes) -> bytes:
    """Give a BER element; all here are shorter than 128 octets."""
    return bytes((tag, len(content))) + content


def _message(oid: str) -> bytes:
    numbers = [int(part) for part in oid.split(".")]
    name = bytes((numbers[0] * 40 + numbers[1],)) + b"".join(map(_base128, numbers[2:]))
    binding = _block(0x30, _block(0x06, name) + b"\x05\x00")
    request = _block(0xA0, b"\x02\x01\x01\x02\x01\x00\x02\x01\x00" + _block(0x30, binding))
    return _block(0x30, b"\x02\x01\x01\x04\x06public" + request)


def _base128(number: int) -> bytes:
    groups = [number & 0x7F]
    while number := number >> 7:
        groups.append(number & 0x7F | 0x80)
    return bytes(reversed(groups))


def _value(message: bytes) -> int | bytes | None:
    """Give the value of the only varbind of a Response."""
    _, message, _ = _take(message)
    _, _version, message = _take(message)
    _, _community, message = _take(message)
    _, message, _ = _take(message)
    _, _request, message = _take(message)
    _, error, message = _take(message)
    _, _index, message = _take(message)
    _, bindings, _ = _take(message)
    _, binding, _ = _take(bindings)
    _, _name, rest = _take(binding)
    tag, content, _ = _take(rest)
    if any(error) or tag >= NO_INSTANCE:
        return None
    return content if tag == 0x04 else int.from_bytes(content, "big", signed=True)


def _take(data: bytes) -> tuple[int, bytes, bytes]:
    """Take one element: its tag, its content, and what follows."""
    tag, length, at = data[0], data[1], 2
    if length & 0x80:
        at += length & 0x7F
        length = int.from_bytes(data[2:at], "big")
    return tag, data[at : at + length], data[at + length :]
