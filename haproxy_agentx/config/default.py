"""The default configuration as a file with comments: every key, what it means and what it is without the file."""

from collections.abc import Iterator, Sequence
from typing import Any

from haproxy_agentx.settings.keys import Key, KeyGroup, keys_of

_HEAD = """\
# haproxy-agentx: configuration.
#
# Nothing is required here: the settings that are commented out are the defaults. Lines that begin with '# ' explain;
# to set one of the others, remove its '#' and that of the line that its group begins with. Settings that are commented
# out twice are examples. Check the result with haproxy-agentx check-config, and apply it with systemctl reload
# haproxy-agentx.
"""


def text_of(record: type[Any]) -> str:
    """Return the file. It reads as the defaults, and so it does with each ``#`` removed that no blank follows."""
    return "\n".join((_HEAD, *_lines(record)))


def _lines(record: type[Any]) -> Iterator[str]:
    for item in keys_of(record):
        yield f"# {item.help}"
        mark = "# " if item.is_example else ""
        if isinstance(item, Key):
            yield f"#{mark}{item.name}: {item.text}"
        else:
            yield f"#{mark}{item.name}:"
            rows = list(_rows(item.keys, f"#{mark}", item.most))
            width = max(len(setting) for setting, _ in rows) + 2
            yield from (f"{setting.ljust(width)}# {text}" for setting, text in rows)
        yield ""


def _rows(table: Sequence[Key | KeyGroup], lead: str, most: int) -> Iterator[tuple[str, str]]:
    """Yield each key of a group with its help; ``lead`` is what the lines of what it belongs to begin with."""
    indent = lead + ("    " if most else "  ")
    for place, item in enumerate(table):
        begin = f"{lead}  - " if most and not place else indent
        begin += "# " if item.is_example else ""
        if isinstance(item, Key):
            yield f"{begin}{item.name}: {item.text}", item.help
        else:
            yield f"{begin}{item.name}:", item.help
            yield from _rows(item.keys, begin, item.most)
