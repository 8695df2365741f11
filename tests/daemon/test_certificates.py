"""Certificates through snmpd: their rows, and the reason of a service whose frontend shows one that ends soon."""

import re
import subprocess
import time
from collections.abc import Callable

import pytest

from haproxy_agentx.health.model import Reason
from tests.support.certificates import Certificates, make, sni_line, sni_list
from tests.support.daemon import Daemon, source
from tests.support.daemon_fixtures import ROWS
from tests.support.expected import Mib
from tests.support.fake_haproxy import FakeSocket, answers
from tests.support.ports import free_port
from tests.support.real_haproxy import HAPROXY, RealHaproxy
from tests.support.snmpd import Snmpd
from tests.support.stat_csv import answer, show_info

DAY = 86400.0
COLUMNS = ("Frontend", "Name", "File", "DaysLeft")


@pytest.fixture(scope="module")
def mib() -> Mib:
    return Mib()


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make(tmp_path_factory.mktemp("certificates"))


def shown(snmpd: Snmpd, mib: Mib) -> list[tuple[object, ...]]:
    """Return the rows as far as a walk finds them while they may come and go."""
    walks = [snmpd.bulkwalk(mib.oids[f"haxCertificate{end}"]) for end in COLUMNS]
    columns = [[row.value for row in rows if row.value is not None] for rows in walks]
    return sorted(zip(*columns, strict=False))


def reasons(daemon: Daemon) -> list[str]:
    (service,) = daemon.status()["services"]
    return service["reasons"]


def script(*lines: bytes) -> Callable[..., None]:
    return answers({b"show stat": answer(ROWS), b"show info": show_info(), b"show ssl sni": sni_list(*lines)})


def test_one_that_ends_soon_is_a_reason_and_no_health(daemon_factory, snmpd, folder, mib):
    now = time.time()
    lines = (
        sni_line("fe/a:1", "*", now + 9.5 * DAY, "/etc/soon.pem"),
        sni_line("fe/a:1", "b.example", now + 90.5 * DAY),
    )
    with FakeSocket(folder / "h.sock", script(*lines)) as fake:
        daemon = daemon_factory(snmpd.agentx, [source("local", fake.path)])
        wanted = [("fe", "*", "/etc/soon.pem", 9), ("fe", "b.example", "/etc/x.pem", 90)]
        daemon.eventually(lambda: shown(snmpd, mib) == wanted, within=15)
        daemon.eventually(lambda: reasons(daemon) == [Reason.certificateExpiring.name], within=15)
        (service,) = daemon.status()["services"]
        assert (service["health"], service["readiness"]) == ("active", "ready")
        assert "certificate * (/etc/soon.pem) of frontend fe expires in 9 days" in service["details"]
        assert snmpd.bulkwalk(mib.oids["haxServiceReasonMask"])[0].value == int(Reason.certificateExpiring)
        assert daemon.status()["events"]["last"] == 0
        fake.script = answers({})
        daemon.eventually(lambda: shown(snmpd, mib) == [], within=15)


def test_the_days_are_configured(daemon_factory, snmpd, folder, mib):
    line = sni_line("fe/a:1", "*", time.time() + 9.5 * DAY)
    with FakeSocket(folder / "h.sock", script(line)) as fake:
        daemon = daemon_factory(snmpd.agentx, [source("local", fake.path, certificate_days=9)])
        daemon.eventually(lambda: shown(snmpd, mib) == [("fe", "*", "/etc/x.pem", 9)], within=15)
        assert reasons(daemon) == []


def version() -> tuple[int, ...]:
    said = subprocess.run([HAPROXY, "-v"], capture_output=True, text=True, check=True).stdout
    return tuple(map(int, re.findall(r"[0-9]+", said)[:2]))


# HAProxy knows the command from 3.2 on. What an older one does not know is asked once, and no rows are shown.
def test_a_real_haproxy_of_any_version(daemon_factory, snmpd, folder, mib, certificates):
    more = f"frontend tls\n  bind 127.0.0.1:{free_port()} ssl crt {certificates.pem('expired')}\n"
    with RealHaproxy(folder, more=more) as haproxy:
        daemon = daemon_factory(snmpd.agentx, [source("local", haproxy.user)])
        knows = version() >= (3, 2)
        daemon.eventually(lambda: bool(shown(snmpd, mib)) is knows, within=15)
        daemon.read_again("local", 5)
        assert {(row[0], row[2]) for row in shown(snmpd, mib)} == (
            {("tls", certificates.pem("expired"))} if knows else set()
        )
        assert (Reason.certificateExpiring.name in reasons(daemon)) is knows
        assert all(int(str(row[3])) < 0 for row in shown(snmpd, mib))
