"""The service manager: notifications to it (sd_notify(3)), and sockets that it has opened (sd_listen_fds(3)).

Without one nothing happens, and there is no such socket. A socket unit takes the trap port at boot, before any user's
program runs, and keeps it over restarts of the service.
"""

import os
import socket
import time


def notify(*lines: str) -> None:
    """Send assignments such as ``READY=1``, ``STATUS=...``, ``WATCHDOG=1``.

    RELOADING=1 gets the monotonic time that goes with it (Type=notify-reload). A manager that does not listen is no
    reason to fail.
    """
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    if "RELOADING=1" in lines:
        lines = (*lines, f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")
    message = "\n".join(line.replace("\n", " ") for line in lines).encode(errors="replace")
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
            sock.setblocking(False)  # noqa: FBT003  the name says it
            sock.sendto(message, "\0" + address[1:] if address.startswith("@") else address)
    except OSError:
        return


FIRST = 3
"""SD_LISTEN_FDS_START."""

MOST = 16
"""Descriptors that are looked at."""


def inherited_udp(host: str, port: int) -> tuple[socket.socket | None, list[str]]:
    """Return a duplicate of the UDP socket that is bound to ``host`` and ``port``, and where the other ones are bound.

    None where the service manager has passed no such socket. The original stays open as long as the process.
    """
    others: list[str] = []
    for number in range(FIRST, FIRST + _count()):
        try:
            found = socket.socket(fileno=os.dup(number))
        except OSError:
            continue
        try:
            if found.type == socket.SOCK_DGRAM and found.family in (socket.AF_INET, socket.AF_INET6):
                bound = found.getsockname()[:2]
                if bound == (host, port):
                    found.settimeout(0)
                    return found, others
                others.append(f"{bound[0]}:{bound[1]}")
        except OSError:
            pass
        found.close()
    return None, others


def _count() -> int:
    """Return how many descriptors are for this process."""
    try:
        if int(os.environ.get("LISTEN_PID", "")) == os.getpid():
            return min(MOST, max(0, int(os.environ.get("LISTEN_FDS", ""))))
    except ValueError:
        pass
    return 0
