"""Fixtures of the network-namespace lab: up in about a second, shared while undisturbed, removed afterwards.

`lab` has our daemon on both load balancers, `bare_lab` has not. Another variant of keepalived's configuration:
`@pytest.mark.parametrize("lab", ["fault"], indirect=True)`. A test may do with it what it likes.
"""

import os
from collections.abc import Iterator
from contextlib import suppress

import pytest

from integration.netlab import Lab, LabError


class Keeper:
    """Holds one lab at a time."""

    def __init__(self):
        self.lab: Lab | None = None
        self.kind: tuple[str, bool] | None = None
        self.count = 0

    def get(self, variant: str, *, agent: bool) -> Lab:
        """A lab that nobody has disturbed."""
        if self.lab and (self.lab.disturbed or self.kind != (variant, agent)):
            self.down()
        if self.lab is None:
            self.count += 1
            self.lab = Lab.up(f"test-{os.getpid()}-{self.count}", variant, agent=agent)
            self.kind = (variant, agent)
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
def lab(keeper, request) -> Lab:
    return keeper.get(getattr(request, "param", "fast"), agent=True)


@pytest.fixture
def bare_lab(keeper, request) -> Lab:
    return keeper.get(getattr(request, "param", "fast"), agent=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """A failure in the lab comes with the logs of its programs."""
    report = yield
    if report.failed and not isinstance(getattr(call.excinfo, "value", None), LabError):
        labs = (value for value in getattr(item, "funcargs", {}).values() if isinstance(value, Lab))
        with suppress(LabError, OSError):
            report.sections += [("lab", lab.logs()) for lab in labs]
    return report
