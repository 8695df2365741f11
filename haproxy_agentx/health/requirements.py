"""What a service is made of, and how much of it must be usable. Pure."""

import re
from dataclasses import dataclass

from haproxy_agentx.settings.given import Given
from haproxy_agentx.settings.keys import key, listed
from haproxy_agentx.settings.patterns import number, whole
from haproxy_agentx.settings.types import ValueType, plain
from haproxy_agentx.vocabulary.shown import printable

MAX_MEMBERS = 128
"""Frontends, and backends, that a service names."""

MAX_MINIMUM = 1_000_000
"""Servers; more than any HAProxy has."""

PROXY_LIMIT = 255
_PERCENT = 100
_PROXY_PATTERN = rf"(?:[A-Za-z0-9._:-]{{1,64}}/)?[A-Za-z0-9._:-]{{1,{PROXY_LIMIT}}}"
_MINIMUM = re.compile("([0-9]{1,9}) ?(%?)")


@dataclass(frozen=True, slots=True)
class Minimum:
    """What a backend needs: so many usable servers, or so many percent of those that are not in maintenance."""

    number: int
    percent: bool = False


ALL = Minimum(100, percent=True)


def _proxy(text: str) -> str:
    if not re.fullmatch(_PROXY_PATTERN, text):
        raise ValueError(
            f"'{printable(text, 80)}' is not the name of a frontend or backend: write it as haproxy.cfg has it, or as "
            "PROCESS/NAME"
        )
    return text


def _minimum(text: str) -> Minimum:
    match = _MINIMUM.fullmatch(text)
    if not match:
        raise ValueError(f"'{printable(text, 40)}' is not a minimum: write a number of servers, or percent such as 80%")
    number, percent = int(match[1]), bool(match[2])
    most = _PERCENT if percent else MAX_MINIMUM
    if not 1 <= number <= most:
        raise ValueError(f"{match[0]} is out of range: 1{match[2]} to {most}{match[2]} are allowed")
    return Minimum(number, percent)


_PROXY_TYPE: ValueType[str] = ValueType(words="name", read=_proxy, schema=plain(_PROXY_PATTERN))
_MINIMUM_TYPE: ValueType[Minimum] = ValueType(
    words="number or percent",
    read=_minimum,
    write=lambda minimum: f"{minimum.number}{'%' if minimum.percent else ''}",
    schema={
        "type": ["integer", "string"],
        "minimum": 1,
        "maximum": MAX_MINIMUM,
        "pattern": whole(f"{number(1, _PERCENT)} ?%|{number(1, MAX_MINIMUM)} ?"),
    },
)


@dataclass(frozen=True, slots=True)
class ServiceRequirements:
    """What a service is made of: names of HAProxy, PROXY or PROCESS/PROXY; None is all there are."""

    frontends: tuple[str, ...] | None = listed(
        _PROXY_TYPE, most=MAX_MEMBERS, example="[www]", help="its frontends, NAME or PROCESS/NAME; default: all"
    )
    backends: tuple[str, ...] | None = listed(
        _PROXY_TYPE, most=MAX_MEMBERS, example="[app, api]", help="its backends, NAME or PROCESS/NAME; default: all"
    )
    minimum: Minimum = key(
        _MINIMUM_TYPE,
        default=ALL,
        name="min_servers",
        help="needed in each backend: a number, or percent of those not in maintenance",
    )

    def check(self, given: Given) -> None:
        """Note a service of nothing."""
        if self.frontends == self.backends == ():
            given.note_at("backends", "the service is made of nothing: name a frontend or a backend")


EVERYTHING = ServiceRequirements()
"""All frontends and backends there are, and of each backend all servers."""
