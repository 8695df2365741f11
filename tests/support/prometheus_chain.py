"""Debian's snmp_exporter, Prometheus and Alertmanager on the sink of the lab, with the files of the pack."""

import json
import subprocess
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import yaml

from integration.netlab import Lab
from integration.netlab.plan import ADDRESSES, BALANCERS
from integration.packs.files import FOLDER
from tests.support.wait import NotYet, Stopwatch, eventually

PACK = FOLDER / "prometheus"
NODES = {ADDRESSES[name]: name for name in BALANCERS}

Alert = tuple[str, str]
"""The name of an alert, and its node; an empty text for one that compares nodes."""

Took = tuple[float, float]
"""Seconds of machine time, and on the clock."""


class Chain(AbstractContextManager["Chain"]):
    """Started when entered, gone when left. The programs see the machine's files and the network of the sink."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self.lab, self.folder = lab, folder
        self.running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        config = yaml.safe_load((PACK / "prometheus-0.21.example.yml").read_text())
        config["rule_files"] = [str(PACK / name) for name in config["rule_files"]]
        for scrape in config["scrape_configs"]:
            scrape["static_configs"][0]["targets"] = list(NODES)
        (self.folder / "prometheus.yml").write_text(yaml.safe_dump(config))
        self._start(
            "prometheus-snmp-exporter", f"--config.file={PACK}/snmp-0.21.yml", "--web.listen-address=127.0.0.1:9116"
        )
        self._start(
            "prometheus-alertmanager",
            f"--config.file={PACK}/alertmanager.example.yml",
            f"--storage.path={self.folder}/alertmanager",
            "--web.listen-address=127.0.0.1:9093",
            "--cluster.listen-address=",
        )
        self._start(
            "prometheus",
            f"--config.file={self.folder}/prometheus.yml",
            f"--storage.tsdb.path={self.folder}/prometheus",
            "--web.listen-address=127.0.0.1:9090",
        )
        try:
            eventually(lambda: self.query('count(haxHealth{haxHealth="active"})') == [({}, 2.0)], 60, 0.2)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for program in reversed(self.running):
            program.terminate()
        for program in self.running:
            program.wait()

    def _start(self, *command: str) -> None:
        with (self.folder / f"{command[0]}.log").open("wb") as log:
            full = ["setpriv", "--pdeathsig", "KILL", *self.lab.host("sink").command(*command, machine=True)]
            self.running.append(subprocess.Popen(full, stdin=subprocess.DEVNULL, stdout=log, stderr=log))

    def get(self, url: str) -> Any:
        """Return the JSON at a URL, None where nothing answers, or a program that is still starting."""
        shown = self.lab.host("sink").run("curl", "-sg", "-m", "5", url, check=False, machine=True).stdout
        try:
            return json.loads(shown)
        except ValueError:
            return None

    def query(self, expression: str) -> list[tuple[dict[str, str], float]]:
        """Return the labels and the value of each series of an expression. AssertionError where it is refused."""
        answer = self.get(f"http://127.0.0.1:9090/api/v1/query?query={quote(expression)}")
        if answer is None:
            return []
        assert answer["status"] == "success", (expression, answer)
        return [(one["metric"], float(one["value"][1])) for one in answer["data"]["result"]]

    def alerts(self) -> list[dict[str, Any]]:
        """Return the alerts that Alertmanager has. NotYet where it does not answer."""
        found: list[dict[str, Any]] | None = self.get("http://127.0.0.1:9093/api/v2/alerts?active=true&inhibited=true")
        if found is None:
            raise NotYet("Alertmanager does not answer")
        return found

    def raised(self) -> frozenset[Alert]:
        """Return the names of the alerts that Alertmanager has, each with its node."""
        return frozenset(map(_alert, self.alerts()))

    def causes(self) -> dict[Alert, set[str]]:
        """Return the causes in words of the alerts that Alertmanager has and that name one."""
        found: dict[Alert, set[str]] = {}
        for one in self.alerts():
            if "cause" in one["annotations"]:
                found.setdefault(_alert(one), set()).add(one["annotations"]["cause"])
        return found


def _alert(one: dict[str, Any]) -> Alert:
    return one["labels"]["alertname"], NODES.get(one["labels"].get("instance", ""), "")


class Seen(Stopwatch):
    """When alerts came and ended, as seconds of machine time and on the clock, from its start.

    ``there`` are those that are there when it starts.
    """

    def __init__(self, chain: Chain, there: frozenset[Alert] = frozenset()) -> None:
        self._chain, self._began = chain, time.monotonic()
        self.since: dict[Alert, Took] = dict.fromkeys(there, (0.0, 0.0))
        self.until: dict[Alert, Took] = {}

    def look_once(self) -> frozenset[Alert]:
        """Return the alerts that are there now."""
        found, now = self._chain.raised(), (self.look(), time.monotonic() - self._began)
        for alert in found:
            self.since.setdefault(alert, now)
            self.until.pop(alert, None)
        for alert in self.since.keys() - found:
            self.until.setdefault(alert, now)
        return found
