"""From a failed reading to its words: none is lost, none asserts more than was seen."""

from itertools import product

import pytest

from haproxy_agentx.haproxy.standing import (
    Channel,
    Life,
    Ports,
    ProcessStanding,
    SilenceEvidence,
    SocketQueue,
    channel_of,
    judged,
)
from haproxy_agentx.vocabulary.source import (
    Absent,
    Denied,
    Gone,
    Invalid,
    OverLimit,
    Refused,
    SourceError,
    Unresponsive,
)

OF = {Channel.refused: Gone, Channel.absent: Absent, Channel.silent: Unresponsive, Channel.page: Unresponsive}


@pytest.mark.parametrize("kind", [SourceError, Absent, Refused, Gone, Denied, Unresponsive, Invalid, OverLimit])
@pytest.mark.parametrize("over_http", [False, True])
@pytest.mark.parametrize("was_read", [False, True])
def test_only_a_closed_or_silent_channel_is_one(kind, over_http, was_read):
    found = channel_of(kind("x"), over_http=over_http, was_read=was_read)
    wanted = {Gone: Channel.refused, Unresponsive: Channel.page if over_http else Channel.silent}.get(kind)
    if kind is Absent and was_read and not over_http:
        wanted = Channel.absent
    assert found is wanted


def test_the_failure_stays_what_it_is_and_names_its_place():
    for channel, life, queue, ports in product(Channel, Life, SocketQueue, Ports):
        error = OF[channel]("/run/x.sock: as the channel has it")
        error.excused = True
        reported, standing = judged(error, SilenceEvidence(channel, life, queue, ports), "/run/x.sock", 2.0)
        assert type(reported) is type(error)
        assert reported.excused
        assert str(reported).startswith("/run/x.sock: ")
        if standing is ProcessStanding.silent:
            assert "HAProxy is frozen" not in str(reported)
            assert "probe" in str(reported) or life is not Life.unknown or "ss -xp" in str(reported)
