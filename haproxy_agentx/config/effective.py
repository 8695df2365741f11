"""A configuration as the text of a file that reads as it: every key that applies, also those that no file set. Pure."""

import re
from collections.abc import Iterator
from typing import Any

from haproxy_agentx.settings.keys import Key, KeyGroup, values_of

_PLAIN = re.compile("[A-Za-z0-9/][A-Za-z0-9/._%+:-]*(?<!:)")
"""Texts that mean themselves everywhere in YAML."""

_NULL = {"null", "Null", "NULL"}


def effective_text(record: Any) -> str:  # noqa: ANN401  of any class that declares keys
    """Return the file. Secrets are not in it, but the paths of their files; URLs are cut (``shown_url``)."""
    return "\n".join(_lines(record)) + "\n"


def _lines(record: Any) -> Iterator[str]:  # noqa: ANN401  of any class that declares keys
    for item, value in _written(record):
        if isinstance(item, KeyGroup) and item.most:
            yield f"{item.name}:"
            yield from (f"  - {_mapping(each)}" for each in value)
        elif isinstance(item, KeyGroup) and any(isinstance(inner, KeyGroup) for inner in item.keys):
            yield f"{item.name}:"
            yield from (f"  {inner.name}: {_text(inner, each)}" for inner, each in _written(value))
        else:
            yield f"{item.name}: {_text(item, value)}"


def _written(record: Any) -> Iterator[tuple[Key | KeyGroup, Any]]:  # noqa: ANN401  of any class that declares keys
    """Yield what the file has to say: neither what is not there, nor what does not go with the rest."""
    for item, value in values_of(record):
        is_absent = value is None and (isinstance(item, KeyGroup) or item.is_example)
        is_empty = isinstance(item, KeyGroup) and item.most and not value
        if not (is_absent or is_empty or item.name in getattr(record, "idle_keys", ())):
            yield item, value


def _text(item: Key | KeyGroup, value: Any) -> str:  # noqa: ANN401  of the type that the item declares
    if isinstance(item, Key):
        return f"[{', '.join(_scalar(item, each) for each in value)}]" if item.most else _scalar(item, value)
    if item.most:
        return f"[{', '.join(map(_mapping, value))}]"
    written = list(_written(value))
    if [inner.name for inner, _ in written] == [item.short]:
        return _text(*written[0])
    return _mapping(value)


def _mapping(record: Any) -> str:  # noqa: ANN401  of any class that declares keys
    return "{" + ", ".join(f"{item.name}: {_text(item, value)}" for item, value in _written(record)) + "}"


def _scalar(key: Key, value: Any) -> str:  # noqa: ANN401  of the type that the key declares
    text = key.type.write(value)
    if _PLAIN.fullmatch(text) and text not in _NULL:
        return text
    return "'" + text.replace("'", "''") + "'"
