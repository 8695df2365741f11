"""Memory that two processes share: how many inputs a worker has tried, and the one that it is trying.

The worker writes, whoever watches reads; so an input is known even if it hangs the worker or kills it.
"""

import mmap
import struct
from pathlib import Path
from typing import Self

LIMIT = 1 << 16
"""Octets of an input."""

_HEAD = struct.Struct("<2QI")


class BlackBox:
    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(bytes(_HEAD.size + LIMIT))
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._memory.close()

    def begin(self, data: bytes) -> None:
        started, done, _ = _HEAD.unpack_from(self._memory)
        self._memory[_HEAD.size : _HEAD.size + len(data)] = data
        _HEAD.pack_into(self._memory, 0, started + 1, done, len(data))

    def end(self) -> None:
        started, _, size = _HEAD.unpack_from(self._memory)
        _HEAD.pack_into(self._memory, 0, started, started, size)

    @property
    def started(self) -> int:
        return _HEAD.unpack_from(self._memory)[0]

    def trying(self) -> bytes | None:
        """Give the input that is being tried, None between two of them."""
        started, done, size = _HEAD.unpack_from(self._memory)
        return self._memory[_HEAD.size : _HEAD.size + size] if started != done else None
