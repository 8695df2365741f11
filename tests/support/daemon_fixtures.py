"""Fixtures around the daemon, for the folders of tests that start it."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.support.daemon import Daemon, source
from tests.support.fake_haproxy import FakeSocket, answers
from tests.support.snmpd import Snmpd
from tests.support.stat_csv import answer, backend, frontend, listener, server, show_info

ROWS = [
    frontend("fe", 2, stot="10", scur="0", slim="2000"),
    listener("fe", "sock-1", 2, 1, stot="10"),
    server("be", "web1", 3, 1, stot="6"),
    server("be", "web2", 3, 2, stot="4"),
    backend("be", 3, stot="10"),
]
"""A small HAProxy that is well."""

GOOD = answers({b"show stat": answer(ROWS), b"show info": show_info()})
"""What it answers."""


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give a folder whose path is short enough for sockets, and that everybody may enter."""
    with tempfile.TemporaryDirectory(prefix="hax") as name:
        path = Path(name)
        path.chmod(0o755)
        yield path


@pytest.fixture
def daemon_factory(folder: Path) -> Iterator[Callable[..., Daemon]]:
    """Start any number of daemons, each in a folder of its own; the arguments are those of ``Daemon`` after it."""
    numbers = count(1)
    with ExitStack() as running:

        def start(*arguments: Any, **named: Any) -> Daemon:
            return running.enter_context(Daemon(folder / f"daemon{next(numbers)}", *arguments, **named))

        yield start


@pytest.fixture
def haproxy(folder: Path) -> Iterator[FakeSocket]:
    """Give a fake HAProxy that is well."""
    with FakeSocket(folder / "haproxy.sock", GOOD) as fake:
        yield fake


@pytest.fixture
def daemon(daemon_factory: Callable[..., Daemon], snmpd: Snmpd, haproxy: FakeSocket) -> Daemon:
    """Give a daemon that reads the fake HAProxy as ``local`` and is registered with a real snmpd."""
    return daemon_factory(snmpd.agentx, [source("local", haproxy.path)])
