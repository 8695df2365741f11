"""The configuration file as a JSON Schema, for editors and for programs that check files. Pure.

Draft 7, which editors know best. It accepts each file that is accepted (``reader``), as YAML 1.2 reads it. It cannot
say all that is refused: that a name is given twice, or which keys do not go together. ``patternErrorMessage`` is what
editors show instead of a pattern; programs that do not know it ignore it.
"""

import json
from typing import Any

from haproxy_agentx.settings.keys import Key, KeyGroup, keys_of
from haproxy_agentx.settings.types import Schema, either


def schema_text(record: type[Any], title: str) -> str:
    """Return the schema of files that are read as ``record``."""
    head = {"$schema": "http://json-schema.org/draft-07/schema#", "title": title}
    return json.dumps({**head, **schema_of(record)}, indent=2, ensure_ascii=False) + "\n"


def schema_of(record: type[Any]) -> Schema:
    """Return the schema of a mapping. Where no key is required, it may be left empty, which is YAML's null."""
    required = [item.name for item in keys_of(record) if isinstance(item, Key) and item.is_required]
    return {
        "type": "object" if required else ["object", "null"],
        "properties": {item.name: {"description": item.help, **_item(item)} for item in keys_of(record)},
        "additionalProperties": False,
        **({"required": required} if required else {}),
    }


def _item(item: Key | KeyGroup) -> Schema:
    if isinstance(item, Key):
        return _key(item)
    if item.most:
        return {"type": ["array", "null"], "items": schema_of(item.record), "minItems": 1, "maxItems": item.most}
    if item.short:
        short = next(each for each in item.keys if isinstance(each, Key) and each.name == item.short)
        return either(schema_of(item.record), short.type.schema)
    return schema_of(item.record)


def _key(key: Key) -> Schema:
    if key.most:
        return {"type": "array", "items": key.type.schema, "maxItems": key.most}
    said: dict[str, Any] = dict(key.type.schema)
    if key.is_required or key.is_example:
        said["examples"] = [key.text]
    else:
        said["default"] = key.default if isinstance(key.default, int) else key.text
    if key.type.range:
        said["patternErrorMessage"] = f"expected: {key.type.range}"
    return said
