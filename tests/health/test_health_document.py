"""docs/health.md has the tables that decide, and no others."""

from benchmarks.failovers.strikes import FAULTS
from haproxy_agentx.health.cause_rules import RULES as CAUSE_RULES
from haproxy_agentx.health.model import Health, Readiness, Reason
from haproxy_agentx.health.rules import RULES
from tests.support.programs import ROOT
from tools.documents.health import PARTS

DOCUMENT = ROOT / "docs" / "health.md"


def test_each_rule_has_its_line():
    assert PARTS["health"]().count("\n") == 1 + len(RULES)
    assert PARTS["causes"]().count("\n") == 1 + sum(map(len, CAUSE_RULES.values()))


def test_the_drawing_has_each_state_and_no_loose_end():
    lines = [line.strip() for line in PARTS["states"]().splitlines()]
    names = {line.split(" as ")[1] for line in lines if " as " in line}
    names |= {line.split()[1] for line in lines if line.startswith("state ") and line.endswith("{")}
    for line in lines:
        if "-->" in line:
            before, after = line.partition(":")[0].split(" --> ")
            assert {before, after} <= names
    for health in Health:
        assert any(f'"{health.name} ({health.value})"' in line for line in lines)


def test_the_text_names_each_state_readiness_and_reason_of_haproxy():
    text = DOCUMENT.read_text()
    of_addresses = Reason.addressHeld | Reason.addressMissing | Reason.roleStale
    for member in (*Health, *Readiness, *(reason for reason in Reason if reason not in of_addresses)):
        assert member.name in text


def test_the_benchmark_measures_each_row_of_how_soon():
    section = DOCUMENT.read_text().partition("\n## How soon\n")[2].partition("\n## ")[0]
    rows = [line.split(" | ")[0].removeprefix("| ") for line in section.splitlines() if line.startswith("| ")]
    assert rows[0] == "fault"
    assert rows[1:] == list(dict.fromkeys(fault.row for fault in FAULTS if fault.row))
