"""What a check finds, and the change that mends it. Pure.

A remedy is data: the words that are printed and the text that a file has afterwards both come from it, so that a test
which applies it proves the words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from haproxy_agentx.vocabulary.shown import printable


class Grade(IntEnum):
    """How bad a finding is, which is also the exit status of `doctor`: that of the worst."""

    ok = 0
    warn = 1
    fail = 2


@dataclass(frozen=True, slots=True)
class Code:
    """What a code stands for: ``title`` is a short sentence, ``why`` says what it does to the administrator."""

    grade: Grade
    title: str
    why: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a configuration file; ``number`` counts from 1."""

    file: str
    number: int

    def __str__(self) -> str:
        return f"{self.file}:{self.number}"


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of one file: behind line ``after`` (0: at its beginning, None: at its end) ``adds`` replace lines.

    ``words`` say it where ``adds`` must not be shown, as a community is in it.
    """

    file: str
    after: int | None
    removes: int = 0
    adds: Sequence[str] = ()
    words: str = ""

    def __str__(self) -> str:
        """Return it as an instruction, in one line."""
        if self.words:
            return self.words
        new = " and ".join(f"'{printable(text.strip(), 400)}'" for text in self.adds)
        if not self.removes or self.after is None:
            return f"add {new} to {self.file}" + (f" after line {self.after}" if self.after else "")
        last = self.after + self.removes
        old = f"line {last}" if self.removes == 1 else f"lines {self.after + 1} to {last}"
        return f"write {new} in place of {old} of {self.file}" if new else f"remove {old} of {self.file}"


@dataclass(frozen=True, slots=True)
class Remedy:
    """What mends a finding: the edits of one decision, or commands, or words where it is not ours to decide.

    ``restart`` names the service that has to read its configuration again, by its systemd unit.
    """

    edits: Sequence[Edit] = ()
    commands: Sequence[str] = ()
    words: str = ""
    restart: str = ""

    def __str__(self) -> str:
        steps = [*map(str, self.edits), *(f"run `{command}`" for command in self.commands)]
        steps += [self.words] if self.words else []
        steps += [f"run `systemctl {self.restart}`{_EFFECTS.get(self.restart, '')}"] if self.restart else []
        return ", then ".join(steps)


_EFFECTS = {"restart keepalived": ", on the BACKUP first: the addresses of a node move while its keepalived restarts"}
"""What a restart does to clients."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found: its code (doctor/codes.py), where, what in one line, and what mends it."""

    code: str
    where: str
    what: str
    remedy: Remedy
