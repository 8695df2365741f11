"""What haproxy-agentx told the sink and wrote into its event log since a moment, read as in the other lab."""

from dataclasses import dataclass
from typing import Self

from integration.dockerlab import DockerLab
from integration.netlab import wait_for
from tests.support.reported import Reported, Row, await_acknowledged, reported_of

FAILOVER = "serviceFailover"


@dataclass(frozen=True, slots=True)
class Heard:
    """All since it was made: behind the ``first`` traps of the sink, and the ``last`` event of each load balancer."""

    lab: DockerLab
    first: int
    last: dict[str, int]

    @classmethod
    def since_now(cls, lab: DockerLab, *hosts: str) -> Self:
        return cls(lab, len(lab.traps()), {host: lab.status(host)["events"]["last"] for host in hosts})

    def ours(self) -> list[Reported]:
        """Our notifications, in the order of their arrival."""
        return [one for trap in self.lab.traps()[self.first :] if (one := reported_of(trap)) is not None]

    def failover(self, host: str, instance: str, role: str, seconds: float = 15.0) -> Reported:
        """Wait until a load balancer tells that an instance has got a role."""

        def found() -> Reported | None:
            fitting = (one for one in self.ours() if (one.source, one.kind) == (host, FAILOVER))
            return next((one for one in fitting if (one.cells["Subject"], one.cells["Role"]) == (instance, role)), None)

        return wait_for(found, f"{host} tells that it is {role} of {instance}", seconds, self.lab.logs)

    def log(self, host: str) -> list[Row]:
        """The new rows of haxEventTable; each of them came to the sink, as it is there, in order and without a hole."""
        rows = [row for row in await_acknowledged(self.lab, host) if int(row["Sequence"]) > self.last[host]]

        def arrived() -> dict[int, Reported] | None:
            found = {one.sequence: one for one in self.ours() if one.source == host}
            return found if {int(row["Sequence"]) for row in rows} <= found.keys() else None

        reported = wait_for(arrived, f"all events of {host} are at the sink", 10, self.lab.logs)
        numbers = [int(row["Sequence"]) for row in rows]
        assert numbers == list(range(self.last[host] + 1, self.last[host] + 1 + len(rows)))
        assert [number for number in reported if number > self.last[host]] == numbers
        for number, row in zip(numbers, rows, strict=True):
            cells = {name: cell for name, cell in reported[number].cells.items() if name != "MaybeRepeated"}
            assert cells == {name: row[name] for name in cells}
        return rows
