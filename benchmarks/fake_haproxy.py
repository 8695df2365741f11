"""A statistics socket of HAProxy with any number of servers behind it.

    python -m benchmarks.fake_haproxy SOCKET SERVERS [--fields 119] [--churn ROWS] [--torn EACH]

Made before it is asked for, so that to answer is to copy. Prints ``ready`` when it listens; ends with SIGTERM.
"""

import argparse
import contextlib
import random
import socketserver
import threading
import time
from pathlib import Path

from benchmarks.simulated_servers import SimulatedServers


class Answers:
    """The answers of this second."""

    def __init__(self, servers: SimulatedServers, torn: int) -> None:
        self._servers = servers
        self._torn = torn
        self._asked = 0
        self._by_command: dict[bytes, bytes] = {}
        self.make()

    def make(self) -> None:
        """Make those of now."""
        self._by_command = {b"show stat": self._servers.show_stat(), b"show info": self._servers.show_info()}

    def keep_making(self) -> None:
        """Make new ones each second, for ever."""
        due = time.monotonic()
        while True:
            due += 1
            time.sleep(max(0.0, due - time.monotonic()))
            self._servers.tick()
            self.make()

    def to(self, command: bytes) -> bytes | memoryview:
        """Give the answer to a command; the answer to every so many ``show stat`` is torn."""
        answer = self._by_command.get(command, b"Unknown command.\n\n")
        if self._torn and command == b"show stat":
            self._asked += 1
            if self._asked % self._torn == 0:
                return memoryview(answer)[: random.randrange(len(answer))]  # noqa: S311  no secret
        return answer


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("socket", type=Path)
    parser.add_argument("servers", type=int)
    parser.add_argument("--fields", type=int, default=103, help="103 as 2.6 has, or 119 as 3.x")
    parser.add_argument("--churn", type=int, default=0, help="servers that go and come back each second")
    parser.add_argument("--torn", type=int, default=0, help="tear one in so many answers; 0 for none")
    options = parser.parse_args()
    answers = Answers(SimulatedServers(options.servers, options.fields, options.churn), options.torn)

    class Exchange(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(OSError):
                self.request.sendall(answers.to(self.rfile.readline().strip()))

    options.socket.unlink(missing_ok=True)
    with socketserver.ThreadingUnixStreamServer(str(options.socket), Exchange) as server:
        server.daemon_threads = True
        threading.Thread(target=answers.keep_making, daemon=True).start()
        print("ready", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
