"""A Unix socket bound at a path of the file system, which may take its time: the store process does it."""

import os
import socket
from contextlib import suppress

MODE = 0o660


def bound(path: str) -> socket.socket:
    """Bind and listen; a socket that a dead daemon left is replaced (the lock says that it is dead). Raise OSError."""
    sock = socket.socket(socket.AF_UNIX)
    try:
        with suppress(FileNotFoundError):
            os.unlink(path)  # noqa: PTH108  a path of the configuration, as text
        sock.bind(path)
        os.chmod(path, MODE)  # noqa: PTH101
        sock.listen()  # who finds it is not refused
    except OSError:
        sock.close()
        raise
    return sock
