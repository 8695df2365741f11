"""Icinga 2 and Nagios: check_snmp with ranges, for the rows that a host names with their indexes.

A row's index belongs to its name permanently (HaxIndex), so a configuration may hold it; check_snmp discovers nothing.
"""

from collections.abc import Iterator, Sequence

from integration.packs.checks import Check, checks
from integration.packs.pack import GENERATED, Files, Source

PLUGIN = "check_snmp"
TIMEOUT = 2
"""Seconds for which check_snmp waits, twice. From 5 on it ends before snmpget does, and is CRITICAL, not UNKNOWN."""

SITE_HOLD = 2
"""Checks in a row that have to agree before the site is reported as not served."""


def render(source: Source) -> Files:
    """Return the configuration of both."""
    found = checks(source.mib)
    return {
        "icinga2/haproxy-agentx.conf": "\n\n".join(_icinga(source, found)) + "\n",
        "icinga2/example.conf": _example(source),
        "nagios/haproxy-agentx.cfg": "\n\n".join(_nagios(source, found)) + "\n",
    }


def variable(kind: str) -> str:
    """Return the custom variable of a host that holds its rows of a kind: name -> index."""
    return f"hax_{kind}es" if kind.endswith("s") else f"hax_{kind}s"


def _oids(source: Source, check: Check, index: str) -> str:
    names = (check.object, *check.texts)
    return ",".join(
        f".{source.mib.object(name).oid}.{index if source.mib.object(name).table else '0'}" for name in names
    )


def _icinga(source: Source, found: Sequence[Check]) -> Iterator[str]:
    yield f"// {GENERATED}\n// Include it in icinga2.conf, and set hax_services and others of a host: see example.conf."
    yield _COMMAND
    yield _SITE_COMMAND
    yield _TEMPLATE
    for check in found:
        yield _rule(source, check)
    yield _SITE_RULE


def _rule(source: Source, check: Check) -> str:
    node = check.kind == "node"
    each = f"for (hax_row => hax_index in host.vars.{variable(check.kind)}) " if not node else ""
    name = f'"hax {check.title}"' if node else f'"hax {check.title} "'
    lines = [
        f"apply Service {name} {each}{{",
        '  import "hax-service"',
        '  check_command = "hax-snmp"',
        f'  notes_url = "{source.link(check.alarms[0].section)}"',
    ]
    if node:
        lines.append(f'  vars.hax_oid = "{_oids(source, check, "0")}"')
    else:
        parts = _oids(source, check, "@").split("@")
        joined = " + hax_index + ".join(f'"{part}"' for part in parts if part)
        lines.append(f"  vars.hax_oid = {joined}{' + hax_index' if parts[-1] == '' else ''}")
        lines += [f'  display_name = "{check.kind} " + hax_row + " {check.title}"', "  vars.hax_row = hax_row"]
    lines += [f'  vars.hax_warning = "{check.warning}"'] if check.warning else []
    lines += [f'  vars.hax_critical = "{check.critical}"'] if check.critical else []
    lines.append(f"  assign where host.vars.hax{'' if node else f' && host.vars.{variable(check.kind)}'}")
    return "\n".join([*lines, "}"])


_COMMAND = f"""object CheckCommand "hax-snmp" {{
  command = [ PluginDir + "/{PLUGIN}" ]
  arguments = {{
    "-H" = "$address$"
    "-P" = "2c"
    "-C" = "$hax_community$"
    "-o" = "$hax_oid$"
    "-w" = "$hax_warning$"
    "-c" = "$hax_critical$"
    "-t" = "{TIMEOUT}"
    "-e" = "1"
    "-m" = ":"
  }}
  vars.hax_community = "public"
}}"""

_TEMPLATE = """template Service "hax-service" {
  max_check_attempts = 1
  check_interval = 10s
  retry_interval = 10s
}"""

_SITE_COMMAND = """// How many nodes of a site serve a service, by the last checks of its nodes.
object CheckCommand "hax-site" {
  import "dummy"
  vars.dummy_state = {{
    var serving = 0
    var out = 0
    var nodes = macro("$hax_nodes$")
    for (node in nodes) {
      var one = get_service(node, "hax ServiceHealth " + macro("$hax_row$"))
      if (one && one.last_check_result && one.last_check_result.state != 3) {
        var health = number(one.last_check_result.performance_data[0].split("=")[1].split(";")[0])
        if (health == 1 || health == 3) { serving += 1 }
        if (health == 2 || (health >= 4 && health <= 7) || health == 9) { out += 1 }
      }
    }
    if (serving == 1) { return 0 }
    if (serving > 1 || out == len(nodes)) { return 2 }
    return 3
  }}
  vars.dummy_text = {{
    return "OK where one of " + macro("$hax_nodes$").join(", ") + " serves, CRITICAL where none or several do"
  }}
}"""

_SITE_RULE = f"""apply Service "hax Site " for (hax_row in host.vars.hax_site_services) {{
  import "hax-service"
  check_command = "hax-site"
  max_check_attempts = {SITE_HOLD}
  display_name = "service " + hax_row + " on all nodes"
  vars.hax_row = hax_row
  assign where host.vars.hax_nodes && host.vars.hax_site_services
}}"""


def _example(source: Source) -> str:
    walks = "".join(
        f"//   {variable(kind)}: snmpbulkwalk -v2c -c COMMUNITY NODE .{source.mib.object(name).oid}\n"
        for kind, name in (
            ("service", "haxServiceName"),
            ("source", "haxSourceName"),
            ("pair", "haxPairService"),
            ("peer", "haxPeerName"),
        )
    )
    return f"""// {GENERATED}
// An example of two nodes and their site. A row has the index under which a walk of its name shows it, and keeps it:
{walks}// The others are hax_processes, hax_frontends, hax_backends, hax_servers and hax_certificates. What is not
// named is not checked.
// Where the nodes read each other, add hax_pairs and hax_peers.
{_host("lb1", "192.0.2.11")}
{_host("lb2", "192.0.2.12")}
object Host "site" {{
  check_command = "dummy"
  vars.hax_nodes = [ "lb1", "lb2" ]
  vars.hax_site_services = [ "SITE1", "SITE2" ]
}}
"""


def _host(name: str, address: str) -> str:
    return f"""object Host "{name}" {{
  check_command = "hostalive"
  address = "{address}"
  vars.hax = true
  vars.hax_community = "public"
  vars.hax_services = {{ "SITE1" = "1", "SITE2" = "2" }}
  vars.hax_sources = {{ "local" = "1" }}
}}
"""


def _nagios(source: Source, found: Sequence[Check]) -> Iterator[str]:
    yield f"# {GENERATED}\n# Each service has the index of its row in place of INDEX, and _HAX_COMMUNITY in its host."
    yield _block("service", {"name": "hax-service", "register": "0", "max_check_attempts": "1", "check_interval": "1"})
    for check in found:
        node = check.kind == "node"
        oid = _oids(source, check, "$ARG1$")
        ranges = f"{f' -w {check.warning}' if check.warning else ''}{f' -c {check.critical}' if check.critical else ''}"
        line = (
            f"$USER1$/{PLUGIN} -H $HOSTADDRESS$ -P 2c -C $_HOSTHAX_COMMUNITY$ -t {TIMEOUT} -e 1 -m : -o {oid}{ranges}"
        )
        yield _block("command", {"command_name": f"hax-{check.title}", "command_line": line})
        yield _block(
            "service",
            {
                "name": f"hax-{check.title}",
                "use": "hax-service",
                "register": "0",
                "service_description": f"hax {check.title}" if node else f"hax {check.title} ROW",
                "check_command": f"hax-{check.title}" if node else f"hax-{check.title}!INDEX",
                "notes_url": source.link(check.alarms[0].section),
            },
        )


def _block(kind: str, lines: dict[str, str]) -> str:
    body = "\n".join(f"  {name} {value}" for name, value in lines.items())
    return f"define {kind} {{\n{body}\n}}"
