"""List the names of the package that nothing in it uses, by vulture.

usage: python -m tools.dead_names

What only tests use is not used. A member of an enumeration may be unused: an enumeration is the whole list that its
source defines. Exit status 1 where there is such a name, or one in CALLED_BY_OTHERS that need not be there.
"""

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from vulture import Vulture

ROOT = Path(__file__).resolve().parents[1]
READ = ("haproxy_agentx", "tools/documents")
"""What counts as use: the package, and the tables that are made of it."""

PUBLIC = ("haproxy_agentx/agentx/values.py", "haproxy_agentx/agentx/constants.py")
"""Modules whose names are for users of the engine as a library (docs/engine.md)."""

CALLED_BY_OTHERS: Mapping[str, str] = {
    "__getattr__": "Python, for a name that a module does not have (PEP 562)",
    "buffer_updated": "asyncio.BufferedProtocol",
    "get_buffer": "asyncio.BufferedProtocol",
    "sizehint": "asyncio.BufferedProtocol",
    "cert_verify": "requests.adapters.HTTPAdapter",
    "get_connection": "requests.adapters.HTTPAdapter",
    "send_message": "pysnmp's dispatcher, which it calls by its old name",
    "transportDomain": "pysnmp's dispatcher",
    "descr": "a field of Open and AddAgentCaps (RFC 2741 6.2.1)",
    "upper_bound": "a field of Register (RFC 2741 6.2.3)",
}
"""Names whose user is a library, or that a protocol prescribes."""


def enumeration_lines(source: str) -> set[int]:
    """Return the lines of a module in which a member of an enumeration is defined."""
    classes = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ClassDef))
    enumerations = (one for one in classes if any(ast.unparse(base).endswith(("Enum", "Flag")) for base in one.bases))
    return {statement.lineno for one in enumerations for statement in one.body if isinstance(statement, ast.Assign)}


def problems() -> Iterator[str]:
    """Yield a line for each name that is not used, and for each entry of CALLED_BY_OTHERS without need."""
    found = Vulture()
    found.scavenge([str(ROOT / name) for name in READ])
    unused = set()
    for item in found.get_unused_code():
        unused.add(item.name)
        file = str(item.filename.relative_to(ROOT))
        is_excused = file in PUBLIC or item.name in CALLED_BY_OTHERS
        if not is_excused and item.first_lineno not in enumeration_lines(item.filename.read_text()):
            yield f"{file}:{item.first_lineno}: {item.message}"
    yield from (f"{name} is used: remove it from CALLED_BY_OTHERS" for name in sorted(CALLED_BY_OTHERS.keys() - unused))


def main() -> int:
    """Print the problems."""
    found = list(problems())
    print("\n".join(found or ["each name of the package is used"]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
