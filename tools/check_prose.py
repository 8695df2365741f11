"""Find words that the language of this project does not use, in documents, the MIB, help, messages and docstrings.

usage: python -m tools.check_prose

WORDS are the words, each with what to use instead. What is checked is listed in DOCUMENTS, PACKAGES and ``texts``: the
package and all documents, not the Python of tests, integration, benchmarks and tools. Code is never checked: in
documents neither blocks nor spans, in Python only docstrings, and strings with a blank in them, which are messages.
Exit status 0 without findings, 1 otherwise.
"""

import ast
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from haproxy_agentx.config import default_text
from haproxy_agentx.objects import module

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = ("*.md", "docs/**/*.md", "benchmarks/*.md", "integration/**/*.md", "packs/**/*.md")
PACKAGES = ("haproxy_agentx",)
"""Files and folders of Python whose docstrings and messages are checked."""

WORDS = {
    r"(un)?told|tell(s|ing)?": "report, notify, log, by what is meant",
    r"for ever": "permanently",
    r"nobody": "no process, no user, nothing; or the subject by its name",
    r"who(so)?ever": "the subject by its name",
    r"(is|are) to be": "must be, is",
    r"beg[au]n anew|begins? anew": "restarted, recreated, reassigned",
    r"of the moment": "current",
    r"is no instance": "is not instantiated",
    r"mind:": "warning:",
    r"in the order of badness": "ordered by severity",
    r"has not got|have not got": "does not have",
    r"runs already": "is already running",
    r"stands here": "found",
    r"left aside|put aside": "ignored; set aside",
    r"way out": "route out of the machine",
    r"farms?": "servers, backends",
}
"""What is not used (a regular expression of whole words), and what to use instead."""

OPENINGS = r"(Give|Take|Tell|Say)s?\b"
"""Verbs that no docstring opens with: Return, Record, Whether."""

_WORD = re.compile("|".join(rf"(?P<w{place}>\b(?:{word})(?!\w))" for place, word in enumerate(WORDS)), re.IGNORECASE)
_CODE = re.compile(r"^```.*?^```|`[^`\n]+`|^ {4}[^\n]*$|<!--.*?-->|\(nobody\)", re.DOTALL | re.MULTILINE)

_SQL = re.compile(r"\s*(CREATE|DELETE|INSERT|SELECT|UPDATE|ALTER|DROP|PRAGMA) ")
"""Statements: their names are those of tables."""


class Finding(NamedTuple):
    """A word at a place."""

    place: str
    line: int
    word: str
    instead: str


def found(place: str, text: str, line: int = 1) -> Iterator[Finding]:
    """Yield what is wrong in a text whose first line is ``line``; a phrase may go over the end of a line."""
    flat = re.sub(r"\s", lambda blank: "\x00" if blank[0] == "\n" else " ", text)
    joined = re.sub(r"\x00", " ", flat)
    for match in _WORD.finditer(joined):
        instead = WORDS[list(WORDS)[int((match.lastgroup or "w0")[1:])]]
        yield Finding(place, line + flat.count("\x00", 0, match.start()), match[0], instead)


def without_code(document: str) -> str:
    """Return a document with its code blanked, line for line."""
    return _CODE.sub(lambda code: re.sub(r"[^\n]", " ", code[0]), document)


def in_python(place: str, source: str) -> Iterator[Finding]:
    """Yield what is wrong in the docstrings and messages of a module."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and " " in node.value
            and not _SQL.match(node.value)
        ):
            yield from found(place, re.sub(r"``.*?``", " ", node.value, flags=re.DOTALL), node.lineno)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            opening = re.match(OPENINGS, ast.get_docstring(node) or "")
            if opening:
                line = getattr(node, "lineno", 1)
                yield Finding(place, line, opening[0], "Return, Record, Whether, Yield: the summary's verb")


def texts(packages: Sequence[str]) -> Iterator[Finding]:
    """Yield all findings, of Python those in ``packages``."""
    for pattern in DOCUMENTS:
        for path in sorted(ROOT.glob(pattern)):
            yield from found(str(path.relative_to(ROOT)), without_code(path.read_text()))
    yield from found("the MIB module", module.render())
    yield from found("the default configuration", default_text())
    for name in packages:
        folder = ROOT / name
        for path in sorted(folder.rglob("*.py")) if folder.is_dir() else [folder]:
            yield from in_python(str(path.relative_to(ROOT)), path.read_text())


def main() -> int:
    """Print the findings."""
    findings = sorted(set(texts(PACKAGES)))
    for finding in findings:
        print(f"{finding.place}:{finding.line}: {finding.word!r}: use {finding.instead}")
    return bool(findings)


if __name__ == "__main__":
    sys.exit(main())
