"""The files that a configuration names, and which of them others can read or write.

A user who reads a secret can act as the daemon; one who writes it, or replaces a file in a directory that every user
may write to, chooses what the daemon believes.
"""

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from haproxy_agentx.config.model import Config
from haproxy_agentx.settings.keys import KeyGroup, values_of
from haproxy_agentx.settings.types import FileUse
from haproxy_agentx.vocabulary.shown import printable

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


def named_files(record: Any, prefix: str = "") -> Iterator[NamedFile]:  # noqa: ANN401  of any class that declares keys
    """Yield the files that a configuration names, in its order."""
    for item, value in values_of(record):
        key = f"{prefix}{item.name}"
        if value is None:
            continue
        if isinstance(item, KeyGroup):
            for place, each in enumerate(value if item.most else (value,)):
                yield from named_files(each, f"{key}[{place}]." if item.most else f"{key}.")
        elif item.type.file is not FileUse.none:
            yield NamedFile(key, value, item.type.file is FileUse.secret)


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
