"""The task that probes a service: what fits the role is asked, one request at a time, and nothing else is believed."""

import asyncio
from collections.abc import Iterator

from haproxy_agentx.haproxy.probe_target import PASSED, Answer, ProbeOutcome, ProbeTarget
from haproxy_agentx.health.model import Role
from haproxy_agentx.health.probe import Probe, ProbeState
from haproxy_agentx.monitor import probing
from haproxy_agentx.monitor.probing import Probing
from tests.support.wait import soon

URL, STANDBY = "http://192.0.2.1/", "http://192.0.2.11/"
FAILED = Answer(ProbeOutcome.failed, "probe: connection refused")


class Site:
    """A service whose prober is scripted; ``busy`` counts requests that are under way."""

    def __init__(self, monkeypatch, answers: dict[str, Answer], **more: object) -> None:
        self.role = Role.master
        self.asked: list[str] = []
        self.busy = self.most_busy = 0
        self.seen: list[Probe] = []
        site = self

        class Scripted:
            def __init__(self, *_: object) -> None:
                pass

            async def ask(self, url: str) -> Answer:
                site.busy += 1
                site.most_busy = max(site.busy, site.most_busy)
                await asyncio.sleep(0)
                site.busy -= 1
                site.asked.append(url)
                return answers[url]

        monkeypatch.setattr(probing, "Prober", Scripted)
        target = ProbeTarget(URL, STANDBY, interval=0.001, fall=2, **more)
        self.task = Probing("site", target, lambda _: True, lambda _: self.role, self._take)

    def _take(self, name: str, probe: Probe) -> None:
        assert name == "site"
        self.seen.append(probe)

    async def until(self, count: int) -> None:
        before = len(self.seen)
        await soon(lambda: len(self.seen) >= before + count)


def steps(site: Site, *roles: Role) -> Iterator[Probe]:
    async def story() -> list[Probe]:
        running, found = asyncio.create_task(site.task.run()), []
        for role in roles:
            site.role = role
            site.task.ask_now()
            await site.until(6)
            found.append(site.seen[-1])
        running.cancel()
        await asyncio.wait([running])
        return found

    return iter(asyncio.run(story()))


def test_what_is_asked_fits_the_role(monkeypatch):
    site = Site(monkeypatch, {URL: PASSED, STANDBY: FAILED})
    master, backup, unknown, alone = steps(site, Role.master, Role.backup, Role.unknown, Role.none)
    assert (master.state, backup.state) == (ProbeState.passing, ProbeState.failing)
    assert (unknown.state, alone.state) == (ProbeState.failing, ProbeState.passing)
    assert site.most_busy == 1


def test_what_was_asked_in_another_role_says_nothing(monkeypatch):
    site = Site(monkeypatch, {URL: FAILED, STANDBY: PASSED})
    failing, passing = steps(site, Role.master, Role.backup)
    assert [role for role in Role if failing.fits(role)] == [Role.none, Role.master]
    assert [role for role in Role if not passing.fits(role)] == [Role.none, Role.master]
    assert all(Probe().fits(role) for role in Role)
