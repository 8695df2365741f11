"""Notifications to the service manager (sd_notify(3)); without one, nothing happens."""

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
