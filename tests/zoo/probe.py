"""The referee's eyes: a program in the client's network that looks at everything several times a second.

    usage: python -m tests.zoo.probe JSON

JSON has `nodes` (name: [address, pid of the host's process 1, its network card's address]), `asks` and `own` (service:
URLs), `served` ([low, high]), `entry` (the OID of haxServiceEntry). Each look is a line of JSON. What it reports comes
from clients of HTTP and TCP, the kernel's neighbour and address tables, and the SNMP answers that each node's own snmpd
gives on its loopback. It shares no code with the product.
"""

import asyncio
import ctypes
import json
import os
import socket
import ssl
import sys
import time
from contextlib import suppress
from itertools import chain, pairwise
from pathlib import Path
from urllib.parse import urlsplit

from pyasn1.codec.ber import decoder, encoder
from pysnmp.proto.api import v2c

PERIOD = 0.3
TIMEOUT = 1.0
HEALTH = {
    1: "active", 2: "standby", 3: "activeDegraded", 4: "standbyDegraded", 5: "standbyNotReady", 6: "fault",
    7: "stopped", 8: "unknown", 9: "blackhole", 10: "conflict",
}  # fmt: skip
CLONE_NEWNET = 0x40000000
start = asyncio.ensure_future


def main() -> None:
    given = json.loads(sys.argv[1])
    asyncio.run(look_on(given))


async def look_on(given):
    agents = {node: Agent(pid, given["entry"]) for node, (_, pid, _) in given["nodes"].items()}
    low, high = given["served"]
    while True:
        began = time.monotonic()
        asks = {key: [start(ask(url, low, high)) for url in urls] for key, urls in given["asks"].items()}
        owns = {
            (key, node): [start(ask(url.replace("{}", address), low, high)) for url in urls]
            for key, urls in given["own"].items()
            for node, (address, _, _) in given["nodes"].items()
        }
        reports = {node: start(agent.read()) for node, agent in agents.items()}
        await asyncio.wait([*chain(*asks.values()), *chain(*owns.values()), *reports.values()])
        views = {
            key: {
                "served": served(asks[key]),
                "arrives": arrives(urls[0], given["nodes"]),
                "own": {node: served(owns[key, node]) for node in given["nodes"] if (key, node) in owns},
                "holders": holders(urlsplit(urls[0]).hostname, given["nodes"]),
            }
            for key, urls in given["asks"].items()
        }
        seen = {node: report.result() for node, report in reports.items()}
        print(json.dumps({"at": began, "views": views, "reports": seen}), flush=True)
        await asyncio.sleep(max(0.0, began + PERIOD - time.monotonic()))


def any_certificate():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


ANY_CERTIFICATE = any_certificate()
"""For all clients: making one with the system's authorities takes longer than asking."""


def served(asked):
    """Return how many of the parts are served."""
    results = [each.result() for each in asked]
    return "all" if all(results) else "some" if any(results) else "none"


async def ask(url, low, high):
    """Whether a client is served: an HTTP status in the range, or over TCP an octet of an answer to a line."""
    parts = urlsplit(url)
    port = parts.port or {"https": 443}.get(parts.scheme, 80)
    context = ANY_CERTIFICATE if parts.scheme == "https" else None
    writer = None
    try:
        async with asyncio.timeout(TIMEOUT):
            name = (parts.fragment or parts.hostname) if context else None
            reader, writer = await asyncio.open_connection(parts.hostname, port, ssl=context, server_hostname=name)
            if parts.scheme == "tcp":
                if not parts.fragment:  # '#banner': the server speaks first
                    writer.write(b"PING\r\n")
                return bool(await reader.read(1))
            path = parts.path + (f"?{parts.query}" if parts.query else "")
            host = parts.fragment or parts.hostname  # '#HOST': a name in the Host header, and over TLS in the SNI
            writer.write(f"GET {path or '/'} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
            status = (await reader.readline()).split()
            return len(status) > 1 and low <= int(status[1]) <= high
    except (OSError, TimeoutError, ValueError, ssl.SSLError):
        return False
    finally:
        if writer is not None:
            with suppress(Exception):
                writer.transport.abort()


def arrives(url, nodes):
    """Return the node whose network card the client's kernel has for the address; '' where it has none."""
    wanted = urlsplit(url).hostname
    macs = {mac: node for node, (_, _, mac) in nodes.items()}
    shown = os.popen(f"ip neigh show {wanted}").read().split()
    if "lladdr" in shown:
        return macs.get(shown[shown.index("lladdr") + 1], "")
    return next((node for node, (address, _, _) in nodes.items() if address == wanted), "")


def holders(address, nodes):
    return [node for node, (_, pid, _) in nodes.items() if holds(pid, address)]


def holds(pid, address):
    try:
        if ":" in address:
            wanted = socket.inet_pton(socket.AF_INET6, address).hex()
            return wanted in Path(f"/proc/{pid}/net/if_inet6").read_text()
        lines = [line.strip() for line in Path(f"/proc/{pid}/net/fib_trie").read_text().splitlines()]
        return any(a == f"|-- {address}" and "host LOCAL" in b for a, b in pairwise(lines))
    except OSError:
        return False


class Agent:
    """Reads haxServiceTable of a node by a socket in the node's network."""

    def __init__(self, pid, entry):
        self.names = (*map(int, entry.split(".")), 2)
        self.health = (*map(int, entry.split(".")), 3)
        self.socket = in_network(pid)
        self.number = 0

    async def read(self):
        """Return health by service, None where there is no answer."""
        loop = asyncio.get_running_loop()
        self.number += 1
        pdu = v2c.GetBulkRequestPDU()
        v2c.apiBulkPDU.set_defaults(pdu)
        v2c.apiBulkPDU.set_request_id(pdu, self.number)
        v2c.apiBulkPDU.set_max_repetitions(pdu, 24)
        v2c.apiBulkPDU.set_varbinds(pdu, [(oid, v2c.null) for oid in (self.names, self.health)])
        message = v2c.Message()
        v2c.apiMessage.set_defaults(message)
        v2c.apiMessage.set_community(message, "public")
        v2c.apiMessage.set_pdu(message, pdu)
        try:
            async with asyncio.timeout(TIMEOUT):
                await loop.sock_sendto(self.socket, encoder.encode(message), ("127.0.0.1", 161))
                while True:
                    answer, _ = decoder.decode(await loop.sock_recv(self.socket, 65535), asn1Spec=v2c.Message())
                    got = v2c.apiMessage.get_pdu(answer)
                    if v2c.apiPDU.get_request_id(got) == self.number:
                        return self.table(v2c.apiBulkPDU.get_varbinds(got))
        except (OSError, TimeoutError):
            return None

    def table(self, varbinds):
        names, healths = {}, {}
        for oid, value in ((tuple(name), value) for name, value in varbinds):
            for column, found in ((self.names, names), (self.health, healths)):
                if oid[:-1] == column:
                    found[oid[-1]] = value
        shown = {
            bytes(names[i]).decode(errors="replace"): HEALTH.get(int(h), str(h))
            for i, h in healths.items()
            if i in names
        }
        return shown or None


def in_network(pid):
    """Return a UDP socket in the network namespace of a process."""
    libc = ctypes.CDLL(None, use_errno=True)
    with Path("/proc/self/ns/net").open() as ours, Path(f"/proc/{pid}/ns/net").open() as theirs:
        if libc.setns(theirs.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")
        try:
            made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        finally:
            libc.setns(ours.fileno(), CLONE_NEWNET)
    return made


if __name__ == "__main__":
    main()
