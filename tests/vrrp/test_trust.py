"""What a trap may do: all combinations of evidence, sources and names; and what the document says of it."""

from itertools import product

import pytest

from haproxy_agentx.vrrp.trust import (
    ANY_NAME,
    RULES,
    Community,
    May,
    Sender,
    Speaker,
    TrapEvidence,
    decide,
    is_refused,
)
from tests.support.programs import ROOT

DOCUMENT = ROOT / "docs" / "security.md"
ALL = list(product(Sender, Community, Speaker, ANY_NAME))


def may(sender: Sender, community: Community, speaker: Speaker, named: bool) -> May:
    return decide(TrapEvidence(sender, community), speaker, named=named)


def matching(sender, community, speaker, named):
    return [
        rule
        for rule in RULES
        if sender in rule.senders and community in rule.communities and speaker in rule.speakers and named in rule.named
    ]


@pytest.mark.parametrize(("sender", "community", "speaker", "named"), ALL)
def test_the_table_is_total(sender, community, speaker, named):
    assert matching(sender, community, speaker, named)


def test_no_rule_is_hidden_behind_others():
    first = {id(matching(*case)[0]) for case in ALL}
    assert first == {id(rule) for rule in RULES}


@pytest.mark.parametrize(("sender", "community", "speaker", "named"), ALL)
def test_nothing_of_another_user_or_of_another_community_does_anything(sender, community, speaker, named):
    if sender in (Sender.foreign, Sender.gone) or community is Community.wrong:
        assert not may(sender, community, speaker, named)


@pytest.mark.parametrize(("sender", "community", "speaker", "named"), ALL)
def test_while_another_source_speaks_no_trap_creates_or_sets_a_role(sender, community, speaker, named):
    allowed = may(sender, community, speaker, named)
    if speaker in (Speaker.mib, Speaker.fifo):
        assert not allowed & (May.role | May.create | May.propose)
    if speaker is Speaker.mib:
        assert May.detail not in allowed, "the MIB has them"
    if speaker is Speaker.configuration and not named:
        assert not allowed & ~May.look


@pytest.mark.parametrize(("sender", "community", "speaker", "named"), ALL)
def test_only_a_proven_sender_confirms_or_creates(sender, community, speaker, named):
    if may(sender, community, speaker, named) & (May.match | May.detail | May.create):
        assert sender is Sender.proven


@pytest.mark.parametrize(("sender", "community", "speaker", "named"), ALL)
def test_better_evidence_never_allows_less(sender, community, speaker, named):
    proven = may(Sender.proven, community, speaker, named)
    less = may(sender, community, speaker, named)
    assert not (less & ~May.propose) & ~proven or May.create in proven


@pytest.mark.parametrize(("sender", "community"), list(product(Sender, Community)))
def test_what_is_refused_unparsed_may_do_nothing_at_all(sender, community):
    evidence = TrapEvidence(sender, community)
    nothing = not any(decide(evidence, speaker, named=named) for speaker in Speaker for named in ANY_NAME)
    assert is_refused(evidence) is nothing
