"""What a probe asks, and what counts as an answer. Pure.

A probe is one request as a client makes it: a connection (tcp), or a request of HTTP/1.1 (RFC 9112) of which only the
status line counts.
"""

import re
from dataclasses import dataclass
from enum import Enum

from haproxy_agentx import __version__
from haproxy_agentx.haproxy.probe_place import PORTS, ProbePlace, place_of
from haproxy_agentx.haproxy.probe_values import METHOD, PROBE_HOST, PROBE_URL, STATUSES
from haproxy_agentx.settings.given import Given
from haproxy_agentx.settings.keys import key, optional, required
from haproxy_agentx.settings.paths import READ_PATH
from haproxy_agentx.settings.types import YES_OR_NO, duration, whole_number

HEAD_LIMIT = 4096
"""Octets of a status line at most."""

ANSWER_LIMIT = 64 * 1024
"""Octets of an answer that are read, so that HAProxy sees no client that breaks off; what is more is not."""

_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9][0-9])(?: [^\r\n]*)?")


@dataclass(frozen=True, slots=True)
class ProbeTarget:
    """A probe: ``url`` is asked while this node serves the address, ``standby_url`` while it does not.

    URLs are http, https or tcp with an IP address or localhost; ``host`` is the name in the Host header and of the
    certificate. ``statuses`` are the least and the greatest that count as good. ``interval`` and ``timeout`` are in
    seconds; ``fall`` failures one after the other are a failed probe. ``remote`` allows an address that is not here.
    """

    url: str = required(
        PROBE_URL,
        example="https://127.0.0.1/",
        help="http://, https:// or tcp://ADDRESS:PORT, with a numeric address of this node",
        shown=False,
    )
    standby_url: str | None = optional(
        PROBE_URL,
        example="https://192.0.2.11/",
        help="used instead of url while this node is not MASTER; default: url",
        shown=False,
    )
    host: str | None = optional(
        PROBE_HOST,
        example="www.example.org",
        help="name in the Host header and in the certificate; default: the address",
    )
    method: str = key(METHOD, default="GET", help="{range}")
    statuses: tuple[int, int] = key(
        STATUSES, default=(200, 399), name="status", help="status codes that pass: 200, or 200-399"
    )
    interval: float = key(duration(0.5, 3600.0), default=2.0, help="period of requests: {range}")
    timeout: float = key(duration(0.1, 60.0), default=2.0, help="limit of a whole request: {range}")
    fall: int = key(
        whole_number(1, 100, "a number of failures"),
        default=3,
        help="consecutive failures that fail the probe: {range}",
    )
    remote: bool = key(YES_OR_NO, default=False, help="also allow addresses that this node does not have")
    ca_file: str | None = optional(
        READ_PATH,
        example="/etc/haproxy-agentx/ca.pem",
        help="certificates to trust instead of the system's, PEM",
    )

    @property
    def idle_keys(self) -> tuple[str, ...]:
        """The keys that have no meaning here: those of HTTP where only a connection is made."""
        is_http = any(place_of(url).is_http for url in (self.url, self.standby_url) if url is not None)
        return () if is_http else ("method", "status")

    def check(self, given: Given) -> None:
        """Note keys that do not go with the scheme of the URLs."""
        if given.refused("url") or not given.has("url"):
            return
        schemes = {place_of(url).scheme for url in (self.url, self.standby_url) if url is not None}
        if given.has("ca_file") and "https" not in schemes:
            given.note_at("ca_file", "it goes with https:// only: remove it, or probe by https://")
        for name in ("host", "method", "status"):
            if given.has(name) and schemes == {"tcp"}:
                given.note_at(name, "it does not go with tcp://, which only connects: remove it")


class ProbeOutcome(Enum):
    """What one request showed."""

    passed = "answered as it should be"
    failed = "not answered as it should be"
    not_asked = "could not be asked: nothing is said of the service"


@dataclass(frozen=True, slots=True)
class Answer:
    """The outcome of one request, and in words why it is not ``passed``."""

    outcome: ProbeOutcome
    words: str = ""


PASSED = Answer(ProbeOutcome.passed)


def request(target: ProbeTarget, place: ProbePlace) -> bytes:
    """Return the request of HTTP/1.1; the connection ends with its answer."""
    address = f"[{place.address}]" if ":" in place.address else place.address
    host = target.host or (address if place.port == PORTS[place.scheme] else f"{address}:{place.port}")
    lines = (
        f"{target.method} {place.path} HTTP/1.1",
        f"Host: {host}",
        f"User-Agent: haproxy-agentx/{__version__}",
        "Accept: */*",
        "Connection: close",
    )
    return "\r\n".join((*lines, "", "")).encode("ascii")


def judge(target: ProbeTarget, place: ProbePlace, line: bytes) -> Answer:
    """Judge the status line of an answer, with or without its end."""
    found = _STATUS.fullmatch(line.rstrip(b"\r\n"))
    if found is None:
        what = "ends without an answer" if not line else "answers something else than HTTP/1.1"
        return Answer(ProbeOutcome.failed, f"probe {place.shown} {what}")
    status, (least, most) = int(found[1]), target.statuses
    if least <= status <= most:
        return PASSED
    wanted = str(least) if least == most else f"{least} to {most}"
    return Answer(ProbeOutcome.failed, f"probe {place.shown} answers HTTP {status}, not {wanted}")
