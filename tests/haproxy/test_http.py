"""The client of the statistics page, against a scripted web server: F12, and what F2-F4 and F7 mean there."""

import asyncio
import base64
import gzip
import io
import logging
import socket
import ssl
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from haproxy_agentx.haproxy import http_exchange
from haproxy_agentx.haproxy.http import HttpClient
from haproxy_agentx.haproxy.page import statistics_url
from haproxy_agentx.vocabulary.source import Absent, Denied, Gone, Invalid, Refused, SourceError, Unresponsive
from tests.support import fake_haproxy as fake
from tests.support.certificates import Certificates
from tests.support.fake_haproxy import FakeWeb
from tests.support.unprivileged import unprivileged
from tests.support.wait import HANG, Stopwatch, eventually

STAT = b"# pxname,svname,\n" + b"be,web1,\n" * 20_000
SLICE = 32 * 1024
SECRET = "hunter2-\u00fc"


def fetch(url: str, take: Any = None, timeout: float = 5.0, max_bytes: int = 1 << 20, **named: Any) -> list[bytes]:
    """Fetch and give the slices."""
    slices: list[bytes] = []
    asyncio.run(HttpClient(url, timeout, max_bytes, **named).fetch_stat(take or slices.append))
    return slices


def failure(url: str, kind: type[SourceError], **named: Any) -> str:
    """Fetch, and give the text of the SourceError of exactly this kind; no thread is left."""
    with pytest.raises(SourceError) as raised:
        fetch(url, **named)
    assert type(raised.value) is kind, raised.value
    text = str(raised.value)
    assert text.isprintable()
    no_thread_left()
    return text


def no_thread_left() -> None:
    eventually(lambda: not any(thread.name == "haproxy-http" for thread in threading.enumerate()), 2)


def header(asked: bytes, name: str) -> str | None:
    """Give a header of a request."""
    for line in asked.decode().split("\r\n"):
        key, _, value = line.partition(": ")
        if key.lower() == name.lower():
            return value
    return None


def test_an_answer_comes_whole_in_slices():
    with FakeWeb(fake.web_answer(STAT)) as server:
        slices = fetch(server.url)
    assert b"".join(slices) == STAT
    assert max(map(len, slices)) <= SLICE
    head = server.asked[0]
    assert head.startswith(b"GET /stats;csv HTTP/1.1\r\n")
    assert header(head, "Accept-Encoding") == "identity"
    assert header(head, "Authorization") is None
    no_thread_left()


def test_chunks_as_haproxy_sends_them():
    pieces = [STAT[at : at + 5000] for at in range(0, len(STAT), 5000)]
    with FakeWeb(fake.web_chunks(pieces)) as server:
        assert b"".join(fetch(server.url)) == STAT


def test_slices_are_taken_on_the_loop_and_back_pressure_holds():
    """While the loop is busy with one slice, no more than a few can wait for it."""
    threads = set()
    in_flight = []

    def take(_: bytes) -> None:
        threads.add(threading.current_thread())
        in_flight.append(len(asyncio.get_running_loop()._ready))  # type: ignore[attr-defined]

    with FakeWeb(fake.web_answer(STAT * 10, headers={"Content-Length": ""})) as server:
        fetch(server.url, take, max_bytes=1 << 24)
    assert threads == {threading.main_thread()}
    assert len(in_flight) >= len(STAT) * 10 // SLICE
    assert max(in_flight) < 8


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://lb:8404/stats", "http://lb:8404/stats;csv"),
        ("http://lb:8404/stats;csv", "http://lb:8404/stats;csv"),
        ("http://lb:8404/stats;csv;norefresh", "http://lb:8404/stats;csv;norefresh"),
        ("https://lb", "https://lb/;csv"),
        ("https://lb/a?scope=x#part", "https://lb/a;csv?scope=x"),
        ("https://lb/haproxy?stats", "https://lb/haproxy?stats;csv"),
        ("https://lb/haproxy?stats;csv", "https://lb/haproxy?stats;csv"),
        ("https://lb/haproxy?stats&tok=1", "https://lb/haproxy?stats;csv&tok=1"),
        ("https://lb/haproxy?tok=1&stats", "https://lb/haproxy;csv?tok=1&stats"),
        ("http://[::1]:8404/stats", "http://[::1]:8404/stats;csv"),
        ("http://user:secret@lb:8404/stats", "http://lb:8404/stats;csv"),
    ],
)
def test_the_address_asks_for_csv_and_holds_no_credentials(url, expected):
    assert statistics_url(url) == expected


@pytest.mark.parametrize(
    "url", ["", "/run/haproxy.sock", "ftp://u:secret@h/", "http://", "http://u:secret@h:x/", "http://u:secret@[::1/"]
)
def test_what_is_no_address_is_refused_without_repeating_it(url):
    with pytest.raises(ValueError, match="statistics page") as raised:
        HttpClient(url, 1, 1)
    assert "secret" not in str(raised.value)


# F12, credentials


@pytest.fixture
def password_file(folder) -> str:
    file = folder / "password"
    file.write_text(SECRET + "\n")
    return str(file)


def test_f12_basic_authentication_from_a_file(password_file):
    with FakeWeb(fake.web_answer(STAT)) as server:
        fetch(server.url, username="stats", password_file=password_file)
        Path(password_file).write_text("another")
        fetch(server.url, username="stats", password_file=password_file)
    sent = [base64.b64decode((header(head, "Authorization") or "").removeprefix("Basic ")) for head in server.asked]
    assert sent == [f"stats:{SECRET}".encode(), b"stats:another"]


@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden"])
def test_f12_401_and_403_are_denied(status, password_file):
    with FakeWeb(fake.web_answer(b"no", status)) as server:
        assert "give username and password_file" in failure(server.url, Denied)
        text = failure(server.url, Denied, username="stats", password_file=password_file)
        assert "stats auth" in text


def test_f12_a_password_file_that_cannot_be_read(folder, password_file):
    with FakeWeb(fake.web_answer(STAT)) as server:
        missing = str(folder / "missing")
        assert missing in failure(server.url, Denied, username="stats", password_file=missing)
        assert str(folder) in failure(server.url, Denied, username="stats", password_file=str(folder))
        Path(password_file).chmod(0)
        with unprivileged():
            assert password_file in failure(server.url, Denied, username="stats", password_file=password_file)
        Path(password_file).chmod(0o600)
        Path(password_file).write_text("\n")
        assert "its first line is empty" in failure(server.url, Denied, username="stats", password_file=password_file)
        assert server.asked == []


def test_f12_credentials_never_reach_a_log_or_an_error(password_file, caplog):
    caplog.set_level(logging.DEBUG)
    texts = []
    faults = [
        fake.web_answer(b"", "401 Unauthorized"),
        fake.web_answer(b"", "302 Found", {"Location": f"http://u:{base64.b64encode(b'x').decode()}@evil/"}),
        fake.web_answer(STAT[:5000], headers={"Content-Length": "9999"}),
        fake.sends(b"garbage\r\n\r\n"),
        fake.closes,
        fake.never_writes,
    ]
    for fault in faults:
        with FakeWeb(fault) as server:
            url = server.url.replace("//", "//stats:in-the-url@")
            with pytest.raises(SourceError) as raised:
                fetch(url, username="the-user", password_file=password_file, timeout=0.5)
            texts.append(f"{raised.value} {raised.value!r} {raised.value.__cause__!r} {raised.value.__context__!r}")
    client = HttpClient(url, 1, 1, username="the-user", password_file=password_file)
    texts += [caplog.text, repr(client), repr(client.request), repr(vars(client))]
    encoded = base64.b64encode(f"the-user:{SECRET}".encode()).decode()
    for text in texts:
        for secret in (SECRET, "hunter2", "in-the-url", "the-user", encoded, "Basic "):
            assert secret not in text


# F12, redirects


@pytest.mark.parametrize("status", ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent"])
def test_f12_a_redirect_to_another_host_is_not_followed(status, password_file):
    with FakeWeb(fake.web_answer(STAT)) as other:
        away = fake.web_answer(b"", status, {"Location": f"http://u:p@localhost:{other.port}/stats;csv"})
        with FakeWeb(away) as server:
            text = failure(server.url, Refused, username="stats", password_file=password_file)
        assert other.asked == []
    assert "redirects to localhost " in text
    assert "u:p" not in text


@pytest.mark.parametrize("location", ["/login", "http://[broken", "", "//evil.example/\x01"])
def test_f12_a_redirect_to_anywhere_is_not_followed(location):
    with FakeWeb(fake.web_answer(b"", "302 Found", {"Location": location})) as server:
        assert "not followed" in failure(server.url, Refused)
    assert len(server.asked) == 1


def test_f12_the_body_of_a_redirect_is_not_read():
    endless = fake.web_answer(b"", "302 Found", {"Location": "/", "Content-Length": ""}, then=fake.floods(500_000_000))
    with FakeWeb(endless) as server, Stopwatch() as took:
        failure(server.url, Refused)
        assert server.wait_closed()
    assert took.seconds < 2


# F12, compression


def bomb(size: int) -> bytes:
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb") as file:
        for _ in range(size >> 20):
            file.write(bytes(1 << 20))
    return packed.getvalue()


@pytest.mark.parametrize("status", ["200 OK", "302 Found", "401 Unauthorized"])
def test_f12_a_gzip_bomb_is_refused_unread(status):
    taken: list[bytes] = []
    packed = bomb(100 << 20)
    script = fake.web_answer(packed, status, {"Content-Encoding": "gzip", "Location": "/x"})
    with FakeWeb(script) as server, pytest.raises(SourceError) as raised:
        fetch(server.url, taken.append)
    assert taken == []
    if status == "200 OK":
        assert type(raised.value) is Invalid
        assert "compressed (gzip)" in str(raised.value)


# F2, F3, F12: slow


@pytest.mark.parametrize(
    "script",
    [
        fake.never_writes,
        fake.drips(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n" * 100, 0.02),
        fake.web_answer(b"", headers={"Content-Length": "100000"}, then=fake.drips(STAT, 0.02)),
        fake.web_answer(b"", headers={"Content-Length": ""}, then=fake.stalls_after(STAT[:10])),
    ],
    ids=["nothing", "slow-head", "slow-body", "stops"],
)
@pytest.mark.parametrize("tls", [False, True])
def test_f12_slow(script, tls, certificates):
    with FakeWeb(script, certificates.server("good") if tls else None) as server, Stopwatch() as took:
        failure(server.url, Unresponsive, timeout=0.5, ca_file=certificates.ca)
        assert server.wait_closed()
    assert took.seconds < 3


# A record of TLS that is announced as 16 KB long, and comes one octet at a time.
@pytest.mark.parametrize("script", [fake.never_writes, fake.drips(b"\x16\x03\x03\x40\x00" + b"\x02" * 999, 0.02)])
def test_f12_a_tls_handshake_that_stops_or_drips(script):
    with FakeWeb(script) as server:
        failure(server.url.replace("http:", "https:"), Unresponsive, timeout=0.3)


def test_cancelled():
    async def one(url: str) -> None:
        began = asyncio.Event()
        task = asyncio.create_task(HttpClient(url, 30, 1 << 20).fetch_stat(lambda _: began.set()))
        await began.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with FakeWeb(fake.web_answer(b"", headers={"Content-Length": ""}, then=fake.stalls_after(STAT))) as server:
        asyncio.run(one(server.url))
        no_thread_left()
        assert server.wait_closed()


def test_no_second_thread_beside_one_that_hangs(monkeypatch):
    release = threading.Event()

    def hangs(*_):
        yield b""
        release.wait(10)

    monkeypatch.setattr(http_exchange, "pieces", hangs)

    async def twice() -> str:
        client = HttpClient("http://localhost:1/", 0.1, 1)
        with pytest.raises(Unresponsive, match="no answer within"):
            await client.fetch_stat(print)
        with pytest.raises(Unresponsive, match="still hangs") as raised:
            await client.fetch_stat(print)
        return str(raised.value)

    asyncio.run(twice())
    release.set()
    no_thread_left()


def test_a_thread_that_is_slow_to_end_is_waited_for(monkeypatch):
    """On a busy machine it takes a while to notice that its connection was cut, which HAProxy has no part in."""

    def pieces(*_):
        yield b""
        try:
            yield b"x"
        finally:
            time.sleep(0.4)

    monkeypatch.setattr(http_exchange, "pieces", pieces)

    def refuses(_: bytes) -> None:
        raise Invalid("no statistics")

    async def twice() -> list[bytes]:
        client = HttpClient("http://localhost:1/", HANG, 1)
        with pytest.raises(Invalid, match="no statistics"):
            await client.fetch_stat(refuses)
        taken: list[bytes] = []
        await client.fetch_stat(taken.append)
        return taken

    assert asyncio.run(twice()) == [b"x"]


def test_our_own_preparations_are_no_silence_of_haproxy(monkeypatch):
    """At first the modules are loaded, which took longer than the timeout on a busy machine."""
    real = http_exchange.trust

    def slow(ca_file):
        time.sleep(0.4)
        return real(ca_file)

    monkeypatch.setattr(http_exchange, "trust", slow)
    with pytest.raises(SourceError) as raised:
        fetch("https://127.0.0.1:1/", timeout=0.2)
    assert not isinstance(raised.value, Unresponsive), raised.value


def test_a_client_can_fetch_again_at_once():
    async def many(url: str) -> None:
        client = HttpClient(url, 5, 1 << 20)
        for _ in range(20):
            await client.fetch_stat(lambda _: None)

    with FakeWeb(fake.web_answer(STAT)) as server:
        asyncio.run(many(server.url))


# F12, certificates


def test_f12_a_good_certificate(certificates: Certificates):
    with FakeWeb(fake.web_answer(STAT), certificates.server("good")) as server:
        assert b"".join(fetch(server.url, ca_file=certificates.ca)) == STAT


def test_f12_verification_is_on_by_default(certificates: Certificates, monkeypatch):
    # whatever the environment of the daemon says
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", certificates.ca)
    monkeypatch.setenv("CURL_CA_BUNDLE", certificates.ca)
    with FakeWeb(fake.web_answer(STAT), certificates.server("good")) as server:
        text = failure(server.url, Refused)
        assert "not trusted" in text
        assert "as ca_file" in text
        assert server.asked == []


@pytest.mark.parametrize(
    ("name", "reason", "remedy"),
    [
        ("expired", "expired", "renew"),
        ("wrong_name", "mismatch", "host name in the URL"),
        ("foreign", "self-signed", "the authority that signed it is not in "),
    ],
)
def test_f12_a_bad_certificate(certificates: Certificates, password_file, name, reason, remedy):
    tls = certificates.server("good" if name == "foreign" else name)
    ca_file = certificates.foreign_ca if name == "foreign" else certificates.ca
    reason = "local issuer" if name == "foreign" else reason
    with FakeWeb(fake.web_answer(STAT), tls) as server:
        text = failure(server.url, Refused, ca_file=ca_file, username="stats", password_file=password_file)
        assert server.asked == []  # nor have the credentials left
    assert reason in text
    assert remedy in text
    assert "as ca_file" not in text, "one is given already"


@pytest.mark.parametrize("strict", [False, True], ids=["as this Python", "strict as 3.13"])
def test_f12_an_ordinary_private_authority(certificates: Certificates, folder, monkeypatch, strict):
    """Python 3.13 sets VERIFY_X509_STRICT, which refuses an authority without key usage (RFC 5280 4.2.1.3)."""
    make = ssl.create_default_context

    def strictly(*arguments: object, **named: object) -> ssl.SSLContext:
        context = make(*arguments, **named)
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        return context

    if strict:
        monkeypatch.setattr(ssl, "create_default_context", strictly)
    file = folder / "plain.pem"  # a path of its own: contexts are kept by it
    file.write_text(Path(certificates.plain_ca).read_text())
    with FakeWeb(fake.web_answer(STAT), certificates.server("plain")) as server:
        assert b"".join(fetch(server.url, ca_file=str(file))) == STAT
        text = failure(server.url, Refused, ca_file=certificates.foreign_ca)
        assert f"the authority that signed it is not in {certificates.foreign_ca}" in text


def test_f12_the_plain_authority_is_one_that_strictness_refuses(certificates: Certificates):
    context = ssl.create_default_context(cafile=certificates.plain_ca)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    with FakeWeb(fake.web_answer(STAT), certificates.server("plain")) as server:
        address = server.url.removeprefix("https://").partition("/")[0].rpartition(":")
        with (
            socket.create_connection(("127.0.0.1", int(address[2])), 5) as plain,
            pytest.raises(ssl.SSLCertVerificationError),
        ):
            context.wrap_socket(plain, server_hostname="localhost")


def test_f12_a_new_ca_file_is_seen_without_a_restart(certificates: Certificates, folder):
    file = folder / "ca.pem"
    file.write_text(Path(certificates.foreign_ca).read_text())
    with FakeWeb(fake.web_answer(STAT), certificates.server("good")) as server:
        failure(server.url, Refused, ca_file=str(file))
        file.write_text(Path(certificates.ca).read_text() + "\n")
        assert fetch(server.url, ca_file=str(file))


def test_f12_a_ca_file_that_is_none(certificates: Certificates, folder):
    (folder / "text").write_text("not PEM")
    with FakeWeb(fake.web_answer(STAT), certificates.server("good")) as server:
        assert "PEM" in failure(server.url, Refused, ca_file=str(folder / "text"))
        assert "correct ca_file" in failure(server.url, Denied, ca_file=str(folder / "missing"))


def test_https_to_a_plain_port_and_http_to_a_tls_port(certificates: Certificates):
    with FakeWeb(fake.sends(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as server:
        assert "http: instead" in failure(server.url.replace("http:", "https:"), Refused)
    with FakeWeb(fake.closes, certificates.server("good")) as server:
        failure(server.url.replace("https:", "http:"), Invalid)


# F1 by HTTP


def test_f1_refused():
    with FakeWeb(fake.closes) as server:
        url = server.url
    assert "not running" in failure(url, Gone)


def test_f1_no_such_host():
    assert "does not resolve" in failure("http://no-such-host.invalid/stats", Absent, timeout=10)


def test_f1_no_such_page_and_other_codes():
    with FakeWeb(fake.web_answer(b"", "404 Not Found")) as server:
        assert "stats uri" in failure(server.url, Absent)
    with FakeWeb(fake.web_answer(b"", "503 Service Unavailable")) as server:
        assert "HTTP 503" in failure(server.url, Refused)


# F4, F5 by HTTP


@pytest.mark.parametrize(
    "script",
    [
        fake.web_answer(STAT, headers={"Content-Length": str(len(STAT) + 1)}),
        fake.web_chunks([STAT], end=False),
        fake.sends(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        fake.sends(b"# pxname,svname,\n"),
        fake.sends(b"\0" * 1000),
        fake.sends(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000),
        fake.sends(b"HTTP/1.1 200 OK\r\n" + b"X: x\r\n" * 1000 + b"\r\n"),
        fake.closes,
        fake.web_answer(b""),
        fake.web_answer(b"<html>", headers={"Content-Type": "text/html; charset=utf-8"}),
    ],
    ids=["short", "no-last-chunk", "bad-chunk", "no-http", "nul", "long-line", "many-lines", "eof", "empty", "html"],
)
def test_f4_torn_and_garbage(script):
    with FakeWeb(script) as server:
        failure(server.url, Invalid)


def test_f4_the_connection_is_reset():
    def script(connection, _):
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
        connection.reset()

    with FakeWeb(script) as server:
        assert "broke off" in failure(server.url, Invalid)


# F7


@pytest.mark.parametrize("head", [{"Content-Length": ""}, {"Content-Length": "", "Transfer-Encoding": "chunked"}])
def test_f7_200_mb_stop_at_the_limit_and_others_are_served_meanwhile(head):
    flood = fake.floods(200_000_000, first=b"ffffffff\r\n" if len(head) > 1 else b"")

    async def one(url: str) -> tuple[int, float]:
        taken, longest = 0, 0.0

        def take(piece: bytes) -> None:
            nonlocal taken
            taken += len(piece)

        async def other() -> None:
            nonlocal longest
            while True:
                before = time.thread_time()
                await asyncio.sleep(0)
                longest = max(longest, time.thread_time() - before)

        task = asyncio.create_task(other())
        with pytest.raises(Invalid, match="over the limit of 20000000 bytes"):
            await HttpClient(url, 10, 20_000_000).fetch_stat(take)
        task.cancel()
        return taken, longest

    with FakeWeb(fake.web_answer(b"", headers=head, then=flood)) as server:
        taken, longest = asyncio.run(one(server.url))
        assert server.wait_closed()
    assert 20_000_000 - SLICE <= taken <= 20_000_000
    assert longest < 0.5
    no_thread_left()


def test_f7_an_endless_line_between_chunks_is_not_kept():
    script = fake.web_answer(
        b"", headers={"Content-Length": "", "Transfer-Encoding": "chunked"}, then=fake.floods(50_000_000, b"0" * 64)
    )
    with FakeWeb(script) as server:
        failure(server.url, Invalid)


# What take raises


class Enough(Exception):  # noqa: N818
    pass


def test_what_take_raises_ends_the_fetch():
    taken = 0

    def take(_: bytes) -> None:
        nonlocal taken
        taken += 1
        raise Enough

    with FakeWeb(fake.web_answer(b"", headers={"Content-Length": ""}, then=fake.floods(500_000_000))) as server:
        with pytest.raises(Enough):
            fetch(server.url, take, max_bytes=1 << 30)
        assert server.wait_closed()
    assert taken == 1
    no_thread_left()


def test_a_proxy_of_the_environment_is_not_used(monkeypatch):
    with FakeWeb(fake.web_answer(STAT)) as server, FakeWeb(fake.closes) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("no_proxy", "")
        assert fetch(server.url)
        assert proxy.asked == []
