"""``haproxy-agentx``: what there is to say on the command line, and who does it.

Exit status: 0 well, 1 failed, 2 wrong usage or configuration. `status`, `check` and `watch` have those of the
Monitoring Plugins: 0 well, 1 warning, 2 critical, 3 unknown, which a wrong usage or configuration is, too. What a
command needs is imported when it runs, so that each starts as fast as it can.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence

from haproxy_agentx import __version__
from haproxy_agentx.cli.snmp_options import add_snmp, seconds

OK, FAILED, USAGE = 0, 1, 2
UNKNOWN = 3
"""Of PLUGINS, for which 2 means critical: whatever keeps them from finding out."""

PLUGINS = ("status", "check", "watch")
"""Commands with the exit status of the Monitoring Plugins."""

MOST_EVENTS = 5000
"""Events in the log."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit status."""
    words = sys.argv[1:] if arguments is None else arguments
    is_plugin = next((word for word in words if not word.startswith("-")), "") in PLUGINS
    _open_streams()
    try:
        options = _parsed(words)
        status = _reading_configuration(options) if hasattr(options, "config") else int(options.command(options))
        sys.stdout.flush()
    except SystemExit as end:  # of argparse
        if is_plugin and end.code == USAGE:
            return UNKNOWN
        raise
    except BrokenPipeError:  # the reader of our output has gone, as `| head` does
        sys.stderr.close()
        return UNKNOWN if is_plugin else OK
    except KeyboardInterrupt:
        return UNKNOWN if is_plugin else FAILED
    except RuntimeError as error:  # Python 3.11 wraps an interrupt in one while a module makes its classes
        if not isinstance(error.__cause__, KeyboardInterrupt):
            raise
        return UNKNOWN if is_plugin else FAILED
    except OSError:
        if not _is_output_lost():
            raise
        return UNKNOWN if is_plugin else FAILED
    return status


def _parsed(words: Sequence[str]) -> argparse.Namespace:
    try:
        return _parser().parse_args(words)
    except SystemExit:
        sys.stdout.flush()  # the help that was asked for
        raise


def _open_streams() -> None:
    """Open /dev/null where a standard stream is closed: what is printed to None goes to another stream."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115  until the end


def _is_output_lost() -> bool:
    """Whether standard output cannot be written, as another line shows; say so, and write no more of it."""
    try:
        print(flush=True)
    except OSError as error:
        print(f"standard output: cannot be written ({error.strerror}): see to what takes it", file=sys.stderr)
        with open(os.devnull, "wb") as nowhere:  # noqa: PTH123  a device
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
        return True
    return False


def _reading_configuration(options: argparse.Namespace) -> int:
    """Run a command that reads the configuration: what does not, does not load what reads it."""
    from haproxy_agentx.config import ConfigError

    try:
        return int(options.command(options))
    except ConfigError as error:
        print(error, file=sys.stderr)
        return UNKNOWN if options.command is _status else USAGE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="haproxy-agentx",
        description="HAProxy in SNMP: an AgentX subagent beside keepalived.",
    )
    parser.add_argument("--version", action="version", version=f"haproxy-agentx {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def add(name: str, command: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(command=command)
        return sub

    run = add("run", _run, "Serve in the foreground; logs go to standard error or the journal.")
    _add_config(run)
    run.add_argument("--verbose", action="store_true", help="also log details")
    _add_config(
        add("check-config", _check_config, "Check the configuration and print each error, or all settings in effect.")
    )
    add("schema", _schema, "Print the JSON Schema of the configuration, for editors and for programs that check files.")
    mib = add("mib", _mib, "Print HAPROXY-AGENTX-MIB, rooted where the daemon serves it.")
    _add_config(mib)
    mib.add_argument("--root", metavar="OID", help="root of the module (default: that of the configuration)")
    status = add("status", _status, "Show the state of the running daemon on one screen.")
    _add_config(status)
    forms = status.add_mutually_exclusive_group()
    forms.add_argument("--line", action="store_true", help="print one line, as a plugin of Nagios does")
    _add_json(forms)
    events = add("events", _events, "List the most recent events, with cause and delivery.")
    _add_config(events)
    events.add_argument(
        "--limit", metavar="N", type=_count, default=20, help="number of most recent events (default: 20)"
    )
    events.add_argument("--follow", action="store_true", help="also print new events, until interrupted")
    _add_json(events)
    maintenance = add("maintenance", _maintenance, "Order the maintenance of this node, end it, or show it.")
    _add_config(maintenance)
    maintenance.add_argument("action", nargs="?", choices=("on", "off", "show"), default="show", help="default: show")
    maintenance.add_argument("--for", dest="length", metavar="TIME", default="1h", help="how long (default: 1h)")
    _add_json(maintenance)
    trap_test = add("trap-test", _trap_test, "Send a test notification and wait for its acknowledgement.")
    _add_config(trap_test)
    _add_json(trap_test)
    _add_doctor(add)
    _add_rehearse(add)
    report = add("report", _report, "Write what a bug report needs into one file, without its secrets.")
    _add_config(report)
    report.add_argument("--to", metavar="FILE", help="new file (default: haproxy-agentx-report-HOST-DATE.tar.gz, here)")
    _add_check(add)
    _add_watch(add)
    return parser


def _add_check(add: Callable[[str, Callable[[argparse.Namespace], int], str], argparse.ArgumentParser]) -> None:
    check = add(
        "check", _check, "Plugin for Nagios and Icinga: ask the nodes of a site by SNMP and judge them together."
    )
    check.add_argument(
        "-H", dest="hosts", metavar="HOST", action="append", required=True, help="a node; for each its -H"
    )
    check.add_argument("--service", metavar="NAME", help="judge this service only")
    add_snmp(check)


def _add_watch(add: Callable[[str, Callable[[argparse.Namespace], int], str], argparse.ArgumentParser]) -> None:
    watch = add("watch", _watch, "Show pairs of load balancers on the terminal, asked by SNMP from any host.")
    watch.add_argument("hosts", metavar="HOST", nargs="+", help="a node; HOST,HOST for nodes of one pair")
    watch.add_argument("--once", action="store_true", help="show them once and end with their status")
    watch.add_argument("--interval", type=seconds, default=2.0, metavar="SECONDS", help="between looks (default: 2)")
    watch.add_argument("--compact", action="store_true", help="a cell for each pair, as with many hosts")
    _add_json(watch)
    add_snmp(watch)


def _add_doctor(add: Callable[[str, Callable[[argparse.Namespace], int], str], argparse.ArgumentParser]) -> None:
    doctor = add("doctor", _doctor, "Find what keeps this node from being monitored or from failing over.")
    _add_config(doctor)
    doctor.add_argument("action", nargs="?", choices=("explain", "mute"), help="explain a code, or mute it for a time")
    doctor.add_argument("code", nargs="?", metavar="CODE", help="code of a finding, such as HAX-SNMPD-003")
    doctor.add_argument(
        "--for", dest="span", metavar="TIME", default="7d", help="how long to mute (default: 7d; 0: no more)"
    )
    doctor.add_argument("--from", dest="folder", metavar="DIR", help="examine copied files (DIR/etc/... or all in DIR)")
    doctor.add_argument(
        "--other",
        metavar="FILE",
        action="append",
        default=[],
        help="keepalived.conf of another node, or a folder of its files, to compare with; can be repeated",
    )
    _add_json(doctor)


def _add_rehearse(add: Callable[[str, Callable[[argparse.Namespace], int], str], argparse.ArgumentParser]) -> None:
    rehearse = add(
        "rehearse", _rehearse, "Watch a failover of a service that you make, on all nodes, and report what came of it."
    )
    _add_config(rehearse)
    rehearse.add_argument("service", metavar="SERVICE", help="name of the service, as status shows it")
    rehearse.add_argument(
        "--command", dest="order", metavar="COMMAND", default="", help="makes the failover (default: you do, by hand)"
    )
    rehearse.add_argument(
        "--back", metavar="COMMAND", nargs="?", const="", help="also watch the way back, which COMMAND or you make"
    )
    rehearse.add_argument(
        "--probe", metavar="TARGET", help="URL or HOST:PORT of the service (default: probe of the service, if any)"
    )
    rehearse.add_argument(
        "--other",
        metavar="FILE",
        action="append",
        default=[],
        help="keepalived.conf of the other node: its priorities",
    )
    rehearse.add_argument("--wait", metavar="TIME", default="5m", help="for the failover to begin (default: 5m)")
    rehearse.add_argument("--limit", metavar="TIME", default="60s", help="for another node to serve (default: 60s)")
    rehearse.add_argument("--yes", action="store_true", help="do not ask")
    rehearse.add_argument("--anyway", action="store_true", help="also where a precheck says NO")
    _add_json(rehearse)


def _add_json(parser: argparse._ActionsContainer) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON for programs")


def _count(text: str) -> int:
    """Read how many events are wanted."""
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(MOST_EVENTS)) and int(text) <= MOST_EVENTS):
        raise argparse.ArgumentTypeError(f"not a whole number from 0 to {MOST_EVENTS}")
    return int(text)


def _add_config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config",
        metavar="FILE",
        help="configuration (default: /etc/haproxy-agentx/config.yaml if it exists, else the built-in defaults)",
    )


def _run(options: argparse.Namespace) -> int:
    from haproxy_agentx.cli.run import run

    return run(options.config, verbose=options.verbose)


def _check_config(options: argparse.Namespace) -> int:
    from haproxy_agentx.cli.check_config import check_config

    return check_config(options.config)


def _check(options: argparse.Namespace) -> int:
    from haproxy_agentx.cli.check import check

    return check(options)


def _watch(options: argparse.Namespace) -> int:
    from haproxy_agentx.cli.watch import watch

    return watch(options)


def _schema(_options: argparse.Namespace) -> int:
    from haproxy_agentx.config.model import Config
    from haproxy_agentx.config.schema import schema_text

    print(schema_text(Config, "Configuration of haproxy-agentx"), end="")
    return OK


def _mib(options: argparse.Namespace) -> int:
    from haproxy_agentx.agentx.oid import parse
    from haproxy_agentx.config import ConfigError, load
    from haproxy_agentx.objects.module import render

    try:
        text = render(load(options.config).root if options.root is None else parse(options.root))
    except ConfigError as error:
        print(f"{error}\nroot of the module: not known: correct the configuration, or pass --root OID", file=sys.stderr)
        return USAGE
    except ValueError as error:
        print(f"--root: {error}", file=sys.stderr)
        return USAGE
    print(text, end="")
    return OK


def _status(options: argparse.Namespace) -> int:
    from haproxy_agentx.cli.status import status

    return status(options.config, as_json=options.json, as_line=options.line)


def _events(options: argparse.Namespace) -> int:
    from haproxy_agentx.cli.events import events

    return events(options.config, limit=options.limit, follow=options.follow, as_json=options.json)


def _maintenance(options: argparse.Namespace) -> int:
    from haproxy_agentx.cli.maintenance import maintenance

    return maintenance(options.config, options.action, options.length, as_json=options.json)


def _trap_test(options: argparse.Namespace) -> int:
    from haproxy_agentx.cli.trap_test import trap_test

    return trap_test(options.config, as_json=options.json)


def _doctor(options: argparse.Namespace) -> int:
    from haproxy_agentx.cli import doctor

    if (options.action is None) is not (options.code is None):
        print("doctor explain CODE, or doctor mute CODE --for TIME", file=sys.stderr)
        return USAGE
    if options.action == "explain":
        return doctor.explain(options.code)
    if options.action == "mute":
        return doctor.mute(options.config, options.code, options.span)
    try:
        return doctor.doctor(options.config, folder=options.folder, others=options.other, as_json=options.json)
    except OSError as error:
        if error.filename is None:
            raise
        print(f"{error.filename}: {error.strerror}: run it as root, or correct the path", file=sys.stderr)
        return USAGE


def _report(options: argparse.Namespace) -> int:
    from haproxy_agentx.cli.report import report

    return report(options.config, options.to)


def _rehearse(options: argparse.Namespace) -> int:
    from haproxy_agentx.cli.rehearse import Order, rehearse

    order = Order(
        service=options.service,
        command=options.order,
        back=options.back,
        probe=options.probe,
        others=options.other,
        wait=options.wait,
        limit=options.limit,
        yes=options.yes,
        anyway=options.anyway,
        as_json=options.json,
    )
    return rehearse(options.config, order)
