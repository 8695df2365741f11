"""The lab by hand: `python -m integration.netlab up|down|exec HOST CMD...|ctl HOST SERVICE ACTION|status`."""

import argparse
import os
import sys
import time

from integration.netlab.host import environment
from integration.netlab.lab import DEFAULT_NAME, Lab
from integration.netlab.peers import read_each_other
from integration.netlab.plan import ALL_ADDRESSES, ALL_BALANCERS, BALANCERS, HOSTS, VARIANTS, VIRTUAL
from integration.netlab.services import ACTIONS
from integration.netlab.waiting import LabError


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m integration.netlab", description=__doc__)
    parser.add_argument("--name", default=DEFAULT_NAME, help="of the lab, for several at once")
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start it; it stays until `down`")
    up.add_argument("--variant", choices=VARIANTS, default="fast", help="of keepalived's configuration")
    up.add_argument("--no-agent", action="store_true", help="without haproxy-agentx")
    up.add_argument("--peers", action="store_true", help="with a management network, over which they read each other")
    up.add_argument("--third", action="store_true", help="with a third load balancer, lb3")
    commands.add_parser("down", help="end it")
    execute = commands.add_parser("exec", help="run a command on a host")
    execute.add_argument("host", choices=HOSTS)
    execute.add_argument("argv", nargs=argparse.REMAINDER, metavar="CMD")
    ctl = commands.add_parser("ctl", help="act on a service")
    ctl.add_argument("host", choices=HOSTS)
    ctl.add_argument("service")
    ctl.add_argument("action", choices=ACTIONS)
    link = commands.add_parser("link", help="plug a host's cable in or pull it")
    link.add_argument("host", choices=tuple(ALL_ADDRESSES))
    link.add_argument("state", choices=("up", "down"))
    link.add_argument("--management", action="store_true", help="the cable to the management network")
    cut = commands.add_parser("cut", help="keep the load balancers from hearing each other")
    cut.add_argument("state", choices=("apart", "together"))
    commands.add_parser("status", help="who holds which address, and what runs")
    return parser.parse_args()


def status(lab: Lab) -> None:
    """Print who holds which address, and what runs."""
    for instance, address in VIRTUAL.items():
        code, by = lab.get(address)
        answer = f"{code} by {by}" if code else "no answer"
        print(f"{instance} {address}  held by {', '.join(lab.holders(instance)) or 'nobody'}  client: {answer}")
    for host in lab.hosts:
        shown = "  ".join(f"{name}{'' if runs else ' (stopped)'}" for name, runs in lab.services(host).items())
        print(f"{host:<7}{ALL_ADDRESSES.get(host, ''):<12}{shown}")


def run(options: argparse.Namespace) -> None:
    """Do what was asked. LabError."""
    began = time.monotonic()
    if options.command == "up":
        Lab.up(
            options.name,
            options.variant,
            agent=not options.no_agent,
            keep=True,
            balancers=ALL_BALANCERS if options.third else BALANCERS,
            prepare=read_each_other if options.peers else None,
        )
        print(f"up in {time.monotonic() - began:.2f} s")
        return
    lab = Lab.attach(options.name)
    match options.command:
        case "down":
            lab.down()
            print(f"down in {time.monotonic() - began:.2f} s")
        case "exec":
            command = lab.host(options.host).command(*(options.argv or ["bash"]))
            os.execvpe(command[0], command, environment(options.host))  # noqa: S606  a terminal goes with it
        case "ctl":
            lab.ctl(options.host, options.service, options.action)
        case "link":
            plug = lab.link_management if options.management else lab.link
            plug(options.host, up=options.state == "up")
        case "cut":
            lab.cut(apart=options.state == "apart")
        case "status":
            status(lab)


def main() -> int:
    """Return 0, or 1 after an error, which is printed."""
    try:
        run(arguments())
    except LabError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
