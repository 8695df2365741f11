"""The referee of a remedy is the daemon itself: real snmpd, HAProxy and keepalived read the files before and after."""

import shutil
import subprocess

import pytest

from haproxy_agentx.doctor.examine import Subject, examine
from tests.doctor.node import HAPROXY, KEEPALIVED, OURS, SETUP, TEXTS, edited
from tests.doctor.test_codes import FAULTS, NODE, Fault
from tests.support.snmpd import Snmpd
from tests.support.wait import until

pytestmark = pytest.mark.system


def test_snmpd_opens_no_agentx_socket_until_the_comment_is_gone(tmp_path):
    """HAX-SNMPD-003: the commented line is the last word of snmpd on `master`, and so is the remedy."""
    texts = {**TEXTS, OURS: TEXTS[OURS].replace("master agentx", "master agentx # for keepalived")}
    (finding,) = examine(Subject(texts, SETUP, NODE.machine))
    assert finding.code == "HAX-SNMPD-003"
    mended = edited(texts, finding.remedy.edits)
    opened = []
    for place, text in enumerate((texts[OURS], mended[OURS])):
        (line,) = [line for line in text.splitlines() if line.startswith("master")]
        snmpd = Snmpd(tmp_path / str(place), [line])
        snmpd.start()
        try:
            opened.append(until(snmpd.agentx.exists, 1))
        finally:
            snmpd.stop()
    assert opened == [False, True]


def accepted_by_haproxy(text: str, tmp_path) -> bool:
    file = tmp_path / "haproxy.cfg"
    file.write_text(text.replace("group haproxy-agentx", "group root"))  # HAProxy wants a group that exists
    return subprocess.run(["haproxy", "-c", "-q", "-f", file], check=False, capture_output=True).returncode == 0


def accepted_by_keepalived(text: str, tmp_path) -> bool:
    file = tmp_path / "keepalived.conf"
    file.write_text(text)
    done = subprocess.run(["keepalived", "-t", "-f", file], check=False, capture_output=True, text=True)
    return "Unknown keyword" not in done.stdout + done.stderr and "Missing '{'" not in done.stdout + done.stderr


def edits_of(file: str) -> list[tuple[str, Fault]]:
    return [
        (code, fault)
        for code, faults in FAULTS.items()
        for fault in faults
        if fault.file == file and fault.mend is None
    ]


@pytest.mark.parametrize(("code", "fault"), edits_of(HAPROXY))
def test_haproxy_reads_what_a_remedy_leaves(tmp_path, code, fault):
    broken = fault.made(NODE)
    for finding in examine(broken):
        if finding.code == code:
            assert accepted_by_haproxy(edited(broken.texts, finding.remedy.edits)[HAPROXY], tmp_path)


@pytest.mark.parametrize(("code", "fault"), edits_of(KEEPALIVED))
def test_keepalived_reads_what_a_remedy_leaves(tmp_path, code, fault):
    assert shutil.which("keepalived")
    broken = fault.made(NODE)
    for finding in examine(broken):
        if finding.code == code:
            assert accepted_by_keepalived(edited(broken.texts, finding.remedy.edits)[KEEPALIVED], tmp_path)
