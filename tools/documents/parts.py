"""Parts of a document that are made of tables of the package, each between two comments that name it. Pure."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

Parts = Mapping[str, Callable[[], str]]
"""What makes each part, by the part's name."""


def filled(document: str, parts: Parts) -> str:
    """Return the document with its parts renewed; what stands around them stays."""
    for name, made in parts.items():
        part = f"<!-- {name}: made by make mib -->\n\n{made()}\n\n<!-- end of {name} -->"
        document = re.sub(rf"<!-- {name}: .*?<!-- end of {name} -->", lambda _, p=part: p, document, flags=re.DOTALL)  # type: ignore[misc]
    return document


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown; no cell holds a ``|`` that is not escaped."""
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows))
