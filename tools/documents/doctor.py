"""The codes of `doctor` for docs/doctor.md. Pure."""

from haproxy_agentx.doctor.codes import CODES
from tools.documents.parts import Parts

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
_GRADES = ("ok", "warn", "FAIL")


def codes() -> str:
    """Return a section for each part of the chain, with a heading for each code, as links name it."""
    lines: list[str] = []
    part = ""
    for code, known in CODES.items():
        if code.split("-")[1] != part:
            part = code.split("-")[1]
            lines.append(f"## {_TITLES[part]}")
        lines += [f"### {code}", f"**{known.title}** ({_GRADES[known.grade]}). {known.why}"]
    return "\n\n".join(lines)


PARTS: Parts = {"codes": codes}
"""What is generated, by name."""
