"""Opening the notify FIFO for reading, and why it can not be opened, with what mends it."""

import errno
import grp
import os
import pwd
import stat
from collections.abc import Callable, Mapping
from functools import cache
from typing import Final

from haproxy_agentx.source import Absent, Denied, Invalid, SourceError

_NO_DESCRIPTOR = (Invalid, "no file descriptor left to open it with: raise LimitNOFILE of the service")
_NOT_THERE = (Absent, "no such FIFO: keepalived is not running, or global_defs of keepalived.conf lacks `{line}`")
_DENIED = (
    Denied,
    "no permission: `chown {owner} {path}` and open the directories above, or let keepalived do it with `{line}`",
)
_NO_FIFO = (
    Invalid,
    "is not a FIFO, and what keepalived writes into it as root gets lost: remove it, then restart keepalived",
)
_FOREIGN = (Denied, "belongs to neither root nor us, who owns it could make VRRP states up: `chown {owner} {path}`")
_OPEN_TO_ALL = (Denied, "everybody may write into it and make VRRP states up: `chmod 0600 {path}`")
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
    """Give the error for a FIFO that nobody has open for writing."""
    return Absent(
        f"{path}: nobody has it open for writing: keepalived is not running, or global_defs of keepalived.conf lacks"
        f" `vrrp_notify_fifo {path}`",
    )


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
    for mark, value in (("{line}", line), ("{owner}", f"{user}:{group}"), ("{path}", path)):
        text = text.replace(mark, value)
    return kind(f"{path}: {text}")


@cache
def _names(user: int, group: int) -> tuple[str, str]:
    """Give the names of a user and a group; looking them up was most of the cost of a look at a missing FIFO."""
    return _name(lambda: pwd.getpwuid(user).pw_name, user), _name(lambda: grp.getgrgid(group).gr_name, group)


def _name(look_up: Callable[[], str], number: int) -> str:
    try:
        return look_up()
    except KeyError:  # an id without a name, as in containers
        return str(number)
