"""The servers behind the entries' HAProxy: what they answer in each state."""

import asyncio

import pytest

from tests.zoo import servers

CHECK = b"GET /health HTTP/1.1\r\n\r\n"
PRIMARY, REPLICA = b"OPTIONS /primary HTTP/1.0\r\n\r\n", b"OPTIONS /replica HTTP/1.0\r\n\r\n"


async def exchange(tmp_path, kind, port, state, sent):
    file = tmp_path / "server"
    file.write_text(state)
    server = servers.Server(file, kind, "127.0.0.1")
    speak = servers.KINDS[kind][port]
    listening = await asyncio.start_server(server.session(speak), "127.0.0.1", 0)
    async with listening:
        reader, writer = await asyncio.open_connection(*listening.sockets[0].getsockname())
        writer.write(sent)
        writer.write_eof()
        answered = await asyncio.wait_for(reader.read(), 10)
        writer.close()
    return answered


@pytest.mark.parametrize(
    ("kind", "port", "state", "sent", "answer"),
    [
        ("http", 80, "200", CHECK, b"HTTP/1.1 200"),
        ("http", 80, "404", CHECK, b"HTTP/1.1 404"),
        ("http", 80, "404", b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 200"),
        ("http", 80, "slow", CHECK, b"HTTP/1.1 200"),
        ("postgres", 8008, "primary", PRIMARY, b"HTTP/1.1 200"),
        ("postgres", 8008, "primary", REPLICA, b"HTTP/1.1 503"),
        ("postgres", 8008, "replica", PRIMARY, b"HTTP/1.1 503"),
        ("postgres", 8008, "replica", REPLICA, b"HTTP/1.1 200"),
        ("postgres", 5432, "primary", b"\0\0\0\x08\0\3\0\0", b"R"),
        ("postgres", 5432, "primary", b"PING\r\n", b"E"),
        ("galera", 9200, "synced", CHECK, b"HTTP/1.1 200"),
        ("galera", 9200, "donor", CHECK, b"HTTP/1.1 503"),
        ("galera", 3306, "donor", b"", b"\0\x0a8.0.36\0"),
        ("redis", 6379, "master", b"PING\r\n", b"+PONG"),
        ("redis", 6379, "slave", b"info replication\r\n", b"\r\nrole:slave\r\n"),
        ("sentinel", 26379, "10.77.0.21", b"SENTINEL get-master-addr-by-name m\r\n", b"*2\r\n$10\r\n10.77.0.21\r\n"),
        ("rabbitmq", 5672, "up", b"PING\r\n", b"AMQP"),
        ("smtp", 25, "up", b"HELO lb\r\n", b"220 mail ESMTP\r\n250 ok\r\n"),
        ("agent", 9777, "drain", b"", b"drain\n"),
    ],
)
def test_a_server_answers_as_its_state_says(tmp_path, kind, port, state, sent, answer):
    assert answer in asyncio.run(exchange(tmp_path, kind, port, state, sent))


QUESTION = b"\x12\x34\1\0\0\1\0\0\0\0\0\0\3app\4test\0\0\1\0\1"


@pytest.mark.parametrize(
    ("state", "code", "records"),
    [("10.77.0.21 10.77.0.22", 0, 2), ("nxdomain", 3, 0)],
)
def test_the_name_server_answers_with_the_addresses_of_its_state(tmp_path, state, code, records):
    (tmp_path / "ns").write_text(state)
    sent = []

    class Transport:
        def sendto(self, data, peer):
            sent.append((data, peer))

    dns = servers.Dns(tmp_path / "ns", "127.0.0.1")
    dns.connection_made(Transport())
    dns.datagram_received(QUESTION, "peer")
    ((data, peer),) = sent
    assert (data[:2], peer, data[3] & 15) == (QUESTION[:2], "peer", code)
    assert int.from_bytes(data[6:8]) == records
    assert len(data) == len(QUESTION) + records * 16
