"""The keys of the configuration as tables, and the defaults as a file, for docs/configuration.md. Pure."""

from collections.abc import Iterator, Mapping

from haproxy_agentx.config.effective import effective_text
from haproxy_agentx.config.keys import Key, Table, keys
from haproxy_agentx.config.model import Config
from haproxy_agentx.config.values import CREDENTIALS_DIRECTORY
from tools.documents.parts import Parts

TYPES: Mapping[str, str] = {
    "address": "ADDRESS:PORT",
    "agentx_socket": "path, or tcp:ADDRESS:PORT",
    "days": "number",
    "duration": "duration",
    "fall": "number",
    "fifo": "path, or none",
    "intended_role": "word",
    "limit": "COUNT/min or COUNT/hour",
    "minimum": "number or percent",
    "name": "name",
    "path": "path",
    "priority": "number",
    "probe_host": "host name",
    "probe_method": "word",
    "probe_statuses": "code, or range of codes",
    "probe_url": "URL",
    "proxy": "name",
    "reminder": "duration, or none",
    "root": "object identifier",
    "secret_file": "path, or credential:NAME",
    "socket_path": "path",
    "stats": "path or URL",
    "traps": "ADDRESS:PORT, or none",
    "user": "name",
    "username": "name",
    "vrrp_instance": "name",
    "yes_or_no": "yes or no",
    "_one_of": "word",
}
"""Type of a value, by the function that reads it or that makes its reader."""


def key_table() -> str:
    """Return all keys as a table: key, type, default, meaning."""
    lines = ["| key | type | default | meaning |", "| --- | --- | --- | --- |"]
    lines += _rows(keys(CREDENTIALS_DIRECTORY), "")
    return "\n".join(lines)


def default_file() -> str:
    """Return the configuration that applies without a file, as YAML."""
    return f"```yaml\n{effective_text(Config())}```"


def type_of(key: Key) -> str:
    """Return the type of a key's value in words. Raise KeyError for a reader that TYPES does not have."""
    name = TYPES[key.read.__qualname__.partition(".")[0]]
    return f"list of at most {key.most}: {name}" if key.most else name


def _rows(table: Table, lead: str) -> Iterator[str]:
    for item in table:
        name = f"{lead}{item.name}"
        if isinstance(item, Key):
            yield _row(f"`{name}`", type_of(item), _default(item), item.help)
            continue
        kind = f"list of at most {item.most} mappings" if item.most else "mapping"
        yield _row(f"**`{name}`**", kind, "none" if item.is_example else "as below", item.help)
        yield from _rows(item.keys, f"{name}[]." if item.most else f"{name}.")


def _default(key: Key) -> str:
    if key.is_required:
        return "required"
    return f"none; example: `{key.text}`" if key.is_example else f"`{key.text}`"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


PARTS: Parts = {"keys": key_table, "defaults": default_file}
"""What is generated, by name."""
