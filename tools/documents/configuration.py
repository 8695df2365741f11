"""The keys of the configuration as tables, and the defaults as a file, for docs/configuration.md. Pure."""

from collections.abc import Iterator, Sequence

from haproxy_agentx.config.effective import effective_text
from haproxy_agentx.config.model import Config
from haproxy_agentx.settings.keys import Key, KeyGroup, keys_of
from tools.documents.parts import Parts


def key_table(record: type) -> str:
    """Return all keys as a table: key, type, default, meaning."""
    lines = ["| key | type | default | meaning |", "| --- | --- | --- | --- |"]
    lines += _rows(keys_of(record), "")
    return "\n".join(lines)


def default_file() -> str:
    """Return the configuration that applies without a file, as YAML."""
    return f"```yaml\n{effective_text(Config())}```"


def _rows(table: Sequence[Key | KeyGroup], lead: str) -> Iterator[str]:
    for item in table:
        name = f"{lead}{item.name}"
        if isinstance(item, Key):
            yield _row(f"`{name}`", _type(item), _default(item), item.help)
            continue
        kind = f"list of at most {item.most} mappings" if item.most else "mapping"
        yield _row(f"**`{name}`**", kind, "none" if item.is_example else "as below", item.help)
        yield from _rows(item.keys, f"{name}[]." if item.most else f"{name}.")


def _type(key: Key) -> str:
    return f"list of at most {key.most}: {key.type.words}" if key.most else key.type.words


def _default(key: Key) -> str:
    if key.is_required:
        return "required"
    return f"none; example: `{key.text}`" if key.is_example else f"`{key.text}`"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


PARTS: Parts = {"keys": lambda: key_table(Config), "defaults": default_file}
"""What is generated, by name."""
