"""``haproxy-agentx check-config``."""

import os
import pwd
import subprocess
import textwrap
from pathlib import Path

from haproxy_agentx.config import DEFAULT_FILE, advice, load
from haproxy_agentx.config.effective import effective_text
from haproxy_agentx.config.secret_files import USER, exposures, named_files
from haproxy_agentx.settings.paths import CREDENTIALS_DIRECTORY


def check_config(config_file: str | None) -> int:
    """Return what the daemon would do with this configuration. Raises ConfigError with all that is wrong."""
    config = load(config_file)
    file = config_file or DEFAULT_FILE
    exists = not _is_missing(file)
    print("configuration is valid:", file if exists else f"the built-in defaults, as there is no {file}")
    print(textwrap.indent(effective_text(config), "  "), end="")
    if config.services is None:
        print(
            "without services, each VRRP instance is a service over all of HAProxy; without keepalived, the node is one"
        )
    for caution in advice(config):
        print(f"warning: {caution}")
    # systemd's credentials are there only while the daemon runs
    wanted = [
        (f"{one.key}: ", one.path) for one in named_files(config) if not one.path.startswith(CREDENTIALS_DIRECTORY)
    ]
    for key, path in [*([("", file)] if exists else []), *wanted]:
        if _is_missing(path):
            print(f"warning: {key}{path} does not exist: write it, or correct the path")
        elif not _is_readable(path):
            print(
                f"warning: {key}{path} cannot be read by {USER}; chgrp {USER} and chmod 0640, and 0755 on its folders"
            )
    for exposure in exposures(config):
        print(f"warning: {exposure.text}")
    return 0


def _is_missing(path: str) -> bool:
    """Whether there is surely no such file; what this user may not look at may well be there."""
    try:
        Path(path).stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def _is_readable(path: str) -> bool:
    """Whether the daemon's user can read a file; True when only root could find out, or there is no such user."""
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
