"""The codes of `doctor` for docs/doctor.md, and their index for docs/operations.md. Pure."""

from collections.abc import Mapping

from haproxy_agentx.doctor.codes import CODES
from tools.documents.parts import Parts, table

_TITLES = {
    "HAPROXY": "HAProxy",
    "SNMPD": "snmpd",
    "KEEP": "keepalived",
    "PAIR": "The two nodes together",
    "AGENT": "haproxy-agentx",
    "SYSTEM": "The machine",
    "STORE": "The store",
    "LIMIT": "Limits of the daemon",
    "PEER": "The peers",
}
_LOOK: Mapping[str, tuple[str, str]] = {
    "HAPROXY": ("haproxy.cfg, at the line that doctor names", "`haproxy -c -f /etc/haproxy/haproxy.cfg`"),
    "SNMPD": ("snmpd.conf and the files that it includes, at the line that doctor names", "`journalctl -u snmpd`"),
    "KEEP": ("keepalived.conf, at the line that doctor names", "`keepalived -t` and `journalctl -u keepalived`"),
    "PAIR": ("keepalived.conf of both nodes", "`haproxy-agentx status` on both"),
    "AGENT": ("config.yaml and the daemon", "`haproxy-agentx status` and `journalctl -u haproxy-agentx`"),
    "SYSTEM": ("the units, users, files and clock of the machine", "`systemctl status` and `timedatectl`"),
    "STORE": ("the folder of `store`, its disk and its owner", "`haproxy-agentx status` and `df`"),
    "LIMIT": ("the limits of the unit, and what the daemon uses", "`systemctl show haproxy-agentx`"),
    "PEER": ("`peers` of config.yaml, and snmpd of the peer", "`haproxy-agentx status` on both nodes"),
}
"""For each part, where its faults are, and what else shows them."""

_GRADES = ("ok", "warn", "FAIL")


def codes() -> str:
    """Return a section for each part of the chain, with a heading for each code, as links name it."""
    lines: list[str] = []
    part = ""
    for code, known in CODES.items():
        if code.split("-")[1] != part:
            part = code.split("-")[1]
            where, shown_by = _LOOK[part]
            lines.append(f"## {_TITLES[part]}")
            lines.append(
                f"* **Look at**: {where}. More is shown by {shown_by}.\n"
                "* **Do**: what doctor prints after `->`, then run doctor again: it no longer prints the code."
            )
        lines += [f"### {code}", f"**{known.title}** ({_GRADES[known.grade]}). {known.why}"]
    return "\n\n".join(lines)


def index() -> str:
    """Return a row for each code, for docs/operations.md."""
    rows = (
        (f"[{code}](doctor.md#{code.lower()})", _GRADES[known.grade], known.title, _LOOK[code.split("-")[1]][0])
        for code, known in CODES.items()
    )
    return table(("code", "grade", "meaning", "look at"), rows)


PARTS: Parts = {"codes": codes}
"""What is generated in docs/doctor.md, by name."""

INDEX: Parts = {"findings": index}
"""What is generated in docs/operations.md."""
