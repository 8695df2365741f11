"""What is wrong with what a manager was told, in words. Pure: notifications and what really was go in."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tests.support.chains import SERVICE, check_chains, once
from tests.support.reported import Reported


@dataclass(slots=True)
class Tally:
    """What has been told so far, by all hosts."""

    failovers: int = 0
    """Instances that have moved, by keepalived's log: each is told by both nodes."""
    reported: int = 0
    """Notifications of services."""
    repeated: int = 0
    causes: Counter[str] = field(default_factory=Counter)
    traps: Counter[str] = field(default_factory=Counter)
    """Of haxServiceFailover: whether keepalived's own trap was seen."""
    wrong: list[str] = field(default_factory=list)

    def add(self, found: Iterable[Reported]) -> None:
        """Count notifications of services."""
        for one in found:
            if one.kind in SERVICE:
                self.reported += 1
                self.causes[one.cells["Cause"]] += 1
            if one.kind == "serviceFailover":
                self.traps[one.cells["KeepalivedTrap"]] += 1

    @property
    def unexplained(self) -> float:
        """Give the share of notifications of services whose cause is unknown, in percent."""
        return 100 * self.causes["unknown"] / max(1, self.reported)


def in_order(
    host: str, arrived: Sequence[Reported], subjects: Iterable[str], last: int
) -> tuple[list[Reported], list[str]]:
    """Give the notifications of a host once each, and what is wrong with their numbers and with the story they tell."""
    try:
        found = once(arrived)
        check_chains(found, subjects)
    except AssertionError as error:
        return [], [f"{host}: {error}"]
    return found, [] if len(found) == last else [f"{host}: {len(found)} of {last} events came"]


def false_health(host: str, found: Iterable[Reported], allowed: frozenset[str]) -> Iterator[str]:
    """Give what was told of a service's health that the fault does not explain."""
    for one in found:
        if one.kind in SERVICE and one.cells["Health"] not in allowed:
            yield f"{host}: event {one.sequence}: {' '.join(one.change)} ({one.cells['CauseText']})"


def false_roles(
    host: str, found: Sequence[Reported], kept: Mapping[str, Sequence[str]], *, all_of_it: bool
) -> Iterator[str]:
    """Give where the roles told are other ones than keepalived had, which are in ``kept`` by instance.

    Without ``all_of_it`` some need not have been told, but the last.
    """
    for instance, roles in kept.items():
        said = [
            one.cells["Role"]
            for one in found
            if one.kind in SERVICE and one.cells["Subject"] == instance
            if one.cells["Role"] not in (one.cells["PreviousRole"], "unknown")
        ]
        wanted = list(roles)
        good = said == wanted if all_of_it else is_part(said, wanted)
        if not good:
            yield f"{host}: {instance} was told to be {said}, keepalived's log says {wanted}"


def is_part(some: Sequence[str], of_all: Sequence[str]) -> bool:
    """Say whether all of the first are in the second, in their order."""
    rest = iter(of_all)
    return all(one in rest for one in some)
