"""A request like a client's: what is asked, what counts, and what is not held against the service."""

import asyncio
import errno
import socket
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haproxy_agentx.haproxy import probe
from haproxy_agentx.haproxy.probe import Prober
from haproxy_agentx.haproxy.probe_place import place_of
from haproxy_agentx.haproxy.probe_target import ProbeOutcome, ProbeTarget, judge, request
from tests.support.ports import free_port
from tests.support.real_haproxy import RealHaproxy

SITE = """
frontend site
  bind 127.0.0.1:{port} {tls}
  http-request deny if {{ path /denied }}
  http-request return status 200 content-type text/plain string ok if {{ req.hdr(host) www.example.org }}
  default_backend app
backend app
  server s1 127.0.0.1:9
"""


def target(url: str, **more: object) -> ProbeTarget:
    return replace(ProbeTarget(url, timeout=5.0), **more)


def asked(url: str, *, here: bool | None = True, **more: object) -> tuple[ProbeOutcome, str]:
    answer = asyncio.run(Prober(target(url, **more), lambda _: here).ask(url))
    return answer.outcome, answer.words


@pytest.mark.parametrize(
    ("url", "host", "line"),
    [
        ("http://127.0.0.1/", None, b"Host: 127.0.0.1\r\n"),
        ("http://127.0.0.1:8080/a?b=c", None, b"Host: 127.0.0.1:8080\r\n"),
        ("https://[::1]:8443/", None, b"Host: [::1]:8443\r\n"),
        ("http://localhost", "www.example.org", b"Host: www.example.org\r\n"),
    ],
)
def test_the_request_is_one_of_http_1_1(url, host, line):
    sent = request(target(url, host=host, method="HEAD"), place_of(url))
    assert sent.startswith(b"HEAD /")
    assert line in sent
    assert sent.endswith(b"Connection: close\r\n\r\n")
    assert sent.count(b"\r\n\r\n") == 1


@pytest.mark.parametrize(
    ("line", "outcome"),
    [
        (b"HTTP/1.1 200 OK\r\n", ProbeOutcome.passed),
        (b"HTTP/1.0 399\n", ProbeOutcome.passed),
        (b"HTTP/1.1 400 Bad Request\r\n", ProbeOutcome.failed),
        (b"HTTP/1.1 199 \r\n", ProbeOutcome.failed),
        (b"HTTP/1.1 2000 OK\r\n", ProbeOutcome.failed),
        (b"SSH-2.0-OpenSSH\r\n", ProbeOutcome.failed),
        (b"", ProbeOutcome.failed),
    ],
)
def test_only_the_status_counts(line, outcome):
    assert judge(target("http://127.0.0.1/"), place_of("http://127.0.0.1/"), line).outcome is outcome


@given(st.binary(max_size=100))
def test_any_line_is_judged(line):
    found = judge(target("http://127.0.0.1/?token=s3cret"), place_of("http://127.0.0.1/?token=s3cret"), line)
    assert found.outcome in (ProbeOutcome.passed, ProbeOutcome.failed)
    assert "s3cret" not in found.words


def test_a_real_haproxy(folder, certificates):
    port, tls = free_port(), free_port()
    more = SITE.format(port=port, tls="")
    more += SITE.format(port=tls, tls=f"ssl crt {certificates.pem('good')}").replace("site", "tls").replace("app", "b")
    with RealHaproxy(folder, more=more) as haproxy:
        url = f"http://127.0.0.1:{port}"
        assert asked(url + "/", host="www.example.org") == (ProbeOutcome.passed, "")
        assert asked(url + "/") == (ProbeOutcome.failed, f"probe {url}/ answers HTTP 503, not 200 to 399")
        assert asked(url + "/denied", statuses=(403, 403)) == (ProbeOutcome.passed, "")
        assert asked(f"tcp://127.0.0.1:{port}") == (ProbeOutcome.passed, "")
        assert asked(f"https://127.0.0.1:{tls}/denied", statuses=(403, 403), ca_file=certificates.ca)[0] is (
            ProbeOutcome.passed
        )
        outcome, words = asked(f"https://127.0.0.1:{tls}/", ca_file=certificates.foreign_ca)
        assert (outcome, "is not trusted" in words) == (ProbeOutcome.failed, True)
        outcome, words = asked(f"https://127.0.0.1:{tls}/", ca_file=certificates.ca, host="elsewhere.example")
        assert (outcome, "is not trusted" in words) == (ProbeOutcome.failed, True)
        outcome, words = asked(f"https://127.0.0.1:{port}/", ca_file=certificates.ca)
        assert (outcome, "no TLS connection" in words) == (ProbeOutcome.failed, True)
        outcome, words = asked(f"https://127.0.0.1:{tls}/", ca_file="/nowhere/ca.pem")
        assert (outcome, "ca_file" in words) == (ProbeOutcome.not_asked, True)
        with haproxy.frozen():
            outcome, words = asked(url + "/", timeout=0.5)
            assert (outcome, words) == (ProbeOutcome.failed, f"probe {url}/ is not answered within 0.5 s")
        haproxy.kill9()
        assert asked(f"tcp://127.0.0.1:{port}") == (
            ProbeOutcome.failed,
            f"probe tcp://127.0.0.1:{port}: connection refused",
        )


def test_another_host_is_asked_only_where_that_is_wanted():
    port = free_port()
    url = f"tcp://127.0.0.1:{port}"
    assert asked(url, here=False)[0] is ProbeOutcome.not_asked
    assert asked(url, here=None)[0] is ProbeOutcome.not_asked
    assert asked(url, here=False, remote=True)[0] is ProbeOutcome.failed


@pytest.mark.parametrize("code", [errno.EPERM, errno.EMFILE, errno.EADDRNOTAVAIL, errno.ENOBUFS])
def test_what_this_side_cannot_do_is_no_failure_of_the_service(monkeypatch, code):
    async def refused(*_: object, **__: object) -> None:
        raise OSError(code, "refused")

    monkeypatch.setattr(probe.asyncio, "open_connection", refused)
    assert asked("tcp://127.0.0.1:1")[0] is ProbeOutcome.not_asked


def test_an_answer_without_an_end_is_bounded():
    async def story() -> tuple[ProbeOutcome, int]:
        sent = 0

        async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal sent
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            try:
                while True:
                    writer.write(b"x" * 65536)
                    await writer.drain()
                    sent += 65536
            except OSError:
                return
            finally:
                writer.close()

        server = await asyncio.start_server(flood, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        url = f"http://127.0.0.1:{port}/"
        answer = await Prober(target(url), lambda _: True).ask(url)
        server.close()
        return answer.outcome, sent

    outcome, sent = asyncio.run(story())
    assert outcome is ProbeOutcome.passed
    assert sent < 64 << 20


def test_a_line_without_an_end_is_refused():
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"

        async def story() -> ProbeOutcome:
            asking = asyncio.create_task(Prober(target(url), lambda _: True).ask(url))
            connection = (await asyncio.to_thread(server.accept))[0]
            with connection:
                await asyncio.to_thread(connection.sendall, b"x" * 20000)
                return (await asking).outcome

        assert asyncio.run(story()) is ProbeOutcome.failed
