"""What a manager sees of the pair: rows by SNMP, notifications at the sink, an answer to a client."""

import sys
from dataclasses import dataclass

from haproxy_agentx.health.model import Health
from haproxy_agentx.objects import schema
from integration.demo.notices import Notice, Row, StateChange, entry, read, rows
from integration.netlab import Lab, wait_for
from integration.netlab.plan import BALANCERS, PROJECT, ROOT, VIRTUAL, VRRP_INSTANCE_STATE
from integration.netlab.services import MIB_DIRECTORIES
from integration.netlab.traps import VRRP_NAME
from integration.walks import Variable

MODULES = "HAPROXY-AGENTX-MIB:KEEPALIVED-MIB"
HAX_HEALTH = f"{ROOT}.1.1.20.0"
VRRP_STATES = {"1": "backup", "2": "master", "3": "fault", "4": "unknown", "5": "shutdown"}
PAIR = tuple((host, service) for service in VIRTUAL for host in BALANCERS)
"""Each node with each service."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A service on a node: what keepalived says, and what we say."""

    host: str
    service: str
    keepalived: str
    row: Row

    @property
    def health(self) -> str:
        """Its haxServiceHealth."""
        return self.row.get("Health", "")


class Manager:
    """Looks at a lab from outside."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab

    def named(self, program: str, host: str, what: str) -> list[str]:
        """Ask by names, as an administrator does, with the community that the lab has."""
        names = (f"MIBDIRS={MIB_DIRECTORIES}", f"MIBS={MODULES}")
        return self.lab.exec("client", "env", *names, *command(program, host, what), check=False).splitlines()

    def services(self, host: str) -> dict[str, Row]:
        """Return the rows of haxServiceTable by name of the service."""
        table = schema.SERVICE_TABLE
        found = rows(table, self.lab.snmp("snmpbulkwalk", host, entry(table)))
        return {row["Name"]: row for row in found.values() if "Name" in row}

    def keepalived(self, host: str) -> dict[str, str]:
        """Return vrrpInstanceState by name of the instance: keepalived's own word."""
        names, states = (self.lab.snmp("snmpbulkwalk", host, column) for column in (VRRP_NAME, VRRP_INSTANCE_STATE))
        values = [[line.rpartition(": ")[2].strip('"') for line in lines] for lines in (names, states)]
        return {name: VRRP_STATES.get(state, state) for name, state in zip(*values, strict=False)}

    def pair(self) -> list[Seen]:
        """Return both services on both nodes."""
        said = {host: self.keepalived(host) for host in BALANCERS}
        reported = {host: self.services(host) for host in BALANCERS}
        return [Seen(host, name, said[host].get(name, ""), reported[host].get(name, {})) for host, name in PAIR]

    def health(self, host: str) -> str:
        """Return haxHealth.0: of the worst service of the node."""
        for line in self.lab.snmp("snmpget", host, HAX_HEALTH):
            number = line.rpartition(": ")[2]
            if number.isdigit():
                return Health(int(number)).name
        return ""

    def await_pair(self, lb1: str, lb2: str, seconds: float = 20.0) -> list[Seen]:
        """Wait for the health of both services on each node."""
        wanted = {"lb1": lb1, "lb2": lb2}

        def as_wanted() -> list[Seen] | None:
            seen = self.pair()
            return seen if all(each.health == wanted[each.host] for each in seen) else None

        def logs() -> str:
            return "\n".join([*map(str, self.pair()), self.lab.logs()])

        return wait_for(as_wanted, f"both services are {lb1} on lb1 and {lb2} on lb2", seconds, logs)

    def arrived(self, skip: int = 0) -> list[StateChange | Notice]:
        """Return keepalived's and our notifications behind the first ``skip`` ones at the sink."""
        return list(read(self.lab.traps()[skip:]))

    def redundancy(self, host: str) -> dict[str, Row]:
        """Return the rows of haxPairTable by name of the service: the pair as the node sees it."""
        table = schema.PAIR_TABLE
        found = rows(table, self.lab.snmp("snmpbulkwalk", host, entry(table)))
        return {row["Service"]: row for row in found.values() if "Service" in row}

    def await_redundancy(self, state: str, seconds: float = 20.0) -> dict[str, dict[str, Row]]:
        """Wait until both nodes say that both services are in a pair state; return their rows by node."""

        def as_wanted() -> dict[str, dict[str, Row]] | None:
            seen = {host: self.redundancy(host) for host in BALANCERS}
            said = [seen[host].get(service, {}).get("State") for host, service in PAIR]
            return seen if set(said) == {state} else None

        def logs() -> str:
            return "\n".join([*(str(self.redundancy(host)) for host in BALANCERS), self.lab.logs()])

        return wait_for(as_wanted, f"both nodes say that the pair is {state}", seconds, logs)

    def await_told(self, host: str, subject: str, state: str, skip: int, seconds: float = 20.0) -> Notice:
        """Wait for a notification of ours about the pair."""
        return self._await_cells(host, subject, {"State": state}, skip, seconds)

    def await_notice(self, host: str, subject: str, health: str, skip: int, seconds: float = 20.0) -> Notice:
        """Wait for a notification of ours of such a health."""
        return self._await_cells(host, subject, {"Health": health}, skip, seconds)

    def _await_cells(self, host: str, subject: str, wanted: Row, skip: int, seconds: float) -> Notice:
        def reported() -> Notice | None:
            ours = (one for one in self.arrived(skip) if isinstance(one, Notice))
            mine = (one for one in ours if (one.source, one.subject) == (host, subject))
            return next((one for one in mine if wanted.items() <= one.cells.items()), None)

        what = f"at the sink: {host} tells of {subject}: {', '.join(wanted.values())}"
        return wait_for(reported, what, seconds, self.lab.logs)

    def agent(self, host: str, *arguments: str, width: int, colour: bool) -> str:
        """Run `haproxy-agentx` on a host, as its administrator does."""
        terminal = ("FORCE_COLOR=1",) if colour else ("NO_COLOR=1",)
        program = (
            "env",
            f"COLUMNS={width}",
            f"PYTHONPATH={PROJECT}",
            *terminal,
            sys.executable,
            "-m",
            "haproxy_agentx",
        )
        return self.lab.exec(host, *program, *arguments, check=False)

    def counts(self, host: str) -> dict[str, int]:
        """Return the counters of the outbox by their names without haxAgent."""
        wanted = (
            "haxAgentEventsAcknowledged",
            "haxAgentEventsQueued",
            "haxAgentEventsLost",
            "haxAgentLastEventSequence",
        )
        lines = self.named("snmpget", host, " ".join(f"{name}.0" for name in wanted))
        found = filter(None, map(Variable.parse, lines))
        return {each.name.removeprefix("haxAgent"): int(each.value.split()[0]) for each in found}


def command(program: str, host: str, what: str) -> list[str]:
    """Return the command line that asks by names."""
    return [program, "-v2c", "-c", "public", "-Os", host, *what.split()]
