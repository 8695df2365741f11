"""The files that a configuration names, and which of them others can read or write.

A user who reads a secret can act as the daemon; one who writes it, or replaces a file in a directory that every user
may write to, chooses what the daemon believes.
"""

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from haproxy_agentx.config.model import Config
from haproxy_agentx.text.printable import printable

USER = "haproxy-agentx"
"""The user and the group that the service runs as."""


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file that the daemon reads: the key that names it, its path, and whether its content is a secret."""

    key: str
    path: str
    secret: bool = True


@dataclass(frozen=True, slots=True)
class Exposure:
    """A file that others can read, or write. ``what``, ``why`` and ``remedy`` are one printable line each."""

    what: str
    why: str
    remedy: str
    writable: bool

    @property
    def text(self) -> str:
        """Return ``WHAT: WHY: REMEDY``."""
        return f"{self.what}: {self.why}: {self.remedy}"


def named_files(config: Config) -> Iterator[NamedFile]:
    """Return the files that a configuration names, in its order."""
    found: list[tuple[str, str | None, bool]] = []
    for place, haproxy in enumerate(config.haproxy):
        prefix = f"haproxy[{place}]."
        found += [(f"{prefix}password_file", haproxy.password_file, True), (f"{prefix}ca_file", haproxy.ca_file, False)]
    snmp = config.keepalived.snmp
    if snmp is not None:
        found.append(("keepalived.snmp.community_file", snmp.community_file, True))
        if snmp.v3 is not None:
            prefix = "keepalived.snmp.v3."
            found += [(f"{prefix}auth_file", snmp.v3.auth_file, True), (f"{prefix}priv_file", snmp.v3.priv_file, True)]
    for key, path, secret in found:
        if path is not None:
            yield NamedFile(key, path, secret)


def exposures(config: Config) -> tuple[Exposure, ...]:
    """Return what others can read or write. A file that is not there, or not to be looked at, is no exposure."""
    return tuple(found for file in named_files(config) for found in _exposures(file))


def _exposures(file: NamedFile) -> Iterator[Exposure]:
    shown = printable(file.path)
    try:
        mode = Path(file.path).stat().st_mode
        folders = {str(parent): parent.stat().st_mode for parent in Path(file.path).resolve().parents}
    except (OSError, RuntimeError):
        return
    remedy = f"chgrp {USER} {shown}; chmod 0640 {shown}"
    if mode & stat.S_IWOTH:
        yield Exposure(f"{file.key}: {shown}", "everybody on this machine can write it", remedy, writable=True)
    elif file.secret and mode & stat.S_IROTH:
        yield Exposure(f"{file.key}: {shown}", "everybody on this machine can read the secret", remedy, writable=False)
    for folder, folder_mode in folders.items():
        if folder_mode & stat.S_IWOTH and not folder_mode & stat.S_ISVTX:
            why = f"everybody on this machine can replace it, as the folder {printable(folder)} is writable"
            yield Exposure(f"{file.key}: {shown}", why, f"chmod o-w {printable(folder)}", writable=True)
