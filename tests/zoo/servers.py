"""Servers that speak as much of a protocol as a health check and a client need. Standard library only.

    usage: python servers.py FOLDER NAME=KIND@ADDRESS ...

What a server does is the text of the file FOLDER/NAME, which is read again many times a second. `down`: nothing
listens, and its connections are closed; `hung`: it accepts and says nothing. Other texts by kind:

    http       a status for paths that begin with /health, all others have 200; those that begin with /slow, and in the
               state `slow` all others, take 10 s
    postgres   primary, replica: 5432, and Patroni's answers at 8008
    mysql      anything: 3306
    galera     synced, donor: 3306, and clustercheck's answers at 9200
    redis      master, slave: 6379
    sentinel   the address of the master: 26379
    rabbitmq   anything: 5672, and the management's page at 15672
    smtp       anything: 25
    agent      what an agent-check is answered, such as `up ready`, `drain`, `fail`: 9777
    dns        addresses, `nxdomain` or `silent`: 53, by UDP, for all names

FOLDER/ready is there as soon as all of them listen.
"""

import asyncio
import struct
import sys
from contextlib import suppress
from pathlib import Path

LOOK = 0.05
"""Seconds between two looks at the files."""

SILENCE = 600.0


async def http(state, reader, writer):
    path = await request(reader)
    if path.startswith("/health"):
        status = int(state) if state.isdigit() else 200
    else:
        status = 200
        await asyncio.sleep(10.0 if state == "slow" or path.startswith("/slow") else 0.0)
    answer(writer, status)


async def patroni(state, reader, writer):
    path = await request(reader)
    wanted = "replica" if "replica" in path else "primary"
    answer(writer, 200 if state == wanted else 503)


async def clustercheck(state, reader, writer):
    await request(reader)
    answer(writer, 200 if state == "synced" else 503)


async def management(_state, reader, writer):
    await request(reader)
    answer(writer, 200)


async def request(reader):
    """Return the path of a request, read to the end of its head."""
    head = await reader.readuntil(b"\r\n\r\n")
    return head.split()[1].decode()


def answer(writer, status):
    body = f"{status}\n".encode()
    head = f"HTTP/1.1 {status} Status\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    writer.write(head.encode() + body)


async def postgres(_state, reader, writer):
    while data := await reader.read(1024):
        startup = len(data) >= 8 and data[4:8] == b"\0\3\0\0"
        writer.write(b"R\0\0\0\x08\0\0\0\0" if startup else b"E\0\0\0\x05\0")


async def mysql(_state, reader, writer):
    salt = b"12345678"
    greeting = b"\x0a8.0.36\0" + struct.pack("<I", 7) + salt + b"\0" + struct.pack("<HBHHB", 0xF7FF, 33, 2, 0x0008, 21)
    greeting += bytes(10) + b"abcdefghijkl\0"
    writer.write(struct.pack("<I", len(greeting))[:3] + b"\0" + greeting)
    while await reader.read(1024):
        writer.write(b"\x07\0\0\x02\0\0\0\x02\0\0\0")


async def redis(state, reader, writer):
    while line := (await reader.readline()).decode().strip().lower():
        if line == "ping":
            writer.write(b"+PONG\r\n")
        elif line.startswith("info"):
            text = f"# Replication\r\nrole:{state}\r\nconnected_slaves:2\r\n"
            writer.write(f"${len(text)}\r\n{text}\r\n".encode())
        elif line.startswith(("auth", "quit")):
            writer.write(b"+OK\r\n")
        else:
            writer.write(b"-ERR unknown command\r\n")


async def sentinel(state, reader, writer):
    while line := (await reader.readline()).decode().strip().lower():
        if line == "ping":
            writer.write(b"+PONG\r\n")
        elif line.startswith("sentinel get-master-addr-by-name"):
            writer.write(f"*2\r\n${len(state)}\r\n{state}\r\n$4\r\n6379\r\n".encode())
        else:
            writer.write(b"-ERR unknown command\r\n")


async def amqp(_state, reader, writer):
    await reader.read(8)
    writer.write(b"AMQP\0\0\x09\x01")


async def smtp(_state, reader, writer):
    writer.write(b"220 mail ESMTP\r\n")
    while line := (await reader.readline()).decode().strip().lower():
        writer.write(b"221 bye\r\n" if line == "quit" else b"250 ok\r\n")


async def agent(state, _reader, writer):
    writer.write(f"{state}\n".encode())


KINDS = {
    "http": {80: http},
    "postgres": {5432: postgres, 8008: patroni},
    "mysql": {3306: mysql},
    "galera": {3306: mysql, 9200: clustercheck},
    "redis": {6379: redis},
    "sentinel": {26379: sentinel},
    "rabbitmq": {5672: amqp, 15672: management},
    "smtp": {25: smtp},
    "agent": {9777: agent},
}


class Server:
    """One of KINDS at an address."""

    def __init__(self, file, kind, address):
        self.file = file
        self.kind = kind
        self.address = address
        self.listening = []
        self.writers = set()

    @property
    def state(self):
        return self.file.read_text().strip()

    async def look(self):
        """Listen, or cease to, as the file says."""
        down = self.state == "down"
        if down and self.listening:
            for each in self.listening:
                each.close()
            for writer in self.writers:
                writer.transport.abort()
            self.listening.clear()
        elif not down and not self.listening:
            for port, speak in KINDS[self.kind].items():
                self.listening.append(await asyncio.start_server(self.session(speak), self.address, port))

    def session(self, speak):
        async def serve(reader, writer):
            self.writers.add(writer)
            try:
                with suppress(OSError, ValueError, asyncio.IncompleteReadError):
                    if (state := self.state) == "hung":
                        await asyncio.sleep(SILENCE)
                    else:
                        await speak(state, reader, writer)
                        await writer.drain()
            finally:
                self.writers.discard(writer)
                writer.close()

        return serve


class Dns(asyncio.DatagramProtocol):
    """Answers questions for A records; what else is asked has no records."""

    def __init__(self, file, address):
        self.file = file
        self.address = address
        self.transport = None

    async def look(self):
        if self.transport is None:
            loop = asyncio.get_running_loop()
            self.transport, _ = await loop.create_datagram_endpoint(lambda: self, (self.address, 53))

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, peer):
        state = self.file.read_text().strip()
        if state == "silent":
            return
        end = data.index(b"\0", 12) + 5
        question = data[12:end]
        wants_a = question[-4:-2] == b"\0\1"
        addresses = state.split() if wants_a and state != "nxdomain" else []
        records = b"".join(
            b"\xc0\x0c\0\1\0\1" + struct.pack(">IH", 1, 4) + bytes(map(int, address.split(".")))
            for address in addresses
        )
        flags = 0x8183 if state == "nxdomain" else 0x8180
        head = data[:2] + struct.pack(">HHHHH", flags, 1, len(addresses), 0, 0)
        self.transport.sendto(head + question + records, peer)


def made(folder, specification):
    name, _, rest = specification.partition("=")
    kind, _, address = rest.partition("@")
    return Dns(folder / name, address) if kind == "dns" else Server(folder / name, kind, address)


async def main(folder, specifications):
    servers = [made(folder, each) for each in specifications]
    while True:
        for server in servers:
            await server.look()
        (folder / "ready").touch()
        await asyncio.sleep(LOOK)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2:]))
