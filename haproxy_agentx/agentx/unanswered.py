"""The PDUs of ours that wait for an answer, and what silence means. Times are monotonic seconds.

| what is not answered in time | what follows |
|---|---|
| Notify | a Ping asks whether the master lives |
| Ping, and the master answers it | the notifications that were overdue when it was sent were passed over |
| Ping, and any other PDU | the session is over |

A timeout that passes while this process does not run (SIGSTOP, a paused machine, no processor) says nothing about the
master: its answer may wait to be read. So silence is looked at in short steps, a look that comes later than planned is
no verdict, and the master gets that time in addition.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from haproxy_agentx.agentx.constants import PduType
from haproxy_agentx.agentx.pdu import Notify, Pdu

STEP = 0.25
"""Seconds between two looks, at most, while the master owes an answer."""

TOLERANCE = 0.1
"""Seconds that a look may be late: a busy scheduler's, not a stopped process."""

MOMENT = 0.02
"""Seconds until the look after a late one, in which what has come meanwhile is read."""

MAX_LATE = 16
"""Notifications that were passed over whose late answer is still recognized."""

_PACKET_IDS = 1 << 32


@dataclass(slots=True)
class Waiting:
    """A PDU that the master has not answered. ``overdue`` are, of a Ping, the packets of notifications before it."""

    pdu: Pdu
    deadline: float
    token: object = None
    overdue: Sequence[int] = ()


class Waitlist:
    """What waits, by packetID (RFC 2741 7.2.2: an answer is matched by nothing else)."""

    def __init__(self) -> None:
        self._waiting: dict[int, Waiting] = {}
        self._late: dict[int, Waiting] = {}
        self._last = 0

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, waiting: Waiting) -> int:
        """Return the packetID of a PDU that is about to be sent: unique among those that an answer may come to."""
        self._last = (self._last + 1) % _PACKET_IDS
        while self._last in self._waiting or self._last in self._late:
            self._last = (self._last + 1) % _PACKET_IDS
        self._waiting[self._last] = waiting
        return self._last

    def take(self, packet_id: int) -> Waiting | None:
        """Return what an answer belongs to, and expect no other one; None for an answer that nothing waits for."""
        return self._waiting.pop(packet_id, None) or self._late.pop(packet_id, None)

    def deadline(self) -> float | None:
        """Return when the next answer is due; None when none is."""
        return min((one.deadline for one in self._waiting.values() if one.deadline < math.inf), default=None)

    def excuse(self, seconds: float) -> None:
        """Move all deadlines by so much."""
        for one in self._waiting.values():
            one.deadline += seconds

    def silence(self, now: float) -> PduType | None:
        """Return the type of a PDU whose missing answer ends the session; None when there is none."""
        late = (one.pdu for one in self._waiting.values() if one.deadline <= now)
        return next((pdu.type for pdu in late if not isinstance(pdu, Notify)), None)

    def overdue(self, now: float) -> tuple[int, ...]:
        """Return the packets of notifications that have become overdue: the deadline is that of their Ping now."""
        found = [number for number, one in self._waiting.items() if one.deadline <= now and isinstance(one.pdu, Notify)]
        for number in found:
            self._waiting[number].deadline = math.inf
        return tuple(found)

    def pass_over(self, packets: Iterable[int]) -> list[object]:
        """Return the tokens of those notifications that are still without an answer, and wait for them no longer."""
        tokens = []
        for number in packets:
            if (silent := self._waiting.pop(number, None)) is not None:
                self._late[number] = silent
                tokens.append(silent.token)
        while len(self._late) > MAX_LATE:
            del self._late[next(iter(self._late))]
        return tokens

    def clear(self) -> None:
        """Wait for nothing any more."""
        self._waiting.clear()
        self._late.clear()
