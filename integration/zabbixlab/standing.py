"""The lab and a Zabbix that shows its map, which stay until they are ended."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from integration.netlab import Lab, LabError, network, wait_for
from integration.netlab.plan import ADDRESSES, BALANCERS, PREFIX_LENGTH, SWITCH, VIRTUAL
from integration.netlab.processes import Identity
from integration.netlab.state import State
from integration.packs.pack import DOCUMENT
from integration.packs.zabbix_parts import TEMPLATE
from integration.zabbixlab import content
from integration.zabbixlab.api import Api, ZabbixError
from integration.zabbixlab.browser import map_page
from integration.zabbixlab.building import build
from integration.zabbixlab.server import PORT, VERSIONS, Zabbix, make, send_traps

FOLDER = Path("/run/haproxy-agentx-zabbix")
STATE = FOLDER / "process.json"
NAME = "zabbix"
VARIANT = "base"
"""Advertisements each second: a machine that is busy with Zabbix does not miss three of them in a row."""

INTERFACE, OWN_ADDRESS = "hax-zabbix", "10.77.0.1"
"""The cable from the machine to the lab, by which a browser reaches the front end. It ends with the lab."""

URL = f"http://{ADDRESSES['sink']}:{PORT}/"
LAB_MACROS = {"{$HAX.DISCOVERY}": "5s", "{$KEEPALIVED.DISCOVERY}": "5s", "{$KEEPALIVED.INTERVAL}": "5s"}
DISCOVERED_SECONDS = 120.0

Say = Callable[[str], None]


def up(version: str, say: Say) -> str:
    """Start both, and return the address of the map of the first service. LabError, with nothing left behind."""
    if STATE.exists() and _process().alive:
        raise LabError("it runs already: end it with `make zabbix-down`")
    down()
    make(version)
    say("starting the lab and Zabbix")
    lab = Lab.up(NAME, VARIANT, keep=True, prepare=lambda lab: send_traps(lab, ADDRESSES["sink"]))
    try:
        FOLDER.mkdir()
        zabbix = Zabbix(lab, version, FOLDER, keep=True)
        zabbix.start()
        if zabbix.process:
            STATE.write_text(json.dumps(asdict(zabbix.process)))
        zabbix.await_api()
        say("importing the template, and waiting for the discovery of services")
        fill(zabbix.api)
        maps = [build_when_discovered(zabbix.api, name) for name in VIRTUAL]
        _connect(lab)
    except BaseException:
        down()
        raise
    return f"{URL}{map_page(maps[0])}"


def attach() -> Zabbix:
    """Return the Zabbix that runs, signed in. LabError where none does."""
    if not STATE.exists():
        raise LabError("no Zabbix runs: start it with `make zabbix-up`")
    zabbix = Zabbix(Lab.attach(NAME), VERSIONS[-1], FOLDER, keep=True)
    zabbix.process = _process()
    zabbix.await_api()
    return zabbix


def down() -> None:
    """End both, as far as they are there."""
    if STATE.exists():
        process = _process()
        process.kill()
        wait_for(lambda: not process.alive, "Zabbix is gone")
    try:
        State.find(NAME)
    except LabError:
        pass
    else:
        Lab.attach(NAME).down()
    shutil.rmtree(FOLDER, ignore_errors=True)


def fill(api: Api) -> None:
    """Import the template and add both load balancers."""
    for file in content.template_files(api.version):
        content.import_template(api, file.read_text())
    content.remove_own_host(api)
    for name in BALANCERS:
        content.add_node(api, content.SnmpHost(name, ADDRESSES[name]), [TEMPLATE], LAB_MACROS)


def build_when_discovered(api: Api, service: str) -> str:
    """Build the host and the map of a service of the lab as soon as it is discovered; return the map's identifier."""
    refusals: list[str] = []

    def attempt() -> str:
        try:
            return build(api, service, BALANCERS, f"http://{VIRTUAL[service]}/", DOCUMENT)
        except ZabbixError as error:
            refusals.append(str(error))
            return ""

    return wait_for(attempt, f"{service} is discovered", DISCOVERED_SECONDS, lambda: refusals[-1])


def _process() -> Identity:
    return Identity(**json.loads(STATE.read_text()))


def _connect(lab: Lab) -> None:
    """Lay a cable from the machine to the lab."""
    switch = lab.hosts[SWITCH]
    cable = f"link add machine type veth peer name {INTERFACE} netns {os.getpid()}\nlink set machine master br0 up\n"
    network.batch(switch, cable, machine=True)
    lines = f"addr add {OWN_ADDRESS}/{PREFIX_LENGTH} dev {INTERFACE}\nlink set {INTERFACE} up\n"
    done = subprocess.run(["ip", "-batch", "-"], input=lines, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LabError(f"{OWN_ADDRESS} on this machine: {done.stderr}")
