"""A client that asks at the virtual address all the time, and what it saw."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby, pairwise
from types import TracebackType
from typing import Self

from integration.dockerlab.lab import DockerLab
from integration.netlab.plan import VIRTUAL
from integration.netlab.waiting import LabError

LOG = "/tmp/probe.log"  # noqa: S108  of the container
PERIOD, TIMEOUT = 0.05, 0.5
"""Seconds between two requests, and of one."""

LOOP = (
    f"echo $$ >/tmp/probe.pid; while :; do echo $EPOCHREALTIME $(curl -s -m {TIMEOUT} -o /dev/null "
    f"-w '%{{http_code}} %header{{x-lb}}' http://$1/); sleep {PERIOD}; done >{LOG}"
)
"""A script of bash; its argument is the address."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One request: when it was begun (seconds since the epoch), the HTTP status (0: none), who answered."""

    time: float
    code: int
    by: str

    @property
    def good(self) -> bool:
        """Tell whether the client was served."""
        return self.code == 200

    @classmethod
    def parse(cls, line: str) -> Self:
        """Read a line of the log."""
        time, code, *by = line.split()
        return cls(float(time), int(code), by[0] if by else "")


@dataclass(frozen=True, slots=True)
class Service:
    """A stretch in which one load balancer served; times of its first and last good answer."""

    by: str
    first: float
    last: float


def services(answers: Iterable[Answer]) -> list[Service]:
    """Tell who served, one after the other. A return to the same one after bad answers is the same stretch."""
    good = (answer for answer in answers if answer.good)
    groups = ((by, list(group)) for by, group in groupby(good, key=lambda answer: answer.by))
    return [Service(by, group[0].time, group[-1].time) for by, group in groups]


def gaps(found: Iterable[Service]) -> list[float]:
    """Return the seconds between the last answer of one load balancer and the first of the next."""
    return [after.first - before.last for before, after in pairwise(found)]


def longest_silence(answers: Iterable[Answer]) -> float:
    """Return the longest time in seconds between two good answers that follow each other."""
    times = [answer.time for answer in answers if answer.good]
    return max((after - before for before, after in pairwise(times)), default=0.0)


class Probe:
    """It asks while the block runs; `answers` are there afterwards."""

    def __init__(self, lab: DockerLab, address: str = VIRTUAL["SITE1"]) -> None:
        self.lab = lab
        self.address = address
        self.answers: list[Answer] = []

    def __enter__(self) -> Self:
        self.lab.start("client", "bash", "-c", LOOP, "probe", self.address)
        return self

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None) -> None:
        lines = self.lab.shell("client", f"kill $(cat /tmp/probe.pid); cat {LOG}").splitlines()
        if not lines and not error:
            raise LabError("the client's requests were not made")
        self.answers = [Answer.parse(line) for line in lines]
