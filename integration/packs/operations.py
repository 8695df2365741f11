"""docs/operations.md, as the packs use it: each section with its anchor and its three parts. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_SECTION = re.compile(r"^### (?P<title>\w+: \w+)\n\n(?P<body>.*?)(?=^##|\Z)", re.DOTALL | re.MULTILINE)
_BODY = re.compile(
    r"(?P<meaning>.+?)\n\n\* \*\*Look at\*\*: (?P<look>.+?)\n\* \*\*Do\*\*: (?P<act>.+?)\s*\Z", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Section:
    """What an operator is to know: ``meaning``, what to ``look`` at, and how to ``act``; plain sentences."""

    title: str
    meaning: str
    look: str
    act: str

    @property
    def anchor(self) -> str:
        """The anchor of the heading, as Markdown renderers make it."""
        return anchor(self.title)

    @property
    def text(self) -> str:
        """The three parts as plain text."""
        return f"{self.meaning}\nLook at: {self.look}\nDo: {self.act}"


def anchor(title: str) -> str:
    """Return the anchor of a heading such as 'Health: blackhole'."""
    return title.lower().replace(":", "").replace(" ", "-")


def sections(document: str) -> Mapping[str, Section]:
    """Return the sections by their title. ValueError where one lacks a part."""
    found = {}
    for match in _SECTION.finditer(document):
        body = _BODY.fullmatch(match["body"].strip())
        if body is None:
            raise ValueError(
                f"docs/operations.md: {match['title']}: expected a paragraph, '* **Look at**:', '* **Do**:'"
            )
        found[match["title"]] = Section(match["title"], *(_plain(body[part]) for part in ("meaning", "look", "act")))
    return found


def _plain(text: str) -> str:
    text = re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", text)
    return re.sub(r"\s+", " ", text).replace("`", "").replace("**", "")
