"""Fuzz data read as choices, so that a mutation of the data is a mutation of what is asked. Past the end: zeros."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

Item = TypeVar("Item")


class Octets:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def __bool__(self) -> bool:
        """Whether something is left."""
        return self._at < len(self._data)

    def take(self, count: int) -> bytes:
        self._at += count
        return self._data[self._at - count : self._at]

    def rest(self) -> bytes:
        return self.take(max(0, len(self._data) - self._at))

    def number(self, octets: int = 1) -> int:
        return int.from_bytes(self.take(octets).ljust(octets, b"\0"), "big")

    def one_of(self, items: Sequence[Item]) -> Item:
        return items[self.number() % len(items)]


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    """Cut data into pieces of that size, or not at all when it is 0."""
    size = size or max(1, len(data))
    return (data[at : at + size] for at in range(0, len(data), size))
