"""Digests by which two nodes can be compared: of a collection of things, whatever their order. Pure.

Each thing has a fingerprint of 64 bits; the digest is worked out from their sum and their number, so that one of many
can be replaced without looking at the others.
"""

from collections.abc import Iterable
from hashlib import blake2b

OCTETS = 8
_MASK = (1 << 64) - 1


def fingerprint(cells: Iterable[bytes]) -> int:
    """Return the fingerprint of a thing, 0 to 2^64 - 1; no cell holds a NUL."""
    return int.from_bytes(blake2b(b"\0".join(cells), digest_size=OCTETS).digest(), "big")


def shown(total: int, count: int) -> str:
    """Return the digest of ``count`` things whose fingerprints sum up to ``total``: 16 hexadecimal digits."""
    text = (total & _MASK).to_bytes(OCTETS, "big") + count.to_bytes(OCTETS, "big")
    return blake2b(text, digest_size=OCTETS).hexdigest()


def digest(texts: Iterable[str]) -> str:
    """Return the digest of texts, in any order."""
    found = [fingerprint((text.encode(errors="surrogateescape"),)) for text in texts]
    return shown(sum(found), len(found))
