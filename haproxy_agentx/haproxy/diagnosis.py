"""Why a statistics socket cannot be opened, and the line of haproxy.cfg that mends it.

The three failures that look alike to an operator are different ones: no socket file, one that a dead process left
behind, and no permission. Only the file system distinguishes them, so this module looks at it.
"""

import errno
import grp
import os
import pwd
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

from haproxy_agentx.system.descriptors import PATH_LIMIT
from haproxy_agentx.vocabulary.source import (
    Absent,
    Denied,
    Gone,
    Invalid,
    LevelTooLow,
    Refused,
    SourceError,
    UnknownCommand,
    Unresponsive,
)

GROUP = "haproxy-agentx"
"""The group that an installation makes for the daemon."""

_NOT_THERE = (
    Absent,
    "no such socket: HAProxy is not running, has its socket elsewhere, or its section 'global' lacks: {line}",
)
_NO_DESCRIPTOR = (Invalid, "no file descriptor left to connect with: raise LimitNOFILE of the service")
_QUEUE_TEXT = (
    "HAProxy accepts no connection (the queue is full): it is frozen or overloaded, or its statistics connections are"
    " used up (`stats maxconn`): check its process"
)
_QUEUE_FULL = (Unresponsive, _QUEUE_TEXT)
_DATAGRAM = (Refused, "is a datagram socket (of a log?), not a statistics socket: correct the path")
_PLAIN: Mapping[int, tuple[type[SourceError], str]] = {
    errno.ENOENT: _NOT_THERE,
    errno.ENOTDIR: _NOT_THERE,
    errno.EAGAIN: _QUEUE_FULL,
    errno.EPROTOTYPE: _DATAGRAM,
    errno.EMFILE: _NO_DESCRIPTOR,
    errno.ENFILE: _NO_DESCRIPTOR,
}


def stats_socket_line(path: str) -> str:
    """Return the line of haproxy.cfg that makes a socket at ``path`` for us: read-only level, our group."""
    return f"stats socket {path} mode 660 group {GROUP} level user"


def explain(path: str, error: OSError) -> SourceError:
    """Return the error for an operator when ``path`` could not be opened or connected to because of ``error``."""
    if error.errno in (errno.EACCES, errno.EPERM):
        return _denied(path)
    if error.errno == errno.ECONNREFUSED:
        return _refused(path)
    kind, text = _PLAIN.get(error.errno or 0, (Invalid, error.strerror or str(error)))
    return kind(f"{path}: {text.replace('{line}', stats_socket_line(path))}")


_MASTER: Mapping[type[SourceError], str] = {
    LevelTooLow: "HAProxy denies `show proc` at the level of this socket: start HAProxy with {operator}, and note that"
    " all who may open the socket may then reload HAProxy",
    UnknownCommand: "HAProxy does not know `show proc` here: it is not the socket of a master process (-S): correct"
    " `master_socket`",
    Absent: "no such socket: HAProxy runs without a master process, or has its socket elsewhere: start HAProxy with"
    " {user}, or correct `master_socket`",
    Refused: "no process listens on the socket: HAProxy's master process is not running: start HAProxy with {user}",
    Denied: "no permission: start HAProxy with {user}",
    Unresponsive: "no answer: the master process of HAProxy is frozen or overloaded: check it",
}
"""The first that fits."""


def master_option(path: str, level: str) -> str:
    """Return the option of HAProxy that makes the socket of its master at ``path``, for our group.

    Level user is enough for HAProxy 2.6 and 3.0, and cannot reload; 3.2 requires operator.
    """
    return f"-S {path},mode,660,group,{GROUP},level,{level}"


def explain_master(path: str, error: SourceError) -> SourceError:
    """Return the error for an operator when the socket of HAProxy's master process could not be read."""
    for kind, text in _MASTER.items():
        if isinstance(error, kind):
            options = {level: master_option(path, level) for level in ("user", "operator")}
            return kind(f"{path}: {text.format_map(options)}")
    return error


def refuse_long_path(path: str) -> None:
    """Raise Absent when no socket can have this path."""
    length = len(os.fsencode(path))
    if length > PATH_LIMIT:
        raise Absent(
            f"{path}: the path has {length} bytes, a Unix socket at most {PATH_LIMIT}: move the socket",
        )


def _refused(path: str) -> SourceError:
    """Distinguish a socket without a process from a file that is no socket: connect(2) says ECONNREFUSED for both."""
    try:
        mode = Path(path).stat().st_mode
    except OSError:
        mode = stat.S_IFSOCK
    if stat.S_ISDIR(mode):
        return Absent(f"{path}: is a directory, not a socket: set the path of the socket in it")
    if not stat.S_ISSOCK(mode):
        return Absent(f"{path}: is a file, not a socket: set the path of a 'stats socket' of haproxy.cfg")
    return Gone(f"{path}: no process listens on the socket (a dead HAProxy left it): HAProxy is not running, start it")


def _denied(path: str) -> Denied:
    """Return who owns what stands in the way: a directory above the socket, or the socket."""
    for parent in reversed(Path(path).parents):
        if not os.access(parent, os.X_OK, effective_ids=os.access in os.supports_effective_ids):
            return Denied(
                f"{path}: no permission to enter {parent} ({_owner(parent)}): set a socket elsewhere or open"
                f" the directory; in 'global': {stats_socket_line('/run/haproxy/ro.sock')}",
            )
    ours = str(Path(path).with_name("ro.sock"))
    setting = "" if ours == path else f"set `stats: {ours}` in the configuration of haproxy-agentx, and "
    return Denied(
        f"{path}: no permission ({_owner(Path(path))}): {setting}add in 'global' of haproxy.cfg: "
        f"{stats_socket_line(ours)}",
    )


def _owner(path: Path) -> str:
    try:
        status = path.stat()
    except OSError:
        return "owner unknown"
    user = _name(lambda: pwd.getpwuid(status.st_uid).pw_name, status.st_uid)
    group = _name(lambda: grp.getgrgid(status.st_gid).gr_name, status.st_gid)
    return f"it belongs to {user}:{group}, mode {stat.S_IMODE(status.st_mode):04o}"


def _name(look_up: Callable[[], str], number: int) -> str:
    try:
        return look_up()
    except KeyError:  # an id without a name, as in containers
        return str(number)
