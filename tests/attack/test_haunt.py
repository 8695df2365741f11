"""All attacks at once, for a short time: what `make haunt` does for minutes."""

import pytest

from benchmarks.haunt.__main__ import table
from benchmarks.haunt.play import ENOUGH, haunt

pytestmark = [pytest.mark.lab, pytest.mark.timeout(240)]

SECONDS = 22.0
SEED = 7

LATE = 250.0
"""Milliseconds that the daemon may add to what snmpd takes for an object of its own: other tests may run beside this
one, and what `make haunt` allows is for a machine of its own."""


def test_all_attacks_at_once_make_nothing_false_lost_or_late():
    seen = haunt(SECONDS, SEED)
    print("\n".join(table(seen)))  # noqa: T201  pytest shows it where it fails
    assert [missed for missed in seen.misses() if not missed.startswith("GET ")] == []
    assert seen.p99 - seen.other_p99 < LATE
    assert len(seen.struck) >= ENOUGH
