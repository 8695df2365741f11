"""A real HAProxy in the foreground, with sockets and a statistics page of its own, gone with the test."""

import contextlib
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.support.ports import free_port
from tests.support.programs import Program
from tests.support.wait import HANG, eventually

HAPROXY = "/usr/sbin/haproxy"
DEADLINE = 10.0

CONFIGURATION = """
global
  stats socket {folder}/user.sock mode 660 level user
  stats socket {folder}/plain.sock mode 660
  stats timeout 5s
  nbthread 1
defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
listen stats
  bind 127.0.0.1:{port} {bind}
  stats enable
  stats uri /stats
  {auth}
{more}
"""


class RealHaproxy(Program):
    """``user`` is a socket of level user, ``plain`` one whose line has no level, ``master`` the master's CLI.

    ``folder`` (a short path) is for its files. Ready when its sockets accept. With ``master`` it runs under a
    master process; ``option`` is that of its socket where it is not the one here.
    """

    def __init__(
        self, folder: Path, *, auth: str = "", bind: str = "", more: str = "", master: bool = False, option: str = ""
    ) -> None:
        self.folder = folder
        self.port = free_port()
        file = folder / "haproxy.cfg"
        file.write_text(CONFIGURATION.format(folder=folder, port=self.port, auth=auth, bind=bind, more=more))
        mode = ["-W", "-S", option or self.master] if master else ["-db"]
        self._wanted = [self.user, self.plain, *([self.master] if master and not option else [])]
        super().__init__([HAPROXY, "-f", file, *mode], log=folder / "haproxy.log")

    def start(self) -> None:
        """Start it, and wait until its sockets accept."""
        self.begin()
        self.await_ready(lambda: all(map(answers_at, self._wanted)), DEADLINE)

    def __exit__(self, *_: object) -> None:
        if self.alive:
            self.thaw()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.end(within=3)

    @property
    def user(self) -> str:
        return str(self.folder / "user.sock")

    @property
    def plain(self) -> str:
        return str(self.folder / "plain.sock")

    @property
    def master(self) -> str:
        return str(self.folder / "master.sock")

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Stop the process for the length of the block."""
        self.freeze()
        try:
            yield
        finally:
            self.thaw()

    def reload(self) -> None:
        """Have the master load its configuration again."""
        self.signal(signal.SIGUSR2)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Have a client in the middle of a request for the length of the block: its worker outlives a reload."""
        before = _shown(self.user, "CurrConns")
        with socket.create_connection(("127.0.0.1", self.port)) as client:
            client.sendall(b"GET /stats HTTP/1.1\r\n")
            eventually(lambda: _shown(self.user, "CurrConns") > before, DEADLINE)
            yield


def answers_at(path: str) -> bool:
    """Tell whether somebody listens at the Unix socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(path)
        except OSError:
            return False
        return True


def ask(path: str, command: str) -> str:
    """Give the answer to a command on a socket. Raises OSError."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(HANG)
        client.connect(path)
        client.sendall(command.encode() + b"\n")
        client.shutdown(socket.SHUT_WR)  # the CLI of a master answers only then
        with client.makefile() as answered:
            return answered.read()


def _shown(path: str, name: str) -> int:
    """Return a number of ``show info``."""
    return int(next(line.partition(": ")[2] for line in ask(path, "show info").splitlines() if line.startswith(name)))
