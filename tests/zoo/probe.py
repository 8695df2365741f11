"""The referee's eyes: a program in the client's network that looks at everything several times a second.

    usage: python -m tests.zoo.probe JSON

JSON has `nodes` (name: [address, pid of the host's process 1]), `switch` (the pid of the switch's process 1), `asks`
and `own` (service: URLs), `served` ([low, high]), `entry` (the OID of haxServiceEntry). Each look is a line of JSON.
What it reports comes from clients of HTTP and TCP, the client kernel's neighbour table with the switch's table of
ports, each kernel's address table, and the SNMP answers that each node's own snmpd gives on its loopback. It shares no
code with the product.
"""

import asyncio
import ctypes
import json
import os
import socket
import ssl
import struct
import sys
import time
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from urllib.parse import urlsplit

from pyasn1.codec.ber import decoder, encoder
from pysnmp.proto.api import v2c

PERIOD = 0.3
TIMEOUT = 1.0
BEAT = 0.05
HEALTH = {
    1: "active", 2: "standby", 3: "activeDegraded", 4: "standbyDegraded", 5: "standbyNotReady", 6: "fault",
    7: "stopped", 8: "unknown", 9: "blackhole", 10: "conflict",
}  # fmt: skip
CLONE_NEWNET = 0x40000000
ADDRESS_GROUPS = 0x110  # RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR
start = asyncio.ensure_future


def main() -> None:
    given = json.loads(sys.argv[1])
    asyncio.run(look_on(given))


async def look_on(given):
    agents = {node: Agent(pid, given["entry"]) for node, (_, pid) in given["nodes"].items()}
    kernels = {node: Kernel(pid) for node, (_, pid) in given["nodes"].items()}
    low, high = given["served"]
    pulse = Pulse()
    while True:
        began = time.monotonic()
        asks = {key: [start(ask(url, low, high)) for url in urls] for key, urls in given["asks"].items()}
        owns = {
            (key, node): [start(ask(url.replace("{}", address), low, high)) for url in urls]
            for key, urls in given["own"].items()
            for node, (address, _) in given["nodes"].items()
        }
        reports = {node: start(agent.read()) for node, agent in agents.items()}
        await asyncio.wait([*chain(*asks.values()), *chain(*owns.values()), *reports.values()])
        held = {node: kernel.addresses() for node, kernel in kernels.items()}
        moved = {node: kernel.moved() for node, kernel in kernels.items()}
        views = {}
        for key, urls in given["asks"].items():
            addresses = sorted({urlsplit(url).hostname for url in urls})
            reached = {arrives(address, given) for address in addresses} - {""}
            views[key] = {
                "served": served(asks[key]),
                "arrives": reached.pop() if len(reached) == 1 else "",
                "own": {node: served(owns[key, node]) for node in given["nodes"] if (key, node) in owns},
                "held": {address: [node for node in held if address in held[node]] for address in addresses},
                "moved": {address: [node for node in moved if address in moved[node]] for address in addresses},
            }
        seen = {node: report.result() for node, report in reports.items()}
        print(json.dumps({"at": began, "views": views, "reports": seen, "late": pulse.late()}), flush=True)
        await asyncio.sleep(max(0.0, began + PERIOD - time.monotonic()))


class Pulse:
    """How late this program was woken: so late are all others of a machine that has too much to do."""

    def __init__(self):
        self._worst = 0.0
        self._task = start(self._beat())

    async def _beat(self):
        while True:
            due = time.monotonic() + BEAT
            await asyncio.sleep(BEAT)
            self._worst = max(self._worst, time.monotonic() - due)

    def late(self):
        """Return the most seconds by which it was late since the last call."""
        worst, self._worst = self._worst, 0.0
        return worst


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


def arrives(address, given):
    """Return the node to which the client's frames for an address go; '' where to none.

    The client's kernel says to which network card; the switch, behind which of its ports that is. So a virtual router's
    MAC address, which both nodes have, is told apart, too. A third host that answers for the address is no node.
    """
    shown = os.popen(f"ip neigh show {address}").read().split()
    if "lladdr" not in shown:
        route = os.popen(f"ip route get {address} 2>&1").read().split()
        if "via" in route:  # a cloud's network: clients are brought to a node that is not asked by ARP
            return arrives(route[route.index("via") + 1], given)
        return next((node for node, (own, _) in given["nodes"].items() if own == address), "")
    mac = shown[shown.index("lladdr") + 1]
    with suppress(KeyError):
        return MACS[mac]
    with within(given["switch"]):
        lines = os.popen(f"bridge fdb show | grep ^{mac}").read().splitlines()
    ports = [line.split()[2].removeprefix("b-") for line in lines if "permanent" not in line]
    found = next((port for port in ports if port in given["nodes"]), "")
    if found and not mac.startswith(VIRTUAL_ROUTER):
        MACS[mac] = found  # a card does not move; once its cable is pulled, the switch forgets it
    return found


MACS = {}
VIRTUAL_ROUTER = ("00:00:5e:00:01:", "00:00:5e:00:02:")
"""RFC 5798, 7.3: the address goes where the role goes."""


class Kernel:
    """The addresses of a host, by RTM_GETADDR of rtnetlink(7)."""

    def __init__(self, pid):
        self.pid = pid
        with within(pid):
            self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
            self.news = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0)
        self.socket.settimeout(TIMEOUT)
        self.news.bind((0, ADDRESS_GROUPS))

    def close(self):
        self.socket.close()
        self.news.close()

    def addresses(self):
        """Return those for which it answers in a network: on any interface, on loopback only where ARP is not told off.

        Linux answers ARP for an address of whatever interface (arp_ignore 0), loopback included; with arp_ignore, as
        LVS has it on real servers (direct routing), a copy on loopback is invisible to others.
        """
        self.socket.send(struct.pack("=IHHII4x", 20, 22, 0x301, 0, 0))
        found, loopback = set(), set()
        while True:
            data = self.socket.recv(65536)
            while data:
                size, kind = struct.unpack_from("=IH", data)
                if kind == 3:  # NLMSG_DONE
                    return found | (loopback if loopback - found and self.answers_for_loopback() else set())
                family, _, _, scope, index = struct.unpack_from("=BBBBI", data, 16)
                attributes = dict(read_attributes(data[24:size]))
                local = attributes.get(2) or attributes.get(1)  # IFA_LOCAL, IFA_ADDRESS
                flags = struct.unpack("=I", attributes[8])[0] if 8 in attributes else 0
                if local and not flags & 0x48 and scope != 254:  # tentative, dadfailed; the host's own scope
                    (loopback if index == 1 else found).add(socket.inet_ntop(family, local))
                data = data[(size + 3) & ~3 :]

    def moved(self):
        """Return the addresses that were added or removed since the last call, on any interface."""
        found = set()
        with suppress(BlockingIOError):
            while True:
                data = self.news.recv(65536)
                while data:
                    size, kind = struct.unpack_from("=IH", data)
                    if kind in (20, 21):  # RTM_NEWADDR, RTM_DELADDR
                        family = data[16]
                        attributes = dict(read_attributes(data[24:size]))
                        found.add(socket.inet_ntop(family, attributes.get(2) or attributes[1]))
                    data = data[(size + 3) & ~3 :]
        return found

    def answers_for_loopback(self):
        """Whether it answers ARP for what loopback has."""
        with within(self.pid):
            return not any(
                int(Path(f"/proc/sys/net/ipv4/conf/{name}/arp_ignore").read_text()) for name in ("all", "eth0")
            )


def read_attributes(data):
    while len(data) >= 4:
        size, kind = struct.unpack_from("=HH", data)
        yield kind, data[4:size]
        data = data[(size + 3) & ~3 :]


class Agent:
    """Reads haxServiceTable of a node by a socket in the node's network."""

    def __init__(self, pid, entry):
        self.names = (*map(int, entry.split(".")), 2)
        self.health = (*map(int, entry.split(".")), 3)
        with within(pid):
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
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


@contextmanager
def within(pid):
    """Be in the network namespace of a process: sockets that are made there stay there."""
    libc = ctypes.CDLL(None, use_errno=True)
    with Path("/proc/self/ns/net").open() as ours, Path(f"/proc/{pid}/ns/net").open() as theirs:
        if libc.setns(theirs.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")
        try:
            yield
        finally:
            libc.setns(ours.fileno(), CLONE_NEWNET)


if __name__ == "__main__":
    main()
