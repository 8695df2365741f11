"""The options of commands that ask nodes by SNMP from another host: whom to ask, and as whom.

A secret comes from a file or from the environment: what is on the command line is shown by ps.
"""

import argparse
import math
import os
from typing import TYPE_CHECKING

from haproxy_agentx.agentx.oid import Oid, parse
from haproxy_agentx.objects.root import ROOT
from haproxy_agentx.snmp.message import AUTH_PROTOCOLS, LEVELS, PRIV_PROTOCOLS
from haproxy_agentx.system.secret_file import read_secret
from haproxy_agentx.vocabulary.source import Denied

if TYPE_CHECKING:
    from haproxy_agentx.snmp.access import User

COMMUNITY, AUTH, PRIV = "HAPROXY_AGENTX_COMMUNITY", "HAPROXY_AGENTX_AUTH", "HAPROXY_AGENTX_PRIV"
"""Environment variables with secrets."""

LONGEST_TIMEOUT = 300.0


def add_snmp(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--port", type=_port, default=161, help="UDP port of snmpd (default: 161)")
    parser.add_argument(
        "--timeout", type=seconds, default=3.0, metavar="SECONDS", help="for each request, with two repetitions (3)"
    )
    parser.add_argument("--root", metavar="OID", type=_root, default=ROOT, help="root of the module")
    v2c = parser.add_argument_group("SNMPv2c")
    v2c.add_argument(
        "--community-file", metavar="FILE", help=f"file with the community; without it, the variable {COMMUNITY}"
    )
    v2c.add_argument("-C", dest="community", metavar="COMMUNITY", help="the community, which ps shows (public)")
    v3 = parser.add_argument_group("SNMPv3")
    v3.add_argument("--user", metavar="NAME", help="user of createUser; then SNMPv3 is used")
    v3.add_argument("--level", choices=LEVELS, default=LEVELS[-1], help="security level (authPriv)")
    v3.add_argument("--auth-protocol", choices=AUTH_PROTOCOLS, default="SHA", help="protocol of authentication (SHA)")
    v3.add_argument("--auth-file", metavar="FILE", help=f"file with that passphrase; without it, the variable {AUTH}")
    v3.add_argument("--priv-protocol", choices=PRIV_PROTOCOLS, default="AES", help="protocol of encryption (AES)")
    v3.add_argument("--priv-file", metavar="FILE", help=f"file with that passphrase; without it, the variable {PRIV}")


def who_asks(options: argparse.Namespace) -> "bytes | User":
    """Return the community, or the user of SNMPv3 with its secrets. Raise Denied where a secret is missing."""
    if options.user is None:
        if options.community is not None and options.community_file is None:
            return str(options.community).encode(errors="replace")
        found = _secret(options.community_file, "--community-file", COMMUNITY)
        return b"public" if found is None else found
    from haproxy_agentx.snmp.access import User, V3Access

    level = options.level
    access = V3Access(
        options.user, level, options.auth_protocol, options.auth_file, options.priv_protocol, options.priv_file
    )
    return User(
        access,
        _needed(options.auth_file, "--auth-file", AUTH) if level != LEVELS[0] else None,
        _needed(options.priv_file, "--priv-file", PRIV) if level == LEVELS[-1] else None,
    )


def _needed(file: str | None, option: str, variable: str) -> bytes:
    found = _secret(file, option, variable)
    if not found:
        raise Denied(f"{option}: the passphrase is missing: name its file, or set {variable}")
    return found


def _secret(file: str | None, option: str, variable: str) -> bytes | None:
    if file is not None:
        return read_secret(file, option)
    value = os.environ.get(variable)
    return None if value is None else os.fsencode(value)


def _root(text: str) -> Oid:
    try:
        return parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 0 < int(text[:6]) < 1 << 16):
        raise argparse.ArgumentTypeError("not a port from 1 to 65535")
    return int(text)


def seconds(text: str) -> float:
    """Read a span of time."""
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not 0 < found <= LONGEST_TIMEOUT:
        raise argparse.ArgumentTypeError(f"not a number of seconds up to {LONGEST_TIMEOUT:g}")
    return found
