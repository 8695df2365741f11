"""The task that probes one service: at its interval, one request at a time, what fits the role of this node."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from time import monotonic

from haproxy_agentx.haproxy.probe import IsHere, Prober
from haproxy_agentx.haproxy.probe_target import ProbeOutcome, ProbeTarget
from haproxy_agentx.health.model import Role
from haproxy_agentx.health.probe import Probe, take

log = logging.getLogger(__name__)

_SERVING = (Role.master, Role.none)


class Probing:
    """Probes the service ``name``; ``role`` returns its role now, ``on_probe`` takes what each request shows."""

    def __init__(
        self,
        name: str,
        target: ProbeTarget,
        is_here: IsHere,
        role: Callable[[str], Role],
        on_probe: Callable[[str, Probe], None],
    ) -> None:
        self.name = name
        self._target = target
        self._prober = Prober(target, is_here)
        self._role = role
        self._on_probe = on_probe
        self._asked = ""
        self._words: str | None = None
        self._wake = asyncio.Event()

    def ask_now(self) -> None:
        """Have it asked at once."""
        self._wake.set()

    async def run(self) -> None:
        """Probe until cancelled."""
        probe, due = Probe(), monotonic()
        while True:
            self._wake.clear()
            url = self._url()
            if url != self._asked:
                self._asked, probe = url, Probe()  # another place: what is known of the one before says nothing of it
            began = monotonic()
            answer = await self._prober.ask(url)
            if self._url() == url:
                probe = take(probe, answer, began, self._target.fall)
                self._log(answer.words if answer.outcome is not ProbeOutcome.passed else "")
            else:
                probe = Probe()
            self._on_probe(self.name, replace(probe, roles=self._roles(url)))
            due = max(due + self._target.interval, monotonic())
            try:
                async with asyncio.timeout(due - monotonic()):
                    await self._wake.wait()
            except TimeoutError:
                continue
            due = monotonic()

    def _url(self) -> str:
        """Return what is asked now."""
        target = self._target
        if target.standby_url is None or self._role(self.name) in _SERVING:
            return target.url
        return target.standby_url

    def _roles(self, url: str) -> tuple[Role, ...]:
        """Return the roles in which a URL is asked; empty for all."""
        target = self._target
        if target.standby_url in (None, target.url):
            return ()
        return _SERVING if url == target.url else tuple(role for role in Role if role not in _SERVING)

    def _log(self, words: str) -> None:
        """Log another outcome than that of the request before."""
        if words != self._words and (words or self._words):
            if words:
                log.warning("service %s: %s", self.name, words)
            else:
                log.info("service %s: the probe passes again", self.name)
        self._words = words
