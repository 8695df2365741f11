"""A manager that asks again and again, as a program of the client.

    usage: python -m benchmarks.haunt.manager ADDRESS OID OTHER

Every tenth of a second it asks for OID and, in between, for OTHER. Each request is a line: when it was sent (monotonic
seconds), 1 for OID and 0 for OTHER, the milliseconds until a value came. `inf` stands for an error, for no value, and
for none within TIMEOUT.
"""

import itertools
import socket
import sys
import time

from tests.support.probe import NO_SUCH_OBJECT, get_message, parse

PERIOD = 0.1
TIMEOUT = 1.0
PORT = 161


def main() -> None:
    """Ask until somebody ends it."""
    address, *oids = sys.argv[1:]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect((address, PORT))
        due = time.monotonic()
        for request in itertools.count(1):
            sent = time.monotonic()
            good = ask(sock, request, oids[1 - request % 2])
            took = (time.monotonic() - sent) * 1000 if good else float("inf")
            print(sent, request % 2, took, flush=True)
            due = max(due + PERIOD / 2, time.monotonic() - PERIOD)
            time.sleep(max(0.0, due - time.monotonic()))


def ask(sock: socket.socket, request: int, oid: str) -> bool:
    """Whether a value comes in time. What comes late for an earlier request is passed over."""
    end = time.monotonic() + TIMEOUT
    try:
        sock.send(get_message(request, oid))
        while (left := end - time.monotonic()) > 0:
            sock.settimeout(left)
            answer = parse(sock.recv(65536))
            if answer.request == request:
                return not answer.error and all(tag < NO_SUCH_OBJECT for tag, _ in answer.values)
    except OSError:
        time.sleep(PERIOD)
    return False


if __name__ == "__main__":
    main()
