"""What the next start has to know of the pairs, as JSON texts. Pure; dates are in seconds since 1970."""

import json
from collections.abc import Mapping
from math import isfinite

from haproxy_agentx.health.dated import Dated
from haproxy_agentx.pair.model import PairState
from haproxy_agentx.pair.settling import RecalledPair, Settled

PREFIX = "pair/"
"""What the keys begin with; the service follows."""


class PairMemory:
    """The pairs of this run and of the last one. A date is that of its first look: no step of a clock moves it."""

    def __init__(self) -> None:
        self.recalled: dict[str, RecalledPair] = {}
        self._dates: dict[str, Dated] = {}

    def texts(self, pairs: Mapping[str, Settled], now: float, date: float) -> dict[str, str]:
        """Return the texts by key, of pairs that have counted in any run; ``now`` and ``date`` are the same moment."""
        known = {name: one for name, one in pairs.items() if not one.is_first or name in self.recalled}
        self._dates = {name: self._dates.get(name) or Dated() for name in known}
        return {
            PREFIX + name: json.dumps(
                {
                    "state": one.state.name,
                    "since": self._dates[name].of(one.since, now, date),
                    "previous": one.previous.name if one.previous else None,
                    "transitions": one.transitions,
                }
            )
            for name, one in known.items()
        }

    def recall(self, memory: Mapping[str, str], now: float, date: float) -> None:
        """Adopt what ``texts`` gave at the last run; what cannot be read is left out."""
        for key, text in memory.items():
            if key.startswith(PREFIX):
                found = _read(text, now, date)
                if found is not None:
                    self.recalled[key.removeprefix(PREFIX)] = found


def _read(text: str, now: float, date: float) -> RecalledPair | None:
    try:
        given = json.loads(text)
        age = date - float(given["since"])
        transitions = int(given["transitions"])
        if not isfinite(age) or transitions < 0:
            return None
        previous = PairState[given["previous"]] if given["previous"] else None
        return RecalledPair(PairState[given["state"]], now - max(0.0, age), previous, transitions)
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None
