"""Why a statistics page could not be fetched, and what to do: exceptions, status codes and silence in one line. Pure.

The texts of ``requests`` are not repeated: they hold whole requests. Only causes that are known are named.
"""

import socket
import ssl
from collections.abc import Iterator

from haproxy_agentx.haproxy.page import WHOLE, PageRequest
from haproxy_agentx.system.patience import Look
from haproxy_agentx.vocabulary.source import Absent, Denied, Gone, Invalid, Refused, SourceError, Unresponsive

_DEPTH = 12
_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND = 401, 403, 404

# OpenSSL's X509_V_ERR_* numbers (x509_vfy.h)
_NOT_YET_VALID, _EXPIRED = 9, 10
_NAME_MISMATCH = {62, 64}
_UNKNOWN_ISSUER = {2, 18, 19, 20, 21}


def explain_status(request: PageRequest, status: int) -> SourceError:
    """Return the error for a status code that is neither success nor a redirect."""
    if status in (_UNAUTHORIZED, _FORBIDDEN):
        what = (
            "wants credentials: give username and password_file"
            if request.username is None
            else (
                "refuses the credentials: compare username and password_file with 'stats auth', and look for an"
                " `http-request deny` that meets this host"
            )
        )
        return Denied(f"{request.where}: {what} (HTTP {status})")
    if status == _NOT_FOUND:
        return Absent(f"{request.where}: no such page (HTTP {status}): compare it with 'stats uri' of haproxy.cfg")
    return Refused(f"{request.where}: answers HTTP {status}: is it the statistics page of HAProxy?")


def explain_late(request: PageRequest, look: Look, *, began: bool) -> SourceError:
    """Return the error for an answer that did not come to its end; ``began``: whether a part of it came."""
    if look is Look.starved:
        return Invalid(
            f"{request.where}: not read, as haproxy-agentx itself hardly ran: look at the load of this machine, and at"
            " CPUQuota and CPUWeight of the service"
        )
    if look is Look.slow:
        return Invalid(
            f"{request.where}: the answer comes slowly and is not complete within {WHOLE * request.timeout:g} s:"
            " HAProxy is overloaded, the network slow, or `timeout` too short for so many rows"
        )
    what = "the answer stopped, and nothing more came" if began else "no answer"
    return Unresponsive(
        f"{request.where}: {what} within {request.timeout:g} s: HAProxy is frozen or overloaded, its connections are"
        " used up (`maxconn`), or the network or a name server is slow"
    )


def explain(request: PageRequest, error: BaseException) -> SourceError:
    """Return the error for what ``requests`` raised."""
    found = list(_causes(error))
    for cause in found:
        if isinstance(cause, SourceError):
            return cause
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _distrust(request, cause)
    for cause in found:
        if known := _known(request, cause):
            return known
    return Invalid(
        f"{request.where}: the answer broke off or is not HTTP ({type(found[-1]).__name__}): HAProxy was stopped"
        " meanwhile, or the port speaks something else (https: instead of http:?)",
    )


def _distrust(request: PageRequest, error: ssl.SSLCertVerificationError) -> Refused:
    reason = error.verify_message.rstrip(".")
    if error.verify_code in (_EXPIRED, _NOT_YET_VALID):
        remedy = "renew it, or set this machine's clock"
    elif error.verify_code in _NAME_MISMATCH:
        remedy = "use a host name in the URL that the certificate has"
    elif request.ca_file is None:
        remedy = "give the certificate of the authority that signed it as ca_file"
    elif error.verify_code in _UNKNOWN_ISSUER:
        remedy = f"the authority that signed it is not in {request.ca_file}: add its certificate to that file"
    else:
        remedy = f"compare the certificate and its chain with {request.ca_file}, and issue it again"
    return Refused(f"{request.where}: the certificate is not trusted ({reason}): {remedy}")


def _known(request: PageRequest, cause: BaseException) -> SourceError | None:
    url = request.where
    if isinstance(cause, socket.gaierror):
        return Absent(f"{url}: the host name does not resolve ({cause.strerror}): correct it, or the name server")
    if isinstance(cause, ConnectionRefusedError):
        return Gone(f"{url}: connection refused: HAProxy is not running, or does not listen on this port")
    if isinstance(cause, TimeoutError):
        return Unresponsive(f"{url}: no complete answer within {request.timeout:g} s")
    if isinstance(cause, ssl.SSLError):
        return Refused(f"{url}: no TLS connection ({cause.reason or 'broken off'}): does the page want http: instead?")
    if isinstance(cause, OSError) and cause.errno and not isinstance(cause, ConnectionError):  # no route and the like
        return Refused(f"{url}: {cause.strerror}")
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield ``error`` and what it wraps, outermost first: requests and urllib3 wrap by arguments and by attribute."""
    current: BaseException | None = error
    for _ in range(_DEPTH):
        if current is None:
            return
        yield current
        inside = [getattr(current, "reason", None), *current.args, current.__cause__, current.__context__]
        current = next((each for each in inside if isinstance(each, BaseException)), None)
