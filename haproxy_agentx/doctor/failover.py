"""Whether a failed check moves the address to the other node: the arithmetic of VRRP priorities. Pure.

A check without a weight, or with the weight 0, puts its instance into FAULT when it fails: the address moves wherever
another node is up. A check with a negative weight lowers the priority while it fails; one with a positive weight raises
it while it succeeds. The sum is kept within 1 and 254 (keepalived.conf(5), vrrp_script; RFC 9568 5.2.4). The address
moves when the priority of this node falls below that of the other, if that one does not have `nopreempt`: with an equal
priority the node that is MASTER stays it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from haproxy_agentx.doctor.keepalived_conf import KeepalivedConf, Statement

LOWEST, HIGHEST = 1, 254
OWNER = 255
"""The priority of the owner of the addresses: no check changes it."""


@dataclass(frozen=True, slots=True)
class Check:
    """What an instance tracks: a script, process, file or interface, and its weight; None puts it into FAULT."""

    name: str
    kind: str
    weight: int | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """One instance of one node."""

    name: str
    priority: int
    checks: Sequence[Check]
    is_nopreempt: bool = False

    def effective(self, failed: Sequence[str] = ()) -> int | None:
        """Return the priority while these checks fail; None in FAULT."""
        if self.priority == OWNER:
            return None if any(check.name in failed and check.weight is None for check in self.checks) else OWNER
        priority = self.priority
        for check in self.checks:
            fails = check.name in failed
            if fails and check.weight is None:
                return None
            if check.weight is not None and fails is (check.weight < 0):
                priority += check.weight
        return min(max(priority, LOWEST), HIGHEST)


@dataclass(frozen=True, slots=True)
class CheckFailure:
    """What happens to the address when one check fails on the node that serves, by the arithmetic alone."""

    check: Check
    before: int
    after: int | None
    other: int
    moves: bool

    @property
    def words(self) -> str:
        """Return it with its figures, in one line."""
        if self.after is None:
            return f"{self.check.name} puts the instance into FAULT: the address moves"
        weight = f"{self.before} to {self.after}"
        if self.moves:
            below = f"{weight}, below {self.other}"
            return f"if {self.check.name} fails here, the priority goes from {below}: the address moves"
        stays = "equals" if self.after == self.other else "stays above"
        return (
            f"if {self.check.name} fails here, the priority goes from {weight} and {stays} {self.other}: "
            "the address does NOT move"
        )


def failures(here: Candidate, there: Candidate) -> Iterator[CheckFailure]:
    """Yield what each check of ``here``, which serves, leads to when it fails, while all is well on ``there``."""
    before, other = here.effective(), there.effective()
    if before is None or other is None:
        return
    for check in here.checks:
        after = here.effective([check.name])
        yield CheckFailure(check, before, after, other, after is None or (after < other and not there.is_nopreempt))


def candidate(instance: Statement, conf: KeepalivedConf) -> Candidate:
    """Read one instance with all that it tracks."""
    priority = int(instance.number("priority", 100))
    keeps = instance.has("nopreempt") and instance.value("state").upper() != "MASTER"  # keepalived clears it there
    return Candidate(instance.words[0], priority, list(_checks(instance, conf)), keeps)


_DEFINED = {"track_script": "vrrp_script", "track_process": "vrrp_track_process", "track_file": "vrrp_track_file"}


def _checks(instance: Statement, conf: KeepalivedConf) -> Iterator[Check]:
    groups = [one for one in conf.all("vrrp_sync_group") if instance.words[0] in _members(one)]
    for holder in (instance, *groups):
        for kind, definition in _DEFINED.items():
            weights = _weights(conf, definition)
            for block in holder.all(kind):
                for one in block.block:
                    own = _weight(one.words)
                    yield Check(one.keyword, kind, weights.get(one.keyword) if own is None else own or None)
        for block in holder.all("track_interface"):
            for one in block.block:
                yield Check(one.keyword, "track_interface", _weight(one.words) or None)


def _members(group: Statement) -> set[str]:
    return {one.keyword for block in group.all("group") for one in block.block}


def _weights(conf: KeepalivedConf, definition: str) -> Mapping[str, int | None]:
    found = conf.all(definition, definition.removeprefix("vrrp_"))
    return {one.words[0]: int(one.value("weight", "0") or "0") or None for one in found if one.words and _is_int(one)}


def _is_int(one: Statement) -> bool:
    return one.value("weight", "0").lstrip("+-").isdecimal()


def _weight(words: Sequence[str]) -> int | None:
    """Return the weight that is given where a check is tracked."""
    if len(words) > 1 and words[0] == "weight" and words[1].lstrip("+-").isdecimal():
        return int(words[1])
    return None
