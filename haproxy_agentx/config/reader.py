"""From the text of a configuration file to a record, or to all that is wrong with it. Pure.

It knows no key: what there is to read are the fields of the record (``settings.keys``).
"""

import difflib
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from haproxy_agentx.config.errors import ConfigError, ConfigProblem
from haproxy_agentx.config.tree import Mapping, Node, Rejected, ScalarNode, Sequence, compose, join, shown_key
from haproxy_agentx.settings.given import Given
from haproxy_agentx.settings.keys import Key, KeyGroup, keys_of, made, parts_of
from haproxy_agentx.settings.paths import resolved
from haproxy_agentx.settings.types import FileUse

R = TypeVar("R")

MAX_SUGGESTED = 20
"""Unknown keys for which a likeness is looked for: that takes time."""

_WHAT = {ScalarNode: "a single value", Sequence: "a list", Mapping: "a mapping"}
_NOTHING = object()
"""Read from what is not given or was refused; None is a value."""


def read(text: str, file: str, record: type[R], credentials: str) -> R:
    """Read ``text``; ``file`` is its name in messages, ``credentials`` the folder of systemd credentials.

    Raises ConfigError with every problem that was found.
    """
    node, problems = compose(text)
    reader = _Reader(problems, credentials)
    top = reader.group(node or ScalarNode(1, "", quoted=False), record, "")
    if problems:
        raise ConfigError(file, problems)
    found: R = top.record
    return found


class _Reader:
    """Reads nodes by the keys of records and collects what is wrong."""

    def __init__(self, problems: list[ConfigProblem], credentials: str) -> None:
        self._problems = problems
        self._credentials = credentials
        self._suggested = 0

    def note(self, line: int, path: str, what: str) -> None:
        self._problems.append(ConfigProblem(line, path or join(), what))

    def group(self, node: Node, record: type[Any], path: str) -> Given:
        """Read a mapping: the values of those keys that are given and right, and the lines of all that are given."""
        given = Given(node.line, path, self.note, isinstance(node, Mapping) or _is_missing(node))
        known = {item.name: item for item in keys_of(record)}
        if not given.is_readable:
            if not isinstance(node, Rejected):
                what = f"found {_WHAT[type(node)]}: expected a mapping with the keys {', '.join(known)}"
                given.note_here(what)
            return given
        for entry in node.entries if isinstance(node, Mapping) else ():
            item = known.get(entry.key)
            if item is None:
                self.note(entry.line, _below(path, shown_key(entry.key)), self._unknown(entry.key, list(known)))
                continue
            given.lines[item.name] = entry.line
            self._item(entry.value, item, _below(path, item.name), given)
        for item in known.values():
            if isinstance(item, Key) and item.is_required and not given.has(item.name):
                what = f"it is missing: add it, such as {item.name}: {item.text}"
                given.note_at(item.name, what)
        self._finish(given, record)
        return given

    def _finish(self, given: Given, record: type[Any]) -> None:
        """Make the record of a group, and let it check what its keys have to do with each other."""
        given.record = made(record, given.values)
        for part in parts_of(given.record):
            if hasattr(part, "check"):
                part.check(given)

    def _item(self, node: Node, item: Key | KeyGroup, path: str, given: Given) -> None:
        value = self._key(node, item, path, given) if isinstance(item, Key) else self._group(node, item, path, given)
        if value is not _NOTHING:
            given.values[item.name] = value

    def _group(self, node: Node, item: KeyGroup, path: str, given: Given) -> Any:  # noqa: ANN401  by the declaration
        if item.most and _is_missing(node):
            return _NOTHING
        if item.most:
            found = tuple(self.group(each, item.record, where) for where, each in self._items(node, item, path))
            given.groups[item.name] = found
            self._check_unique(item.unique, found)
            records = tuple(each.record for each in found if each.is_readable)
            return records if found else _NOTHING
        if item.short and isinstance(node, ScalarNode):
            return self._short(node, item, path)
        inner = self.group(node, item.record, path)
        given.groups[item.name] = (inner,)
        return inner.record if inner.is_readable else _NOTHING

    def _short(self, node: ScalarNode, item: KeyGroup, path: str) -> Any:  # noqa: ANN401  by the declaration
        """Read a group that is given as the value of one of its keys."""
        key = next(each for each in item.keys if isinstance(each, Key) and each.name == item.short)
        value = self._value(node, key, path)
        if value is _NOTHING:
            return _NOTHING
        inner = Given(node.line, path, self.note, values={key.name: value}, lines={key.name: node.line})
        self._finish(inner, item.record)
        return inner.record

    def _check_unique(self, key: str, found: Iterable[Given]) -> None:
        first: dict[Any, int] = {}
        for given in found:
            value = getattr(given.record, key) if key and not given.refused(key) else None
            if value is None:
                continue
            if value in first:
                given.note_at(key, f"the {key} {value} is that of line {first[value]}, too: give each its own")
            first.setdefault(value, given.lines.get(key, given.line))

    def _items(self, node: Node, item: Key | KeyGroup, path: str) -> Iterator[tuple[str, Node]]:
        """Yield the items of a list with their paths; none where it is not one, or one of an unlikely length."""
        if isinstance(node, Rejected):
            return
        if not isinstance(node, Sequence):
            wanted = "each item beginning with '- '" if isinstance(item, KeyGroup) else f"such as {item.text}"
            self.note(node.line, path, f"found {_WHAT[type(node)]}: expected a list, {wanted}")
        elif not node.items and isinstance(item, KeyGroup):
            self.note(node.line, path, "the list is empty: write its items, or remove the key for the default")
        elif len(node.items) > item.most:
            self.note(node.line, path, f"{len(node.items)} are listed: {item.most} are the most")
        else:
            yield from ((f"{path}[{place}]", found) for place, found in enumerate(node.items))

    def _key(self, node: Node, item: Key, path: str, given: Given) -> Any:  # noqa: ANN401  by the declaration
        if not item.most or _is_missing(node):
            return self._value(node, item, path)
        found: dict[Any, int] = {}
        for where, each in self._items(node, item, path):
            value = self._value(each, item, where)
            if value in found and value is not _NOTHING:
                what = f"{value} is listed twice, first in line {found[value]}: remove one of the two"
                self.note(each.line, where, what)
            found.setdefault(value, each.line)
            given.lines[where.rpartition(".")[2]] = each.line
        is_good = isinstance(node, Sequence) and _NOTHING not in found
        return tuple(found) if is_good else _NOTHING

    def _value(self, node: Node, item: Key, path: str) -> Any:  # noqa: ANN401  by the declaration
        if isinstance(node, Rejected):
            return _NOTHING
        if not isinstance(node, ScalarNode):
            self.note(node.line, path, f"found {_WHAT[type(node)]}: expected one value, such as {item.text}")
        elif node.missing or not node.text:
            self.note(node.line, path, f"there is no value: write one, such as {item.text}, or remove the key")
        else:
            try:
                value = item.type.read(node.text)
            except ValueError as error:
                self.note(node.line, path, str(error))
            else:
                return resolved(value, self._credentials) if item.type.file is FileUse.secret else value
        return _NOTHING

    def _unknown(self, key: str, known: list[str]) -> str:
        near: list[str] = []
        if self._suggested < MAX_SUGGESTED:
            self._suggested += 1
            near = difflib.get_close_matches(key.lower().replace("-", "_")[:64], known, 1)
        return "there is no such key: " + (f"did you mean {near[0]}?" if near else f"the keys are {', '.join(known)}")


def _is_missing(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.missing


def _below(path: str, key: str) -> str:
    return join(path, key) if path else key
