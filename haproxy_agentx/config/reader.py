"""From the text of a configuration file to a Config, or to all that is wrong with it. Pure."""

import difflib
from collections.abc import Iterator
from typing import Any

from haproxy_agentx.config.errors import ConfigError, ConfigProblem
from haproxy_agentx.config.keys import Key, Section, Table, keys
from haproxy_agentx.config.model import Config
from haproxy_agentx.config.records import KeyGroup, Lines, Values, make
from haproxy_agentx.config.tree import Mapping, Node, Rejected, ScalarNode, Sequence, compose, join, shown_key
from haproxy_agentx.config.values import CREDENTIALS_DIRECTORY

MAX_SUGGESTED = 20
"""Unknown keys for which a likeness is looked for: that takes time."""

_WHAT = {ScalarNode: "a single value", Sequence: "a list", Mapping: "a mapping"}
_NOTHING = object()
"""Read from what is not given or was refused; None is a value."""


def parse(text: str, file: str, credentials: str = CREDENTIALS_DIRECTORY) -> Config:
    """Read ``text``; ``file`` is its name in messages, ``credentials`` the folder of systemd credentials.

    Raises ConfigError with every problem that was found.
    """
    node, problems = compose(text)
    reader = _Reader(problems)
    top = reader.group(node or ScalarNode(1, "", quoted=False), keys(credentials), "")
    config = make(top, reader.note)
    if reader.problems:
        raise ConfigError(file, reader.problems)
    return config


class _Reader:
    """Reads nodes by the table of keys and collects what is wrong."""

    def __init__(self, problems: list[ConfigProblem]) -> None:
        self.problems = problems
        self._suggested = 0

    def note(self, line: int, path: str, what: str) -> None:
        self.problems.append(ConfigProblem(line, path or join(), what))

    def group(self, node: Node, table: Table, path: str) -> KeyGroup:
        """Read a mapping: the values of those keys that are given and right, and the lines of all that are given."""
        values: Values = {}
        lines: Lines = {}
        group = KeyGroup(node.line, path, values, lines, is_readable=isinstance(node, Mapping) or _is_missing(node))
        if not group.is_readable:
            if not isinstance(node, Rejected):
                self.note(
                    node.line, path, f"found {_WHAT[type(node)]}: expected a mapping with the keys {_names(table)}"
                )
            return group
        known = {item.name: item for item in table}
        for entry in node.entries if isinstance(node, Mapping) else ():
            key = _below(path, shown_key(entry.key))
            item = known.get(entry.key)
            if item is None:
                self.note(entry.line, key, self._unknown(entry.key, table))
                continue
            lines[item.name] = entry.line
            value = (
                self._section(entry.value, item, key)
                if isinstance(item, Section)
                else self._key(entry.value, item, key, lines)
            )
            if value is not _NOTHING:
                values[item.name] = value
        for item in table:
            if isinstance(item, Key) and item.is_required and item.name not in lines:
                self.note(
                    node.line, _below(path, item.name), f"it is missing: add it, such as {item.name}: {item.text}"
                )
        return group

    def _section(self, node: Node, section: Section, path: str) -> Any:  # noqa: ANN401  by the table
        if section.short and isinstance(node, ScalarNode):
            key = next(item for item in section.keys if isinstance(item, Key) and item.name == section.short)
            value = self._value(node, key, path)
            lines = {key.name: node.line}
            return _NOTHING if value is _NOTHING else KeyGroup(node.line, path, {key.name: value}, lines)
        if not section.most:
            return self.group(node, section.keys, path)
        if _is_missing(node):
            return _NOTHING
        found = [self.group(item, section.keys, where) for where, item in self._items(node, section, path)]
        return tuple(found) or _NOTHING

    def _items(self, node: Node, item: Key | Section, path: str) -> Iterator[tuple[str, Node]]:
        """Yield the items of a list with their paths; none where it is not one, or one of an unlikely length."""
        if isinstance(node, Rejected):
            return
        if not isinstance(node, Sequence):
            wanted = "each item beginning with '- '" if isinstance(item, Section) else f"such as {item.text}"
            self.note(node.line, path, f"found {_WHAT[type(node)]}: expected a list, {wanted}")
        elif not node.items and isinstance(item, Section):
            self.note(node.line, path, "the list is empty: write its items, or remove the key for the default")
        elif len(node.items) > item.most:
            self.note(node.line, path, f"{len(node.items)} are listed: {item.most} are the most")
        else:
            yield from ((f"{path}[{place}]", found) for place, found in enumerate(node.items))

    def _key(self, node: Node, item: Key, path: str, lines: Lines) -> Any:  # noqa: ANN401  by the table
        if not item.most or _is_missing(node):
            return self._value(node, item, path)
        found: dict[Any, int] = {}
        for where, each in self._items(node, item, path):
            value = self._value(each, item, where)
            if value in found and value is not _NOTHING:
                what = f"{value} is listed twice, first in line {found[value]}: remove one of the two"
                self.note(each.line, where, what)
            found.setdefault(value, each.line)
            lines[where.rpartition(".")[2]] = each.line
        is_good = isinstance(node, Sequence) and _NOTHING not in found
        return tuple(found) if is_good else _NOTHING

    def _value(self, node: Node, item: Key, path: str) -> Any:  # noqa: ANN401  by the table
        if isinstance(node, Rejected):
            return _NOTHING
        if not isinstance(node, ScalarNode):
            self.note(node.line, path, f"found {_WHAT[type(node)]}: expected one value, such as {item.text}")
        elif node.missing or not node.text:
            self.note(node.line, path, f"there is no value: write one, such as {item.text}, or remove the key")
        else:
            try:
                return item.read(node.text)
            except ValueError as error:
                self.note(node.line, path, str(error))
        return _NOTHING

    def _unknown(self, key: str, table: Table) -> str:
        near: list[str] = []
        if self._suggested < MAX_SUGGESTED:
            self._suggested += 1
            near = difflib.get_close_matches(key.lower().replace("-", "_")[:64], [item.name for item in table], 1)
        return "there is no such key: " + (f"did you mean {near[0]}?" if near else f"the keys are {_names(table)}")


def _is_missing(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.missing


def _below(path: str, key: str) -> str:
    return join(path, key) if path else key


def _names(table: Table) -> str:
    return ", ".join(item.name for item in table)
