"""Configurations as programs see them that know YAML 1.2 and the JSON Schema."""

import datetime as dt
from io import StringIO
from typing import Any

from jsonschema import Draft7Validator
from ruamel.yaml import YAML

from haproxy_agentx.config import Config
from haproxy_agentx.config.schema import schema_of

VALIDATOR = Draft7Validator(schema_of(Config))


def as_yaml(text: str) -> Any:
    """Give what they read, in values that JSON has; dates stay texts, as check-jsonschema has them."""
    return _plain(YAML(typ="safe").load(StringIO(text)))


def fits(text: str) -> bool:
    """Whether they accept a configuration."""
    return bool(VALIDATOR.is_valid(as_yaml(text)))


def _plain(found: Any) -> Any:
    if isinstance(found, dict):
        return {str(key): _plain(value) for key, value in found.items()}
    if isinstance(found, list):
        return [_plain(each) for each in found]
    return str(found) if isinstance(found, dt.date) else found
