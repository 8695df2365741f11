"""From the text of a configuration file to a Config, or to all that is wrong with it. Pure."""

import difflib
from typing import Any
from urllib.parse import urlsplit

from haproxy_agentx.config.errors import ConfigError, Problem
from haproxy_agentx.config.model import MAX_HAPROXY, AgentxConfig, Config, HaproxyConfig, Key, Section, keys
from haproxy_agentx.config.tree import Entry, Hole, Mapping, Node, Scalar, Sequence, compose, join, shown_key
from haproxy_agentx.config.values import CREDENTIALS_DIRECTORY

MAX_SUGGESTED = 20
"""Unknown keys for which a likeness is looked for: that takes time."""

_WHAT = {Scalar: "a single value", Sequence: "a list", Mapping: "a group of keys"}

Values = dict[str, Any]
Lines = dict[str, int]


def parse(text: str, file: str, credentials: str = CREDENTIALS_DIRECTORY) -> Config:
    """Read ``text``; ``file`` is its name in messages, ``credentials`` the folder of systemd credentials.

    Raises ConfigError with every problem that was found.
    """
    node, problems = compose(text)
    reader = _Reader(problems)
    config = reader.config(node, credentials)
    if reader.problems:
        raise ConfigError(file, reader.problems)
    return config


class _Reader:
    """Reads nodes by the table of keys and collects what is wrong."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        self._suggested = 0

    def config(self, node: Node | None, credentials: str) -> Config:
        values, _ = self._keys(node, keys(credentials), "")
        if "agentx" in values:
            values["agentx"] = AgentxConfig(**values["agentx"][0])
        if "haproxy" in values:
            values["haproxy"] = self._haproxies(values["haproxy"])
        return Config(**values)

    def _keys(self, node: Node | None, table: tuple[Key | Section, ...], path: str) -> tuple[Values, Lines]:
        """Read a mapping: values by key, of those that are given and right, and the line of each that is given."""
        values: Values = {}
        lines: Lines = {}
        if node is None or isinstance(node, Hole) or (isinstance(node, Scalar) and node.missing):
            return values, lines
        if not isinstance(node, Mapping):
            self._note(node.line, path, f"{_WHAT[type(node)]} stands here; write keys: {_names(table)}")
            return values, lines
        known = {item.name: item for item in table}
        for entry in node.entries:
            key = join(path, shown_key(entry.key)) if path else shown_key(entry.key)
            item = known.get(entry.key)
            if item is None:
                self._note(entry.line, key, self._unknown(entry.key, table))
                continue
            lines[item.name] = entry.line
            found = self._section(entry, item, key) if isinstance(item, Section) else self._value(entry, item, key)
            if found is not None:
                values[item.name] = found
        return values, lines

    def _section(self, entry: Entry, section: Section, key: str) -> Any:  # noqa: ANN401  by the table
        node = entry.value
        if not section.many:
            return self._keys(node, section.keys, key)
        if isinstance(node, Hole) or (isinstance(node, Scalar) and node.missing):
            return None
        if not isinstance(node, Sequence):
            self._note(node.line, key, f"{_WHAT[type(node)]} stands here; write a list, each item beginning with '- '")
            return None
        if not node.items:
            self._note(node.line, key, "the list is empty; name what to read, or remove the key for the default")
            return None
        if len(node.items) > MAX_HAPROXY:
            self._note(node.line, key, f"{len(node.items)} are listed; {MAX_HAPROXY} are the most")
            return None
        return [(item, *self._keys(item, section.keys, f"{key}[{place}]")) for place, item in enumerate(node.items)]

    def _value(self, entry: Entry, item: Key, key: str) -> Any:  # noqa: ANN401  by the table
        node = entry.value
        if isinstance(node, Hole):
            return None
        if not isinstance(node, Scalar):
            self._note(node.line, key, f"{_WHAT[type(node)]} stands here; write one value, such as {item.text}")
        elif node.missing or not node.text:
            self._note(node.line, key, f"there is no value; write one, such as {item.text}, or remove the key")
        else:
            try:
                return item.read(node.text)
            except ValueError as error:
                self._note(node.line, key, str(error))
        return None

    def _haproxies(self, items: list[tuple[Node, Values, Lines]]) -> tuple[HaproxyConfig, ...]:
        """Make the records, and look at what keys have to do with each other."""
        names: dict[str, int] = {}
        found = []
        for place, (node, values, lines) in enumerate(items):
            haproxy = HaproxyConfig(**values)
            found.append(haproxy)
            path = f"haproxy[{place}]"
            self._check_access(haproxy, values, lines, path)
            line_of_name = lines.get("name", node.line)
            if ("name" in lines and "name" not in values) or not isinstance(node, Mapping):
                continue  # it was refused, and the problem noted
            if haproxy.name in names:
                what = f"the name {haproxy.name} is that of line {names[haproxy.name]}, too; give each its own"
                self._note(line_of_name, f"{path}.name", what)
            names.setdefault(haproxy.name, line_of_name)
        return tuple(found)

    def _check_access(self, haproxy: HaproxyConfig, values: Values, lines: Lines, path: str) -> None:
        if "stats" in lines and "stats" not in values:
            return  # it was refused: what goes with it is not known
        if not haproxy.over_http:
            for key in ("username", "password_file", "ca_file"):
                if key in lines:
                    self._note(lines[key], f"{path}.{key}", "it goes with a URL in stats only; remove it for a socket")
            return
        for one, other in (("username", "password_file"), ("password_file", "username")):
            if one in lines and other not in lines:
                self._note(lines[one], f"{path}.{one}", f"it is given without {other}; add that, or remove this")
        if "ca_file" in lines and urlsplit(haproxy.stats).scheme != "https":
            self._note(
                lines["ca_file"], f"{path}.ca_file", "it goes with https:// only; remove it, or read by https://"
            )

    def _unknown(self, key: str, table: tuple[Key | Section, ...]) -> str:
        near: list[str] = []
        if self._suggested < MAX_SUGGESTED:
            self._suggested += 1
            near = difflib.get_close_matches(key.lower().replace("-", "_")[:64], [item.name for item in table], 1)
        return "there is no such key; " + (f"did you mean {near[0]}?" if near else f"the keys are {_names(table)}")

    def _note(self, line: int, path: str, what: str) -> None:
        self.problems.append(Problem(line, path or join(), what))


def _names(table: tuple[Key | Section, ...]) -> str:
    return ", ".join(item.name for item in table)
