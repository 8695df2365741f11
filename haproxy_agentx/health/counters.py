"""The counters of a frontend or backend row, as far as health looks at them. Pure.

Columns come in families that HAProxy fills together. A family of which a row has nothing does not apply to it (a
frontend in TCP mode has no HTTP statuses); one of which it has a part cannot be understood, and that is evidence that
is missing.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

LOAD = ("stot", "scur", "slim")
ANSWERS = ("hrsp_2xx", "hrsp_3xx", "hrsp_4xx", "hrsp_other", "hrsp_5xx", "dreq", "ereq", "intercepted")
STATUSES = 5
"""The first of ``ANSWERS``, by which the family is known: rows in TCP mode count what was denied, too."""
FAILURES = ("econ", "eresp", "dresp")
GIVEN = ("hrsp_2xx", "hrsp_3xx", "hrsp_4xx", "hrsp_other")


class FrontendCounters(NamedTuple):
    """What a frontend has counted. ``answers`` is None in TCP mode, where ``octets`` says whether clients got any."""

    sessions: int
    current: int
    limit: int
    octets: int
    answers: "Answers | None"


class Answers(NamedTuple):
    """Requests by how they ended."""

    good: int
    """Answered with a status other than 5xx."""
    bad: int
    """Answered with a 5xx, wherever it was made."""
    denied: int
    """Denied by a rule, or not understood."""
    intercepted: int
    """Answered by HAProxy as it was configured to: redirects, pages, statistics."""
    refused: int = 0
    """Those of ``denied`` that a rule denied."""

    @property
    def excused(self) -> int:
        """Return those that say nothing of servers."""
        return self.denied + self.intercepted

    @property
    def answered(self) -> int:
        """Return those that were answered by servers, or ended in an error."""
        return max(0, self.good + self.bad - self.excused)


class BackendCounters(NamedTuple):
    """What a backend has counted."""

    failures: int
    """Requests or connections that HAProxy ended by an error of its own: no server, no connection, no answer."""
    given: int
    """Requests that a server was found for, and answers that are no errors."""


class Unread:
    """Counters that are there and cannot be understood."""


UNREAD = Unread()


class Cutter:
    """Cuts counters out of rows whose fields are at the places that ``fields`` has."""

    def __init__(self, fields: Mapping[str, int]) -> None:
        self.fields = fields
        self._load = _present(LOAD, fields)
        self._answers = _present(ANSWERS, fields)
        self._has_answers = all(name in fields for name in ANSWERS[:STATUSES])
        self._has_pages = ANSWERS[-1] in fields
        self._has_refused = ANSWERS[STATUSES] in fields
        self._failures = _present(FAILURES, fields)
        self._given = _present(("lbtot", *GIVEN), fields)
        self._good = _present(GIVEN, fields)

    def frontend(self, row: Sequence[bytes]) -> FrontendCounters | Unread | None:
        """Return the counters of a frontend's row, None where it has none."""
        load = [_number(row[place]) for place in self._load]
        answers = [_number(row[place]) for place in self._answers] if self._has_answers else [None] * STATUSES
        is_http = any(value is not None for value in answers[:STATUSES])
        if load.count(None) == len(load) and not is_http:
            return None
        if None in load or len(load) < len(LOAD) or (is_http and None in answers):
            return UNREAD
        sessions, current, limit = (value or 0 for value in load)
        numbers = [value or 0 for value in answers]
        pages = numbers.pop() if self._has_pages else 0
        refused = numbers[STATUSES] if self._has_refused else 0
        denied = sum(numbers[STATUSES:])
        counted = Answers(sum(numbers[: STATUSES - 1]), numbers[STATUSES - 1], denied, pages, refused)
        octets = _number(row[self.fields["bout"]]) if "bout" in self.fields else None
        return FrontendCounters(sessions, current, limit, octets or 0, counted if is_http else None)

    def backend(self, row: Sequence[bytes]) -> BackendCounters | Unread | None:
        """Return the counters of a backend's row, None where it has none."""
        failures = [_number(row[place]) for place in self._failures]
        if failures.count(None) == len(failures):
            return None
        if None in failures:
            return UNREAD
        given = [_number(row[place]) or 0 for place in self._given]
        return BackendCounters(sum(value or 0 for value in failures), sum(given))

    def answers(self, row: Sequence[bytes]) -> int:
        """Return how many requests a backend answered without an error."""
        return sum(_number(row[place]) or 0 for place in self._good)


def _present(names: Sequence[str], fields: Mapping[str, int]) -> list[int]:
    return [fields[name] for name in names if name in fields]


def _number(cell: bytes) -> int | None:
    return int(cell) if cell.isdigit() and len(cell) <= 20 else None  # noqa: PLR2004  64 bits
