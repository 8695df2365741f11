"""What the configuration files of snmpd, keepalived and HAProxy have in common: words of a line, and included files."""

import re
from collections.abc import Iterable, Iterator

_QUOTED = r"""\\.?|"(?:[^"\\]|\\.)*"?|'[^']*'?"""


def words(text: str, comment: str = "") -> Iterator[str]:
    """Yield the words of a line: one in quotation marks may have blanks, and a backslash quotes a character.

    ``comment`` is the character that begins a comment where it is not quoted.
    """
    word = re.compile(rf"""\s*((?:[^\s"'\\{re.escape(comment)}]|{_QUOTED})+)""")
    place = 0
    while found := word.match(text, place):
        yield re.sub(_QUOTED, _unquoted, found[1])
        place = found.end()


def _unquoted(quoted: re.Match[str]) -> str:
    text = quoted[0]
    if text.startswith("'"):
        return text[1:].removesuffix("'")
    inner = text[1:].removesuffix('"') if text.startswith('"') else text
    return re.sub(r"\\(.?)", r"\1", inner)


def included(paths: Iterable[str], pattern: str, base: str) -> list[str]:
    """Return those of ``paths`` that a pattern names, in order: absolute, or relative to the folder of ``base``.

    `*` and `?` stand for what is not a slash.
    """
    absolute = pattern if pattern.startswith("/") else f"{base.rpartition('/')[0]}/{pattern}"
    parts = (re.escape(part) for part in re.split(r"([*?])", absolute))
    expression = "".join({r"\*": "[^/]*", r"\?": "[^/]"}.get(part, part) for part in parts)
    return sorted(path for path in paths if re.fullmatch(expression, path))
