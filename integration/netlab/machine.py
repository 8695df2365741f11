"""What this machine brings along: the users of the packages, and the Python that the daemon runs on."""

import grp
import pwd
import sys
from pathlib import Path

from integration.netlab.plan import (
    AGENT,
    AGENT_ID,
    ALL_ADDRESSES,
    ALL_BALANCERS,
    PROJECT,
    SWITCH,
    Account,
    Accounts,
    file_systems,
)
from integration.netlab.waiting import LabError

NAMES = "".join(f"{address} {host}\n" for host, address in ALL_ADDRESSES.items())
"""The hosts know each other by name."""


def accounts_here() -> Accounts:
    """Find the users of the packages, and the daemon's own or a stand-in for it. LabError names the package missing."""
    try:
        snmp, haproxy = (account(name) for name in ("Debian-snmp", "haproxy"))
    except KeyError as missing:
        raise LabError(f"the user {missing} is missing: apt-get install snmpd haproxy keepalived snmptrapd") from None
    try:
        agent = account(AGENT)
    except KeyError:
        agent = Account(AGENT_ID, AGENT_ID)
    return Accounts(snmp, haproxy, agent)


def account(name: str) -> Account:
    """Return the user's number and that of the group of the same name. KeyError where either is missing."""
    try:
        return Account(pwd.getpwnam(name).pw_uid, grp.getgrnam(name).gr_gid)
    except KeyError:
        raise KeyError(name) from None


def specification(host: str, accounts: Accounts) -> dict[str, object]:
    """Return what process 1 of a host is told (see init.py)."""
    balancer = host in ALL_BALANCERS
    stand_in = balancer and accounts.agent.uid == AGENT_ID
    number = accounts.agent.uid
    users = {
        "/etc/passwd": f"{AGENT}:x:{number}:{number}::/nonexistent:/usr/sbin/nologin\n",
        "/etc/group": f"{AGENT}:x:{number}:\n",
    }
    return {
        "hostname": host,
        "tmpfs": [(f.path, f.owner.uid, f.owner.gid, f.mode) for f in file_systems(host, accounts)],
        "append": {} if host == SWITCH else {"/etc/hosts": NAMES, **(users if stand_in else {})},
        "reach": interpreter() if balancer else [],
    }


def interpreter() -> list[str]:
    """Return the directories that the daemon's Python needs: the project, the virtual environment, its base."""
    wanted = (PROJECT, Path(sys.prefix), Path(sys.base_prefix))
    return sorted({str(path) for path in (*wanted, *(path.resolve() for path in wanted))})
