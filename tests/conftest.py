"""What all tests may ask for."""

import gc
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

pytest.register_assert_rewrite("tests.support")  # what they assert is shown as what a test asserts

from tests.support import golden, system
from tests.support.egress import ensure_egress
from tests.support.our_agent import Agent
from tests.support.scripted_master import Link, ScriptedMaster
from tests.support.snmpd import Snmpd

settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("quick", settings.get_profile("patient"), max_examples=20, derandomize=True)
settings.load_profile("patient")
"""An example takes as long as it takes: the time on the clock says more about the machine than about us."""

signal.signal(signal.SIGINT, signal.default_int_handler)
"""Where tests run in the background, a shell has it ignored, and so would all that they start."""

ensure_egress()


@pytest.fixture(scope="module", autouse=True)
def _closed() -> Iterator[None]:
    """Find what the tests of a file left open before those of another one run: pytest fails the last of the file."""
    yield
    gc.collect()


@pytest.fixture
def snmpd_factory(tmp_path: Path) -> Iterator[Callable[..., Snmpd]]:
    """Start any number of snmpd, each in a folder of its own; the arguments are those of ``Snmpd`` after the folder."""
    with ExitStack() as running:
        count = 0

        def start(*arguments: object, **named: object) -> Snmpd:
            nonlocal count
            count += 1
            return running.enter_context(Snmpd(tmp_path / f"snmpd{count}", *arguments, **named))

        yield start


@pytest.fixture
def snmpd(snmpd_factory: Callable[..., Snmpd]) -> Snmpd:
    """Give one real snmpd, running and answering."""
    return snmpd_factory()


@pytest.fixture
def master(tmp_path: Path) -> Iterator[ScriptedMaster]:
    """Give a scripted AgentX master that listens."""
    with ScriptedMaster(tmp_path / "master") as listening:
        yield listening


@pytest.fixture
def agent_factory() -> Iterator[Callable[..., Agent]]:
    """Start any number of our agents; the arguments are those of ``Agent``."""
    with ExitStack() as running:
        yield lambda *arguments, **named: running.enter_context(Agent(*arguments, **named))


@pytest.fixture
def link(master: ScriptedMaster, agent_factory: Callable[..., Agent]) -> Link:
    """Give a session of our agent, serving the golden tree, with a scripted master."""
    agent_factory(master.path, golden.VIEW)
    return master.session()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that need the system, before those with a mark are selected."""
    system.mark(items)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Have the mark not forgotten."""
    with system.guarded(item):
        return (yield)
