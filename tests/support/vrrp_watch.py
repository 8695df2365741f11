"""A program for a host of the lab: runs the sources of VRRP knowledge, and prints what they tell, a line of JSON each.

Asked with a line of JSON on its standard input: {"access": ..., "traps": ..., "credentials": ..., "interval": ...,
"uvloop": ..., "poll_on_trap": ...}. Without `access` there is no poll, without `traps` no listener. It ends with its
standard input.
"""

import asyncio
import contextlib
import dataclasses
import json
import logging
import os
import resource
import sys
from enum import Enum
from pathlib import Path
from time import monotonic
from typing import Any

import uvloop

from haproxy_agentx.snmp.access import SnmpAccess, V3Access
from haproxy_agentx.vocabulary.source_record import Source
from haproxy_agentx.vrrp.mib_poll import MibPoll
from haproxy_agentx.vrrp.model import MibReading
from haproxy_agentx.vrrp.trap_listener import TrapListener
from haproxy_agentx.vrrp.traps import Trap
from haproxy_agentx.vrrp.trust import TrapEvidence


def plain(value: object) -> object:
    return value.name if isinstance(value, Enum) else str(value)


def report(kind: str, **reported: object) -> None:
    # an IntEnum would be written as its number
    named = {key: value.name if isinstance(value, Enum) else value for key, value in reported.items()}
    sys.stdout.write(json.dumps({"kind": kind, "at": monotonic(), **named}, default=plain) + "\n")
    sys.stdout.flush()


def source(reported: Source) -> dict[str, object]:
    return {
        "state": reported.state.name,
        "error": reported.last_error,
        "successes": reported.successes,
        "failures": reported.failures,
    }


def resources() -> dict[str, float]:
    used = resource.getrusage(resource.RUSAGE_SELF)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return {"cpu": used.ru_utime + used.ru_stime, "rss": pages * os.sysconf("SC_PAGE_SIZE") / 1e6}


async def watch(asked: dict[str, Any]) -> None:
    sources: list[MibPoll | TrapListener] = []
    poll: MibPoll | None = None
    if asked.get("access"):
        v3 = asked["access"].pop("v3", None)
        access = SnmpAccess(**asked["access"], v3=V3Access(**v3) if v3 else None)

        def reading(got: MibReading) -> None:
            report("reading", **dataclasses.asdict(got), states={i.name: i.state.name for i in got.instances})

        poll = MibPoll(
            access, reading, lambda trouble, at: report("trouble", trouble=trouble, seen=at), asked.get("interval", 5.0)
        )
        sources.append(poll)
    if asked.get("traps"):
        credentials = asked.get("credentials")

        def trap(got: Trap, at: float, _evidence: TrapEvidence) -> None:
            shown = {
                name: value.name if isinstance(value, Enum) else value
                for name, value in dataclasses.asdict(got).items()
            }
            report("trap", trap=type(got).__name__, seen=at, **shown)
            if poll and asked.get("poll_on_trap"):
                poll.poll_soon()

        sources.append(TrapListener(asked["traps"], V3Access(**credentials) if credentials else None, trap))
    tasks = [asyncio.create_task(each.run()) for each in sources]
    report("start", **resources())
    commands: asyncio.Queue[bytes] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    loop.add_reader(0, lambda: commands.put_nowait(os.read(0, 65536)))
    while await commands.get():
        for task in tasks:
            if task.done():
                task.result()
        report("sources", **resources(), sources={each.source.name: source(each.source) for each in sources})
    for task in tasks:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="log: %(message)s")
    asked = json.loads(os.fdopen(0, "rb", buffering=0, closefd=False).readline())
    if asked.get("uvloop"):
        uvloop.run(watch(asked))
    else:
        asyncio.run(watch(asked))


if __name__ == "__main__":
    main()
