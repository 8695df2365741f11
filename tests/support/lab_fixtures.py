"""Fixtures of the network-namespace lab: up in about a second, shared while it is well, removed afterwards.

`lab` has our daemon on both load balancers, `bare_lab` has not. Another variant of keepalived's configuration:
`@pytest.mark.parametrize("lab", ["fault"], indirect=True)`. A test may do with it what it likes: the next one gets
another lab, and so it does after a test that failed, or where the lab is not as it came up.
"""

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress

import pytest

from integration.netlab import Lab, LabError, peers
from integration.netlab.plan import BALANCERS
from tests.support.pair_lab import PairLab

Prepare = Callable[[Lab], None]


class Keeper:
    """Holds one lab at a time. ``count`` is how many there were."""

    def __init__(self) -> None:
        self.lab: Lab | None = None
        self.kind: tuple[object, ...] | None = None
        self.count = 0

    def get(
        self,
        variant: str,
        *,
        agent: bool,
        prepare: Prepare | None = None,
        mended: bool = False,
        balancers: Sequence[str] = BALANCERS,
    ) -> Lab:
        """Give a lab that is as it came up. ``mended``: those who share it do something to it, and mend what they did.

        ``prepare`` is that of ``Lab.up``; who prepares otherwise gets another lab.
        """
        kind = (variant, agent, prepare, balancers)
        if self.lab and (self.kind != kind or (self.lab.disturbed and not mended) or self.lab.complaint()):
            self.down()
        if self.lab is None:
            self.count += 1
            name = f"test-{os.getpid()}-{self.count}"
            self.lab = Lab.up(name, variant, agent=agent, prepare=prepare, balancers=balancers)
            self.kind = kind
        return self.lab

    def down(self) -> None:
        if self.lab:
            self.lab.down()
            self.lab = None


@pytest.fixture(scope="session")
def keeper() -> Iterator[Keeper]:
    keeper = Keeper()
    yield keeper
    keeper.down()


@pytest.fixture
def lab(keeper: Keeper, request: pytest.FixtureRequest) -> Lab:
    return keeper.get(getattr(request, "param", "fast"), agent=True)


@pytest.fixture
def bare_lab(keeper: Keeper, request: pytest.FixtureRequest) -> Lab:
    return keeper.get(getattr(request, "param", "fast"), agent=False)


@pytest.fixture
def pair(keeper: Keeper, request: pytest.FixtureRequest) -> PairLab:
    """Both load balancers read each other over a management network, and say that the pair is redundant.

    The parameter is what prepares their lab, if not ``read_each_other``.
    """
    found = PairLab(keeper.get("fast", agent=True, prepare=getattr(request, "param", peers.read_each_other)))
    found.await_states("redundant", "redundant")
    return found


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[object]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failure in the lab comes with the logs of its programs, and is the last thing that happens in it."""
    report = yield
    used = getattr(item, "funcargs", {}).values()
    if report.failed:
        labs = [value for value in used if isinstance(value, Lab)]
        if not isinstance(getattr(call.excinfo, "value", None), LabError):
            with suppress(LabError, OSError):
                report.sections += [("lab", lab.logs()) for lab in labs]
        for keeper in (value for value in used if isinstance(value, Keeper)):
            if keeper.lab in labs:
                keeper.down()
    return report
