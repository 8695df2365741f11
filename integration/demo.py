"""Two load balancers fail over before your eyes, and SNMP tells what happens: `sudo make demo`.

Every step waits for what it shows, and fails with the logs of the programs concerned. Nothing is left afterwards.
"""

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.table import Table
from rich.text import Text

from integration.netlab import Lab, LabError, wait_for
from integration.netlab.plan import BALANCERS, PROJECT, VIRTUAL, WEB_PORTS
from integration.netlab.services import MIB_DIRECTORIES
from integration.walks import Variable, rows

NAME = "demo"
MODULES = "HAPROXY-AGENTX-MIB:KEEPALIVED-MIB"
SUBTREE = "haproxyAgentxMIB"
SAMPLE = (
    "haxAgentVersion",
    "haxSourceState",
    "haxProcessVersion",
    "haxProcessUptime",
    "haxFrontendStatus",
    "haxBackendActiveServers",
    "haxServerStatus",
    "haxServerCheckDuration",
)
BACKUP, MASTER, FAULT = 1, 2, 3
VRRP = {BACKUP: "backup", MASTER: "master", FAULT: "fault"}
GOOD = {"up", "master", "ok", "open", "200"}
BAD = {"down", "fault", "absent", "refused", "stale", "denied"}


def coloured(value: str) -> Text:
    """Return a state in its colour."""
    return Text(value, "bold green" if value in GOOD else "bold red" if value in BAD else "yellow")


class Demo:
    """The steps, on a lab, told on a console."""

    def __init__(self, lab: Lab, console: Console) -> None:
        self.lab = lab
        self.console = console
        self.times: list[tuple[str, float]] = []

    @contextmanager
    def timed(self, what: str, since: float | None = None) -> Iterator[None]:
        """Measure how long something took (from a moment before, where given), tell it now and in the summary."""
        began = time.monotonic() if since is None else since
        yield
        self.add(what, time.monotonic() - began)
        self.console.print(Text.assemble(("  ✓ ", "green"), what, (f"  {self.times[-1][1]:.2f} s", "cyan")))

    def add(self, what: str, seconds: float) -> None:
        """Keep a time for the summary."""
        self.times.append((what, seconds))

    def title(self, number: int, text: str) -> None:
        """Head a step."""
        self.console.print()
        self.console.rule(Text(f"{number}  {text}", "bold"), align="left", style="blue")

    def ask(self, program: str, host: str, *what: str, show: bool = True) -> list[str]:
        """Ask a host's snmpd from the client, by names, with the command that an administrator types."""
        command = (program, "-v2c", "-c", "public", "-Os", host, *what)
        if show:
            self.console.print(Text(f"  client$ {' '.join(command)}", "bold"))
        names = (f"MIBDIRS={MIB_DIRECTORIES}", f"MIBS={MODULES}")
        return self.lab.exec("client", "env", *names, *command, check=False).splitlines()

    def table(self, host: str, name: str) -> dict[str, dict[str, str]]:
        """Read a table of a host without showing it: index -> column -> value."""
        return rows(self.ask("snmpbulkwalk", host, name, show=False))

    def server(self, host: str, name: str) -> dict[str, str]:
        """Return a server's row, or nothing."""
        return next(
            (row for row in self.table(host, "haxServerTable").values() if row.get("haxServerName") == name), {}
        )

    def vrrp(self, host: str) -> list[str]:
        """Return keepalived's own word on each of its instances."""
        return [row["vrrpInstanceState"] for row in self.table(host, "vrrpInstanceState").values()]

    def lines(self, lines: list[str]) -> None:
        """Print lines of a tool."""
        for line in lines:
            name, equals, value = line.partition(" = ")
            variable = Variable.parse(line)
            colour = coloured(variable.value).style if variable and variable.value in GOOD | BAD else "cyan"
            self.console.print(Text.assemble(f"    {name}", (equals, "dim"), (value, colour)))

    # the steps

    def pair(self) -> None:
        """Show who is master, and who serves."""
        seen = Table("", *BALANCERS, box=None, padding=(0, 2))
        for number, (instance, address) in enumerate(VIRTUAL.items()):
            states = [self.vrrp(host)[number] for host in BALANCERS]
            seen.add_row(f"  VRRP {instance} {address}", *(coloured(state) for state in states))
        self.console.print(seen)
        for address in VIRTUAL.values():
            code, by = self.lab.get(address)
            self.console.print(
                Text.assemble(
                    (f"  client$ curl -i http://{address}/", "bold"), "   ", coloured(str(code)), f" from {by}"
                )
            )

    def walk(self) -> None:
        """Walk the whole subtree of each, by names."""
        for host in BALANCERS:
            self.await_servers(host)
            began = time.monotonic()
            found = self.ask("snmpbulkwalk", host, SUBTREE)
            seconds = time.monotonic() - began
            self.add(f"{host}: the whole subtree walked, {len(found):,} objects", seconds)
            shown = [next((line for line in found if line.startswith(f"{name}.")), "") for name in SAMPLE]
            self.lines([line for line in shown if line])
            self.console.print(Text(f"    … {len(found):,} objects in {seconds:.2f} s", "cyan"))
        self.servers()

    def await_servers(self, host: str) -> None:
        """Wait until the first reading of HAProxy is in SNMP."""
        wait_for(
            lambda: len(self.table(host, "haxServerName")) == len(WEB_PORTS),
            f"{host}: {len(WEB_PORTS)} servers in haxServerTable",
            logs=lambda: self.lab.logs(host),
        )

    def servers(self) -> None:
        """Tell of each server on both load balancers, from haxServerTable."""
        shown = Table("  backend", "server", *BALANCERS, "check (lb1)", "sessions (lb1)", box=None, padding=(0, 2))
        tables = [self.table(host, "haxServerTable") for host in BALANCERS]
        for index, row in tables[0].items():
            states = [coloured(table.get(index, {}).get("haxServerStatus", "no such row")) for table in tables]
            columns = ("haxServerCheckStatus", "haxServerSessionsTotal")
            rest = [row.get(column, "").partition(" ")[0] for column in columns]  # a value without its unit
            shown.add_row(f"  {row.get('haxServerBackendName', '')}", row.get("haxServerName", ""), *states, *rest)
        self.console.print(Text("  haxServerTable of both:", "dim"))
        self.console.print(shown)

    def server_down(self) -> None:
        """Stop a web server: both walks show it; and back."""
        self.lab.web_down(8001)
        with self.timed("web1 is stopped; haxServerStatus says down on both"):
            self.await_server("web1", "down")
        self.lines(self.ask("snmpbulkwalk", "lb1", "haxServerStatus"))
        self.servers()
        code, by = self.lab.get()
        self.console.print(Text.assemble("  the client is still served: ", coloured(str(code)), f" from {by}"))
        self.lab.web_up(8001)
        with self.timed("web1 is started; haxServerStatus says up on both"):
            self.await_server("web1", "up")

    def await_server(self, name: str, status: str) -> None:
        """Wait until both load balancers say so over SNMP."""
        wait_for(
            lambda: all(self.server(host, name).get("haxServerStatus") == status for host in BALANCERS),
            f"haxServerStatus of {name} is {status} on both",
            20,
            lambda: self.lab.logs(*BALANCERS),
        )

    def failover(self) -> None:
        """Stop HAProxy on the master."""
        before, seen = [self.vrrp(host) for host in BALANCERS], len(self.lab.traps())
        self.lab.ctl("lb1", "haproxy", "stop")
        stopped = time.monotonic()
        with self.timed("HAProxy is stopped on lb1; the client is served by lb2"):
            self.lab.wait_served("lb2", 15)
        with self.timed("keepalived's notifications of it are at the sink", stopped):
            for host, number in (("lb1", BACKUP), ("lb2", MASTER)):
                for instance in VIRTUAL:
                    self.await_trap(host, (instance, number), seen)
        with self.timed("haxSourceState of lb1 tells that HAProxy is gone", stopped):
            state = wait_for(
                lambda: next((v for v in self.sources("lb1") if v not in {"ok", ""}), None),
                "haxSourceState of lb1 is no longer ok",
                logs=lambda: self.lab.logs("lb1"),
            )
        after = [self.vrrp(host) for host in BALANCERS]
        for host in BALANCERS:
            self.lines(self.ask("snmpbulkwalk", host, "vrrpInstanceState"))
        self.swapped(before, after)
        self.console.print(Text.assemble("  haxSourceState of lb1: ", coloured(state)))
        for trap in self.lab.traps()[seen:]:
            if trap.vrrp:
                name, number = trap.vrrp
                text = f"  sink: {trap.source} vrrpInstanceStateChange {name} "
                self.console.print(Text.assemble(text, coloured(VRRP.get(number, str(number)))))

    def await_trap(self, host: str, vrrp: tuple[str, int], skip: int) -> None:
        """Wait for keepalived's notification of an instance's state, behind the first ones."""
        what = f"{host} vrrpInstanceStateChange {vrrp}"
        self.lab.wait_trap(lambda trap: (trap.source, trap.vrrp) == (host, vrrp), what, skip=skip)

    def sources(self, host: str) -> list[str]:
        """Return haxSourceState of each source."""
        return [row.get("haxSourceState", "") for row in self.table(host, "haxSourceState").values()]

    def swapped(self, before: list[list[str]], after: list[list[str]]) -> None:
        """Tell keepalived's states before and after. LabError where they are not swapped."""
        shown = Table("  vrrpInstanceState", "before", "after", box=None, padding=(0, 2))
        for host, old, new in zip(BALANCERS, before, after, strict=True):
            for instance, was, now in zip(VIRTUAL, old, new, strict=True):
                shown.add_row(f"  {host} {instance}", coloured(was), coloured(now))
        self.console.print(shown)
        if after != before[::-1]:
            raise LabError(f"keepalived's states are not swapped: {before} {after}\n{self.lab.logs()}")

    def back(self) -> None:
        """Start HAProxy on lb1 again."""
        self.lab.ctl("lb1", "haproxy", "start")
        with self.timed("HAProxy is started on lb1; the client is served by lb1 again"):
            self.lab.wait_served("lb1", 15)
        with self.timed("haxSourceState of lb1 is ok again"):
            wait_for(
                lambda: set(self.sources("lb1")) == {"ok"}, "haxSourceState is ok", logs=lambda: self.lab.logs("lb1")
            )

    def summary(self, seconds: float) -> None:
        """Tell all times."""
        shown = Table("", "seconds", box=None, padding=(0, 2))
        shown.columns[1].justify = "right"
        for what, took in self.times:
            shown.add_row(f"  {what}", Text(f"{took:.2f}", "cyan"))
        shown.add_row(Text("  all of it", "bold"), Text(f"{seconds:.1f}", "bold cyan"))
        self.console.print(shown)


def play(console: Console) -> None:
    """Do all steps. LabError."""
    began = time.monotonic()
    console.print(Text("HAProxy in SNMP, beside keepalived: two load balancers on this machine", "bold"))
    console.print(
        Text("  in network namespaces, each with its own snmpd, keepalived, HAProxy and haproxy-agentx;", "dim")
    )
    console.print(Text("  client$ export MIBS=HAPROXY-AGENTX-MIB:KEEPALIVED-MIB    # README, step 5", "dim"))
    with Lab.up(NAME) as lab:
        demo = Demo(lab, console)
        demo.title(1, "The pair comes up")
        demo.add("the pair came up, the client is served", time.monotonic() - began)
        console.print(Text.assemble(("  ✓ ", "green"), "up  ", (f"{time.monotonic() - began:.2f} s", "cyan")))
        demo.pair()
        for number, text, step in (
            (2, "All of HAProxy, by SNMP", demo.walk),
            (3, "A server goes down", demo.server_down),
            (4, "HAProxy stops on the master", demo.failover),
            (5, "And back", demo.back),
        ):
            demo.title(number, text)
            step()
    demo.title(6, "Everything is stopped and removed")
    demo.summary(time.monotonic() - began)


def main() -> int:
    """Return 0, 1 after a failure, 130 after an interrupt. The lab is down in any case."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    console = Console(highlight=False, soft_wrap=not sys.stdout.isatty())
    if not (PROJECT / ".mibs" / "ietf").is_dir():
        console.print("The names need the IETF's MIB modules: tools/fetch-ietf-mibs .mibs", style="red")
        return 1
    try:
        play(console)
    except LabError as error:
        console.print(Text(f"✗ {error}", "red"))
        return 1
    except KeyboardInterrupt:
        console.print("interrupted", style="red")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
