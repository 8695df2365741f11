"""The pictures of docs/monitoring.md: the map while all is well, after a failover, and in a blackhole."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from haproxy_agentx.health.model import Health
from integration.netlab import Lab, wait_for
from integration.netlab.plan import BALANCERS, VIRTUAL
from integration.packs.alarms import NOT_SERVED, of_health, of_source
from integration.zabbixlab.browser import document, line_colours, map_page, picture
from integration.zabbixlab.content import problems
from integration.zabbixlab.server import Zabbix
from integration.zabbixlab.service_map import BLUE, GREEN, HEIGHT, IN_PLACE, NO_ANSWER, RED, WIDTH

SECONDS = 180.0
MARGIN = 24
"""Around the map, in the page."""


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture: the name of its file, what is done to the lab and how it is undone, and what is awaited.

    ``lines`` are the colours of the lines to lb1 and lb2, ``lb1`` and ``site`` all alarms of lb1 and of the services.
    """

    name: str
    begin: Callable[[Lab], None]
    end: Callable[[Lab], None]
    lines: tuple[str, str]
    lb1: tuple[str, ...] = ()
    site: tuple[str, ...] = ()

    def problems(self) -> frozenset[tuple[str, str]]:
        """Return all problems that are awaited, each with its host."""
        of_services = ((alarm, service) for service in VIRTUAL for alarm in self.site)
        return frozenset((alarm, BALANCERS[0]) for alarm in self.lb1) | frozenset(of_services)


def _nothing(_: Lab) -> None:
    return


SHOTS = (
    Shot("zabbix-well", _nothing, _nothing, (GREEN, BLUE)),
    Shot(
        "zabbix-failover",
        lambda lab: lab.ctl("lb1", "haproxy", "stop"),
        lambda lab: lab.ctl("lb1", "haproxy", "start"),
        (RED, GREEN),
        (of_health(Health.standbyNotReady), of_source("refused")),
        (IN_PLACE,),
    ),
    Shot(
        "zabbix-blackhole",
        lambda lab: lab.ctl("lb1", "haproxy", "freeze"),
        lambda lab: lab.ctl("lb1", "haproxy", "thaw"),
        (RED, BLUE),
        (of_health(Health.blackhole), of_source("stale")),
        (NOT_SERVED.name, NO_ANSWER),
    ),
)


def await_lines(zabbix: Zabbix, number: str, lines: tuple[str, str]) -> None:
    """Wait until the browser shows the lines of a map in these colours. LabError with those that it shows."""
    seen: list[list[str]] = []

    def shown() -> bool:
        seen.append(line_colours(document(zabbix, map_page(number))))
        return seen[-1] == list(lines)

    wait_for(shown, f"the lines are {lines}", SECONDS, lambda: f"they are {seen[-1]}")


def take(zabbix: Zabbix, number: str, folder: Path) -> None:
    """Take all pictures of a map. LabError."""
    for shot in SHOTS:
        shot.begin(zabbix.lab)
        try:
            _await_problems(zabbix, shot.problems())
            await_lines(zabbix, number, shot.lines)
            (folder / f"{shot.name}.png").write_bytes(
                picture(zabbix, map_page(number), WIDTH + MARGIN, HEIGHT + 2 * MARGIN)
            )
        finally:
            shot.end(zabbix.lab)


def _await_problems(zabbix: Zabbix, wanted: frozenset[tuple[str, str]]) -> None:
    seen = [wanted]

    def there() -> bool:
        seen.append(problems(zabbix.api))
        return seen[-1] == wanted

    wait_for(there, f"the problems are {sorted(wanted)}", SECONDS, lambda: f"they are {sorted(seen[-1])}")
