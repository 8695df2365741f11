"""Parts of a document that a module makes of its tables, between two comments that name them and the module. Pure."""

import re
from collections.abc import Callable, Mapping

Parts = Mapping[str, Callable[[], str]]
"""What makes each part, by the part's name."""


def printed(parts: Parts, maker: str) -> str:
    """Return all parts, each between its comments; ``maker`` is the module that is run to make them."""
    return "\n\n".join(_part(name, parts, maker) for name in parts) + "\n"


def filled(document: str, parts: Parts, maker: str) -> str:
    """Return the document with its parts renewed; what stands around them stays."""
    for name in parts:
        part = _part(name, parts, maker)
        document = re.sub(rf"<!-- {name}: .*?<!-- end of {name} -->", lambda _, p=part: p, document, flags=re.DOTALL)  # type: ignore[misc]
    return document


def _part(name: str, parts: Parts, maker: str) -> str:
    return f"<!-- {name}: made by python -m {maker} -->\n\n{parts[name]()}\n\n<!-- end of {name} -->"
