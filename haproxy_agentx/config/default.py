"""The default configuration as a file with comments: every key, what it means and what it is without the file."""

from collections.abc import Iterator

from haproxy_agentx.config.model import Key, Section, keys
from haproxy_agentx.config.values import CREDENTIALS_DIRECTORY

_HEAD = """\
# haproxy-agentx: configuration.
#
# Nothing is needed here: what is commented out below is what applies without it. Lines that begin with '# ' explain;
# remove the '#' of one of the others, and of the line that its group begins with, to set it. Check the result with
# haproxy-agentx check-config, and have it read with systemctl reload haproxy-agentx.
"""


def default_text() -> str:
    """Give the file. It reads as the defaults, and so it does with each ``#`` removed that no blank follows."""
    return "\n".join((_HEAD, *_lines()))


def _lines() -> Iterator[str]:
    for item in keys(CREDENTIALS_DIRECTORY):
        yield f"# {item.help}"
        if isinstance(item, Key):
            yield f"#{item.name}: {item.text}"
        else:
            yield f"#{item.name}:"
            yield from _section(item)
        yield ""


def _section(section: Section) -> Iterator[str]:
    indent = "    " if section.many else "  "
    width = max(len(f"# {key.name}: {key.text}") for key in section.keys) + 2
    for place, key in enumerate(section.keys):
        lead = "  - " if section.many and not place else indent
        mark = "# " if key.is_example else ""
        setting = f"{key.name}: {key.text}".ljust(width - len(mark))
        yield f"#{lead}{mark}{setting}# {key.help}"
