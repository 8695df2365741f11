"""Write what is generated from the tables of the package: the MIB module, and parts of the documents.

usage: python -m tools.documents [--check]

With --check nothing is written: the differences are printed, and the exit status is 1 where there are any.
"""

import sys
from collections.abc import Iterator, Mapping
from difflib import unified_diff
from pathlib import Path

from haproxy_agentx.objects import module
from tools.documents import configuration, conformance, doctor, health, messages, mib, monitoring, pair, security
from tools.documents.parts import Parts, filled

ROOT = Path(__file__).resolve().parents[2]
MODULE = "mib/HAPROXY-AGENTX-MIB.txt"
CATALOG = "systemd/haproxy-agentx.catalog"
DOCUMENTS: Mapping[str, Parts] = {
    "docs/configuration.md": configuration.PARTS,
    "docs/conformance.md": conformance.PARTS,
    "docs/doctor.md": doctor.PARTS,
    "docs/health.md": health.PARTS,
    "docs/messages.md": messages.PARTS,
    "docs/mib.md": mib.PARTS,
    "docs/monitoring.md": monitoring.PARTS,
    "docs/operations.md": doctor.INDEX,
    "docs/pair.md": pair.PARTS,
    "docs/security.md": security.PARTS,
}
"""The parts that are generated in each document."""


def generated() -> Iterator[tuple[Path, str]]:
    """Yield each file that is generated, in whole or in parts, and what its text has to be."""
    yield ROOT / MODULE, module.render()
    yield ROOT / CATALOG, messages.catalog()
    for name, parts in DOCUMENTS.items():
        yield ROOT / name, filled((ROOT / name).read_text(), parts)


def differences() -> Iterator[str]:
    """Yield the lines of a unified diff of each file that is out of date."""
    for file, text in generated():
        name = str(file.relative_to(ROOT))
        yield from unified_diff(file.read_text().splitlines(), text.splitlines(), name, "make mib", lineterm="")


def main(arguments: list[str]) -> int:
    """Write the files, or compare them."""
    if arguments == ["--check"]:
        found = list(differences())
        print("\n".join([*found, "out of date: run `make mib`"] if found else ["what is generated is up to date"]))
        return 1 if found else 0
    if arguments:
        print(__doc__, file=sys.stderr)
        return 2
    for file, text in generated():
        if file.read_text() != text:
            file.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
