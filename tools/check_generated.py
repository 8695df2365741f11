"""Compare the MIB module and the tables of docs/mib.md with what the declaration of the MIB makes of them.

usage: python -m tools.check_generated

Prints the differences. Exit status 1 where a file is not what `make mib` would write.
"""

import sys
from collections.abc import Iterator
from difflib import unified_diff
from pathlib import Path

from haproxy_agentx.objects import document, module

ROOT = Path(__file__).resolve().parents[1]
MODULE = ROOT / "mib" / "HAPROXY-AGENTX-MIB.txt"
DOCUMENT = ROOT / "docs" / "mib.md"


def differences() -> Iterator[str]:
    """Yield the lines of a unified diff of each file that is out of date."""
    written = DOCUMENT.read_text()
    for file, made in ((MODULE, module.render()), (DOCUMENT, document.fill(written))):
        name = str(file.relative_to(ROOT))
        yield from unified_diff(file.read_text().splitlines(), made.splitlines(), name, "make mib", lineterm="")


def main() -> int:
    """Print the differences."""
    found = list(differences())
    print("\n".join([*found, "out of date: run `make mib`"] if found else ["the MIB and its document are up to date"]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
