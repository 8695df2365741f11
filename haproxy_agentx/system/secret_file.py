"""Files with communities, passwords and passphrases. What is in them is in no message."""

from pathlib import Path

from haproxy_agentx.vocabulary.source import Denied

LIMIT = 4096
"""Octets in such a file."""


def read_secret(path: str | None, key: str) -> bytes:
    """Return the first line of the file that the configuration has under ``key``.

    It is read at each use, so that a new secret needs no restart. Raises Denied.
    """
    if path is None:
        raise Denied(f"{key} is not configured: name the file that holds it")
    try:
        with Path(path).open("rb") as file:
            content = file.read(LIMIT + 1)
    except OSError as error:
        raise unreadable(path, key, error) from error
    line = content.partition(b"\n")[0].removesuffix(b"\r")
    if not line or len(content) > LIMIT:
        raise Denied(
            f"{path}: its first line is empty, or it has over {LIMIT} bytes: write the secret of {key} into it"
        )
    return line


def unreadable(path: str, key: str, error: OSError) -> Denied:
    """Return why a file cannot be used that the configuration has under ``key``."""
    return Denied(f"{path}: cannot be read ({error.strerror}): correct {key}, or let the daemon's user read the file")
