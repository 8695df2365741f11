"""The running daemon, as commands find it: by the store of its configuration."""

import json
import os
import sys
from dataclasses import dataclass

from haproxy_agentx.cli.words import LONGEST
from haproxy_agentx.config import Config, ConfigError, load
from haproxy_agentx.control.client import control_path
from haproxy_agentx.vocabulary.shown import printable


@dataclass(frozen=True, slots=True)
class Running:
    """Where the daemon answers. ``mistakes`` says whether its file has become wrong since it was read."""

    path: str
    mistakes: bool = False


def find(config_file: str | None) -> Running:
    """Find the daemon that this configuration belongs to.

    Raises ConfigError, but of the default file only when no daemon runs with the default store: a mistake that was made
    in that file since hides nothing, and is reported on standard error.
    """
    try:
        return Running(control_path(load(config_file).store))
    except ConfigError as error:
        path = control_path(Config().store)
        if config_file is not None or not os.path.exists(path):  # noqa: PTH110  no permission is no
            raise
        print(f"{error}\nThis configuration is not in effect. The running haproxy-agentx:", file=sys.stderr)
        return Running(path, mistakes=True)


def report_problem(text: str, *, as_json: bool) -> None:
    """Print why a command cannot be done."""
    if as_json:
        print(json.dumps({"problem": text}))
    else:
        print(printable(text, LONGEST), file=sys.stderr)


OTHER_VERSION = "the running haproxy-agentx is of another version than this command: restart it"
