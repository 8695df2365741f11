"""The clients and parsers against a real HAProxy."""

import asyncio
from pathlib import Path

import pytest

from haproxy_agentx.haproxy import info
from haproxy_agentx.haproxy.http import HttpClient
from haproxy_agentx.haproxy.socket import SocketClient
from haproxy_agentx.vocabulary.source import Denied, Invalid, Refused, SourceError, Unresponsive
from tests.support import real_haproxy
from tests.support.certificates import Certificates
from tests.support.ports import free_port
from tests.support.real_haproxy import RealHaproxy
from tests.support.wait import eventually

pytestmark = pytest.mark.system

LIMIT = 1 << 24


def ask(path: str, command: bytes, timeout: float = 5.0) -> bytes:
    slices: list[bytes] = []
    asyncio.run(SocketClient(path, timeout, LIMIT).exchange(command, slices.append))
    return b"".join(slices)


def asked(path: str, command: bytes) -> bytes:
    """Ask, where a connection may break as the process has only just begun."""
    try:
        return ask(path, command)
    except SourceError:
        return b""


def raw(path: str, command: str) -> str:
    """What it answers, whatever that is; nothing where the connection breaks."""
    try:
        return real_haproxy.ask(path, command)
    except OSError:
        return ""


def fetch(url: str, timeout: float = 5.0, **named: str) -> bytes:
    slices: list[bytes] = []
    asyncio.run(HttpClient(url, timeout, LIMIT, **named).fetch_stat(slices.append))
    return b"".join(slices)


def test_what_a_socket_of_level_user_tells(folder):
    with RealHaproxy(folder) as haproxy:
        for path in (haproxy.user, haproxy.plain):
            stat = ask(path, b"show stat")
            assert stat.startswith(b"# pxname,svname,")
            assert stat.endswith(b",\n\n")
            read = info.parse(ask(path, b"show info"))
            assert read.pid == haproxy.process.pid
            assert read.start_time
        with pytest.raises(Denied, match="level user"):
            ask(haproxy.user, b"show sess")
        with pytest.raises(Invalid, match="does not know 'show nothing'"):
            ask(haproxy.user, b"show nothing")


# `stats uri /haproxy?stats` is in many a configuration; HAProxy compares it with the beginning of what is asked for.
@pytest.mark.parametrize("query", ["stats", "stats;csv", "stats&tok=1", "stats;norefresh"])
def test_a_page_whose_address_has_a_query(folder, query):
    more = "listen other\n  bind 127.0.0.1:{port}\n  stats enable\n  stats uri /haproxy?stats\n"
    port = free_port()
    with RealHaproxy(folder, more=more.format(port=port)):
        assert fetch(f"http://127.0.0.1:{port}/haproxy?{query}").startswith(b"# pxname,")


def test_a_big_answer_is_whole_although_the_client_half_closes(folder):
    more = "backend many\n  server-template s 1-5000 127.0.0.1:1 disabled\n"
    with RealHaproxy(folder, more=more) as haproxy:
        stat = ask(haproxy.user, b"show stat")
    assert stat.count(b"\nmany,s") == 5000
    assert stat.endswith(b",\n\n")


def test_f2_frozen_and_thawed(folder):
    with RealHaproxy(folder) as haproxy:
        with haproxy.frozen():
            with pytest.raises(Unresponsive, match="frozen"):
                ask(haproxy.user, b"show stat", timeout=0.3)
            with pytest.raises(Unresponsive):
                fetch(f"http://127.0.0.1:{haproxy.port}/stats", timeout=0.3)
        assert info.parse(ask(haproxy.user, b"show info")).pid == haproxy.process.pid


def test_f1_killed(folder):
    with RealHaproxy(folder) as haproxy:
        haproxy.kill9()
        with pytest.raises(Refused, match="HAProxy is not running"):
            ask(haproxy.user, b"show stat")
        with pytest.raises(Refused, match="not running"):
            fetch(f"http://127.0.0.1:{haproxy.port}/stats")


def test_the_master_cli_does_not_hang(folder):
    with RealHaproxy(folder, master=True) as haproxy:
        eventually(lambda: b"worker" in asked(haproxy.master, b"show proc"), 5)  # it executes itself anew at first
        with pytest.raises(Invalid, match="master process"):
            ask(haproxy.master, b"show nothing")
        # the worker's own socket is the one to use
        assert info.parse(ask(haproxy.user, b"show info")).pid != haproxy.process.pid


# docs/configuration.md, master_socket: 2.6 and 3.0 show it at level user, 3.2 from level operator on
@pytest.mark.parametrize("level", ["user", "operator"])
def test_the_level_at_which_the_master_shows_its_workers(folder, level):
    with RealHaproxy(folder, master=True, option=f"{folder}/master.sock,level,{level}") as haproxy:
        version = info.parse(ask(haproxy.user, b"show info")).version
        is_enough = level == "operator" or tuple(map(int, version.split(".")[:2])) < (3, 2)
        expected = "# workers" if is_enough else "Permission denied"
        eventually(lambda: expected in raw(haproxy.master, "show proc"), 5)
        if level == "user":
            assert "Permission denied" in raw(haproxy.master, "reload")


def test_the_statistics_page(folder):
    with RealHaproxy(folder) as haproxy:
        stat = fetch(f"http://127.0.0.1:{haproxy.port}/stats")
        assert stat.startswith(b"# pxname,svname,")
        assert stat.endswith(b",\n")
        with pytest.raises(Refused, match="HTTP 503"):
            fetch(f"http://127.0.0.1:{haproxy.port}/elsewhere")


def test_f12_the_statistics_page_with_authentication_and_tls(folder, certificates: Certificates):
    password = folder / "password"
    password.write_text("secret\n")
    bind = f"ssl crt {certificates.pem('good')}"
    with RealHaproxy(folder, auth="stats auth ops:secret", bind=bind) as haproxy:
        url = f"https://localhost:{haproxy.port}/stats"
        named = {"ca_file": certificates.ca, "username": "ops", "password_file": str(password)}
        assert fetch(url, **named).startswith(b"# pxname")
        with pytest.raises(Denied, match="give username"):
            fetch(url, ca_file=certificates.ca)
        Path(password).write_text("wrong")
        with pytest.raises(Denied, match="stats auth"):
            fetch(url, **named)
        with pytest.raises(Refused, match="ca_file"):
            fetch(url, username="ops", password_file=str(password))
        with pytest.raises(Invalid, match="https: instead"):
            fetch(f"http://localhost:{haproxy.port}/stats")
