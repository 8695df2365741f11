"""Files with communities and passphrases. What is in them is in no message."""

from pathlib import Path

from haproxy_agentx.snmp.access import LEVELS, User, V3Access
from haproxy_agentx.vocabulary.source import Denied

LIMIT = 1024
"""Octets in such a file."""


def read(path: str | None, key: str) -> bytes:
    """Return the first line of the file that the configuration has under ``key``.

    It is read at each use, so that a new secret needs no restart. Raises Denied.
    """
    if path is None:
        raise Denied(f"{key} is not configured: name the file that holds it")
    try:
        with Path(path).open("rb") as file:
            content = file.read(LIMIT + 1)
    except OSError as error:
        raise Denied(
            f"{path}: cannot be read ({error.strerror}): correct {key}, or let the daemon's user read the file"
        ) from error
    line = content.partition(b"\n")[0].removesuffix(b"\r")
    if not line or len(content) > LIMIT:
        raise Denied(
            f"{path}: its first line is empty, or it has over {LIMIT} bytes: write the secret of {key} into it"
        )
    return line


def user(access: V3Access) -> User:
    """Return a user of SNMPv3 with the secrets that its level needs. Raises Denied."""
    level = LEVELS.index(access.level)
    return User(
        access,
        read(access.auth_file, "v3.auth_file") if level > 0 else None,
        read(access.priv_file, "v3.priv_file") if level > 1 else None,
    )
