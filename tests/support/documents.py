"""The documents of the project, and what in them can be checked: links, headings, blocks of code, commands."""

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.support.programs import ROOT

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)", re.DOTALL)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_LEFT_OUT = {".git", ".venv", ".mibs", "node_modules", "build", "dist"}


class Block(NamedTuple):
    """A block of code: its language, empty where none is named, and its text."""

    language: str
    text: str


def documents() -> list[Path]:
    """Return all documents of the project, README.md first."""
    found = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "*.md"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    names = found.stdout.split() if found.returncode == 0 else [str(p.relative_to(ROOT)) for p in ROOT.rglob("*.md")]
    paths = [ROOT / name for name in names if not _LEFT_OUT & set(Path(name).parts)]
    return sorted(
        (path for path in paths if path.exists()),
        key=lambda path: (path.name != "README.md" or path.parent != ROOT, path),
    )


def blocks(text: str) -> list[Block]:
    """Return the fenced blocks of code of a document."""
    return [Block(*found) for found in _BLOCK.findall(text)]


def prose(text: str) -> str:
    """Return a document without its fenced blocks of code."""
    return _BLOCK.sub("", text)


def links(text: str) -> list[str]:
    """Return where the links of a document lead."""
    return _LINK.findall(_SPAN.sub("", prose(text)))


def spans(text: str) -> list[str]:
    """Return the code within the lines of a document."""
    return _SPAN.findall(prose(text))


def anchors(text: str) -> set[str]:
    """Return the anchors that GitHub gives the headings of a document."""
    found: set[str] = set()
    for heading in _HEADING.findall(prose(text)):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        slug = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        found.add(slug if slug not in found else f"{slug}-1")
    return found


def commands(text: str, program: str) -> Iterator[list[str]]:
    """Yield the words behind ``program`` wherever a document has it as a command.

    Comments, pipes, redirections and prompts are not words; a quoted word is one.
    """
    shown = [line for block in blocks(text) for line in block.text.splitlines()] + spans(text)
    shown += [line for line in prose(text).splitlines() if line.startswith("    ")]
    for line in shown:
        command = re.sub(r"\s#\s.*|\s\(default.*", "", re.sub(r"^\s*\w*[#$] ", "", line))
        for part in re.split(r"&&|\|\||[;|]", command):
            words = re.sub(r"\s*[0-9]?[<>]+.*|&\s*$", "", part.removeprefix("sudo ").strip())
            if words.split()[:1] == [program]:
                yield _words(words)[1:]


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:  # an apostrophe: it is a sentence
        return command.split()
