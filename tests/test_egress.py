"""The tests' own interface: when one is needed, and that the daemon takes it for a way out."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.egress import has_egress

PROJECT = Path(__file__).resolve().parents[1]
LO = {"flags": ["LOOPBACK", "UP", "LOWER_UP"], "addr_info": [{"scope": "host"}]}


@pytest.mark.parametrize(
    ("flags", "scope", "expected"),
    [
        (["UP", "LOWER_UP"], "global", True),
        (["UP", "LOWER_UP"], "link", False),
        (["UP", "NO-CARRIER"], "global", False),
    ],
    ids=["an address", "fe80:: only", "no carrier"],
)
def test_which_interface_is_a_way_out(flags, scope, expected):
    assert has_egress(json.dumps([LO, {"flags": flags, "addr_info": [{"scope": scope}]}])) is expected
    assert not has_egress(json.dumps([LO]))


@pytest.mark.system
def test_a_machine_with_lo_only_gets_a_network_for_the_tests():
    program = (
        "from tests.support.egress import ensure_egress\n"
        "import subprocess\n"
        "ensure_egress()\n"
        "print(subprocess.run(['ip', '-json', 'addr'], capture_output=True, text=True).stdout)\n"
    )
    shown = subprocess.run(
        ["unshare", "--net", sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert has_egress(shown.stdout)
