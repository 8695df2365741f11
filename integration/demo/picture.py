"""A step of the demonstration as a picture: its screen, as it was printed, as SVG. Pure."""

import html
import re

from rich.console import Console

_FONT_FACE = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)
_TEXT = re.compile(r'<text [^>]*?\by="([\d.]+)"[^>]*>([^<]*)</text>')


def forget(console: Console) -> None:
    """Discard what a recording console has recorded."""
    console.export_text(clear=True)


def svg(console: Console, title: str) -> str:
    """Return what a recording console has recorded since the last call, and discard the recording.

    The drawing refers to nothing outside of it: the reader's own monospaced font is used.
    """
    return _FONT_FACE.sub("", console.export_svg(title=title, clear=True)) + "\n"


def lines(drawing: str) -> list[str]:
    """Return the lines of text of a drawing, top to bottom, blanks collapsed."""
    found: dict[str, list[str]] = {}
    for height, text in _TEXT.findall(drawing):
        found.setdefault(height, []).append(html.unescape(text))
    return [" ".join(" ".join(parts).split()) for parts in found.values()]
