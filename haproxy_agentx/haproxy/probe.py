"""One request like a client's, by the event loop: bounded in time and octets, to an address in figures."""

import asyncio
import errno
import ssl
from collections.abc import Callable
from pathlib import Path

from haproxy_agentx.haproxy.probe_place import ProbePlace, place_of
from haproxy_agentx.haproxy.probe_target import (
    ANSWER_LIMIT,
    HEAD_LIMIT,
    PASSED,
    Answer,
    ProbeOutcome,
    ProbeTarget,
    judge,
    request,
)
from haproxy_agentx.system import lag
from haproxy_agentx.system.patience import Look

IsHere = Callable[[str], bool | None]
"""Whether an address is one of this machine's; None where that is not known."""

_OURS = {
    errno.EPERM: "the system forbids the connection: allow the address by IPAddressAllow= in a drop-in of the service,"
    " or in the packet filter",
    errno.EACCES: "the system forbids the connection",
    errno.EMFILE: "no file descriptor left: raise LimitNOFILE of the service",
    errno.ENFILE: "no file descriptor left on this machine",
    errno.EADDRNOTAVAIL: "no local port left to connect from",
    errno.ENOBUFS: "no memory left in the kernel",
    errno.ENOMEM: "no memory left",
}
"""What is the fault of this side, and says nothing of the service."""


class Prober:
    """Asks one target; one request at a time."""

    def __init__(self, target: ProbeTarget, is_here: IsHere) -> None:
        self._target = target
        self._is_here = is_here
        self._trust: tuple[object, ssl.SSLContext] | None = None

    async def ask(self, url: str) -> Answer:
        """Ask once, and return within a little more than the timeout. Time in which we did not run does not count."""
        target, place = self._target, place_of(url)
        if not target.remote and not (here := self._is_here(place.address)):
            why = "is not on this node" if here is not None else "may be elsewhere: the kernel cannot be asked"
            return Answer(ProbeOutcome.not_asked, f"probe {place.shown} is not asked: its address {why}")
        patience = lag.patience(target.timeout, whole=target.timeout)
        try:
            return await lag.answered(self._ask(place), patience)
        except lag.Silence as silence:
            if silence.look is Look.starved:
                return Answer(ProbeOutcome.not_asked, f"probe {place.shown}: haproxy-agentx itself hardly ran")
            return Answer(ProbeOutcome.failed, f"probe {place.shown} is not answered within {target.timeout:g} s")
        except ssl.SSLCertVerificationError as error:
            reason = error.verify_message.rstrip(".")
            return Answer(ProbeOutcome.failed, f"probe {place.shown}: the certificate is not trusted ({reason})")
        except OSError as error:
            return _explained(place, error)

    async def _ask(self, place: ProbePlace) -> Answer:
        context = await self._context() if place.scheme == "https" else None
        name = self._target.host or place.address if context else None
        reader, writer = await asyncio.open_connection(
            place.address, place.port, limit=HEAD_LIMIT, ssl=context, server_hostname=name
        )
        try:
            if not place.is_http:
                return PASSED
            writer.write(request(self._target, place))
            try:
                line = await reader.readuntil(b"\n")
            except asyncio.IncompleteReadError as error:
                line = error.partial
            except asyncio.LimitOverrunError:
                return Answer(ProbeOutcome.failed, f"probe {place.shown} answers something else than HTTP/1.1")
            answer = judge(self._target, place, line)
            await _drain(reader)
            return answer
        finally:
            writer.transport.abort()

    async def _context(self) -> ssl.SSLContext:
        """Return the trust in certificates, loaded again when its file has changed. Raise OSError."""
        file = self._target.ca_file
        version = await asyncio.to_thread(_version, file)
        if self._trust is None or self._trust[0] != version:
            context = await asyncio.to_thread(ssl.create_default_context, cafile=file)
            self._trust = version, context
        return self._trust[1]


def _version(file: str | None) -> tuple[int, ...]:
    if file is None:
        return ()
    status = Path(file).stat()
    return status.st_mtime_ns, status.st_ino, status.st_size


async def _drain(reader: asyncio.StreamReader) -> None:
    """Read what follows, up to a limit: the answer counts whether or not the rest comes."""
    left = ANSWER_LIMIT
    try:
        async with asyncio.timeout(0.2):
            while left > 0 and (piece := await reader.read(HEAD_LIMIT)):
                left -= len(piece)
    except (OSError, TimeoutError):
        return


def _explained(place: ProbePlace, error: OSError) -> Answer:
    if isinstance(error, ssl.SSLError):  # its errno is a number of OpenSSL
        return Answer(ProbeOutcome.failed, f"probe {place.shown}: no TLS connection ({error.reason or 'broken off'})")
    if error.errno in _OURS:
        return Answer(ProbeOutcome.not_asked, f"probe {place.shown} is not asked: {_OURS[error.errno]}")
    if isinstance(error, FileNotFoundError | PermissionError | IsADirectoryError):
        return Answer(
            ProbeOutcome.not_asked, f"probe {place.shown} is not asked: ca_file cannot be read ({error.strerror})"
        )
    if isinstance(error, ConnectionRefusedError):
        return Answer(ProbeOutcome.failed, f"probe {place.shown}: connection refused")
    return Answer(ProbeOutcome.failed, f"probe {place.shown}: {error.strerror or 'the connection broke off'}")
