"""What a test starts leaves nothing on the machine: the witness of a store, in shared memory, outlives a daemon."""

import pytest

from tests.support.daemon import Daemon, source
from tests.support.wait import eventually

pytestmark = pytest.mark.system


@pytest.mark.parametrize("end", [Daemon.stop, Daemon.kill9])
def test_a_daemon_leaves_no_witness_in_shared_memory(folder, snmpd, haproxy, end):
    with Daemon(folder / "daemon", snmpd.agentx, [source("local", haproxy.path)]) as daemon:
        eventually(daemon.witnesses)
        end(daemon)
        assert daemon.witnesses(), "it is there for the next start"
    assert daemon.witnesses() == []
