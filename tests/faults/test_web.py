"""Faults of the statistics page (F12), with a daemon that is registered with snmpd."""

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import certificates as certs
from tests.support import fake_haproxy as fake
from tests.support.daemon import OID, Daemon, source
from tests.support.daemon_fixtures import ROWS
from tests.support.fake_haproxy import FakeWeb, web_answer
from tests.support.probe import Probe
from tests.support.snmpd import Snmpd
from tests.support.stat_csv import answer

pytestmark = pytest.mark.system

PAGE = answer(ROWS, end=b"")
GOOD = web_answer(PAGE)
SECRET = "hunter2-opensesame"
UP_TIME = f"{OID}.1.1.3.0"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory) -> certs.Certificates:
    return certs.make(tmp_path_factory.mktemp("certificates"))


def bomb() -> bytes:
    return gzip.compress(bytes(50 << 20))


def slow_body(connection: fake.Connection, asked: bytes) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(PAGE)}\r\n\r\n".encode()
    fake.drips(PAGE, 0.02, first=head)(connection, asked)


ELSEWHERE = web_answer(b"", "302 Found", {"Location": "http://127.0.0.2:9/stats;csv"})
FAULTS: dict[str, tuple[fake.Script, str]] = {
    "401": (web_answer(b"", "401 Unauthorized", {"WWW-Authenticate": 'Basic realm="x"'}), "denied"),
    "403": (web_answer(b"", "403 Forbidden"), "denied"),
    "404": (web_answer(b"", "404 Not Found"), "absent"),
    "503": (web_answer(b"no", "503 Service Unavailable"), "refused"),
    "redirect": (ELSEWHERE, "stale|refused|absent"),
    "gzip bomb": (web_answer(bomb(), headers={"Content-Encoding": "gzip"}), "stale"),
    "slow body": (slow_body, "stale"),
    "torn": (web_answer(PAGE[:-50], headers={"Content-Length": str(len(PAGE))}), "stale"),
    "html": (web_answer(b"<html></html>\n"), "stale"),
    "silence": (fake.never_writes, "stale"),
    "no answer": (fake.closes, "stale"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_f12_a_fault_and_its_end(web: "World", name: str):
    daemon, server = web.daemon, web.server
    script, states = FAULTS[name]
    server.script = GOOD
    daemon.eventually(daemon.well)
    lines, failures = len(daemon.lines_of("web")), daemon.source("web")["failures"]
    with Probe(web.snmpd.port, UP_TIME) as probe:
        server.script = script
        daemon.eventually(lambda: re.fullmatch(states, daemon.state("web")))
        daemon.eventually(lambda: daemon.source("web")["failures"] >= failures + 3)
        daemon.eventually(lambda: web.snmpd.one(f"{OID}.1.9.1.11.1.3.1").type == "noSuchInstance")
        reported = daemon.lines_of("web")[lines:]
        assert len(reported) == 2, reported
        server.script = GOOD
        daemon.eventually(daemon.well)
        daemon.eventually(lambda: web.snmpd.one(f"{OID}.1.9.1.11.1.3.1").value == "web1")
    probe.assert_answered()
    assert SECRET not in daemon.text()


class World:
    def __init__(self, daemon: Daemon, snmpd: Snmpd, server: FakeWeb) -> None:
        self.daemon, self.snmpd, self.server = daemon, snmpd, server


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    folder = tmp_path_factory.mktemp("web")
    password = secret_file(folder)
    with Snmpd(folder / "snmpd") as snmpd, FakeWeb(GOOD) as server:
        configured = source("web", server.url, username="stats", password_file=str(password))
        with Daemon(folder / "daemon", snmpd.agentx, [configured]) as daemon:
            yield World(daemon, snmpd, server)


def secret_file(folder: Path) -> Path:
    password = folder / "password"
    password.write_text(SECRET + "\n")
    password.chmod(0o600)
    return password


def test_f12_the_password_is_sent_and_told_nowhere(web: World):
    assert any(b"Authorization: Basic" in asked for asked in web.server.asked)
    walk = web.snmpd.bulkwalk(OID, 50)
    shown = web.daemon.text() + str(web.daemon.status()) + web.daemon.cli("status").stdout + str(walk)
    assert SECRET not in shown
    assert not re.search(r"stats:\S", shown)


def test_f12_a_redirect_is_not_followed(web: World):
    with FakeWeb(GOOD) as other:
        web.server.script = web_answer(b"", "302 Found", {"Location": other.url})
        failures = web.daemon.source("web")["failures"]
        web.daemon.eventually(lambda: web.daemon.source("web")["failures"] >= failures + 2)
        assert other.asked == []
    web.server.script = GOOD
    web.daemon.eventually(web.daemon.well)


@pytest.mark.parametrize(
    ("shown", "trusted"), [("expired", "ca"), ("wrong_name", "ca"), ("good", "foreign_ca"), ("good", None)]
)
def test_f12_a_bad_certificate(
    daemon_factory: Callable[..., Daemon], snmpd: Snmpd, certificates: certs.Certificates, shown, trusted
):
    more = {"ca_file": getattr(certificates, trusted)} if trusted else {}
    with FakeWeb(GOOD, tls=certificates.server(shown), host="localhost") as server:
        daemon = daemon_factory(snmpd.agentx, [source("web", server.url, timeout="10s", **more)], wait="registered")
        daemon.eventually(lambda: daemon.source("web")["failures"] >= 3)
        assert daemon.state("web") == "refused"
        assert "certificate" in daemon.source("web")["error"].lower()
        assert not any(asked.startswith(b"GET") for asked in server.asked)
        assert len(daemon.lines("WARNING web: ")) == 1


def test_f12_a_good_certificate(daemon_factory, snmpd, certificates):
    with FakeWeb(GOOD, tls=certificates.server("good"), host="localhost") as server:
        daemon_factory(snmpd.agentx, [source("web", server.url, ca_file=certificates.ca)])
        assert snmpd.one(f"{OID}.1.9.1.11.1.3.1").value == "web1"
