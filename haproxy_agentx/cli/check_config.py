"""``haproxy-agentx check-config``."""

import os
import pwd
import subprocess
from collections.abc import Iterator
from pathlib import Path

from haproxy_agentx.agentx.oid import dotted
from haproxy_agentx.config import DEFAULT_FILE, Config, advice, load
from haproxy_agentx.config.values import CREDENTIALS_DIRECTORY

USER = "haproxy-agentx"
"""The user that the service runs as."""


def check_config(config_file: str | None) -> int:
    """Say what the daemon would do with this configuration. Raises ConfigError with all that is wrong."""
    config = load(config_file)
    file = config_file or DEFAULT_FILE
    exists = not _is_missing(file)
    print("configuration is good:", file if exists else f"the built-in defaults, as there is no {file}")
    print(f"  root    {dotted(config.root)}")
    print(f"  agentx  {config.agentx.socket}, priority {config.agentx.priority}")
    for haproxy in config.haproxy:
        print(f"  haproxy {haproxy.name}: {haproxy.stats} every {haproxy.interval:g} s, {haproxy.timeout:g} s at most")
    print(f"  store   {config.store}")
    for caution in advice(config):
        print(f"mind: {caution}")
    for key, path in _files(config, file if exists else None):
        if _is_missing(path):
            print(f"mind: {key}{path} does not exist; write it, or correct the path")
        elif not _is_readable(path):
            print(f"mind: {key}{path} cannot be read by {USER}; chgrp {USER} and chmod 0640, and 0755 on its folders")
    return 0


def _files(config: Config, file: str | None) -> Iterator[tuple[str, str]]:
    """Give the files that the daemon will read, but for systemd's credentials, which are there only while it runs."""
    if file is not None:
        yield "", file
    for place, haproxy in enumerate(config.haproxy):
        for key, path in (("password_file", haproxy.password_file), ("ca_file", haproxy.ca_file)):
            if path is not None and not path.startswith(CREDENTIALS_DIRECTORY):
                yield f"haproxy[{place}].{key}: ", path


def _is_missing(path: str) -> bool:
    """Say whether there is surely no such file; what this user may not look at may well be there."""
    try:
        Path(path).stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def _is_readable(path: str) -> bool:
    """Say whether the daemon's user can read a file; True when only root could find out, or there is no such user."""
    if os.geteuid() != 0:
        return True
    try:
        user = pwd.getpwnam(USER)
    except KeyError:
        return True
    groups = os.getgrouplist(USER, user.pw_gid)
    command = ("/usr/bin/test", "-r", path)
    done = subprocess.run(  # noqa: S603  no shell, and the path is one argument
        command, user=user.pw_uid, group=user.pw_gid, extra_groups=groups, check=False
    )
    return done.returncode == 0
