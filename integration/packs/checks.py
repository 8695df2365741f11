"""The alarms as checks of monitoring plugins: one value, a range for warning and one for critical. Pure.

A plugin compares one number with a range, so an alarm of a share, a rate or a silence has no check: a plugin that gets
no answer is UNKNOWN by itself.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from integration.packs.alarms import ALARMS, Above, Alarm, Below, OneOf
from integration.packs.mib import Mib
from integration.packs.pack import NAGIOS
from integration.packs.watched import WATCHED


@dataclass(frozen=True, slots=True)
class Check:
    """``object`` of each row of ``kind``; ranges as in the guidelines of monitoring plugins, an empty text for none.

    ``alarms`` are those that it raises; ``texts`` are objects that are shown beside the value.
    """

    kind: str
    object: str
    warning: str
    critical: str
    alarms: tuple[Alarm, ...]
    texts: tuple[str, ...]

    @property
    def title(self) -> str:
        """The name of the check, without that of the row."""
        return self.object.removeprefix("hax")


def checks(mib: Mib) -> tuple[Check, ...]:
    """Return a check for each object that alarms of a value ask for, in the order of the alarms."""
    asked: dict[tuple[str, str], list[Alarm]] = {}
    for alarm in ALARMS:
        if isinstance(alarm.when, OneOf | Above | Below):
            asked.setdefault((alarm.kind, alarm.when.object), []).append(alarm)
    return tuple(_check(mib, kind, name, found) for (kind, name), found in asked.items())


def _check(mib: Mib, kind: str, name: str, alarms: Sequence[Alarm]) -> Check:
    texts = tuple(dict.fromkeys(text for alarm in alarms for text in alarm.shown))
    return Check(kind, name, _range(mib, alarms, "warning"), _range(mib, alarms, "critical"), tuple(alarms), texts)


def _range(mib: Mib, alarms: Sequence[Alarm], level: str) -> str:
    """Return the range of the values of a level; ValueError where they are not side by side."""
    chosen = [alarm.when for alarm in alarms if NAGIOS[alarm.severity] == level]
    numbers = sorted(
        mib.value(when.object, label) for when in chosen if isinstance(when, OneOf) for label in when.labels
    )
    if numbers:
        return spread(numbers)
    for when in chosen:
        if isinstance(when, Above):
            return f"~:{when.threshold if isinstance(when.threshold, int) else when.threshold.default}"
        if isinstance(when, Below):
            limit = when.threshold if isinstance(when.threshold, int) else when.threshold.default
            return f"{limit}:"
    return ""


def spread(numbers: Sequence[int]) -> str:
    """Return the range inside of which an alert is raised. ValueError where a number between is missing."""
    if list(numbers) != list(range(numbers[0], numbers[-1] + 1)):
        raise ValueError(f"a plugin has one range, and {list(numbers)} are not side by side")
    return f"@{numbers[0]}:{numbers[-1]}"


def kinds() -> Iterator[str]:
    """Yield the kinds of rows that have a check."""
    with_check = {alarm.kind for alarm in ALARMS if isinstance(alarm.when, OneOf | Above | Below)}
    yield from (watched.kind for watched in WATCHED if watched.kind in with_check)
