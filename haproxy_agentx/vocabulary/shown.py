"""What is shown of texts from outside: in logs, SNMP, notifications and on terminals. Pure.

This is the one place that decides what is shown of a URL. A query or a parameter may hold a token, and what is in front
of ``@`` is a credential; scheme, host, port and path say where to look.
"""

import re


def printable(text: str, limit: int = 200) -> str:
    """Return ``text`` with each character that is not printable escaped as in a Python string, cut at ``limit``.

    A line break in a name can so not begin a line of its own, and an escape sequence does not reach a terminal.
    """
    cut = text if len(text) <= limit else text[:limit] + "..."
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in cut)


URL_LIMIT = 2048
"""Characters of a URL at most."""

CUT = "?..."
"""Stands for a query, for parameters other than ``;csv``, and for a fragment."""

_CSV = ";csv"
_PLACE = re.compile(r"(\[[^\[\]]*\]|[^\[\]:]*)(:[0-9]*)?")


def shown_url(text: str) -> str:
    """Return ``scheme://host:port/path``, followed by CUT where more was there; a text without ``://`` as it is.

    Credentials are left out without a mark. Where they may go on (``@`` in the path, a port that is no number) it is
    only ``scheme://...``.
    """
    scheme, separator, rest = text.partition("://")
    if not separator:
        return text
    where = re.split(r"[?#;]", rest, maxsplit=1)[0]
    more = rest[len(where) :]
    authority, slash, path = where.partition("/")
    place = authority.rpartition("@")[2]
    if "@" in path or not _PLACE.fullmatch(place):
        return f"{scheme}://..."
    return f"{scheme}://{place}{slash}{path}{CUT if more not in {'', _CSV} else ''}"
