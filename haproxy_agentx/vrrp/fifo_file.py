"""Opening the notify FIFO for reading, and why it can not be opened, with what mends it."""

import errno
import grp
import os
import pwd
import stat
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from haproxy_agentx.vocabulary.source import Absent, Denied, Invalid, SourceError

_NO_DESCRIPTOR = (Invalid, "no file descriptor left to open it with: raise LimitNOFILE of the service")
_NOT_THERE = (Absent, "no such FIFO: keepalived is not running, or global_defs of keepalived.conf lacks `{line}`")
_DENIED = (Denied, "no permission: `{mend}` and open the directories above")
_NO_FIFO = (
    Invalid,
    "is not a FIFO, and what keepalived writes into it as root gets lost: remove it, then restart keepalived",
)
_FOREIGN = (Denied, "belongs to neither root nor us, who owns it could make VRRP states up: `{mend}`")
_OPEN_TO_ALL = (Denied, "everybody may write into it and make VRRP states up: `{mend}`")
_MEND: Final = "chown root:{group} {path} && chmod 0640 {path}"
"""Root owns it and the daemon's group reads it: keepalived from 2.4.0 on ignores a FIFO that it finds and does not own
('is not a fifo we own - not using'), and a daemon that only reads cannot write states into its own source."""

_EXPLAINED: Final[Mapping[int, tuple[type[SourceError], str]]] = {
    errno.ENOENT: _NOT_THERE,
    errno.ENOTDIR: _NOT_THERE,
    errno.EACCES: _DENIED,
    errno.EPERM: _DENIED,
    errno.ENXIO: _NO_FIFO,
    errno.EMFILE: _NO_DESCRIPTOR,
    errno.ENFILE: _NO_DESCRIPTOR,
}


def open_fifo(path: str) -> int:
    """Open it for reading without waiting for a writer; the descriptor is the caller's.

    Raises a SourceError: Absent, Denied (also when somebody else than root or we could write into it), Invalid (not a
    FIFO, and whatever else the kernel says).
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except OSError as error:
        raise _explained(path, _EXPLAINED.get(error.errno or 0, (Invalid, error.strerror or str(error)))) from error
    refusal = _refusal(os.fstat(descriptor))
    if refusal is not None:
        os.close(descriptor)
        raise _explained(path, refusal)
    return descriptor


def nobody_writes(path: str) -> Absent:
    """Return the error for a FIFO that no process has open for writing.

    Where root does not own the FIFO, the text names keepalived's rule about owners, too: nothing else shows that cause.
    """
    missing = f"keepalived is not running, or global_defs of keepalived.conf lacks `vrrp_notify_fifo {path}`"
    if _owner(path) in (0, None):
        return Absent(f"{path}: no process has it open for writing: {missing}")
    return Absent(
        f"{path}: no process has it open for writing: {missing}, or keepalived is 2.4.0 or later, which ignores a FIFO"
        f" that root does not own: `{_mend(path)}`, then restart keepalived",
    )


def _owner(path: str) -> int | None:
    try:
        return Path(path).stat().st_uid
    except OSError:
        return None


def _mend(path: str) -> str:
    return _MEND.format(group=_names(os.geteuid(), os.getegid())[1], path=path)


def _refusal(status: os.stat_result) -> tuple[type[SourceError], str] | None:
    if not stat.S_ISFIFO(status.st_mode):
        return _NO_FIFO
    if status.st_uid not in (0, os.geteuid()):
        return _FOREIGN
    return _OPEN_TO_ALL if status.st_mode & stat.S_IWOTH else None


def _explained(path: str, reason: tuple[type[SourceError], str]) -> SourceError:
    kind, text = reason
    user, group = _names(os.geteuid(), os.getegid())
    line = f"vrrp_notify_fifo {path} {user} {group}"
    for mark, value in (("{line}", line), ("{mend}", _mend(path))):
        text = text.replace(mark, value)
    return kind(f"{path}: {text}")


@cache
def _names(user: int, group: int) -> tuple[str, str]:
    """Return the names of a user and a group; looking them up was most of the cost of a look at a missing FIFO."""
    return _name(lambda: pwd.getpwuid(user).pw_name, user), _name(lambda: grp.getgrgid(group).gr_name, group)


def _name(look_up: Callable[[], str], number: int) -> str:
    try:
        return look_up()
    except KeyError:  # an id without a name, as in containers
        return str(number)
