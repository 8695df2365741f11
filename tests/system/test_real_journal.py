"""A real journald takes what the daemon sends, and finds it by its MESSAGE_ID. It has a /run of its own."""

import json
import subprocess
import sys

import pytest

from haproxy_agentx.vocabulary.log_kinds import LogKind
from tests.support.programs import ROOT

pytestmark = pytest.mark.system

ALONE = ("unshare", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child")

LINE = """
import logging
from haproxy_agentx.cli.run import journal_handler
handler = journal_handler()
handler.setFormatter(logging.Formatter("%(message)s"))
log = logging.getLogger("haproxy_agentx.monitor.event_lines")
log.addHandler(handler)
log.warning("event %d: %s", 5, "SITE1: active -> standby\\nand a second line")
raise SystemExit(handler.lost)
"""

SCRIPT = """
set -eu
mount -t tmpfs none /run
mkdir -p /run/systemd/journal /run/log/journal
/usr/lib/systemd/systemd-journald >/dev/null 2>&1 &
waited=0
until [ -S /run/systemd/journal/socket ]; do sleep 0.1; waited=$((waited + 1)); [ $waited -lt 300 ]; done
"$1" -c "$2"
until journalctl --directory /run/log/journal --no-pager --output json MESSAGE_ID="$3" | grep . >/run/found
do sleep 0.1; waited=$((waited + 1)); [ $waited -lt 600 ]; done
cat /run/found
"""


def test_a_line_is_found_by_its_identifier_with_all_its_fields():
    done = subprocess.run(
        [*ALONE, "sh", "-c", SCRIPT, "sh", sys.executable, LINE, LogKind.event.value.id],
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (found,) = map(json.loads, done.stdout.splitlines())
    assert found["MESSAGE"] == "event 5: SITE1: active -> standby\nand a second line"
    assert (found["PRIORITY"], found["SYSLOG_IDENTIFIER"]) == ("4", "haproxy-agentx")
    assert found["LOGGER"] == "haproxy_agentx.monitor.event_lines"
