"""A running Zabbix on the sink of the lab, and its API."""

import json
import subprocess
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Self

from integration.netlab import Lab, LabError, wait_for
from integration.netlab.plan import ADDRESSES, BALANCERS, PROJECT
from integration.packs.zabbix_parts import TEMPLATE

HERE = Path(__file__).parent
CACHE = Path("/var/cache/haproxy-agentx-packs")
VERSIONS = ("6.0", "7.0")
USER, PASSWORD = "Admin", "zabbix"
URL = "http://127.0.0.1:8080"
RULES = {
    "templates": {"createMissing": True, "updateExisting": True},
    "items": {"createMissing": True, "updateExisting": True},
    "triggers": {"createMissing": True, "updateExisting": True},
    "discoveryRules": {"createMissing": True, "updateExisting": True},
    "valueMaps": {"createMissing": True, "updateExisting": True},
}


class Zabbix(AbstractContextManager["Zabbix"]):
    """Started when entered, gone when left. It has the network of the sink, whose own trap receiver is stopped."""

    def __init__(self, lab: Lab, version: str, folder: Path) -> None:
        self.lab, self.version, self.folder = lab, version, folder
        self._token = ""

    def __enter__(self) -> Self:
        subprocess.run([str(HERE / "make-root"), self.version], check=True)
        state = self.folder / "state"
        state.mkdir()
        if self.lab.running("sink", "traps"):
            self.lab.ctl("sink", "traps", "stop")
        command = (
            *("unshare", "--mount", "--pid", "--ipc", "--fork", "--kill-child=KILL", "--propagation", "private", "--"),
            *(str(HERE / "run"), str(CACHE / f"zabbix-{self.version}"), str(state), str(PROJECT)),
        )
        with (self.folder / "zabbix.log").open("wb") as log:
            # -n alone: its mounts and processes are its own
            full = ["setpriv", "--pdeathsig", "KILL", *self.lab.host("sink").command(*command, machine=True)]
            self.process = subprocess.Popen(full, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            wait_for(self._answers, f"Zabbix {self.version} answers", 60, (self.folder / "zabbix.log").read_text)
            self._token = self.call("user.login", {"username": USER, "password": PASSWORD})
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()

    def call(self, method: str, parameters: object) -> Any:  # noqa: ANN401  JSON
        """Return the result of a method of the API. LabError with its words where it is refused."""
        old = self.version == "6.0"
        request = {"jsonrpc": "2.0", "method": method, "params": parameters, "id": 1}
        headers = ["-H", "Content-Type: application/json-rpc"]
        if self._token and old:
            request["auth"] = self._token
        elif self._token:
            headers += ["-H", f"Authorization: Bearer {self._token}"]
        command = ("curl", "-s", "-m", "900", *headers, "--data-binary", "@-", f"{URL}/api_jsonrpc.php")
        shown = (
            self.lab.host("sink").run(*command, text=json.dumps(request), machine=True, check=False, seconds=910).stdout
        )
        try:
            answer = json.loads(shown)
        except ValueError:
            raise LabError(f"Zabbix: {method}: {shown[:500] or 'no answer'}") from None
        if "error" in answer:
            raise LabError(f"Zabbix: {method}: {answer['error'].get('data')} {answer['error'].get('message')}")
        return answer["result"]

    def import_template(self, text: str) -> None:
        """Import a template as the front end does."""
        names = {"templateDashboards": {"createMissing": True, "updateExisting": True}}
        groups = "groups" if self.version == "6.0" else "template_groups"
        rules = {**RULES, **names, groups: {"createMissing": True}}
        if self.version == "6.0":
            rules["groups"] = {"createMissing": True, "updateExisting": True}
        self.call("configuration.import", {"format": "yaml", "rules": rules, "source": text})

    def add_hosts(self) -> None:
        """Add both load balancers, with the template."""
        template = self.call("template.get", {"filter": {"host": [TEMPLATE]}, "output": ["templateid"]})[0][
            "templateid"
        ]
        group = self.call("hostgroup.create", {"name": "Load balancers"})["groupids"][0]
        for name in BALANCERS:
            interface = {
                "type": 2,
                "main": 1,
                "useip": 1,
                "ip": ADDRESSES[name],
                "dns": "",
                "port": "161",
                "details": {"version": 2, "bulk": 1, "community": "public"},
            }
            self.call(
                "host.create",
                {
                    "host": name,
                    "interfaces": [interface],
                    "groups": [{"groupid": group}],
                    "templates": [{"templateid": template}],
                },
            )

    def discover(self) -> None:
        """Have all discovery rules and walks checked now."""
        kind = [{"itemid": rule["itemid"]} for rule in self.call("discoveryrule.get", {"output": ["itemid"]})]
        for one in kind:
            try:
                self.call("task.create", [{"type": 6, "request": one}])
            except LabError:  # a dependent rule follows its master
                continue

    def problems(self) -> frozenset[tuple[str, str]]:
        """Return the open problems: the alarm's name, and the host."""
        shown = self.call(
            "trigger.get",
            {
                "output": ["description", "value"],
                "filter": {"value": 1},
                "selectTags": "extend",
                "selectHosts": ["host"],
                "skipDependent": True,
                "monitored": True,
            },
        )
        return frozenset(
            (next(tag["value"] for tag in one["tags"] if tag["tag"] == "alarm"), one["hosts"][0]["host"])
            for one in shown
            if any(tag["tag"] == "alarm" for tag in one["tags"])
        )

    def names(self) -> Sequence[str]:
        """Return the names of the open problems, as a person reads them."""
        return [one["name"] for one in self.call("problem.get", {"output": ["name"], "recent": False})]

    def values(self, host: str) -> dict[str, str]:
        """Return the last value of each item of a host, by its key."""
        items = self.call("item.get", {"output": ["key_", "lastvalue", "lastclock"], "host": host, "monitored": True})
        return {one["key_"]: one["lastvalue"] for one in items if one["lastclock"] != "0"}

    def _answers(self) -> bool:
        if self.process.poll() is not None:
            raise LabError((self.folder / "zabbix.log").read_text())
        try:
            return bool(self.call("apiinfo.version", []))
        except LabError:
            return False
