"""Which tests need the system: root, Linux's namespaces, or programs besides Python and git. Others run on any Linux.

A test has the mark ``system`` by itself, by the mark ``lab`` or ``docker``, by its folder, or by a fixture that starts
such programs. A test without it that starts one fails, wherever the program is installed: the mark cannot be forgotten.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

MARK = "system"
MARKS = ("lab", "docker")
"""Marks that include it."""

FOLDERS = frozenset({"attack", "docker", "live", "service"})
"""Folders of tests whose tests all need the system."""

FIXTURES = frozenset({"certificates", "snmpd_factory"})
"""Fixtures that start programs of the system."""

ANYWHERE = frozenset({"git", "sh", "sleep"})
"""Programs besides Python that a test without the mark may start."""


class UnmarkedError(AssertionError):
    """A test without the mark starts a program of the system."""


class _Guard:
    """Refuses programs while it is ``on``. An audit hook cannot be removed: there is one for the process."""

    def __init__(self) -> None:
        self.on = False
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[object, ...]) -> None:
        if event != "subprocess.Popen" or not self.on:
            return
        program = arguments[0]
        if isinstance(program, str | bytes | Path):
            name = Path(os.fsdecode(program)).name
            if name not in ANYWHERE and not name.startswith("python"):
                raise UnmarkedError(f"{name}: a test that starts it needs the mark `{MARK}`: add @pytest.mark.{MARK}")


_guard = _Guard()


def mark(items: list[pytest.Item]) -> None:
    """Mark the tests that need the system by their other marks or by a fixture."""
    for item in items:
        by_fixture = FIXTURES & set(getattr(item, "fixturenames", ()))
        if by_fixture or item.path.parent.name in FOLDERS or any(map(item.get_closest_marker, MARKS)):
            item.add_marker(MARK)


@contextmanager
def guarded(item: pytest.Item) -> Iterator[None]:
    """Have a test without the mark fail where it starts a program of the system."""
    _guard.on = item.get_closest_marker(MARK) is None
    try:
        yield
    finally:
        _guard.on = False
