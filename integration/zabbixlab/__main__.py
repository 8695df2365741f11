"""Zabbix beside the lab, and its map in any Zabbix: `python -m integration.zabbixlab up|down|pictures|map`."""

import argparse
import os
import sys
from pathlib import Path

from integration.ending import end_in_order
from integration.netlab import LabError
from integration.netlab.plan import VIRTUAL
from integration.packs.pack import DOCUMENT
from integration.zabbixlab import standing
from integration.zabbixlab.api import Api, ZabbixError, over_http
from integration.zabbixlab.building import build
from integration.zabbixlab.content import the_id
from integration.zabbixlab.pictures import take
from integration.zabbixlab.server import PASSWORD, USER, VERSIONS

VARIABLE = "ZABBIX_TOKEN"


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m integration.zabbixlab", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start the lab and a Zabbix that shows its map; they stay until `down`")
    up.add_argument("--version", choices=VERSIONS, default=VERSIONS[-1])
    commands.add_parser("down", help="end both")
    taken = commands.add_parser("pictures", help="of the map that `up` shows, through a failover and a blackhole")
    taken.add_argument("folder", type=Path)
    shown = commands.add_parser(
        "map", help=f"build the host and the map of a service; {VARIABLE} in the environment is a token of the API"
    )
    shown.add_argument("--url", required=True, help="of the front end")
    shown.add_argument("--service", required=True, help="as haxServiceName has it: the name of the host and the map")
    shown.add_argument(
        "--clients", default="", metavar="URL", help="what Zabbix asks as a client does, at the virtual address"
    )
    shown.add_argument("--docs", default=DOCUMENT, metavar="URL", help="where operations.md is, for links")
    shown.add_argument("nodes", nargs="+", metavar="NODE", help="hosts in Zabbix, first the one that is meant to serve")
    return parser.parse_args()


def run(options: argparse.Namespace) -> None:
    """Do what was asked. LabError, ZabbixError."""
    match options.command:
        case "up":
            page = standing.up(options.version, lambda text: print(text, flush=True))
            print(f"the map: {page}\nsign in as {USER} with the password {PASSWORD}; `make zabbix-down` ends it")
            print("try: .venv/bin/python -m integration.netlab --name zabbix ctl lb1 haproxy freeze  (then: thaw)")
        case "down":
            standing.down()
        case "pictures":
            zabbix = standing.attach()
            take(zabbix, the_id(zabbix.api, "map", "sysmapid", next(iter(VIRTUAL)), "name"), options.folder)
        case "map":
            api = Api(over_http(options.url))
            api.use(os.environ.get(VARIABLE, ""))
            number = build(api, options.service, options.nodes, options.clients, options.docs)
            print(f"{options.url.rstrip('/')}/zabbix.php?action=map.view&sysmapid={number}")


def main() -> int:
    """Return 0, or 1 after an error, which is printed."""
    end_in_order()
    try:
        run(arguments())
    except (LabError, ZabbixError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
