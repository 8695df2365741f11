"""The text of a configuration that is refused."""

import re

import pytest

from haproxy_agentx.config import ConfigError, parse

FILE = "config.yaml"
LINE = re.compile(r"config\.yaml:[1-9][0-9]*: [^:]+: .+: .+", re.DOTALL)
"""File, line, key, what is wrong, and what to do (G3)."""


def problems(text: str) -> list[str]:
    """Give the lines of the error that a text is refused with."""
    with pytest.raises(ConfigError) as raised:
        parse(text, FILE)
    lines = str(raised.value).splitlines()
    assert all(line.isprintable() for line in lines)
    return lines
