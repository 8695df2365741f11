"""A value of which only changes that hold are told. Pure."""

from dataclasses import dataclass
from typing import Generic, TypeVar

Value = TypeVar("Value")


@dataclass(slots=True)
class Steady(Generic[Value]):
    """``told`` is what was told last. Times are monotonic seconds."""

    told: Value
    hold: float
    since: float | None = None
    """Since when it is another one than was told."""
    _value: Value | None = None

    def observe(self, value: Value, now: float) -> None:
        """Take how it is now."""
        if value == self.told:
            self.since = None
        elif self.since is None or value != self._value:
            self.since = now
        self._value = value

    def deadline(self) -> float | None:
        """Give when ``tell`` has something, if nothing changes."""
        return None if self.since is None else self.since + self.hold

    def tell(self, now: float) -> tuple[Value, Value] | None:
        """Give what it was and what it has become, once that has held."""
        if self.since is None or self._value is None or now < self.since + self.hold:
            return None
        before, self.told = self.told, self._value
        self.since = None
        return before, self.told
