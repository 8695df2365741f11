"""The table that decides how HAProxy is while its statistics cannot be read: the whole of it is walked."""

import re
from dataclasses import replace
from itertools import product

import pytest

from haproxy_agentx.haproxy.standing import (
    RULES,
    Channel,
    Life,
    Ports,
    ProcessStanding,
    SilenceEvidence,
    SocketQueue,
    decide,
    rule_of,
)

ALL = [SilenceEvidence(*each) for each in product(Channel, Life, SocketQueue, Ports)]
CLOSED = (Channel.refused, Channel.absent)


def test_each_row_decides_something():
    assert {id(rule_of(evidence)) for evidence in ALL} == {id(rule) for rule in RULES}


@pytest.mark.parametrize("evidence", ALL, ids=str)
def test_what_is_missing_makes_no_claim(evidence):
    """Without a witness it is as before, or not known; a closed socket alone speaks for a dead HAProxy."""
    standing, _ = decide(evidence)
    for less in (
        replace(evidence, life=Life.unknown),
        replace(evidence, queue=SocketQueue.unknown),
        replace(evidence, ports=Ports.unknown),
    ):
        found, _ = decide(less)
        assert found in (standing, ProcessStanding.silent) or (
            evidence.channel in CLOSED and found is ProcessStanding.gone
        )


def test_a_process_that_works_is_never_called_frozen_nor_gone():
    for evidence in ALL:
        if evidence.life in (Life.running, Life.lives):
            assert decide(evidence)[0] is ProcessStanding.silent


def test_used_up_connections_are_no_proof_of_anything():
    for evidence in ALL:
        if evidence.queue is SocketQueue.used_up and evidence.channel is Channel.silent:
            assert decide(evidence)[0] is not ProcessStanding.frozen or evidence.life is Life.stopped


def test_an_ended_process_whose_ports_are_served_is_no_outage():
    for evidence in ALL:
        if evidence.life is Life.ended and evidence.ports is Ports.kept:
            assert decide(evidence)[0] is ProcessStanding.silent


def test_no_words_suggest_what_would_cause_an_outage():
    for rule in RULES:
        assert not re.search("restart|kill|reload HAProxy|stop HAProxy", rule.words)
        assert len(rule.words) < 240
        assert rule.words.isprintable()
        assert rule.words or rule.standing is ProcessStanding.gone
