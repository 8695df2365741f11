"""The other side of the control socket: a command asks the daemon. It needs no event loop."""

import json
import socket
from contextlib import suppress
from pathlib import Path
from time import monotonic

from haproxy_agentx.control.request import MAX_OCTETS, TIMEOUT, Request, Snapshot


class NotRunning(Exception):  # noqa: N818  it is a state and no error: the caller decides what it means
    """No daemon answers; the text says where and what to do."""


def control_path(store: str) -> str:
    """Return the path of the control socket that belongs to a store."""
    return str(Path(store).with_name("control.sock"))


def ask(path: str, request: Request | None = None, timeout: float = TIMEOUT) -> Snapshot:
    """Return what the daemon that listens at ``path`` answers within ``timeout`` seconds; by default, its state.

    Raises NotRunning.
    """
    try:
        answer = json.loads(_exchange(path, request, timeout))
    except PermissionError as error:
        raise NotRunning(f"{path}: permission denied: run this as root, or as a member of haproxy-agentx") from error
    except (FileNotFoundError, ConnectionRefusedError) as error:
        raise NotRunning(
            f"{path}: haproxy-agentx is not running here (systemctl start haproxy-agentx; journalctl -u haproxy-agentx "
            "says why when it ends), or its store is elsewhere (--config FILE)"
        ) from error
    except TimeoutError as error:
        raise NotRunning(
            f"{path}: no answer within {timeout:g} s: is haproxy-agentx frozen? Then systemctl restart haproxy-agentx"
        ) from error
    except ConnectionResetError as error:
        raise NotRunning(
            f"{path}: the connection was closed: haproxy-agentx is ending, or has too many connections: try again"
        ) from error
    except (OSError, ValueError, RecursionError) as error:
        raise NotRunning(f"{path}: {error}") from error
    if not isinstance(answer, dict):
        raise NotRunning(f"{path}: another program than haproxy-agentx answers there")
    return answer


def _exchange(path: str, request: Request | None, timeout: float) -> bytes:
    """Send a request and give all that is answered. Raises OSError, ValueError for too much."""
    answer = bytearray()
    ends = monotonic() + timeout
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(timeout)
        sock.connect(path)
        with suppress(BrokenPipeError, ConnectionResetError):  # it may have answered without listening
            if request is not None:
                sock.sendall(json.dumps(request).encode() + b"\n")
            sock.shutdown(socket.SHUT_WR)
        while piece := sock.recv(65536):
            sock.settimeout(max(0.001, ends - monotonic()))
            answer += piece
            if len(answer) > MAX_OCTETS:
                raise ValueError(f"the answer is longer than {MAX_OCTETS} octets: is this haproxy-agentx?")
    if not answer:
        raise ConnectionResetError
    return bytes(answer)
