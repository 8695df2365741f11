"""A group of keys as the file has it, for what the keys of a record have to do with each other. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Note = Callable[[int, str, str], None]
"""Takes a problem: line, path of the key, 'what: remedy'."""


@dataclass(slots=True)
class Given:
    """A mapping of the file. ``path`` is where it stands, ``is_readable`` says whether it was a mapping at all.

    ``values`` has the keys that are given and right, ``lines`` has all that are given, and of lists each item as
    ``KEY[PLACE]``; ``groups`` has the mappings in it, by key. ``record`` is made of the values: where a required key is
    missing or wrong, that is None. It is None itself where the group is not readable.
    """

    line: int
    path: str
    note: Note
    is_readable: bool = True
    values: dict[str, Any] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    groups: "dict[str, tuple[Given, ...]]" = field(default_factory=dict)
    record: Any = None

    def has(self, key: str) -> bool:
        """Whether the key is given, right or wrong."""
        return key in self.lines

    def refused(self, key: str) -> bool:
        """Whether the key is given and wrong, which was noted."""
        return not self.is_readable or (key in self.lines and key not in self.values)

    def note_at(self, key: str, what: str) -> None:
        """Report a problem ('what: remedy') at a key, or at the first line of the group where the key is not given."""
        self.note(self.lines.get(key, self.line), f"{self.path}.{key}" if self.path else key, what)

    def note_here(self, what: str) -> None:
        """Report a problem of the group as a whole."""
        self.note(self.line, self.path, what)
