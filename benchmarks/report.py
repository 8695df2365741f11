"""The figures beside their targets: a table for people, JSON for programs."""

import json
import os
import platform
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table
from rich.text import Text

RESULTS = Path(__file__).resolve().parent / "results"

Rounds = Sequence[Mapping[str, float]]
"""The figures of one agent, round by round."""


@dataclass(frozen=True, slots=True)
class Target:
    """A bound, and on which side of it it is good to be."""

    bound: float
    at_least: bool
    unit: str = ""

    def met(self, value: float) -> bool:
        """Whether a value is within the bound."""
        return value >= self.bound if self.at_least else value <= self.bound

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.bound:g}{self.unit}"


@dataclass(frozen=True, slots=True)
class Line:
    """One measure. ``values`` are by variant of the daemon what ``target`` bounds; ``reported`` absolute figures."""

    measure: str
    rows: int
    target: Target | None
    peer: str = ""
    values: dict[str, float] = field(default_factory=dict)
    reported: dict[str, str] = field(default_factory=dict)
    unit: str = ""


def compared(
    ours: Mapping[str, Rounds], peer: Rounds, figure: str, by: Callable[[float, float], float]
) -> dict[str, float]:
    """Give for each variant the median of what the rounds give when compared one by one."""
    return {
        name: median(by(own[figure], other[figure]) for own, other in zip(rounds, peer, strict=True))
        for name, rounds in ours.items()
    }


def middle(rounds: Rounds, figure: str) -> float:
    """Give the median of a figure."""
    return median(each[figure] for each in rounds)


def machine() -> dict[str, str]:
    """Say what this was measured on."""
    cores = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.partition(":")[2].strip() for line in cores if line.startswith("model name")]
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    snmpd = subprocess.run(["snmpd", "--version"], capture_output=True, text=True, check=False).stdout.split()
    return {
        "processor": f"{(models or [platform.machine()])[0]}, {os.cpu_count()} cores, {memory:.0f} GiB",
        "system": f"{platform.freedesktop_os_release()['PRETTY_NAME']}, Linux {platform.release()}",
        "python": f"{platform.python_version()}, {platform.python_compiler()}",
        "net-snmp": next((word for word in snmpd if word[:1].isdigit()), "unknown"),
        "haproxy-agentx": version("haproxy-agentx"),
        "load before": " ".join(f"{load:.2f}" for load in os.getloadavg()),
    }


def show(lines: Sequence[Line], variants: Sequence[str], about: Mapping[str, str], console: Console) -> None:
    """Print the table."""
    headings = ("measure", "servers", "peer", *variants, "target")
    table = Table(*headings, box=None, header_style="bold", padding=(0, 3, 0, 0))
    table.columns[1].justify = "right"
    for column in table.columns:
        column.no_wrap = True
    before = ""
    for line in lines:
        cells = [_cell(line, variant) for variant in variants]
        name = line.measure if line.measure != before else ""
        table.add_row(name, f"{line.rows:,}", Text(line.peer, "dim"), *cells, str(line.target or ""))
        before = line.measure
    console.print()
    console.print(table)
    console.print()
    for name, text in about.items():
        console.print(Text(f"{name}: {text}", "dim"))


def _cell(line: Line, variant: str) -> Text:
    """Give the absolute figure of a variant, and what the target bounds, green when it is met."""
    value, reported = line.values.get(variant), line.reported.get(variant, "")
    if value is None:
        return Text(reported)
    good = line.target is None or line.target.met(value)
    style = "" if line.target is None else "bold green" if good else "bold red"
    unit = line.target.unit if line.target else line.unit
    return Text.assemble(reported, "  " if reported else "", (f"{value:.3g}{unit}", style))


def result_file(now: datetime, suffix: str) -> Path:
    """Make an empty file in ``RESULTS``, named by the time; file and folder belong to the owner of the tree."""
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"{now:%Y%m%dT%H%M%SZ}.{suffix}"
    file.touch()
    if os.geteuid() == 0:
        owner = RESULTS.parent.stat()
        for made in (RESULTS, file):
            os.chown(made, owner.st_uid, owner.st_gid)
    return file


def save(lines: Sequence[Line], rounds: object, about: Mapping[str, str]) -> Path:
    """Write everything to a file of its own, and give its path."""
    now = datetime.now(UTC)
    file = result_file(now, "json")
    document = {"date": now.isoformat(timespec="seconds"), "machine": about, "lines": [asdict(line) for line in lines]}
    file.write_text(json.dumps({**document, "rounds": rounds}, indent=1) + "\n")
    return file
