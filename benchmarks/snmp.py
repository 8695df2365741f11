"""What reading and listening by SNMP cost in each way: ours, and pysnmp's own asyncio API.

    python -m benchmarks.snmp [--polls N]

Each way runs in a process of its own, all beside one real snmpd. A poll is a GetBulk of fifty variable bindings; a
trap is one of keepalived's. The figures are processor time, and resident memory at the end. "At start" is the time for
what is loaded and prepared, and for the first poll.
"""

import argparse
import asyncio
import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.support.snmpd import Snmpd

COLUMNS, ROWS = 10, 5
IF_ENTRY = (1, 3, 6, 1, 2, 1, 2, 2, 1)
NAMES = tuple((*IF_ENTRY, column) for column in range(1, COLUMNS + 1))
USER, PASSPHRASE = "watcher", "a-long-passphrase"
CONFIGURATION = (f"createUser {USER} SHA-256 {PASSPHRASE} AES {PASSPHRASE}", f"rouser {USER} priv")
SAMPLES = Path(__file__).parent.parent / "tests/vrrp/samples/traps-haproxy-stop-start.hex.txt"
TRAP = bytes.fromhex(SAMPLES.read_text().split()[2])
AT_ONCE = 10
AGENTS = 4
TRIES = 3

Poll = Callable[[], Awaitable[int]]
"""Polls once, and returns the number of variable bindings of the answer."""


async def ours(address: str, folder: Path, *, v3: bool) -> Poll:
    """Return a poll by our client."""
    from haproxy_agentx.snmp.access import SnmpAccess, V3Access
    from haproxy_agentx.snmp.client import SnmpClient
    from haproxy_agentx.snmp.message import SnmpRequest

    secret = str(folder / "secret")
    user = V3Access(USER, auth_protocol="SHA256", auth_file=secret, priv_file=secret)
    client = SnmpClient(SnmpAccess(address, str(folder / "community"), user if v3 else None), 5.0)
    await client.open()

    async def poll() -> int:
        return len((await client.ask(SnmpRequest(NAMES, ROWS))).varbinds)

    return poll


async def high_level(address: str, _: Path, *, v3: bool) -> Poll:
    """Return a poll by pysnmp's high-level API."""
    from pysnmp.hlapi.v3arch import asyncio as api

    host, port = address.split(":")
    target = await api.UdpTransportTarget.create((host, int(port)), timeout=5, retries=0)
    user = api.UsmUserData(
        USER, PASSPHRASE, PASSPHRASE, authProtocol=api.USM_AUTH_HMAC192_SHA256, privProtocol=api.USM_PRIV_CFB128_AES
    )
    who = user if v3 else api.CommunityData("public")
    engine, context = api.SnmpEngine(), api.ContextData()
    objects = [api.ObjectType(api.ObjectIdentity(name)) for name in NAMES]

    async def poll() -> int:
        error, status, _, found = await api.bulk_cmd(engine, who, target, context, 0, ROWS, *objects, lookupMib=False)
        if error or status:
            raise RuntimeError(error or status)
        return len(found)

    return poll


async def polls(way: str, address: str, folder: Path, count: int) -> dict[str, float]:
    """Poll so often, one after the other."""
    began = time.process_time()
    prepare = ours if way.startswith("ours") else high_level
    found = [await prepare(address, folder, v3="v3" in way) for _ in range(AGENTS if "agents" in way else 1)]
    for poll in found:
        await poll()
    ready = time.process_time()
    answered = [await found[number % len(found)]() for number in range(count)]
    if set(answered) != {COLUMNS * ROWS}:
        raise RuntimeError(f"answers of {set(answered)} variable bindings")
    return {"start": ready - began, "each": (time.process_time() - ready) / count, "memory": resident()}


async def our_listener(on_trap: Callable[[], None]) -> int:
    """Listen by our source, and return its port."""
    from haproxy_agentx.vrrp.trap_listener import TrapListener

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    listener = TrapListener(f"127.0.0.1:{port}", None, lambda *_: on_trap(), believed=lambda: range(1 << 16))
    running.append(asyncio.create_task(listener.run()))
    await asyncio.sleep(0.2)
    return port


async def pysnmp_listener(on_trap: Callable[[], None]) -> int:
    """Listen by pysnmp's NotificationReceiver, and return its port."""
    from pysnmp.carrier.asyncio.dgram import udp
    from pysnmp.entity import config, engine
    from pysnmp.entity.rfc3413 import ntfrcv

    snmp = engine.SnmpEngine()
    transport = udp.UdpAsyncioTransport().open_server_mode(("127.0.0.1", 0))
    config.add_transport(snmp, udp.DOMAIN_NAME, transport)
    config.add_v1_system(snmp, "area", "public")
    ntfrcv.NotificationReceiver(snmp, lambda *_: on_trap())
    await asyncio.sleep(0.2)
    running.append(snmp)
    return int(transport.transport.get_extra_info("sockname")[1])


running: list[object] = []
"""What listens, kept from the collector."""


async def traps(way: str, count: int) -> dict[str, float]:
    """Take so many traps, some at a time."""
    began = time.process_time()
    taken = asyncio.Semaphore(0)
    on_trap = taken.release

    port = await (our_listener if way.startswith("ours") else pysnmp_listener)(on_trap)
    ready = time.process_time()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(count // AT_ONCE):
            for _ in range(AT_ONCE):
                sender.sendto(TRAP, ("127.0.0.1", port))
            for _ in range(AT_ONCE):
                await taken.acquire()
    return {"start": ready - began, "each": (time.process_time() - ready) / count, "memory": resident()}


def resident() -> float:
    """Return the resident octets of this process."""
    text = Path("/proc/self/status").read_text()
    return int(text.partition("VmRSS:")[2].split()[0]) * 1024


WAYS = {
    "ours, v2c": polls,
    "pysnmp's API, v2c": polls,
    "ours, v3": polls,
    "pysnmp's API, v3": polls,
    f"ours, v3, {AGENTS} agents": polls,
    "ours, traps": traps,
    "pysnmp's API, traps": traps,
}


def measured(way: str, address: str, folder: Path, count: int) -> dict[str, float]:
    """Run a way in processes of its own; the best of some."""
    command = [sys.executable, "-m", "benchmarks.snmp", "--way", way, "--address", address, "--folder", str(folder)]
    command += ["--polls", str(count)]
    found = [json.loads(subprocess.run(command, check=True, capture_output=True).stdout) for _ in range(TRIES)]
    return {figure: min(one[figure] for one in found) for figure in found[0]}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--polls", type=int, default=300)
    parser.add_argument("--way", help=argparse.SUPPRESS)
    parser.add_argument("--address", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.way:
        work = (
            traps(given.way, given.polls)
            if given.way.endswith("traps")
            else polls(given.way, given.address, given.folder, given.polls)
        )
        print(json.dumps(asyncio.run(work)))
        return
    with tempfile.TemporaryDirectory() as made, Snmpd(Path(made) / "snmpd", CONFIGURATION) as snmpd:
        folder = Path(made)
        (folder / "secret").write_text(PASSPHRASE)
        (folder / "community").write_text("public")
        print(f"{'way':24}{'at start, ms':>14}{'each, us':>12}{'memory, MB':>12}")
        for way in WAYS:
            one = measured(way, f"127.0.0.1:{snmpd.port}", folder, given.polls)
            print(f"{way:24}{one['start'] * 1e3:14.0f}{one['each'] * 1e6:12.0f}{one['memory'] / 2**20:12.1f}")


if __name__ == "__main__":
    main()
