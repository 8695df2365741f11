"""The lab of containers for tests: `make lab-up`, then `pytest tests/docker`; `make lab` does both and removes it.

With -n 3 the tests of the pair and those of the two load balancers apart from it run side by side. Each test gets the
lab well: whatever the one before stopped is started again, and lb1 serves.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from xdist.scheduler import LoadScopeScheduling

from integration.dockerlab import DockerLab
from integration.dockerlab.lab import DAEMONS
from integration.netlab import LabError
from integration.netlab.plan import BALANCERS, VIRTUAL, VRRP_INSTANCE_STATE

APART = {"test_install.py": "stock", "test_ansible.py": "stock", "test_orders.py": "spare"}
"""Each has a load balancer apart from the pair: its name."""


class ByHosts(LoadScopeScheduling):
    """What disturbs the same hosts is done by one worker."""

    def _split_scope(self, nodeid: str) -> str:
        return next((host for name, host in APART.items() if f"/{name}::" in nodeid), "pair")


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByHosts:
    return ByHosts(config, log)


@pytest.fixture(scope="session")
def running() -> DockerLab:
    try:
        return DockerLab.attach()
    except LabError as error:
        pytest.exit(f"{error}, or make lab for all of it", returncode=2)


MEND = f"""
systemctl reset-failed
systemctl start {" ".join(DAEMONS)}
rows=$(snmpbulkwalk -v2c -cpublic -On 127.0.0.1 {VRRP_INSTANCE_STATE} | grep -c INTEGER || :)
[ "$rows" -eq {len(VIRTUAL)} ] || systemctl restart keepalived
for _ in $(seq 100); do haproxy-agentx status >/dev/null 2>&1 && exit; sleep 0.2; done
haproxy-agentx status
"""
"""Start what does not run, let keepalived speak to snmpd where it waits for 15 s to try again, and wait for ours."""


@pytest.fixture
def lab(running: DockerLab) -> DockerLab:
    """The pair, well: also where the test before ended with a load balancer dead or cut off."""
    for host in BALANCERS:
        running.docker("start", host)  # nothing happens to one that runs
        running.wait_booted(host)
        running.link(host, up=True)
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda host: running.shell(host, MEND), BALANCERS))
    running.wait_served("lb1", 30)
    return running


@pytest.fixture
def stock(running: DockerLab) -> Iterator[DockerLab]:
    """With the host `stock`, on which haproxy-agentx was never installed."""
    running.start_extra("stock")
    yield running
    running.remove_extra("stock")


MEASURED = "measured"


@pytest.fixture
def measured(record_property: Callable[[str, object], None]):
    """Tell a measured time; all of them are at the end of the output."""
    return lambda what, seconds: record_property(MEASURED, f"{seconds:6.2f} s  {what}")


def pytest_terminal_summary(terminalreporter):
    reports = terminalreporter.getreports("passed") + terminalreporter.getreports("failed")
    times = [value for report in reports for name, value in report.user_properties if name == MEASURED]
    if times:
        terminalreporter.section("measured")
        terminalreporter.write("\n".join([*dict.fromkeys(times), ""]))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """A failure comes with the logs of the load balancers."""
    report = yield
    if report.failed and not isinstance(getattr(call.excinfo, "value", None), LabError):
        with suppress(LabError):
            report.sections.append(("lab", DockerLab().logs()))
    return report
