"""``haproxy-agentx rehearse SERVICE``: watch a failover that the operator makes, and report what came of it.

It stops and starts nothing by itself: the failover is made by a command of the operator, or by his own hand.
"""

import asyncio
import json
import logging
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from enum import IntEnum
from time import monotonic
from typing import Any

from haproxy_agentx.cli.running import OTHER_VERSION, find, report_problem
from haproxy_agentx.config import Config, load
from haproxy_agentx.control.client import NotRunning
from haproxy_agentx.doctor import keepalived_conf, look
from haproxy_agentx.doctor.failover import Candidate, candidate
from haproxy_agentx.haproxy.blocking import Pulled
from haproxy_agentx.haproxy.probe_place import place_of
from haproxy_agentx.haproxy.probe_target import ProbeTarget
from haproxy_agentx.haproxy.probe_values import PROBE_URL
from haproxy_agentx.pair.model import PairState
from haproxy_agentx.rehearsal.leg import Leg, Limits, Phase
from haproxy_agentx.rehearsal.outage import Outage
from haproxy_agentx.rehearsal.prechecks import Arithmetic, Precheck, PrecheckGrade, Precondition, prechecks
from haproxy_agentx.rehearsal.reading import NodeReader, OtherVersion, own_name, probe, taken_apart
from haproxy_agentx.rehearsal.result import LegResult, as_json, lines, way_back
from haproxy_agentx.rehearsal.seen_events import NodeEvents
from haproxy_agentx.rehearsal.sight import NodeView, server_of
from haproxy_agentx.settings.types import duration
from haproxy_agentx.vocabulary.shown import printable, shown_url

STEP = 0.2
"""Seconds between two looks."""

STDIN = 0
LONGEST_ANSWER = 80
"""Octets of what is typed that are read."""

BY_HAND = ""
"""A way that the operator makes by hand."""

_TIME = duration(1.0, 86400.0)
_HAND_OVER = "now have {giver} hand the service over, such as by `systemctl stop keepalived` there; waiting"
_TAKE_BACK = "now have {giver} take the service back from {taker}, such as by `systemctl start keepalived`; waiting"


class RehearsalStatus(IntEnum):
    """The exit status."""

    good = 0
    bad = 1
    """It did not move, or something was lost or is not known."""
    usage = 2
    not_begun = 3


class _Unfit(Exception):  # noqa: N818  the answer to a wrong argument
    """An argument cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for. ``back`` is None where the way back is not watched; a command is BY_HAND without one."""

    service: str
    command: str = BY_HAND
    back: str | None = None
    probe: str | None = None
    others: Sequence[str] = ()
    wait: str = "5m"
    limit: str = "60s"
    yes: bool = False
    anyway: bool = False
    as_json: bool = False


def rehearse(config_file: str | None, order: Order) -> int:
    """Check, ask, watch and report; return a RehearsalStatus. Raises ConfigError."""
    config, running = load(config_file), find(config_file)
    logging.getLogger("haproxy_agentx").addHandler(logging.NullHandler())  # what cannot be read is in the report
    try:
        return asyncio.run(_Rehearsal(config, running.path, order).run())
    except _Unfit as error:
        report_problem(str(error), as_json=order.as_json)
        return RehearsalStatus.usage
    except NotRunning as error:
        report_problem(str(error), as_json=order.as_json)
        return RehearsalStatus.not_begun
    except OtherVersion:
        report_problem(OTHER_VERSION, as_json=order.as_json)
        return RehearsalStatus.not_begun


class _Rehearsal:
    """One rehearsal. Raises _Unfit, NotRunning and OtherVersion."""

    def __init__(self, config: Config, path: str, order: Order) -> None:
        self._config = config
        self._order = order
        self._reader = NodeReader(config, path, order.service)
        self._limits = Limits(begin=_seconds("--wait", order.wait), move=_seconds("--limit", order.limit))
        for option, command in (("--command", order.command), ("--back", order.back or BY_HAND)):
            _check_words(option, command)
        self._target = _probe_of(config, order.service)
        self._url = None if order.probe is None else _url(order.probe)
        self._done: dict[str, object] = {"service": order.service}
        self._last: dict[str, int] = {}
        """The number of the last event of each node before the next way."""

    async def run(self) -> int:
        async with self._reader:
            status = await self._all()
        if self._order.as_json:
            print(json.dumps({**self._done, "status": int(status)}, indent=2))
        return status

    async def _all(self) -> RehearsalStatus:
        found = await self._prechecks()
        self._done["prechecks"] = [{**asdict(one), "grade": one.grade.name} for one in found]
        refused = [one for one in found if one.grade is PrecheckGrade.refused]
        nodes = await self._reader.nodes()
        giver = server_of(nodes)
        if giver is None or not self._config.peers or any(node.problem for node in nodes):
            self._say("not begun: one node has to serve, and each other one has to be read: correct what is marked NO")
            return RehearsalStatus.not_begun
        if refused and not self._order.anyway:
            self._say("not begun: correct what is marked NO, or pass --anyway")
            return RehearsalStatus.not_begun
        self._last = {node.name: node.last_event for node in nodes}
        if not await self._agreed(f"have {self._order.service} fail over from {giver} now?"):
            self._say("not begun: not agreed to (--yes agrees beforehand)")
            return RehearsalStatus.not_begun
        results = [await self._leg("failover", giver, self._order.command, _HAND_OVER.format(giver=giver))]
        taker = results[0].leg.taker
        self._say(way_back(giver, taker))
        if self._order.back is not None and taker is not None:
            if await self._agreed(f"have {self._order.service} return from {taker} now?"):
                hint = _TAKE_BACK.format(giver=giver, taker=taker)
                results.append(await self._leg("way back", taker, self._order.back, hint))
            else:
                self._say("the way back is not watched")
        self._done["legs"] = [as_json(one) for one in results]
        return RehearsalStatus.good if all(one.is_good for one in results) else RehearsalStatus.bad

    async def _prechecks(self) -> list[Precheck]:
        await self._reader.read_once()
        snapshot = await self._reader.snapshot()
        nodes = await self._reader.nodes()
        with taken_apart():
            services = {one["name"]: one for one in snapshot["services"]}
            own = services.get(self._order.service)
            if own is None:
                raise _Unfit(f"{self._order.service}: no such service here: there are: {', '.join(services) or 'none'}")
            addresses, instance = own.get("addresses_expected", ()), own.get("vrrp_instance")
            before = _before(snapshot, self._order.service, nodes)
        if self._url is None and self._target is not None and place_of(self._target.url).address in addresses:
            self._url = self._target.url  # it leads to an address of the service, and moves with it
        found = prechecks(replace(before, arithmetic=self._arithmetic(instance)))
        for one in found:
            self._say(f"{one.grade.value:3} {one.name}: {one.words}")
        return found

    def _arithmetic(self, instance: str | None) -> Arithmetic:
        if not self._order.others:
            return Arithmetic(why="name the keepalived.conf of the other node with --other")
        try:
            here = _candidate(look.texts_here(), own_name(), instance)
            peer = self._config.peers[0].name if self._config.peers else ""
            there = _candidate(look.texts_of(self._order.others[0]), peer, instance)
        except OSError as error:
            return Arithmetic(why=f"{error.filename}: {error.strerror}: run it as root, or correct the path")
        if here is None or there is None:
            return Arithmetic(why=f"no vrrp_instance {instance or ''} in keepalived.conf of both nodes")
        return Arithmetic(here, there)

    async def _agreed(self, question: str) -> bool:
        if self._order.yes:
            return True
        print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
        asking = Pulled(_typed(), "answer")
        try:
            answer = await asking.next()
        finally:
            asking.end()
        return answer is not None and answer.strip().lower() in (b"y", b"yes")

    async def _leg(self, name: str, giver: str, command: str, hint: str) -> LegResult:
        logs = [NodeEvents(name, last, last) for name, last in self._last.items()]
        outage = Outage()
        asking = None if self._url is None else asyncio.create_task(probe(self._url, self._target, outage))
        leg = Leg(giver, monotonic(), self._limits)
        process = self._ordered(command, hint)
        try:
            while leg.phase is not Phase.ended:
                await self._look(leg, logs)
            await self._reader.take_events(logs)
        finally:
            if asking is not None:
                asking.cancel()
                await asyncio.gather(asking, return_exceptions=True)
        self._last = {log.node: log.last for log in logs}
        result = LegResult(
            name=name,
            leg=leg,
            unserved=outage.result(),
            probe=None if self._url is None else shown_url(self._url),
            events=logs,
            command_status=None if process is None else process.poll(),
            pair=await self._pair(),
        )
        for line in lines(result):
            self._say(line)
        return result

    async def _look(self, leg: Leg, logs: Sequence[NodeEvents]) -> None:
        leg.see(await self._reader.nodes(), monotonic())
        if await self._reader.take_events(logs):
            leg.heard(monotonic())
        deadline = leg.deadline()
        if deadline is not None:
            await asyncio.sleep(max(0.0, min(STEP, deadline - monotonic())))
        leg.advance(monotonic())

    def _ordered(self, command: str, hint: str) -> "subprocess.Popen[bytes] | None":
        """Start the operator's command, without a shell; or print what there is to do. It may outlive this program."""
        if command == BY_HAND:
            self._say(hint)
            return None
        try:
            return subprocess.Popen(  # noqa: S603  the operator's own
                shlex.split(command), stdin=subprocess.DEVNULL, stdout=sys.stderr if self._order.as_json else None
            )
        except OSError as error:
            raise _Unfit(f"the command cannot be run: {printable(command)}: {error.strerror}") from error

    async def _pair(self) -> str:
        with suppress(NotRunning):
            snapshot = await self._reader.snapshot()
            with taken_apart():
                one = _pair_of(snapshot, self._order.service)
                if one is not None:
                    return f"{one['state']}: {one['text']}" if one["text"] else str(one["state"])
        return ""

    def _say(self, text: str) -> None:
        print(printable(text, 2000), file=sys.stderr if self._order.as_json else sys.stdout, flush=True)


def _typed() -> Generator[bytes, None, None]:
    """Yield the next line of standard input. Nothing is read beyond it, and no lock is held that an exit waits for."""
    line = b""
    while len(line) < LONGEST_ANSWER and (octet := os.read(STDIN, 1)):
        if octet == b"\n":
            break
        line += octet
    yield line


def _seconds(option: str, text: str) -> float:
    try:
        return _TIME.read(text)
    except ValueError as error:
        raise _Unfit(f"{option}: {error}") from None


def _check_words(option: str, command: str) -> None:
    """Raise _Unfit for a command that cannot be started, before anything is done."""
    if command == BY_HAND:
        return
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise _Unfit(f"{option}: {error}: close the quotes") from None
    if not words or shutil.which(words[0]) is None:
        raise _Unfit(f"{option}: {printable(command)}: there is no such program: name one, and its arguments")


def _url(text: str) -> str:
    try:
        return PROBE_URL.read(text if "://" in text else f"tcp://{text}")
    except ValueError as error:
        raise _Unfit(f"--probe: {error}") from None


def _probe_of(config: Config, service: str) -> ProbeTarget | None:
    return next((one.probe for one in config.services or () if one.name == service), None)


def _pair_of(snapshot: Mapping[str, Any], service: str) -> Mapping[str, Any] | None:
    return next((one for one in snapshot["pair"]["services"] if one["name"] == service), None)


def _before(snapshot: Mapping[str, Any], service: str, nodes: Sequence[NodeView]) -> Precondition:
    pair = _pair_of(snapshot, service)
    return Precondition(
        nodes=nodes,
        pair=None if pair is None else PairState.__members__.get(str(pair["state"])),
        pair_text="" if pair is None else str(pair["text"] or ""),
        settling=pair is not None and bool(pair["settling"]),
        snmp_problem=str(snapshot["agentx"]["problem"] or ""),
        queued=int(snapshot["events"]["queued"]),
    )


def _candidate(texts: Mapping[str, str], host: str, instance: str | None) -> Candidate | None:
    conf = keepalived_conf.parse(texts, host)
    known = [one for one in conf.instances if instance in (None, one.words[0])]
    return candidate(known[0], conf) if len(known) == 1 else None
