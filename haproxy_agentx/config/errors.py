"""What is wrong with a configuration file: where, which key, what, and what to do."""

from dataclasses import dataclass

from haproxy_agentx.vocabulary.shown import printable

SHOWN = 50
"""Problems that a text of ConfigError lists; the rest is a count."""


@dataclass(frozen=True, slots=True, order=True)
class ConfigProblem:
    """One thing that is wrong. ``line`` counts from 1, 0 is the file itself; ``key`` is a path such as agentx.socket.

    ``what`` is 'what: remedy'. No value of the file that may be a secret stands in it.
    """

    line: int
    key: str
    what: str


class ConfigError(Exception):
    """The configuration cannot be used. ``problems`` are all that was found, in the order of the file."""

    def __init__(self, file: str, problems: list[ConfigProblem]) -> None:
        self.file = file
        self.problems = tuple(sorted(problems))
        super().__init__(file, self.problems)

    def __str__(self) -> str:
        """Return a line ``FILE:LINE: KEY: what: remedy`` for each problem; without a line where the file is meant."""
        file = printable(self.file)
        lines = [
            f"{file}:{found.line}: {found.key}: {found.what}" if found.line else f"{file}: {found.what}"
            for found in self.problems[:SHOWN]
        ]
        if len(self.problems) > SHOWN:
            lines.append(f"{file}: {len(self.problems) - SHOWN} more problems are not shown: correct these first")
        return "\n".join(lines)
