"""Why a source of data cannot be read, in the states of haxSourceState.

    SourceError
    ├── Absent         nothing is there: no socket file, no such host or page
    ├── Refused        something is there and turns us away: a socket left by a dead process, an untrusted certificate
    │   └── Gone       no process listens: the process is dead
    ├── Denied         no permission: file modes, credentials
    │   └── LevelTooLow  the level of the socket
    ├── Unresponsive   it accepts and is silent for the whole of its time
    └── Invalid        it answers, and the answer is torn, garbage or too slow
        ├── UnknownCommand  not known in this version or on this socket
        └── OverLimit  or larger than what is read

The text of each is one line for an operator: what, where, and what to do.
"""
# ruff: noqa: N815, N818  -- the names are the labels of the MIB, and the states that haxSourceState shows

import errno
from enum import IntEnum
from typing import ClassVar

TEXT_LIMIT = 600
"""Characters in the text of an error: parts of it come from outside."""


class SourceState(IntEnum):
    """haxSourceState; the members' names are the labels of the MIB."""

    ok = 1
    stale = 2
    refused = 3
    denied = 4
    absent = 5
    disabled = 6


class SourceKind(IntEnum):
    """haxSourceKind; the members' names are the labels of the MIB."""

    haproxySocket = 1
    haproxyHttp = 2
    kernelAddresses = 3
    keepalivedFifo = 4
    keepalivedTraps = 5
    keepalivedMib = 6
    haproxyMaster = 7


class SourceError(Exception):
    """A reading failed. ``state`` is what haxSourceState shows; ``str()`` is one printable line without secrets."""

    state: ClassVar[SourceState] = SourceState.stale

    excused = False
    """Whether this process itself was late meanwhile, so that the failure may be ours: try again before reporting."""

    def __init__(self, message: str) -> None:
        """Keep ``message`` as one line: what is not printable (a line break in a name) becomes ``?``."""
        super().__init__("".join(c if c.isprintable() else "?" for c in message[:TEXT_LIMIT]))


class Absent(SourceError):
    """There is nothing to read from."""

    state = SourceState.absent


class Refused(SourceError):
    """The connection is turned away."""

    state = SourceState.refused


class Gone(Refused):
    """The connection is refused because no process listens: the process is dead."""


class Denied(SourceError):
    """We may not read it."""

    state = SourceState.denied


class LevelTooLow(Denied):
    """The socket may be opened, and its level is too low for what is asked."""


class Unresponsive(SourceError):
    """Nothing came for the whole of its time."""

    state = SourceState.stale


class Invalid(SourceError):
    """The answer is not one: torn, garbage, or over a limit."""

    state = SourceState.stale


class UnknownCommand(Invalid):
    """HAProxy does not know the command, in this version or on this socket."""


class OverLimit(Invalid):
    """The answer is refused because of its size, before it is read to its end."""


def of_os_error(where: str, error: OSError) -> SourceError:
    """Return the error for an operator where the kernel refused something of a source that has no better words."""
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return Invalid(f"{where}: no file descriptor left: raise LimitNOFILE of the service")
    return Invalid(f"{where}: {error.strerror or error}: look at this machine's log (journalctl -k)")
