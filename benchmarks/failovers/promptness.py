"""How soon after keepalived's trap ours comes to the sink."""

from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import quantiles

from benchmarks.failovers.pair import Pair, pair, pause
from benchmarks.failovers.sink import Change, Sink, keepaliveds, ours
from integration.netlab import wait_for
from integration.netlab.plan import BALANCERS, VIRTUAL

GRACE = 5.0
"""Seconds in which the last notifications come."""


@dataclass(frozen=True, slots=True)
class Promptness:
    """``delays`` are milliseconds from keepalived's trap to ours, of each change on each node; sorted.

    ``alone`` are ours that know of no trap of keepalived's, or of one that did not come; ``unreported`` are
    keepalived's that ours did not follow.
    """

    failovers: int
    delays: tuple[float, ...]
    alone: tuple[Change, ...]
    unreported: tuple[Change, ...]

    def percentile(self, number: int) -> float:
        """Give a percentile of the delays, which are two at least."""
        return quantiles(self.delays, n=100, method="inclusive")[number - 1]


def measure(failovers: int, chance: Random) -> Promptness:
    """Have the instances move between the nodes as often as wanted, by HAProxy stopping and starting on lb1."""
    with pair("promptness") as found:
        found.lab.ctl("sink", "traps", "stop")
        with Sink(Path(f"/proc/{found.lab.host('sink').leader.pid}/ns/net")) as sink:
            done = 0
            while done < failovers:
                found.lab.ctl("lb1", "haproxy", "start" if done % (2 * len(VIRTUAL)) else "stop")
                found.wait_held("lb1" if done % (2 * len(VIRTUAL)) else "lb2")
                done += len(VIRTUAL)
                pause(chance.uniform(0.2, 0.8))  # not always at the same moment of a reading
            wait_for(lambda: _quiet(found), "all is told", GRACE)
            wait_for(lambda: len(_reported(sink)[1]) >= done * len(BALANCERS), "all has come", GRACE)
            theirs, own = _reported(sink)
    delays = sorted((own[change] - theirs[change]) / 1e6 for change in own if change in theirs)
    return Promptness(done, tuple(delays), tuple(own.keys() - theirs.keys()), tuple(theirs.keys() - own.keys()))


def _quiet(found: Pair) -> bool:
    return all(found.status(host)["events"]["queued"] == 0 for host in BALANCERS)


def _reported(sink: Sink) -> tuple[dict[Change, int], dict[Change, int]]:
    """Give keepalived's changes and ours, and when the first notification of each came."""
    theirs: dict[Change, int] = {}
    own: dict[Change, int] = {}
    for datagram in list(sink.datagrams):
        for found, read in ((theirs, keepaliveds), (own, ours)):
            if (change := read(datagram)) is not None:
                found.setdefault(change, datagram.at)
    return theirs, own
