"""The examples of docs/engine.md are subagents: they run beside a real snmpd, as the document has them."""

import os
import sys
from pathlib import Path

import pytest

from tests.support.documents import blocks
from tests.support.programs import ROOT, Program
from tests.support.snmpd import Snmpd
from tests.support.snmptrapd import Snmptrapd
from tests.support.wait import eventually

pytestmark = pytest.mark.system

OWN = "1.3.6.1.4.1.32473"
EXAMPLES = [block.text for block in blocks((ROOT / "docs/engine.md").read_text()) if block.language == "python"]


def example(number: int, folder: Path, snmpd: Snmpd) -> Program:
    """An example, ready to start."""
    (folder / "agent.py").write_text(EXAMPLES[number])
    return Program(
        [sys.executable, folder / "agent.py", snmpd.agentx],
        log=folder / "agent.log",
        environment={"PYTHONPATH": str(ROOT)},
    )


def test_it_has_40_lines_of_code():
    assert len([line for line in EXAMPLES[0].splitlines() if line.strip()]) <= 40


def test_the_subagent_in_40_lines(tmp_path, snmpd_factory):
    with Snmptrapd(tmp_path / "sink") as sink:
        snmpd = snmpd_factory(sink.sinks())
        with example(0, tmp_path, snmpd) as agent:
            eventually(lambda: snmpd.one(f"{OWN}.1.1.0").value == agent.pid, 10)
            rows = [(row.oid.removeprefix(OWN), row.type) for row in snmpd.bulkwalk(f"{OWN}.1.2")]
            assert rows == [(f".1.2.1.{at}.{row}", "Gauge32") for at in (1, 2) for row in (1, 5, 15)]
            one, five, fifteen = (row.value / 100 for row in snmpd.bulkwalk(f"{OWN}.1.2.1.2"))
            assert all(abs(seen - now) < 5 for seen, now in zip((one, five, fifteen), os.getloadavg(), strict=True))
            eventually(lambda: [trap for trap in sink.traps() if f".{OWN}.1.0.1" in str(trap)], 10)
            snmpd.restart()
            eventually(lambda: snmpd.one(f"{OWN}.1.1.0").value == agent.pid, 10)
        assert "Traceback" not in agent.text()


def test_the_subagent_on_a_blocking_socket(tmp_path, snmpd):
    with example(1, tmp_path, snmpd) as agent:
        eventually(lambda: snmpd.one(f"{OWN}.2.1.0").value == agent.pid, 10)
        assert [(row.oid, row.value) for row in snmpd.bulkwalk(f"{OWN}.2")] == [(f"{OWN}.2.1.0", agent.pid)]
        snmpd.stop()
        eventually(lambda: not agent.alive, 10)
        lines = agent.text().splitlines()
        assert lines[0] == "Ready()"
        assert lines[-1].startswith("Closed(")
        assert "Traceback" not in agent.text()
