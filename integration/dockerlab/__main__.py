"""The lab by hand: `python -m integration.dockerlab up|down|clean|test`; make lab-up, lab-down, lab-clean, lab."""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from integration.dockerlab import engine, images
from integration.dockerlab.lab import VARIANT, DockerLab
from integration.ending import end_in_order, say
from integration.matrix.plan import MACHINES
from integration.netlab.plan import ADDRESSES, PROJECT, VARIANTS, VIRTUAL
from integration.netlab.waiting import LabError

TESTS = ("-n", "3", "tests/docker")
"""The pair in one process, the load balancers apart from it in two others: all of them wait most of the time."""

HINTS = """
  lb1 {lb1}  lb2 {lb2}  web {web}  sink {sink}  client {client}  served at {addresses}

Try, in this order:
  docker logs -f hax-sink | grep -v '	'                                     # the traps, in a terminal of their own
  docker exec hax-client curl -i http://{address}/                       # X-LB tells who answers
  docker exec hax-client snmpbulkwalk -v2c -c public -Os lb1 haproxyAgentxMIB   # all of HAProxy; the same of lb2
  docker exec hax-client snmpbulkwalk -v2c -c public -Os lb1 vrrpInstanceState  # master; lb2 is backup
  docker exec hax-lb1 systemctl stop haproxy                                # fail over; walk both again
  docker exec hax-lb1 systemctl start haproxy                               # and back
  docker exec hax-lb1 pkill -STOP haproxy                                   # HAProxy freezes; -CONT: it goes on
  docker exec hax-web sh -c 'kill $(cat /run/8001.pid)'                     # a web server dies: haxServerStatus
  docker restart hax-web                                                    # and all of them run again
  docker exec -it hax-lb1 bash                                              # look inside: systemctl status, journalctl,
                                                                            #   haproxy-agentx status
make lab-down removes it. More in docs/lab.md."""


def report_since(began: float, text: str) -> None:
    """Tell what is done, and since when."""
    say(f"{time.monotonic() - began:6.1f} s  {text}")


def arguments() -> tuple[argparse.Namespace, list[str]]:
    """Read the command line; what follows `test` is pytest's."""
    parser = argparse.ArgumentParser(prog="python -m integration.dockerlab", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    suites: dict[str, Any] = {"choices": tuple(MACHINES), "default": images.SUITE, "help": "Debian's release"}
    up = commands.add_parser("up", help="make and start it; it stays until `down`")
    up.add_argument("--variant", choices=VARIANTS, default=VARIANT, help="of keepalived's configuration")
    up.add_argument("--suite", **suites)
    commands.add_parser("down", help="remove it; the images stay")
    commands.add_parser("clean", help="remove it and its images")
    testing = commands.add_parser(
        "test", help=f"make and start it, run its tests, remove it; without more: {' '.join(TESTS)}"
    )
    testing.add_argument("--suite", **suites)
    options, rest = parser.parse_known_args()
    if rest and options.command != "test":
        parser.error(f"what is {' '.join(rest)}?")
    return options, rest


def test(tests: Sequence[str], began: float, suite: str) -> int:
    """Run the tests on a lab of their own; return the exit status."""
    report = partial(report_since, began)
    if engine.answers() and DockerLab.runs():
        report("a lab is already running: it is removed first")
        DockerLab.down(report)
    DockerLab.up(report, suite=suite)
    try:
        report("up; now the tests")
        status = run_tests(tests or TESTS)
    finally:
        report("removing everything")
        DockerLab.down(report)
    report("gone; the images stay as a cache, make lab-clean removes them")
    return status


def run_tests(tests: Sequence[str]) -> int:
    """Run pytest to its end, or to ours; return the exit status."""
    # a process group of its own: an interrupt comes to us, and ends them all
    running = subprocess.Popen([sys.executable, "-m", "tools.run_tests", *tests], cwd=PROJECT, process_group=0)
    try:
        return running.wait()
    finally:
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGTERM)
        running.wait()


def run(options: argparse.Namespace, rest: Sequence[str]) -> int:
    """Do what was asked. LabError."""
    began = time.monotonic()
    report = partial(report_since, began)
    match options.command:
        case "up":
            DockerLab.up(report, options.variant, keep=True, suite=options.suite)
            report("up")
            say(HINTS.format(**ADDRESSES, addresses=" and ".join(VIRTUAL.values()), address=VIRTUAL["SITE1"]))
        case "down":
            DockerLab.down(report)
            report("down; the images stay as a cache, make lab-clean removes them")
        case "clean":
            clean(report)
        case "test":
            return test(rest, began, options.suite)
    return 0


def clean(report: images.Say) -> None:
    """Remove the lab with its images, those of an own docker daemon and those in the machine's."""
    own = engine.own() is not None
    if engine.answers():
        DockerLab.down(report)
    if not own and engine.answers():
        images.remove()
    engine.stop()
    shutil.rmtree(engine.DATA, ignore_errors=True)
    report("nothing is left of the lab")


def main() -> int:
    """Return 0, 1 after an error, which is printed, 130 after an interrupt."""
    end_in_order()
    try:
        return run(*arguments())
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
