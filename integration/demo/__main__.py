"""Two load balancers before your eyes, and SNMP reports what happens to them and why: `sudo make demo`.

Every step waits for what it shows, and fails with the logs of the programs concerned. Nothing is left afterwards.
With `--picture FILE` the screen of one step is also written there as SVG, as it was printed: `sudo make picture`.
"""

import argparse
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.text import Text

from integration.demo import picture, screen
from integration.demo.steps import Demo
from integration.ending import end_in_order
from integration.netlab import Lab, LabError, peers
from integration.netlab.plan import PROJECT

NAME = "demo"
WIDTH = 110
"""Of the screen where there is no terminal, and the most that is used of one."""

INTRODUCTION = (
    "in network namespaces, each with its own snmpd, keepalived, HAProxy and haproxy-agentx.",
    "The nodes read each other over a management network, by SNMP, so that each of them answers for the site:",
    "Is the site served? By which node? Could the other one take over? And when that changes: why?",
    "client$ export MIBS=HAPROXY-AGENTX-MIB:KEEPALIVED-MIB",
    "netlab$ is python -m integration.netlab (integration/README.md), by which you can do all of it by hand.",
)


NOTIFICATIONS = "notifications: {limit: 600/min}\n"
"""So that each change is reported by itself, though a minute has more of them than a year."""


def prepare(lab: Lab) -> None:
    """Have the nodes read each other, and report all that happens."""
    peers.read_each_other(lab)
    for name in lab.balancers:
        with lab.host(name).path(peers.CONFIG).open("a") as file:
            file.write(NOTIFICATIONS)


def play(console: Console, drawing: Path | None = None) -> None:
    """Do all steps, and write the screen of the step ``blackhole`` to ``drawing``. Raise LabError."""
    began = time.monotonic()
    console.print(Text("Two load balancers on this machine", "bold"))
    for line in INTRODUCTION:
        console.print(Text(f"  {line}", "dim"))
    with Lab.up(NAME, "base", prepare=prepare) as lab:
        demo = Demo(lab, console)
        demo.times.append(("the pair is up, the client is served", time.monotonic() - began))
        steps = (
            (demo.pair, "The pair comes up", ""),
            (
                demo.failover,
                "A failover: HAProxy stops on the master",
                "keepalived's check takes some seconds to notice it. Until then it is an outage, and told as one.",
            ),
            (demo.back, "And back", ""),
            (
                demo.blackhole,
                "What keepalived does not see: HAProxy is frozen on the master",
                "The process is there, so keepalived's check is content, and lb1 stays MASTER.",
            ),
            (
                demo.standby,
                "What keepalived does not see: the standby could not take over",
                "lb1 serves on, so nothing happens in VRRP. But nobody is left to take over.",
            ),
            (
                demo.split,
                "A split brain: the nodes do not hear each other, and both take the addresses",
                "keepalived reports a failover as any other, and each node by itself is well. Together they show it.",
            ),
            (
                demo.servers,
                "What keepalived does not see: all web servers are down",
                "HAProxy runs on both nodes, and has nobody to send the clients to.",
            ),
            (demo.normal, "Back to normal", ""),
            (demo.walk, "All of it, by names", ""),
        )
        for number, (step, title, text) in enumerate(steps, 1):
            if drawing:
                picture.forget(console)
            head(console, f"{number}  {title}", text)
            step()
            if drawing and step == demo.blackhole:
                drawing.write_text(picture.svg(console, "sudo make demo"))
    head(console, f"{len(steps) + 1}  Everything is stopped and removed")
    console.print(screen.times(demo.times, time.monotonic() - began))


def head(console: Console, title: str, text: str = "") -> None:
    """Head a step."""
    console.print()
    console.rule(Text(title, "bold"), align="left", style="blue")
    if text:
        console.print(Text(f"  {text}", "dim"))


def main() -> int:
    """Return 0, 1 after a failure, 130 after an interrupt. The lab is down in any case."""
    parser = argparse.ArgumentParser(
        prog="python -m integration.demo", description="Show two load balancers fail over."
    )
    parser.add_argument("--picture", metavar="FILE", type=Path, help="draw the screen of one step there, as SVG")
    drawing: Path | None = parser.parse_args().picture
    end_in_order()
    console = Console(highlight=False, record=drawing is not None)
    console.width = min(console.width, WIDTH) if console.is_terminal else WIDTH
    if not (PROJECT / ".mibs" / "ietf").is_dir():
        console.print("The names need the IETF's MIB modules: tools/fetch-ietf-mibs .mibs", style="red")
        return 1
    try:
        play(console, drawing)
    except LabError as error:
        console.print(Text(f"✗ {error}", "red"))
        return 1
    except KeyboardInterrupt:
        console.print("interrupted", style="red")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
