"""An interface besides ``lo`` for the tests: without one the daemon holds its events on a machine that has none."""

import ctypes
import json
import os
import subprocess
from typing import Final

CLONE_NEWNET: Final = 0x40000000
COMMANDS: Final = """\
link set lo up
link add egress0 type veth peer name egress1
link set egress1 up
addr add 192.0.2.77/24 dev egress0
link set egress0 up
"""
"""For ip(8); 192.0.2.0/24 is TEST-NET-1 (RFC 5737)."""


def has_egress(shown: str) -> bool:
    """Whether ``ip -json addr`` shows an interface besides ``lo`` that is up, with an address of global scope."""
    return any(
        "LOOPBACK" not in link["flags"]
        and "LOWER_UP" in link["flags"]
        and any(address.get("scope") == "global" for address in link["addr_info"])
        for link in json.loads(shown or "[]")
        if link
    )


def ensure_egress() -> None:
    """Give this process, and all that it starts, a network with such an interface, where the machine has none.

    The machine's own network is not touched: it is a network namespace, gone with the last process. Needs root; without
    it nothing is changed. Call it before any thread is started.
    """
    if os.geteuid() != 0:
        return
    shown = subprocess.run(["ip", "-json", "addr"], capture_output=True, text=True, check=False)
    if shown.returncode or has_egress(shown.stdout):
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET):
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error), "a network namespace for the tests")
    subprocess.run(["ip", "-batch", "-"], input=COMMANDS, text=True, check=True)
