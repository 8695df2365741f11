"""Less evidence is never better: a few of the worlds that ``python -m tests.health.worlds`` plays by the 100,000."""

import random

from haproxy_agentx.health.model import Readiness
from tests.health.worlds import COLUMNS, generate, is_better, play, readiness

NUMBER = 400


def test_less_evidence_is_never_better():
    counts, wrong = play(NUMBER, seed=0)
    assert wrong == []
    assert len([what for what in counts if what.startswith("without a cell")]) > len(COLUMNS) // 2
    assert all(counts[f"without a {kind}"] for kind in ("row", "bad row", "reading", "source", "load"))
    assert all(counts[f"all evidence: {member.name}"] > NUMBER // 100 for member in Readiness)


def test_the_comparison_finds_what_is_better():
    order = [Readiness.notReady, Readiness.degraded, Readiness.ready]
    assert [[is_better(after, before) for after in order] for before in order] == [
        [False, True, True],
        [False, False, True],
        [False, False, False],
    ]
    assert not any(is_better(Readiness.unknown, before) for before in Readiness)
    assert is_better(Readiness.ready, Readiness.unknown)


def test_a_world_is_the_same_each_time():
    assert readiness(generate(random.Random(7))) is readiness(generate(random.Random(7)))
