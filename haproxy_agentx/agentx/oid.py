"""Object identifiers, for people and for the engine.

People, configuration and the MIB speak of ``Oid``, a tuple of sub-identifiers. The engine works on ``Key``: the same
sub-identifiers as big-endian 32-bit words in one bytes object, which is also how they travel (RFC 2741 5.1). Comparing
two keys as bytes is the lexicographic order of RFC 2578 7.10, and ``startswith`` is being below.
"""

import re
import struct

Oid = tuple[int, ...]
Key = bytes

MAX_SUBIDS = 128
"""Sub-identifiers in an object identifier (RFC 2578 3.5)."""

MAX_SUBID = 0xFFFFFFFF
_DOTTED = re.compile(r"\.?[0-9]{1,10}(\.[0-9]{1,10})*")


def parse(text: str) -> Oid:
    """Read ``1.3.6.1``, with or without a leading dot. Raises ValueError."""
    if not _DOTTED.fullmatch(text):
        raise ValueError(f"{text[:80]!r} is not an object identifier such as 1.3.6.1.4.1")
    oid = tuple(int(part) for part in text.removeprefix(".").split("."))
    if len(oid) > MAX_SUBIDS or max(oid) > MAX_SUBID:
        raise ValueError(f"{text[:80]!r} has more than {MAX_SUBIDS} sub-identifiers or one above {MAX_SUBID}")
    return oid


def dotted(oid: Oid) -> str:
    """Write ``1.3.6.1``."""
    return ".".join(map(str, oid))


def key(oid: Oid) -> Key:
    """Return the key of an identifier. Raises struct.error for a sub-identifier outside 0..2^32-1."""
    return struct.pack(f">{len(oid)}I", *oid)


def from_key(name: Key) -> Oid:
    """Return the identifier of a key."""
    return struct.unpack(f">{len(name) // 4}I", name)


def following(name: Key) -> Key:
    """Return the least key that is beyond all that is below ``name``: the end of its subtree (RFC 2741 5.2).

    It is b"" where there is none, which as the end of a search range is no bound.
    """
    *head, last = from_key(name) or (MAX_SUBID,)
    if last < MAX_SUBID:
        return key((*head, last + 1))
    return following(key(tuple(head))) if head else b""
