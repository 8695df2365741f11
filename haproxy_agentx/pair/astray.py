"""Whether packets for addresses that a node has lost go on coming to it. Pure; times are monotonic seconds.

The kernel counts packets for foreign addresses, whosever they are (vrrp.strays). So they count only where clients used
the node, more come than before it lost the addresses, they begin within WATCHED, and go on for WINDOWS in a row.
"""

from collections import deque
from dataclasses import dataclass, field
from enum import IntEnum

WINDOW = 5.0
"""Seconds in which packets are counted together."""

WINDOWS = 4
"""Windows in a row in which they have to come: keepalived announces an address twice within 5 seconds."""

PACKETS = 10
"""Packets that have to come in these."""

NOISE = 3
"""Times as many as before."""

HISTORY = 60.0
"""Seconds by which it is known how many came before."""

WATCHED = 60.0
"""Seconds after the loss within which they have to begin: later ones have another reason."""

OVER = 600.0
"""Seconds without such packets after which no more are expected: an ARP entry is used or forgotten by then."""


class Strays(IntEnum):
    """Whether such packets come."""

    unknown = 1
    astray = 2
    clear = 3
    """They do not come, or no longer."""


@dataclass(slots=True)
class StrayHistory:
    """How many packets came in the last HISTORY seconds, for addresses of any kind."""

    _counts: deque[tuple[float, int]] = field(default_factory=deque)

    def take(self, count: int, at: float) -> None:
        """Record how many packets there have ever been."""
        self._counts.append((at, count))
        while self._counts[0][0] < at - HISTORY:
            self._counts.popleft()

    def rate(self) -> float:
        """Return how many came in a second; 0 before that is known."""
        if len(self._counts) < 2:  # noqa: PLR2004  from one to another
            return 0.0
        (began, first), (ended, last) = self._counts[0], self._counts[-1]
        return max(0, last - first) / (ended - began) if ended > began else 0.0


@dataclass(slots=True)
class StrayWatch:
    """A node without the addresses of a service, from ``begin`` on."""

    level: Strays = Strays.unknown
    since: float = 0.0
    """Since when it is ``level``."""
    _noise: float = 0.0
    _lost_at: float | None = None
    _window: tuple[float, int] | None = None
    _loud: int = 0
    _gained: int = 0
    _loud_from: float = 0.0
    _heard_at: float = 0.0

    def begin(self, now: float, noise: float, *, lost: bool) -> None:
        """Watch from now on; ``noise`` are packets a second before; ``lost``: it had clients, and lost the addresses.

        Where it had not, such as after the start of this program, no packets are taken for those of clients.
        """
        self.level, self.since = Strays.unknown, now
        self._noise, self._lost_at, self._window = noise, now if lost else None, None
        self._loud, self._heard_at = 0, now

    def look(self, count: int, at: float) -> None:
        """Record how many packets for foreign addresses there have ever been."""
        if self._window is None or at - self._window[0] > WINDOWS * WINDOW or count < self._window[1]:
            self._window, self._loud = (at, count), 0
        elif at - self._window[0] >= WINDOW:
            self._close(*self._window, count, at)
            self._window = at, count
        level = self._judge(at)
        if level is not self.level:
            self.level, self.since = level, self._loud_from if level is Strays.astray else at

    def _close(self, began: float, before: int, count: int, at: float) -> None:
        gained = count - before
        if gained <= NOISE * self._noise * (at - began):
            self._loud = 0
            return
        self._heard_at = at
        if not self._loud:
            self._gained, self._loud_from = 0, began
        self._loud += 1
        self._gained += gained

    def _judge(self, at: float) -> Strays:
        lasting = self._loud >= WINDOWS and self._gained >= PACKETS
        in_time = self._lost_at is not None and self._loud_from <= self._lost_at + WATCHED
        if lasting and in_time and self.level is not Strays.clear:
            return Strays.astray
        if self.level is Strays.clear or at - self._heard_at >= OVER:
            return Strays.clear
        if self.level is Strays.astray or self._lost_at is None:
            return self.level
        is_late = at >= self._lost_at + WATCHED and not (self._loud and in_time)
        return Strays.clear if is_late else Strays.unknown
