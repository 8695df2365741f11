"""The values of services and of what is told: each reads one text, or raises ValueError with 'what; remedy'."""

import re

from haproxy_agentx.config.values import NONE, path
from haproxy_agentx.health.model import Minimum, Role
from haproxy_agentx.printable import printable

MAX_MINIMUM = 1_000_000
"""Servers; more than any HAProxy has."""

INSTANCE_LIMIT = 255
"""Octets in the name of a VRRP instance (SnmpAdminString)."""

PROXY_LIMIT = 255
LIMIT_RANGE = (1, 600)
"""Events in a minute or an hour."""

_PROXY = re.compile(rf"(?:[A-Za-z0-9._:-]{{1,64}}/)?[A-Za-z0-9._:-]{{1,{PROXY_LIMIT}}}")
_MINIMUM = re.compile("([0-9]{1,9}) ?(%?)")
_LIMIT = re.compile("([0-9]{1,9}) ?/ ?(min|hour|h)")
_SECONDS = {"min": 60.0, "h": 3600.0, "hour": 3600.0}
_YES, _NO = {"yes", "true", "on"}, {"no", "false", "off"}
_PERCENT = 100
_ROLES = {"master": Role.master, "backup": Role.backup}


def fifo(text: str) -> str | None:
    """Read the absolute path of a FIFO, or ``none``."""
    return None if text == NONE else path(text)


def vrrp_instance(text: str) -> str:
    """Read the name of a VRRP instance, as keepalived.conf has it."""
    if not text.isprintable() or text != text.strip() or len(text.encode(errors="replace")) > INSTANCE_LIMIT:
        raise ValueError(
            f"it is not the name of a VRRP instance; write what follows vrrp_instance in keepalived.conf, at most "
            f"{INSTANCE_LIMIT} octets"
        )
    return text


def proxy(text: str) -> str:
    """Read the name of a frontend or backend, or PROCESS/NAME with the name of an HAProxy of this configuration."""
    if not _PROXY.fullmatch(text):
        raise ValueError(
            f"'{printable(text, 80)}' is not the name of a frontend or backend; write it as haproxy.cfg has it, or as "
            "PROCESS/NAME"
        )
    return text


def minimum(text: str) -> Minimum:
    """Read how many servers a backend needs: a number from 1, or 1% to 100%."""
    match = _MINIMUM.fullmatch(text)
    if not match:
        raise ValueError(f"'{printable(text, 40)}' is not a minimum; write a number of servers, or percent such as 80%")
    number, percent = int(match[1]), bool(match[2])
    most = _PERCENT if percent else MAX_MINIMUM
    if not 1 <= number <= most:
        raise ValueError(f"{match[0]} is out of range; 1{match[2]} to {most}{match[2]} are possible")
    return Minimum(number, percent)


def intended_role(text: str) -> Role:
    """Read what this node is to be, master or backup."""
    role = _ROLES.get(text[:40].lower())
    if role is None:
        raise ValueError(f"'{printable(text, 40)}' is not a role; write master or backup")
    return role


def limit(text: str) -> tuple[int, float]:
    """Read a rate such as 10/min or 60/hour: so many events in so many seconds."""
    match = _LIMIT.fullmatch(text)
    if not match:
        raise ValueError(f"'{printable(text, 40)}' is not a limit; write it as 10/min or 60/hour")
    least, most = LIMIT_RANGE
    if not least <= int(match[1]) <= most:
        raise ValueError(f"{match[0]} is out of range; {least} to {most} per min or hour are possible")
    return int(match[1]), _SECONDS[match[2]]


def yes_or_no(text: str) -> bool:
    """Read yes or no, true or false, on or off."""
    word = text[:40].lower()
    if word not in _YES | _NO:
        raise ValueError(f"'{printable(text, 40)}' is neither yes nor no; write yes or no")
    return word in _YES
