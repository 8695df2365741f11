"""Mutations of bytes, where there is no coverage-guided engine: small edits, splices, and numbers at their limits."""

import random
from collections.abc import Sequence

_TOKENS = (
    b"\0", b"\xff", b"\x7f\xff\xff\xff", b"\x80\0\0\0", b"\xff\xff\xff\xff", b"\0\0\0\0", b"\0\0\0\1", b"\1\0\0\0",
    b"\n", b"\r\n", b'"', b",", b":", b": ", b"- ", b"[", b"{", b"}", b"]", b"&a", b"*a", b"!!x", b"%", b"@", b"/",
    b"-1", b"0", b"4294967296", b"18446744073709551616", b"\xc3\xbc", b"\xf0\x9f\x92\xa9", b"\x1b[31m", b"UP", b" 1/3",
)  # fmt: skip


def mutated(seeds: Sequence[bytes], chance: random.Random, limit: int) -> bytes:
    """Give one of the seeds with one to eight changes, at most ``limit`` octets long."""
    data = bytearray(chance.choice(seeds))
    for _ in range(1 << chance.randrange(4)):
        _change(data, seeds, chance)
    return bytes(data[:limit])


def _change(data: bytearray, seeds: Sequence[bytes], chance: random.Random) -> None:
    at = chance.randrange(len(data) + 1)
    end = min(len(data), at + (1 << chance.randrange(8)))
    match chance.randrange(8):
        case 0:
            data[at : at + 1] = bytes((chance.randrange(256),))
        case 1 if data:
            data[at % len(data)] ^= 1 << chance.randrange(8)
        case 2 if data:
            data[at % len(data)] = (data[at % len(data)] + chance.choice((-1, 1))) % 256
        case 3:
            del data[at:end]
        case 4:
            data[at:at] = data[at:end] * chance.randrange(1, 9)
        case 5:
            token = chance.choice(_TOKENS)
            data[at : at + chance.choice((0, len(token)))] = token
        case 6:
            other = chance.choice(seeds)
            start = chance.randrange(len(other) + 1)
            data[at:] = other[start:]
        case _:
            data[at:at] = chance.randbytes(chance.randrange(1, 9))
