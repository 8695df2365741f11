"""The IETF's modules, which are fetched and never committed, and the SMI tools that read ours beside them."""

import fcntl
import os
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

from tests.support.programs import ROOT

MODULE = ROOT / "mib" / "HAPROXY-AGENTX-MIB.txt"
STORE = ROOT / ".mibs"
NET_SNMP = Path("/usr/share/snmp/mibs")


def fetched() -> Path:
    """Give the folder of the fetched modules, fetching them when this is the first test that needs them."""
    STORE.mkdir(exist_ok=True)
    with (STORE / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several processes may run tests
        subprocess.run([ROOT / "tools" / "fetch-ietf-mibs", STORE], check=True, capture_output=True, timeout=110)
    return STORE


def readers() -> Path:
    """Return the folder of the programs of other projects that read modules, fetched likewise."""
    with (fetched() / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        command = [ROOT / "tools" / "fetch-mib-readers", STORE / "readers"]
        subprocess.run(command, check=True, capture_output=True, timeout=110)
    return STORE / "readers"


def folders(module: Path) -> str:
    """Give a search path for the tools, with the folder of ``module`` first."""
    mibs = fetched()
    return ":".join(map(str, (module.parent, mibs / "ietf", mibs / "iana", NET_SNMP)))


def lint(module: Path) -> str:
    """Give what the gate has to say about a module: nothing when it is clean."""
    command = [ROOT / "tools" / "lint-mib", fetched(), module]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    return done.stdout + done.stderr if done.returncode or done.stdout else ""


def parsed(module: Path) -> ET.Element:
    """Give a module as libsmi understands it (smidump's XML)."""
    environment = {**os.environ, "SMIPATH": folders(module)}
    done = subprocess.run(
        ["smidump", "-f", "xml", module], check=True, capture_output=True, text=True, timeout=60, env=environment
    )
    return ET.fromstring(done.stdout)


def translated(module: Path, *arguments: str) -> str:
    """Give what snmptranslate says of a module."""
    command = ["snmptranslate", "-M", folders(module), "-m", module.stem, *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    assert not done.stderr, done.stderr
    return done.stdout
