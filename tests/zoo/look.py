"""Play an entry by hand: after each step, what a client gets, what HAProxy shows and what is reported.

    usage: python -m tests.zoo.look ENTRY

Nothing is judged. Clients are curl and a few lines of their own, so that the referee can be compared with them.
"""

import csv
import io
import sys
import time
from urllib.parse import urlsplit

from tests.zoo.entry import BALANCERS
from tests.zoo.play import load
from tests.zoo.stage import Referee, Stage

TCP = """
import socket, sys
address, port, speaks_first = sys.argv[1:]
with socket.create_connection((address, int(port)), 1) as connection:
    connection.settimeout(1)
    if not speaks_first:
        connection.sendall(b'PING\\r\\n')
    print(connection.recv(60))
"""


def ask(stage: Stage, url: str) -> str:
    """Return the status of HTTP, or what came over TCP; 'nothing' where nothing did."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    if parts.scheme == "tcp":
        command = ("python3", "-c", TCP, parts.hostname, str(parts.port), parts.fragment)
    else:
        host = parts.fragment or parts.hostname
        port = parts.port or {"https": 443}.get(parts.scheme, 80)
        whole = f"{parts.scheme}://{host}:{port}{parts.path}{'?' * bool(parts.query)}{parts.query}"
        way = ("--resolve", f"{host}:{port}:{parts.hostname}")
        command = ("curl", "-gsk", "-m", "1", "-o", "/dev/null", "-w", "%{http_code}", *way, whole)
    return stage.exec("client", *command, check=False).strip() or "nothing"


def rows(stage: Stage, host: str) -> str:
    """Return the status of each row of `show stat`."""
    try:
        shown = csv.DictReader(io.StringIO(stage.haproxy(host, "show stat").removeprefix("# ")))
    except OSError as error:
        return str(error)
    return "; ".join(f"{row['pxname']}/{row['svname']} {row['status']}" for row in shown)


def show(stage: Stage, referee: Referee, about: str) -> None:
    """Print all of it."""
    print(about)
    for host in BALANCERS:
        print(f"  {host}: {rows(stage, host)}")
    for url in (url for urls in stage.entry.asks.values() for url in urls):
        print(f"  client: {url}: {ask(stage, url)}")
    sample = referee.samples[-1]
    for key, view in sample.views.items():
        own = ", ".join(f"{node} {served}" for node, served in view.own.items())
        print(f"  referee: {key} served {view.served} at {view.arrives}, held by {sorted(view.holders)}, own: {own}")
    print(f"  reported: {sample.reports}", flush=True)


def main() -> None:
    """Play the entry that the argument names."""
    entry, folder = load(sys.argv[1])
    stage = Stage.of(entry, folder, f"look-{entry.name}")
    try:
        referee = Referee(stage)
        try:
            time.sleep(10)
            show(stage, referee, "start")
            for step in entry.steps:
                for action in step.actions:
                    stage.act(action)
                time.sleep(step.within)
                show(stage, referee, step.about or " ".join(step.actions[-1]))
        finally:
            referee.close()
    finally:
        stage.down()


if __name__ == "__main__":
    main()
