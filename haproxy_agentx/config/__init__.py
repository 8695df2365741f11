"""The configuration, as the rest of the program uses it, and reading its file.

::

    root: 1.3.6.1.4.1.32473.1   # without it objects.root.ROOT
    agentx: {socket: /var/agentx/master, priority: 127}
    haproxy:
      - {name: local, stats: /run/haproxy/admin.sock, interval: 1s, timeout: 2s}
    keepalived: {fifo: /run/haproxy-agentx/vrrp.fifo, traps: 127.0.0.1:1162}
    notifications: {hold: 1s, limit: 10/min, servers: no, backends: yes, egress_hold: 5m, remind: none}
    store: /var/lib/haproxy-agentx/state.db

Every key may be left out; each is a field of a record (``model``, ``settings.keys``). A secret is never in the file: it
is in a file of its own (``password_file``), which may be a systemd credential (``password_file: credential:NAME``).
"""

import errno
import os
import stat
from collections.abc import Mapping

from haproxy_agentx.config.cautions import advice
from haproxy_agentx.config.default import text_of
from haproxy_agentx.config.errors import ConfigError, ConfigProblem
from haproxy_agentx.config.model import (
    AgentxConfig,
    Config,
    HaproxyConfig,
    KeepalivedConfig,
    NotificationsConfig,
    ServiceConfig,
    TrapsConfig,
)
from haproxy_agentx.settings.paths import CREDENTIALS_DIRECTORY

__all__ = [
    "DEFAULT_FILE",
    "AgentxConfig",
    "Config",
    "ConfigError",
    "ConfigProblem",
    "HaproxyConfig",
    "KeepalivedConfig",
    "NotificationsConfig",
    "ServiceConfig",
    "TrapsConfig",
    "advice",
    "default_text",
    "load",
    "parse",
]

DEFAULT_FILE = "/etc/haproxy-agentx/config.yaml"
MAX_OCTETS = 256 * 1024

_REMEDIES = {
    errno.ENOENT: "write it (haproxy-agentx runs without one, too: leave --config away), or correct the path",
    errno.ENOTDIR: "correct the path",
    errno.EISDIR: "give the path of the file in it, such as config.yaml",
    errno.ELOOP: "correct the link",
}


def default_text() -> str:
    """Return the defaults as a file with comments."""
    return text_of(Config)


def parse(text: str, file: str, credentials: str = CREDENTIALS_DIRECTORY) -> Config:
    """Read the text of a configuration. Raises ConfigError with every problem, whatever the text is."""
    from haproxy_agentx.config import reader  # noqa: PLC0415  YAML is for those who have a file

    return reader.read(text, file, Config, credentials)


def load(path: str | None, environment: Mapping[str, str] = os.environ) -> Config:
    """Read the file at ``path``; None is DEFAULT_FILE, or the built-in defaults where there is none.

    Raises ConfigError. ``password_file: credential:NAME`` is looked for where $CREDENTIALS_DIRECTORY says.
    """
    file = DEFAULT_FILE if path is None else path
    try:
        content = _read(file)
    except FileNotFoundError as error:
        if path is None and not os.path.islink(file):  # noqa: PTH114  a link to nowhere was meant to lead somewhere
            return Config()
        raise _unreadable(file, error) from error
    except (OSError, ValueError) as error:
        raise _unreadable(file, error) from error
    if len(content) > MAX_OCTETS:
        raise ConfigError(
            file, [ConfigProblem(0, "", f"it is larger than {MAX_OCTETS >> 10} KiB: is it the right file?")]
        )
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        what = f"the octet 0x{content[error.start]:02x} is not UTF-8: save the file as UTF-8"
        raise ConfigError(file, [ConfigProblem(line, "(encoding)", what)]) from error
    return parse(text, file, environment.get("CREDENTIALS_DIRECTORY") or CREDENTIALS_DIRECTORY)


def _read(file: str) -> bytes:
    """Return the file's content, at most one octet more than is allowed; a FIFO or device is not waited for."""
    descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    with open(descriptor, "rb") as opened:  # noqa: PTH123  it is open already
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "Not a regular file")
        return opened.read(MAX_OCTETS + 1)


def _unreadable(file: str, error: OSError | ValueError) -> ConfigError:
    number = error.errno if isinstance(error, OSError) else None
    reason = error.strerror if isinstance(error, OSError) else str(error)
    if number in {errno.EACCES, errno.EPERM}:
        remedy = f"let uid {os.geteuid()} read it: chgrp haproxy-agentx and chmod 0640, and 0755 on its folders"
    else:
        remedy = _REMEDIES.get(number or 0, "give the path of a readable YAML file")
    return ConfigError(file, [ConfigProblem(0, "", f"cannot be read: {reason}: {remedy}")])
