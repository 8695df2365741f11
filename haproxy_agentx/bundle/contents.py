"""The files of a bundle, made of what was gathered. Pure."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from haproxy_agentx.bundle.redact import HIDDEN, filtered, replaced, replaced_in
from haproxy_agentx.bundle.shapes import HAPROXY, KEEPALIVED, SNMPD, Shape

_SHAPES: Sequence[tuple[str, Shape]] = (
    ("/haproxy/", HAPROXY),
    ("keepalived", KEEPALIVED),
    ("/snmpd.", SNMPD),
    ("/snmp.conf", SNMPD),
    ("/snmptrapd.conf", SNMPD),
)
"""What a configuration is, by a part of its path."""

_README = f"""A report for the maintainers of haproxy-agentx. Read it before you pass it on.

Left out: communities, passphrases, passwords, comments, scripts with their arguments, and all words in the files of
HAProxy, keepalived and snmpd that are not known to be harmless; credentials and queries of URLs.
{HIDDEN} stands for them.
Not left out: addresses, names of hosts, services, backends and servers, paths of files, and what the log says in its
own words. Nothing is sent anywhere by haproxy-agentx.
"""


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was gathered. ``problems`` says what is missing and why; each value of ``answers`` is one of JSON."""

    versions: Mapping[str, str]
    config: str
    """The effective configuration of haproxy-agentx, in which there are no secrets but paths."""
    answers: Mapping[str, object] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    """The configurations of others by their path."""
    log: str = ""
    secrets: Collection[str] = ()
    """The contents of the files that the configuration names as secret."""
    problems: Sequence[str] = ()


def contents(found: Gathered) -> dict[str, str]:
    """Return the text of each file by its name."""
    shapes = {path: shape for path in found.texts if (shape := _shape(path)) is not None}
    shown = {path: filtered(found.texts[path], shape) for path, shape in shapes.items()}
    secrets = {*found.secrets, *(secret for one in shown.values() for secret in one.secrets)}
    files = {
        "README.txt": _README,
        "versions.txt": "".join(f"{name}: {text}\n" for name, text in found.versions.items()),
        "config.yaml": found.config,
        "missing.txt": "".join(f"{problem}\n" for problem in found.problems),
        "log.txt": found.log,
        **{f"files{path}": one.text for path, one in shown.items()},
    }
    written = {name: replaced(text, secrets) if name not in _OURS else text for name, text in files.items() if text}
    answers = {f"{name}.json": json.dumps(replaced_in(one, secrets), indent=1) for name, one in found.answers.items()}
    return {**written, **answers}


_OURS = ("README.txt",)
"""Files that hold no word of others."""


def _shape(path: str) -> Shape | None:
    return next((shape for part, shape in _SHAPES if part in path), None)
