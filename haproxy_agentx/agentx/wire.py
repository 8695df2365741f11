"""The fields that PDUs are made of (RFC 2741 5), in both byte orders: numbers, octet strings, object identifiers."""

import struct

from haproxy_agentx.agentx.errors import LocalError, PayloadError
from haproxy_agentx.agentx.oid import MAX_SUBIDS, Key

INTERNET = b"\0\0\0\1\0\0\0\3\0\0\0\6\0\0\0\1"
"""1.3.6.1, which the one-octet prefix of an encoded identifier stands for (5.1)."""

_COMPRESSIBLE = INTERNET + b"\0\0\0"
"""How an identifier begins whose fifth sub-identifier is below 256."""

_EXPANDED = tuple(INTERNET + bytes((0, 0, 0, prefix)) if prefix else b"" for prefix in range(256))
"""What each prefix stands for."""

_MAX_OCTETS = 0xFFFF


def encode_oid(name: Key, order: str = ">", *, include: bool = False) -> bytes:
    """Return an Object Identifier (5.1); 1.3.6.1.X with 1 <= X <= 255 becomes the prefix X."""
    size = len(name)
    if size > 4 * MAX_SUBIDS or size % 4:
        raise LocalError(f"an object identifier has at most {MAX_SUBIDS} sub-identifiers, not {size / 4}")
    if name.startswith(_COMPRESSIBLE) and name[19]:
        head, words = bytes((size // 4 - 5, name[19], include, 0)), name[20:]
    else:
        head, words = bytes((size // 4, 0, include, 0)), name
    return head + (words if order == ">" else _swap(words))


def expanded(prefix: int, words: bytes) -> Key:
    """Return the key of an identifier with this prefix and, in network byte order, these sub-identifiers behind (5.1).

    Raises PayloadError.
    """
    name = _EXPANDED[prefix] + words
    if len(name) > 4 * MAX_SUBIDS:
        raise PayloadError(f"an object identifier of more than {MAX_SUBIDS} sub-identifiers")
    return name


def encode_octets(text: bytes, order: str = ">") -> bytes:
    """Return an Octet String (5.3)."""
    if len(text) > _MAX_OCTETS:
        raise LocalError(f"an octet string of {len(text)} octets is longer than {_MAX_OCTETS}")
    return struct.pack(order + "I", len(text)) + text + bytes(-len(text) % 4)


def _swap(words: bytes) -> bytes:
    count = len(words) // 4
    return struct.pack(f"<{count}I", *struct.unpack(f">{count}I", words))


class Writer:
    """Fields, appended in one byte order."""

    def __init__(self, order: str) -> None:
        self.order = order
        self.parts: list[bytes] = []

    def integers(self, form: str, *numbers: int) -> None:
        """Append numbers of the struct format ``form``. Raises LocalError when one does not fit."""
        try:
            self.parts.append(struct.pack(self.order + form, *numbers))
        except struct.error as error:
            raise LocalError(f"{numbers} does not fit: {error}") from error

    def oid(self, name: Key, *, include: bool = False) -> None:
        """Append an Object Identifier."""
        self.parts.append(encode_oid(name, self.order, include=include))

    def octets(self, text: bytes) -> None:
        """Append an Octet String."""
        self.parts.append(encode_octets(text, self.order))


class Reader:
    """Fields, read in one byte order from a payload that is complete; beyond its end is a PayloadError."""

    def __init__(self, data: bytes, order: str) -> None:
        self.data = data
        self.order = order
        self.at = 0

    def more(self) -> bool:
        """Whether something is left."""
        return self.at < len(self.data)

    def integers(self, form: str) -> tuple[int, ...]:
        """Read numbers of the struct format ``form``."""
        start = self.at
        self.at += struct.calcsize(self.order + form)
        if self.at > len(self.data):
            raise PayloadError(f"the payload ends inside a number at octet {start}")
        return struct.unpack_from(self.order + form, self.data, start)

    def oid(self) -> tuple[Key, bool]:
        """Return the key and the include flag."""
        data = self.data
        start = self.at + 4
        if start > len(data):
            raise PayloadError(f"the payload ends inside an object identifier at octet {self.at}")
        count, prefix, include, _reserved = data[self.at : start]
        self.at = stop = start + 4 * count
        if stop > len(data):
            raise PayloadError(f"the payload ends inside an object identifier at octet {start}")
        words = data[start:stop] if self.order == ">" else _swap(data[start:stop])
        return expanded(prefix, words), include > 0

    def octets(self) -> bytes:
        """Read an Octet String."""
        (length,) = self.integers("I")
        start = self.at
        self.at += length + -length % 4
        if self.at > len(self.data):
            raise PayloadError(f"the payload ends inside an octet string at octet {start}")
        return self.data[start : start + length]
